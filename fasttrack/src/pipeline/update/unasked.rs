//! Changes that the application itself makes to rows, for which nobody is asked.

use std::sync::Arc;

use super::Change;
use crate::{
    db::{Arg, Tx},
    error::Error,
    pipeline::{engine::Engine, input::Input, second::Second, update::Proof},
    precondition::Preconditions,
    principal::Principal,
    schema::Column,
    sql::Predicate,
};

/// Sets fields of a row on behalf of the application, for whatever reason it has: no rule is asked and no hook runs, but
/// triggers hear of it. Whether anything differs now.
///
/// # Errors
/// [`Error::NotFound`], and what the triggers meet.
pub(in crate::pipeline) async fn set(
    engine: &Arc<Engine>,
    tx: &mut Tx,
    id: i64,
    fields: Vec<(&'static Column, Arg)>,
) -> Result<bool, Error> {
    let change = Change {
        engine: Arc::clone(engine),
        who: Principal::Anonymous,
        id,
        policy: Predicate::Always,
        second: Second::Nothing,
        read: Predicate::Never,
        seen: None,
        plans: None,
        looked_at: None,
        guards: Vec::new(),
        steps: Vec::new(),
        references: Vec::new(),
        shown: None,
        preconditions: Preconditions::default(),
        hooked: None,
        input: Input { sent: Vec::new(), fields, faults: Vec::new() },
        proof: Proof::Missing,
    };
    let before = change.look(tx).await?;
    let changes = change.differences(&before);
    if changes.is_empty() {
        return Ok(false);
    }
    change.store(tx, &before, &changes).await?;
    change.follow_up(tx, &before, &changes).await?;
    Ok(true)
}
