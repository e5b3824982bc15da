//! Statements about one row: read it, look at it before a change, change it, delete it.
//!
//! The database renders a row as JSON, so that one cell crosses the driver instead of one per column.

use std::{collections::BTreeSet, sync::Arc};

use super::{
    Predicate, Reference, Scope, Shape, Slot, Sql, Template, Values, View,
    dialect::held,
    file, search,
    text::{quote, text_literal},
    there::{and_gone, and_there},
};
use crate::{
    db::{Arg, Dialect, Statement},
    schema::{Column, Kind, Schema},
    types::{Storage, many},
};

/// What statements need to know of a table, rendered once.
#[derive(Debug, Clone)]
pub struct Table {
    /// Of which database.
    pub dialect: Dialect,
    /// Quoted name.
    pub name: String,
    /// The row `t` as a JSON object.
    pub row_json: String,
    /// The row that RETURNING sees as a JSON object.
    pub returned_json: String,
    /// The columns, in the order of the declaration.
    pub columns: &'static [Column],
    /// The one that says when a row was deleted, where such rows are kept: they are out of the reach of statements.
    pub deleted: Option<&'static str>,
    /// What of a row is shown that is read, alone or in a list.
    pub view: View,
    /// What finds the words of its rows.
    pub search: String,
    /// What addresses of files begin with.
    pub base: Arc<str>,
}

impl Table {
    /// Renders what statements need of a resource's table.
    #[must_use]
    pub fn new(dialect: Dialect, schema: &'static Schema) -> Self {
        Self::served_at(dialect, schema, &Arc::from(""))
    }

    /// The same where addresses of files begin with `base`.
    #[must_use]
    pub fn served_at(dialect: Dialect, schema: &'static Schema, base: &Arc<str>) -> Self {
        Self {
            dialect,
            name: quote(schema.plural),
            row_json: row_json(dialect, schema.columns, base, |column| held(dialect, column, "t")),
            returned_json: row_json(dialect, schema.columns, base, |column| returned(dialect, column)),
            columns: schema.columns,
            deleted: schema.deleted_key(),
            view: View::whole(schema, base),
            search: search::index_name(dialect, schema.plural),
            base: Arc::clone(base),
        }
    }

    /// The same of whose rows this is shown.
    #[must_use]
    pub fn showing(self, view: View) -> Self {
        Self { view, ..self }
    }

    /// The end of a statement about the row [`Slot::Id`], where it is there.
    fn write_where(&self, sql: &mut Sql) {
        sql.push(" WHERE t.\"id\" = ").bind(Slot::Id).push(&and_there("t", self.deleted));
    }
}

/// The row as a JSON object of the columns that may be shown; `expr` says how the column of a key is read.
pub(super) fn row_json(dialect: Dialect, columns: &[Column], base: &str, expr: impl Fn(&Column) -> String) -> String {
    let shown = columns.iter().filter(|column| !column.hidden);
    let members: Vec<_> = shown.map(|column| (column.key, file::shown(dialect, column, &expr(column), base))).collect();
    dialect.sql().json_object(&members)
}

/// A column as RETURNING has it; of one that is kept elsewhere nothing is there yet.
fn returned(dialect: Dialect, column: &Column) -> String {
    if column.is_stored() { quote(column.key) } else { dialect.sql().json_stored(&text_literal("[]")) }
}

/// The row [`Slot::Id`] as JSON, if `policy` lets the caller have it: one cell.
#[must_use]
pub fn read(table: &Table, policy: &Predicate) -> Template {
    read_shaped(table, policy, &Shape::default())
}

/// The same of a row that is shown otherwise, and then a second cell of it as it is shown plainly.
#[must_use]
pub fn read_shaped(table: &Table, policy: &Predicate, shape: &Shape<'_>) -> Template {
    let mut sql = Sql::new(table.dialect, "SELECT ");
    let json = table.view.json(table, shape, &mut sql);
    sql.push(&table.dialect.sql().text(&json));
    if !shape.is_plain() {
        let plain = table.view.json(table, &Shape::default(), &mut sql);
        sql.push(", ").push(&table.dialect.sql().text(&plain));
    }
    sql.push(" FROM ").push(&table.name).push(" t");
    table.write_where(&mut sql);
    if !policy.is_always() {
        sql.push(" AND ");
        policy.write(&mut sql, Scope::of("t"));
    }
    sql.finish()
}

