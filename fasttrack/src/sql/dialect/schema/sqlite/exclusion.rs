//! What rows do not share, as triggers: they hold for whatever writes, row by row, within one statement too. Since the rows
//! that are there do not overlap, the one before and those that begin inside are all that there is to look at.

use crate::sql::{
    definition::{ExclusionDefinition, TableDefinition},
    text::{quote, text_literal},
};

/// How the refusal begins, which ends with the name.
const REFUSAL: &str = "EXCLUDE constraint failed: ";

/// What the triggers are called.
pub(super) fn names(name: &str) -> [String; 2] {
    ["insert", "update"].map(|event| format!("{name}_{event}"))
}

/// The triggers, each with its name. They look when the row is there, as it has become.
pub(super) fn triggers(table: &TableDefinition, exclusion: &ExclusionDefinition) -> [(String, String); 2] {
    let columns: Vec<_> = exclusion.columns().map(|column| quote(column)).collect();
    let of = format!("UPDATE OF {}", columns.join(", "));
    let [insert, update] = names(&exclusion.name);
    [(insert, "INSERT"), (update, of.as_str())].map(|(name, event)| {
        let sql = format!(
            "CREATE TRIGGER {} AFTER {event} ON {}\nWHEN {}\nBEGIN SELECT RAISE(ABORT, {}); END",
            quote(&name),
            quote(&table.name),
            overlaps(table, exclusion),
            text_literal(&format!("{REFUSAL}{}", exclusion.name))
        );
        (name, sql)
    })
}

/// Whether the new row overlaps another one.
fn overlaps(table: &TableDefinition, exclusion: &ExclusionDefinition) -> String {
    let (name, start, end) = (quote(&table.name), quote(&exclusion.start), quote(&exclusion.end));
    let per = exclusion.per.iter().filter_map(|name| table.column(name));
    let same = per.map(|column| {
        let of = |row: &str| column.matched(format!("{row}.{}", quote(&column.name)));
        format!("{} = {} AND ", of("o"), of("NEW"))
    });
    let same: String = same.collect::<Vec<_>>().concat();
    let there = |row: &str| exclusion.unless.as_ref().map(|key| format!("{row}.{} IS NULL AND ", quote(key)));
    let (whether, other) = (there("NEW").unwrap_or_default(), there("o").unwrap_or_default());
    let same = same + &other;
    let overlaps = format!(
        "EXISTS (SELECT 1 FROM {name} AS o WHERE {same}o.{start} >= NEW.{start} AND o.{start} < NEW.{end} \
         AND o.\"id\" <> NEW.\"id\") OR (SELECT o.{end} FROM {name} AS o WHERE {same}o.{start} < NEW.{start} \
         ORDER BY o.{start} DESC LIMIT 1) > NEW.{start}"
    );
    if whether.is_empty() { overlaps } else { format!("{whether}({overlaps})") }
}
