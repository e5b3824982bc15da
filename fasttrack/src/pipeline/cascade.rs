//! What the deletion of a row does to others, for triggers to hear of: the database deletes or detaches them itself.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::Arc,
};

use super::{
    change::argument,
    outbox::{self, Act, Effects},
};
use crate::{
    bell::Bell,
    clock,
    db::{Arg, DbError, Row, Statement, Tx},
    schema::{Catalog, Change, Column, Kind, LinkError, Literal, Model, OnDelete},
    sql,
};

/// What deletions reach, by the position of each resource in the catalog.
pub(super) struct Cascade(Vec<Table>);

struct Table {
    columns: &'static [Column],
    /// Selects its rows, by id.
    rows: String,
    /// Triggers that hear of its deletions.
    effects: Effects,
    /// Tables whose rows go with its own.
    takes: Vec<Takes>,
    /// Tables whose rows lose their reference to its own.
    detaches: Vec<Detaches>,
}

struct Takes {
    child: usize,
    /// Selects the ids of the rows that refer to any of some ids.
    ids: String,
}

struct Detaches {
    child: usize,
    /// Selects the rows that refer to any of some ids.
    rows: String,
    /// Triggers that hear of it.
    effects: Effects,
    /// Notes in these rows when it was.
    touch: Option<String>,
}

/// Rows that were found before the deletion to lose their reference.
pub(super) struct Detached<'a> {
    effects: &'a Effects,
    acts: Vec<(i64, Vec<Arg>)>,
}

impl Cascade {
    pub(super) fn of(catalog: &Catalog, bell: &Arc<dyn Bell>) -> Result<Self, LinkError> {
        let tables = catalog.models().iter().map(|model| Table::of(catalog, model, bell));
        let mut tables: Vec<_> = tables.collect::<Result<_, _>>()?;
        let mut matters: Vec<_> = tables.iter().map(Table::hears).collect();
        // A table that leads to one that matters does so, too; a circle of them comes to rest as well.
        for _ in 0..tables.len() {
            for (position, table) in tables.iter().enumerate() {
                let leads_on = table.takes.iter().any(|takes| matters.get(takes.child) == Some(&true));
                if let Some(matters) = matters.get_mut(position).filter(|_| leads_on) {
                    *matters = true;
                }
            }
        }
        for table in &mut tables {
            table.takes.retain(|takes| matters.get(takes.child) == Some(&true));
        }
        Ok(Self(tables))
    }

    /// Finds what the deletion of the row `id` of a resource will reach, and tells of what will go with it: of each row
    /// once, by however many ways it is reached.
    pub(super) async fn before(
        &self,
        tx: &mut Tx,
        resource: usize,
        id: i64,
        actor: &Arg,
    ) -> Result<Vec<Detached<'_>>, DbError> {
        let gone = self.gone(tx, resource, id).await?;
        let mut detached = Vec::new();
        for (position, ids) in &gone {
            let Some(table) = self.0.get(*position) else { continue };
            let ids = Arg::Text(json_array(ids));
            if !table.effects.plans.is_empty() {
                let rows = tx.query(Statement::new(table.rows.as_str(), vec![ids.clone()])).await?;
                let mut acts = acts(table.columns, &rows);
                acts.retain(|(row, _)| (*position, *row) != (resource, id));
                tell(tx, &table.effects, actor, acts).await?;
            }
            for detaches in &table.detaches {
                let Some(child) = self.0.get(detaches.child) else { continue };
                if !detaches.effects.plans.is_empty() {
                    let rows = tx.query(Statement::new(detaches.rows.as_str(), vec![ids.clone()])).await?;
                    detached.push(Detached { effects: &detaches.effects, acts: acts(child.columns, &rows) });
                }
                if let Some(touch) = &detaches.touch {
                    tx.query(Statement::new(touch.as_str(), vec![ids.clone(), Arg::Text(clock::now())])).await?;
                }
            }
        }
        Ok(detached)
    }

    /// The row, and all that will go with it, by table: those alone that somebody hears of, or that lead to such.
    async fn gone(&self, tx: &mut Tx, resource: usize, id: i64) -> Result<BTreeMap<usize, BTreeSet<i64>>, DbError> {
        let mut gone = BTreeMap::from([(resource, BTreeSet::from([id]))]);
        let mut fresh = VecDeque::from([(resource, BTreeSet::from([id]))]);
        while let Some((parent, ids)) = fresh.pop_front() {
            for takes in self.0.get(parent).map_or(&[][..], |table| &table.takes) {
                let statement = Statement::new(takes.ids.as_str(), vec![Arg::Text(json_array(&ids))]);
                let found = tx.query(statement).await?;
                let known = gone.entry(takes.child).or_default();
                let new: BTreeSet<_> =
                    found.iter().filter_map(|row| row.int(0)).filter(|id| known.insert(*id)).collect();
                if !new.is_empty() {
                    fresh.push_back((takes.child, new));
                }
            }
        }
        Ok(gone)
    }
}