/// The row [`Slot::Id`]: one verdict per policy (1 where it holds), the row as JSON, then every column as it is stored.
#[must_use]
pub fn state(table: &Table, policies: &[&Predicate]) -> Template {
    write_state(table, policies).finish()
}

/// The same before a change, to keep the row as it is until the transaction ends; also from being referred to, where it
/// `goes`.
#[must_use]
pub fn locked_state(table: &Table, policies: &[&Predicate], goes: bool) -> Template {
    let mut sql = write_state(table, policies);
    sql.push(table.dialect.sql().lock(goes));
    sql.finish()
}

/// Finds an account if its password is kept as this hash, and keeps it so until the transaction ends; `None` where accounts
/// have none.
#[must_use]
pub fn hold_password(dialect: Dialect, account: &Schema, id: i64, hash: String) -> Option<Statement> {
    let password = account.columns.iter().find(|column| column.kind == Kind::PasswordHash)?;
    let (table, password, lock) = (quote(account.plural), quote(password.key), dialect.sql().lock(false));
    let sql = format!("SELECT 1 FROM {table} WHERE \"id\" = $1 AND {password} = $2{lock}");
    Some(Statement::new(sql, vec![Arg::Int(id), Arg::Text(hash)]))
}

/// Keeps a row as it is until the transaction ends, before it is looked at: what it has in tables of pairs is then what
/// whoever was waited for has left. `None` where nobody else writes, or there is nothing of the kind.
#[must_use]
pub fn hold_for_sets(table: &Table, goes: bool) -> Option<Template> {
    let lock = table.dialect.sql().lock(goes);
    let is_needed = !lock.is_empty() && table.columns.iter().any(|column| !column.is_stored());
    is_needed.then(|| {
        let mut sql = Sql::new(table.dialect, "SELECT 1 FROM ");
        sql.push(&table.name).push(" t WHERE t.\"id\" = ").bind(Slot::Id).push(lock);
        sql.finish()
    })
}

fn write_state(table: &Table, policies: &[&Predicate]) -> Sql {
    let mut sql = Sql::new(table.dialect, "SELECT ");
    for policy in policies {
        policy.write(&mut sql, Scope::of("t"));
        sql.push(", ");
    }
    sql.push(&table.dialect.sql().text(&table.row_json));
    for column in table.columns {
        sql.push(", ").push(&stored(table.dialect, column));
    }
    sql.push(" FROM ").push(&table.name).push(" t");
    table.write_where(&mut sql);
    sql
}

/// A column of the row `t` as it is stored.
pub(super) fn stored(dialect: Dialect, column: &Column) -> String {
    dialect.sql().stored(column.storage(), &held(dialect, column, "t"))
}

/// Sets columns of the row [`Slot::Id`], whatever they are to hold.
#[derive(Debug)]
pub struct Update {
    template: Template,
    /// Of which columns the values are, that the statement begins with.
    takes: Vec<&'static str>,
}

