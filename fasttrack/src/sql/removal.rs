//! Statements that take a row out together with what hangs on it, a bounded number of rows at a time.
//!
//! What will go is written down first, by table and id, in a table that only its connection sees: so each row is told of
//! while everything is still there, and no list of them has to be held by the process.

use super::{
    dialect::{DOOMED, Taken},
    row::stored,
    text::quote,
    there::{and_gone, and_there},
};
use crate::{
    db::Dialect,
    schema::{
        Kind, Schema,
        pairs::{FROM, TO},
    },
    types::Storage,
};

/// Rows of one table that refer to rows of another.
#[derive(Debug, Clone, Copy)]
pub struct Referrer {
    /// The place of the table referred to.
    pub parent: usize,
    /// The place of the table that refers.
    pub child: usize,
    /// Its schema.
    pub schema: &'static Schema,
    /// The column.
    pub key: &'static str,
    /// Which of its rows.
    pub which: Which,
}

/// Which of the rows that refer to others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// All that are stored.
    All,
    /// Those that are there.
    There,
    /// Those that were deleted and are kept.
    Gone,
    /// Of those, the ones that went in the deletion at the instant `$2`.
    GoneAt,
}

impl Which {
    /// As a condition on the row `c` that goes on with AND; nothing where rows that are deleted are not kept.
    fn condition(self, dialect: Dialect, schema: &Schema) -> String {
        let deleted = schema.deleted_key();
        match (self, deleted) {
            (Self::All, _) | (_, None) => String::new(),
            (Self::There, _) => and_there("c", deleted),
            (Self::Gone, _) => and_gone("c", deleted),
            (Self::GoneAt, Some(key)) => {
                format!(" AND c.{} = {}", quote(key), dialect.sql().typed(Storage::Timestamp, "$2"))
            }
        }
    }
}

impl Referrer {
    /// Whether both are one relation.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        (self.child, self.key) == (other.child, other.key)
    }
}

/// Statements that make an empty list.
#[must_use]
pub fn begin_doomed(dialect: Dialect) -> [String; 2] {
    dialect.sql().begin_doomed()
}

/// Forgets the list.
#[must_use]
pub fn end_doomed() -> String {
    format!("DELETE FROM {DOOMED}")
}

/// Writes down the row `$1` of the table at `root`, and whatever refers to what is written down by one of `takes`, each
/// row once.
#[must_use]
pub fn doom(dialect: Dialect, root: usize, takes: &[Referrer]) -> String {
    let rows = |referrer: &Referrer| Taken {
        parent: referrer.parent,
        child: referrer.child,
        table: quote(referrer.schema.plural),
        key: quote(referrer.key),
        which: referrer.which.condition(dialect, referrer.schema),
    };
    dialect.sql().doom(root, &takes.iter().map(rows).collect::<Vec<_>>())
}

/// Keeps what is written down of a table as it is until the transaction ends; `None` where nobody else writes.
#[must_use]
pub fn lock_doomed(dialect: Dialect, resource: usize, schema: &Schema) -> Option<String> {
    dialect.sql().lock_doomed(&quote(schema.plural), resource)
}

/// The first `limit` ids beyond `$1` of what is written down of a table.
#[must_use]
pub fn doomed(resource: usize, limit: usize) -> String {
    format!("SELECT \"id\" FROM {DOOMED} WHERE \"resource\" = {resource} AND \"id\" > $1 ORDER BY \"id\" LIMIT {limit}")
}

/// Every column, as it is stored, of the rows with the ids in the JSON array `$1`.
#[must_use]
pub fn rows_among(dialect: Dialect, schema: &Schema) -> String {
    let columns: Vec<_> = schema.columns.iter().map(|column| stored(dialect, column)).collect();
    format!(
        "SELECT {} FROM {} t WHERE t.\"id\" IN ({}) ORDER BY t.\"id\"",
        columns.join(", "),
        quote(schema.plural),
        dialect.sql().numbers("$1")
    )
}

