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
