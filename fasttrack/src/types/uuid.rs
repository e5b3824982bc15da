//! Identifiers that others give out.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, de};
use serde_json::json;

use super::{
    FieldType, Kind,
    facts::{Facts, Fill, Storage, Unfit},
    text::text_of,
};
use crate::db::Arg;

/// A UUID (RFC 9562), of whatever version: 32 hexadecimal digits in five groups, in lower case.
///
/// ```
/// use fasttrack::types::Uuid;
///
/// let id: Uuid = "0190B2E0-7A1C-7CC3-98C4-DC0C0C07398F".parse()?;
/// assert_eq!(id.as_ref(), "0190b2e0-7a1c-7cc3-98c4-dc0c0c07398f");
/// # Ok::<(), fasttrack::types::NoUuid>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Uuid(String);

/// A text is no UUID.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no UUID such as {EXAMPLE}")]
pub struct NoUuid(String);

const EXAMPLE: &str = "0190b2e0-7a1c-7cc3-98c4-dc0c0c07398f";

/// How many digits the groups have.
const GROUPS: [usize; 5] = [8, 4, 4, 4, 12];

impl FieldType for Uuid {
    const KIND: Kind = Kind::Uuid;
}

impl Uuid {
    /// One of 128 bits that somebody chose.
    #[must_use]
    pub fn from_u128(bits: u128) -> Self {
        let digits = format!("{bits:032x}");
        let mut rest = digits.as_str();
        let groups = GROUPS.map(|length| {
            let (group, others) = rest.split_at_checked(length).unwrap_or((rest, ""));
            rest = others;
            group
        });
        Self(groups.join("-"))
    }
}

impl FromStr for Uuid {
    type Err = NoUuid;

    fn from_str(text: &str) -> Result<Self, NoUuid> {
        canonical(text).map(Self).ok_or_else(|| NoUuid(text.to_owned()))
    }
}

impl<'de> Deserialize<'de> for Uuid {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// As it is in JSON.
impl fmt::Display for Uuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl AsRef<str> for Uuid {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

pub(super) const UUID: Facts = Facts {
    fill: Fill::Nothing,
    parse: Some(|_, text| canonical(text).map(Arg::Text).ok_or_else(|| NoUuid(text.to_owned()).to_string())),
    noun: "a UUID",
    words: |_| "UUID".to_owned(),
    json_schema: |_| json!({ "type": "string", "format": "uuid" }),
    examples: &[
        (
            r#""0190B2E0-7a1c-7cc3-98c4-dc0c0c07398F""#,
            r#""0190b2e0-7a1c-7cc3-98c4-dc0c0c07398f""#,
            "0190b2e0-7A1C-7cc3-98c4-dc0c0c07398f",
        ),
        (
            r#""00000000-0000-0000-0000-000000000000""#,
            r#""00000000-0000-0000-0000-000000000000""#,
            "00000000-0000-0000-0000-000000000000",
        ),
    ],
    refused: &[
        (r#""0190b2e07a1c7cc398c4dc0c0c07398f""#, "not_a_uuid"),
        (r#""{0190b2e0-7a1c-7cc3-98c4-dc0c0c07398f}""#, "not_a_uuid"),
        (r#""0190b2e0-7a1c-7cc3-98c4-dc0c0c07398g""#, "not_a_uuid"),
        (r#""0190b2e0-7a1c-7cc3-98c4-dc0c0c0739\u0661""#, "not_a_uuid"),
        (r#""""#, "not_a_uuid"),
        ("7", "type"),
        ("null", "null"),
    ],
    ..Facts::new(Storage::Uuid, |_, _, node| match canonical(text_of(node)?) {
        Some(uuid) => Ok(Arg::Text(uuid)),
        None => Unfit::new("not_a_uuid", format!("must be a UUID such as {EXAMPLE}")),
    })
};

/// In lower case; `None` for what is none.
fn canonical(text: &str) -> Option<String> {
    let mut groups = text.split('-');
    let is_group = |length: &usize| {
        groups.next().is_some_and(|group| group.len() == *length && group.bytes().all(|byte| byte.is_ascii_hexdigit()))
    };
    (GROUPS.iter().all(is_group) && groups.next().is_none()).then(|| text.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uuid_is_made_of_its_bits() {
        assert_eq!(Uuid::from_u128(0).to_string(), "00000000-0000-0000-0000-000000000000");
        assert_eq!(Uuid::from_u128(0x0190_b2e0_7a1c_7cc3_98c4_dc0c_0c07_398f).as_ref(), EXAMPLE);
        assert_eq!(serde_json::to_string(&Uuid::from_u128(u128::MAX)).unwrap().len(), 38);
    }
}
