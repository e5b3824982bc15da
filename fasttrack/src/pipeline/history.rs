//! The history of rows: noted with each change, in its transaction, and told to whoever may read it.
//!
//! What is hidden or shown to some alone is not noted, nor what the server sets by itself. A row's history goes for good with the row.

use super::{
    Pipeline,
    engine::{Engine, RolePlan},
    hooked, refusal, values,
};
use crate::{
    clock,
    db::{Arg, DbError, Reads, Statement, Tx},
    error::Error,
    principal::Principal,
    schema::{Column, Schema, Verb},
    sql::{self, CallerRole, HistoryPage, NOTE_WIDTH, bulk},
};

/// A change of one row.
pub(super) struct Note {
    id: i64,
    actor: Arg,
    verb: Verb,
    changes: String,
}

impl Note {
    /// A row came into being, which holds this.
    pub(super) fn created(schema: &Schema, id: i64, actor: Arg, row: &[Arg]) -> Self {
        let given = schema.columns.iter().zip(row).filter(|(_, arg)| **arg != Arg::Null);
        let changes = given.filter_map(|(column, new)| change(column, &Arg::Null, new));
        Self { id, actor, verb: Verb::Create, changes: object(changes) }
    }

    /// Fields of a row hold something else: each its column, and what it held before and does now. `None` where nobody may
    /// know of any of them.
    pub(super) fn updated<'a>(
        id: i64,
        actor: Arg,
        fields: impl Iterator<Item = (&'a Column, Arg, Arg)>,
    ) -> Option<Self> {
        let changes: Vec<_> = fields.filter_map(|(column, old, new)| change(column, &old, &new)).collect();
        (!changes.is_empty()).then(|| Self { id, actor, verb: Verb::Update, changes: object(changes.into_iter()) })
    }

    /// A row is deleted and kept, or back, as it was.
    pub(super) fn moved(id: i64, actor: Arg, verb: Verb) -> Self {
        Self { id, actor, verb, changes: object(std::iter::empty()) }
    }
}

fn change(column: &Column, old: &Arg, new: &Arg) -> Option<String> {
    let is_set = column.file.is_some() || !column.kind.facts().is_automatic;
    let is_told = !column.hidden && column.read.is_none() && is_set;
    let json = |arg| hooked::json(column, arg);
    is_told.then(|| format!("{}:{{\"old\":{},\"new\":{}}}", hooked::text(column.key), json(old), json(new)))
}

fn object(members: impl Iterator<Item = String>) -> String {
    format!("{{{}}}", members.collect::<Vec<_>>().join(","))
}

/// Writes the history of rows on, where their declaration keeps one.
pub(super) async fn write(tx: &mut Tx, schema: &Schema, notes: impl IntoIterator<Item = Note>) -> Result<(), DbError> {
    if !schema.history {
        return Ok(());
    }
    let at = clock::now();
    let mut notes: Vec<_> = notes.into_iter().collect();
    let dialect = tx.dialect();
    for size in bulk::chunks(dialect, notes.len(), NOTE_WIDTH).collect::<Vec<_>>() {
        let rows = notes.drain(..size).map(|Note { id, actor, verb, changes }| {
            [Arg::Int(id), Arg::Text(at.clone()), actor, Arg::Text(verb.name().to_owned()), Arg::Text(changes)]
        });
        let args = bulk::args(dialect, NOTE_WIDTH, rows);
        tx.query(Statement::new(sql::note(dialect, schema.plural, size), args)).await?;
    }
    Ok(())
}

/// Forgets the history of a row that goes for good.
pub(super) async fn forget(tx: &mut Tx, schema: &Schema, id: i64) -> Result<(), DbError> {
    if schema.history {
        tx.query(sql::forget_history(schema.plural, id)).await?;
    }
    Ok(())
}

/// The history of a row, and who asks for it.
#[derive(Debug, Clone, Copy)]
pub struct HistoryOf<'a> {
    /// Index of the resource.
    pub resource: usize,
    /// The row.
    pub id: i64,
    /// Who asks.
    pub who: &'a Principal,
}

impl Pipeline {
    /// What changed in a row, as it is kept there: of each change its number, and the JSON that the client gets.
    ///
    /// # Errors
    /// 401, 403 or 404 as the rule and the table say, 503.
    pub async fn history(
        &self,
        of: HistoryOf<'_>,
        page: HistoryPage,
        mut reads: Reads<'_>,
    ) -> Result<Vec<(i64, Vec<u8>)>, Error> {
        let HistoryOf { id, who, .. } = of;
        let (engine, plan) = self.history_plan(of)?;
        let schema = engine.schema;
        let statement = sql::changes(&engine.table, schema.plural, &plan.history, page).fill(values(id, who));
        let found = reads.read(statement).await?;
        if found.is_empty() {
            self.check_history_is_open(of).await?;
        }
        Ok(found.into_iter().filter_map(|mut row| Some((row.int(0)?, row.take_bytes(1)?))).collect())
    }

    fn history_plan(&self, of: HistoryOf<'_>) -> Result<(&Engine, &RolePlan), Error> {
        let HistoryOf { resource, id, who } = of;
        let engine = self.engine(resource)?;
        let Some(plan) = engine.plan(CallerRole::of(who)) else { return Err(refusal::log_in()) };
        if plan.history.is_never() && !(engine.schema.conceal && who.caller().is_some()) {
            return Err(refusal::forbidden(who, READ_HISTORY, engine.schema, id));
        }
        Ok((engine, plan))
    }

    /// Whether there is such a history, and it is for the caller. An empty page may mean that it is not.
    ///
    /// # Errors
    /// As [`Self::history`].
    pub async fn check_history_is_open(&self, of: HistoryOf<'_>) -> Result<(), Error> {
        let HistoryOf { id, who, .. } = of;
        let (engine, plan) = self.history_plan(of)?;
        let schema = engine.schema;
        let statement = sql::state(&engine.table, &[&plan.history, &plan.read]).fill(values(id, who));
        match self.db.read(statement).await?.first() {
            None if who.caller().is_none() => Err(refusal::log_in()),
            None => Err(refusal::not_found(schema, id)),
            Some(row) => refusal::judge(row, who, READ_HISTORY, schema, id),
        }
    }
}

/// What somebody does who may.
const READ_HISTORY: &str = "read the history of";
