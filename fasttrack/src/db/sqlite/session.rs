//! The session of the connection that writes: one transaction after another, in each of which units stand behind
//! savepoints of their own.

use std::{sync::Arc, time::Duration};

use futures_util::future::BoxFuture;
use rbdc::db::Connection;
use tokio::time::timeout;

use super::{
    super::{
        ChangeCapture, DbError, Dialect, Row, Statement, Tx, text,
        tx::{HookMark, Session},
    },
    statement::{self, Output},
    words,
};

/// The session of the connection that writes.
pub(super) struct SqliteSession {
    connection: Box<dyn Connection>,
    /// Words that go before the next statement, in one hop with it; a transaction that says nothing never begins.
    owed: Option<&'static str>,
    begun: bool,
    /// A statement was sent, and its end was not waited for.
    cut_off: bool,
    /// How long a statement may take.
    limit: Duration,
    captured: Captured,
    /// What a unit met after which it cannot go on.
    fatal: Option<DbError>,
}

/// What the connection captured of the units.
#[derive(Default)]
struct Captured {
    capture: Option<Arc<ChangeCapture>>,
    /// What has been read of it.
    changes: Vec<Row>,
    /// Whether the connection still holds changes that have been read.
    owes_clearing: bool,
    /// Whether it may hold some that have not been.
    owes_collecting: bool,
}

/// How long a connection may take to close: the last one copies what is left in the write-ahead log.
const CLOSE_LIMIT: Duration = Duration::from_mins(1);

/// How much of what a transaction remembers was there before a unit began.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mark {
    changes: usize,
    hooks: HookMark,
}

impl Session for SqliteSession {
    fn dialect(&self) -> Dialect {
        Dialect::Sqlite
    }

    fn query(&mut self, statement: Statement) -> BoxFuture<'_, Result<Vec<Row>, DbError>> {
        Box::pin(self.run(statement))
    }
}

impl SqliteSession {
    pub(super) fn new(connection: Box<dyn Connection>) -> Self {
        Self {
            connection,
            owed: None,
            begun: false,
            cut_off: false,
            limit: Duration::MAX,
            captured: Captured::default(),
            fatal: None,
        }
    }

    async fn run(&mut self, mut statement: Statement) -> Result<Vec<Row>, DbError> {
        if let Some(fatal) = &self.fatal {
            return Err(fatal.clone());
        }
        if self.cut_off {
            return Err(self.remember(DbError::Busy("the statement before was not waited for".into())));
        }
        text::check(&statement)?;
        let is_captured = self.captured.capture.is_some() && text::may_write(&statement.sql);
        statement.sql = self.with_control_words(statement.sql, is_captured);
        self.begun = true;
        // Of several statements in one text, the first may leave changes before another fails; and nobody may wait for this.
        self.captured.owes_collecting |= is_captured;
        self.cut_off = true;
        let ran = timeout(self.limit, statement::run_checked(self.connection.as_mut(), statement)).await;
        self.cut_off = ran.is_err();
        let found = ran.unwrap_or_else(|_| Err(DbError::Busy("the statement took too long".into())));
        self.captured.owes_collecting &= !is_captured || found.is_err();
        let Output { rows, mut changes } = found.map_err(|error| self.remember(error))?;
        self.captured.owes_clearing |= !changes.is_empty();
        self.captured.changes.append(&mut changes);
        Ok(rows)
    }

    /// Remembers an error after which the unit cannot go on.
    fn remember(&mut self, error: DbError) -> DbError {
        if let DbError::Busy(_) = &error {
            self.fatal = Some(error.clone());
        }
        error
    }

    /// A statement with the words that are owed before it, and behind it what brings the changes back.
    fn with_control_words(&mut self, sql: String, is_captured: bool) -> String {
        let capture = self.captured.capture.as_deref();
        let clear =
            capture.filter(|_| std::mem::take(&mut self.captured.owes_clearing)).map(|capture| capture.clear.as_str());
        let collect = capture.filter(|_| is_captured).map(|capture| capture.collect.as_str());
        let before: Vec<_> = clear.into_iter().chain(self.owed.take()).collect();
        match (before.is_empty(), collect) {
            (true, None) => sql,
            (true, Some(collect)) => format!("{sql}\n; {collect}"),
            (false, None) => format!("{}; {sql}", before.join("; ")),
            (false, Some(collect)) => format!("{}; {sql}\n; {collect}", before.join("; ")),
        }
    }

