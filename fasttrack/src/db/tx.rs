//! What a unit of work is given: its place in the writer's transaction.

use std::time::Duration;

use futures_util::future::BoxFuture;
use rbdc::db::Connection;
use tokio::time::timeout;

use super::{Arg, DbError, Row, Statement, sqlite, statement};

/// A unit's place in a transaction. Other units share the transaction, each behind a savepoint of its own.
pub struct Tx {
    connection: Box<dyn Connection>,
    /// Words that go before the next statement, in one hop with it; a transaction that says nothing never begins.
    owed: Option<&'static str>,
    begun: bool,
    hooks: Vec<Hook>,
    doom: Option<DbError>,
}

/// How long a connection may take to close: the last one copies what is left in the write-ahead log.
const CLOSE_LIMIT: Duration = Duration::from_mins(1);

/// What runs after the commit.
pub(super) type Hook = Box<dyn FnOnce() + Send>;

/// How rows of one kind are inserted, many at once.
pub trait RowPlan: Send + Sync {
    /// Inserts the rows, in as few statements as it takes, and answers one outcome per row, in their order: what the
    /// insertion renders, or `None` when it inserted nothing. An error undoes them all; each part of them is tried
    /// again then, down to single rows.
    fn insert<'a>(
        &'a self,
        tx: &'a mut Tx,
        rows: &'a [Vec<Arg>],
    ) -> BoxFuture<'a, Result<Vec<Option<Vec<u8>>>, DbError>>;
}

impl Tx {
    pub(super) fn new(connection: Box<dyn Connection>) -> Self {
        Self { connection, owed: None, begun: false, hooks: Vec::new(), doom: None }
    }

    /// Runs a statement, whether it returns rows or not.
    ///
    /// # Errors
    /// What the database says. After [`DbError::Busy`] the unit cannot go on: a full disk or a failing one may have
    /// rolled back the transaction, and a further statement would stand alone.
    pub async fn query(&mut self, mut statement: Statement) -> Result<Vec<Row>, DbError> {
        if let Some(doom) = &self.doom {
            return Err(doom.clone());
        }
        statement::check(&statement)?;
        if let Some(words) = self.owed.take() {
            statement.sql = format!("{words}; {}", statement.sql);
        }
        self.begun = true;
        let rows = statement::run_checked(self.connection.as_mut(), statement).await;
        if let Err(error @ DbError::Busy(_)) = &rows {
            self.doom = Some(error.clone());
        }
        rows
    }

    /// Runs `hook` after the commit, before anyone is answered; never when the unit fails. It must not block.
    pub fn after_commit(&mut self, hook: impl FnOnce() + Send + 'static) {
        self.hooks.push(Box::new(hook));
    }

    /// Begins a transaction, with the first statement there is.
    pub(super) fn begin(&mut self) {
        (self.owed, self.begun) = (Some(sqlite::BEGIN), false);
    }

    /// Parts the units: what was done since is kept, whatever comes next.
    pub(super) fn part(&mut self) {
        self.owed.get_or_insert(sqlite::NEXT);
    }

    /// Whether anything was done since the transaction began.
    pub(super) fn has_begun(&self) -> bool {
        self.begun
    }

    /// Whether nothing was done since the units were parted.
    pub(super) fn is_untouched(&self) -> bool {
        self.owed.is_some()
    }

    /// Says one of the words that end something.
    pub(super) async fn control(&mut self, sql: &'static str) -> Result<bool, DbError> {
        statement::control(self.connection.as_mut(), sql).await
    }

    /// How many hooks there are: what a unit adds is cut off again when it fails.
    pub(super) fn mark(&self) -> usize {
        self.hooks.len()
    }

    /// Forgets what a failed unit left.
    pub(super) fn forget_from(&mut self, mark: usize) {
        self.hooks.truncate(mark);
        self.doom = None;
    }

    /// Why the unit cannot have succeeded, whatever it says.
    pub(super) fn doom(&self) -> Option<&DbError> {
        self.doom.as_ref()
    }

    /// The hooks of the units that succeeded.
    pub(super) fn take_hooks(&mut self) -> Vec<Hook> {
        std::mem::take(&mut self.hooks)
    }

    /// Closes the connection.
    pub(super) async fn close(mut self) {
        match timeout(CLOSE_LIMIT, self.connection.close()).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(%error, "the database did not close well"),
            Err(_) => tracing::warn!("the database does not close"),
        }
    }
}

impl std::fmt::Debug for Tx {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Tx").field("hooks", &self.hooks.len()).field("doom", &self.doom).finish_non_exhaustive()
    }
}
