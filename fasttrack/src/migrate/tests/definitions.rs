//! What of a schema follows from columns: indexes, checks, what keeps rows apart, figures, indexes of words.

use std::collections::BTreeSet;

use super::{draughtsman::Draft, *};
use crate::sql::{FigureDefinition, SearchDefinition};

/// What rows of a table are called where they are counted.
const ROW: &str = "\"row()\"";

/// The column that a draft says.
pub(super) fn define(name: &str, draft: &Draft, tables: &[String]) -> ColumnDefinition {
    let on_delete = if draft.nullable { OnDelete::SetNull } else { OnDelete::Cascade };
    let (mut column, default) = match draft.kind {
        0 => (column(name, Holds::Text), Some("'it''s, (so)'")),
        1 => (column(name, Holds::Int), Some("7")),
        2 => (column(name, Holds::Float), Some("5e-1")),
        3 => (column(name, Holds::Bool), Some("1")),
        4 => (choice(name, &["a", "b", "c"]), Some("'b'")),
        5 => (choice(name, &["c", "a"]), Some("'a'")),
        6 => (column(name, Holds::Date), Some("'2026-01-02'")),
        7 => (column(name, Holds::Json), Some("'null'")),
        8 => (decimal(name, 2), Some("100")),
        9 => (decimal(name, 4), Some("100")),
        10 => (column(name, Holds::Uuid), None),
        11 => (column(name, Holds::Duration), Some("60")),
        12 => (column(name, Holds::Texts), Some("'[\"a\"]'")),
        13 => (column(name, Holds::Integers), Some("'[1]'")),
        _ => {
            let target = tables.get(usize::from(draft.target) % tables.len().max(1));
            (relation(name, target.map_or("users", String::as_str), on_delete), None)
        }
    };
    column.nullable = draft.nullable;
    column.default = default.filter(|_| draft.default).map(str::to_owned);
    column
}

/// Puts a column into a table, with the index that its draft says.
pub(super) fn put(table: &mut TableDefinition, column: ColumnDefinition, draft: &Draft) {
    let key = column.name.clone();
    table.columns.retain(|other| other.name != key);
    table.indexes.retain(|index| !index.covers(&key));
    table.columns.push(column);
    if draft.index < 2 {
        index(table, &key, draft.index == 0);
    }
}

/// A unique index over several columns, unless it is there.
pub(super) fn unite(table: &mut TableDefinition, keys: Vec<String>) {
    let name = format!("{}_{}_unique", table.name, keys.join("_").replace('"', ""));
    if table.indexes.iter().all(|index| index.name != name) && keys.iter().collect::<BTreeSet<_>>().len() == keys.len()
    {
        table.indexes.push(IndexDefinition { name, unique: true, inverted: false, keys, only: None });
    }
}

/// What compares two columns of one kind, as `SQLite` has it.
pub(super) fn compare(table: &TableDefinition, one: &str, other: &str) -> Option<CheckDefinition> {
    let (first, second) = (table.column(one)?, table.column(other)?);
    let op = match first.holds {
        Holds::Int | Holds::Float | Holds::Decimal | Holds::Date => "<=",
        Holds::Text | Holds::Bool | Holds::Choice => "<>",
        _ => return None,
    };
    if (first.holds, first.scale) != (second.holds, second.scale) || one == other {
        return None;
    }
    let condition = format!("{} {op} {}", quote(one), quote(other));
    let condition = if first.nullable || second.nullable { format!("({condition}) IS NOT FALSE") } else { condition };
    let name = format!("{}_{one}_{other}_ck", table.name);
    Some(CheckDefinition { name, condition, columns: vec![one.to_owned(), other.to_owned()] })
}

/// That rows begin before they end.
pub(super) fn strictly(table: &TableDefinition, start: &str, end: &str) -> CheckDefinition {
    let condition = format!("{} < {}", quote(start), quote(end));
    let name = format!("{}_{start}_{end}_order", table.name);
    CheckDefinition { name, condition, columns: vec![start.to_owned(), end.to_owned()] }
}

