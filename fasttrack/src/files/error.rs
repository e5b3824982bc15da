//! What can go wrong where files lie.

use std::io;

use crate::error::Error;

/// What can go wrong where files lie.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// There is no room.
    #[error("there is no room for files: {0}")]
    Full(String),
    /// There are no such bytes.
    #[error("the bytes are not there")]
    Missing,
    /// The place cannot be used just now, or at all.
    #[error("files cannot be kept or read: {0}")]
    Away(String),
}

impl From<io::Error> for StoreError {
    fn from(cause: io::Error) -> Self {
        match cause.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::Full(cause.to_string()),
            io::ErrorKind::NotFound => Self::Missing,
            _ => Self::Away(cause.to_string()),
        }
    }
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Full(cause) => {
                tracing::error!(cause, "there is no room for files");
                Self::Unavailable("the disk is full: nothing can be stored until there is room again".into())
            }
            StoreError::Missing => Self::NotFound("the bytes of this file are not there any more".into()),
            StoreError::Away(cause) => {
                tracing::error!(cause, "files cannot be kept or read");
                Self::Unavailable("files cannot be kept or read just now; try again".into())
            }
        }
    }
}
