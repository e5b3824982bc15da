//! Effects of changes become rows of the outbox, in the transaction of the change.

use std::sync::Arc;

use super::rows::chunks;
use crate::{
    clock,
    db::{Arg, DbError, Statement, Tx},
    outbox::OutboxListener,
    schema::Schema,
    sql::{EffectPlan, Timed},
};

/// A change to one row that a trigger listens for.
#[derive(Debug)]
pub(super) struct Act {
    /// The row.
    pub id: i64,
    /// The id of the account that did it, or null.
    pub actor: Arg,
    /// When.
    pub at: String,
    /// Every column as it was before.
    pub old: Vec<Arg>,
}

/// The triggers of a resource, and who hears of what they have written.
#[derive(Clone)]
pub(super) struct Effects {
    pub schema: &'static Schema,
    pub plans: Arc<Vec<EffectPlan>>,
    /// Those that wait for an instant.
    pub timed: Arc<Vec<Timed>>,
    pub listener: Arc<dyn OutboxListener>,
}

impl Effects {
    /// Whether nobody hears of these changes, and nothing waits for an instant of the rows.
    pub(super) fn is_nothing(&self) -> bool {
        self.plans.is_empty() && self.timed.is_empty()
    }
}

/// Writes out one trigger for these changes, and has them delivered once they are committed. The rows are read from their table: call
/// it after a creation or an update, and before a deletion.
pub(super) async fn write(
    tx: &mut Tx,
    listener: &Arc<dyn OutboxListener>,
    plan: &EffectPlan,
    acts: Vec<Act>,
) -> Result<(), DbError> {
    let is_job = !plan.tells && !acts.is_empty();
    let mut told = Vec::new();
    let sizes: Vec<_> = chunks(acts.len(), plan.width(), tx.dialect().max_args()).collect();
    let mut acts = acts.into_iter();
    let now_us = clock::now_us();
    for size in sizes {
        let mut args = Vec::with_capacity(size * plan.width());
        for act in acts.by_ref().take(size) {
            args.extend([Arg::Int(act.id), act.actor, Arg::Text(act.at)]);
            args.extend(act.old);
            args.extend(plan.moments.iter().map(|moment| moment.at(now_us)));
        }
        let rows = tx.query(Statement::new(plan.statement(size), args)).await?;
        told.extend(rows.iter().filter_map(|row| row.int(0)));
    }
    told.sort_unstable();
    told.dedup();
    if !told.is_empty() {
        listener.announce(tx, &told);
        let listener = Arc::clone(listener);
        tx.wake(move || listener.messages_written(told));
    }
    if is_job {
        let listener = Arc::clone(listener);
        tx.wake(move || listener.jobs_written());
    }
    Ok(())
}
