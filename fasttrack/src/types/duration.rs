//! Lengths of time, in whole seconds.

use std::time::Duration;

use serde_json::json;

use super::{
    Bounds, FieldType, Kind, Literal,
    facts::{Facts, Storage, Unfit},
    number::{INT, integer},
};
use crate::wire::Node;

impl FieldType for Duration {
    const KIND: Kind = Kind::Duration;
}

pub(super) const DURATION: Facts = Facts {
    empty: Some(Literal::Int(0)),
    parse: INT.parse,
    misfit: Some(|value| format!("{value} < 0")),
    noun: "a length of time",
    words: |_| "length of time in seconds".to_owned(),
    json_schema: |_| json!({ "type": "integer", "format": "int64", "minimum": 0 }),
    described: |_, named| Some(format!("{} of the {}, in seconds.", crate::words::capitalised(named.field), named.row)),
    examples: &[
        ("0", "0", "0"),
        ("86400", "86400", "86400"),
        ("9223372036854775807", "9223372036854775807", "9223372036854775807"),
    ],
    refused: &[
        ("-1", "too_small"),
        ("9223372036854775808", "too_large"),
        ("1.5", "type"),
        (r#""1h""#, "type"),
        (r#""1""#, "type"),
        ("null", "null"),
    ],
    ..Facts::new(Storage::Integer, |_, bounds, node| match node {
        Node::Number(text) => integer(&Bounds { int_range: bounds.int_range.or(Some((0, i64::MAX))), ..*bounds }, text),
        _ => Unfit::new("type", "must be a whole number of seconds"),
    })
};
