//! Carries out one step between two schemas, in one transaction: all of it happens and is recorded, or nothing.

use std::{
    collections::{BTreeMap, HashSet},
    fmt,
    sync::{Arc, OnceLock},
};

use futures_util::{FutureExt, future::BoxFuture};

use super::{
    MARKER, MigrateError,
    change::Block,
    introspect::{APPLIED_TABLE, Inspected, Object, is_all_there, take_lock},
    snapshot::Snapshot,
    surplus::Surplus,
};
use crate::{
    clock,
    db::{Arg, Db, DbError, Dialect, Row, Statement, Tx},
    error::Error,
    sql::{self, ColumnDefinition, TableDefinition},
};

/// Hears how far a step is: statements done, statements in all, and the reason of the next.
pub type Progress = Arc<dyn Fn(usize, usize, &str) + Send + Sync>;

/// A step.
#[derive(Debug, Clone)]
pub(super) struct Step {
    /// What it is called in errors.
    pub(super) title: String,
    pub(super) blocks: Vec<Block>,
    pub(super) from: Snapshot,
    pub(super) leaves: Snapshot,
    /// What of the schema that is left the step knows nothing of, and has to leave alone.
    pub(super) beside: Surplus,
    pub(super) record: Record,
}

/// What becomes of the list of what was applied.
#[derive(Debug, Clone)]
pub(super) enum Record {
    Nothing,
    Add { version: u32, name: String, checksum: String },
    Remove { version: u32 },
}

impl Step {
    /// What is there before and not after: in words, its table, and which rows hold something of it. What is renamed is
    /// still there.
    pub(super) fn dropped(&self, dialect: Dialect) -> Vec<(String, String, String)> {
        let says = |sql: &str| self.blocks.iter().any(|block| block.sql == sql);
        let mut dropped = Vec::new();
        for table in &self.from.tables {
            let becomes =
                |new: &&TableDefinition| new.name == table.name || says(&sql::rename_table(&table.name, &new.name));
            let Some(left) = self.leaves.tables.iter().find(becomes) else {
                dropped.push((format!("the rows of `{}`", table.name), table.name.clone(), "TRUE".to_owned()));
                continue;
            };
            for column in &table.columns {
                let becomes = |new: &ColumnDefinition| {
                    new.name == column.name || says(&sql::rename_column(&left.name, &column.name, &new.name))
                };
                if !left.columns.iter().any(becomes) {
                    let words = format!("what `{}` of `{}` holds", column.name, table.name);
                    let holds = dialect.schema().holds_something(column);
                    dropped.push((words, table.name.clone(), holds));
                }
            }
        }
        dropped
    }
}

/// How many of the rows that stand against a migration are named.
const NAMED_ROWS: usize = 5;

/// Makes tables that are no resources, where they are not there.
pub(super) async fn make(db: &Db, statements: Vec<String>) -> Result<(), MigrateError> {
    alone(db, MigrateError::Refused, move |tx| {
        async move {
            take_lock(tx).await?;
            for statement in statements {
                run(tx, statement, Vec::new()).await?;
            }
            Ok(())
        }
        .boxed()
    })
    .await
}

/// Makes the tables that say what was made of what.
pub(super) async fn make_own_tables(db: &Db) -> Result<(), MigrateError> {
    make(db, db.dialect().schema().own_tables().iter().map(|&sql| sql.to_owned()).collect()).await
}

/// What is recorded of a schema; unless it is that, a step is not carried out. `None` is whatever there is.
pub(super) type Recorded = Option<Vec<Row>>;

/// Carries out a step, and gives what is recorded then.
///
/// # Errors
/// [`MigrateError`]; the database is then as it was. [`MigrateError::Overtaken`] where something else is recorded.
pub(super) async fn carry_out(
    db: &Db,
    step: Step,
    recorded: Recorded,
    progress: Progress,
) -> Result<Recorded, MigrateError> {
    alone(db, MigrateError::Refused, move |tx| {
        async move {
            take_lock(tx).await?;
            let there = Inspected::read_in(tx).await?;
            if recorded.is_some_and(|recorded| recorded != there.recorded) {
                return Err(MigrateError::Overtaken);
            }
            carry_out_in(tx, &step, &there.objects, &progress).await?;
            Ok(Some(Inspected::read_in(tx).await?.recorded))
        }
        .boxed()
    })
    .await
}