impl Update {
    /// Sets these columns where `policy` still holds, also with what the columns `moved` would hold, and returns the row as JSON.
    #[must_use]
    pub fn of(table: &Table, policy: &Predicate, moved: &[&'static str], keys: &[&'static str]) -> Self {
        let mut sql = Sql::new(table.dialect, "UPDATE ");
        let is_stored = |key: &str| table.columns.iter().any(|column| column.key == key && column.is_stored());
        // A placeholder that the text does not mention would have no type.
        let takes: Vec<_> = keys.iter().copied().filter(|key| is_stored(key) || moved.contains(key)).collect();
        let mut replaced = hold(&mut sql, table, takes.iter().map(|key| (*key, Arg::Null)));
        sql.push(&table.name).push(" AS t SET ");
        let set: Vec<_> = replaced.iter().filter(|(key, _)| is_stored(key)).collect();
        if set.is_empty() {
            sql.push("\"id\" = t.\"id\"");
        }
        sql.join(", ", set, |sql, (key, placeholder)| {
            sql.name(key).push(" = ").push(placeholder);
        });
        table.write_where(&mut sql);
        sql.push(" AND ");
        policy.write(&mut sql, Scope::of("t"));
        replaced.retain(|(key, _)| moved.contains(key));
        if !replaced.is_empty() {
            sql.push(" AND ");
            policy.write(&mut sql, Scope { replaced: &replaced, ..Scope::of("t") });
        }
        sql.push(" RETURNING ").push(&table.dialect.sql().text(&table.returned_json));
        Self { template: sql.finish(), takes }
    }

    /// The text.
    #[must_use]
    pub fn text(&self) -> &str {
        self.template.text()
    }

