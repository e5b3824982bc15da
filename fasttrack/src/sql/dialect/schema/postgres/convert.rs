//! How values of one column become values of another one.
//!
//! Nothing is rounded, cut or guessed: what would not read back as it was is in the way. A cast that fails would end the
//! migration without naming a row, so each is asked first for what it cannot take.

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
    let (before, after, to_type) = (from.storage(), to.storage(), column_type(to));
    let decimal = (before != after).then(|| decimal::cast(before, after, &old, &to_type)).flatten();
    let (value, lossy) = decimal.unwrap_or_else(|| cast(before, after, &old, &to_type));
    let meant = misfit(from, to, &value);
    let offends: Vec<_> = lossy.into_iter().chain(meant).collect();
    let offends = (!offends.is_empty()).then(|| offends.join(" OR "));
    Some(Conversion { value, offends })
}

/// The value, and which ones it cannot be had of.
fn cast(from: Storage, to: Storage, old: &str, to_type: &str) -> (String, Option<String>) {
    let of_text = |text: &str, unfit: String| {
        // A cast is not tried where the text does not look like it: a condition may be asked in any order.
        (format!("({text})::{to_type}"), Some(unfit.replace("{text}", text)))
    };
    match (from, to) {
        _ if from == to => (old.to_owned(), None),
        (Storage::Integer, Storage::Real) => {
            (format!("({old})::double precision"), Some(INT_AS_FLOAT.replace("{old}", old)))
        }
        (Storage::Real, Storage::Integer) => (format!("({old})::bigint"), Some(FLOAT_AS_INT.replace("{old}", old))),
        (Storage::Boolean, Storage::Integer) => (format!("({old})::integer::bigint"), None),
        (Storage::Boolean, Storage::Real) => (format!("({old})::integer::double precision"), None),
        (Storage::Boolean, Storage::Json) => (format!("to_json(({old})::integer)"), None),
        (Storage::Integer | Storage::Real, Storage::Boolean) => {
            (format!("({old}) <> 0"), Some(format!("({old}) NOT IN (0, 1)")))
        }
        (Storage::Integer | Storage::Real, Storage::Json) => (format!("to_json({old})"), None),
        (_, Storage::Text) => (as_text(from, old), None),
        (_, Storage::Uuid) => of_text(&as_text(from, old), UNFIT_UUID.to_owned()),
        (_, Storage::Decimal(scale)) => decimal::of_text(&as_text(from, old), scale, to_type),
        (_, Storage::Integer) => of_text(&as_text(from, old), TEXT_AS_INT.to_owned()),
        (_, Storage::Real) => of_text(&as_text(from, old), TEXT_AS_FLOAT.to_owned()),
        (_, Storage::Boolean) => {
            let text = as_text(from, old);
            (format!("({text}) = '1'"), Some(format!("({text}) NOT IN ('0', '1')")))
        }
        (_, Storage::Json) => of_text(&as_text(from, old), "NOT \"fasttrack_is_json\"({text})".to_owned()),
        (_, Storage::Date) => of_text(&as_text(from, old), unfit_instant(DATE_FORM, "")),
        (_, Storage::Timestamp) => of_text(&as_text(from, old), unfit_instant(INSTANT_FORM, TIME_BOUNDS)),
    }
}

/// Whether an `item` is one of a list of these.
const fn is_item(holds: Holds) -> Option<&'static str> {
    match holds {
        Holds::Texts => Some("json_typeof(item) = 'string'"),
        Holds::Integers => Some(
            "CASE WHEN item::text ~ '^(0|-?[1-9][0-9]{0,18})$' \
             THEN item::text::numeric BETWEEN -9223372036854775808 AND 9223372036854775807 ELSE FALSE END",
        ),
        _ => None,
    }
}

