//! How decimals become other values, and others decimals: to the digit, or not at all.

use crate::{
    decimal::{Fixed, power},
    types::{EXACT_UNITS, Storage},
};

/// The value, and which ones it cannot be had of; `None` where neither is a decimal, or one is what it is written as.
pub(super) fn cast(from: Storage, to: Storage, old: &str, to_type: &str) -> Option<(String, Option<String>)> {
    let cast = format!("({old})::{to_type}");
    Some(match (from, to) {
        (Storage::Decimal(before), Storage::Decimal(after)) if before < after => {
            (cast, Some(format!("abs({old}) > {}", Fixed::new(i64::MAX, after))))
        }
        (Storage::Decimal(_), Storage::Decimal(after)) => (cast, Some(format!("trunc({old}, {after}) <> {old}"))),
        (Storage::Integer, Storage::Decimal(scale)) => {
            let most = i64::MAX / power(scale);
            (cast, Some(format!("({old}) NOT BETWEEN -{most} AND {most}")))
        }
        (Storage::Boolean, Storage::Decimal(_)) => (format!("({old})::integer::{to_type}"), None),
        (Storage::Real, Storage::Decimal(scale)) => {
            // Up to 15 digits a float is no other decimal than the one that it is shown as.
            let value = format!("round(({old})::numeric, {scale})");
            let lossy = format!(
                "CASE WHEN abs({old}) * '1e{scale}'::double precision <= {EXACT_UNITS} \
                 THEN ({value})::double precision <> {old} ELSE TRUE END"
            );
            (format!("{value}::{to_type}"), Some(lossy))
        }
        (Storage::Decimal(_), Storage::Integer) => (cast, Some(format!("trunc({old}) <> {old}"))),
        (Storage::Decimal(_), Storage::Boolean) => (format!("({old}) <> 0"), Some(format!("({old}) NOT IN (0, 1)"))),
        (Storage::Decimal(scale), Storage::Real) => {
            (cast, Some(format!("abs({old}) > {}", Fixed::new(EXACT_UNITS, scale))))
        }
        (Storage::Decimal(_), Storage::Json) => (format!("to_json(({old})::text)"), None),
        (Storage::Json, Storage::Decimal(scale)) => {
            let zeros = "0".repeat(scale.into());
            let text = format!(
                "CASE WHEN json_typeof({old}) = 'string' THEN {old} #>> '{{}}' \
                 WHEN ({old})::text ~ '^(0|-?[1-9][0-9]*)$' THEN ({old})::text || '.{zeros}' END"
            );
            of_text(&text, scale, to_type)
        }
        _ => return None,
    })
}

/// Of text with all the digits.
pub(super) fn of_text(text: &str, scale: u8, to_type: &str) -> (String, Option<String>) {
    let (most, zero) = (Fixed::new(i64::MAX, scale), Fixed::new(0, scale));
    let lossy = format!(
        "CASE WHEN ({text}) ~ '^-?(0|[1-9][0-9]{{0,17}})\\.[0-9]{{{scale}}}$' \
         THEN abs(({text})::numeric) > {most} OR ({text}) = '-{zero}' ELSE TRUE END"
    );
    (format!("({text})::{to_type}"), Some(lossy))
}
