//! What the errors of `SQLite` mean, by their text: it is all that those of the driver have.

use rbdc::Error as DriverError;
use rusqlite::Error;

use super::super::{Busy, DbError};

/// What is asked for comes after the end.
pub(super) const CLOSED: &str = "the database is closed";

/// What an error of the driver means.
pub(super) fn meaning(error: &DriverError) -> DbError {
    meaning_of_text(error.to_string())
}

/// What an error of a connection means that is used without the driver.
pub(super) fn meaning_of(error: &Error) -> DbError {
    meaning_of_text(error.to_string())
}

fn meaning_of_text(text: String) -> DbError {
    if let Some(what) = text.strip_prefix("UNIQUE constraint failed: ") {
        let index = what.strip_prefix("index '").and_then(|rest| rest.strip_suffix('\''));
        return DbError::Unique(index.unwrap_or(what).into());
    }
    if let Some(name) = text.strip_prefix("EXCLUDE constraint failed: ") {
        return DbError::Excluded(name.into());
    }
    if text.starts_with("FOREIGN KEY constraint failed") {
        return DbError::ForeignKey;
    }
    if text.starts_with("CHECK constraint failed") || text.starts_with("NOT NULL constraint failed") {
        return DbError::Constraint(text);
    }
    if text.starts_with("cannot store REAL value in INTEGER column") {
        return DbError::OutOfRange;
    }
    if text == "string or blob too big" {
        return DbError::TooLarge;
    }
    if let Some((_, advice)) = ADVICE.iter().find(|(passing, _)| text.contains(passing)) {
        return DbError::Busy(Busy::with_advice(text, advice));
    }
    if PASSING.iter().any(|passing| text.contains(passing)) { DbError::Busy(text.into()) } else { DbError::Other(text) }
}

/// What passes only if somebody sees to it, and how.
const ADVICE: [(&str, &str); 2] = [
    ("database or disk is full", "the disk is full; try again when there is room on it"),
    ("attempt to write a readonly database", "the file of the database may not be written; try again when it may be"),
];

/// Whether a ROLLBACK failed only because there was nothing to roll back.
pub(super) fn is_idle(error: &DriverError) -> bool {
    error.to_string().contains("no transaction is active")
}

/// Whether the connection's thread is gone.
pub(super) fn is_broken(error: &DriverError) -> bool {
    error.to_string().contains(CRASHED)
}

/// What the driver says when a connection's thread is gone.
const CRASHED: &str = "WorkerCrashed";

/// What may be over when one tries again.
const PASSING: [&str; 10] = [
    "is locked",
    "disk I/O error",
    "unable to open database file",
    "out of memory",
    "interrupted",
    "locking protocol",
    "get_timeout",
    "check_timeout",
    CRASHED,
    CLOSED,
];
