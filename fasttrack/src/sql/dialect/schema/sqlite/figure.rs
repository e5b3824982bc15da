//! Figures that are kept, as triggers of the rows that are counted.

use crate::sql::{
    definition::{FigureDefinition, TableDefinition},
    text::quote,
};

/// What the triggers are called.
pub(super) fn names(name: &str) -> [String; 3] {
    ["insert", "update", "delete"].map(|event| format!("{name}_{event}"))
}

/// The triggers, each with its name.
pub(super) fn triggers(counted: &TableDefinition, figure: &FigureDefinition) -> [(String, String); 3] {
    let key = quote(&figure.key);
    let (old, new) = (figure.amount_of("OLD"), figure.amount_of("NEW"));
    let columns: Vec<_> = figure.columns.iter().map(|column| quote(column)).collect();
    let of = format!("UPDATE OF {}", columns.join(", "));
    let differs = format!("OLD.{key} IS NOT NEW.{key} OR ({old}) <> ({new})");
    let [insert, update, delete] = names(&figure.name);
    let change = |sign: &str, row: &str| {
        let (table, column) = (quote(&figure.table), quote(&figure.column));
        format!("UPDATE {table} SET {column} = {column} {sign} ({}) WHERE \"id\" = {row}.{key};", figure.amount_of(row))
    };
    let both = format!("{} {}", change("-", "OLD"), change("+", "NEW"));
    [
        (insert, "INSERT", "TRUE".to_owned(), change("+", "NEW")),
        (update, of.as_str(), differs, both),
        (delete, "DELETE", "TRUE".to_owned(), change("-", "OLD")),
    ]
    .map(|(name, event, when, body)| {
        let (quoted, table) = (quote(&name), quote(&counted.name));
        (name, format!("CREATE TRIGGER {quoted} AFTER {event} ON {table}\nWHEN {when}\nBEGIN {body} END"))
    })
}
