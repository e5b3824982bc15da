//! One value of a body, by the type of its column.

use crate::{
    db::Arg,
    error::Fault,
    schema::{Column, Literal},
    types::Unfit,
    wire::Node,
};

/// Reads a value as the column stores it; a password as it was sent.
///
/// # Errors
/// What is wrong with it.
pub(super) fn read(column: &Column, node: &Node<'_>) -> Result<Arg, Fault> {
    let facts = column.kind.facts();
    match node {
        Node::Null if column.nullable => Ok(Arg::Null),
        Node::Null if !facts.has_null => Err(Fault::new(column.key, "null", "must not be null")),
        node => (facts.read)(column.kind, &column.bounds(), node).map_err(|unfit| fault(column, unfit)),
    }
}

/// Accepts JSON text that the field's Rust type reads.
///
/// # Errors
/// Why it does not.
pub(super) fn json(column: &Column, text: String) -> Result<Arg, Fault> {
    column.bounds().read_json(text).map_err(|unfit| fault(column, unfit))
}

fn fault(column: &Column, unfit: Unfit) -> Fault {
    Fault::new(column.key, unfit.code, unfit.message)
}

/// A constant of the declaration as it is stored.
pub(super) fn literal(value: Literal) -> Arg {
    match value {
        Literal::Null => Arg::Null,
        Literal::Bool(value) => Arg::Int(i64::from(value)),
        Literal::Int(value) => Arg::Int(value),
        Literal::Float(value) => Arg::Float(value),
        Literal::Decimal(value) => Arg::Decimal(value),
        Literal::Text(value) => Arg::Text(value.to_owned()),
        list @ (Literal::Texts(_) | Literal::Integers(_)) => Arg::Text(list.to_string()),
    }
}
