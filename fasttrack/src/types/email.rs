//! E-mail addresses.

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    FieldType, Kind, Literal,
    facts::{Facts, Fill, Storage, Unfit},
    number::ENCODE_PLUS,
    text::text_of,
};
use crate::{db::Arg, email};

/// An e-mail address.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize, Serialize)]
pub struct Email(pub String);

impl FieldType for Email {
    const KIND: Kind = Kind::Email;
}

pub(super) const EMAIL: Facts = Facts {
    ignores_case: true,
    is_text: true,
    is_long: true,
    empty: Some(Literal::Text("")),
    takes_empty: false,
    fill: Fill::Nothing,
    parse: Some(|_, text| check_part(text).map(|()| Arg::Text(email::comparison_key(text)))),
    check_part,
    misfit: Some(|value| format!("{value} NOT LIKE '_%@_%'")),
    noun: "an e-mail address",
    words: |_| "e-mail address".to_owned(),
    json_schema: |_| json!({ "type": "string", "format": "email" }),
    filter_note: Some("A `+` is written as `%2B`; no address has a space in it."),
    examples: &[
        (r#""Ada+x@Example.com""#, r#""Ada+x@example.com""#, "ada+X@example.COM"),
        (r#""a@b.example""#, r#""a@b.example""#, "a@b.example"),
    ],
    refused: &[(r#""nobody""#, "not_an_email"), (r#""a@b c""#, "not_an_email"), ("7", "type"), ("null", "null")],
    ..Facts::new(Storage::Text, |_, bounds, node| {
        let text = text_of(node)?;
        bounds.check_length(text)?;
        email::validate(text)
            .map_or_else(|message| Unfit::new("not_an_email", message), |address| Ok(Arg::Text(address)))
    })
};

/// Refuses what can stand in no e-mail address, whole or in part: nothing would ever be found, and nobody told why.
fn check_part(text: &str) -> Result<(), String> {
    match text.chars().find(|char| char.is_whitespace() || char.is_control() || !char.is_ascii()) {
        None => Ok(()),
        Some(' ') => Err(format!("`{text}` has a space in it, which no e-mail address has ({ENCODE_PLUS})")),
        Some(char) => Err(format!("`{text}` has `{}` in it, which no e-mail address has", char.escape_default())),
    }
}
