//! The index of words, as a table of FTS5 that triggers keep. It holds no text, only which words are in which row; so what
//! goes out of it is said with the text that went in.
//!
//! That one is not an index over the table itself (`content=`), whose columns it would have to have: `rank` is a name
//! that FTS5 has for something else. And it asks nothing of `SQLite` that came after 3.27, since other programs write to the
//! file as well.

use crate::sql::{
    definition::{SearchDefinition, TableDefinition},
    text::quote,
};

/// Letters, digits and marks make words; but for the marks that choose how a symbol looks.
const TOKENIZER: &str = "unicode61 remove_diacritics 2 categories 'L* N* M* Co' separators '\u{20E3}\u{FE0E}\u{FE0F}'";

/// What the index calls a column.
pub(in crate::sql) fn words_column(key: &str) -> String {
    format!("in_{key}")
}

/// Makes the index, of the words of the rows that are there. One may be left of a table that somebody dropped.
pub(super) fn make(table: &TableDefinition, search: &SearchDefinition) -> Vec<String> {
    let values = search.columns.iter().map(|column| value(search, "", column)).collect::<Vec<_>>().join(", ");
    let (name, table) = (quote(&search.name), quote(&table.name));
    let fill =
        format!("INSERT INTO {name} (rowid, {})\nSELECT \"id\", {values} FROM {table}", columns(search).join(", "));
    vec![drop(search), create(search), fill]
}

/// Drops it.
pub(super) fn drop(search: &SearchDefinition) -> String {
    format!("DROP TABLE IF EXISTS {}", quote(&search.name))
}

/// What stands beside the table, each with its name.
pub(super) fn objects(table: &TableDefinition, search: &SearchDefinition) -> Vec<(String, String)> {
    [(search.name.clone(), create(search))].into_iter().chain(triggers(table, search)).collect()
}

/// What the triggers are called.
pub(super) fn names(name: &str) -> [String; 3] {
    ["insert", "update", "delete"].map(|event| format!("{name}_{event}"))
}

/// The triggers, each with its name.
pub(super) fn triggers(table: &TableDefinition, search: &SearchDefinition) -> [(String, String); 3] {
    let on = quote(&table.name);
    let [insert, update, delete] = names(&search.name);
    let watched: Vec<_> = std::iter::once("id").chain(search.columns.iter().map(String::as_str)).map(quote).collect();
    let of = format!("AFTER UPDATE OF {}", watched.join(", "));
    let differs = watched.iter().map(|column| format!("OLD.{column} IS NOT NEW.{column}")).collect::<Vec<_>>();
    let differs = format!("\nWHEN {}", differs.join(" OR "));
    let (enter, leave) = (enter(search), leave(search));
    let both = format!("{leave} {enter}");
    [
        (insert, "AFTER INSERT", "", enter),
        (update, of.as_str(), differs.as_str(), both),
        (delete, "AFTER DELETE", "", leave),
    ]
    .map(|(name, event, when, body)| {
        let quoted = quote(&name);
        (name, format!("CREATE TRIGGER {quoted} {event} ON {on}{when}\nBEGIN {body} END"))
    })
}

fn create(search: &SearchDefinition) -> String {
    let (name, columns) = (quote(&search.name), columns(search).join(", "));
    format!(
        "CREATE VIRTUAL TABLE {name} USING fts5({columns},\n  content='', columnsize=0, detail=column,\n  \
         tokenize=\"{TOKENIZER}\")"
    )
}

fn columns(search: &SearchDefinition) -> Vec<String> {
    search.columns.iter().map(|column| quote(&words_column(column))).collect()
}

/// What of a column is looked into.
fn value(search: &SearchDefinition, row: &str, column: &str) -> String {
    format!("substr({row}{}, 1, {})", quote(column), search.max_chars())
}

fn enter(search: &SearchDefinition) -> String {
    let values: Vec<_> = search.columns.iter().map(|column| value(search, "NEW.", column)).collect();
    let (name, columns) = (quote(&search.name), columns(search).join(", "));
    format!("INSERT INTO {name} (rowid, {columns}) VALUES (NEW.\"id\", {});", values.join(", "))
}

/// FTS5 takes the column that is called as the table itself for an order to it.
fn leave(search: &SearchDefinition) -> String {
    let values: Vec<_> = search.columns.iter().map(|column| value(search, "OLD.", column)).collect();
    let (name, columns) = (quote(&search.name), columns(search).join(", "));
    format!("INSERT INTO {name} ({name}, rowid, {columns}) VALUES ('delete', OLD.\"id\", {});", values.join(", "))
}