/// A value as text, written as answers write it; true and false as the numbers that they are elsewhere.
fn as_text(from: Storage, old: &str) -> String {
    match from {
        Storage::Text => old.to_owned(),
        Storage::Boolean => format!("({old})::integer::text COLLATE \"C\""),
        Storage::Timestamp => {
            format!("to_char({old} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"') COLLATE \"C\"")
        }
        Storage::Date => format!("to_char({old}, 'YYYY-MM-DD') COLLATE \"C\""),
        Storage::Integer | Storage::Real | Storage::Decimal(_) | Storage::Uuid | Storage::Json => {
            format!("({old})::text COLLATE \"C\"")
        }
    }
}

/// From 2^53 on not every integer is a float, and 2^63 is none of ours.
const INT_AS_FLOAT: &str = "CASE WHEN {old} BETWEEN -9007199254740992 AND 9007199254740992 THEN FALSE \
    WHEN ({old})::double precision >= 9223372036854775808 THEN TRUE \
    ELSE ({old})::double precision::bigint <> {old} END";

const FLOAT_AS_INT: &str = "CASE WHEN {old} >= -9223372036854775808 AND {old} < 9223372036854775808 \
    THEN trunc({old}) <> {old} ELSE TRUE END";

const TEXT_AS_INT: &str = "CASE WHEN ({text}) ~ '^(0|-?[1-9][0-9]{0,18})$' \
    THEN ({text})::numeric NOT BETWEEN -9223372036854775808 AND 9223372036854775807 ELSE TRUE END";

/// As JSON writes numbers, and within what a float can be.
const TEXT_AS_FLOAT: &str = "CASE WHEN ({text}) ~ '^-?(0|[1-9][0-9]{0,99})(\\.[0-9]{1,99})?([eE][+-]?[0-9]{1,2})?$' \
    THEN FALSE ELSE TRUE END";

/// In whatever case.
const UNFIT_UUID: &str = "({text}) !~* '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$'";

const DATE_FORM: &str = "^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$";
const INSTANT_FORM: &str = "^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{6}Z$";
const TIME_BOUNDS: &str =
    " OR substr({text}, 12, 2) > '23' OR substr({text}, 15, 2) > '59' OR substr({text}, 18, 2) > '59'";

/// When a text is none of this form, or names a day that its month does not have.
fn unfit_instant(form: &str, bounds: &str) -> String {
    format!(
        "CASE WHEN ({{text}}) ~ '{form}' AND substr({{text}}, 1, 4) <> '0000' \
         THEN substr({{text}}, 9, 2)::integer > extract(day FROM \
         make_date(substr({{text}}, 1, 4)::integer, substr({{text}}, 6, 2)::integer, 1) + interval '1 month - 1 day'){bounds} \
         ELSE TRUE END"
    )
}

/// When a value of the right type is none that the column may hold.
fn misfit(from: &ColumnDefinition, to: &ColumnDefinition, value: &str) -> Option<String> {
    let (facts, before) = (to.holds.facts(), from.holds.facts());
    if to.holds == Holds::Choice {
        let keeps = from.holds == Holds::Choice && from.choices.iter().all(|word| to.choices.contains(word));
        return (!keeps).then(|| format!("{value} NOT IN ({})", to.words()));
    }
    if from.holds == to.holds {
        return None;
    }
    if let Some(is_item) = is_item(to.holds) {
        let is_json = if before.storage == Storage::Json { "TRUE" } else { "FALSE" };
        let old = quote(&from.name);
        return Some(format!(
            "CASE WHEN NOT {is_json} OR json_typeof({old}::text::json) <> 'array' THEN TRUE \
             ELSE EXISTS (SELECT 1 FROM json_array_elements({old}::text::json) AS e(item) WHERE NOT ({is_item})) END"
        ));
    }
    match (facts.misfit, &to.references) {
        (Some(misfit), _) => Some(misfit(value)),
        (None, Some(reference)) => {
            let table = quote(&reference.table);
            // What is no number is in the way already; it is not cast to be looked for.
            let class = before.storage;
            let (id, ids) = match class {
                Storage::Integer => (value.to_owned(), "\"id\""),
                _ => (as_text(class, &quote(&from.name)), "\"id\"::text"),
            };
            Some(format!("{id} NOT IN (SELECT {ids} FROM {table})"))
        }
        _ => None,
    }
}