    /// The statement by which the columns hold this.
    #[must_use]
    pub fn fill(&self, changes: &[(&'static str, Arg)], values: Values) -> Statement {
        let value = |key: &&'static str| {
            let change = changes.iter().find(|(other, _)| other == key);
            change.map_or(Arg::Null, |(_, arg)| arg.clone())
        };
        self.template.fill_after(self.takes.iter().map(value).collect(), values)
    }
}

/// Whether `policy` would hold of the row [`Slot::Id`] with these `changes`, before they are made: one row if so.
#[must_use]
pub fn would_hold(table: &Table, policy: &Predicate, changes: &[(&'static str, Arg)]) -> Template {
    let mut sql = Sql::new(table.dialect, "SELECT 1 FROM ");
    // A placeholder that the text does not mention would have no type.
    let asked = changes.iter().filter(|(key, _)| policy.depends_on(&|other| other == *key));
    let replaced = hold(&mut sql, table, asked.cloned());
    sql.push(&table.name).push(" t");
    table.write_where(&mut sql);
    sql.push(" AND ");
    policy.write(&mut sql, Scope { replaced: &replaced, ..Scope::of("t") });
    sql.finish()
}

/// Columns with the placeholders of what they are to hold.
fn hold(
    sql: &mut Sql,
    table: &Table,
    changes: impl IntoIterator<Item = (&'static str, Arg)>,
) -> Vec<(&'static str, String)> {
    let column = |key: &str| table.columns.iter().find(|column| column.key == key);
    let hold = |(key, value): (&'static str, Arg)| {
        let placeholder = sql.hold(Slot::Value(value));
        let storage = column(key).map_or(Storage::Text, Column::storage);
        (key, table.dialect.sql().typed(storage, &placeholder))
    };
    changes.into_iter().map(hold).collect()
}

/// Deletes the row [`Slot::Id`] where `policy` holds, and returns its id; where deleted rows are kept, it was deleted at
/// the instant `at`.
#[must_use]
pub fn delete(table: &Table, policy: &Predicate, at: &str) -> Template {
    let mut sql = Sql::new(table.dialect, "");
    match table.deleted {
        None => _ = sql.push("DELETE FROM ").push(&table.name).push(" AS t"),
        Some(key) => {
            let at = sql.hold(Slot::Value(Arg::Text(at.to_owned())));
            let at = table.dialect.sql().typed(Storage::Timestamp, &at);
            sql.push("UPDATE ").push(&table.name).push(" AS t SET ").name(key).push(&format!(" = {at}"));
        }
    }
    table.write_where(&mut sql);
    sql.push(" AND ");
    policy.write(&mut sql, Scope::of("t"));
    sql.push(" RETURNING \"id\"");
    sql.finish()
}

/// Deletes the row [`Slot::Id`] for good, where it was deleted before the instant `before`, and returns its id.
#[must_use]
pub fn erase(table: &Table, before: &str) -> Template {
    let mut sql = Sql::new(table.dialect, "DELETE FROM ");
    sql.push(&table.name).push(" AS t");
    write_gone(table, before, &mut sql);
    sql.push(" RETURNING \"id\"");
    sql.finish()
}

/// The id of the row [`Slot::Id`], kept as it is until the transaction ends, where it was deleted before an instant.
#[must_use]
pub fn erasable(table: &Table, before: &str) -> Template {
    let mut sql = Sql::new(table.dialect, "SELECT t.\"id\" FROM ");
    sql.push(&table.name).push(" t");
    write_gone(table, before, &mut sql);
    sql.push(table.dialect.sql().lock(true));
    sql.finish()
}

fn write_gone(table: &Table, before: &str, sql: &mut Sql) {
    sql.push(" WHERE t.\"id\" = ").bind(Slot::Id).push(&and_gone("t", table.deleted));
    if let Some(key) = table.deleted {
        let before = sql.hold(Slot::Value(Arg::Text(before.to_owned())));
        let before = table.dialect.sql().typed(Storage::Timestamp, &before);
        sql.push(" AND t.").name(key).push(&format!(" < {before}"));
    }
}

/// The first rows that were deleted before the instant `before` and are kept, beyond the one with this instant and id: the
/// id of each, and when.
#[must_use]
pub fn long_gone(table: &Table, before: &str, (at, id): (&str, i64), limit: usize) -> Option<Template> {
    let syntax = table.dialect.sql();
    let key = quote(table.deleted?);
    let mut sql = Sql::new(table.dialect, "SELECT t.\"id\", ");
    let instant = |text: &str, sql: &mut Sql| {
        let held = sql.hold(Slot::Value(Arg::Text(text.to_owned())));
        syntax.typed(Storage::Timestamp, &held)
    };
    let (before, at) = (instant(before, &mut sql), instant(at, &mut sql));
    sql.push(&syntax.stored(Storage::Timestamp, &format!("t.{key}"))).push(" FROM ").push(&table.name);
    sql.push(&format!(
        " t WHERE t.{key} IS NOT NULL AND t.{key} < {before} AND t.{key} >= {at} AND (t.{key} > {at} OR "
    ));
    sql.push("t.\"id\" > ").value(Arg::Int(id)).push(&format!(") ORDER BY t.{key}, t.\"id\" LIMIT {limit}"));
    Some(sql.finish())
}

/// What is to be known of the row [`Slot::Id`] before it is restored, which is kept as it is from then on: whether `policy`
/// holds, whether the caller could read it (`read`), and whether `policy` would hold if what the row refers to were there
/// (1 where it is so); when it was deleted, the row as JSON, and every column as it is stored.
#[must_use]
pub fn restorable(table: &Table, policy: &Predicate, read: &Predicate) -> Option<Template> {
    let syntax = table.dialect.sql();
    let mut sql = Sql::new(table.dialect, "SELECT ");
    for (policy, as_if_there) in [(policy, false), (read, false), (policy, true)] {
        policy.write(&mut sql, Scope { as_if_there, ..Scope::of("t") });
        sql.push(", ");
    }
    sql.push(&syntax.stored(Storage::Timestamp, &format!("t.{}", quote(table.deleted?)))).push(", ");
    sql.push(&syntax.text(&table.row_json));
    sql.push(" FROM ").push(&table.name).push(" t WHERE t.\"id\" = ").bind(Slot::Id).push(syntax.lock(true));
    Some(sql.finish())
}

/// How many of the rows with these ids in another table exist and may be referred to: one row for each.
#[must_use]
pub fn referable(dialect: Dialect, reference: &Reference, ids: &BTreeSet<i64>) -> Template {
    let mut sql = Sql::new(dialect, "SELECT 1 FROM ");
    let list = sql.hold(Slot::Value(many::set(ids)));
    let numbers = dialect.sql().numbers(&list);
    sql.name(reference.table).push(&format!(" t WHERE t.\"id\" IN ({numbers})"));
    sql.push(&and_there("t", reference.deleted)).push(" AND ");
    reference.allowed.write(&mut sql, Scope::of("t"));
    if reference.deleted.is_some() {
        sql.push(dialect.sql().keep());
    }
    sql.finish()
}
