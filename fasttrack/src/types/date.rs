//! Calendar dates.

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    FieldType, Kind,
    facts::{Facts, Fill, Storage, Unfit},
    text::text_of,
};
use crate::{clock, db::Arg};

/// A calendar date, `YYYY-MM-DD`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
pub struct Date(pub String);

impl FieldType for Date {
    const KIND: Kind = Kind::Date;
}

pub(super) const DATE: Facts = Facts {
    fill: Fill::Now,
    parse: Some(|_, text| {
        clock::parse_date(text).map(Arg::Text).ok_or_else(|| format!("`{text}` is no date such as 2026-11-22"))
    }),
    noun: "a date",
    words: |_| "date".to_owned(),
    json_schema: |_| json!({ "type": "string", "format": "date" }),
    examples: &[
        (r#""2024-02-29""#, r#""2024-02-29""#, "2024-02-29"),
        (r#""0001-01-01""#, r#""0001-01-01""#, "0001-01-01"),
        (r#""9999-12-31""#, r#""9999-12-31""#, "9999-12-31"),
    ],
    refused: &[(r#""2026-02-30""#, "not_a_date"), (r#""2026-2-3""#, "not_a_date"), ("7", "type"), ("null", "null")],
    ..Facts::new(Storage::Date, |_, _, node| match clock::parse_date(text_of(node)?) {
        Some(date) => Ok(Arg::Text(date)),
        None => Unfit::new("not_a_date", "must be a date such as 2026-11-22"),
    })
};
