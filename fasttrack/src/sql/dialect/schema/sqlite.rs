//! Tables of `SQLite`.
//!
//! It adds and renames columns in place; for everything else a table is made anew beside the old one, filled, and put in
//! its place (<https://sqlite.org/lang_altertable.html>, section 7). That needs foreign keys not to be enforced meanwhile,
//! since dropping the old table would delete what refers to it.

mod convert;
mod decimal;
mod exclusion;
mod figure;
mod same;
mod search;

pub(in crate::sql) use self::search::words_column;

use super::{ColumnAlteration, Conversion, IndexKey, Lexis, SchemaSyntax, squeeze};
use crate::{
    db::Dialect,
    schema::{Literal, OnDelete},
    sql::{
        alter::{drop_table, rename_table},
        definition::{
            CheckDefinition, ColumnDefinition, ExclusionDefinition, FigureDefinition, ForeignKey, Holds,
            IndexDefinition, SearchDefinition, TableDefinition,
        },
        text::{quote, text_literal},
    },
    types::{Fill, Storage},
};

/// The schema's side of `SQLite`.
pub(super) struct SqliteSchema;

impl SchemaSyntax for SqliteSchema {
    fn create_table(&self, table: &TableDefinition) -> String {
        create_as(table, &table.name)
    }

    fn index_keys(&self, keys: Vec<IndexKey>, _unique: bool) -> Vec<String> {
        keys.into_iter().map(|key| key.expression).collect()
    }

    /// Never null, for the reason of [`condition`].
    fn condition(&self, condition: String, may_be_null: bool) -> String {
        if may_be_null { format!("({condition}) IS NOT FALSE") } else { condition }
    }

    fn constant(&self, value: Literal) -> String {
        Dialect::Sqlite.sql().literal(value)
    }

    /// The row id ends every index of `SQLite` by itself, so that ties come in the order of ids.
    fn create_index(&self, table: &str, index: &IndexDefinition) -> String {
        let unique = if index.unique { "UNIQUE " } else { "" };
        let (name, table, keys, which) = (quote(&index.name), quote(table), index.keys.join(", "), index.which());
        format!("CREATE {unique}INDEX {name} ON {table} ({keys}){which}")
    }

    fn alter(&self, table: &str, change: ColumnAlteration<'_>) -> Option<Vec<String>> {
        let ColumnAlteration::Add(column, _) = change else { return None };
        let has_value = column.default.as_ref().is_some_and(|default| default != "NULL");
        let fits = if has_value { column.references.is_none() } else { column.nullable };
        fits.then(|| vec![format!("ALTER TABLE {} ADD COLUMN {}", quote(table), column_text(column))])
    }