/// A transaction is rolled back on an error of the pipeline's vocabulary; what it was comes out beside it.
///
/// # Errors
/// What `work` says; what the database says besides, as `refused` has it.
pub(crate) async fn alone<T, E, F>(db: &Db, refused: fn(String) -> E, work: F) -> Result<T, E>
where
    T: Send + 'static,
    E: fmt::Display + Send + Sync + 'static,
    F: for<'a> FnOnce(&'a mut Tx) -> BoxFuture<'a, Result<T, E>> + Send + 'static,
{
    let refusal = Arc::new(OnceLock::new());
    let told = Arc::clone(&refusal);
    let done = db.write_alone(move |tx| {
        let work = work(tx);
        async move {
            work.await.map_err(|error| {
                let text = error.to_string();
                _ = told.set(error);
                Error::Internal(text)
            })
        }
        .boxed()
    });
    done.await.map_err(|error| {
        let known = Arc::into_inner(refusal).and_then(OnceLock::into_inner);
        known.unwrap_or_else(|| refused(error.to_string()))
    })
}

pub(super) async fn carry_out_in(
    tx: &mut Tx,
    step: &Step,
    before: &BTreeMap<String, Object>,
    progress: &Progress,
) -> Result<(), MigrateError> {
    for (position, block) in step.blocks.iter().enumerate() {
        progress(position, step.blocks.len(), &block.why);
        let failed = |cause| MigrateError::Statement { title: step.title.clone(), sql: head(&block.sql), cause };
        if is_check(&block.sql) {
            if let Some((count, rows)) = find_offenders(tx, &block.sql).await.map_err(failed)? {
                let (title, why) = (step.title.clone(), block.why.clone());
                return Err(MigrateError::Offends { title, why, count, rows });
            }
        } else {
            run(tx, block.sql.clone(), Vec::new()).await.map_err(failed)?;
        }
    }
    keep_what_is_not_ours(tx, step, before).await?;
    check_references(tx, step).await?;
    check_what_is_left(tx, step).await?;
    record(tx, step).await?;
    progress(step.blocks.len(), step.blocks.len(), "");
    Ok(())
}

/// Whether a statement only looks for rows that are in the way.
fn is_check(sql: &str) -> bool {
    sql.get(..6).is_some_and(|word| word.eq_ignore_ascii_case("SELECT"))
}

/// How many rows a check finds, and the ids of the first.
async fn find_offenders(tx: &mut Tx, sql: &str) -> Result<Option<(i64, String)>, DbError> {
    let count = run(tx, format!("SELECT count(*) FROM ({sql}) AS found"), Vec::new()).await?;
    let count = count.first().and_then(|row| row.int(0)).unwrap_or_default();
    if count == 0 {
        return Ok(None);
    }
    let named = run(tx, format!("SELECT * FROM ({sql}) AS found LIMIT {NAMED_ROWS}"), Vec::new()).await?;
    let ids: Vec<_> = named.iter().filter_map(|row| row.int(0)).map(|id| id.to_string()).collect();
    let more = if usize::try_from(count).is_ok_and(|count| count > ids.len()) { ", …" } else { "" };
    Ok(Some((count, format!("{}{more}", ids.join(", ")))))
}

