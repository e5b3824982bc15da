//! The jobs in the outbox: which are due, what became of them, and what people ask about them.

use futures_util::FutureExt;

use super::backoff::{MAX_TRIES, longest};
use crate::{
    clock,
    db::{Arg, Db, DbError, Row, Statement, Tx},
    error::Error,
    job::RawChange,
    types::Storage,
};

/// Most rows that are read at once.
const PAGE: i64 = 64;

/// Most jobs that are taken at once where there are other nodes, which may have time for the rest.
const LEASED: i64 = 16;

/// Longest error that is kept, in characters.
const MAX_ERROR_CHARS: usize = 2_000;

/// A job that waits for its turn.
#[derive(Debug)]
pub(super) struct Due {
    pub id: i64,
    pub name: String,
    pub resource: String,
    /// Attempts that were begun.
    pub tries: i64,
    /// Whether the last of them has no outcome, and never will: the process ended first.
    pub was_cut: bool,
    pub change: RawChange,
}

/// What is to be written down of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It succeeded, and is over.
    Done(i64),
    /// It failed, the one with this number; counted from 1.
    Failed { id: i64, tries: i64, error: String, due_at: String, is_dead: bool },
    /// It was broken off, for no fault of its own.
    BrokenOff { id: i64, tries: i64 },
}

/// A job as people see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// Its number.
    pub id: i64,
    /// The function that it runs.
    pub name: String,
    /// The row that it is about: resource and id; `-` where it runs every so often.
    pub row: String,
    /// Attempts that were begun.
    pub tries: i64,
    /// When it is tried next, as RFC 3339 text; `None` for a dead letter.
    pub due_at: Option<String>,
    /// Why the last attempt failed; or that it has not ended.
    pub error: Option<String>,
}

/// Which jobs are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum List {
    /// All of them.
    All,
    /// Dead letters alone.
    Dead,
    /// Those alone that are still to run.
    Waiting,
}

impl List {
    /// What a list of them is called.
    #[must_use]
    pub const fn plural(self) -> &'static str {
        match self {
            Self::All => "jobs",
            Self::Dead => "dead jobs",
            Self::Waiting => "waiting jobs",
        }
    }

    /// Whether those of it are dead letters; `None` where there are both.
    pub(super) const fn is_dead(self) -> Option<bool> {
        match self {
            Self::All => None,
            Self::Dead => Some(true),
            Self::Waiting => Some(false),
        }
    }
}

impl Due {
    /// The row that it is about, for people; nothing, where it runs every so often.
    #[cfg(feature = "testing")]
    pub(super) fn row(&self) -> String {
        if self.resource.is_empty() { String::new() } else { format!("{} {}", self.resource, self.change.id) }
    }
}

impl Verdict {
    pub(super) const fn id(&self) -> i64 {
        match self {
            Self::Done(id) | Self::Failed { id, .. } | Self::BrokenOff { id, .. } => *id,
        }
    }
}

/// The first jobs that are due and not among `claimed`, and whether there may be more.
pub(super) async fn due(db: &Db, claimed: &[i64]) -> Result<(Vec<Due>, bool), Error> {
    let leases = db.dialect().sql().renew_leases().is_some();
    first_due(db, claimed, if leases { LEASED } else { PAGE }).await
}

/// The same for at most so many.
pub(super) async fn first_due(db: &Db, claimed: &[i64], most: i64) -> Result<(Vec<Due>, bool), Error> {
    let syntax = db.dialect().sql();
    let text = |column| syntax.text(column);
    let columns = format!(
        "\"id\", {}, {}, \"row_id\", {}, {}, \"actor_id\", {}, \"tries\", {}",
        text("\"name\""),
        text("\"resource\""),
        text("\"old\""),
        text("\"new\""),
        text(&syntax.instant("\"created_at\"")),
        text("\"error\""),
    );
    let leases = syntax.renew_leases().is_some();
    let args = vec![Arg::Text(clock::now()), ids(claimed), Arg::Int(most)];
    let statement = Statement::new(syntax.due_jobs(&columns), args);
    let rows = if leases {
        db.write(move |tx| async move { Ok(tx.query(statement).await?) }.boxed()).await?
    } else {
        db.read(statement).await?
    };
    let is_full = i64::try_from(rows.len()).is_ok_and(|rows| rows >= most);
    Ok((rows.into_iter().map(read_due).collect(), is_full))
}

