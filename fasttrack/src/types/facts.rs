//! What is said of a type once, and asked everywhere else.

use serde_json::Value;

use super::{Kind, Literal};
use crate::{
    db::{Arg, Cell},
    decimal::Fixed,
    wire::Node,
};

/// Reads what a client sends as a value of a type.
pub type ReadValue = fn(Kind, &Bounds, &Node<'_>) -> Result<Arg, Unfit>;

/// Reads what a query compares with a value of a type.
pub type ParseValue = fn(Kind, &str) -> Result<Arg, String>;

/// A type of field: everything that the rest of the runtime asks of it.
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own, and they are independent")]
#[derive(Debug)]
pub struct Facts {
    /// As what it is stored; [`Kind::storage`] has what depends on the declaration.
    pub storage: Storage,
    /// What sorting goes by.
    pub order: Order,
    /// Whether two values are the same that differ in the case of ASCII letters.
    pub ignores_case: bool,
    /// Whether it is text that clients look into: `q`, `[contains]`.
    pub is_text: bool,
    /// Whether a value may be as long as the client likes, within the bounds of its field.
    pub is_long: bool,
    /// Whether it holds many values, one of which a query asks for.
    pub holds_many: bool,
    /// Whether the server alone sets it.
    pub is_automatic: bool,
    /// Whether nobody ever reads it back, so that no other type turns into it, and it into none.
    pub is_secret: bool,
    /// Whether what it says means nothing to any other type, nor what others say to it: none turns into it, and it into none.
    pub is_apart: bool,
    /// Whether null is one of its values.
    pub has_null: bool,
    /// What a field holds that has a `default` and is not told which.
    pub empty: Option<Literal>,
    /// Whether a client may send that.
    pub takes_empty: bool,
    /// What rows hold that were there before a field of it, and have to hold something.
    pub fill: Fill,
    /// Reads what a client sends, which is not null unless it has one.
    pub read: ReadValue,
    /// Reads what a query compares it with, as it sorts and matches; says what it should have been. `None` where nothing is
    /// compared with it.
    pub parse: Option<ParseValue>,
    /// Says what is wrong with a part of a value, which `[contains]` looks for.
    pub check_part: fn(&str) -> Result<(), String>,
    /// When a value that is stored in the same way is none of this type, as a condition in the SQL of every database.
    pub misfit: Option<fn(&str) -> String>,
    /// What it is called where it is about to become another one: `an instant`.
    pub noun: &'static str,
    /// How a declaration is explained that has one.
    pub words: fn(Kind) -> String,
    /// What it looks like, as JSON Schema (2020-12).
    pub json_schema: fn(Kind) -> Value,
    /// What a field of it is, which has no doc comment; `None` where its name says it all. Gets the names as words.
    pub described: fn(Kind, &Named<'_>) -> Option<String>,
    /// What clients have to know who send one.
    pub input_note: Option<&'static str>,
    /// What clients have to know who ask for one.
    pub filter_note: Option<&'static str>,
    /// JSON that a client may send, with what is shown of it afterwards and what a query finds it by (where anything does);
    /// for tests.
    pub examples: &'static [(&'static str, &'static str, &'static str)],
    /// JSON that a client may not send, with the code of the fault; for tests.
    pub refused: &'static [(&'static str, &'static str)],
}

/// As what a value is stored: what databases have types for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Storage {
    /// A signed 64-bit integer.
    Integer,
    /// `true` or `false`; a number on `SQLite`.
    Boolean,
    /// An IEEE 754 double.
    Real,
    /// A number with so many digits after the point; so many of the last place on `SQLite`.
    Decimal(u8),
    /// Unicode text, in the order of its code points.
    Text,
    /// An instant with microseconds; RFC 3339 text of fixed width on `SQLite`.
    Timestamp,
    /// A calendar date; text on `SQLite`.
    Date,
    /// A UUID; text in lower case on `SQLite`.
    Uuid,
    /// The text of a JSON value.
    Json,
}

impl Storage {
    /// The same of a declaration that says how many digits stand after the point.
    pub(crate) const fn of_scale(self, scale: u8) -> Self {
        match self {
            Self::Decimal(_) => Self::Decimal(scale),
            other => other,
        }
    }

    /// What came back of such a column as an argument again; `None` for what it cannot hold.
    pub(crate) fn argument(self, cell: Cell) -> Option<Arg> {
        Some(match (self, cell) {
            (_, Cell::Null) => Arg::Null,
            (Self::Decimal(scale), Cell::Int(units)) => Arg::Decimal(Fixed::new(units, scale)),
            (Self::Decimal(scale), Cell::Bytes(text)) => {
                Arg::Decimal(Fixed::parse(std::str::from_utf8(&text).ok()?, scale).ok()?)
            }
            #[expect(clippy::cast_precision_loss, reason = "a whole number that a column of fractions holds")]
            (Self::Real, Cell::Int(value)) => Arg::Float(value as f64),
            (_, Cell::Int(value)) => Arg::Int(value),
            (_, Cell::Float(value)) => Arg::Float(value),
            (_, Cell::Bytes(bytes)) => Arg::Text(String::from_utf8(bytes).ok()?),
        })
    }
}

/// What is put where something has to stand and nobody says what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fill {
    /// Nothing can be.
    Nothing,
    /// Text without letters, zero, `false`, the null of JSON.
    Empty,
    /// The present.
    Now,
    /// The first word of the declaration.
    FirstWord,
}

/// What sorting goes by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// There is no order to speak of; equal values stand together all the same.
    Unspoken,
    /// The value as it is stored.
    Stored,
    /// The place of the word in the declaration.
    Declared,
}

/// What a field says of its values beside their type.
#[derive(Debug, Clone, Copy, Default)]
pub struct Bounds {
    /// Smallest and largest length of text, in Unicode scalar values.
    pub len: Option<(u32, u32)>,
    /// Smallest and largest integer; of decimals, in units of the last place.
    pub int_range: Option<(i64, i64)>,
    /// Smallest and largest number.
    pub float_range: Option<(f64, f64)>,
    /// Most values of one that holds many.
    pub max: Option<u32>,
    /// Whether JSON text is a value.
    pub reads: Option<super::ReadsJson>,
}

/// Why something is no value of a field: a code that programs read, and words for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unfit {
    /// The code (`too_long`).
    pub code: &'static str,
    /// The words.
    pub message: String,
}

/// The names around a field, as words.
#[derive(Debug, Clone, Copy)]
pub struct Named<'a> {
    /// The resource: `task`.
    pub row: &'a str,
    /// The field: `due on`.
    pub field: &'a str,
}

impl Unfit {
    pub(super) fn new<T>(code: &'static str, message: impl Into<String>) -> Result<T, Self> {
        Err(Self { code, message: message.into() })
    }
}

impl Facts {
    /// What most types say, over what one has to say for itself.
    pub(super) const fn new(storage: Storage, read: ReadValue) -> Self {
        Self {
            storage,
            order: Order::Stored,
            ignores_case: false,
            is_text: false,
            is_long: false,
            holds_many: false,
            is_automatic: false,
            is_secret: false,
            is_apart: false,
            has_null: false,
            empty: None,
            takes_empty: true,
            fill: Fill::Empty,
            read,
            parse: None,
            check_part: |_| Ok(()),
            misfit: None,
            noun: "",
            words: |_| String::new(),
            json_schema: |_| Value::Null,
            described: |_, _| None,
            input_note: None,
            filter_note: None,
            examples: &[],
            refused: &[],
        }
    }
}
