//! Statements that change tables which hold rows, as far as they are the same in every database.

use super::{
    definition::{ExclusionDefinition, IndexDefinition, TableDefinition},
    text::quote,
};

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
    let (table, keys, which) = (quote(table), index.keys.join(", "), index.which());
    let also = index.only.as_ref().map(|only| format!(" AND {only}")).unwrap_or_default();
    format!(
        "SELECT \"id\" FROM {table} WHERE ({keys}) IN \
         (SELECT {keys} FROM {table}{which} GROUP BY {keys} HAVING count(*) > 1){also}"
    )
}

/// The ids of the rows that overlap one that begins before them, or with them, where rows may not.
#[must_use]
pub fn overlapping(table: &TableDefinition, exclusion: &ExclusionDefinition) -> String {
    let (name, start, end) = (quote(&table.name), quote(&exclusion.start), quote(&exclusion.end));
    let per = exclusion.per.iter().filter_map(|name| table.column(name));
    let groups: Vec<_> = per.clone().map(|column| column.matched(quote(&column.name))).collect();
    let partition = if groups.is_empty() { String::new() } else { format!("PARTITION BY {} ", groups.join(", ")) };
    let known = per.map(|column| format!("{} IS NOT NULL", quote(&column.name)));
    let known: Vec<_> = known.chain(exclusion.unless.iter().map(|name| is_null(name))).collect();
    let known = if known.is_empty() { String::new() } else { format!(" WHERE {}", known.join(" AND ")) };
    format!(
        "SELECT \"id\" FROM (SELECT \"id\", {start}, max({end}) OVER ({partition}ORDER BY {start}, \"id\" \
         ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS \"until\" FROM {name}{known}) AS \"rows\" \
         WHERE \"until\" > {start}"
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
