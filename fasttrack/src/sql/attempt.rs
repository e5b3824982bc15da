//! Attempts to prove who one is that failed, or are under way: rows of `fasttrack_attempts`, a few for each subject.

use crate::db::{Arg, Dialect, Statement};

/// The attempts at a subject between two instants: how many, how many of them are under way, and when the first one was.
#[must_use]
pub fn attempts(dialect: Dialect, subject: &str, [since, until]: [String; 2]) -> Statement {
    let syntax = dialect.sql();
    let first = syntax.text(&syntax.instant("min(\"at\")"));
    let sql = format!(
        "SELECT count(*), count(*) FILTER (WHERE \"is_open\"), {first} FROM \"fasttrack_attempts\" \
         WHERE \"subject\" = $1 AND \"at\" > $2 AND \"at\" <= $3"
    );
    Statement::new(sql, vec![Arg::Text(subject.to_owned()), Arg::Text(since), Arg::Text(until)])
}

/// Begins an attempt, and gives its number back.
#[must_use]
pub fn begin_attempt(subject: &str, now: String) -> Statement {
    let sql =
        "INSERT INTO \"fasttrack_attempts\" (\"subject\", \"at\", \"is_open\") VALUES ($1, $2, TRUE) RETURNING \"id\"";
    Statement::new(sql, vec![Arg::Text(subject.to_owned()), Arg::Text(now)])
}

/// Notes that an attempt has failed.
#[must_use]
pub fn fail_attempt(id: i64) -> Statement {
    Statement::new("UPDATE \"fasttrack_attempts\" SET \"is_open\" = FALSE WHERE \"id\" = $1", vec![Arg::Int(id)])
}

/// Forgets an attempt that has not failed.
#[must_use]
pub fn end_attempt(id: i64) -> Statement {
    Statement::new("DELETE FROM \"fasttrack_attempts\" WHERE \"id\" = $1", vec![Arg::Int(id)])
}

/// Forgets every attempt at a subject.
#[must_use]
pub fn forgive(subject: &str) -> Statement {
    let sql = "DELETE FROM \"fasttrack_attempts\" WHERE \"subject\" = $1";
    Statement::new(sql, vec![Arg::Text(subject.to_owned())])
}

/// Forgets a few attempts, whosever they were, from an instant or before: more than one makes, so that none are left in the
/// end.
#[must_use]
pub fn purge_attempts(dialect: Dialect, before: String) -> Statement {
    let sql = format!(
        "DELETE FROM \"fasttrack_attempts\" WHERE \"id\" IN (SELECT \"id\" FROM \"fasttrack_attempts\" \
         WHERE \"at\" <= $1 ORDER BY \"at\" LIMIT 4{})",
        dialect.sql().skip_locked()
    );
    Statement::new(sql, vec![Arg::Text(before)])
}
