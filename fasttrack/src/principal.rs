//! Who is calling.

use crate::db::Statement;

/// Who is calling: nobody known, or an account with a live session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Principal {
    /// No token was presented.
    Anonymous,
    /// A live session of an active account.
    Account(Caller),
}

/// An account that is calling.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// Its id.
    pub id: i64,
    /// The word of its role, as it is now.
    pub role: &'static str,
    /// The session that it calls from.
    pub session: i64,
}

impl Principal {
    /// The account that is calling.
    #[must_use]
    pub const fn caller(&self) -> Option<&Caller> {
        match self {
            Self::Anonymous => None,
            Self::Account(caller) => Some(caller),
        }
    }
}

/// Whoever keeps what follows from an account: its sessions, and what is remembered of it.
pub trait AccountWatch: Send + Sync {
    /// Statements that end every session of the account, for the transaction that disables it.
    fn end_sessions(&self, account: i64) -> Vec<Statement>;

    /// The account was changed; called after the commit, before anyone is answered.
    fn account_changed(&self, account: i64);
}
