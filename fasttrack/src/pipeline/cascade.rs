//! What the deletion of a row does to others, told to whoever hears of it. All of it is one transaction, a bounded number
//! of rows at a time: what will go is written down first, then told of, then taken from what stays, and then deleted,
//! what refers before what is referred to. What nothing hangs on and nobody hears of the database deletes itself.

use std::collections::BTreeSet;

use super::{
    engine::Setup,
    files,
    history::{self, Note},
    kept::Keeping,
    outbox::{self, Act, Effects},
    reach::{self, Going, Reach, Relation},
};
use crate::{
    clock,
    db::{Arg, DbError, Row, Statement, Tx},
    schema::{Change, Kind, LinkError, Literal, Model, Schema, Verb},
    sql::{self, Referrer},
};

/// Rows that are told of at a time; they are read whole.
pub(super) const TOLD: usize = 64;

/// Most relations by which rows go along: a part of one statement each, of which a database takes 500.
pub(super) const MAX_TAKES: usize = 400;

/// Rows that are deleted at a time.
const DELETED: usize = 1000;

/// What deletions reach, by the position of each resource in the catalog.
pub(super) struct Cascade {
    pub(super) tables: Vec<Table>,
    plans: Vec<Plan>,
    /// How rows are deleted and kept, where they are.
    pub(super) keeping: Vec<Option<Keeping>>,
}

pub(super) struct Table {
    pub(super) schema: &'static Schema,
    /// Selects its rows, by id.
    pub(super) rows: String,
    /// Triggers that hear of its deletions.
    effects: Effects,
    /// Those that hear of rows that come back.
    pub(super) restored: Effects,
}

/// How a row of one resource is deleted.
struct Plan {
    reach: Reach,
    doom: String,
    detaches: Vec<Detaches>,
}

/// How rows lose a relation.
enum How {
    /// It becomes null.
    Null(String),
    /// What goes is taken out of a field of many rows, and then it is noted when that was.
    Leave(String, Option<String>),
}

/// A relation that rows lose.
pub(super) struct Detaches {
    referrer: Referrer,
    /// Selects the rows that do, and stay.
    staying: String,
    how: How,
    /// Triggers that hear of it.
    effects: Effects,
}

impl Cascade {
    pub(super) fn of(setup: Setup<'_>) -> Result<Self, LinkError> {
        let catalog = setup.catalog;
        let tables: Vec<_> = catalog.tables().iter().map(|model| Table::of(setup, model)).collect::<Result<_, _>>()?;
        let relations = reach::relations(catalog);
        let is_heard =
            |table: &Table| !table.effects.is_nothing() || table.schema.history || files::has_any(table.schema);
        let is_heard = |table: usize| tables.get(table).is_some_and(is_heard);
        let plan = |model: &Model| {
            let reach = Reach::of(model.index, &relations, Going::ForGood, is_heard);
            Plan::of(setup, &relations, reach, model)
        };
        let plans = catalog.tables().iter().map(plan).collect::<Result<_, _>>()?;
        let keeping = catalog.tables().iter().map(|model| Keeping::of(setup, &relations, model));
        let keeping = keeping.collect::<Result<_, _>>()?;
        Ok(Self { tables, plans, keeping })
    }

    /// Deletes what the row `id` of a resource takes along, and detaches what stays; the row itself is left, and can be
    /// deleted now. Each row is told of once, by however many ways it is reached. Answers whether there was anything to
    /// do: a rule that is asked of the row afterwards may not find what it goes by.
    pub(super) async fn clear(&self, tx: &mut Tx, resource: usize, id: i64, actor: &Arg) -> Result<bool, DbError> {
        let Some(plan) = self.plans.get(resource).filter(|plan| !plan.reach.is_nothing()) else { return Ok(false) };
        self.doom(tx, &plan.reach, &plan.doom, vec![Arg::Int(id)]).await?;
        self.tell(tx, (&plan.reach, Going::ForGood), (resource, id), actor).await?;
        self.forget_due(tx, &plan.reach, Going::ForGood).await?;
        self.detach_all(tx, &plan.detaches, actor).await?;
        self.cut(tx, plan, (resource, id)).await?;
        for &table in &plan.reach.order {
            let Some(found) = self.tables.get(table) else { continue };
            let keep = Arg::Int(if table == resource { id } else { 0 });
            self.in_parts(tx, table, &sql::delete_doomed(table, found.schema), &[keep]).await?;
        }
        run(tx, &sql::end_doomed(), Vec::new()).await?;
        Ok(true)
    }

