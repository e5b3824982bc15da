//! Deletion where deleted rows are kept, and their return: the same rows as in any other deletion, marked instead of taken
//! out. What went together has one instant, later than that of whatever hangs on it and went before: so what comes back
//! together is known by it.
//!
//! Nothing is taken out, so that no foreign key says what may not go, or to what may not be referred: that is asked here.

use std::collections::BTreeSet;

use super::{
    cascade::{Cascade, Detaches, MAX_TAKES, TOLD, part, run, tell},
    engine::Setup,
    exclusive,
    history::{self, Note},
    limit,
    outbox::{self, Effects},
    reach::{Going, Reach, Relation},
    timetable,
};
use crate::{
    clock,
    db::{Arg, DbError, Tx},
    schema::{Column, Kind, LinkError, Model, Schema, Verb},
    sql::{self, Referrer, Which},
};

/// How rows of one resource are deleted and kept, and come back.
pub(super) struct Keeping {
    reach: Reach,
    /// Writes down what goes along.
    doom: String,
    /// Writes down what comes back along.
    revive: String,
    /// Says when the last went of what hangs on what goes, and went before.
    last: Option<String>,
    /// Each finds a row that keeps another one from going.
    blockers: Vec<String>,
    detaches: Vec<Detaches>,
    leads: Vec<Lead>,
}

/// A relation of what comes back to rows that may be deleted.
struct Lead {
    from: &'static Schema,
    column: &'static Column,
    /// Finds a row that leads to one that is.
    astray: String,
}

/// A row that is back would refer to one that is deleted.
#[derive(Debug, Clone, Copy)]
pub(super) struct Astray {
    pub from: &'static Schema,
    pub column: &'static Column,
}

impl Keeping {
    /// How it is with the rows of `model`; `None` where deleted rows are not kept.
    pub(super) fn of(setup: Setup<'_>, relations: &[Relation], model: &Model) -> Result<Option<Self>, LinkError> {
        if model.schema.deleted().is_none() {
            return Ok(None);
        }
        let (dialect, root) = (setup.dialect, model.index);
        let reach = Reach::of(root, relations, Going::ToBeKept, |_| true);
        if reach.takes.len() > MAX_TAKES {
            return Err(LinkError::too_many_takers(model.schema.name, MAX_TAKES));
        }
        let back: Vec<_> = reach.takes.iter().map(|it| Referrer { which: Which::GoneAt, ..*it }).collect();
        let blocks = |it: &&Relation| it.holds_back() && reach.order.contains(&it.referrer.parent);
        let blockers = relations.iter().filter(blocks).map(|relation| {
            let referrer = Referrer { which: Which::There, ..relation.referrer };
            sql::staying(dialect, &referrer, 1)
        });
        // What goes leaves the fields of many rows that it is in, whosever they are.
        let is_of_those = |it: &&Relation| reach.order.contains(&it.referrer.child) && !it.is_set();
        let leads = relations.iter().filter(is_of_those).filter_map(|relation| {
            let target = setup.catalog.get(relation.referrer.parent)?.schema;
            let astray = sql::astray(dialect, &relation.referrer, target)?;
            Some(Lead { from: relation.referrer.schema, column: relation.column, astray })
        });
        Ok(Some(Self {
            doom: sql::doom(dialect, root, &reach.takes),
            revive: sql::doom(dialect, root, &back),
            last: sql::last_gone(dialect, &reach.takes),
            blockers: blockers.collect(),
            detaches: Detaches::all(setup, relations, &reach)?,
            leads: leads.collect(),
            reach,
        }))
    }

    /// Whether nothing refers to its rows.
    fn is_alone(&self) -> bool {
        self.reach.is_nothing() && self.blockers.is_empty()
    }
}

