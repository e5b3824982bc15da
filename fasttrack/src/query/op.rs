//! The operators that a filter may use. To add one, add a row.

use super::filter::Test;
use crate::{
    db::Arg,
    schema::{Column, Comparison, Kind},
    types::Order,
};

/// An operator of a filter: `?field[name]=value`.
#[derive(Debug, Clone, Copy)]
pub struct Operator {
    /// What stands in brackets; empty for `?field=value`.
    pub name: &'static str,
    /// What it asks, for the documents.
    pub doc: &'static str,
    /// Which columns it can be used on.
    pub applies: fn(&Column) -> bool,
    /// How its value is read.
    pub takes: Takes,
    /// What it asks of the column. Gets at least one value.
    pub test: fn(Vec<Arg>) -> Test,
}

/// How the value of an operator is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Takes {
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
pub const OPERATORS: &[Operator] = &[
    Operator {
        name: "",
        doc: "equal to this value",
        applies: is_comparable,
        takes: Takes::One,
        test: |values| Test::Compare(Comparison::Eq, first(values)),
    },
    Operator {
        name: "ne",
        doc: "anything but this value, null included",
        applies: is_comparable,
        takes: Takes::One,
        test: |values| Test::Compare(Comparison::Ne, first(values)),
    },
    Operator {
        name: "in",
        doc: "one of these values, separated by commas",
        applies: is_comparable,
        takes: Takes::Many,
        test: Test::AnyOf,
    },
    Operator {
        name: "gt",
        doc: "greater than this value",
        applies: is_ordered,
        takes: Takes::One,
        test: |values| Test::Compare(Comparison::Gt, first(values)),
    },
    Operator {
        name: "gte",
        doc: "greater than this value, or equal to it",
        applies: is_ordered,
        takes: Takes::One,
        test: |values| Test::Compare(Comparison::Ge, first(values)),
    },
    Operator {
        name: "lt",
        doc: "less than this value",
        applies: is_ordered,
        takes: Takes::One,
        test: |values| Test::Compare(Comparison::Lt, first(values)),
    },
    Operator {
        name: "lte",
        doc: "less than this value, or equal to it",
        applies: is_ordered,
        takes: Takes::One,
        test: |values| Test::Compare(Comparison::Le, first(values)),
    },
    Operator {
        name: "contains",
        doc: "contains this text, without regard to the case of ASCII letters",
        applies: |column| column.kind.facts().is_text,
        takes: Takes::Text,
        test: |values| Test::Contains(first(values)),
    },
    Operator {
        name: "has",
        doc: "has this one among its values",
        applies: |column| column.kind.facts().holds_many,
        takes: Takes::One,
        test: |values| Test::Has(first(values)),
    },
    Operator {
        name: "null",
        doc: "is null (`true`) or is not (`false`)",
        applies: |column| column.nullable,
        takes: Takes::Flag,
        test: |values| Test::Null(first(values) == Arg::Int(1)),
    },
];

/// Whether anything is compared with its values.
fn is_comparable(column: &Column) -> bool {
    let facts = column.kind.facts();
    facts.parse.is_some() && !facts.holds_many
}

/// Whether its values have an order to speak of: choices have the one in which they are declared.
fn is_ordered(column: &Column) -> bool {
    column.kind.facts().order != Order::Unspoken
}

fn first(values: Vec<Arg>) -> Arg {
    values.into_iter().next().unwrap_or(Arg::Null)
}

impl Operator {
    /// The operator of this name.
    #[must_use]
    pub fn find(name: &str) -> Option<&'static Self> {
        OPERATORS.iter().find(|operator| operator.name == name)
    }

    /// Whether lists can be asked this of a column: whatever fits one that is declared for it, and of the id, which has the
    /// index of all, whether it is one of these.
    #[must_use]
    pub fn is_for(&self, column: &Column) -> bool {
        (self.applies)(column) && (column.filter || column.kind == Kind::Id && self.name == "in")
    }

    /// The query parameter that asks it of the field `key`.
    #[must_use]
    pub fn parameter(&self, key: &str) -> String {
        if self.name.is_empty() { key.to_owned() } else { format!("{key}[{}]", self.name) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operator_is_found_by_its_own_name_only() {
        for (position, operator) in OPERATORS.iter().enumerate() {
            let found = OPERATORS.iter().position(|other| other.name == operator.name);
            assert_eq!(found, Some(position), "{} is there twice", operator.name);
            assert!(!operator.doc.is_empty());
        }
    }

    #[test]
    fn every_operator_applies_somewhere_and_json_takes_none_but_null() {
        let text = Column::new::<Option<String>>("a", "a");
        let many = Column { kind: Kind::Many("label"), ..text };
        let json = Column::new::<crate::schema::Json<()>>("a", "a");
        for operator in OPERATORS {
            assert!((operator.applies)(&text) != (operator.name == "has"), "{}", operator.name);
            assert!((operator.applies)(&many) == matches!(operator.name, "has" | "null"), "{}", operator.name);
            assert!(!(operator.applies)(&json), "{}", operator.name);
        }
    }
}