    /// Writes down what will go. Where others write, too, it is kept from being referred to, and looked at again until
    /// nothing has been added meanwhile.
    pub(super) async fn doom(&self, tx: &mut Tx, reach: &Reach, doom: &str, args: Vec<Arg>) -> Result<(), DbError> {
        for statement in sql::begin_doomed(tx.dialect()) {
            run(tx, &statement, Vec::new()).await?;
        }
        let mut found = run(tx, doom, args.clone()).await?;
        while found.first().and_then(|row| row.int(0)).is_some_and(|added| added > 0) {
            for resource in reach.order.iter().collect::<BTreeSet<_>>() {
                let schema = self.tables.get(*resource).map(|table| table.schema);
                if let Some(lock) = schema.and_then(|schema| sql::lock_doomed(tx.dialect(), *resource, schema)) {
                    run(tx, &lock, Vec::new()).await?;
                }
            }
            found = run(tx, doom, args.clone()).await?;
        }
        Ok(())
    }

    /// Tells of what will go, the row itself aside; what was deleted before has been told of.
    pub(super) async fn tell(
        &self,
        tx: &mut Tx,
        (reach, going): (&Reach, Going),
        root: (usize, i64),
        actor: &Arg,
    ) -> Result<(), DbError> {
        for position in reach.order.iter().collect::<BTreeSet<_>>() {
            let is_told = |table: &&Table| !table.effects.plans.is_empty() || table.schema.history;
            let Some(table) = self.tables.get(*position).filter(is_told) else {
                continue;
            };
            let next = sql::doomed(*position, TOLD);
            let mut after = 0;
            while let Some(ids) = part(tx, &next, after).await? {
                after = ids.last().copied().unwrap_or(i64::MAX);
                let rows = run(tx, &table.rows, vec![outbox::json_array(&ids)]).await?;
                let mut acts = outbox::rows(table.schema.columns, &rows);
                acts.retain(|(id, row)| (*position, *id) != root && table.is_there(row));
                if going == Going::ToBeKept {
                    let notes = acts.iter().map(|(id, _)| Note::moved(*id, actor.clone(), Verb::Delete));
                    history::write(tx, table.schema, notes).await?;
                }
                tell(tx, &table.effects, actor, acts).await?;
            }
        }
        Ok(())
    }

    /// Forgets what is due for what will go, and lets go of its files where it goes for good.
    pub(super) async fn forget_due(&self, tx: &mut Tx, reach: &Reach, going: Going) -> Result<(), DbError> {
        for position in reach.order.iter().collect::<BTreeSet<_>>() {
            let schema = self.tables.get(*position).map(|table| table.schema);
            if let Some(schema) = schema.filter(|schema| schema.history && going == Going::ForGood) {
                tx.query(sql::forget_doomed_history(schema.plural, *position)).await?;
            }
            if let Some(table) = self.tables.get(*position).filter(|_| going == Going::ForGood) {
                files::let_go_doomed(tx, &table.effects, *position).await?;
            }
            let timed = self.tables.get(*position).map(|table| &table.effects.timed);
            if let Some(timed) = timed.filter(|timed| !timed.is_empty()) {
                tx.query(sql::forget_doomed_due(timed, *position, going == Going::ToBeKept)).await?;
            }
        }
        Ok(())
    }

    /// Takes from what stays the relations that it loses.
    pub(super) async fn detach_all(&self, tx: &mut Tx, all: &[Detaches], actor: &Arg) -> Result<(), DbError> {
        for detaches in all {
            self.detach(tx, all, detaches, actor).await?;
        }
        Ok(())
    }

