//! Passwords: taken as text, kept as a hash, never shown.

use std::fmt;

use serde::{Deserialize, Serialize, Serializer};
use serde_json::json;

use super::{
    FieldType, Kind,
    facts::{Facts, Order, Storage, Unfit},
    text::text_of,
};
use crate::{db::Arg, password};

/// The hash of a password; empty wherever a row was read for anything but logging in.
#[derive(Clone, PartialEq, Eq, Default, Deserialize)]
pub struct PasswordHash(String);

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(…)")
    }
}

/// Whatever it is, nobody reads it again.
impl Serialize for PasswordHash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        "".serialize(serializer)
    }
}

impl FieldType for PasswordHash {
    const KIND: Kind = Kind::PasswordHash;
}

pub(super) const PASSWORD_HASH: Facts = Facts {
    order: Order::Unspoken,
    is_long: true,
    is_secret: true,
    noun: "a password",
    words: |_| "password".to_owned(),
    json_schema: |_| json!({ "type": "string", "format": "password", "minLength": 8, "maxLength": 1024 }),
    input_note: Some("8 to 1,024 bytes of UTF-8, never truncated."),
    examples: &[(r#""correct horse""#, "", "")],
    refused: &[(r#""short""#, "too_short"), ("7", "type"), ("null", "null")],
    ..Facts::new(Storage::Text, |_, _, node| {
        let text = text_of(node)?;
        password::check(text)
            .map_or_else(|(code, message)| Unfit::new(code, message), |()| Ok(Arg::Text(text.to_owned())))
    })
};
