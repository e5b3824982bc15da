//! How a streamed list ends.

use crate::error::Error;

/// How it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::http) enum Ending {
    /// All of it was handed to the client's connection.
    Whole,
    /// The client has gone.
    ClientGone,
    /// It took too long, as when the client reads slowly.
    TimeLimit,
    /// The client's session has ended, or his account is another one's than it was: disabled, or of another role.
    Revoked,
    /// The server stops.
    Stopped,
    /// It was refused, before anything was sent, or the database failed.
    Failed,
}

/// What became of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::http) struct Outcome {
    pub(in crate::http) ending: Ending,
    /// Rows that were handed over.
    pub(in crate::http) rows: u64,
    /// Bytes of them.
    pub(in crate::http) bytes: u64,
}

impl Ending {
    pub(super) const ALL: [Self; 6] =
        [Self::Whole, Self::ClientGone, Self::TimeLimit, Self::Revoked, Self::Stopped, Self::Failed];

    /// Its word, for the log and for metrics.
    pub(in crate::http) const fn word(self) -> &'static str {
        match self {
            Self::Whole => "whole",
            Self::ClientGone => "client_gone",
            Self::TimeLimit => "time_limit",
            Self::Revoked => "revoked",
            Self::Stopped => "stopped",
            Self::Failed => "failed",
        }
    }

    /// What is answered when nothing was sent yet.
    pub(super) fn into_error(self) -> Error {
        match self {
            Self::Revoked => Error::Unauthenticated("the session has ended; log in again".into()),
            Self::Stopped => Error::Unavailable("the server is stopping".into()),
            Self::TimeLimit => Error::Unavailable("the list took too long".into()),
            Self::Whole | Self::ClientGone | Self::Failed => Error::Unavailable("the list could not be read".into()),
        }
    }
}
