//! Creating rows: many alike in one statement, with the rule and the references checked inside it.
//!
//! The rows to be are a table called `new`; a row that the rule refuses, or that refers to what it may not, is
//! left out of what comes back. [`check`](Insert::check) then says of such a row alone what was wrong with it.

use super::{Moment, Predicate, Scope, Sql, Table, bulk, dialect::InsertRows, text::quote, there::and_there};
use crate::{
    db::{Arg, Dialect, Statement},
    types::Storage,
};

/// Name of the column of `new` that holds who is calling; no field can be called so.
const CALLER: &str = "caller()";

/// A relation that has to lead to a row which the caller may refer to.
#[derive(Debug, Clone)]
pub struct Reference {
    /// The column.
    pub key: &'static str,
    /// The table that it leads to.
    pub table: &'static str,
    /// Column of that which says when a row was deleted, where such rows are kept.
    pub deleted: Option<&'static str>,
    /// Whether it leads to any number of rows.
    pub is_many: bool,
    /// Name of the resource that it leads to.
    pub target: &'static str,
    /// Whether it is the parent, which the path names.
    pub parent: bool,
    /// Whether it leads to the account.
    pub account: bool,
    /// What has to hold of the row referred to.
    pub allowed: Predicate,
}

/// A field that only some may set.
#[derive(Debug, Clone)]
pub struct Guard {
    /// Its column.
    pub key: &'static str,
    /// Who may.
    pub policy: Predicate,
}

/// Everything that decides how a row is created.
#[derive(Debug, Clone)]
pub struct Insert {
    /// Where to.
    pub table: Table,
    /// Who may.
    pub policy: Predicate,
    /// Fields that not everybody may set.
    pub guards: Vec<Guard>,
    /// Relations to check.
    pub references: Vec<Reference>,
    /// What of the present is asked for.
    pub moments: Vec<Moment>,
}

impl Insert {
    /// How rows are created in a table by whom `policy` lets.
    #[must_use]
    pub fn new(table: Table, policy: Predicate, guards: Vec<Guard>, references: Vec<Reference>) -> Self {
        let mut moments = Vec::new();
        let asked =
            guards.iter().map(|guard| &guard.policy).chain(references.iter().map(|reference| &reference.allowed));
        std::iter::once(&policy).chain(asked).for_each(|policy| policy.moments(&mut moments));
        Self { table, policy, guards, references, moments }
    }

    /// Number of arguments per row: every column, the caller, per guard 1 where its field is set by the client, and each
    /// moment.
    #[must_use]
    pub fn width(&self) -> usize {
        self.table.columns.len() + 1 + self.guards.len() + self.moments.len()
    }

    /// The statement that creates `rows` rows at once and returns of each: by which id it was sent, the row as JSON, the id
    /// that it has.
    #[must_use]
    pub fn statement(&self, rows: usize) -> String {
        let mut condition = self.sql();
        self.policy.write(&mut condition, scope());
        if !self.guards.is_empty() {
            condition.push(" AND ").combine(" AND ", &self.guards, &mut |sql, guard| write_guard(guard, sql));
        }
        if !self.references.is_empty() {
            condition.push(" AND ");
            condition.combine(" AND ", &self.references, &mut |sql, reference| {
                write_reference(reference, sql.dialect().sql().keep(), sql);
            });
        }
        self.table.dialect.sql().insert(&InsertRows {
            new: self.rows(rows),
            table: &self.table.name,
            columns: self.table.columns.iter().filter(|column| column.is_stored()).map(|it| quote(it.key)).collect(),
            condition: condition.finish().text().to_owned(),
            returned: &self.table.returned_json,
        })
    }

    /// The statement that says of one row to be: whether the rule lets it through, then one verdict per guard, then one
    /// per reference (1 where it is fine).
    #[must_use]
    pub fn check(&self) -> String {
        let mut sql = self.sql();
        sql.push("WITH ").push(&self.rows(1)).push(" SELECT ");
        self.policy.write(&mut sql, scope());
        for guard in &self.guards {
            sql.push(", ");
            write_guard(guard, &mut sql);
        }
        for reference in &self.references {
            sql.push(", ");
            // It is asked of a reader as well, who keeps nothing from going.
            write_reference(reference, "", &mut sql);
        }
        sql.push(" FROM new");
        sql.finish().text().to_owned()
    }

    fn sql(&self) -> Sql {
        Sql::new(self.table.dialect, "")
    }

    /// `new(…) AS (…)`.
    fn rows(&self, rows: usize) -> String {
        let flags = self.guards.iter().map(|guard| (quote(&flag(guard)), Storage::Integer));
        let columns = self.table.columns.iter().map(|column| (quote(column.key), column.storage()));
        let moments = self.moments.iter().map(|moment| (quote(&moment.name()), moment.storage()));
        let caller = std::iter::once((quote(CALLER), Storage::Integer));
        let (names, types): (Vec<_>, Vec<_>) = columns.chain(caller).chain(flags).chain(moments).unzip();
        format!("new({}) AS ({})", names.join(", "), bulk::rows(self.table.dialect, rows, &types))
    }
}

/// Finds the last id that was given out in a table; `None` where the database gives them out.
#[must_use]
pub fn last_id(dialect: Dialect, table: &str) -> Option<Statement> {
    dialect.sql().last_id(table).map(|sql| Statement::new(sql, Vec::new()))
}

/// Has the ids of a table go on after this one; `None` where whoever inserts numbers the rows.
#[must_use]
pub fn set_last_id(dialect: Dialect, table: &str, id: i64) -> Option<Statement> {
    dialect.sql().set_last_id(table).map(|sql| Statement::new(sql, vec![Arg::Int(id)]))
}

fn scope() -> Scope<'static> {
    Scope { caller: Some("new.\"caller()\""), moments: Some("new"), holds_sets: true, ..Scope::of("new") }
}

fn flag(guard: &Guard) -> String {
    format!("sets({})", guard.key)
}

fn write_guard(guard: &Guard, sql: &mut Sql) {
    sql.push("(new.").name(&flag(guard)).push(" = 0 OR ");
    guard.policy.write(sql, scope());
    sql.push(")");
}

/// `keep` is what keeps the row from being deleted until the transaction ends.
fn write_reference(reference: &Reference, keep: &str, sql: &mut Sql) {
    let (key, table) = (quote(reference.key), quote(reference.table));
    let alias = sql.fresh_alias();
    let there = and_there(&alias, reference.deleted);
    if reference.is_many {
        let each = sql.fresh_alias();
        let numbers = sql.dialect().sql().numbers(&format!("new.{key}"));
        sql.push(&format!(
            "NOT EXISTS (SELECT 1 FROM ({numbers}) {each} WHERE NOT EXISTS (SELECT 1 FROM {table} {alias}"
        ));
        sql.push(&format!(" WHERE {alias}.\"id\" = {each}.\"value\"{there} AND "));
    } else {
        sql.push(&format!("(new.{key} IS NULL OR EXISTS (SELECT 1 FROM {table} {alias}"));
        sql.push(&format!(" WHERE {alias}.\"id\" = new.{key}{there} AND "));
    }
    reference.allowed.write(sql, Scope { row: &alias, holds_sets: false, ..scope() });
    if reference.deleted.is_some() {
        sql.push(keep);
    }
    sql.push("))");
}
