//! How values of one column become values of another one.

use super::{
    super::{Conversion, is_foreign},
    column_type, decimal,
};
use crate::{
    sql::{
        definition::{ColumnDefinition, Holds},
        text::quote,
    },
    types::Storage,
};

/// How what `from` holds becomes what `to` may hold; `None` where nothing of it means anything there.
pub(super) fn convert(from: &ColumnDefinition, to: &ColumnDefinition) -> Option<Conversion> {
    if is_foreign(from, to) {
        return None;
    }
    let old = quote(&from.name);
    let decimal = decimal::convert(from.storage(), to.storage(), &old);
    let (value, lossy) = decimal.unwrap_or_else(|| match (column_type(from), column_type(to)) {
        ("INTEGER", "REAL") => cast(&old, "REAL", "{value} <> {old}"),
        ("REAL", "INTEGER") => cast(&old, "INTEGER", "{value} <> {old}"),
        ("INTEGER", "TEXT") => cast(&old, "TEXT", ""),
        ("REAL", "TEXT") => cast(&old, "TEXT", "CAST({value} AS REAL) <> {old}"),
        ("TEXT", "INTEGER") => cast(&old, "INTEGER", "CAST({value} AS TEXT) <> {old}"),
        ("TEXT", "REAL") => {
            let is_number = "CASE WHEN json_valid({old}) THEN json_type({old}) NOT IN ('integer', 'real') ELSE 1 END";
            cast(&old, "REAL", is_number)
        }
        // In whatever case.
        (_, "TEXT") if to.holds == Holds::Uuid && from.holds != Holds::Uuid => (format!("lower({old})"), None),
        _ => (old, None),
    });
    let meant = misfit(from, to, &value);
    let offends: Vec<_> = lossy.into_iter().chain(meant).collect();
    let offends = (!offends.is_empty()).then(|| offends.join(" OR "));
    Some(Conversion { value, offends })
}

/// What the values of a list are, as `SQLite` calls it.
const fn item_type(holds: Holds) -> Option<&'static str> {
    match holds {
        Holds::Texts => Some("text"),
        Holds::Integers => Some("integer"),
        _ => None,
    }
}

fn cast(old: &str, to: &str, lossy: &str) -> (String, Option<String>) {
    let value = format!("CAST({old} AS {to})");
    let lossy = (!lossy.is_empty()).then(|| lossy.replace("{value}", &value).replace("{old}", old));
    (value, lossy)
}

/// When a value of the right type is none that the column may hold.
fn misfit(from: &ColumnDefinition, to: &ColumnDefinition, value: &str) -> Option<String> {
    if to.holds == Holds::Choice {
        let keeps = from.holds == Holds::Choice && from.choices.iter().all(|word| to.choices.contains(word));
        return (!keeps).then(|| format!("{value} NOT IN ({})", to.words()));
    }
    let (facts, before) = (to.holds.facts(), from.holds.facts());
    if from.holds == to.holds || (before.storage, facts.storage) == (Storage::Timestamp, Storage::Timestamp) {
        return None;
    }
    if let Some(item) = item_type(to.holds) {
        // What is no JSON is not taken apart.
        return Some(format!(
            "CASE WHEN NOT json_valid({value}) THEN 1 WHEN json_type({value}) <> 'array' THEN 1 \
             ELSE EXISTS (SELECT 1 FROM json_each({value}) WHERE \"type\" <> '{item}') END"
        ));
    }
    match (facts.storage, facts.misfit, &to.references) {
        (Storage::Boolean, ..) => Some(format!("{value} NOT IN (0, 1)")),
        (Storage::Json, ..) => Some(format!("NOT json_valid({value})")),
        (Storage::Uuid, ..) => {
            let digits = [8, 4, 4, 4, 12].map(|digits| "[0-9a-f]".repeat(digits)).join("-");
            Some(format!("{value} NOT GLOB '{digits}'"))
        }
        (Storage::Date, ..) => Some(format!("date({value}) IS NOT {value}")),
        (Storage::Timestamp, ..) => Some(format!(
            "{value} NOT GLOB '????-??-??T??:??:??.??????Z' OR strftime('%Y-%m-%dT%H:%M:%S', {value}) IS NOT substr({value}, 1, 19)"
        )),
        (_, Some(misfit), _) => Some(misfit(value)),
        (_, None, Some(reference)) => Some(format!("{value} NOT IN (SELECT \"id\" FROM {})", quote(&reference.table))),
        _ => None,
    }
}
