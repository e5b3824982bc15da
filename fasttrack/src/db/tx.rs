//! What a unit of work is given: its transaction.

use std::{fmt, panic::AssertUnwindSafe, sync::Arc};

use futures_util::future::BoxFuture;

use super::{Arg, ChangeCapture, DbError, Dialect, Row, Statement};
use crate::error::Error;

/// A unit's transaction, or its part of one that it shares with others.
pub struct Tx<S: Session + ?Sized = dyn Session> {
    hooks: Vec<Hook>,
    wakes: Vec<Hook>,
    pub(super) session: S,
}

/// What a database does for a unit, in its own way.
pub trait Session: Send {
    /// Which database it is.
    fn dialect(&self) -> Dialect;

    /// Runs a statement, as [`Tx::query`] has it.
    fn query(&mut self, statement: Statement) -> BoxFuture<'_, Result<Vec<Row>, DbError>>;

    /// Runs a statement, as [`Tx::attempt`] has it.
    fn attempt(&mut self, statement: Statement) -> BoxFuture<'_, Result<Vec<Row>, DbError>> {
        self.query(statement)
    }

    /// Tells other processes, as [`Tx::notify`] has it.
    fn notify(&mut self, channel: &str, payload: String) {
        let _ = (channel, payload);
    }

    /// Begins what may be undone alone; parts may lie in parts.
    fn begin_part(&mut self) -> Result<(), DbError>;

    /// Keeps what was begun last.
    fn end_part(&mut self) -> Result<(), DbError>;

    /// Undoes what was begun last, and has the unit go on whatever was refused there; but for what no unit goes on after.
    fn undo_part(&mut self) -> BoxFuture<'_, Result<(), DbError>>;

    /// What was captured since the part began that is under way, and who hears of it; nothing, where nobody does.
    fn captured(&mut self) -> Result<Option<Heard>, DbError>;
}

/// What was captured, and who hears of it.
pub(super) type Heard = (Arc<ChangeCapture>, Vec<Row>);

/// What runs after the commit.
pub(super) type Hook = Box<dyn FnOnce() + Send>;

/// How many hooks there were before a unit began.
#[derive(Debug, Clone, Copy)]
pub(super) struct HookMark {
    hooks: usize,
    wakes: usize,
}

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

impl<S: Session> Tx<S> {
    pub(super) fn new(session: S) -> Self {
        Self { hooks: Vec::new(), wakes: Vec::new(), session }
    }

    /// What is to run after the commit: whom it may wake, and what is only for one that stands.
    pub(super) fn take_hooks(&mut self) -> (Vec<Hook>, Vec<Hook>) {
        (std::mem::take(&mut self.wakes), std::mem::take(&mut self.hooks))
    }
}

impl<S: Session + ?Sized> Tx<S> {
    /// What there is now: what a unit adds is cut off again when it fails.
    pub(super) fn hook_mark(&self) -> HookMark {
        HookMark { hooks: self.hooks.len(), wakes: self.wakes.len() }
    }

    /// Forgets what a failed unit left.
    pub(super) fn forget_hooks_from(&mut self, mark: HookMark) {
        self.hooks.truncate(mark.hooks);
        self.wakes.truncate(mark.wakes);
    }

    /// Which database it is.
    #[must_use]
    pub fn dialect(&self) -> Dialect {
        self.session.dialect()
    }

    /// Runs a statement, whether it returns rows or not.
    ///
    /// # Errors
    /// What the database says; [`DbError::Busy`] when it took too long, or one before was not waited for. After
    /// [`DbError::Busy`] the unit cannot go on: a full disk or a failing one may have rolled back the transaction, and a
    /// further statement would stand alone. A server takes nothing more of a transaction after any error: a unit that
    /// means to go on after one uses [`Self::attempt`].
    pub async fn query(&mut self, statement: Statement) -> Result<Vec<Row>, DbError> {
        self.session.query(statement).await
    }

    /// The same for a statement that may fail alone: what it did is undone, and the unit may go on, but for
    /// [`DbError::Busy`].
    ///
    /// # Errors
    /// As [`Self::query`].
    pub async fn attempt(&mut self, statement: Statement) -> Result<Vec<Row>, DbError> {
        self.session.attempt(statement).await
    }

    /// Tells every process that listens on `channel` (see [`Db::listen`](super::Db::listen)) when the unit is committed.
    /// Where one process alone has the database there is nobody to tell. A payload has at most 7,999 bytes.
    pub fn notify(&mut self, channel: &str, payload: impl Into<String>) {
        self.session.notify(channel, payload.into());
    }

    /// Runs `hook` after the commit, before anyone is answered; never when the unit fails, or when it is not known
    /// whether it did. It must not block.
    pub fn after_commit(&mut self, hook: impl FnOnce() + Send + 'static) {
        self.hooks.push(Box::new(hook));
    }

    /// Runs `hook` when the unit may have been committed: after the commit, before anyone is answered; and when it is
    /// not known what came of the commit, once it is over. So it is for who goes and looks; what is told may not be so.
    /// It must not block.
    pub fn wake(&mut self, hook: impl FnOnce() + Send + 'static) {
        self.wakes.push(Box::new(hook));
    }
}

impl Tx {
    /// Does `work`, which may fail alone: what it did is undone then, with what was to follow the commit, and the unit may
    /// go on, but for [`DbError::Busy`].
    ///
    /// # Errors
    /// Those of `work`; what the database says that cannot undo it.
    pub async fn part<T>(
        &mut self,
        work: impl for<'a> FnOnce(&'a mut Self) -> BoxFuture<'a, Result<T, Error>> + Send,
    ) -> Result<T, Error> {
        let mark = self.hook_mark();
        self.session.begin_part()?;
        match work(self).await {
            Ok(done) => {
                self.session.end_part()?;
                Ok(done)
            }
            Err(error) => {
                self.session.undo_part().await?;
                self.forget_hooks_from(mark);
                Err(error)
            }
        }
    }

    /// Asks whoever hears of changes whether those of the part that is under way may be kept, before the unit is at its
    /// end, where he is asked of all.
    ///
    /// # Errors
    /// What he says; what the database does.
    pub async fn settle(&mut self) -> Result<(), DbError> {
        match self.session.captured()? {
            Some((capture, changes)) if !changes.is_empty() => capture.listener.before_commit(self, &changes).await,
            _ => Ok(()),
        }
    }
}

impl<S: Session + ?Sized> fmt::Debug for Tx<S> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Tx").field("hooks", &self.hooks.len()).finish_non_exhaustive()
    }
}

/// The commit stands, whatever a hook does.
pub(super) fn run_hook(hook: Hook) {
    if std::panic::catch_unwind(AssertUnwindSafe(hook)).is_err() {
        tracing::error!("what was to follow a commit panicked");
    }
}
