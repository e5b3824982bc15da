//! What can go wrong at the database.

use std::fmt;

use crate::error::Error;

/// What can go wrong at the database.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DbError {
    /// A unique constraint: what the driver names, `table.column` or an index.
    #[error("unique constraint on {0}")]
    Unique(String),
    /// A foreign key refers to nothing, or something still refers to the row.
    #[error("foreign key constraint")]
    ForeignKey,
    /// A CHECK or NOT NULL constraint.
    #[error("constraint: {0}")]
    Constraint(String),
    /// A row would overlap another one: the constraint that keeps them apart.
    #[error("exclusion constraint {0}")]
    Excluded(String),
    /// There would be more rows than there may be.
    #[error("{why}")]
    Limited {
        /// Which limit that is.
        why: String,
        /// Whole seconds after which there is room again, where time makes some.
        retry_after_s: Option<u64>,
    },
    /// What has to hold in the database would not hold any more.
    #[error("{0}")]
    Invariant(String),
    /// A value would be larger than the database takes: a gigabyte.
    #[error("too large")]
    TooLarge,
    /// A number would be larger than its column takes: what clients send never is, so that it is one that is kept.
    #[error("a figure would be beyond what it can hold")]
    OutOfRange,
    /// Busy, full, read-only for now, or out of time: worth trying again.
    #[error("{0}")]
    Busy(Busy),
    /// The queue of the writer is full, or it has stopped.
    #[error("the write queue is full")]
    QueueFull,
    /// Anything else: a fault of ours, or a damaged file.
    #[error("{0}")]
    Other(String),
}

/// Why something has to be tried again, and what people are told who may.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Busy {
    why: String,
    advice: &'static str,
}

/// What people are told where nothing better is known.
const BUSY: &str = "the database is busy; try again";

impl Busy {
    /// One that is over when they try again only if they do what is advised.
    #[must_use]
    pub fn with_advice(why: impl Into<String>, advice: &'static str) -> Self {
        Self { why: why.into(), advice }
    }
}

impl<T: Into<String>> From<T> for Busy {
    fn from(why: T) -> Self {
        Self::with_advice(why, BUSY)
    }
}

impl fmt::Display for Busy {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.why)
    }
}

impl From<DbError> for Error {
    fn from(error: DbError) -> Self {
        match error {
            DbError::Busy(busy) => Self::Unavailable(busy.advice.into()),
            DbError::QueueFull => Self::Unavailable(BUSY.into()),
            DbError::Invariant(why) | DbError::Limited { why, retry_after_s: None } => Self::Conflict(why.into()),
            DbError::Limited { why, retry_after_s: Some(retry_after_s) } => Self::OverLimit { why, retry_after_s },
            DbError::OutOfRange => {
                Self::Conflict("this would take a sum that is kept of it beyond what it can hold".into())
            }
            DbError::TooLarge => Self::fault("", "too_large", "this is more than the database holds in one row"),
            other => Self::Internal(other.to_string()),
        }
    }
}
