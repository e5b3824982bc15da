//! Effects of changes become rows of the outbox, in the transaction of the change.

use std::{collections::HashMap, sync::Arc};

use super::{
    change::{arguments, fires_on_creation},
    counted::Counted,
    exclusive,
    history::{self, Note},
    limit, timetable,
};
use crate::{
    clock,
    db::{Arg, DbError, Row, Statement, Tx},
    outbox::OutboxListener,
    schema::{Column, Kind, Schema},
    sql::{Added, Does, EffectPlan, Timed, bulk},
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
    /// What the rows are counted into.
    pub counted: Arc<Counted>,
    pub listener: Arc<dyn OutboxListener>,
}

impl Effects {
    /// Whether nobody hears of these changes, and nothing waits for an instant of the rows.
    pub(super) fn is_nothing(&self) -> bool {
        self.plans.is_empty() && self.timed.is_empty()
    }

    /// Whether triggers add rows.
    pub(super) fn add_rows(&self) -> bool {
        self.plans.iter().any(|plan| matches!(plan.does, Does::Adds(_)))
    }

    /// Whether what follows from a change may move what is kept in the row itself: what triggers add may be counted in it,
    /// and so may the row, where it refers to itself.
    pub(super) fn move_own_figures(&self) -> bool {
        let columns = self.schema.columns;
        let refers_to_itself = |column: &Column| matches!(column.kind, Kind::Relation(to) if to == self.schema.name);
        columns.iter().any(|column| column.figure.is_some())
            && (self.add_rows() || columns.iter().any(refers_to_itself))
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
    let is_empty = acts.is_empty();
    let actors: HashMap<i64, Arg> = match plan.does {
        Does::Adds(_) => acts.iter().map(|act| (act.id, act.actor.clone())).collect(),
        Does::Tells | Does::Enqueues => HashMap::new(),
    };
    if let Does::Adds(added) = &plan.does {
        exclusive::hold(tx, added.schema).await?;
    }
    let is_posted = plan.event.is_some_and(|event| listener.is_posted(event));
    let (mut returned, mut has_posts) = (Vec::new(), false);
    let dialect = tx.dialect();
    let sizes: Vec<_> = bulk::chunks(dialect, acts.len(), plan.width()).collect();
    let mut acts = acts.into_iter();
    let now_us = clock::now_us();
    for size in sizes {
        let row = |act: Act| {
            let moments = plan.moments.iter().map(move |moment| moment.at(now_us));
            [Arg::Int(act.id), act.actor, Arg::Text(act.at)].into_iter().chain(act.old).chain(moments)
        };
        let args = bulk::args(dialect, plan.width(), acts.by_ref().take(size).map(row));
        if is_posted {
            has_posts |= !tx.query(Statement::new(plan.posting(size), args.clone())).await?.is_empty();
        }
        returned.extend(tx.query(Statement::new(plan.statement(size), args)).await?);
    }
    if has_posts {
        let listener = Arc::clone(listener);
        tx.wake(move || listener.posts_written());
    }
    match &plan.does {
        Does::Tells => announce(tx, listener, &returned),
        Does::Enqueues if is_empty => {}
        Does::Enqueues => {
            let listener = Arc::clone(listener);
            tx.wake(move || listener.jobs_written());
        }
        Does::Adds(added) => follow(tx, listener, added, &returned, &actors).await?,
    }
    Ok(())
}

/// Has the messages delivered that were written to these accounts.
fn announce(tx: &mut Tx, listener: &Arc<dyn OutboxListener>, accounts: &[Row]) {
    let mut told: Vec<_> = accounts.iter().filter_map(|row| row.int(0)).collect();
    told.sort_unstable();
    told.dedup();
    if !told.is_empty() {
        listener.announce(tx, &told);
        let listener = Arc::clone(listener);
        tx.wake(move || listener.messages_written(told));
    }
}

/// Writes out the triggers of rows that were added, `id, the row that it refers to` each, by who made the change there.
async fn follow(
    tx: &mut Tx,
    listener: &Arc<dyn OutboxListener>,
    added: &Added,
    returned: &[Row],
    actors: &HashMap<i64, Arg>,
) -> Result<(), DbError> {
    let is_followed = !added.plans.is_empty() || added.schema.history || !added.schema.limits.is_empty();
    if !is_followed || returned.is_empty() {
        return Ok(());
    }
    let columns = added.schema.columns;
    let ids: Vec<_> = returned.iter().filter_map(|row| row.int(0)).collect();
    let actor = |id: i64| {
        let of = returned.iter().find(|row| row.int(0) == Some(id)).and_then(|row| row.int(1));
        of.and_then(|changed| actors.get(&changed)).cloned().unwrap_or(Arg::Null)
    };
    let rows = rows(columns, &tx.query(Statement::new(added.rows.clone(), vec![json_array(&ids)])).await?);
    limit::check_created(tx, added.schema, rows.iter().map(|(id, row)| (*id, row.as_slice()))).await?;
    let at = clock::now();
    for plan in &added.plans {
        let acts = rows.iter().filter(|(_, row)| fires_on_creation(plan.change, columns, row));
        let acts =
            acts.map(|(id, _)| Act { id: *id, actor: actor(*id), at: at.clone(), old: vec![Arg::Null; columns.len()] });
        let acts = acts.collect();
        // What is added may have something added to it in turn; no declaration goes round in a circle.
        Box::pin(write(tx, listener, plan, acts)).await?;
    }
    let notes = rows.iter().map(|(id, row)| Note::created(added.schema, *id, actor(*id), row));
    history::write(tx, added.schema, notes).await?;
    let timed = Arc::new(Timed::all(added.schema));
    let effects = Effects {
        schema: added.schema,
        plans: Arc::default(),
        timed,
        counted: Arc::default(),
        listener: Arc::clone(listener),
    };
    let created: Vec<_> = rows.iter().map(|(id, row)| (*id, row)).collect();
    timetable::plan_created(tx, &effects, &created).await
}

/// The id of each row, and every column as it is stored.
pub(super) fn rows(columns: &[Column], rows: &[Row]) -> Vec<(i64, Vec<Arg>)> {
    let key = columns.iter().position(|column| column.kind == Kind::Id).unwrap_or_default();
    rows.iter().map(|row| (row.int(key).unwrap_or_default(), arguments(columns, &row.0))).collect()
}

/// Ids as one argument.
pub(super) fn json_array(ids: &[i64]) -> Arg {
    let ids: Vec<_> = ids.iter().map(i64::to_string).collect();
    Arg::Text(format!("[{}]", ids.join(",")))
}
