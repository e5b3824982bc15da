//! Numbers.

use serde_json::json;

use super::{
    Bounds, FieldType, Kind, Literal,
    facts::{Facts, Storage, Unfit},
};
use crate::{db::Arg, wire::Node};

impl FieldType for i64 {
    const KIND: Kind = Kind::Int;
}

impl FieldType for f64 {
    const KIND: Kind = Kind::Float;
}

pub(super) const INT: Facts = Facts {
    empty: Some(Literal::Int(0)),
    parse: Some(|_, text| text.parse().map(Arg::Int).or_else(|_| no_number(text, "no 64-bit integer"))),
    noun: "an integer",
    words: |_| "integer".to_owned(),
    json_schema: |_| json!({ "type": "integer", "format": "int64" }),
    examples: &[
        ("0", "0", "0"),
        ("-9223372036854775808", "-9223372036854775808", "-9223372036854775808"),
        ("9223372036854775807", "9223372036854775807", "9223372036854775807"),
    ],
    refused: &[
        ("9223372036854775808", "too_large"),
        ("-9223372036854775809", "too_small"),
        ("1.0", "type"),
        ("1e3", "type"),
        (r#""1""#, "type"),
        ("null", "null"),
    ],
    ..Facts::new(Storage::Integer, |_, bounds, node| match node {
        Node::Number(text) => integer(bounds, text),
        _ => Unfit::new("type", "must be a whole number"),
    })
};

pub(super) const FLOAT: Facts = Facts {
    empty: Some(Literal::Float(0.0)),
    parse: Some(|_, text| match text.parse::<f64>() {
        Ok(number) if number.is_finite() => Ok(Arg::Float(number)),
        _ => no_number(text, "no finite number"),
    }),
    noun: "a number",
    words: |_| "number".to_owned(),
    json_schema: |_| json!({ "type": "number", "format": "double" }),
    examples: &[
        ("0.1", "0.1", "0.1"),
        ("0.30000000000000004", "0.30000000000000004", "0.30000000000000004"),
        ("-5e-324", "-5e-324", "-5e-324"),
    ],
    refused: &[("1e400", "too_large"), ("-1e400", "too_small"), (r#""1""#, "type"), ("null", "null")],
    ..Facts::new(Storage::Real, |_, bounds, node| match node {
        Node::Number(text) => float(bounds, text),
        _ => Unfit::new("type", "must be a number"),
    })
};

/// In a query string a `+` is a space, which no number has in it.
pub(super) fn no_number(text: &str, what: &str) -> Result<Arg, String> {
    let advice = if text.contains(' ') { format!(" ({ENCODE_PLUS})") } else { String::new() };
    Err(format!("`{text}` is {what}{advice}"))
}

pub(super) const ENCODE_PLUS: &str = "write a `+` as %2B";

pub(super) fn integer(bounds: &Bounds, text: &str) -> Result<Arg, Unfit> {
    if text.contains(['.', 'e', 'E']) {
        return Unfit::new("type", format!("must be a whole number, not {text}"));
    }
    let too_far = if text.starts_with('-') { "too_small" } else { "too_large" };
    let Ok(value) = text.parse::<i64>() else {
        return Unfit::new(too_far, "must fit in 64 bits with a sign");
    };
    match bounds.int_range {
        Some((min, _)) if value < min => Unfit::new("too_small", format!("at least {min}")),
        Some((_, max)) if value > max => Unfit::new("too_large", format!("at most {max}")),
        _ => Ok(Arg::Int(value)),
    }
}

fn float(bounds: &Bounds, text: &str) -> Result<Arg, Unfit> {
    let value: f64 = text.parse().unwrap_or(f64::INFINITY);
    if !value.is_finite() {
        let code = if text.starts_with('-') { "too_small" } else { "too_large" };
        return Unfit::new(code, "must fit in a 64-bit floating-point number");
    }
    match bounds.float_range {
        Some((min, _)) if value < min => Unfit::new("too_small", format!("at least {min}")),
        Some((_, max)) if value > max => Unfit::new("too_large", format!("at most {max}")),
        _ => Ok(Arg::Float(value)),
    }
}
