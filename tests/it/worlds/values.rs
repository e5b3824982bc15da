//! Values of fields, whatever their types: what a client may send, what is stored of it, and what a query calls it.

use std::collections::BTreeSet;

use fasttrack::{
    db::Arg,
    decimal::Fixed,
    schema::{Column, Kind},
    types::{Storage, Uuid},
    wire::Object,
};
use serde_json::{Value, json};

use crate::driver::{Random, encode};

/// Words that texts are made of; some are the beginning of others, or differ in case alone.
const WORDS: [&str; 9] = ["alpha", "Alpha", "al", "beta", "gamma", "delta", "Öl", "omega", "zeta"];

/// Instants, some of them long gone and some far away.
const INSTANTS: [&str; 6] = [
    "2001-01-01T00:00:00.000000Z",
    "2019-05-05T05:05:05.000005Z",
    "2020-02-29T12:00:00.000000Z",
    "2090-01-01T00:00:00.000000Z",
    "2091-06-30T23:59:59.999999Z",
    "2099-12-31T00:00:00.000000Z",
];

/// Ids of accounts and rows that a relation may be given, by resource.
pub(super) type Ids<'a> = dyn Fn(&str) -> Vec<i64> + 'a;

/// A value of a field; null now and then where it may be. What has to be nobody else's has a number of its own in it.
pub(super) fn any(random: &mut Random, column: &Column, number: usize, ids: &Ids<'_>) -> Value {
    // Most rows are there.
    let is_there = column.kind == Kind::DeletedAt && !random.one_in(4);
    if is_there || column.nullable && random.one_in(4) {
        return Value::Null;
    }
    if let Kind::Relation(target) = column.kind {
        return random.maybe(&ids(target)).map_or(Value::Null, Value::from);
    }
    if let Kind::Many(target) = column.kind {
        let ids = ids(target);
        let some: BTreeSet<_> = (0..random.below(3)).filter_map(|_| random.maybe(&ids)).collect();
        return json!(some);
    }
    if column.file.is_some() {
        return file(random);
    }
    let value = plain(random, column, number);
    if stored(column, &value).is_some() || column.kind.facts().is_secret { value } else { example(random, column) }
}

fn plain(random: &mut Random, column: &Column, number: usize) -> Value {
    let words = column.kind.words();
    if !words.is_empty() {
        return json!(random.of(words));
    }
    match column.storage() {
        Storage::Boolean => json!(random.one_in(2)),
        Storage::Integer if column.kind == Kind::Duration => json!(random.below(9)),
        Storage::Integer => {
            let (min, max) = column.int_range.unwrap_or((-5, 5));
            let width = usize::try_from(max.saturating_sub(min).clamp(0, 9)).unwrap_or_default();
            json!(min + i64::try_from(random.below(width + 1)).unwrap_or_default())
        }
        Storage::Decimal(scale) => {
            let (min, max) = column.int_range.unwrap_or((-500, 500));
            let width = usize::try_from(max.saturating_sub(min).clamp(0, 999)).unwrap_or_default();
            let units = min + i64::try_from(random.below(width + 1)).unwrap_or_default();
            json!(Fixed::new(units, scale).to_string())
        }
        Storage::Real => json!(random.of(&[0.0, 0.25, 0.1, 1.0, -2.5])),
        Storage::Timestamp => json!(random.of(&INSTANTS)),
        Storage::Uuid => json!(Uuid::from_u128(random.below(1 << 20) as u128).to_string()),
        Storage::Date => json!(random.of(&INSTANTS)[..10]),
        Storage::Json if column.kind.facts().holds_many => list(random, column),
        Storage::Json => json!({ "a": random.of(&WORDS) }),
        Storage::Text if column.kind == Kind::Email => json!(format!("{}{number}@example.com", random.of(&WORDS[..5]))),
        Storage::Text if column.kind == Kind::Url => {
            json!(format!("https://{}.example/{number}", random.of(&WORDS[..5])))
        }
        Storage::Text => json!(text(random, column, number)),
    }
}

/// A file as a column has it, whose bytes are nowhere.
fn file(random: &mut Random) -> Value {
    let name = format!("{}.png", random.of(&WORDS));
    let [sha256, chance] = [32, 16].map(|bytes| format!("{:02x}", random.below(256)).repeat(bytes));
    let (bytes, row) = (1 + random.below(9), 1 + random.below(9));
    json!({ "name": name, "type": "image/png", "bytes": bytes, "sha256": sha256, "key": format!("{chance}-{row}") })
}

/// Few values, which may be there twice.
fn list(random: &mut Random, column: &Column) -> Value {
    let items = 0..random.below(4);
    if column.kind == Kind::Integers {
        return items.map(|_| json!(random.below(5))).collect();
    }
    items.map(|_| json!(random.of(&WORDS))).collect()
}

fn text(random: &mut Random, column: &Column, number: usize) -> String {
    let mut text: Vec<String> = (0..=random.below(3)).map(|_| random.of(&WORDS).to_owned()).collect();
    if column.unique {
        text.insert(0, number.to_string());
    }
    let (min, max) = column.len.unwrap_or((0, 40));
    let text: String = text.join(" ").chars().take(usize::try_from(max).unwrap()).collect();
    let missing = usize::try_from(min).unwrap().saturating_sub(text.chars().count());
    text + &"x".repeat(missing)
}

/// What the type itself shows for an example.
fn example(random: &mut Random, column: &Column) -> Value {
    let examples = column.kind.facts().examples;
    let (sent, ..) = random.of(examples);
    serde_json::from_str(sent).unwrap()
}

/// A value as it is stored; `None` for what is none of the field's.
pub(super) fn stored(column: &Column, value: &Value) -> Option<Arg> {
    if value.is_null() {
        return column.nullable.then_some(Arg::Null);
    }
    if column.kind.facts().is_secret {
        return value.as_str().map(|text| Arg::Text(text.to_owned()));
    }
    if column.file.is_some() {
        return Some(Arg::Text(value.to_string()));
    }
    let body = json!({ "value": value }).to_string();
    let object = Object::parse(body.as_bytes()).unwrap();
    let (_, node) = object.members.first()?;
    (column.kind.facts().read)(column.kind, &column.bounds(), node).ok()
}

/// A value as it stands in a query string.
pub(super) fn in_a_query(value: &Value) -> String {
    match value {
        Value::String(text) => encode(text),
        Value::Array(values) => values.first().map_or_else(|| "1".to_owned(), in_a_query),
        other => encode(&other.to_string()),
    }
}