    fn replace(&self, old: &TableDefinition, new: &TableDefinition, values: &[String]) -> Vec<(String, String)> {
        let name = quote(&old.name);
        let beside = format!("{}__new", old.name);
        let (literal, beside_literal) = (text_literal(&old.name), text_literal(&beside));
        let columns: Vec<_> = new.columns.iter().map(|column| quote(&column.name)).collect();
        [
            ("", create_as(new, &beside)),
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

    fn excludes_along_index(&self) -> bool {
        true
    }

    fn exclude(&self, table: &TableDefinition, exclusion: &ExclusionDefinition) -> Vec<String> {
        exclusion::triggers(table, exclusion).into_iter().map(|(_, sql)| sql).collect()
    }

    fn let_overlap(&self, _table: &str, name: &str) -> Vec<String> {
        exclusion::names(name).map(|name| format!("DROP TRIGGER IF EXISTS {}", quote(&name))).into()
    }

    fn exclusion_objects(&self, table: &TableDefinition, exclusion: &ExclusionDefinition) -> Vec<(String, String)> {
        exclusion::triggers(table, exclusion).into()
    }

    fn keep(&self, counted: &TableDefinition, figures: &[&FigureDefinition]) -> Vec<String> {
        figure::triggers(counted, figures).into_iter().map(|(_, sql)| sql).collect()
    }

    fn let_go(&self, _counted: &str, name: &str) -> Vec<String> {
        figure::names(name).map(|name| format!("DROP TRIGGER IF EXISTS {}", quote(&name))).into()
    }

    fn figure_objects(&self, counted: &TableDefinition, figures: &[&FigureDefinition]) -> Vec<(String, String)> {
        figure::triggers(counted, figures)
    }

    fn index_words(&self, table: &TableDefinition, search: &SearchDefinition) -> Vec<String> {
        search::make(table, search).into_iter().chain(self.watch_words(table, search)).collect()
    }

    fn forget_words(&self, _table: &str, search: &SearchDefinition) -> Vec<String> {
        self.unwatch_words(search).into_iter().chain([search::drop(search)]).collect()
    }

    fn watch_words(&self, table: &TableDefinition, search: &SearchDefinition) -> Vec<String> {
        search::triggers(table, search).into_iter().map(|(_, sql)| sql).collect()
    }

    fn unwatch_words(&self, search: &SearchDefinition) -> Vec<String> {
        search::names(&search.name).map(|name| format!("DROP TRIGGER IF EXISTS {}", quote(&name))).into()
    }

    fn search_objects(&self, table: &TableDefinition, search: &SearchDefinition) -> Vec<(String, String)> {
        search::objects(table, search)
    }

    fn convert(&self, from: &ColumnDefinition, to: &ColumnDefinition) -> Option<Conversion> {
        convert::convert(from, to)
    }

    fn now(&self) -> &'static str {
        NOW
    }

    fn neutral(&self, column: &ColumnDefinition) -> Option<String> {
        let facts = column.holds.facts();
        let constant = match (facts.fill, column.storage()) {
            (Fill::Nothing, _) => return None,
            (Fill::FirstWord, _) => return column.choices.first().map(|word| text_literal(word)),
            (Fill::Now, Storage::Date) => "date('now')",
            (Fill::Now, _) => NOW,
            (Fill::Empty, Storage::Integer | Storage::Boolean | Storage::Decimal(_)) => "0",
            (Fill::Empty, Storage::Real) => "0.0",
            (Fill::Empty, Storage::Json) if facts.holds_many => "'[]'",
            (Fill::Empty, Storage::Json) => "'null'",
            (Fill::Empty, Storage::Text | Storage::Date | Storage::Timestamp | Storage::Uuid) => "''",
        };
        Some(constant.to_owned())
    }

    fn holds_something(&self, column: &ColumnDefinition) -> String {
        format!("{} IS NOT {}", quote(&column.name), column.default.as_deref().unwrap_or("NULL"))
    }

    fn lexis(&self) -> &'static Lexis {
        &LEXIS
    }

    fn own_tables(&self) -> &'static [&'static str] {
        &[
            "CREATE TABLE IF NOT EXISTS \"fasttrack_schema\" (\
             \"name\" TEXT PRIMARY KEY, \"definition\" TEXT NOT NULL) STRICT",
            "CREATE TABLE IF NOT EXISTS \"fasttrack_migrations\" (\"version\" INTEGER PRIMARY KEY, \
             \"name\" TEXT NOT NULL, \"checksum\" TEXT NOT NULL, \"applied_at\" TEXT NOT NULL) STRICT",
        ]
    }

    /// What a virtual table keeps in tables of its own is no table of anybody's.
    fn objects(&self) -> &'static str {
        "SELECT 0, rowid, CAST(\"name\" AS BLOB), CAST(\"type\" AS BLOB), CAST(\"tbl_name\" AS BLOB), \
         CAST(\"sql\" AS BLOB) FROM sqlite_master WHERE \"sql\" IS NOT NULL AND \"name\" NOT LIKE 'sqlite\\_%' ESCAPE '\\' \
         AND \"name\" NOT IN (SELECT \"name\" FROM pragma_table_list WHERE \"schema\" = 'main' AND \"type\" = 'shadow')"
    }

    fn recorded_schema(&self) -> &'static str {
        "SELECT 1, rowid, CAST(\"name\" AS BLOB), CAST(\"definition\" AS BLOB), NULL, NULL FROM \"fasttrack_schema\""
    }

    fn applied_migrations(&self) -> &'static str {
        "SELECT 2, \"version\", CAST(\"name\" AS BLOB), CAST(\"checksum\" AS BLOB), CAST(\"applied_at\" AS BLOB), NULL \
         FROM \"fasttrack_migrations\""
    }

    /// Foreign keys are not enforced while a step is carried out.
    fn dangling_references(&self) -> &'static [&'static str] {
        &[
            "SELECT CAST(m.\"name\" AS BLOB), CAST(f.\"table\" AS BLOB) FROM sqlite_master m, \
             pragma_foreign_key_list(m.\"name\") f WHERE m.\"type\" = 'table' AND f.\"table\" NOT IN \
             (SELECT \"name\" FROM sqlite_master WHERE \"type\" = 'table')",
            "SELECT CAST(\"table\" AS BLOB), CAST(\"parent\" AS BLOB) FROM pragma_foreign_key_check LIMIT 1",
        ]
    }

    fn is_table(&self, there: &str, table: &TableDefinition) -> bool {
        same::is_same_table(there, &self.create_table(table))
    }

    fn is_index(&self, there: &str, table: &str, index: &IndexDefinition) -> bool {
        squeeze(there) == squeeze(&self.create_index(table, index))
    }
}

