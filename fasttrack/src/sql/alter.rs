//! Statements that change tables which hold rows.
//!
//! `SQLite` adds and renames columns in place; for everything else a table is made anew beside the old one, filled, and
//! put in its place (<https://sqlite.org/lang_altertable.html>, section 7). That needs foreign keys not to be enforced
//! meanwhile, since dropping the old table would delete what refers to it.

use super::{
    definition::{ColumnDefinition, Holds, IndexDefinition, TableDefinition},
    dialect::column_type,
    text::{quote, text_literal},
};

/// How what a column holds becomes what another one may hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conversion {
    /// The value, as an expression over the old column.
    pub value: String,
    /// Which rows it cannot be done for, as a condition.
    pub offends: Option<String>,
}

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

/// Adds a column in place, where that can be done.
#[must_use]
pub fn add_column(table: &str, column: &ColumnDefinition) -> Option<String> {
    let has_value = column.default.as_ref().is_some_and(|default| default != "NULL");
    let fits = if has_value { column.references.is_none() } else { column.nullable };
    fits.then(|| format!("ALTER TABLE {} ADD COLUMN {}", quote(table), column.text()))
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

/// The instant of the migration, as instants are kept.
#[must_use]
pub fn now() -> String {
    "strftime('%Y-%m-%dT%H:%M:%f000Z', 'now')".to_owned()
}

/// What stands for a value that is gone, for a column that may not be null; `None` where nothing can.
#[must_use]
pub fn neutral(column: &ColumnDefinition) -> Option<String> {
    match column.holds {
        Holds::Text | Holds::PasswordHash => Some("''".to_owned()),
        Holds::Int | Holds::Bool => Some("0".to_owned()),
        Holds::Float => Some("0.0".to_owned()),
        Holds::Json => Some("'null'".to_owned()),
        Holds::Date => Some("date('now')".to_owned()),
        Holds::Timestamp | Holds::CreatedAt | Holds::UpdatedAt => Some(now()),
        Holds::Choice => column.choices.first().map(|word| text_literal(word)),
        Holds::Id | Holds::Relation | Holds::Email => None,
    }
}

/// How what `from` holds becomes what `to` may hold; `None` where nothing of it means anything there.
#[must_use]
pub fn convert(from: &ColumnDefinition, to: &ColumnDefinition) -> Option<Conversion> {
    let table_of = |column: &ColumnDefinition| column.references.as_ref().map(|reference| reference.table.clone());
    let moved = table_of(from).zip(table_of(to)).is_some_and(|(old, new)| old != new);
    let secret = (from.holds == Holds::PasswordHash) != (to.holds == Holds::PasswordHash);
    if moved || secret || from.holds == Holds::Id || to.holds == Holds::Id {
        return None;
    }
    let old = quote(&from.name);
    let (value, lossy) = match (column_type(from.holds), column_type(to.holds)) {
        ("INTEGER", "REAL") => cast(&old, "REAL", "{value} <> {old}"),
        ("REAL", "INTEGER") => cast(&old, "INTEGER", "{value} <> {old}"),
        ("INTEGER", "TEXT") => cast(&old, "TEXT", ""),
        ("REAL", "TEXT") => cast(&old, "TEXT", "CAST({value} AS REAL) <> {old}"),
        ("TEXT", "INTEGER") => cast(&old, "INTEGER", "CAST({value} AS TEXT) <> {old}"),
        ("TEXT", "REAL") => {
            let is_number = "CASE WHEN json_valid({old}) THEN json_type({old}) NOT IN ('integer', 'real') ELSE 1 END";
            cast(&old, "REAL", is_number)
        }
        _ => (old, None),
    };
    let meant = misfit(from, to, &value);
    let offends: Vec<_> = lossy.into_iter().chain(meant).collect();
    let offends = (!offends.is_empty()).then(|| offends.join(" OR "));
    Some(Conversion { value, offends })
}

fn cast(old: &str, to: &str, lossy: &str) -> (String, Option<String>) {
    let value = format!("CAST({old} AS {to})");
    let lossy = (!lossy.is_empty()).then(|| lossy.replace("{value}", &value).replace("{old}", old));
    (value, lossy)
}

/// When a value of the right type is none that the column may hold.
fn misfit(from: &ColumnDefinition, to: &ColumnDefinition, value: &str) -> Option<String> {
    let is_instant = |holds| matches!(holds, Holds::Timestamp | Holds::CreatedAt | Holds::UpdatedAt);
    if to.holds == Holds::Choice {
        let keeps = from.holds == Holds::Choice && from.choices.iter().all(|word| to.choices.contains(word));
        return (!keeps).then(|| format!("{value} NOT IN ({})", to.words()));
    }
    if from.holds == to.holds || (is_instant(from.holds) && is_instant(to.holds)) {
        return None;
    }
    match to.holds {
        Holds::Bool => Some(format!("{value} NOT IN (0, 1)")),
        Holds::Json => Some(format!("NOT json_valid({value})")),
        Holds::Date => Some(format!("date({value}) IS NOT {value}")),
        Holds::Email => Some(format!("{value} NOT LIKE '_%@_%'")),
        Holds::Timestamp | Holds::CreatedAt | Holds::UpdatedAt => Some(format!(
            "{value} NOT GLOB '????-??-??T??:??:??.??????Z' OR strftime('%Y-%m-%dT%H:%M:%S', {value}) IS NOT substr({value}, 1, 19)"
        )),
        Holds::Relation => {
            let table = quote(&to.references.as_ref()?.table);
            Some(format!("{value} NOT IN (SELECT \"id\" FROM {table})"))
        }
        _ => None,
    }
}

/// What copies every row of a table into a new one and puts that in its place; each statement with its reason. `values`
/// says what each column of the new one holds, as expressions over the old.
#[must_use]
pub fn replace(old: &TableDefinition, new: &TableDefinition, values: &[String]) -> Vec<(String, String)> {
    let name = quote(&old.name);
    let beside = format!("{}__new", old.name);
    let (literal, beside_literal) = (text_literal(&old.name), text_literal(&beside));
    let columns: Vec<_> = new.columns.iter().map(|column| quote(&column.name)).collect();
    [
        ("", new.create_as(&beside)),
        (
            "The rows, with their ids.",
            format!(
                "INSERT INTO {} ({})\nSELECT {}\nFROM {name}",
                quote(&beside),
                columns.join(", "),
                values.join(", ")
            ),
        ),
        (
            "The counter of ids, so that none is given out twice.",
            format!("DELETE FROM sqlite_sequence WHERE name = {beside_literal}"),
        ),
        (
            "",
            format!(
                "INSERT INTO sqlite_sequence (name, seq)\nSELECT {beside_literal}, seq FROM sqlite_sequence WHERE name = {literal}"
            ),
        ),
        ("The new table takes the place of the old one.", drop_table(&old.name)),
        ("", rename_table(&beside, &old.name)),
    ]
    .map(|(why, sql)| (why.to_owned(), sql))
    .into()
}
