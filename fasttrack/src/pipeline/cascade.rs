//! What the deletion of a row does to others, for triggers to hear of: the database deletes or detaches them itself.

use std::sync::Arc;

use super::{
    change::argument,
    outbox::{self, Act, Effects},
};
use crate::{
    bell::Bell,
    clock,
    db::{Arg, DbError, Tx},
    schema::{Catalog, Change, Column, Kind, LinkError, Literal, Model, OnDelete},
    sql::{self, Template, Values},
};

/// Deepest chain of references that is followed; a row deeper than this goes untold.
const MAX_DEPTH: usize = 8;

/// Rows that a deletion reaches and that a trigger listens to.
pub(super) struct Dependents {
    columns: &'static [Column],
    rows: Template,
    effects: Effects,
    /// Whether the rows go, too; else their reference becomes null.
    deleted: bool,
}

/// A dependent that was found before the deletion.
pub(super) struct Reached {
    dependents: usize,
    acts: Vec<(i64, Vec<Arg>)>,
}

impl Dependents {
    /// Everything that a deletion of a row of `model` reaches.
    pub(super) fn of(catalog: &Catalog, model: &Model, bell: &Arc<dyn Bell>) -> Result<Vec<Self>, LinkError> {
        let mut found = Vec::new();
        reach(catalog, model, bell, &[], &mut found)?;
        Ok(found)
    }
}

fn reach(
    catalog: &Catalog,
    model: &Model,
    bell: &Arc<dyn Bell>,
    chain: &[(&'static str, &'static str)],
    found: &mut Vec<Dependents>,
) -> Result<(), LinkError> {
    if chain.len() == MAX_DEPTH {
        return Ok(());
    }
    for child in catalog.models() {
        let refers = |column: &&Column| column.kind == Kind::Relation(model.schema.name);
        for column in child.schema.columns.iter().filter(refers) {
            let chain: Vec<_> = chain.iter().copied().chain([(child.schema.plural, column.key)]).collect();
            let deleted = column.on_delete == Some(OnDelete::Cascade);
            let hears = |change: Change| match (change, column.on_delete) {
                (Change::Deleted, Some(OnDelete::Cascade)) => true,
                (Change::Changed { field }, Some(OnDelete::SetNull)) => field == column.name,
                (Change::ChangedTo { field, value }, Some(OnDelete::SetNull)) => {
                    field == column.name && value == Literal::Null
                }
                _ => false,
            };
            let effects: Vec<_> =
                sql::effects(catalog, child)?.into_iter().filter(|effect| hears(effect.change)).collect();
            if !effects.is_empty() {
                let effects = Effects { plans: Arc::new(effects), bell: Arc::clone(bell) };
                let rows = sql::referring(child.schema.columns, &chain);
                found.push(Dependents { columns: child.schema.columns, rows, effects, deleted });
            }
            if deleted {
                reach(catalog, child, bell, &chain, found)?;
            }
        }
    }
    Ok(())
}

/// Finds what the deletion of the row `id` will reach, and tells of what will go with it.
pub(super) async fn before(
    tx: &mut Tx,
    dependents: &[Arc<Dependents>],
    id: i64,
    actor: &Arg,
) -> Result<Vec<Reached>, DbError> {
    let mut reached = Vec::new();
    for (position, dependent) in dependents.iter().enumerate() {
        let rows = tx.query(dependent.rows.fill(Values { id: Some(id), ..Values::default() })).await?;
        let key = dependent.columns.iter().position(|column| column.kind == Kind::Id).unwrap_or_default();
        let acts: Vec<_> = rows
            .iter()
            .map(|row| (row.int(key).unwrap_or_default(), row.0.iter().map(argument).collect::<Vec<_>>()))
            .collect();
        if dependent.deleted {
            tell(tx, dependent, actor, acts).await?;
        } else {
            reached.push(Reached { dependents: position, acts });
        }
    }
    Ok(reached)
}

/// Tells of what has lost its reference.
pub(super) async fn after(
    tx: &mut Tx,
    dependents: &[Arc<Dependents>],
    reached: Vec<Reached>,
    actor: &Arg,
) -> Result<(), DbError> {
    for found in reached {
        if let Some(dependent) = dependents.get(found.dependents) {
            tell(tx, dependent, actor, found.acts).await?;
        }
    }
    Ok(())
}

async fn tell(tx: &mut Tx, dependent: &Dependents, actor: &Arg, rows: Vec<(i64, Vec<Arg>)>) -> Result<(), DbError> {
    let at = clock::now();
    for effect in dependent.effects.plans.iter() {
        let acts = rows.iter().map(|(id, old)| Act { id: *id, actor: actor.clone(), at: at.clone(), old: old.clone() });
        outbox::write(tx, &dependent.effects.bell, effect, acts.collect()).await?;
    }
    Ok(())
}
