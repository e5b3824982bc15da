//! Answers that are kept for who asks once more under the same key: rows of `fasttrack_answers`, one for each account and
//! key, written in the transaction of what was asked for.

use super::text::quote;
use crate::{
    db::{Arg, Dialect, Statement},
    schema::Schema,
};

/// Statements that make their table, where it is not there; `account` is who asks.
#[must_use]
pub fn answers(dialect: Dialect, account: &Schema) -> Vec<String> {
    dialect.sql().answer_tables(&quote(account.plural))
}

/// Begins an answer to `request` under the key of an account, and returns its id: one row, unless there is one already that
/// was begun after `before`. Who begins one at the same time waits for its end.
#[must_use]
pub fn begin_answer(account: i64, [key, request]: [&str; 2], now: String, before: String) -> Statement {
    let sql = "INSERT INTO \"fasttrack_answers\" (\"account_id\", \"key\", \"request\", \"status\", \"created_at\") \
               VALUES ($1, $2, $3, 0, $4) ON CONFLICT (\"account_id\", \"key\") DO UPDATE SET \
               \"request\" = excluded.\"request\", \"status\" = 0, \"headers\" = NULL, \"body\" = NULL, \
               \"created_at\" = excluded.\"created_at\" WHERE \"fasttrack_answers\".\"created_at\" <= $5 RETURNING \"id\"";
    let [key, request] = [key, request].map(|text| Arg::Text(text.to_owned()));
    Statement::new(sql, vec![Arg::Int(account), key, request, Arg::Text(now), Arg::Text(before)])
}

/// Ends an answer: status, headers and body.
#[must_use]
pub fn end_answer(id: i64, status: u16, [headers, body]: [Option<String>; 2]) -> Statement {
    let sql = "UPDATE \"fasttrack_answers\" SET \"status\" = $2, \"headers\" = $3, \"body\" = $4 WHERE \"id\" = $1"
        .to_owned();
    let [headers, body] = [headers, body].map(|text| text.map_or(Arg::Null, Arg::Text));
    Statement::new(sql, vec![Arg::Int(id), Arg::Int(i64::from(status)), headers, body])
}

/// What is kept under the key of an account: the request, the status, headers and body.
#[must_use]
pub fn kept_answer(dialect: Dialect, account: i64, key: &str) -> Statement {
    let [request, headers, body] = ["\"request\"", "\"headers\"", "\"body\""].map(|column| dialect.sql().text(column));
    let sql = format!(
        "SELECT {request}, \"status\", {headers}, {body} FROM \"fasttrack_answers\" \
         WHERE \"account_id\" = $1 AND \"key\" = $2"
    );
    Statement::new(sql, vec![Arg::Int(account), Arg::Text(key.to_owned())])
}

/// What a row is taken to have beside its body, in bytes.
const ROW_BYTES: usize = 512;

/// Forgets the oldest answers of an account, so that its newest have `max_bytes` at most.
#[must_use]
pub fn trim_answers(account: i64, max_bytes: i64) -> Statement {
    let sql = format!(
        "DELETE FROM \"fasttrack_answers\" WHERE \"id\" IN (SELECT a.\"id\" FROM (SELECT \"id\", \
         sum({ROW_BYTES} + coalesce(octet_length(\"body\"), 0)) OVER (ORDER BY \"id\" DESC) AS \"bytes\" \
         FROM \"fasttrack_answers\" WHERE \"account_id\" = $1) a WHERE a.\"bytes\" > $2)"
    );
    Statement::new(sql, vec![Arg::Int(account), Arg::Int(max_bytes)])
}

/// Forgets the first answers that were begun at an instant or before, and returns their ids.
#[must_use]
pub fn forget_answers(before: String, limit: u16) -> Statement {
    let sql = format!(
        "DELETE FROM \"fasttrack_answers\" WHERE \"id\" IN (SELECT \"id\" FROM \"fasttrack_answers\" \
         WHERE \"created_at\" <= $1 ORDER BY \"created_at\" LIMIT {limit}) RETURNING \"id\""
    );
    Statement::new(sql, vec![Arg::Text(before)])
}
