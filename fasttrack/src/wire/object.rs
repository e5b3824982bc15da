//! The body of a request: one strict JSON object (RFC 8259, duplicate keys refused).

use std::borrow::Cow;

use crate::error::{Error, Fault};

/// A value as it was sent.
#[derive(Debug, Clone, PartialEq)]
pub enum Node<'a> {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number, as its text: `1.0` and `1e0` are told from `1`.
    Number(&'a str),
    /// A string, unescaped.
    Text(Cow<'a, str>),
    /// An array, as its text.
    Array(&'a str),
    /// An object, as its text.
    Object(&'a str),
}

/// A JSON object: its members in order, and what is already known to be wrong with it.
#[derive(Debug, Default)]
pub struct Object<'a> {
    /// The members; of a duplicate key the first one only.
    pub members: Vec<(Cow<'a, str>, Node<'a>)>,
    /// Duplicate keys, at any depth, told by the top-level key.
    pub faults: Vec<Fault>,
}

impl<'a> Object<'a> {
    /// Deepest nesting that is parsed, counting the outermost value.
    pub const MAX_DEPTH: usize = 128;

    /// Parses a body.
    ///
    /// # Errors
    /// [`Error::Malformed`] when it is empty, no UTF-8, no JSON, starts with a byte-order mark, holds a lone surrogate
    /// or is nested too deeply; [`Error::Invalid`] with field `""` when it is no object.
    pub fn parse(_body: &'a [u8]) -> Result<Self, Error> {
        Err(Error::Internal(String::new()))
    }
}