/// What keeps rows apart, if these columns can.
pub(super) fn exclude(
    table: &TableDefinition,
    start: &str,
    end: &str,
    per: Option<&String>,
) -> Option<ExclusionDefinition> {
    let ends = [table.column(start)?, table.column(end)?];
    let are_ends =
        ends.iter().all(|column| matches!(column.holds, Holds::Int | Holds::Decimal | Holds::Date) && !column.nullable);
    let are_alike = (ends[0].holds, ends[0].scale) == (ends[1].holds, ends[1].scale);
    if !are_ends || !are_alike || start == end {
        return None;
    }
    let is_point = |name: &&String| {
        table.column(name).is_some_and(|column| {
            !matches!(column.holds, Holds::Float | Holds::Json | Holds::Texts | Holds::Integers | Holds::Id)
        })
    };
    let per: Vec<_> = per.filter(is_point).cloned().into_iter().collect();
    let name = format!("{}_{}_{start}_{end}_excl", table.name, per.concat());
    Some(ExclusionDefinition { name, start: start.to_owned(), end: end.to_owned(), per, unless: None })
}

/// A figure of a table, kept of the rows of another one that refer to it: how many there are, or how many of them hold more
/// than nothing in a column, or what that comes to.
pub(super) fn count(
    counted: &TableDefinition,
    key: &str,
    column: &str,
    of: Option<(&str, bool)>,
) -> Option<FigureDefinition> {
    let table = counted.column(key)?.references.as_ref()?.table.clone();
    let number = of.filter(|(name, _)| counted.column(name).is_some_and(|column| column.holds == Holds::Int));
    let amount = match number {
        Some((name, true)) => format!("COALESCE({ROW}.{}, 0)", quote(name)),
        Some((name, false)) => format!("CASE WHEN {ROW}.{} > 0 THEN 1 ELSE 0 END", quote(name)),
        None => "1".to_owned(),
    };
    let columns = number.iter().map(|(name, _)| (*name).to_owned()).chain([key.to_owned()]).collect();
    let name = format!("{}_{table}_figures", counted.name);
    Some(FigureDefinition { name, table, column: column.to_owned(), key: key.to_owned(), amount, columns })
}

/// The column that holds a figure.
pub(super) fn figure(name: &str) -> ColumnDefinition {
    with_default(column(name, Holds::Int), "0")
}

/// The table of pairs in which a table keeps which rows of another one belong to each of its own.
pub(super) fn pairs(name: &str, from: &str, to: &str) -> TableDefinition {
    let ends = [("from_id", from), ("to_id", to)].map(|(key, table)| relation(key, table, OnDelete::Cascade));
    let mut made = table(name, &ends);
    unite(&mut made, ["from_id", "to_id"].map(quote).into());
    unite(&mut made, ["to_id", "from_id"].map(quote).into());
    made
}

/// Has words looked for in these columns, as far as they hold text.
pub(super) fn look_into(table: &mut TableDefinition, columns: BTreeSet<String>) {
    let is_text = |name: &String| table.column(name).is_some_and(|column| column.holds == Holds::Text);
    let columns: Vec<_> = columns.into_iter().filter(is_text).collect();
    let name = format!("fasttrack_search_{}", table.name);
    table.search = (!columns.is_empty()).then_some(SearchDefinition { name, columns });
}

/// Has everything be about rows that are there, where the table keeps those that are deleted.
pub(super) fn leave_out_deleted(table: &mut TableDefinition) {
    let deleted =
        table.columns.iter().find(|column| column.holds == Holds::DeletedAt).map(|column| column.name.clone());
    let only = deleted.as_ref().map(|name| format!("{} IS NULL", quote(name)));
    table.indexes.iter_mut().filter(|index| index.unique).for_each(|index| index.only.clone_from(&only));
    table.exclusions.iter_mut().for_each(|one| one.unless.clone_from(&deleted));
    for figure in &mut table.figures {
        let Some(name) = &deleted else { continue };
        let amount = format!("CASE WHEN {ROW}.{} IS NULL THEN {} ELSE 0 END", quote(name), figure.amount);
        figure.amount = amount;
        figure.columns.push(name.clone());
        figure.columns.sort();
    }
}
