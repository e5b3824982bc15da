//! What differs from caller to caller in an update: steps of a flow that not everybody may take, fields that not everybody is
//! shown.

use super::{Change, State};
use crate::{
    db::{Arg, Tx},
    error::Error,
    pipeline::{
        flow,
        precondition::{self, Row},
        values,
    },
    schema::Column,
    sql::{self, Predicate},
};

impl Change {
    /// Asks what the request asks of the row as it is, as the caller is shown it.
    ///
    /// # Errors
    /// [`Error::PreconditionFailed`].
    pub(super) async fn check_preconditions(&self, tx: &mut Tx, before: &State) -> Result<(), Error> {
        let seen = self.seen.as_ref().filter(|seen| !self.policy.implies(seen));
        let row = Row { engine: &self.engine, id: self.id, whole: &before.json, seen, shown: self.shown.as_ref() };
        precondition::check(&self.preconditions, tx, &self.who, row).await
    }

    /// What the caller is shown of the row as it has become.
    pub(super) async fn show(&self, tx: &mut Tx, whole: Vec<u8>) -> Result<Vec<u8>, Error> {
        let Some(shown) = &self.shown else { return Ok(whole) };
        let mut rows = tx.query(shown.fill(values(self.id, &self.who))).await?;
        Ok(rows.first_mut().and_then(|row| row.take_bytes(0)).unwrap_or_default())
    }

    /// Refuses steps that are not the caller's to take; from then on what is asked of them is asked with the rule of `update`.
    pub(super) async fn check_steps(
        &mut self,
        tx: &mut Tx,
        before: &State,
        changes: &[(&'static Column, Arg)],
    ) -> Result<(), Error> {
        let stored = |column: &Column| before.stored(self.engine.schema, column);
        let taken = flow::Step::taken(&self.steps, changes, &stored);
        let (keys, asked): (Vec<_>, Vec<_>) = taken.map(|(key, policy)| (key, policy.clone())).unzip();
        if keys.is_empty() {
            return Ok(());
        }
        let asked = Predicate::all(asked);
        let statement = sql::read(&self.engine.table, &asked).fill(values(self.id, &self.who));
        if asked.is_never() || tx.query(statement).await?.is_empty() {
            return Err(flow::refuse_steps(&self.who, &keys));
        }
        self.policy = Predicate::all([self.policy.clone(), asked]);
        // What is kept is for who is asked nothing but the rule.
        self.plans = None;
        Ok(())
    }
}
