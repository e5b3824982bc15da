//! What goes to the database and what comes back.

use std::borrow::Cow;

use crate::decimal::Fixed;

/// An argument of a statement.
#[derive(Debug, Clone, PartialEq)]
pub enum Arg {
    /// NULL.
    Null,
    /// An integer; booleans are 0 and 1.
    Int(i64),
    /// A number.
    Float(f64),
    /// A number with a fixed count of digits after the point.
    Decimal(Fixed),
    /// Text.
    Text(String),
}

impl Arg {
    /// The value as a text that is read as the type which a server expects; `None` where it is null.
    #[must_use]
    pub fn text(&self) -> Option<Cow<'_, str>> {
        Some(match self {
            Self::Null => return None,
            Self::Int(value) => value.to_string().into(),
            // The shortest text that reads back as the same number.
            Self::Float(value) => format!("{value:e}").into(),
            Self::Decimal(value) => value.to_string().into(),
            Self::Text(value) => value.into(),
        })
    }
}

/// SQL with `$1`, `$2`, … and its arguments; a number may occur more than once.
#[derive(Debug, Clone, PartialEq)]
pub struct Statement {
    /// The text.
    pub sql: String,
    /// The arguments, `$1` first.
    pub args: Vec<Arg>,
}

/// A value that came back. Text has to be selected as `CAST(… AS BLOB)`, since the driver sniffs text for JSON.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// NULL.
    Null,
    /// An integer.
    Int(i64),
    /// A number.
    Float(f64),
    /// Bytes; UTF-8 where text was cast.
    Bytes(Vec<u8>),
}

/// A row, cell by cell.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Row(pub Vec<Cell>);

impl Statement {
    /// A statement.
    pub fn new(sql: impl Into<String>, args: Vec<Arg>) -> Self {
        Self { sql: sql.into(), args }
    }
}

impl Row {
    /// The integer in column `index`; `None` for NULL or anything else.
    #[must_use]
    pub fn int(&self, index: usize) -> Option<i64> {
        match self.0.get(index) {
            Some(Cell::Int(value)) => Some(*value),
            _ => None,
        }
    }

    /// The text in column `index`; `None` for NULL or anything else.
    #[must_use]
    pub fn text(&self, index: usize) -> Option<&str> {
        match self.0.get(index) {
            Some(Cell::Bytes(bytes)) => std::str::from_utf8(bytes).ok(),
            _ => None,
        }
    }

    /// Takes the bytes out of column `index`; `None` for NULL or anything else.
    pub fn take_bytes(&mut self, index: usize) -> Option<Vec<u8>> {
        match self.0.get_mut(index) {
            Some(Cell::Bytes(bytes)) => Some(std::mem::take(bytes)),
            _ => None,
        }
    }
}
