//! The session of the connection that writes: one transaction after another, in each of which units stand behind
//! savepoints of their own.

use std::{sync::Arc, time::Duration};

use futures_util::future::{BoxFuture, ready};

use super::{
    super::{
        ChangeCapture, DbError, Dialect, Row, Statement, Tx, text,
        tx::{Heard, HookMark, Session},
    },
    stepped::SteppedConnection,
    words,
};

/// The session of the connection that writes.
pub(super) struct SqliteSession {
    connection: SteppedConnection,
    /// Words that go before the next statement; a transaction that says nothing never begins.
    owed: Option<[&'static str; 2]>,
    begun: bool,
    /// How long a statement may take.
    limit: Duration,
    captured: Captured,
    /// What a unit met after which it cannot go on.
    fatal: Option<DbError>,
    /// How many changes there were before each part began that is under way.
    parts: Vec<usize>,
}

/// What the connection captured of the units.
#[derive(Default)]
struct Captured {
    capture: Option<Arc<ChangeCapture>>,
    /// What has been read of it.
    changes: Vec<Row>,
    /// Whether the connection may hold some that have not been.
    owes_collecting: bool,
}

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
        Box::pin(ready(self.run(&statement)))
    }

    fn begin_part(&mut self) -> Result<(), DbError> {
        if let Some(fatal) = &self.fatal {
            return Err(fatal.clone());
        }
        self.begun = true;
        let mut words = self.owed.take().into_iter().flatten().chain([words::PART]);
        let said = words.try_for_each(|words| self.connection.say(words));
        self.parts.push(self.captured.changes.len());
        said.map_err(|error| self.remember(error))
    }

    fn end_part(&mut self) -> Result<(), DbError> {
        self.parts.pop();
        self.connection.say(words::PART_ENDS).map_err(|error| self.remember(error))
    }

    fn undo_part(&mut self) -> BoxFuture<'_, Result<(), DbError>> {
        Box::pin(ready(self.undo_innermost()))
    }

    fn captured(&mut self) -> Result<Option<Heard>, DbError> {
        let Some(capture) = self.capture() else { return Ok(None) };
        self.collect()?;
        let since = self.parts.last().copied().unwrap_or_default();
        Ok(Some((capture, self.captured.changes.get(since..).unwrap_or_default().to_vec())))
    }
}

impl SqliteSession {
    pub(super) fn new(connection: SteppedConnection) -> Self {
        Self {
            connection,
            owed: None,
            begun: false,
            limit: Duration::MAX,
            captured: Captured::default(),
            fatal: None,
            parts: Vec::new(),
        }
    }

    fn undo_innermost(&mut self) -> Result<(), DbError> {
        let before = self.parts.pop();
        if let Some(fatal) = &self.fatal {
            return Err(fatal.clone());
        }
        let said = words::PART_UNDONE.into_iter().try_for_each(|words| self.connection.say(words));
        self.captured.changes.truncate(before.unwrap_or_default());
        // What was read of it before the part is still read; what was not is there again.
        self.captured.owes_collecting = self.captured.capture.is_some();
        said.map_err(|error| self.remember(error))
    }

    fn run(&mut self, statement: &Statement) -> Result<Vec<Row>, DbError> {
        if let Some(fatal) = &self.fatal {
            return Err(fatal.clone());
        }
        // Of a text that is one statement, what has no argument is refused where it is bound.
        if [";", "/*"].iter().any(|part| statement.sql.contains(part)) {
            text::check(statement)?;
        }
        self.begun = true;
        let said = self.owed.take().into_iter().flatten().try_for_each(|words| self.connection.say(words));
        // Of several statements in one text, the first may leave changes before another fails.
        self.captured.owes_collecting |= self.captured.capture.is_some() && text::may_write(&statement.sql);
        let ran = said.and_then(|()| self.connection.run(statement, self.limit));
        ran.map_err(|error| self.remember(error))
    }