impl Cascade {
    /// Deletes what the row `id` of a resource takes along, where both are kept, and detaches what stays; the row itself is
    /// left, and can be marked now. Answers the instant that it has to be marked with, and whether anything was done.
    pub(super) async fn withdraw(
        &self,
        tx: &mut Tx,
        (resource, id): (usize, i64),
        actor: &Arg,
    ) -> Result<(String, bool), DbError> {
        let now = clock::now();
        let Some(keeping) = self.keeping(resource).filter(|keeping| !keeping.is_alone()) else {
            return Ok((now, false));
        };
        self.doom(tx, &keeping.reach, &keeping.doom, vec![Arg::Int(id)]).await?;
        for blocker in &keeping.blockers {
            if !run(tx, blocker, vec![Arg::Int(0)]).await?.is_empty() {
                return Err(DbError::ForeignKey);
            }
        }
        let at = match &keeping.last {
            Some(last) => {
                let last = run(tx, last, Vec::new()).await?;
                clock::now_after(last.first().and_then(|row| row.text(0)).unwrap_or_default())
            }
            None => now,
        };
        self.tell(tx, (&keeping.reach, Going::ToBeKept), (resource, id), actor).await?;
        self.forget_due(tx, &keeping.reach, Going::ToBeKept).await?;
        self.detach_all(tx, &keeping.detaches, actor).await?;
        for &table in &keeping.reach.order {
            let schema = self.tables.get(table).map(|table| table.schema);
            let Some(mark) = schema.and_then(|schema| sql::mark_doomed(tx.dialect(), table, schema)) else { continue };
            let keep = Arg::Int(if table == resource { id } else { 0 });
            self.in_parts(tx, table, &mark, &[keep, Arg::Text(at.clone())]).await?;
        }
        run(tx, &sql::end_doomed(), Vec::new()).await?;
        Ok((at, true))
    }

    /// Has the row `id` of a resource, which was deleted at the instant `at`, be there again, with what went in the same
    /// deletion, and tells whoever hears of that; or says what stands against it.
    pub(super) async fn bring_back(
        &self,
        tx: &mut Tx,
        (resource, id): (usize, i64),
        at: &str,
        actor: &Arg,
    ) -> Result<Option<Astray>, DbError> {
        let Some(keeping) = self.keeping(resource) else { return Ok(None) };
        // What the statement does not mention would have no type.
        let instant = (!keeping.reach.takes.is_empty()).then(|| Arg::Text(at.to_owned()));
        let args = std::iter::once(Arg::Int(id)).chain(instant);
        self.doom(tx, &keeping.reach, &keeping.revive, args.collect()).await?;
        for &table in &keeping.reach.order {
            let Some(schema) = self.tables.get(table).map(|table| table.schema) else { continue };
            let Some(unmark) = sql::unmark_doomed(tx.dialect(), table, schema) else { continue };
            exclusive::hold(tx, schema).await?;
            let is_touched = schema.columns.iter().any(|column| column.kind == Kind::UpdatedAt);
            let touched: Vec<_> = is_touched.then(|| Arg::Text(clock::now())).into_iter().collect();
            self.in_parts(tx, table, &unmark, &touched).await?;
        }
        for Lead { from, column, astray } in &keeping.leads {
            if !run(tx, astray, Vec::new()).await?.is_empty() {
                return Ok(Some(Astray { from, column }));
            }
        }
        for &table in keeping.reach.order.iter().collect::<BTreeSet<_>>() {
            self.tell_of_return(tx, table, actor).await?;
        }
        run(tx, &sql::end_doomed(), Vec::new()).await?;
        Ok(None)
    }

    /// Tells of the rows of a table that are back, and has wait again what waits for an instant of theirs.
    async fn tell_of_return(&self, tx: &mut Tx, position: usize, actor: &Arg) -> Result<(), DbError> {
        let Some(table) = self.tables.get(position).filter(|table| is_followed(table.schema, &table.restored)) else {
            return Ok(());
        };
        let columns = table.schema.columns;
        let next = sql::doomed(position, TOLD);
        let mut after = 0;
        while let Some(ids) = part(tx, &next, after).await? {
            after = ids.last().copied().unwrap_or(i64::MAX);
            let rows = run(tx, &table.rows, vec![outbox::json_array(&ids)]).await?;
            let rows = outbox::rows(columns, &rows);
            limit::check_created(tx, table.schema, rows.iter().map(|(id, row)| (*id, row.as_slice()))).await?;
            let notes = rows.iter().map(|(id, _)| Note::moved(*id, actor.clone(), Verb::Restore));
            history::write(tx, table.schema, notes).await?;
            let before = rows.iter().map(|(id, _)| (*id, vec![Arg::Null; columns.len()])).collect();
            tell(tx, &table.restored, actor, before).await?;
            let back: Vec<_> = rows.iter().map(|(id, row)| (*id, row)).collect();
            timetable::plan_created(tx, &table.restored, &back).await?;
        }
        Ok(())
    }

    fn keeping(&self, resource: usize) -> Option<&Keeping> {
        self.keeping.get(resource)?.as_ref()
    }
}

/// Whether anything is to be done where rows of a resource return.
fn is_followed(schema: &Schema, restored: &Effects) -> bool {
    !restored.is_nothing() || schema.history || !schema.limits.is_empty()
}
