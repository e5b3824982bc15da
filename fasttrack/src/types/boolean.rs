//! `true` or `false`.

use serde_json::json;

use super::{
    FieldType, Kind, Literal,
    facts::{Facts, Order, Storage, Unfit},
};
use crate::{db::Arg, wire::Node};

impl FieldType for bool {
    const KIND: Kind = Kind::Bool;
}

pub(super) const BOOL: Facts = Facts {
    order: Order::Unspoken,
    empty: Some(Literal::Bool(false)),
    parse: Some(|_, text| match text {
        "true" => Ok(Arg::Int(1)),
        "false" => Ok(Arg::Int(0)),
        _ => Err(format!("`{text}` is neither `true` nor `false`")),
    }),
    noun: "true or false",
    words: |_| "true or false".to_owned(),
    json_schema: |_| json!({ "type": "boolean" }),
    described: |_, named| named.field.strip_prefix("is ").map(|state| format!("Whether the {} is {state}.", named.row)),
    examples: &[("true", "true", "true"), ("false", "false", "false")],
    refused: &[("1", "type"), (r#""true""#, "type"), ("null", "null")],
    ..Facts::new(Storage::Boolean, |_, _, node| match node {
        Node::Bool(value) => Ok(Arg::Int(i64::from(*value))),
        _ => Unfit::new("type", "must be true or false"),
    })
};
