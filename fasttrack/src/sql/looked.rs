//! What conditions say of one row, and what there is where they look: for whoever wants to know why something is refused. A
//! row that was deleted and is kept is looked at as well.

use super::{Predicate, Scope, Slot, Sql, Table, Template, file, text::quote};
use crate::schema::{Column, Step};

/// A field at which a condition looks.
#[derive(Debug, Clone)]
pub struct Seen {
    /// Where the row is; empty: the row itself. Each leads to one row.
    pub steps: Vec<Step>,
    /// The field.
    pub column: &'static Column,
}

/// The row [`Slot::Id`]: whether it was deleted, then 1 for each predicate that holds of it, then an object of JSON for each
/// field, which holds it by its key.
#[must_use]
pub fn look(table: &Table, predicates: &[Predicate], fields: &[Seen]) -> Template {
    let gone = table.deleted.map_or_else(|| "FALSE".to_owned(), |key| format!("t.{} IS NOT NULL", quote(key)));
    let mut sql = Sql::new(table.dialect, "SELECT ");
    sql.push(&gone);
    for predicate in predicates {
        sql.push(", ");
        predicate.write(&mut sql, Scope::of("t"));
    }
    for Seen { steps, column } in fields {
        sql.push(", ");
        let syntax = table.dialect.sql();
        Scope::of("t").write_field(&mut sql, steps, column, |expr| {
            let value = file::shown(table.dialect, column, expr, &table.base);
            syntax.text(&syntax.json_object(&[(column.key, value)]))
        });
    }
    sql.push(" FROM ").push(&table.name).push(" t WHERE t.\"id\" = ").bind(Slot::Id);
    sql.finish()
}
