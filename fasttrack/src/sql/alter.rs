//! Statements that change tables which hold rows, as far as they are the same in every database.

use super::{definition::IndexDefinition, text::quote};

/// Renames a table, and whatever refers to it.
#[must_use]
pub fn rename_table(from: &str, to: &str) -> String {
    format!("ALTER TABLE {} RENAME TO {}", quote(from), quote(to))
}

/// Renames a column.
#[must_use]
pub fn rename_column(table: &str, from: &str, to: &str) -> String {
    format!("ALTER TABLE {} RENAME COLUMN {} TO {}", quote(table), quote(from), quote(to))
}

/// Drops a table.
#[must_use]
pub fn drop_table(table: &str) -> String {
    format!("DROP TABLE {}", quote(table))
}

/// Drops an index.
#[must_use]
pub fn drop_index(index: &str) -> String {
    format!("DROP INDEX {}", quote(index))
}

/// The ids of the rows of a table that meet a condition.
#[must_use]
pub fn offenders(table: &str, condition: &str) -> String {
    let condition = if condition.is_empty() { String::new() } else { format!(" WHERE {condition}") };
    format!("SELECT \"id\" FROM {}{condition}", quote(table))
}

/// The same of rows in which these columns hold something else: each its name, and an expression over what is there.
#[must_use]
pub fn offenders_among(table: &str, columns: &[(&str, String)], condition: &str) -> String {
    if columns.iter().all(|(name, value)| *value == quote(name)) {
        return offenders(table, condition);
    }
    let columns: Vec<_> = columns.iter().map(|(name, value)| format!(", {value} AS {}", quote(name))).collect();
    let from = format!("(SELECT \"id\"{} FROM {}) AS \"rows\"", columns.concat(), quote(table));
    format!("SELECT \"id\" FROM {from} WHERE {condition}")
}

/// The ids of the rows that hold the same as another one, where a unique index is to be.
#[must_use]
pub fn duplicates(table: &str, index: &IndexDefinition) -> String {
    let (table, keys) = (quote(table), index.keys.join(", "));
    format!(
        "SELECT \"id\" FROM {table} WHERE ({keys}) IN (SELECT {keys} FROM {table} GROUP BY {keys} HAVING count(*) > 1)"
    )
}

/// A condition on a column that holds something.
#[must_use]
pub fn is_null(column: &str) -> String {
    format!("{} IS NULL", quote(column))
}

/// The value of a column, or another one where it is null.
#[must_use]
pub fn or_else(value: &str, default: &str) -> String {
    format!("coalesce({value}, {default})")
}
