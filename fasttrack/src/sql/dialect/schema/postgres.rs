//! Tables of `PostgreSQL`.
//!
//! Every column changes where it stands. References are made once all tables are there, since one may lead to a table
//! that comes later; they and checks are named after their table and column, and follow when these are renamed. Text is
//! compared by code point (`COLLATE "C"`), as `SQLite` does. An index ends with the id, so that ties come in its order.

mod alter;
mod catalog;
mod convert;
mod decimal;
mod exclusion;
mod figure;
mod name;
mod same;
mod search;

pub(in crate::sql) use self::search::{WORDS_COLUMN, words_mark};

use std::borrow::Cow;

use self::name::identifier;
use super::{ColumnAlteration, Conversion, IndexKey, Lexis, SchemaSyntax};
use crate::{
    db::Dialect,
    schema::{Literal, OnDelete},
    sql::{
        definition::{
            CheckDefinition, ColumnDefinition, ExclusionDefinition, FigureDefinition, ForeignKey, Holds,
            IndexDefinition, SearchDefinition, TableDefinition,
        },
        text::{quote, text_literal},
    },
    types::{Fill, Storage},
};

/// The schema's side of `PostgreSQL`.
pub(super) struct PostgresSchema;

impl SchemaSyntax for PostgresSchema {
    fn create_table(&self, table: &TableDefinition) -> String {
        let columns = table.columns.iter().map(|column| column_text(&table.name, column));
        let parts: Vec<_> = columns.chain(table.checks.iter().map(CheckDefinition::text)).collect();
        format!("CREATE TABLE {} (\n  {}\n)", quote(&table.name), parts.join(",\n  "))
    }

    fn add_references(&self, table: &TableDefinition) -> Vec<String> {
        table.columns.iter().filter_map(|column| alter::add_reference(&table.name, column)).collect()
    }

    fn drop_reference(&self, table: &str, column: &ColumnDefinition) -> Option<String> {
        column.references.as_ref()?;
        Some(alter::drop_constraint(table, &name::reference(table, column)))
    }

    fn follow_table(&self, table: &TableDefinition, name: &str) -> Vec<String> {
        alter::follow_table(table, name)
    }

    fn follow_column(&self, table: &str, column: &ColumnDefinition, name: &str) -> Vec<String> {
        let after = ColumnDefinition { name: name.to_owned(), ..column.clone() };
        alter::rename_constraints(table, &name::constraints(table, column), &name::constraints(table, &after))
    }

    fn index_keys(&self, keys: Vec<IndexKey>, unique: bool) -> Vec<String> {
        let text = |key: IndexKey| {
            let expression = if key.is_plain { key.expression } else { format!("({})", key.expression) };
            // Lists have nulls first. Nothing is listed along a unique index that has any: they are not in order of ids.
            if key.is_nullable && !unique { format!("{expression} NULLS FIRST") } else { expression }
        };
        let mut keys: Vec<_> = keys.into_iter().map(text).collect();
        let id = quote("id");
        if !unique && keys.last() != Some(&id) {
            keys.push(id);
        }
        keys
    }

    fn index_name(&self, name: &str) -> String {
        identifier(name)
    }

    /// With its type and in lower case, as the catalog writes it.
    fn constant(&self, value: Literal) -> String {
        match value {
            Literal::Bool(value) => value.to_string(),
            Literal::Int(value) => format!("'{value}'::bigint"),
            value => Dialect::Postgres.sql().literal(value),
        }
    }

    fn add_check(&self, table: &str, check: &CheckDefinition) -> Option<String> {
        Some(format!("ALTER TABLE {} ADD {}", quote(table), check.text()))
    }

    fn drop_check(&self, table: &str, name: &str) -> Option<String> {
        Some(alter::drop_constraint(table, name))
    }

    fn rename_check(&self, table: &str, before: &str, name: &str) -> Option<String> {
        alter::rename_constraints(table, &[before.to_owned()], &[name.to_owned()]).pop()
    }

    fn exclude(&self, table: &TableDefinition, exclusion: &ExclusionDefinition) -> Vec<String> {
        let (name, text) = (quote(&exclusion.name), exclusion::text(table, exclusion));
        vec![format!("ALTER TABLE {} ADD CONSTRAINT {name} {text}", quote(&table.name))]
    }

