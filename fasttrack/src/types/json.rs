//! Any JSON value that reads as a Rust type.

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::json;

use super::{
    Bounds, FieldType, Kind, Literal,
    facts::{Facts, Order, Storage, Unfit},
};
use crate::{
    db::Arg,
    wire::{Node, compact, is_deeper_than},
};

/// Any JSON value that reads as `T`.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub struct Json<T>(pub T);

/// How many levels a value has at most: some fewer than parsers commonly take (128), since it is shown inside rows, and these in
/// others, in pages and in messages.
const LEVELS: usize = 100;

/// Says why JSON text is no value of a type.
pub type ReadsJson = fn(&str) -> Result<(), String>;

impl<T: DeserializeOwned> FieldType for Json<T> {
    const KIND: Kind = Kind::Json;
    const READS: Option<ReadsJson> =
        Some(|text| serde_json::from_str::<T>(text).map(drop).map_err(|cause| cause.to_string()));
}

pub(super) const JSON: Facts = Facts {
    order: Order::Unspoken,
    is_long: true,
    has_null: true,
    empty: Some(Literal::Text("null")),
    takes_empty: false,
    noun: "JSON",
    words: |_| "JSON".to_owned(),
    // Null is a JSON value too, so that any type will do whether the column may be null or not.
    json_schema: |_| json!({}),
    examples: &[
        (r#"{ "b": [1, 1.50], "a": "x y" }"#, r#"{"b":[1,1.50],"a":"x y"}"#, ""),
        ("null", "null", ""),
        (r#""null""#, r#""null""#, ""),
        ("9007199254740993", "9007199254740993", ""),
    ],
    ..Facts::new(Storage::Json, |_, bounds, node| bounds.read_json(json_text(node)))
};

impl Bounds {
    /// Accepts JSON text that the field's Rust type reads.
    ///
    /// # Errors
    /// Why it does not.
    pub fn read_json(&self, text: String) -> Result<Arg, Unfit> {
        if is_deeper_than(&text, LEVELS) {
            return Unfit::new("nested", format!("must be nested at most {LEVELS} levels deep"));
        }
        match self.reads.map_or(Ok(()), |reads| reads(&text)) {
            Ok(()) => Ok(Arg::Text(text)),
            Err(_) if text == "null" => Unfit::new("null", "must not be null"),
            Err(cause) => Unfit::new("type", format!("does not fit: {cause}")),
        }
    }
}

/// The text of a JSON value, as it was sent, without blanks.
fn json_text(node: &Node<'_>) -> String {
    match node {
        Node::Null => "null".into(),
        Node::Bool(value) => value.to_string(),
        Node::Number(text) => (*text).to_owned(),
        Node::Array(text) | Node::Object(text) => compact(text),
        Node::Text(text) => serde_json::Value::from(text.as_ref()).to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_bounded() {
        let nested = |levels: usize| "[".repeat(levels) + &"]".repeat(levels);
        let bounds = Bounds::default();
        assert_eq!(bounds.read_json(nested(LEVELS)), Ok(Arg::Text(nested(LEVELS))));
        assert_eq!(bounds.read_json(nested(LEVELS + 1)).unwrap_err().code, "nested");
    }
}
