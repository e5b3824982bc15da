//! Values that look random, sound or not, for what the document says of a field.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::driver::Random;

/// Texts that are easily sorted, matched or written wrongly.
const TEXTS: [&str; 34] = [
    "a",
    "b",
    "A",
    "B",
    "ab",
    "Zz",
    "é",
    "É",
    "ß",
    "ÿ",
    "straße",
    "a b",
    "%",
    "_",
    "\\",
    "x%y_z",
    "\u{1}",
    "\u{1f}",
    "\"q\"",
    "it's",
    "\u{1F600}",
    "\u{FFFF}",
    "\u{E000}",
    "ı",
    "İ",
    "\u{212A}",
    "ſ",
    "{\"a\":1}",
    "null",
    "1",
    "true",
    "\t",
    "\u{7f}",
    "\u{2028}",
];

const FLOATS: [f64; 18] = [
    0.0,
    -0.0,
    0.1,
    0.300_000_000_000_000_04,
    1e300,
    -1e300,
    5e-324,
    f64::MAX,
    -2.5,
    1.0 / 3.0,
    1e15,
    1e16,
    123_456_789.123_456_79,
    1e-5,
    0.0001,
    1e22,
    9_007_199_254_740_992.0,
    100.0,
];

const INSTANTS: [&str; 9] = [
    "2026-01-01T00:00:00Z",
    "2026-01-01T00:00:00.000001Z",
    "1969-12-31T23:59:59.999999Z",
    "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59.999999Z",
    "2024-02-29T12:00:00+02:00",
    "2026-06-30T23:59:59.5-11:00",
    "1883-11-18T12:03:58Z",
    "1582-10-10T00:00:00Z",
];

const DAYS: [&str; 5] = ["2026-01-01", "0001-01-01", "9999-12-31", "2024-02-29", "1582-10-10"];

const UUIDS: [&str; 4] = [
    "0190B2E0-7a1c-7cc3-98c4-dc0c0c07398f",
    "0190b2e0-7a1c-7cc3-98c4-dc0c0c07398f",
    "ffffffff-ffff-ffff-ffff-ffffffffffff",
    "no",
];

const URLS: [&str; 4] = ["https://a.example", "HTTPS://A.example", "http://ä.example/é?q=[1]", "ftp://a.example"];

const ADDRESSES: [&str; 4] = ["a@example.com", "A@Example.com", "b+c@example.org", "no address"];

const DECIMALS: [&str; 11] =
    ["0", "1", "2.5", "0.1", "9", "-0.01", "9.99", "10.00", "0.751", "1000000.51", "92233720368547758.08"];

/// Texts that may be no longer than this are few, so that rows have them in common.
const SHORT: u64 = 20;

/// Fields between which a row lies.
const SPANS: [[&str; 2]; 3] = [["starts_at", "ends_at"], ["first_slot", "last_slot"], ["from", "until"]];

/// What bodies are made with.
pub(super) struct Known {
    /// The last id of each collection.
    pub(super) last: BTreeMap<String, usize>,
    /// Whether values are sound, as far as the document tells; else they often are not.
    pub(super) is_careful: bool,
    /// How many accounts there are.
    pub(super) people: usize,
}

impl Random {
    pub(super) fn text(&mut self) -> String {
        let more = if self.one_in(2) { self.of(&TEXTS) } else { "" };
        self.of(&TEXTS).to_owned() + more
    }

    fn float(&mut self) -> f64 {
        if self.one_in(2) {
            return self.of(&FLOATS);
        }
        let any = f64::from_bits(self.next());
        if any.is_finite() { any } else { 0.5 }
    }

    /// An instant; half of them are hours of two days, which lie between each other.
    fn instant(&mut self) -> String {
        if self.one_in(2) {
            return self.of(&INSTANTS).to_owned();
        }
        format!("2026-01-{:02}T{:02}:00:00Z", 1 + self.below(2), self.below(24))
    }

    /// A body as a schema describes it, without some of what may be left out, and now and then without what may not.
    pub(super) fn body(&mut self, schema: &Value, known: &Known, is_whole: bool) -> Map<String, Value> {
        let required = schema["required"].as_array();
        let mut body = Map::new();
        for (key, field) in schema["properties"].as_object().into_iter().flatten() {
            let is_required = required.is_some_and(|keys| keys.iter().any(|known| known == key));
            let is_sent = match (is_whole, is_required) {
                (true, true) => known.is_careful || !self.one_in(8),
                (true, false) => self.one_in(if known.is_careful { 4 } else { 2 }),
                (false, _) => self.one_in(6),
            };
            if is_sent {
                body.insert(key.clone(), self.value(key, field, known));
            }
        }
        // What ends before it begins is refused whatever there is.
        for [start, end] in SPANS {
            for (one, other) in [(start, end), (end, start)] {
                if known.is_careful && body.contains_key(one) && !body.contains_key(other) {
                    body.insert(other.to_owned(), self.value(other, &schema["properties"][other], known));
                }
            }
            let is_late = |body: &Map<String, Value>| Some(order(body.get(start)?) > order(body.get(end)?));
            if is_late(&body) == Some(true) && !self.one_in(8) {
                let (first, last) = (body.remove(start), body.remove(end));
                body.extend([(start.to_owned(), last), (end.to_owned(), first)].map(|(key, one)| (key, one.unwrap())));
            }
        }
        body
    }

