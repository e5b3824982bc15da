//! What changes between the columns of one table and those of the next.

use super::change::{Direction, Weight};
use crate::{
    db::Dialect,
    sql::{self, ColumnAlteration, ColumnDefinition, Conversion, SchemaSyntax, TableDefinition, quote},
    types::{Fill, Holds},
};

/// A change of one column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ColumnChange {
    /// Its name.
    pub(super) column: String,
    pub(super) weight: Weight,
    /// What changes, without the table.
    pub(super) words: String,
    /// Which rows it cannot be done for, as a condition; empty for every row.
    pub(super) offends: Option<String>,
    /// The statements that do it without making the table anew; those of one column stand with its first change.
    pub(super) in_place: Option<Vec<String>>,
    /// Whether the rows hold something else afterwards.
    pub(super) rewrites: bool,
}

/// How columns are compared.
#[derive(Clone, Copy)]
pub(super) struct Columns {
    syntax: &'static dyn SchemaSyntax,
    direction: Direction,
}

impl Columns {
    pub(super) fn new(dialect: Dialect, direction: Direction) -> Self {
        Self { syntax: dialect.schema(), direction }
    }

    /// Every change, those that drop first.
    pub(super) fn compare(self, old: &TableDefinition, new: &TableDefinition) -> Vec<ColumnChange> {
        let is_gone = |column: &&ColumnDefinition| new.column(&column.name).is_none();
        let dropped = old.columns.iter().filter(is_gone).map(|column| self.drop(&new.name, column));
        let kept = new.columns.iter().flat_map(|column| match old.column(&column.name) {
            None => vec![self.add(&new.name, column)],
            Some(before) if before == column => Vec::new(),
            Some(before) => self.alter(&new.name, before, column),
        });
        dropped.chain(kept).collect()
    }

    /// What a column holds in a table that is made anew, as an expression over the old one.
    pub(super) fn value(self, old: Option<&ColumnDefinition>, new: &ColumnDefinition) -> String {
        let kept = old.and_then(|old| if old == new { Some(quote(&old.name)) } else { self.kept(old, new) });
        kept.or_else(|| self.fill(new)).unwrap_or_else(|| "NULL".to_owned())
    }

    /// What is left of what a column held.
    fn kept(self, old: &ColumnDefinition, new: &ColumnDefinition) -> Option<String> {
        let Conversion { value, .. } = self.syntax.convert(old, new)?;
        let default = new.default.as_deref().filter(|_| old.nullable && !new.nullable);
        Some(default.map_or_else(|| value.clone(), |default| sql::or_else(&value, default)))
    }

    /// What a column holds that is new; `None` where it has to be null, or there may be no rows.
    fn fill(self, column: &ColumnDefinition) -> Option<String> {
        let facts = column.holds.facts();
        let is_automatic = facts.is_automatic && facts.fill == Fill::Now;
        let automatic = is_automatic.then(|| self.syntax.now().to_owned());
        let may_be_neutral = self.direction == Direction::Down && !column.nullable;
        let neutral = || self.syntax.neutral(column).filter(|_| may_be_neutral);
        column.default.clone().or(automatic).or_else(neutral)
    }

    fn drop(self, table: &str, column: &ColumnDefinition) -> ColumnChange {
        let words = match self.direction {
            _ if column.holds == Holds::DeletedAt => {
                format!("`{}` {}; {WOULD_COME_BACK}", column.name, gone(self.direction))
            }
            Direction::Up => format!("`{}` is dropped, with what it holds", column.name),
            Direction::Down => format!("`{}` goes again, with what it holds", column.name),
        };
        ColumnChange {
            column: column.name.clone(),
            weight: Weight::Loss,
            words,
            offends: comes_back(column),
            in_place: self.syntax.alter(table, ColumnAlteration::Drop(column)),
            rewrites: false,
        }
    }

    fn add(self, table: &str, column: &ColumnDefinition) -> ColumnChange {
        let name = &column.name;
        let filled = self.fill(column);
        let is_possible = filled.is_some() || column.nullable;
        let words = match (&column.default, self.direction) {
            (_, Direction::Down) if column.nullable => format!("`{name}` comes back; what it held cannot"),
            (_, Direction::Down) => match &filled {
                Some(value) => format!("`{name}` comes back as {value}; what it held cannot"),
                None => format!("`{name}` comes back, and nothing can stand for what it held"),
            },
            (Some(default), _) => format!("a new column `{name}`, {default} for the rows that are there"),
            _ if column.nullable => format!("a new column `{name}`, null for the rows that are there"),
            _ if is_possible => format!("a new column `{name}`, this instant for the rows that are there"),
            _ => format!(
                "a new column `{name}` that may not be null and has no default (give it one, make it an `Option`, or \
                 edit the migration to fill it)"
            ),
        };
        ColumnChange {
            column: name.clone(),
            weight: if is_possible { Weight::Addition } else { Weight::Alteration },
            words,
            offends: (!is_possible).then(String::new),
            in_place: self.syntax.alter(table, ColumnAlteration::Add(column, filled.as_deref())),
            rewrites: false,
        }
    }

