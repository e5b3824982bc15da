//! The filter operators as the document shows them: the same table, in the same form, as the one that reads filters.

use crate::schema::{Column, Kind};

/// An operator of a filter: `?field[name]=value`.
pub(super) struct Operator {
    /// What stands in brackets; empty for `?field=value`.
    pub(super) name: &'static str,
    /// What it asks.
    pub(super) doc: &'static str,
    /// Which columns it can be used on.
    pub(super) applies: fn(&Column) -> bool,
    /// How its value is read.
    pub(super) takes: Takes,
}

/// How the value of an operator is read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Takes {
    /// One value of the column's type.
    One,
    /// Values of the column's type, separated by commas.
    Many,
    /// Any text.
    Text,
    /// `true` or `false`.
    Flag,
}

/// All operators.
pub(super) const OPERATORS: &[Operator] = &[
    Operator { name: "", doc: "equal to this value", applies: is_comparable, takes: Takes::One },
    Operator { name: "ne", doc: "anything but this value, null included", applies: is_comparable, takes: Takes::One },
    Operator {
        name: "in",
        doc: "one of these values, separated by commas",
        applies: is_comparable,
        takes: Takes::Many,
    },
    Operator { name: "gt", doc: "greater than this value", applies: is_ordered, takes: Takes::One },
    Operator { name: "gte", doc: "greater than this value, or equal to it", applies: is_ordered, takes: Takes::One },
    Operator { name: "lt", doc: "less than this value", applies: is_ordered, takes: Takes::One },
    Operator { name: "lte", doc: "less than this value, or equal to it", applies: is_ordered, takes: Takes::One },
    Operator {
        name: "contains",
        doc: "contains this text, without regard to the case of ASCII letters",
        applies: |column| matches!(column.kind, Kind::Text | Kind::Email),
        takes: Takes::Text,
    },
    Operator {
        name: "null",
        doc: "is null (`true`) or is not (`false`)",
        applies: |column| column.nullable,
        takes: Takes::Flag,
    },
];

fn is_comparable(column: &Column) -> bool {
    column.kind != Kind::Json
}

fn is_ordered(column: &Column) -> bool {
    !matches!(column.kind, Kind::Bool | Kind::Json | Kind::Relation(_) | Kind::PasswordHash)
}

impl Operator {
    /// The query parameter that asks it of the field `key`.
    pub(super) fn parameter(&self, key: &str) -> String {
        if self.name.is_empty() { key.to_owned() } else { format!("{key}[{}]", self.name) }
    }
}