    /// Takes from what stays one of them, and whatever else it loses with it, and tells of that.
    async fn detach(&self, tx: &mut Tx, all: &[Detaches], detaches: &Detaches, actor: &Arg) -> Result<(), DbError> {
        let child = detaches.referrer.child;
        let Some(table) = self.tables.get(child) else { return Ok(()) };
        let lost: Vec<_> = all.iter().filter(|other| other.referrer.child == child).collect();
        let is_heard = table.schema.history || lost.iter().any(|lost| !lost.effects.plans.is_empty());
        let mut from = 0;
        loop {
            let pairs = run(tx, &detaches.staying, vec![Arg::Int(from)]).await?;
            let Some(id) = pairs.last().and_then(|row| row.int(0)) else { return Ok(()) };
            from = id;
            let ids: BTreeSet<_> = pairs.iter().filter_map(|row| row.int(1)).collect();
            let ids = outbox::json_array(&ids.into_iter().collect::<Vec<_>>());
            let before = if is_heard { run(tx, &table.rows, vec![ids.clone()]).await? } else { Vec::new() };
            let before = outbox::rows(table.schema.columns, &before);
            let mut changed = Vec::new();
            for lost in &lost {
                let rows = lost.take(tx, &ids).await?;
                changed.push((lost, rows.iter().filter_map(|row| row.int(0)).collect::<BTreeSet<_>>()));
            }
            if changed.iter().all(|(_, ids)| ids.is_empty()) {
                return Err(DbError::Other(format!("{} keeps what it has to lose", detaches.referrer.schema.name)));
            }
            let keys: Vec<_> = changed.iter().map(|(lost, _)| lost.referrer.key).collect();
            note_lost(tx, table, (&ids, &before), &keys, actor).await?;
            for (lost, ids) in changed.into_iter().filter(|(lost, _)| !lost.effects.plans.is_empty()) {
                let is_heard = |(id, row): &&(i64, Vec<Arg>)| ids.contains(id) && table.is_there(row);
                let acts = before.iter().filter(is_heard).cloned().collect();
                tell(tx, &lost.effects, actor, acts).await?;
            }
        }
    }

    /// Takes circles apart.
    async fn cut(&self, tx: &mut Tx, plan: &Plan, (resource, id): (usize, i64)) -> Result<(), DbError> {
        for &table in &plan.reach.order {
            let cuts: Vec<_> = plan.reach.cuts.iter().filter(|cut| cut.child == table).collect();
            let Some(Referrer { schema, .. }) = cuts.first() else { continue };
            let keys: Vec<_> = cuts.iter().map(|cut| cut.key).collect();
            let keep = Arg::Int(if table == resource { id } else { 0 });
            self.in_parts(tx, table, &sql::cut(table, schema, &keys), &[keep]).await?;
            if table == resource {
                for cut in cuts {
                    run(tx, &sql::cut_loose(cut), vec![Arg::Int(id)]).await?;
                }
            }
        }
        Ok(())
    }

    /// Runs a statement over what is written down of a table, part by part; `rest` are its arguments behind the part's ends.
    pub(super) async fn in_parts(
        &self,
        tx: &mut Tx,
        table: usize,
        statement: &str,
        rest: &[Arg],
    ) -> Result<(), DbError> {
        let next = sql::doomed(table, DELETED);
        let mut after = 0;
        while let Some(ids) = part(tx, &next, after).await? {
            let first = ids.first().copied().unwrap_or_default();
            after = ids.last().copied().unwrap_or(i64::MAX);
            let args = [Arg::Int(first), Arg::Int(after)].into_iter().chain(rest.iter().cloned());
            run(tx, statement, args.collect()).await?;
        }
        Ok(())
    }
}

impl Table {
    fn of(setup: Setup<'_>, model: &Model) -> Result<Self, LinkError> {
        let schema = model.schema;
        let effects = setup.effects(model, |change| change == Change::Deleted)?;
        let restored = setup.effects(model, |change| change == Change::Restored)?;
        Ok(Self { schema, rows: sql::rows_among(setup.dialect, schema), effects, restored })
    }

    /// Whether a row, of which this is every column, was not deleted before.
    fn is_there(&self, row: &[Arg]) -> bool {
        let place = self.schema.columns.iter().position(|column| column.kind == Kind::DeletedAt);
        place.and_then(|place| row.get(place)).is_none_or(|at| *at == Arg::Null)
    }
}

impl Plan {
    fn of(setup: Setup<'_>, relations: &[Relation], reach: Reach, root: &Model) -> Result<Self, LinkError> {
        if reach.takes.len() > MAX_TAKES {
            return Err(LinkError::too_many_takers(root.schema.name, MAX_TAKES));
        }
        let detaches = Detaches::all(setup, relations, &reach)?;
        Ok(Self { doom: sql::doom(setup.dialect, root.index, &reach.takes), reach, detaches })
    }
}