/// Tells of what has lost its reference and is still there.
pub(super) async fn after(tx: &mut Tx, detached: Vec<Detached<'_>>, actor: &Arg) -> Result<(), DbError> {
    for found in detached {
        tell(tx, found.effects, actor, found.acts).await?;
    }
    Ok(())
}

impl Table {
    fn of(catalog: &Catalog, model: &Model, bell: &Arc<dyn Bell>) -> Result<Self, LinkError> {
        let schema = model.schema;
        let effects = effects(catalog, model, bell, |change| change == Change::Deleted)?;
        let rows = sql::rows_among(schema, "id");
        let mut table = Self { columns: schema.columns, rows, effects, takes: Vec::new(), detaches: Vec::new() };
        for child in catalog.models() {
            let refers = |column: &&Column| column.kind == Kind::Relation(schema.name);
            for column in child.schema.columns.iter().filter(refers) {
                match column.on_delete {
                    Some(OnDelete::Cascade) => {
                        let ids = sql::ids_among(child.schema, column.key);
                        table.takes.push(Takes { child: child.index, ids });
                    }
                    Some(OnDelete::SetNull) => table.detaches.extend(Detaches::of(catalog, child, column, bell)?),
                    _ => {}
                }
            }
        }
        Ok(table)
    }

    fn hears(&self) -> bool {
        !self.effects.plans.is_empty() || !self.detaches.is_empty()
    }
}

impl Detaches {
    /// None, where it leaves no trace.
    fn of(catalog: &Catalog, child: &Model, column: &Column, bell: &Arc<dyn Bell>) -> Result<Option<Self>, LinkError> {
        let effects = effects(catalog, child, bell, |change| match change {
            Change::Changed { field } => field == column.name,
            Change::ChangedTo { field, value } => field == column.name && value == Literal::Null,
            _ => false,
        })?;
        let touch = sql::touch_among(child.schema, column.key);
        let rows = sql::rows_among(child.schema, column.key);
        let leaves_a_trace = touch.is_some() || !effects.plans.is_empty();
        Ok(leaves_a_trace.then_some(Self { child: child.index, rows, effects, touch }))
    }
}

fn effects(
    catalog: &Catalog,
    model: &Model,
    bell: &Arc<dyn Bell>,
    hears: impl Fn(Change) -> bool,
) -> Result<Effects, LinkError> {
    let plans = sql::effects(catalog, model)?.into_iter().filter(|effect| hears(effect.change)).collect();
    Ok(Effects { plans: Arc::new(plans), bell: Arc::clone(bell) })
}

/// The id of each row, and every column as it was.
fn acts(columns: &[Column], rows: &[Row]) -> Vec<(i64, Vec<Arg>)> {
    let key = columns.iter().position(|column| column.kind == Kind::Id).unwrap_or_default();
    rows.iter().map(|row| (row.int(key).unwrap_or_default(), row.0.iter().map(argument).collect())).collect()
}

async fn tell(tx: &mut Tx, effects: &Effects, actor: &Arg, rows: Vec<(i64, Vec<Arg>)>) -> Result<(), DbError> {
    let at = clock::now();
    for effect in effects.plans.iter() {
        let acts = rows.iter().map(|(id, old)| Act { id: *id, actor: actor.clone(), at: at.clone(), old: old.clone() });
        outbox::write(tx, &effects.bell, effect, acts.collect()).await?;
    }
    Ok(())
}

fn json_array(ids: &BTreeSet<i64>) -> String {
    let ids: Vec<_> = ids.iter().map(i64::to_string).collect();
    format!("[{}]", ids.join(","))
}