/// Pairs of a row that is written down, from `$1` on, and one that refers to it and stays: `limit` at most, in order.
#[must_use]
pub fn staying(dialect: Dialect, referrer: &Referrer, limit: usize) -> String {
    let Referrer { parent, child, schema, key, which } = referrer;
    let (table, key, which) = (quote(schema.plural), quote(key), which.condition(dialect, schema));
    format!(
        "SELECT d.\"id\", c.\"id\" FROM {DOOMED} d CROSS JOIN {table} c \
         WHERE c.{key} = d.\"id\"{which} AND d.\"resource\" = {parent} AND d.\"id\" >= $1 AND NOT EXISTS \
         (SELECT 1 FROM {DOOMED} x WHERE x.\"resource\" = {child} AND x.\"id\" = c.\"id\") \
         ORDER BY d.\"id\", c.\"id\" LIMIT {limit}"
    )
}

/// Takes their reference to what is written down from those of the ids in the JSON array `$1` that have one, notes that
/// they were changed at `$2` unless that is past already, and returns their ids.
#[must_use]
pub fn detach(dialect: Dialect, referrer: &Referrer) -> String {
    let Referrer { parent, schema, key, .. } = referrer;
    let (table, key) = (quote(schema.plural), quote(key));
    let touched = schema.columns.iter().find(|column| column.kind == Kind::UpdatedAt);
    let touch = |key: String| format!(", {key} = {}", dialect.sql().later(&key, "$2"));
    let touch = touched.map(|column| touch(quote(column.key))).unwrap_or_default();
    format!(
        "UPDATE {table} SET {key} = NULL{touch} WHERE \"id\" IN ({}) \
         AND {key} IN (SELECT \"id\" FROM {DOOMED} WHERE \"resource\" = {parent}) RETURNING \"id\"",
        dialect.sql().numbers("$1")
    )
}

/// The same for a field that has any number of the others, which are in the table `pairs`.
#[must_use]
pub fn staying_with(referrer: &Referrer, pairs: &Schema, limit: usize) -> String {
    let Referrer { parent, child, .. } = referrer;
    let (pairs, from, to) = (quote(pairs.plural), quote(FROM), quote(TO));
    format!(
        "SELECT d.\"id\", p.{from} FROM {DOOMED} d CROSS JOIN {pairs} p \
         WHERE p.{to} = d.\"id\" AND d.\"resource\" = {parent} AND d.\"id\" >= $1 AND NOT EXISTS \
         (SELECT 1 FROM {DOOMED} x WHERE x.\"resource\" = {child} AND x.\"id\" = p.{from}) \
         ORDER BY d.\"id\", p.{from} LIMIT {limit}"
    )
}

/// Takes what is written down from the fields of those of the ids in the JSON array `$1`, and returns their ids.
#[must_use]
pub fn leave(dialect: Dialect, referrer: &Referrer, pairs: &Schema) -> String {
    let (parent, pairs, from) = (referrer.parent, quote(pairs.plural), quote(FROM));
    format!(
        "DELETE FROM {pairs} WHERE {from} IN ({}) \
         AND {} IN (SELECT \"id\" FROM {DOOMED} WHERE \"resource\" = {parent}) RETURNING {from}",
        dialect.sql().numbers("$1"),
        quote(TO)
    )
}

/// Notes of those of the ids in the JSON array `$1` that they were changed at `$2`, unless that is past already; `None`
/// where nothing is noted.
#[must_use]
pub fn touch(dialect: Dialect, schema: &Schema) -> Option<String> {
    let touched = schema.columns.iter().find(|column| column.kind == Kind::UpdatedAt)?;
    let (table, key) = (quote(schema.plural), quote(touched.key));
    let (later, ids) = (dialect.sql().later(&key, "$2"), dialect.sql().numbers("$1"));
    Some(format!("UPDATE {table} SET {key} = {later} WHERE \"id\" IN ({ids})"))
}

/// Takes these references from what is written down of a table, from `$1` to `$2`; the row `$3` keeps them.
#[must_use]
pub fn cut(resource: usize, schema: &Schema, keys: &[&str]) -> String {
    let sets: Vec<_> = keys.iter().map(|key| format!("{} = NULL", quote(key))).collect();
    format!("UPDATE {} SET {} WHERE {} AND \"id\" <> $3", quote(schema.plural), sets.join(", "), is_doomed(resource))
}

