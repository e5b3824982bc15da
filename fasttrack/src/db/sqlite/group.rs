//! Group commit: many units in one transaction, one commit, and only then the answers.
//!
//! Each unit stands behind a savepoint, so that one that fails is undone alone.

use std::{collections::VecDeque, panic::AssertUnwindSafe, time::Duration};

use futures_util::FutureExt;
use tokio::time::timeout;

use super::{
    super::{
        DbError, Tx,
        tx::{Hook, run_hook},
        unit::{Again, Unit},
    },
    session::{Mark, SqliteSession},
};

/// Units on their way through one transaction.
pub(super) struct Group {
    waiting: VecDeque<Box<dyn Unit>>,
    succeeded: Vec<Box<dyn Unit>>,
    failed: Vec<Box<dyn Unit>>,
    limits: Limits,
}

/// How long things may take.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// A unit.
    pub(super) unit: Duration,
    /// A statement of a unit.
    pub(super) statement: Duration,
}

/// Why a transaction could not be carried through.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) error: DbError,
    /// Whether its commit had been sent, so that it may stand all the same.
    is_sent: bool,
}

/// What was not done since it is not known what came of a commit: whom to wake once it is.
pub(super) type InDoubt = Vec<Hook>;

impl From<DbError> for Failure {
    fn from(error: DbError) -> Self {
        Self { error, is_sent: false }
    }
}

impl Group {
    pub(super) fn new(units: impl IntoIterator<Item = Box<dyn Unit>>, limits: Limits) -> Self {
        Self { waiting: units.into_iter().collect(), succeeded: Vec::new(), failed: Vec::new(), limits }
    }

    /// Takes every unit through the transaction, to the commit and the answers.
    ///
    /// # Errors
    /// When the transaction could not be carried through: everybody was told so, and the connection has to be given back
    /// to be tidied up. Nothing of it is done, unless there is a doubt.
    pub(super) async fn commit(mut self, tx: &mut Tx<SqliteSession>) -> Result<(), (DbError, Option<InDoubt>)> {
        let tried = self.try_commit(tx).await;
        let (changes, (wakes, hooks)) = (tx.session.take_changes(), tx.take_hooks());
        let listener = tx.session.capture();
        let outcome = match tried {
            Ok(()) => {
                if let Some(capture) = listener.filter(|_| !changes.is_empty()) {
                    run_hook(Box::new(move || capture.listener.committed(&changes)));
                }
                wakes.into_iter().chain(hooks).for_each(run_hook);
                Ok(())
            }
            Err(Failure { error, is_sent }) => {
                if let Some(capture) = listener.filter(|_| is_sent) {
                    run_hook(Box::new(move || capture.listener.suspend()));
                }
                self.fail_all(&error);
                Err((error, is_sent.then_some(wakes)))
            }
        };
        self.answer();
        outcome
    }

    /// Tells everybody that nothing could be done.
    pub(super) fn refuse(mut self, error: &DbError) {
        self.fail_all(error);
        self.answer();
    }

    async fn try_commit(&mut self, tx: &mut Tx<SqliteSession>) -> Result<(), Failure> {
        tx.session.begin(self.limits.statement);
        while let Some(unit) = self.waiting.pop_front() {
            self.attempt(tx, unit).await?;
        }
        if !tx.session.has_begun() {
            return Ok(());
        }
        if self.succeeded.is_empty() {
            return Ok(tx.session.roll_back()?);
        }
        // What the disk has of it may be all there is to it, should the machine fail before anything else is written.
        tx.session.commit().map_err(|error| Failure { error, is_sent: true })
    }

    /// Runs one unit, and undoes what it did when it failed.
    async fn attempt(&mut self, tx: &mut Tx<SqliteSession>, mut unit: Box<dyn Unit>) -> Result<(), DbError> {
        let mark = tx.mark();
        let ran = timeout(self.limits.unit, AssertUnwindSafe(run(unit.as_mut(), tx, mark)).catch_unwind()).await;
        let verdict = match (ran, tx.session.fatal()) {
            (Ok(Ok(_)), Some(fatal)) => Some(fatal.clone()),
            (Ok(Ok(Ok(true))), None) => {
                self.succeeded.push(unit);
                tx.session.separate();
                return Ok(());
            }
            (Ok(Ok(Ok(false))), None) => None,
            (Ok(Ok(Err(refused))), None) => Some(refused),
            (Ok(Err(_)), _) => Some(DbError::Other("a unit of work panicked".into())),
            (Err(_), _) => Some(DbError::Busy("a unit of work took too long".into())),
        };
        tx.forget_from(mark);
        if let Err(error) = tx.session.undo() {
            // The transaction is gone; what the unit met is the better reason.
            self.failed.push(unit);
            return Err(verdict.unwrap_or(error));
        }
        if let Some(error) = &verdict {
            unit.fail(error);
        }
        // A full disk or a slow one would meet the halves as well.
        let parts = if matches!(verdict, Some(DbError::Busy(_))) { None } else { unit.split() };
        match parts {
            Some((first, second)) => {
                self.waiting.push_front(second);
                self.waiting.push_front(first);
            }
            None => self.failed.push(unit),
        }
        Ok(())
    }

    fn fail_all(&mut self, error: &DbError) {
        self.waiting.iter_mut().chain(&mut self.succeeded).chain(&mut self.failed).for_each(|unit| unit.fail(error));
    }

    fn answer(self) {
        self.succeeded.into_iter().chain(self.failed).chain(self.waiting).for_each(<dyn Unit>::answer);
    }
}

/// Runs a unit, and asks whether what it did may be, and is still wanted.
async fn run(unit: &mut dyn Unit, tx: &mut Tx<SqliteSession>, mark: Mark) -> Result<bool, DbError> {
    if !unit.run(tx, Again::Never).await {
        return Ok(false);
    }
    tx.before_commit(mark).await?;
    Ok(unit.hold())
}