fn read_due(mut row: Row) -> Due {
    let (old, new) = (row.take_bytes(4), row.take_bytes(5));
    let text = |at| row.text(at).unwrap_or_default().to_owned();
    let int = |at| row.int(at).unwrap_or_default();
    let change = RawChange { id: int(3), old, new, actor: row.int(6), at: text(7) };
    Due { id: int(0), name: text(1), resource: text(2), tries: int(8), was_cut: text(9) == UNENDED, change }
}

/// Says that these jobs are still to be run, or being run, by this node; nothing, where there is one alone.
///
/// # Errors
/// [`Error::Unavailable`] when the database is busy.
pub(super) async fn renew_leases(db: &Db, claimed: &[i64]) -> Result<(), Error> {
    let Some(sql) = db.dialect().sql().renew_leases() else { return Ok(()) };
    let statement = Statement::new(sql, vec![ids(claimed)]);
    db.write(move |tx| async move { Ok(tx.query(statement).await.map(drop)?) }.boxed()).await
}

/// What is kept as the error of an attempt while it runs.
const UNENDED: &str = "it was begun and has not ended";

/// Counts an attempt before it begins, with what it comes to if it never ends: a job that takes the process with it would
/// be begun for ever otherwise. `tries` is its number, `due_at` when there is another one.
///
/// # Errors
/// [`Error::Unavailable`] when the database is busy, or somebody changed the job meanwhile.
pub(super) async fn begin(db: &Db, id: i64, tries: i64, due_at: String) -> Result<(), Error> {
    let sql = "UPDATE \"outbox_jobs\" SET \"tries\" = $1, \"error\" = $2, \"due_at\" = $3 \
               WHERE \"id\" = $4 AND \"tries\" = $1 - 1 AND NOT \"is_dead\" RETURNING \"id\"";
    let args = vec![Arg::Int(tries), Arg::Text(UNENDED.into()), Arg::Text(due_at), Arg::Int(id)];
    let count = Statement::new(sql, args);
    let counted = db.write(move |tx| async move { Ok(tx.query(count).await?) }.boxed()).await?;
    if counted.is_empty() { Err(Error::Unavailable("the job was changed meanwhile".into())) } else { Ok(()) }
}

/// When the next job is due that is not due yet.
pub(super) async fn next_due(db: &Db) -> Result<Option<String>, DbError> {
    let syntax = db.dialect().sql();
    let next = syntax.text(&syntax.instant("min(\"due_at\")"));
    let sql = format!("SELECT {next} FROM \"outbox_jobs\" WHERE NOT \"is_dead\" AND \"due_at\" > $1");
    let rows = db.read(Statement::new(sql, vec![Arg::Text(clock::now())])).await?;
    Ok(rows.first().and_then(|row| row.text(0)).map(str::to_owned))
}

/// Writes down what became of jobs, all of it or nothing.
pub(super) async fn settle(db: &Db, verdicts: Vec<Verdict>) -> Result<(), Error> {
    if verdicts.is_empty() {
        return Ok(());
    }
    db.write(move |tx| async move { write_down(tx, verdicts).await }.boxed()).await
}