    fn let_overlap(&self, table: &str, name: &str) -> Vec<String> {
        vec![alter::drop_constraint(table, name)]
    }

    fn figure_name(&self, name: &str) -> String {
        name::with_room(name, "_update".len())
    }

    fn keep(&self, counted: &TableDefinition, figures: &[&FigureDefinition]) -> Vec<String> {
        figure::make(counted, figures)
    }

    fn let_go(&self, counted: &str, name: &str) -> Vec<String> {
        figure::drop(counted, name)
    }

    fn figure_objects(&self, _counted: &TableDefinition, figures: &[&FigureDefinition]) -> Vec<(String, String)> {
        figure::functions(figures)
    }

    fn search_name(&self, name: &str) -> String {
        identifier(name)
    }

    fn index_words(&self, table: &TableDefinition, search: &SearchDefinition) -> Vec<String> {
        search::make(table, search)
    }

    fn forget_words(&self, table: &str, _search: &SearchDefinition) -> Vec<String> {
        search::drop(table)
    }

    /// The index is there as long as the column is.
    fn search_objects(&self, _table: &TableDefinition, search: &SearchDefinition) -> Vec<(String, String)> {
        vec![(search.name.clone(), String::new())]
    }

    fn lists_nulls_along_unique(&self) -> bool {
        false
    }

    fn create_index(&self, table: &str, index: &IndexDefinition) -> String {
        let unique = if index.unique { "UNIQUE " } else { "" };
        // What is added is in its place at once: a list of it that is put off would be searched by every reader.
        let (method, how) = if index.inverted { ("USING gin ", " WITH (fastupdate = off)") } else { ("", "") };
        let (name, table, keys, which) = (quote(&index.name), quote(table), index.keys.join(", "), index.which());
        format!("CREATE {unique}INDEX {name} ON {table} {method}({keys}){how}{which}")
    }

    /// Over the values of all lists, by which `@>` finds the rows.
    fn list_key(&self, column: &str) -> Option<String> {
        Some(format!("({}::jsonb) jsonb_path_ops", quote(column)))
    }

    fn alter(&self, table: &str, change: ColumnAlteration<'_>) -> Option<Vec<String>> {
        Some(alter::alter(table, change))
    }

    fn convert(&self, from: &ColumnDefinition, to: &ColumnDefinition) -> Option<Conversion> {
        convert::convert(from, to)
    }

    fn now(&self) -> &'static str {
        "now()"
    }

    fn neutral(&self, column: &ColumnDefinition) -> Option<String> {
        let facts = column.holds.facts();
        let constant = match (facts.fill, column.storage()) {
            (Fill::Nothing, _) => return None,
            (Fill::FirstWord, _) => return column.choices.first().map(|word| text_literal(word)),
            (Fill::Now, Storage::Date) => "(now() AT TIME ZONE 'UTC')::date",
            (Fill::Now, _) => self.now(),
            (Fill::Empty, Storage::Integer | Storage::Decimal(_)) => "0",
            (Fill::Empty, Storage::Boolean) => "FALSE",
            (Fill::Empty, Storage::Real) => "0.0",
            (Fill::Empty, Storage::Json) if facts.holds_many => "'[]'",
            (Fill::Empty, Storage::Json) => "'null'",
            (Fill::Empty, Storage::Text | Storage::Date | Storage::Timestamp | Storage::Uuid) => "''",
        };
        Some(constant.to_owned())
    }

    fn holds_something(&self, column: &ColumnDefinition) -> String {
        // JSON is kept as text, and has no equality.
        let cast = if column.storage() == Storage::Json { "::text" } else { "" };
        format!("{}{cast} IS DISTINCT FROM {}", quote(&column.name), column.default.as_deref().unwrap_or("NULL"))
    }

    fn lexis(&self) -> &'static Lexis {
        &LEXIS
    }

    fn own_tables(&self) -> &'static [&'static str] {
        &[
            "CREATE TABLE IF NOT EXISTS \"fasttrack_schema\" (\
             \"name\" text COLLATE \"C\" PRIMARY KEY, \"definition\" json NOT NULL)",
            "CREATE TABLE IF NOT EXISTS \"fasttrack_migrations\" (\"version\" bigint PRIMARY KEY, \
             \"name\" text COLLATE \"C\" NOT NULL, \"checksum\" text COLLATE \"C\" NOT NULL, \
             \"applied_at\" timestamptz NOT NULL)",
            IS_JSON,
            exclusion::TEXT_RANGE,
            search::FUNCTION,
        ]
    }

    fn lock(&self) -> Option<&'static str> {
        Some(LOCK)
    }

    fn objects(&self) -> &'static str {
        catalog::OBJECTS
    }

    fn recorded_schema(&self) -> &'static str {
        "SELECT 1, row_number() OVER (ORDER BY \"name\"), \"name\"::text, \"definition\"::text, NULL::text, NULL::text \
         FROM \"fasttrack_schema\""
    }

    fn applied_migrations(&self) -> &'static str {
        "SELECT 2, \"version\", \"name\"::text, \"checksum\"::text, \
         to_char(\"applied_at\" AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"'), NULL::text \
         FROM \"fasttrack_migrations\""
    }

    fn is_table(&self, there: &str, table: &TableDefinition) -> bool {
        same::is_table(there, table)
    }

    fn is_index(&self, there: &str, table: &str, index: &IndexDefinition) -> bool {
        same::is_index(there, &self.create_index(table, index))
    }
}

