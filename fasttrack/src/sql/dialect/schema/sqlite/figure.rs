//! Figures that are kept, as triggers of the rows that are counted.

use crate::sql::{
    definition::{FigureDefinition, TableDefinition},
    text::quote,
};

/// What the triggers are called.
pub(super) fn names(name: &str) -> [String; 3] {
    ["insert", "update", "delete"].map(|event| format!("{name}_{event}"))
}

/// The triggers that keep the figures of a table, each with its name.
pub(super) fn triggers(counted: &TableDefinition, figures: &[&FigureDefinition]) -> Vec<(String, String)> {
    let Some(first) = figures.first() else { return Vec::new() };
    let columns = sorted(figures.iter().flat_map(|figure| &figure.columns));
    let of = format!("UPDATE OF {}", columns.iter().map(|column| quote(column)).collect::<Vec<_>>().join(", "));
    let keys = sorted(figures.iter().map(|figure| &figure.key));
    let by_key = |change: &dyn Fn(&str, &[&FigureDefinition]) -> String| {
        let of_key = |key: &&str| figures.iter().copied().filter(|figure| figure.key == *key).collect::<Vec<_>>();
        keys.iter().map(|key| change(&quote(key), &of_key(key))).collect::<Vec<_>>().join(" ")
    };
    let counts = |row: &str| any(figures.iter().map(|figure| format!("({}) <> 0", figure.amount_of(row))));
    let differs = |figure: &&FigureDefinition| {
        let (key, old, new) = (quote(&figure.key), figure.amount_of("OLD"), figure.amount_of("NEW"));
        format!("OLD.{key} IS NOT NEW.{key} OR ({old}) <> ({new})")
    };
    let [insert, update, delete] = names(&first.name);
    [
        (insert, "INSERT", counts("NEW"), by_key(&|key, figures| come_or_go(key, figures, ("+", "NEW")))),
        (update, of.as_str(), any(figures.iter().map(differs)), by_key(&moved)),
        (delete, "DELETE", counts("OLD"), by_key(&|key, figures| come_or_go(key, figures, ("-", "OLD")))),
    ]
    .map(|(name, event, when, body)| {
        let (quoted, table) = (quote(&name), quote(&counted.name));
        (name, format!("CREATE TRIGGER {quoted} AFTER {event} ON {table}\nWHEN {when}\nBEGIN {body} END"))
    })
    .into()
}

fn sorted<'a>(names: impl Iterator<Item = &'a String>) -> Vec<&'a str> {
    let mut names: Vec<_> = names.map(String::as_str).collect();
    names.sort_unstable();
    names.dedup();
    names
}

fn any(conditions: impl Iterator<Item = String>) -> String {
    conditions.collect::<Vec<_>>().join(" OR ")
}

/// A row comes or goes, with what it adds to the row that `key` leads to.
fn come_or_go(key: &str, figures: &[&FigureDefinition], (sign, row): (&str, &str)) -> String {
    set(figures, |figure, column| format!("{column} {sign} ({})", figure.amount_of(row))) + &format!("= {row}.{key};")
}

/// A row changes, and may lead elsewhere from then on.
fn moved(key: &str, figures: &[&FigureDefinition]) -> String {
    let change = |figure: &FigureDefinition, column: &str| {
        let of = |row: &str| format!("CASE WHEN \"id\" = {row}.{key} THEN {} ELSE 0 END", figure.amount_of(row));
        format!("{column} - {} + {}", of("OLD"), of("NEW"))
    };
    set(figures, change) + &format!("IN (OLD.{key}, NEW.{key});")
}

fn set(figures: &[&FigureDefinition], value: impl Fn(&FigureDefinition, &str) -> String) -> String {
    let table = figures.first().map(|first| quote(&first.table)).unwrap_or_default();
    let set = figures.iter().map(|figure| {
        let column = quote(&figure.column);
        format!("{column} = {}", value(figure, &column))
    });
    format!("UPDATE {table} SET {} WHERE \"id\" ", set.collect::<Vec<_>>().join(", "))
}
