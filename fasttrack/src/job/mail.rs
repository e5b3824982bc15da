//! Who a mail of an application is for, and why one was not sent. It is sent by `notify`.

use crate::{error::Error, types::Email};

/// Who a mail is for: an address, and the name to show with it, which may be empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipient {
    /// The e-mail address.
    pub address: String,
    /// The name.
    pub name: String,
}

/// Why a mail was not sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MailError {
    /// It cannot be written: an address is none.
    #[error("the mail cannot be written: {0}")]
    Unwritable(String),
    /// The mail server did not take it, or could not be reached; it may be another time.
    #[error("the mail server did not take it: {0}")]
    Refused(String),
    /// The mail server will never take it, as for an address that is nobody's (an answer from 500 on, RFC 5321, section
    /// 4.2.1).
    #[error("the mail server will not take it: {0}")]
    Rejected(String),
}

impl MailError {
    /// Whether to send it again would end the same.
    #[must_use]
    pub const fn is_final(&self) -> bool {
        matches!(self, Self::Unwritable(_) | Self::Rejected(_))
    }
}

impl<A: AsRef<str>, N: AsRef<str>> From<(A, N)> for Recipient {
    /// An address and a name: `(&user.email, &user.display_name)`.
    fn from((address, name): (A, N)) -> Self {
        Self { address: address.as_ref().to_owned(), name: name.as_ref().to_owned() }
    }
}

impl From<&str> for Recipient {
    fn from(address: &str) -> Self {
        Self::from((address, ""))
    }
}

impl From<&String> for Recipient {
    fn from(address: &String) -> Self {
        Self::from((address, ""))
    }
}

impl From<&Email> for Recipient {
    fn from(address: &Email) -> Self {
        Self::from((address, ""))
    }
}

impl From<MailError> for Error {
    fn from(error: MailError) -> Self {
        match error {
            MailError::Unwritable(_) | MailError::Rejected(_) => Self::Internal(error.to_string()),
            MailError::Refused(_) => Self::Unavailable("mail cannot be sent at present; try again".into()),
        }
    }
}
