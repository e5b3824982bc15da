//! One value of a body, by the type of its column.

use crate::{
    clock::{self, TimestampFault},
    db::Arg,
    email,
    error::Fault,
    password,
    schema::{Column, Kind, Literal},
    wire::{Node, compact},
};

/// Reads a value as the column stores it; a password as it was sent.
///
/// # Errors
/// What is wrong with it.
pub(super) fn read(column: &Column, node: &Node<'_>) -> Result<Arg, Fault> {
    let fault = |code: &'static str, message: &str| Fault::new(column.key, code, message);
    match (column.kind, node) {
        (_, Node::Null) if column.nullable => Ok(Arg::Null),
        (Kind::Json, node) => json(column, json_text(node)),
        (_, Node::Null) => Err(fault("null", "must not be null")),
        (Kind::Bool, Node::Bool(value)) => Ok(Arg::Int(i64::from(*value))),
        (Kind::Bool, _) => Err(fault("type", "must be true or false")),
        (Kind::Int, Node::Number(text)) => integer(column, text),
        (Kind::Int, _) => Err(fault("type", "must be a whole number")),
        (Kind::Relation(_) | Kind::Id, Node::Number(text)) => match integer(column, text)? {
            Arg::Int(id) if id > 0 => Ok(Arg::Int(id)),
            _ => Err(fault("not_found", "is no id: ids are positive")),
        },
        (Kind::Relation(_) | Kind::Id, _) => Err(fault("type", "must be an id, a positive whole number")),
        (Kind::Float, Node::Number(text)) => float(column, text),
        (Kind::Float, _) => Err(fault("type", "must be a number")),
        (_, Node::Text(value)) => text(column, value),
        (_, _) => Err(fault("type", "must be a string")),
    }
}

/// A constant of the declaration as it is stored.
pub(super) fn literal(value: Literal) -> Arg {
    match value {
        Literal::Null => Arg::Null,
        Literal::Bool(value) => Arg::Int(i64::from(value)),
        Literal::Int(value) => Arg::Int(value),
        Literal::Float(value) => Arg::Float(value),
        Literal::Text(value) => Arg::Text(value.to_owned()),
    }
}

fn integer(column: &Column, text: &str) -> Result<Arg, Fault> {
    if text.contains(['.', 'e', 'E']) {
        return Err(Fault::new(column.key, "type", format!("must be a whole number, not {text}")));
    }
    let below = text.starts_with('-');
    let value: i64 = text.parse().map_err(|_| {
        Fault::new(column.key, if below { "too_small" } else { "too_large" }, "must fit in 64 bits with a sign")
    })?;
    match column.int_range {
        Some((min, _)) if value < min => Err(Fault::new(column.key, "too_small", format!("at least {min}"))),
        Some((_, max)) if value > max => Err(Fault::new(column.key, "too_large", format!("at most {max}"))),
        _ => Ok(Arg::Int(value)),
    }
}

fn float(column: &Column, text: &str) -> Result<Arg, Fault> {
    let value: f64 = text.parse().unwrap_or(f64::INFINITY);
    if !value.is_finite() {
        let code = if text.starts_with('-') { "too_small" } else { "too_large" };
        return Err(Fault::new(column.key, code, "must fit in a 64-bit floating-point number"));
    }
    match column.float_range {
        Some((min, _)) if value < min => Err(Fault::new(column.key, "too_small", format!("at least {min}"))),
        Some((_, max)) if value > max => Err(Fault::new(column.key, "too_large", format!("at most {max}"))),
        _ => Ok(Arg::Float(value)),
    }
}

fn text(column: &Column, value: &str) -> Result<Arg, Fault> {
    let fault = |code: &'static str, message: &str| Fault::new(column.key, code, message);
    if value.contains('\0') {
        return Err(fault("nul", "must not contain the character U+0000"));
    }
    let stored = match column.kind {
        Kind::Email => {
            check_length(column, value)?;
            email::validate(value).map_err(|message| fault("not_an_email", message))?
        }
        Kind::PasswordHash => {
            password::check(value).map_err(|(code, message)| fault(code, message))?;
            value.to_owned()
        }
        Kind::Timestamp | Kind::CreatedAt | Kind::UpdatedAt => clock::parse_timestamp(value).ok_or_else(|| {
            let advice = TimestampFault::of(value).map(|fault| format!(": {}", fault.advice())).unwrap_or_default();
            fault("not_a_timestamp", &format!("must be an RFC 3339 timestamp such as 2026-11-22T16:10:00Z{advice}"))
        })?,
        Kind::Date => {
            clock::parse_date(value).ok_or_else(|| fault("not_a_date", "must be a date such as 2026-11-22"))?
        }
        Kind::Choice(words) if words.contains(&value) => value.to_owned(),
        Kind::Choice(words) => return Err(fault("not_a_choice", &format!("must be one of {}", words.join(", ")))),
        _ => {
            check_length(column, value)?;
            value.to_owned()
        }
    };
    Ok(Arg::Text(stored))
}

/// Lengths count Unicode scalar values.
fn check_length(column: &Column, value: &str) -> Result<(), Fault> {
    let Some((min, max)) = column.len else { return Ok(()) };
    let length = value.chars().count();
    let plural = |count: u32| if count == 1 { "character" } else { "characters" };
    if length < min as usize {
        return Err(Fault::new(column.key, "too_short", format!("at least {min} {}", plural(min))));
    }
    if length > max as usize {
        return Err(Fault::new(column.key, "too_long", format!("at most {max} {}", plural(max))));
    }
    Ok(())
}

/// Accepts JSON text that the field's Rust type reads.
///
/// # Errors
/// Why it does not.
pub(super) fn json(column: &Column, text: String) -> Result<Arg, Fault> {
    match column.reads.map_or(Ok(()), |reads| reads(&text)) {
        Ok(()) => Ok(Arg::Text(text)),
        Err(_) if text == "null" => Err(Fault::new(column.key, "null", "must not be null")),
        Err(cause) => Err(Fault::new(column.key, "type", format!("does not fit: {cause}"))),
    }
}

/// The text of a JSON value, as it was sent, without blanks.
fn json_text(node: &Node<'_>) -> String {
    match node {
        Node::Null => "null".into(),
        Node::Bool(value) => value.to_string(),
        Node::Number(text) => (*text).to_owned(),
        Node::Array(text) | Node::Object(text) => compact(text),
        Node::Text(text) => serde_json::Value::from(text.as_ref()).to_string(),
    }
}