/// Indexes and triggers that somebody added by hand go with a table that is made anew, and are made again.
async fn keep_what_is_not_ours(
    tx: &mut Tx,
    step: &Step,
    before: &BTreeMap<String, Object>,
) -> Result<(), MigrateError> {
    let after = Inspected::objects_in(tx).await?;
    let syntax = tx.dialect().schema();
    let beside = |table: &TableDefinition| syntax.objects_beside(table).into_iter().map(|(name, _)| name);
    let made: HashSet<String> = step.from.tables.iter().flat_map(beside).collect();
    let is_index =
        |name: &str| step.from.tables.iter().any(|table| table.indexes.iter().any(|index| index.name == name));
    let is_ours = |name: &str| is_index(name) || made.contains(name);
    let is_lost = |name: &str, object: &Object| {
        !after.contains_key(name) && after.contains_key(&object.table) && object.kind != "table" && !is_ours(name)
    };
    for (name, object) in before.iter().filter(|(name, object)| is_lost(name, object)) {
        let failed = |cause| MigrateError::ByHand { title: step.title.clone(), name: name.clone(), cause };
        run(tx, object.sql.clone(), Vec::new()).await.map_err(failed)?;
    }
    Ok(())
}

/// What references say has to hold again, should they not have been enforced.
async fn check_references(tx: &mut Tx, step: &Step) -> Result<(), MigrateError> {
    for &sql in tx.dialect().schema().dangling_references() {
        if let Some(row) = run(tx, sql.to_owned(), Vec::new()).await?.first() {
            let name = |index| row.text(index).unwrap_or_default().to_owned();
            return Err(MigrateError::Dangling { title: step.title.clone(), table: name(0), parent: name(1) });
        }
    }
    Ok(())
}

async fn check_what_is_left(tx: &mut Tx, step: &Step) -> Result<(), MigrateError> {
    let (dialect, objects) = (tx.dialect(), Inspected::objects_in(tx).await?);
    let unlike = step.leaves.tables.iter().find(|table| !is_all_there(dialect, &objects, table));
    let gone = |name: &String| step.leaves.table(name).is_none() && objects.contains_key(name);
    let left = step.from.tables.iter().find(|table| gone(&table.name));
    let unknown = unlike.map(|table| step.beside.in_table(&table.name)).unwrap_or_default();
    if !unknown.is_empty() {
        return Err(MigrateError::Unknowing { title: step.title.clone(), what: unknown.join(", ") });
    }
    match unlike.or(left) {
        Some(table) => Err(MigrateError::Unlike { title: step.title.clone(), table: table.name.clone() }),
        None => Ok(()),
    }
}

async fn record(tx: &mut Tx, step: &Step) -> Result<(), MigrateError> {
    // By name, since there may be descriptions that only a later version of this program can read.
    for table in step.from.tables.iter().chain(&step.leaves.tables) {
        let delete = format!("DELETE FROM {} WHERE \"name\" = $1", sql::quote(MARKER));
        run(tx, delete, vec![Arg::Text(table.name.clone())]).await?;
    }
    for table in &step.leaves.tables {
        let text = serde_json::to_string(table).map_err(|cause| MigrateError::Refused(cause.to_string()))?;
        let insert = format!("INSERT INTO {} (\"name\", \"definition\") VALUES ($1, $2)", sql::quote(MARKER));
        run(tx, insert, vec![Arg::Text(table.name.clone()), Arg::Text(text)]).await?;
    }
    let applied = sql::quote(APPLIED_TABLE);
    match &step.record {
        Record::Nothing => {}
        Record::Add { version, name, checksum } => {
            let args = vec![
                Arg::Int(i64::from(*version)),
                Arg::Text(name.clone()),
                Arg::Text(checksum.clone()),
                Arg::Text(clock::now()),
            ];
            let columns = "\"version\", \"name\", \"checksum\", \"applied_at\"";
            run(tx, format!("INSERT INTO {applied} ({columns}) VALUES ($1, $2, $3, $4)"), args).await?;
        }
        Record::Remove { version } => {
            let delete = format!("DELETE FROM {applied} WHERE \"version\" = $1");
            run(tx, delete, vec![Arg::Int(i64::from(*version))]).await?;
        }
    }
    Ok(())
}

async fn run(tx: &mut Tx, sql: String, args: Vec<Arg>) -> Result<Vec<Row>, DbError> {
    tx.query(Statement::new(sql, args)).await
}

/// The beginning of a statement, for an error.
fn head(sql: &str) -> String {
    let line: String = sql.lines().next().unwrap_or_default().chars().take(80).collect();
    if line.len() < sql.len() { format!("{line} …") } else { line }
}
