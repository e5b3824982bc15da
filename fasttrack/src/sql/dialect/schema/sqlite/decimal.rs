//! How decimals become other values, and others decimals: to the digit, or not at all.

use crate::{
    decimal::power,
    sql::dialect::sqlite::decimal_text,
    types::{EXACT_UNITS, Storage},
};

/// The value, and which ones it cannot be had of; `None` where neither is a decimal.
pub(super) fn convert(from: Storage, to: Storage, old: &str) -> Option<(String, Option<String>)> {
    Some(match (from, to) {
        _ if from == to => return None,
        (Storage::Decimal(before), Storage::Decimal(after)) if before < after => times(old, power(after - before)),
        (Storage::Decimal(before), Storage::Decimal(after)) => part(old, power(before - after)),
        (Storage::Integer | Storage::Boolean, Storage::Decimal(scale)) => times(old, power(scale)),
        (Storage::Decimal(scale), Storage::Integer | Storage::Boolean) => part(old, power(scale)),
        (Storage::Real, Storage::Decimal(scale)) => {
            // Up to 15 digits a float is no other decimal than the one that it is shown as.
            let value = format!("CAST(round({old} * 1e{scale}) AS INTEGER)");
            let lossy = format!("abs({old}) * 1e{scale} > {EXACT_UNITS} OR CAST({value} AS REAL) / 1e{scale} <> {old}");
            (value, Some(lossy))
        }
        (Storage::Decimal(scale), Storage::Real) => {
            (format!("CAST({old} AS REAL) / 1e{scale}"), Some(format!("abs({old}) > {EXACT_UNITS}")))
        }
        (Storage::Decimal(scale), Storage::Json) => (format!("json_quote({})", decimal_text(scale, old)), None),
        (Storage::Decimal(scale), _) => (format!("({})", decimal_text(scale, old)), None),
        (Storage::Json, Storage::Decimal(scale)) => {
            let zeros = "0".repeat(scale.into());
            let text = format!(
                "(CASE json_type({old}) WHEN 'text' THEN {old} ->> '$' WHEN 'integer' THEN ({old} ->> '$') || '.{zeros}' END)"
            );
            of_text(&text, scale)
        }
        (_, Storage::Decimal(scale)) => of_text(old, scale),
        _ => return None,
    })
}

fn times(old: &str, by: i64) -> (String, Option<String>) {
    let most = i64::MAX / by;
    (format!("{old} * {by}"), Some(format!("{old} NOT BETWEEN -{most} AND {most}")))
}

fn part(old: &str, of: i64) -> (String, Option<String>) {
    (format!("({old} / {of})"), Some(format!("{old} % {of} <> 0")))
}

/// Of text with all the digits. What is no number is none of those that the value is shown as.
fn of_text(text: &str, scale: u8) -> (String, Option<String>) {
    let value = format!("CAST(replace({text}, '.', '') AS INTEGER)");
    let shown = decimal_text(scale, &value);
    let lossy = format!("{text} IS NULL OR ({shown}) IS NOT {text} OR {value} < -{}", i64::MAX);
    (value, Some(lossy))
}
