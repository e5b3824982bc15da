//! Effects of changes become rows of the outbox, in the transaction of the change.

use super::rows::chunks;
use crate::{
    db::{Arg, DbError, Statement, Tx},
    sql::EffectPlan,
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

/// Writes out one trigger for these changes. The rows are read from their table: call it after a creation or an update,
/// and before a deletion.
pub(super) async fn write(tx: &mut Tx, plan: &EffectPlan, acts: Vec<Act>) -> Result<(), DbError> {
    let sizes: Vec<_> = chunks(acts.len()).collect();
    let mut acts = acts.into_iter();
    for size in sizes {
        let mut args = Vec::with_capacity(size * plan.width);
        for act in acts.by_ref().take(size) {
            args.extend([Arg::Int(act.id), act.actor, Arg::Text(act.at)]);
            args.extend(act.old);
        }
        tx.query(Statement::new(plan.statement(size), args)).await?;
    }
    Ok(())
}
