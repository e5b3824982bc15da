//! Who is calling.

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
    /// The session that it calls from; below zero, the number of its API key instead, negated ([`Self::key`]).
    pub session: i64,
    /// Whether it calls with an API key that is for reading alone.
    pub reads_only: bool,
}

impl Caller {
    /// An account that calls with its API key of this number.
    #[must_use]
    pub const fn by_key(id: i64, role: &'static str, key: i64, reads_only: bool) -> Self {
        Self { id, role, session: key.saturating_neg(), reads_only }
    }

    /// The number of the API key that it calls with, if it does.
    #[must_use]
    pub const fn key(&self) -> Option<i64> {
        if self.session < 0 { Some(self.session.saturating_neg()) } else { None }
    }
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

    /// Whether whoever calls may read and nothing else, whatever his rights are.
    #[must_use]
    pub fn reads_only(&self) -> bool {
        self.caller().is_some_and(|caller| caller.reads_only)
    }
}
