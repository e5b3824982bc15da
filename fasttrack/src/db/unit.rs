//! Units of work: what succeeds or fails as a whole inside a transaction.

use std::sync::Arc;

use futures_util::future::BoxFuture;

use super::{Arg, DbError, RowPlan, Tx, wait::Answer};
use crate::error::Error;

/// A unit of work, and who waits for it.
pub(super) trait Unit: Send {
    /// Does the work and keeps its outcome; `false` when it has to be undone.
    fn run<'a>(&'a mut self, tx: &'a mut Tx, again: Again) -> BoxFuture<'a, bool>;

    /// To be asked before the commit: from now on whoever waits does so until the answer. `false` when one has given up, so that
    /// nothing may be done for him.
    fn hold(&mut self) -> bool;

    /// Takes the unit apart, when it failed and its parts may not.
    fn split(&mut self) -> Option<(Box<dyn Unit>, Box<dyn Unit>)>;

    /// Makes a failure of what is no failure yet.
    fn fail(&mut self, error: &DbError);

    /// Tells who waits.
    fn answer(self: Box<Self>);
}

/// Whether a unit may have to be run again, in another transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Again {
    /// It may.
    Possible,
    /// This is the last time.
    Never,
}

/// Why a unit has no outcome.
fn unfinished() -> DbError {
    DbError::Other("a unit of work did not finish".into())
}

/// A closure over a transaction.
pub(super) struct Work<T, F> {
    run: Option<F>,
    /// Makes another one like it, where it may be run again.
    copy: Option<fn(&F) -> F>,
    outcome: Option<Result<T, Error>>,
    answer: Answer<Result<T, Error>>,
}

impl<T, F> Work<T, F> {
    /// Work that is done once.
    pub(super) fn once(work: F, answer: Answer<Result<T, Error>>) -> Self {
        Self { run: Some(work), copy: None, outcome: None, answer }
    }
}

impl<T, F: Clone> Work<T, F> {
    /// Work that may be done again, in another transaction.
    pub(super) fn repeatable(work: F, answer: Answer<Result<T, Error>>) -> Self {
        Self { copy: Some(F::clone), ..Self::once(work, answer) }
    }
}

impl<T, F> Unit for Work<T, F>
where
    T: Send + 'static,
    F: for<'a> FnOnce(&'a mut Tx) -> BoxFuture<'a, Result<T, Error>> + Send + 'static,
{
    fn run<'a>(&'a mut self, tx: &'a mut Tx, again: Again) -> BoxFuture<'a, bool> {
        Box::pin(async move {
            if self.answer.is_over() {
                return false;
            }
            let work = match (again, self.copy) {
                (Again::Possible, Some(copy)) => self.run.as_ref().map(copy),
                _ => self.run.take(),
            };
            let Some(work) = work else { return false };
            let outcome = work(tx).await;
            let succeeded = outcome.is_ok();
            self.outcome = Some(outcome);
            succeeded
        })
    }

    fn hold(&mut self) -> bool {
        self.answer.hold()
    }

    fn split(&mut self) -> Option<(Box<dyn Unit>, Box<dyn Unit>)> {
        None
    }

    fn fail(&mut self, error: &DbError) {
        if !matches!(self.outcome, Some(Err(_))) {
            self.outcome = Some(Err(error.clone().into()));
        }
    }

    fn answer(self: Box<Self>) {
        let outcome = self.outcome.unwrap_or_else(|| Err(unfinished().into()));
        self.answer.send(outcome);
    }
}

/// What a row became: what its insertion rendered.
pub(super) type Inserted = Result<Option<Vec<u8>>, DbError>;

/// A row that is to be inserted, and who waits for it.
pub(super) struct NewRow {
    pub(super) plan: Arc<dyn RowPlan>,
    pub(super) row: Vec<Arg>,
    pub(super) answer: Answer<Inserted>,
}

/// Rows of one plan, inserted together.
pub(super) struct Batch {
    plan: Arc<dyn RowPlan>,
    rows: Vec<Vec<Arg>>,
    answers: Vec<Answer<Inserted>>,
    outcome: Option<Result<Vec<Option<Vec<u8>>>, DbError>>,
}

impl Batch {
    pub(super) fn new(plan: Arc<dyn RowPlan>, row: Vec<Arg>, answer: Answer<Inserted>) -> Self {
        Self { plan, rows: vec![row], answers: vec![answer], outcome: None }
    }

    /// Joins what waits into batches, in the order of arrival of their first rows, each of rows of one plan.
    pub(super) fn arrange(rows: impl IntoIterator<Item = NewRow>) -> Vec<Self> {
        let mut batches: Vec<Self> = Vec::new();
        for NewRow { plan, row, answer } in rows {
            match batches.iter_mut().find(|batch| batch.is_of(&plan)) {
                Some(batch) => batch.push(row, answer),
                None => batches.push(Self::new(plan, row, answer)),
            }
        }
        batches
    }

    /// How many rows it has.
    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    pub(super) fn is_of(&self, plan: &Arc<dyn RowPlan>) -> bool {
        Arc::ptr_eq(&self.plan, plan)
    }

    pub(super) fn push(&mut self, row: Vec<Arg>, answer: Answer<Inserted>) {
        self.rows.push(row);
        self.answers.push(answer);
    }

    /// Leaves out the rows that nobody waits for any more.
    fn forget_given_up(&mut self) {
        if self.answers.iter().any(Answer::is_over) {
            let all = std::mem::take(&mut self.rows).into_iter().zip(std::mem::take(&mut self.answers));
            (self.rows, self.answers) = all.filter(|(_, answer)| !answer.is_over()).unzip();
        }
    }
}

impl Unit for Batch {
    fn run<'a>(&'a mut self, tx: &'a mut Tx, _: Again) -> BoxFuture<'a, bool> {
        Box::pin(async move {
            self.forget_given_up();
            if self.rows.is_empty() {
                return false;
            }
            let outcome = self.plan.insert(tx, &self.rows).await.and_then(|rendered| {
                let (wanted, got) = (self.rows.len(), rendered.len());
                let mismatch = || DbError::Other(format!("{wanted} rows were inserted, and {got} answered"));
                if wanted == got { Ok(rendered) } else { Err(mismatch()) }
            });
            let succeeded = outcome.is_ok();
            self.outcome = Some(outcome);
            succeeded
        })
    }

    fn hold(&mut self) -> bool {
        self.answers.iter_mut().all(Answer::hold)
    }

    /// Halves: one bad row among many costs the logarithm of their number, not every single one.
    fn split(&mut self) -> Option<(Box<dyn Unit>, Box<dyn Unit>)> {
        let half = self.rows.len() / 2;
        if half == 0 {
            return None;
        }
        let part = |rows, answers| Box::new(Self { plan: Arc::clone(&self.plan), rows, answers, outcome: None });
        let second = part(self.rows.split_off(half), self.answers.split_off(half));
        let first = part(std::mem::take(&mut self.rows), std::mem::take(&mut self.answers));
        Some((first, second))
    }

    fn fail(&mut self, error: &DbError) {
        if !matches!(self.outcome, Some(Err(_))) {
            self.outcome = Some(Err(error.clone()));
        }
    }

    fn answer(self: Box<Self>) {
        match self.outcome.unwrap_or_else(|| Err(unfinished())) {
            Ok(rendered) => self.answers.into_iter().zip(rendered).for_each(|(answer, row)| answer.send(Ok(row))),
            Err(error) => self.answers.into_iter().for_each(|answer| answer.send(Err(error.clone()))),
        }
    }
}
