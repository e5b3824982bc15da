//! What each database does in its own way: what [`Db`](super::Db) asks of one.

use std::{fmt, path::PathBuf, time::Duration};

use futures_util::future::BoxFuture;

use super::{
    ChangeCapture, DbError, Dialect, Notices, Row, Statement,
    unit::{NewRow, Unit},
};

/// One database, of one kind.
pub(super) trait Backend: fmt::Debug + Send + Sync {
    /// Which one it is.
    fn dialect(&self) -> Dialect;

    /// Whether it was made when it was opened.
    fn was_created(&self) -> bool;

    /// Runs a statement that reads at once, on the thread that asks, where that takes no time to speak of; `None` where it has
    /// to be read by a [`Reader`].
    fn read_here(&self, statement: &Statement) -> Option<Vec<Row>> {
        let _ = statement;
        None
    }

    /// What runs one statement that reads; waits at most `wait` for a connection to be free.
    fn reader(&self, wait: Duration) -> BoxFuture<'_, Result<Box<dyn Reader>, DbError>>;

    /// What runs statements that read, one after the other, all from this instant; waits at most `wait` for a connection that
    /// is kept for that. It may be held for [`DbOptions::snapshot_limit`](super::DbOptions::snapshot_limit).
    fn snapshot(&self, wait: Duration) -> BoxFuture<'_, Result<Box<dyn Reader>, DbError>>;

    /// Takes a unit of work, which happens from now on, whoever waits for it.
    ///
    /// # Errors
    /// [`DbError::QueueFull`] at once.
    fn write(&self, unit: Box<dyn Unit>) -> Result<(), DbError>;

    /// The same for one that shares its transaction with nobody, and may take very long.
    ///
    /// # Errors
    /// [`DbError::QueueFull`] at once.
    fn write_alone(&self, unit: Box<dyn Unit>) -> Result<(), DbError>;

    /// Takes a row, which is inserted together with others of its plan.
    ///
    /// # Errors
    /// [`DbError::QueueFull`] at once.
    fn insert(&self, row: NewRow) -> Result<(), DbError>;

    /// Has every change captured from now on.
    fn capture_changes(&self, capture: ChangeCapture) -> BoxFuture<'_, Result<(), DbError>>;

    /// What other processes say on a channel from now on; nothing, where there are none that could.
    fn listen(&self, channel: &str) -> Option<Notices> {
        let _ = channel;
        None
    }

    /// Writes a consistent copy of everything to a file.
    fn copy_to(&self, path: PathBuf) -> BoxFuture<'_, Result<(), DbError>>;

    /// What is damaged, if anything is.
    fn find_damage(&self) -> BoxFuture<'_, Result<Option<String>, DbError>>;

    /// Finishes what is going on, at most until `limit` where it reads, and closes every connection.
    fn close(&self, limit: Duration) -> BoxFuture<'_, ()>;
}

/// What runs statements that read. Dropped in the middle of one, it sees to it that the statement stops.
pub(super) trait Reader: Send {
    /// Runs the statement, and collects its rows.
    fn read(&mut self, statement: Statement) -> BoxFuture<'_, Result<Vec<Row>, DbError>>;
}