    /// A value of a field, sound or not.
    pub(super) fn value(&mut self, key: &str, schema: &Value, known: &Known) -> Value {
        let kinds = match &schema["type"] {
            Value::Array(kinds) => kinds.clone(),
            kind => vec![kind.clone()],
        };
        if kinds.iter().any(|kind| kind == "null") && self.one_in(4) {
            return Value::Null;
        }
        if let Some(words) = schema["enum"].as_array() {
            return if !known.is_careful && self.one_in(4) { json!("no") } else { self.of(words) };
        }
        match kinds[0].as_str() {
            Some("boolean") => json!(self.one_in(2)),
            Some("integer") => self.integer(key, schema, known),
            Some("number") => match schema["maximum"].as_f64() {
                Some(max) if known.is_careful => json!(self.of(&[0.0, 0.25, 0.1, max])),
                Some(max) => json!(self.of(&[0.0, max, max + 0.5])),
                None => json!(self.float()),
            },
            Some("string") => self.string(schema, known.is_careful),
            Some("array") => {
                let most = usize::try_from(schema["maxItems"].as_u64().unwrap_or(3)).unwrap();
                let least = schema["minItems"].as_u64().map_or(0, |_| usize::from(known.is_careful));
                let beyond = if known.is_careful { 1 } else { 2 };
                let items = least + self.below(most.min(4) + beyond - least);
                (0..items).map(|_| self.value(key, &schema["items"], known)).collect()
            }
            Some("object") => self.body(schema, known, true).into(),
            _ if key == "samples" => json!([self.float(), 1.0, 2]),
            _ if known.is_careful => self.of(&[json!({}), json!({ "a": { "b": ["x", null] } }), json!({ "é": {} })]),
            _ => json!({ "é": {}, "a": [1] }),
        }
    }

    fn integer(&mut self, key: &str, schema: &Value, known: &Known) -> Value {
        let table = key.trim_end_matches('s').strip_suffix("_id").map(|name| format!("{name}s"));
        if let Some(table) = table {
            // The first rows are referred to most.
            let last = known.last.get(&table).copied().filter(|_| self.one_in(2));
            let last = last.unwrap_or(if known.is_careful { known.people } else { 9 });
            return json!(1 + self.below(last.max(1)));
        }
        let (min, max) = (schema["minimum"].as_i64(), schema["maximum"].as_i64());
        match min.or(max) {
            Some(_) => {
                let bounds = [min, max.map(|max| max.saturating_add(1)), min.map(|min| min.saturating_sub(1)), max];
                let wrong = bounds.into_iter().flatten().collect::<Vec<_>>();
                if known.is_careful { json!(self.of(&[0, 1, 2, 60, 99])) } else { json!(self.of(&wrong)) }
            }
            None => json!(self.of(&[0, 1, 2, -1, 3, 5, 7, i64::MAX, i64::MIN, 1 << 31, -100, 100])),
        }
    }

    fn string(&mut self, schema: &Value, is_careful: bool) -> Value {
        // What is wrong stands last.
        let sound = |all: &'static [&'static str], wrong: usize| &all[..all.len() - if is_careful { wrong } else { 0 }];
        match schema["format"].as_str() {
            Some("date-time") => json!(self.instant()),
            Some("date") => json!(self.of(&DAYS)),
            Some("uuid") => json!(self.of(sound(&UUIDS, 1))),
            Some("uri") => json!(self.of(sound(&URLS, 1))),
            Some("email") => json!(self.of(sound(&ADDRESSES, 1))),
            _ if schema["pattern"].is_string() => json!(self.of(sound(&DECIMALS, 6))),
            _ if schema["maxLength"].as_u64().is_some_and(|max| max <= SHORT) => json!(self.of(&TEXTS[..4])),
            _ => json!(self.text()),
        }
    }
}

/// Where a value lies among those of its field.
fn order(value: &Value) -> (f64, &str) {
    let text = value.as_str().unwrap_or_default();
    (value.as_f64().or_else(|| text.parse().ok()).unwrap_or_default(), text)
}
