//! Statements about one row: read it, look at it before a change, change it, delete it.
//!
//! The database renders a row as JSON, so that one cell crosses the driver instead of one per column.

use super::{Predicate, Reference, Scope, Slot, Sql, Template, dialect, text::quote};
use crate::{
    db::Arg,
    schema::{Column, Kind, Schema},
};

/// What statements need to know of a table, rendered once.
#[derive(Debug, Clone)]
pub struct Table {
    /// Quoted name.
    pub name: String,
    /// The row `t` as a JSON object.
    pub row_json: String,
    /// The row that RETURNING sees as a JSON object.
    pub returned_json: String,
    /// The columns, in the order of the declaration.
    pub columns: &'static [Column],
}

impl Table {
    /// Renders what statements need of a resource's table.
    #[must_use]
    pub fn new(schema: &'static Schema) -> Self {
        Self {
            name: quote(schema.plural),
            row_json: dialect::json_object(schema.columns.iter(), |key| format!("t.{}", quote(key))),
            returned_json: dialect::json_object(schema.columns.iter(), quote),
            columns: schema.columns,
        }
    }
}

/// The row [`Slot::Id`] as JSON, if `policy` lets the caller have it: one cell.
#[must_use]
pub fn read(table: &Table, policy: &Predicate) -> Template {
    let mut sql = Sql::new("SELECT CAST(");
    sql.push(&table.row_json).push(" AS BLOB) FROM ").push(&table.name).push(" t WHERE t.\"id\" = ").bind(Slot::Id);
    if !policy.is_always() {
        sql.push(" AND ");
        policy.write(&mut sql, Scope::of("t"));
    }
    sql.finish()
}

/// The row [`Slot::Id`] before a change: one verdict per policy (1 where it holds), the row as JSON, then every column
/// as it is stored.
#[must_use]
pub fn state(table: &Table, policies: &[&Predicate]) -> Template {
    let mut sql = Sql::new("SELECT ");
    for policy in policies {
        policy.write(&mut sql, Scope::of("t"));
        sql.push(", ");
    }
    sql.push("CAST(").push(&table.row_json).push(" AS BLOB)");
    for column in table.columns {
        sql.push(", ").push(&stored(column));
    }
    sql.push(" FROM ").push(&table.name).push(" t WHERE t.\"id\" = ").bind(Slot::Id);
    sql.finish()
}

/// A column as it is stored; text as bytes, since the driver sniffs text for JSON.
pub(super) fn stored(column: &Column) -> String {
    let expr = format!("t.{}", quote(column.key));
    match column.kind {
        Kind::Id | Kind::Int | Kind::Bool | Kind::Relation(_) | Kind::Float => expr,
        _ => format!("CAST({expr} AS BLOB)"),
    }
}

/// Sets columns of the row [`Slot::Id`] where `policy` still holds, also with what the columns `moved` would hold, and
/// returns the row as JSON.
#[must_use]
pub fn update(table: &Table, policy: &Predicate, moved: &[&'static str], changes: &[(&'static str, Arg)]) -> Template {
    let mut sql = Sql::new("UPDATE ");
    let mut replaced = hold(&mut sql, changes);
    sql.push(&table.name).push(" AS t SET ");
    sql.join(", ", &replaced, |sql, (key, placeholder)| {
        sql.name(key).push(" = ").push(placeholder);
    });
    sql.push(" WHERE t.\"id\" = ").bind(Slot::Id).push(" AND ");
    policy.write(&mut sql, Scope::of("t"));
    replaced.retain(|(key, _)| moved.contains(key));
    if !replaced.is_empty() {
        sql.push(" AND ");
        policy.write(&mut sql, Scope { replaced: &replaced, ..Scope::of("t") });
    }
    sql.push(" RETURNING CAST(").push(&table.returned_json).push(" AS BLOB)");
    sql.finish()
}

/// Whether `policy` would hold of the row [`Slot::Id`] with these `changes`, before they are made: one row if so.
#[must_use]
pub fn would_hold(table: &Table, policy: &Predicate, changes: &[(&'static str, Arg)]) -> Template {
    let mut sql = Sql::new("SELECT 1 FROM ");
    // A placeholder that the text does not mention would have no type.
    let asked = changes.iter().filter(|(key, _)| policy.depends_on(&|other| other == *key));
    let replaced = hold(&mut sql, asked);
    sql.push(&table.name).push(" t WHERE t.\"id\" = ").bind(Slot::Id).push(" AND ");
    policy.write(&mut sql, Scope { replaced: &replaced, ..Scope::of("t") });
    sql.finish()
}

/// Columns with the placeholders of what they are to hold.
fn hold<'a>(sql: &mut Sql, changes: impl IntoIterator<Item = &'a (&'static str, Arg)>) -> Vec<(&'static str, String)> {
    changes.into_iter().map(|(key, value)| (*key, sql.hold(Slot::Value(value.clone())))).collect()
}

/// Deletes the row [`Slot::Id`] where `policy` holds, and returns its id.
#[must_use]
pub fn delete(table: &Table, policy: &Predicate) -> Template {
    let mut sql = Sql::new("DELETE FROM ");
    sql.push(&table.name).push(" AS t WHERE t.\"id\" = ").bind(Slot::Id).push(" AND ");
    policy.write(&mut sql, Scope::of("t"));
    sql.push(" RETURNING \"id\"");
    sql.finish()
}

/// Whether the row `id` of another table exists and may be referred to: one row if so.
#[must_use]
pub fn referable(reference: &Reference, id: i64) -> Template {
    let mut sql = Sql::new("SELECT 1 FROM ");
    sql.name(reference.step.table).push(" t WHERE t.\"id\" = ").value(Arg::Int(id)).push(" AND ");
    reference.allowed.write(&mut sql, Scope::of("t"));
    sql.finish()
}

/// What a JSON merge patch (RFC 7396) makes of a stored value, as text.
#[must_use]
pub fn merge_json(stored: Arg, patch: Arg) -> Template {
    let mut sql = Sql::new("SELECT CAST(json_patch(");
    sql.value(stored).push(", ").value(patch).push(") AS BLOB)");
    sql.finish()
}
