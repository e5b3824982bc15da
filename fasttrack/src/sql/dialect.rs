//! What is peculiar to `SQLite`: how a column becomes a JSON value or a sort key, and how a connection is
//! made to capture changes.

pub(super) mod schema;

use super::text::text_literal;
use crate::schema::{Column, Kind, Literal};

/// A constant of a declaration as a literal.
pub(super) fn literal(value: Literal) -> String {
    match value {
        Literal::Null => "NULL".into(),
        Literal::Bool(value) => i64::from(value).to_string(),
        Literal::Int(value) => value.to_string(),
        Literal::Float(value) => format!("{value:e}"),
        Literal::Text(value) => text_literal(value),
    }
}

/// The column `expr` as a value for `json_object`.
///
/// `json_object` prints a REAL with 15 digits, which loses bits: 17 are taken where 15 do not read back equal.
pub(super) fn json_value(column: &Column, expr: &str) -> String {
    match column.kind {
        Kind::Bool => format!("json(CASE {expr} WHEN 1 THEN 'true' WHEN 0 THEN 'false' ELSE 'null' END)"),
        Kind::Float => format!(
            "json(CASE WHEN {expr} IS NULL THEN 'null' \
             WHEN CAST(printf('%!.15g', {expr}) AS REAL) = {expr} THEN printf('%!.15g', {expr}) \
             ELSE printf('%!.17g', {expr}) END)"
        ),
        Kind::Json => format!("json({expr})"),
        _ => expr.to_owned(),
    }
}

/// `json_object(…)` of the columns that may be shown; `expr` says how the column of a key is read.
pub(super) fn json_object<'a>(columns: impl Iterator<Item = &'a Column>, expr: impl Fn(&str) -> String) -> String {
    let members: Vec<_> = columns
        .filter(|column| !column.hidden)
        .map(|column| {
            let expr = expr(column.key);
            format!("{}, {}", text_literal(column.key), json_value(column, &expr))
        })
        .collect();
    format!("json_object({})", members.join(", "))
}

/// The column `expr` as something that sorts as the declaration says: choices in the order declared.
///
/// The indexes are made over the same expression, so that the planner finds them.
pub(super) fn sort_key(column: &Column, expr: &str) -> String {
    match column.kind {
        Kind::Choice(words) => {
            let arms: Vec<_> = words
                .iter()
                .enumerate()
                .map(|(position, word)| format!("WHEN {} THEN {position}", text_literal(word)))
                .collect();
            format!("CASE {expr} {} END", arms.join(" "))
        }
        _ => expr.to_owned(),
    }
}

/// The later one of two instants, as expressions.
#[must_use]
pub fn later(one: &str, other: &str) -> String {
    format!("max({one}, {other})")
}

/// The column `expr` as something that is equal when the values are the same to a person.
pub(super) fn match_key(column: &Column, expr: &str) -> String {
    match column.kind {
        Kind::Email => format!("lower({expr})"),
        _ => sort_key(column, expr),
    }
}

/// Makes a connection have a table of captured changes with these columns, for as long as it lives. It is part of its
/// transactions.
pub(super) fn capture_table(columns: &[&str]) -> String {
    format!("CREATE TEMP TABLE IF NOT EXISTS {CAPTURED} ({} INTEGER)", columns.join(" INTEGER, "))
}

/// Has it capture something for each row of `table` that `event` happens to: lists of expressions over OLD and NEW, which may
/// go on with where they come from and on what condition. Triggers of a connection's own fire for whatever a statement
/// leads to in its schema, the actions of foreign keys included.
pub(super) fn capture(name: &str, event: &str, table: &str, changes: &[String]) -> String {
    let inserts: Vec<_> = changes.iter().map(|change| format!("INSERT INTO {CAPTURED} SELECT {change};")).collect();
    format!(
        "CREATE TEMP TRIGGER IF NOT EXISTS {CAPTURED}_{name} {event} ON main.{table} FOR EACH ROW BEGIN {} END",
        inserts.join(" ")
    )
}

/// Reads what was captured.
pub(super) fn read_captured(columns: &[&str]) -> String {
    format!("SELECT {} FROM {CAPTURED}", columns.join(", "))
}

/// Throws that away.
pub(super) fn clear_captured() -> String {
    format!("DELETE FROM {CAPTURED}")
}

/// The table of captured changes.
const CAPTURED: &str = "fasttrack_captured";