    /// Has the connection capture changes.
    pub(super) async fn install(&mut self, capture: &Arc<ChangeCapture>) -> Result<(), DbError> {
        // In a transaction of its own, since only a commit that is said is let through.
        let words = capture.setup.iter().chain([&capture.clear]).map(String::as_str);
        for words in ["BEGIN"].into_iter().chain(words).chain([words::COMMIT]) {
            statement::control(self.connection.as_mut(), words).await?;
        }
        self.captured.capture = Some(Arc::clone(capture));
        Ok(())
    }

    /// Whoever hears of what is captured.
    pub(super) fn capture(&self) -> Option<Arc<ChangeCapture>> {
        self.captured.capture.clone()
    }

    /// A number that is another one once another connection has written.
    pub(super) async fn version(&mut self) -> Result<Option<i64>, DbError> {
        let rows = statement::run(self.connection.as_mut(), Statement::new(words::VERSION, Vec::new())).await?;
        Ok(rows.first().and_then(|row| row.int(0)))
    }

    /// Begins a transaction, with the first statement there is; `limit` is how long each of them may take.
    pub(super) fn begin(&mut self, limit: Duration) {
        (self.owed, self.begun, self.limit) = (Some(words::BEGIN), false, limit);
        (self.captured.owes_clearing, self.captured.owes_collecting) = (false, false);
    }

    /// Separates the units: what was done since is kept, whatever comes next.
    pub(super) fn separate(&mut self) {
        self.owed.get_or_insert(words::NEXT);
    }

    /// Whether anything was done since the transaction began.
    pub(super) fn has_begun(&self) -> bool {
        self.begun
    }

    /// Whether nothing was done since the units were separated.
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

    /// Commits, and says whether that is proven.
    pub(super) async fn commit(&mut self) -> Result<bool, DbError> {
        let clear =
            self.captured.capture.as_deref().filter(|_| self.captured.owes_clearing).map(|capture| &capture.clear);
        match clear {
            Some(clear) => {
                let words = format!("{clear}; {}", words::COMMIT);
                statement::control(self.connection.as_mut(), &words).await
            }
            None => self.control(words::COMMIT).await,
        }
    }

    /// Why the unit cannot have succeeded, whatever it says.
    pub(super) fn fatal(&self) -> Option<&DbError> {
        self.fatal.as_ref()
    }

    /// What the units that succeeded did.
    pub(super) fn take_changes(&mut self) -> Vec<Row> {
        std::mem::take(&mut self.captured.changes)
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

impl Tx<SqliteSession> {
    /// Asks the listener whether a unit may be kept that did what was captured since `mark`.
    pub(super) async fn before_commit(&mut self, mark: Mark) -> Result<(), DbError> {
        let Some(capture) = self.session.capture() else { return Ok(()) };
        if std::mem::take(&mut self.session.captured.owes_collecting) {
            self.query(Statement::new(";", Vec::new())).await?;
        }
        let changes = self.session.captured.changes.get(mark.changes..).unwrap_or_default().to_vec();
        if changes.is_empty() { Ok(()) } else { capture.listener.before_commit(self, &changes).await }
    }

    /// What there is now: what a unit adds is cut off again when it fails.
    pub(super) fn mark(&self) -> Mark {
        Mark { changes: self.session.captured.changes.len(), hooks: self.hook_mark() }
    }

    /// Forgets what a failed unit left.
    pub(super) fn forget_from(&mut self, mark: Mark) {
        self.forget_hooks_from(mark.hooks);
        self.session.captured.changes.truncate(mark.changes);
        self.session.fatal = None;
        self.session.captured.owes_collecting = false;
    }
}