impl Detaches {
    /// The relations that rows lose.
    pub(super) fn all(setup: Setup<'_>, relations: &[Relation], reach: &Reach) -> Result<Vec<Self>, LinkError> {
        let lost = relations.iter().filter(|relation| reach.loses.iter().any(|it| it.is_same(&relation.referrer)));
        lost.map(|relation| Self::of(setup, relation)).collect()
    }

    fn of(setup: Setup<'_>, relation: &Relation) -> Result<Self, LinkError> {
        let (referrer, name) = (relation.referrer, relation.column.name);
        let model =
            setup.catalog.get(referrer.child).ok_or_else(|| LinkError::unresolved(referrer.schema.name, name))?;
        let effects = setup.effects(model, |change| match change {
            Change::Changed { field } => field == name,
            Change::ChangedTo { field, value } => field == name && value == Literal::Null,
            _ => false,
        })?;
        let dialect = setup.dialect;
        let (staying, how) = match relation.column.pairs {
            None => (sql::staying(dialect, &referrer, TOLD), How::Null(sql::detach(dialect, &referrer))),
            Some(pairs) => {
                let how = How::Leave(sql::leave(dialect, &referrer, pairs), sql::touch(dialect, referrer.schema));
                (sql::staying_with(&referrer, pairs, TOLD), how)
            }
        };
        Ok(Self { referrer, staying, how, effects })
    }

    /// Takes what goes from rows of the ids in a JSON array, and answers those that had any of it.
    async fn take(&self, tx: &mut Tx, ids: &Arg) -> Result<Vec<Row>, DbError> {
        let now = || Arg::Text(clock::now());
        let (leave, touch) = match &self.how {
            How::Null(detach) => return run(tx, detach, vec![ids.clone(), now()]).await,
            How::Leave(leave, touch) => (leave, touch),
        };
        let rows = run(tx, leave, vec![ids.clone()]).await?;
        let lost: BTreeSet<_> = rows.iter().filter_map(|row| row.int(0)).collect();
        if let Some(touch) = touch.as_ref().filter(|_| !lost.is_empty()) {
            let lost: Vec<_> = lost.into_iter().collect();
            run(tx, touch, vec![outbox::json_array(&lost), now()]).await?;
        }
        Ok(rows)
    }
}

/// Notes what rows have lost of these relations, where their history is kept.
async fn note_lost(
    tx: &mut Tx,
    table: &Table,
    (ids, before): (&Arg, &[(i64, Vec<Arg>)]),
    keys: &[&str],
    actor: &Arg,
) -> Result<(), DbError> {
    let columns = table.schema.columns;
    if !table.schema.history {
        return Ok(());
    }
    let after = outbox::rows(columns, &run(tx, &table.rows, vec![ids.clone()]).await?);
    // Of what was deleted as well: when it is restored, its history has to lead to what it is.
    let notes = before.iter().zip(&after).filter_map(|((id, old), (_, new))| {
        let values = columns.iter().zip(old.iter().zip(new));
        let lost = values.filter(|(column, (old, new))| keys.contains(&column.key) && old != new);
        Note::updated(*id, actor.clone(), lost.map(|(column, (old, new))| (column, old.clone(), new.clone())))
    });
    let notes: Vec<_> = notes.collect();
    history::write(tx, table.schema, notes).await
}

pub(super) async fn run(tx: &mut Tx, text: &str, args: Vec<Arg>) -> Result<Vec<Row>, DbError> {
    tx.query(Statement::new(text, args)).await
}

/// The next ids of what will go; `None` at the end.
pub(super) async fn part(tx: &mut Tx, next: &str, after: i64) -> Result<Option<Vec<i64>>, DbError> {
    let ids: Vec<_> = run(tx, next, vec![Arg::Int(after)]).await?.iter().filter_map(|row| row.int(0)).collect();
    Ok((!ids.is_empty()).then_some(ids))
}

pub(super) async fn tell(
    tx: &mut Tx,
    effects: &Effects,
    actor: &Arg,
    rows: Vec<(i64, Vec<Arg>)>,
) -> Result<(), DbError> {
    let at = clock::now();
    for effect in effects.plans.iter() {
        let acts = rows.iter().map(|(id, old)| Act { id: *id, actor: actor.clone(), at: at.clone(), old: old.clone() });
        outbox::write(tx, &effects.listener, effect, acts.collect()).await?;
    }
    Ok(())
}