async fn write_down(tx: &mut Tx, verdicts: Vec<Verdict>) -> Result<(), Error> {
    let mut done = Vec::new();
    let end_lease = tx.dialect().sql().end_lease();
    for verdict in verdicts {
        match verdict {
            Verdict::Done(id) => done.push(id),
            Verdict::Failed { id, tries, error, due_at, is_dead } => {
                let error = error.chars().filter(|&character| character != '\0').take(MAX_ERROR_CHARS).collect();
                // Who had it tried anew meanwhile wants that.
                let sql = format!(
                    "UPDATE \"outbox_jobs\" SET \"error\" = $1, \"due_at\" = $2, \"is_dead\" = $3{end_lease} \
                     WHERE \"id\" = $4 AND \"tries\" = $5"
                );
                let dead = Arg::Int(is_dead.into());
                let args = vec![Arg::Text(error), Arg::Text(due_at), dead, Arg::Int(id), Arg::Int(tries)];
                tx.query(Statement::new(sql, args)).await?;
            }
            Verdict::BrokenOff { id, tries } => {
                let sql = format!(
                    "UPDATE \"outbox_jobs\" SET \"tries\" = $1 - 1, \"error\" = $2, \"due_at\" = $3{end_lease} \
                     WHERE \"id\" = $4 AND \"tries\" = $1"
                );
                let why = Arg::Text("the server stopped while it ran".into());
                let args = vec![Arg::Int(tries), why, Arg::Text(clock::now()), Arg::Int(id)];
                tx.query(Statement::new(sql, args)).await?;
            }
        }
    }
    if !done.is_empty() {
        let done_ids = tx.dialect().sql().numbers("$1");
        let sql = format!("DELETE FROM \"outbox_jobs\" WHERE \"id\" IN ({done_ids})");
        tx.query(Statement::new(sql, vec![ids(&done)])).await?;
    }
    Ok(())
}

/// How many jobs wait, and how many are dead letters.
pub(super) async fn count(db: &Db) -> Result<(i64, i64), DbError> {
    let sql = "SELECT count(*) FILTER (WHERE NOT \"is_dead\"), count(*) FILTER (WHERE \"is_dead\") \
               FROM \"outbox_jobs\"";
    let rows = db.read(Statement::new(sql, Vec::new())).await?;
    let number = |at| rows.first().and_then(|row| row.int(at)).unwrap_or_default();
    Ok((number(0), number(1)))
}

/// A page of the jobs after the one with the number `after`, in the order of their numbers; empty at the end.
///
/// # Errors
/// [`DbError`] when the database cannot say.
pub async fn list(db: &Db, which: List, after: i64) -> Result<Vec<Kept>, DbError> {
    let syntax = db.dialect().sql();
    let which = match which.is_dead() {
        None => "",
        Some(true) => " AND \"is_dead\"",
        Some(false) => " AND NOT \"is_dead\"",
    };
    let sql = format!(
        "SELECT \"id\", {}, {}, \"tries\", CASE WHEN NOT \"is_dead\" THEN {} END, {} FROM \"outbox_jobs\" \
         WHERE \"id\" > $1{which} ORDER BY \"id\" LIMIT $2",
        syntax.text("\"name\""),
        syntax.text("CASE WHEN \"resource\" = '' THEN '-' ELSE \"resource\" || ' ' || \"row_id\" END"),
        syntax.text(&syntax.instant("\"due_at\"")),
        syntax.text("\"error\""),
    );
    let args = vec![Arg::Int(after), Arg::Int(PAGE * 4)];
    let rows = db.read(Statement::new(sql, args)).await?;
    let read = |row: &Row| {
        let text = |at| row.text(at).map(str::to_owned);
        Kept {
            id: row.int(0).unwrap_or_default(),
            name: text(1).unwrap_or_default(),
            row: text(2).unwrap_or_default(),
            tries: row.int(3).unwrap_or_default(),
            due_at: text(4),
            error: text(5),
        }
    };
    Ok(rows.iter().map(read).collect())
}

