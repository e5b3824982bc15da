//! Instants: one that clients set, and those that the server does.

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    FieldType, Kind,
    facts::{Facts, Fill, Storage, Unfit},
    number::ENCODE_PLUS,
    text::text_of,
};
use crate::{
    clock::{self, TimestampFault},
    db::Arg,
};

/// An instant in UTC, as RFC 3339 text with microseconds.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
pub struct Timestamp(pub String);

/// The instant of creation.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
pub struct CreatedAt(pub String);

/// The instant of the last change.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
pub struct UpdatedAt(pub String);

/// The instant of deletion, as long as what was deleted is kept; a row that is shown has none.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
pub struct DeletedAt(pub Option<String>);

impl FieldType for Timestamp {
    const KIND: Kind = Kind::Timestamp;
}

impl FieldType for CreatedAt {
    const KIND: Kind = Kind::CreatedAt;
}

impl FieldType for UpdatedAt {
    const KIND: Kind = Kind::UpdatedAt;
}

impl FieldType for DeletedAt {
    const KIND: Kind = Kind::DeletedAt;
    const NULLABLE: bool = true;
}

/// What becomes of an instant that is finer than those that are kept.
const CUT_OFF: &str = "Digits of a second beyond the sixth are cut off.";

pub(super) const TIMESTAMP: Facts = Facts {
    fill: Fill::Now,
    parse: Some(|_, text| {
        clock::parse_timestamp(text).map(Arg::Text).ok_or_else(|| {
            let advice = TimestampFault::of(text).map(|fault| match fault {
                TimestampFault::NoSign => format!(" ({ENCODE_PLUS})"),
                other => format!(" ({})", other.advice()),
            });
            format!("`{text}` is no RFC 3339 timestamp such as 2026-11-22T16:10:00Z{}", advice.unwrap_or_default())
        })
    }),
    noun: "an instant",
    words: |_| "instant".to_owned(),
    json_schema: |_| json!({ "type": "string", "format": "date-time", "examples": ["2026-11-22T16:10:00.123456Z"] }),
    input_note: Some(CUT_OFF),
    filter_note: Some(CUT_OFF),
    examples: &[
        (r#""2026-11-22T16:10:00+01:00""#, r#""2026-11-22T15:10:00.000000Z""#, "2026-11-22T15:10:00Z"),
        (r#""0001-01-01T00:00:00.1234567Z""#, r#""0001-01-01T00:00:00.123456Z""#, "0001-01-01T00:00:00.123456Z"),
    ],
    refused: &[(r#""2026-11-22""#, "not_a_timestamp"), ("7", "type"), ("null", "null")],
    ..Facts::new(Storage::Timestamp, |_, _, node| {
        let text = text_of(node)?;
        clock::parse_timestamp(text).map(Arg::Text).map_or_else(
            || {
                let advice = TimestampFault::of(text).map(|fault| format!(": {}", fault.advice())).unwrap_or_default();
                let message = format!("must be an RFC 3339 timestamp such as 2026-11-22T16:10:00Z{advice}");
                Unfit::new("not_a_timestamp", message)
            },
            Ok,
        )
    })
};

pub(super) const CREATED_AT: Facts = Facts {
    is_automatic: true,
    noun: "the instant of creation",
    words: |_| "instant of creation".to_owned(),
    described: |_, named| Some(format!("When the {} was created.", named.row)),
    input_note: None,
    ..TIMESTAMP
};

pub(super) const UPDATED_AT: Facts = Facts {
    is_automatic: true,
    noun: "the instant of the last change",
    words: |_| "instant of the last change".to_owned(),
    described: |_, named| Some(format!("When the {} last changed.", named.row)),
    input_note: None,
    ..TIMESTAMP
};

/// Rows that were there before the field are not deleted.
pub(super) const DELETED_AT: Facts = Facts {
    is_automatic: true,
    fill: Fill::Nothing,
    noun: "the instant of deletion",
    words: |_| "instant of deletion".to_owned(),
    described: |_, named| Some(format!("When the {} was deleted: null, since it is there.", named.row)),
    input_note: None,
    ..TIMESTAMP
};
