//! Who hears of rows that were changed, whatever statement changed them.
//!
//! A connection that is watched keeps notes of what its statements do to certain rows, and of what the database does to
//! them in turn (`ON DELETE`). The notes come back with every statement that writes, without a hop of their own. Nothing
//! here knows what is noted, or what it means.

use std::sync::Arc;

use futures_util::future::BoxFuture;

use super::{DbError, Row, Tx};

/// What a connection keeps notes of, and who is told.
pub struct Watch {
    /// Statements that make a connection keep notes; each may be run again.
    pub setup: Vec<String>,
    /// Reads the notes. [`NOTES_COLUMNS`] columns, the first of them called [`NOTES`].
    pub collect: String,
    /// Throws them away.
    pub clear: String,
    /// Who is told.
    pub witness: Arc<dyn Witness>,
}

/// What the first column of the notes is called, so that they can be told from the rows of the statement before.
pub const NOTES: &str = "fasttrack_notes";

/// How many columns notes have.
pub const NOTES_COLUMNS: usize = 3;

/// Whoever is told of changes. What it is told of committed ones must not block: everybody's answers wait for it.
pub trait Witness: Send + Sync {
    /// A unit that did this is about to be kept. What is written here is part of it.
    ///
    /// # Errors
    /// Why the unit must not be; it is undone then.
    fn vouch<'a>(&'a self, tx: &'a mut Tx, notes: &'a [Row]) -> BoxFuture<'a, Result<(), DbError>>;

    /// This was committed, and nobody has been answered yet.
    fn committed(&self, notes: &[Row]);

    /// A commit was sent, and it is not known what came, or will come, of it. From now on anything may change at any
    /// moment, until [`Self::see_again`].
    fn lose_sight(&self);

    /// Anything may have changed until now; from now on all that does is told.
    fn see_again(&self);

    /// Another process has written. Runs in a transaction of its own, for what that process may wait for.
    ///
    /// # Errors
    /// What the database says; it is asked again when something was written anew.
    fn answer<'a>(&'a self, tx: &'a mut Tx) -> BoxFuture<'a, Result<(), DbError>>;
}

impl std::fmt::Debug for Watch {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Watch").field("setup", &self.setup).finish_non_exhaustive()
    }
}
