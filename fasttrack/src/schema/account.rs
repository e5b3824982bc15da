//! What a declaration says of accounts alone: who may make one, and what is known of its address.

use super::{Column, Kind, Schema, Trigger};
use crate::job::Letter;

/// How accounts come into being, besides on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Registration {
    /// Anybody registers, and whoever the rule of `create` lets makes one.
    Open,
    /// Whoever the rule of `create` lets makes one; there is no registration.
    Closed,
    /// Likewise, but the password is chosen by whom the account is for, with a link that he is sent.
    ByInvitation,
}

/// What generated code builds it with.
#[doc(hidden)]
impl Schema {
    /// Says how accounts come into being.
    #[must_use]
    pub const fn registration(mut self, registration: Registration) -> Self {
        self.registration = registration;
        self
    }
}

/// What generated code builds it with.
#[doc(hidden)]
impl Trigger {
    /// A change for which the account is sent one of the framework's own mails.
    #[must_use]
    pub const fn mail(change: super::Change, letter: Letter) -> Self {
        Self::run(change, letter.job(), letter.run())
    }
}

impl Schema {
    /// The field that says whether the address of an account is confirmed.
    #[must_use]
    pub fn verified(&self) -> Option<&'static Column> {
        self.column("email_verified").filter(|column| self.account && column.kind == Kind::Bool)
    }

    /// The field that holds the address of an account.
    #[must_use]
    pub fn address(&self) -> Option<&'static Column> {
        self.columns.iter().find(|column| self.account && column.kind == Kind::Email)
    }

    /// Whether the password of a new account is chosen by whom it is for.
    #[must_use]
    pub fn invites(&self) -> bool {
        self.account && self.registration == Registration::ByInvitation
    }
}