const LEXIS: Lexis = Lexis {
    forbidden: &["BEGIN", "COMMIT", "END", "ROLLBACK", "SAVEPOINT", "RELEASE", "ATTACH", "DETACH", "VACUUM", "PRAGMA"],
    quotes: &[('\'', "'", "text"), ('"', "\"", "name"), ('`', "`", "name"), ('[', "]", "name")],
    has_trigger_bodies: true,
    has_dollar_quotes: false,
};

/// This instant, as instants are kept.
const NOW: &str = "strftime('%Y-%m-%dT%H:%M:%f000Z', 'now')";

/// `CREATE TABLE` under another name.
fn create_as(table: &TableDefinition, name: &str) -> String {
    let checks = table.checks.iter().map(CheckDefinition::text);
    let parts: Vec<_> = table.columns.iter().map(column_text).chain(checks).collect();
    format!("CREATE TABLE {} (\n  {}\n) STRICT", quote(name), parts.join(",\n  "))
}

/// A column as it stands in `CREATE TABLE`.
fn column_text(column: &ColumnDefinition) -> String {
    let name = quote(&column.name);
    if column.holds == Holds::Id {
        return format!("{name} INTEGER PRIMARY KEY AUTOINCREMENT");
    }
    let mut text = format!("{name} {}", column_type(column));
    if !column.nullable {
        text.push_str(" NOT NULL");
    }
    if let Some(default) = &column.default {
        text.push_str(" DEFAULT ");
        text.push_str(default);
    }
    if let Some(condition) = condition(column) {
        text = format!("{text} CHECK ({condition})");
    }
    if let Some(ForeignKey { table, on_delete }) = &column.references {
        let action = match on_delete {
            OnDelete::Cascade => "CASCADE",
            OnDelete::SetNull => "SET NULL",
            OnDelete::Restrict => "RESTRICT",
        };
        text = format!("{text} REFERENCES {} (\"id\") ON DELETE {action}", quote(table));
    }
    text
}

/// The type of a column (of a STRICT table).
const fn column_type(column: &ColumnDefinition) -> &'static str {
    match column.storage() {
        Storage::Integer | Storage::Boolean | Storage::Decimal(_) => "INTEGER",
        Storage::Real => "REAL",
        Storage::Text | Storage::Timestamp | Storage::Date | Storage::Uuid | Storage::Json => "TEXT",
    }
}

/// What has to hold of a value. Of null it is true and not null, which would be let in as well: `PRAGMA integrity_check`
/// of `SQLite` before 3.41 calls a row broken for which a CHECK is null.
fn condition(column: &ColumnDefinition) -> Option<String> {
    let name = quote(&column.name);
    let condition = match column.storage() {
        Storage::Boolean => format!("{name} IN (0, 1)"),
        Storage::Json => format!("json_valid({name})"),
        _ if !column.choices.is_empty() => format!("{name} IN ({})", column.words()),
        _ => return None,
    };
    Some(if column.nullable { format!("{name} IS NULL OR {condition}") } else { condition })
}