/// Takes a reference from the row `$1`, where it leads to what is written down.
#[must_use]
pub fn cut_loose(referrer: &Referrer) -> String {
    let Referrer { parent, schema, key, .. } = referrer;
    let (table, key) = (quote(schema.plural), quote(key));
    format!(
        "UPDATE {table} SET {key} = NULL WHERE \"id\" = $1 \
         AND {key} IN (SELECT \"id\" FROM {DOOMED} WHERE \"resource\" = {parent})"
    )
}

/// Deletes what is written down of a table, from `$1` to `$2`; the row `$3` stays.
#[must_use]
pub fn delete_doomed(resource: usize, schema: &Schema) -> String {
    format!("DELETE FROM {} WHERE {} AND \"id\" <> $3", quote(schema.plural), is_doomed(resource))
}

/// Marks what is written down of a table, from `$1` to `$2`, as deleted at the instant `$4`; the row `$3` is left as it is.
/// `None` where deleted rows are not kept.
#[must_use]
pub fn mark_doomed(dialect: Dialect, resource: usize, schema: &Schema) -> Option<String> {
    let (table, key) = (quote(schema.plural), quote(schema.deleted_key()?));
    let at = dialect.sql().typed(Storage::Timestamp, "$4");
    Some(format!("UPDATE {table} SET {key} = {at} WHERE {} AND \"id\" <> $3", is_doomed(resource)))
}

/// Has what is written down of a table be there again, from `$1` to `$2`; where the table says when a row last changed, it
/// was at `$3`, unless that is past already.
#[must_use]
pub fn unmark_doomed(dialect: Dialect, resource: usize, schema: &Schema) -> Option<String> {
    let (table, key) = (quote(schema.plural), quote(schema.deleted_key()?));
    let touched = schema.columns.iter().find(|column| column.kind == Kind::UpdatedAt);
    let touch = |key: String| format!(", {key} = {}", dialect.sql().later(&key, "$3"));
    let touch = touched.map(|column| touch(quote(column.key))).unwrap_or_default();
    Some(format!("UPDATE {table} SET {key} = NULL{touch} WHERE {}", is_doomed(resource)))
}

/// When the last of what refers to what is written down was deleted; null where none of it is gone.
#[must_use]
pub fn last_gone(dialect: Dialect, takes: &[Referrer]) -> Option<String> {
    let each = takes.iter().filter_map(|Referrer { parent, schema, key, .. }| {
        let (table, key, deleted) = (quote(schema.plural), quote(key), quote(schema.deleted_key()?));
        Some(format!(
            "SELECT max(c.{deleted}) AS \"at\" FROM {DOOMED} d CROSS JOIN {table} c \
             WHERE d.\"resource\" = {parent} AND c.{key} = d.\"id\""
        ))
    });
    let each: Vec<_> = each.collect();
    let last = dialect.sql().stored(Storage::Timestamp, "max(\"at\")");
    (!each.is_empty()).then(|| format!("SELECT {last} FROM ({}) g", each.join(" UNION ALL ")))
}

/// One row, where something written down refers by this relation to a row of `target` that is deleted; what it refers to is
/// kept from being deleted until the transaction ends.
#[must_use]
pub fn astray(dialect: Dialect, referrer: &Referrer, target: &Schema) -> Option<String> {
    let Referrer { child, schema, key, .. } = referrer;
    let deleted = quote(target.deleted_key()?);
    let (from, to, key, keep) = (quote(schema.plural), quote(target.plural), quote(key), dialect.sql().keep());
    Some(format!(
        "WITH p AS (SELECT t.{deleted} AS \"at\" FROM {to} t WHERE t.\"id\" IN (SELECT c.{key} FROM {DOOMED} d \
         CROSS JOIN {from} c WHERE d.\"resource\" = {child} AND c.\"id\" = d.\"id\"){keep}) \
         SELECT 1 FROM p WHERE \"at\" IS NOT NULL LIMIT 1"
    ))
}

fn is_doomed(resource: usize) -> String {
    format!("\"id\" IN (SELECT \"id\" FROM {DOOMED} WHERE \"resource\" = {resource} AND \"id\" BETWEEN $1 AND $2)")
}
