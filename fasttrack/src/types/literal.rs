//! Constants of a declaration.

use std::fmt;

use serde::Serialize;
use serde_json::json;

use crate::decimal::{Fixed, Unread};

/// A constant of a declaration.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Literal {
    /// No value.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// A number.
    Float(f64),
    /// A decimal.
    Decimal(Fixed),
    /// Text, or the word of a choice.
    Text(&'static str),
    /// A list of texts.
    Texts(&'static [&'static str]),
    /// A list of integers.
    Integers(&'static [i64]),
}

/// The JSON of a list, without blanks: as what it is stored.
pub(crate) fn json_list<T: Serialize>(items: &[T]) -> String {
    let items: Vec<_> = items.iter().map(|item| json!(item).to_string()).collect();
    format!("[{}]", items.join(","))
}

/// What generated code builds constants with that are compared with a field of another file.
#[doc(hidden)]
#[expect(clippy::panic, reason = "runs at compile time only, where a panic is the error message")]
impl Literal {
    /// An integer, of so many digits after the point where it is compared with a decimal.
    #[must_use]
    #[track_caller]
    pub const fn of_integer(value: i64, scale: Option<u8>) -> Self {
        let Some(scale) = scale else { return Self::Int(value) };
        match Fixed::of_integer(value, scale) {
            Some(fixed) => Self::Decimal(fixed),
            None => panic!("a decimal has at most 19 digits, those after the point included; write a smaller number"),
        }
    }

    /// A number with a fraction, likewise.
    #[must_use]
    #[track_caller]
    pub const fn of_number(value: Number, scale: Option<u8>) -> Self {
        let Some(scale) = scale else { return Self::Float(value.float) };
        match Fixed::parse(value.digits, scale) {
            Ok(fixed) => Self::Decimal(fixed),
            Err(Unread::TooPrecise) => {
                panic!(
                    "the decimal that this is compared with has fewer digits after the point; write as many as it has"
                )
            }
            Err(_) => panic!("a decimal is written with digits and a point alone, and has at most 19 of them: 12.30"),
        }
    }
}

/// A constant with a fraction, as it was written.
#[doc(hidden)]
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Number {
    float: f64,
    digits: &'static str,
}

#[doc(hidden)]
impl Number {
    /// The nearest float, and the digits.
    #[must_use]
    pub const fn new(float: f64, digits: &'static str) -> Self {
        Self { float, digits }
    }
}

/// As people read it: text without quotes, lists as JSON.
impl fmt::Display for Literal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => formatter.write_str("null"),
            Self::Bool(value) => value.fmt(formatter),
            Self::Int(value) => value.fmt(formatter),
            Self::Float(value) => value.fmt(formatter),
            Self::Decimal(value) => value.fmt(formatter),
            Self::Text(value) => formatter.write_str(value),
            Self::Texts(items) => formatter.write_str(&json_list(items)),
            Self::Integers(items) => formatter.write_str(&json_list(items)),
        }
    }
}
