//! Timers: since when a trigger at a time is known, and when a regular job runs next.

use super::text::text_literal;
use crate::{
    db::{Arg, Dialect, Statement},
    types::Storage,
};

/// What the database knows as a timer whose name begins so, and its instant: of a trigger, since when no program has had
/// it; of a job, when it runs next.
#[must_use]
pub fn timers(dialect: Dialect, prefix: &str) -> Statement {
    let syntax = dialect.sql();
    let (name, next) = (syntax.text("\"name\""), syntax.text(&syntax.instant("\"next_at\"")));
    let sql = format!("SELECT {name}, {next} FROM \"outbox_timers\" WHERE substr(\"name\", 1, $2) = $1");
    let length = i64::try_from(prefix.chars().count()).unwrap_or(i64::MAX);
    Statement::new(sql, vec![Arg::Text(prefix.to_owned()), Arg::Int(length)])
}

/// Notes that there is a trigger of this name.
#[must_use]
pub fn know_timer(name: &str) -> Statement {
    let sql = "INSERT INTO \"outbox_timers\" (\"name\") VALUES ($1) \
               ON CONFLICT (\"name\") DO UPDATE SET \"next_at\" = NULL";
    Statement::new(sql, vec![Arg::Text(name.to_owned())])
}

/// Notes since when there is none of this name any more.
#[must_use]
pub fn drop_timer(name: &str, now: String) -> Statement {
    let sql = "UPDATE \"outbox_timers\" SET \"next_at\" = $2 WHERE \"name\" = $1 AND \"next_at\" IS NULL";
    Statement::new(sql, vec![Arg::Text(name.to_owned()), Arg::Text(now)])
}

/// Has a job run next at an instant, unless it is known already.
#[must_use]
pub fn begin_timer(name: &str, next: String) -> Statement {
    let sql = "INSERT INTO \"outbox_timers\" (\"name\", \"next_at\") VALUES ($1, $2) ON CONFLICT (\"name\") DO NOTHING";
    Statement::new(sql, vec![Arg::Text(name.to_owned()), Arg::Text(next)])
}

/// Has a job that is to run at one instant run next at another one: one row, unless somebody else has done so.
#[must_use]
pub fn set_timer(name: &str, from: &str, to: String) -> Statement {
    let sql = "UPDATE \"outbox_timers\" SET \"next_at\" = $3 WHERE \"name\" = $1 AND \"next_at\" = $2 RETURNING \"id\"";
    Statement::new(sql, vec![Arg::Text(name.to_owned()), Arg::Text(from.to_owned()), Arg::Text(to)])
}

/// Puts a job about a row into the outbox, which a request asked for: resource and name, the row, what stands as its new
/// state, the instant, and from when on it is due.
#[must_use]
pub fn enqueue_letter(
    (resource, name): (&str, &str),
    row: i64,
    asked: Option<String>,
    [now, due]: [String; 2],
) -> Statement {
    let sql = "INSERT INTO \"outbox_jobs\" (\"name\", \"resource\", \"row_id\", \"new\", \"created_at\", \"due_at\") \
               VALUES ($1, $2, $3, $4, $5, $6)";
    let [name, resource] = [name, resource].map(|text| Arg::Text(text.to_owned()));
    let asked = asked.map_or(Arg::Null, Arg::Text);
    Statement::new(sql, vec![name, resource, Arg::Int(row), asked, Arg::Text(now), Arg::Text(due)])
}

/// Puts a regular job into the outbox, unless it is there: waiting, or under way.
#[must_use]
pub fn enqueue_regular(dialect: Dialect, name: &str, now: String) -> Statement {
    let (job, at) = (text_literal(name), dialect.sql().typed(Storage::Timestamp, "$1"));
    let sql = format!(
        "INSERT INTO \"outbox_jobs\" (\"name\", \"resource\", \"row_id\", \"created_at\", \"due_at\") \
         SELECT j.\"name\", '', 0, j.\"at\", j.\"at\" FROM (SELECT {job} AS \"name\", {at} AS \"at\") j WHERE NOT EXISTS \
         (SELECT 1 FROM \"outbox_jobs\" WHERE \"resource\" = '' AND \"name\" = {job} AND NOT \"is_dead\") RETURNING \"id\""
    );
    Statement::new(sql, vec![Arg::Text(now)])
}
