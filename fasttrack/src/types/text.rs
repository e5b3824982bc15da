//! Text.

use serde_json::json;

use super::{
    Bounds, FieldType, Kind, Literal,
    facts::{Facts, Storage, Unfit},
};
use crate::{db::Arg, wire::Node};

impl FieldType for String {
    const KIND: Kind = Kind::Text;
}

pub(super) const TEXT: Facts = Facts {
    is_text: true,
    is_long: true,
    empty: Some(Literal::Text("")),
    parse: Some(|_, text| Ok(Arg::Text(text.to_owned()))),
    noun: "text",
    words: |_| "text".to_owned(),
    json_schema: |_| json!({ "type": "string" }),
    examples: &[(r#""Ä \"b\" \\ c""#, r#""Ä \"b\" \\ c""#, "Ä \"b\" \\ c"), (r#"" a\n""#, r#"" a\n""#, " a\n")],
    refused: &[("7", "type"), ("[]", "type"), ("null", "null"), (r#""a\u0000""#, "nul")],
    ..Facts::new(Storage::Text, |_, bounds, node| {
        let text = text_of(node)?;
        bounds.check_length(text)?;
        Ok(Arg::Text(text.to_owned()))
    })
};

/// A string of JSON that a database can hold.
pub(super) fn text_of<'a>(node: &'a Node<'_>) -> Result<&'a str, Unfit> {
    let Node::Text(text) = node else { return Unfit::new("type", "must be a string") };
    if text.contains('\0') {
        return Unfit::new("nul", "must not contain the character U+0000");
    }
    Ok(text)
}

impl Bounds {
    /// Lengths count Unicode scalar values.
    pub(super) fn check_length(&self, value: &str) -> Result<(), Unfit> {
        let Some((min, max)) = self.len else { return Ok(()) };
        let length = value.chars().count();
        let plural = |count: u32| if count == 1 { "character" } else { "characters" };
        if length < min as usize {
            return Unfit::new("too_short", format!("at least {min} {}", plural(min)));
        }
        if length > max as usize {
            return Unfit::new("too_long", format!("at most {max} {}", plural(max)));
        }
        Ok(())
    }
}
