//! Constants, as they were written.

use proc_macro2::{Ident, Span};

/// A constant, with the token that it came from.
#[derive(Clone)]
pub(crate) struct Constant {
    pub(crate) span: Span,
    pub(crate) value: ConstantValue,
}

/// What a constant is.
#[derive(Clone, PartialEq)]
pub(crate) enum ConstantValue {
    Bool(bool),
    Int(i64),
    Float(Number),
    Text(String),
    /// The variant of a choice.
    Variant(Ident),
}

/// A number with a fraction.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Number {
    /// The nearest float.
    pub(crate) value: f64,
    /// As it was written, a minus included.
    pub(crate) digits: String,
}
