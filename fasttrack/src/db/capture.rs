//! Who hears of rows that were changed, whatever statement changed them.
//!
//! A connection captures what its statements do to certain rows, and what the database does to them in turn (`ON DELETE`).
//! They are read when a unit that has written ends. Nothing here knows what is captured, or what it means.

use std::sync::Arc;

use futures_util::future::BoxFuture;

use super::{DbError, Row, Tx};

/// What a connection captures, and who is told (change data capture, within the transaction).
pub struct ChangeCapture {
    /// Statements that make a connection capture changes; each may be run again.
    pub setup: Vec<String>,
    /// Reads the changes.
    pub collect: String,
    /// Throws them away.
    pub clear: String,
    /// On which channel other processes tell of what they changed, where they do: each time the numbers of one change, with
    /// commas between them.
    pub channel: Option<&'static str>,
    /// Who is told.
    pub listener: Arc<dyn ChangeListener>,
}

/// Whoever is told of changes. What it is told of committed ones must not block: everybody's answers wait for it.
pub trait ChangeListener: Send + Sync {
    /// A unit that did this is about to be kept. What is written here is part of it.
    ///
    /// # Errors
    /// Why the unit must not be; it is undone then.
    fn before_commit<'a>(&'a self, tx: &'a mut Tx, changes: &'a [Row]) -> BoxFuture<'a, Result<(), DbError>>;

    /// This was committed, and nobody has been answered yet.
    fn committed(&self, changes: &[Row]);

    /// Whether whoever made such changes is answered only when every node has heard of them.
    fn is_awaited(&self, changes: &[Row]) -> bool;

    /// A commit was sent, and it is not known what came, or will come, of it. From now on anything may change at any
    /// moment, until [`Self::resync`].
    fn suspend(&self);

    /// Anything may have changed until now; from now on all that does is told.
    fn resync(&self);

    /// Another process has written. Runs in a transaction of its own, for what that process may wait for.
    ///
    /// # Errors
    /// What the database says; it is asked again when something was written anew.
    fn answer<'a>(&'a self, tx: &'a mut Tx) -> BoxFuture<'a, Result<(), DbError>>;
}

impl std::fmt::Debug for ChangeCapture {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("ChangeCapture").field("setup", &self.setup).finish_non_exhaustive()
    }
}