    /// Remembers an error after which the unit cannot go on.
    fn remember(&mut self, error: DbError) -> DbError {
        if let DbError::Busy(_) = &error {
            self.fatal = Some(error.clone());
        }
        error
    }

    /// Reads what was captured since it was read last, and has the connection forget it.
    fn collect(&mut self) -> Result<(), DbError> {
        let Some(capture) = self.captured.capture.as_ref().filter(|_| self.captured.owes_collecting) else {
            return Ok(());
        };
        let mut changes = self.connection.ask(&capture.collect)?;
        if !changes.is_empty() {
            self.connection.say(&capture.clear)?;
        }
        self.captured.owes_collecting = false;
        self.captured.changes.append(&mut changes);
        Ok(())
    }

    /// Has the connection capture changes.
    pub(super) fn install(&mut self, capture: &Arc<ChangeCapture>) -> Result<(), DbError> {
        // In a transaction of its own, since only a commit that is said is let through.
        self.connection.say("BEGIN")?;
        capture.setup.iter().chain([&capture.clear]).try_for_each(|words| self.connection.say(words))?;
        self.connection.commit()?;
        self.captured.capture = Some(Arc::clone(capture));
        Ok(())
    }

    /// Whoever hears of what is captured.
    pub(super) fn capture(&self) -> Option<Arc<ChangeCapture>> {
        self.captured.capture.clone()
    }

    /// A number that is another one once another connection has written.
    pub(super) fn version(&mut self) -> Result<Option<i64>, DbError> {
        Ok(self.connection.ask(words::VERSION)?.first().and_then(|row| row.int(0)))
    }

    /// Begins a transaction, with the first statement there is; `limit` is how long each of them may take.
    pub(super) fn begin(&mut self, limit: Duration) {
        (self.owed, self.begun, self.limit) = (Some(words::BEGIN), false, limit);
        self.captured.owes_collecting = false;
    }

    /// Separates the units: what was done since is kept, whatever comes next.
    pub(super) fn separate(&mut self) {
        self.owed.get_or_insert(words::NEXT);
    }

    /// Whether anything was done since the transaction began.
    pub(super) fn has_begun(&self) -> bool {
        self.begun
    }

    /// Undoes what was done since the units were separated.
    pub(super) fn undo(&mut self) -> Result<(), DbError> {
        if self.owed.is_some() { Ok(()) } else { self.connection.say(words::UNDO) }
    }

    /// Gives up the whole transaction.
    pub(super) fn roll_back(&mut self) -> Result<(), DbError> {
        self.connection.say(words::ROLLBACK)
    }

    /// Commits.
    pub(super) fn commit(&mut self) -> Result<(), DbError> {
        self.connection.commit()
    }

    /// Stops the enforcement of foreign keys.
    pub(super) fn unbind(&mut self) -> Result<(), DbError> {
        self.connection.say(words::UNBIND)?;
        let is_unbound = !self.connection.ask(words::IS_UNBOUND)?.is_empty();
        if is_unbound { Ok(()) } else { Err(DbError::Other("foreign keys are enforced all the same".into())) }
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
    pub(super) fn close(self) {
        if let Err(error) = self.connection.close() {
            tracing::warn!(%error, "the database did not close well");
        }
    }
}

impl Tx<SqliteSession> {
    /// Asks the listener whether a unit may be kept that did what was captured since `mark`.
    pub(super) async fn before_commit(&mut self, mark: Mark) -> Result<(), DbError> {
        let Some(capture) = self.session.capture() else { return Ok(()) };
        self.session.collect()?;
        let changes = self.session.captured.changes.get(mark.changes..).unwrap_or_default().to_vec();
        if changes.is_empty() {
            return Ok(());
        }
        capture.listener.before_commit(self, &changes).await?;
        self.session.collect()
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
        self.session.parts.clear();
        self.session.captured.owes_collecting = false;
    }
}