    /// What is different, one change per aspect.
    fn alter(self, table: &str, old: &ColumnDefinition, new: &ColumnDefinition) -> Vec<ColumnChange> {
        let value = self.value(Some(old), new);
        let rewrites = value != quote(&old.name);
        let mut in_place = self.syntax.alter(table, ColumnAlteration::Change { old, new, value: &value });
        let mut changes = Vec::new();
        for Aspect { weight, words, offends } in aspects(self.syntax, old, new) {
            let column = new.name.clone();
            let statements = in_place.as_mut().map(std::mem::take);
            changes.push(ColumnChange { column, weight, words, offends, in_place: statements, rewrites });
        }
        changes
    }
}

/// What stands against rows that say no more whether they are deleted.
const WOULD_COME_BACK: &str =
    "a row that is deleted and kept would be there again: erase such rows first, or restore them";

const fn gone(direction: Direction) -> &'static str {
    match direction {
        Direction::Up => "is dropped",
        Direction::Down => "goes again",
    }
}

/// Which rows would be there again without a column.
fn comes_back(column: &ColumnDefinition) -> Option<String> {
    (column.holds == Holds::DeletedAt).then(|| not_null(&column.name))
}

/// One respect in which a column changes.
struct Aspect {
    weight: Weight,
    words: String,
    offends: Option<String>,
}

fn aspects(syntax: &dyn SchemaSyntax, old: &ColumnDefinition, new: &ColumnDefinition) -> Vec<Aspect> {
    let mut aspects = Vec::new();
    let name = &new.name;
    let mut push = |weight, words: String, offends| aspects.push(Aspect { weight, words, offends });
    if let Some(words) = other_content(old, new) {
        match syntax.convert(old, new) {
            None if old.holds == Holds::DeletedAt => {
                push(Weight::Loss, format!("{words}; {WOULD_COME_BACK}"), comes_back(old));
            }
            None => {
                let none_may_be = (!new.nullable && new.default.is_none()).then(String::new);
                push(Weight::Loss, format!("{words}; what it holds is dropped"), none_may_be);
            }
            Some(Conversion { offends: Some(offends), .. }) => {
                let held = format!("{} AND ({offends})", not_null(&old.name));
                push(Weight::Loss, words, Some(held));
            }
            Some(_) => push(Weight::Alteration, words, None),
        }
    }
    match (old.nullable, new.nullable, &new.default) {
        (true, false, None) => {
            push(Weight::Loss, format!("`{name}` may not be null any more"), Some(sql::is_null(&old.name)));
        }
        (true, false, Some(default)) => {
            push(Weight::Alteration, format!("`{name}` may not be null any more, and is {default} where it is"), None);
        }
        (false, true, _) => push(Weight::Alteration, format!("`{name}` may be null"), None),
        _ => {}
    }
    if old.default != new.default {
        let default =
            new.default.as_ref().map_or_else(|| "no default".to_owned(), |value| format!("the default {value}"));
        push(Weight::Alteration, format!("`{name}` has {default}"), None);
    }
    let on_delete = |column: &ColumnDefinition| column.references.as_ref().map(|reference| reference.on_delete);
    if old.holds == new.holds && on_delete(old) != on_delete(new) {
        push(Weight::Alteration, format!("`{name}` does otherwise when the row it refers to goes"), None);
    }
    aspects
}

/// How the values that may be held differ, in words.
fn other_content(old: &ColumnDefinition, new: &ColumnDefinition) -> Option<String> {
    let name = &new.name;
    if old.holds != new.holds {
        return Some(format!("`{name}` holds {} instead of {}", new.holds.facts().noun, old.holds.facts().noun));
    }
    if old.scale != new.scale {
        return Some(format!("`{name}` has {} digits after the point instead of {}", new.scale, old.scale));
    }
    let table = |column: &ColumnDefinition| column.references.as_ref().map(|reference| reference.table.clone());
    if table(old) != table(new) {
        return Some(format!("`{name}` refers to `{}`", table(new).unwrap_or_default()));
    }
    if old.choices == new.choices {
        return None;
    }
    let words = |from: &[String], to: &[String]| {
        let only: Vec<_> = from.iter().filter(|word| !to.contains(word)).map(|word| format!("`{word}`")).collect();
        only.join(", ")
    };
    let (gone, come) = (words(&old.choices, &new.choices), words(&new.choices, &old.choices));
    Some(match (gone.as_str(), come.as_str()) {
        ("", "") => format!("the choices of `{name}` come in another order"),
        ("", _) => format!("`{name}` may also be {come}"),
        (_, "") => format!("`{name}` may not be {gone} any more"),
        _ => format!("`{name}` may be {come}, and not {gone} any more"),
    })
}

fn not_null(column: &str) -> String {
    format!("{} IS NOT NULL", quote(column))
}