/// Has processes that look at the schema or change it wait for one another until the transaction ends, however long that
/// takes. The number is "fasttrac" in ASCII.
const LOCK: &str = "SELECT set_config('lock_timeout', '0', TRUE), pg_advisory_xact_lock(7377304608616636771)::text";

/// Whether a text is JSON: before version 16 there is no other way to ask than to try.
const IS_JSON: &str = "CREATE OR REPLACE FUNCTION \"fasttrack_is_json\"(\"value\" text) RETURNS boolean \
    LANGUAGE plpgsql IMMUTABLE AS $$BEGIN PERFORM \"value\"::json; RETURN TRUE; \
    EXCEPTION WHEN OTHERS THEN RETURN FALSE; END$$";

const LEXIS: Lexis = Lexis {
    forbidden: &["ABORT", "BEGIN", "COMMIT", "END", "PREPARE", "RELEASE", "ROLLBACK", "SAVEPOINT", "START", "VACUUM"],
    quotes: &[('\'', "'", "text"), ('"', "\"", "name")],
    has_trigger_bodies: false,
    has_dollar_quotes: true,
};

/// A column as it stands in `CREATE TABLE` and `ADD COLUMN`, without the reference.
fn column_text(table: &str, column: &ColumnDefinition) -> String {
    let mut text = format!("{} {}", quote(&column.name), column_type(column));
    if column.holds == Holds::Id {
        return format!("{text} GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY");
    }
    if !column.nullable {
        text.push_str(" NOT NULL");
    }
    if let Some(default) = &column.default {
        text = format!("{text} DEFAULT {default}");
    }
    if let Some(condition) = condition(column) {
        text = format!("{text} CONSTRAINT {} CHECK ({condition})", quote(&name::check(table, column)));
    }
    text
}

/// The type of a column.
fn column_type(column: &ColumnDefinition) -> Cow<'static, str> {
    Cow::Borrowed(match column.storage() {
        Storage::Integer => "bigint",
        Storage::Boolean => "boolean",
        Storage::Real => "double precision",
        Storage::Decimal(scale) => return Cow::Owned(format!("numeric(19,{scale})")),
        Storage::Text => "text COLLATE \"C\"",
        Storage::Timestamp => "timestamptz",
        Storage::Date => "date",
        Storage::Uuid => "uuid",
        Storage::Json => "json",
    })
}

/// What has to hold of a value; of null it is null, which is let in.
fn condition(column: &ColumnDefinition) -> Option<String> {
    (!column.choices.is_empty()).then(|| format!("{} IN ({})", quote(&column.name), column.words()))
}

/// Where a relation leads, and what becomes of it when the row there goes.
fn reference(column: &ColumnDefinition) -> Option<String> {
    let ForeignKey { table, on_delete } = column.references.as_ref()?;
    let action = match on_delete {
        OnDelete::Cascade => "CASCADE",
        OnDelete::SetNull => "SET NULL",
        OnDelete::Restrict => "RESTRICT",
    };
    Some(format!("FOREIGN KEY ({}) REFERENCES {} (\"id\") ON DELETE {action}", quote(&column.name), quote(table)))
}