/// Makes no job wait longer than its own failures make it: where the clock was set back since, it would wait so much
/// longer. Says how many were due later.
///
/// # Errors
/// [`Error::Unavailable`] when the database is busy.
pub(super) async fn pull_in(db: &Db) -> Result<usize, Error> {
    let now_us = clock::now_us();
    let latest = |tries| {
        let wait_us = i64::try_from(longest(tries).as_micros()).unwrap_or(i64::MAX);
        Arg::Text(clock::format_us(now_us.saturating_add(wait_us)))
    };
    let syntax = db.dialect().sql();
    let arm = |tries| format!("WHEN {tries} THEN {}", syntax.typed(Storage::Timestamp, &format!("${}", tries + 2)));
    let last = syntax.typed(Storage::Timestamp, &format!("${}", MAX_TRIES + 2));
    let arms: Vec<_> = (0..MAX_TRIES).map(arm).collect();
    let latest_of = format!("CASE \"tries\" {} ELSE {last} END", arms.join(" "));
    // What was made for a later time was made for a moment later.
    let now = syntax.typed(Storage::Timestamp, "$1");
    let sql = format!(
        "UPDATE \"outbox_jobs\" SET \"due_at\" = CASE WHEN \"tries\" = 0 THEN {now} ELSE {latest_of} END \
         WHERE NOT \"is_dead\" AND \"due_at\" > $1 AND \"due_at\" > {latest_of} RETURNING \"id\""
    );
    let args = std::iter::once(Arg::Text(clock::format_us(now_us))).chain((0..=MAX_TRIES).map(latest));
    let statement = Statement::new(sql, args.collect());
    db.write(move |tx| async move { Ok(tx.query(statement).await?.len()) }.boxed()).await
}

/// Why a job fails that this program has no function for.
pub(super) fn unknown(name: &str, resource: &str) -> String {
    if resource.is_empty() {
        return format!("this program has no job {name} that runs every so often");
    }
    format!("this program has no job {name} for a {resource}")
}

/// Makes those jobs due again that failed for good because a program had no function for them, and that this one has: a
/// newer program was followed by an older one for a while. `functions` are resource and name of each. Says how many.
///
/// # Errors
/// [`Error::Unavailable`] when the database is busy.
pub(super) async fn revive(db: &Db, functions: impl Iterator<Item = (&str, &str)>) -> Result<usize, Error> {
    let errors: Vec<_> = functions.map(|(resource, name)| unknown(name, resource)).collect();
    let texts = db.dialect().sql().texts("$2");
    let sql = format!(
        "UPDATE \"outbox_jobs\" SET \"tries\" = 0, \"is_dead\" = FALSE, \"error\" = NULL, \"due_at\" = $1 \
         WHERE \"is_dead\" AND \"error\" IN ({texts}) RETURNING \"id\""
    );
    let errors = serde_json::Value::from(errors).to_string();
    let statement = Statement::new(sql, vec![Arg::Text(clock::now()), Arg::Text(errors)]);
    db.write(move |tx| async move { Ok(tx.query(statement).await?.len()) }.boxed()).await
}

/// Makes a job due now, as if it had never been tried; all of them, without an id. Says how many that were.
///
/// # Errors
/// [`Error::Unavailable`] when the database is busy.
pub async fn retry(db: &Db, id: Option<i64>) -> Result<usize, Error> {
    db.write(move |tx| {
        async move {
            let (condition, mut args) = match id {
                Some(id) => ("\"id\" = $2", vec![Arg::Int(id)]),
                None => ("TRUE", Vec::new()),
            };
            args.insert(0, Arg::Text(clock::now()));
            let sql = format!(
                "UPDATE \"outbox_jobs\" SET \"tries\" = 0, \"is_dead\" = FALSE, \"due_at\" = $1 WHERE {condition} \
                 RETURNING \"id\""
            );
            Ok(tx.query(Statement::new(sql, args)).await?.len())
        }
        .boxed()
    })
    .await
}

/// Numbers as a JSON list, which is one argument however many there are.
fn ids(ids: &[i64]) -> Arg {
    let numbers: Vec<_> = ids.iter().map(ToString::to_string).collect();
    Arg::Text(format!("[{}]", numbers.join(",")))
}
