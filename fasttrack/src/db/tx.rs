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
    /// A statement was sent, and its end was not waited for.
    cut_off: bool,
    /// How long a statement may take.
    limit: Duration,
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
        let (owed, begun, cut_off, limit) = (None, false, false, Duration::MAX);
        Self { connection, owed, begun, cut_off, limit, hooks: Vec::new(), doom: None }
    }

    /// Runs a statement, whether it returns rows or not.
    ///
    /// # Errors
    /// What the database says; [`DbError::Busy`] when it took too long, or one before was not waited for. After
    /// [`DbError::Busy`] the unit cannot go on: a full disk or a failing one may have rolled back the transaction, and a
    /// further statement would stand alone.
    pub async fn query(&mut self, mut statement: Statement) -> Result<Vec<Row>, DbError> {
        if let Some(doom) = &self.doom {
            return Err(doom.clone());
        }
        if self.cut_off {
            return Err(self.meet(DbError::Busy("the statement before was not waited for".into())));
        }
        statement::check(&statement)?;
        if let Some(words) = self.owed.take() {
            statement.sql = format!("{words}; {}", statement.sql);
        }
        self.begun = true;
        self.cut_off = true;
        let ran = timeout(self.limit, statement::run_checked(self.connection.as_mut(), statement)).await;
        self.cut_off = ran.is_err();
        let rows = ran.unwrap_or_else(|_| Err(DbError::Busy("the statement took too long".into())));
        rows.map_err(|error| self.meet(error))
    }

    /// Remembers an error after which the unit cannot go on.
    fn meet(&mut self, error: DbError) -> DbError {
        if let DbError::Busy(_) = &error {
            self.doom = Some(error.clone());
        }
        error
    }

    /// Runs `hook` after the commit, before anyone is answered; never when the unit fails. It must not block.
    pub fn after_commit(&mut self, hook: impl FnOnce() + Send + 'static) {
        self.hooks.push(Box::new(hook));
    }

    /// Begins a transaction, with the first statement there is; `limit` is how long each of them may take.
    pub(super) fn begin(&mut self, limit: Duration) {
        (self.owed, self.begun, self.limit) = (Some(sqlite::BEGIN), false, limit);
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

    /// Whether a statement may still be running. It stops when the connection is given back.
    pub(super) fn is_cut_off(&self) -> bool {
        self.cut_off
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
