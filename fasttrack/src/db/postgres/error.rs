//! What the errors of the server and of the driver mean.

use std::{error::Error as _, io};

use tokio_postgres::error::SqlState;

use super::super::{Busy, DbError};

/// What is asked for comes after the end.
pub(super) const CLOSED: &str = "the database is closed";

/// What went wrong, and what may be done about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Failure {
    pub(super) error: DbError,
    pub(super) remedy: Remedy,
}

/// What may be done about something that went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Remedy {
    /// Nothing.
    None,
    /// The transaction, once more: it stood in the way of another one.
    Transaction,
    /// The statement, prepared anew: what was prepared is not there any more, or fits no longer.
    Preparation,
    /// Another connection: this one is lost.
    Connection,
    /// Another server: this one takes nothing that is written.
    Server,
}

impl From<DbError> for Failure {
    fn from(error: DbError) -> Self {
        Self { error, remedy: Remedy::None }
    }
}

impl From<tokio_postgres::Error> for Failure {
    fn from(error: tokio_postgres::Error) -> Self {
        meaning(&error)
    }
}

/// What an error means.
pub(super) fn meaning(error: &tokio_postgres::Error) -> Failure {
    match error.as_db_error() {
        Some(told) => Failure { error: told_meaning(told), remedy: remedy(told.code().code(), told.message()) },
        None if error.is_closed() || is_io(error) => {
            Failure { error: DbError::Busy(Busy::with_advice(in_full(error), LOST)), remedy: Remedy::Connection }
        }
        None => Failure { error: DbError::Other(in_full(error)), remedy: Remedy::None },
    }
}

/// Whether somewhere below there is the network.
fn is_io(error: &tokio_postgres::Error) -> bool {
    let mut cause = error.source();
    while let Some(error) = cause {
        if error.is::<io::Error>() {
            return true;
        }
        cause = error.source();
    }
    false
}

/// The whole chain of causes: the outermost says next to nothing.
fn in_full(error: &tokio_postgres::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

/// What is wrong where a pooler lends connections by the transaction: what one prepares, another one would run.
pub(super) const POOLED: &str = "a pooler in between shares the sessions of the server; set DATABASE_PREPARED=false, or \
    have it lend connections by the session";

/// What passes only if somebody sees to it, and how.
const DISK_FULL: &str = "the disk is full; try again when there is room on it";
const LOST: &str = "the connection to the database was lost; try again";
const READ_ONLY: &str = "the database may only be read; try again when it may be written to";

fn told_meaning(told: &tokio_postgres::error::DbError) -> DbError {
    let (code, text) = (told.code(), told.message());
    let constraint = || told.constraint().unwrap_or(text).to_owned();
    match code.code() {
        "23505" => DbError::Unique(constraint()),
        "23P01" => DbError::Excluded(constraint()),
        "23503" => DbError::ForeignKey,
        "23514" => DbError::Constraint(format!("CHECK constraint failed: {}", constraint())),
        "23502" => {
            let (table, column) = (told.table().unwrap_or_default(), told.column().unwrap_or_default());
            DbError::Constraint(format!("NOT NULL constraint failed: {table}.{column}"))
        }
        "22003" => DbError::OutOfRange,
        "54000" | "22001" => DbError::TooLarge,
        "53100" => DbError::Busy(Busy::with_advice(text, DISK_FULL)),
        "25006" => DbError::Busy(Busy::with_advice(text, READ_ONLY)),
        // PgBouncer, whatever it lends by.
        "08P01" if text.starts_with("unsupported startup parameter") => DbError::Other(format!("{text}: {POOLED}")),
        lost if is_lost(lost) => DbError::Busy(Busy::with_advice(text, LOST)),
        passing if is_passing(passing) => DbError::Busy(text.into()),
        _ => DbError::Other(format!("{text} ({})", code.code())),
    }
}

/// What the server says that ends a connection, or opens none.
fn is_lost(code: &str) -> bool {
    ["08", "57P"].iter().any(|class| code.starts_with(class))
}

/// What may be over when one tries again: somebody else was in the way or has stopped it, a resource is used up, the
/// server comes or goes.
fn is_passing(code: &str) -> bool {
    const CODES: [&str; 5] = ["57014", "55P03", "55006", "25P03", "58030"];
    CODES.contains(&code) || ["40", "53"].iter().any(|class| code.starts_with(class))
}

fn remedy(code: &str, text: &str) -> Remedy {
    match code {
        "40001" | "40P01" => Remedy::Transaction,
        "26000" | "42P05" => Remedy::Preparation,
        "25006" => Remedy::Server,
        "0A000" if text.contains("cached plan") => Remedy::Preparation,
        code if code == SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT.code() => Remedy::Connection,
        "08P01" => Remedy::None,
        code if is_lost(code) => Remedy::Connection,
        _ => Remedy::None,
    }
}
