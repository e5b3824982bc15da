//! Lists of values, which stand in a row as one: what has rows of its own is [`Many`](super::Many).

use serde_json::{json, value::RawValue};

use super::{
    FieldType, Kind, Literal, ReadValue,
    facts::{Bounds, Facts, Order, Storage, Unfit},
    literal::json_list,
    number::{INT, integer},
    text::text_of,
};
use crate::{db::Arg, wire::Node};

impl FieldType for Vec<String> {
    const KIND: Kind = Kind::Texts;
}

impl FieldType for Vec<i64> {
    const KIND: Kind = Kind::Integers;
}

pub(super) const TEXTS: Facts = Facts {
    parse: Some(|_, text| Ok(Arg::Text(text.to_owned()))),
    noun: "a list of texts",
    words: |_| "list of texts".to_owned(),
    json_schema: |_| json!({ "type": "array", "items": { "type": "string" } }),
    examples: &[
        ("[]", "[]", ""),
        (r#"[ "b", "a", "b" ]"#, r#"["b","a","b"]"#, "a"),
        (
            r#"["Ä \"q\" \\ c,d", "null", "{}", "\u0001\n\/", "😀"]"#,
            r#"["Ä \"q\" \\ c,d","null","{}","\u0001\n/","😀"]"#,
            "{}",
        ),
        (r#"["1"]"#, r#"["1"]"#, "1"),
    ],
    refused: &[
        (r#""a""#, "type"),
        ("[1]", "type"),
        ("[null]", "type"),
        (r#"[["a"]]"#, "type"),
        ("{}", "type"),
        (r#"["a", "b\u0000"]"#, "nul"),
        ("null", "null"),
    ],
    ..list(Literal::Texts(&[]), |_, bounds, node| {
        let mut texts = Vec::new();
        for (place, item) in items(bounds, node, "texts")?.iter().enumerate() {
            let Ok(text) = serde_json::from_str::<String>(item.get()) else {
                return Unfit::new("type", format!("value {}: must be a string", place + 1));
            };
            let node = Node::Text(text.as_str().into());
            let checked = text_of(&node).and_then(|text| bounds.check_length(text));
            checked.map_err(|unfit| at(place, unfit))?;
            texts.push(text);
        }
        Ok(Arg::Text(json_list(&texts)))
    })
};

pub(super) const INTEGERS: Facts = Facts {
    parse: INT.parse,
    noun: "a list of integers",
    words: |_| "list of integers".to_owned(),
    json_schema: |_| json!({ "type": "array", "items": { "type": "integer", "format": "int64" } }),
    examples: &[
        ("[]", "[]", "0"),
        ("[ 3, -1, 3 ]", "[3,-1,3]", "-1"),
        (
            "[9223372036854775807, -9223372036854775808]",
            "[9223372036854775807,-9223372036854775808]",
            "-9223372036854775808",
        ),
    ],
    refused: &[
        ("1", "type"),
        (r#"["1"]"#, "type"),
        ("[null]", "type"),
        ("[[1]]", "type"),
        ("[1.0]", "type"),
        ("[9223372036854775808]", "too_large"),
        ("null", "null"),
    ],
    ..list(Literal::Integers(&[]), |_, bounds, node| {
        let mut numbers = Vec::new();
        for (place, item) in items(bounds, node, "integers")?.iter().enumerate() {
            let is_number = item.get().starts_with(|first: char| first == '-' || first.is_ascii_digit());
            let number =
                if is_number { integer(bounds, item.get()) } else { Unfit::new("type", "must be a whole number") };
            match number.map_err(|unfit| at(place, unfit))? {
                Arg::Int(number) => numbers.push(number),
                _ => return Unfit::new("type", format!("value {}: must be a whole number", place + 1)),
            }
        }
        Ok(Arg::Text(json_list(&numbers)))
    })
};

const fn list(empty: Literal, read: ReadValue) -> Facts {
    Facts { order: Order::Unspoken, holds_many: true, empty: Some(empty), ..Facts::new(Storage::Json, read) }
}

/// The parts of a list, which are as many as its field may hold.
fn items<'a>(bounds: &Bounds, node: &'a Node<'_>, what: &str) -> Result<Vec<&'a RawValue>, Unfit> {
    let Node::Array(text) = node else { return Unfit::new("type", format!("must be a list of {what}")) };
    let items: Vec<&RawValue> = match serde_json::from_str(text) {
        Ok(items) => items,
        Err(cause) => return Unfit::new("type", format!("must be a list of {what}: {cause}")),
    };
    match bounds.max {
        Some(max) if items.len() > max as usize => Unfit::new("too_many", format!("must have at most {max} values")),
        _ => Ok(items),
    }
}

/// What is wrong with the value at this place, of which people begin to count at one.
fn at(place: usize, Unfit { code, message }: Unfit) -> Unfit {
    Unfit { code, message: format!("value {}: {message}", place + 1) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_value_and_their_count_are_bounded() {
        #[track_caller]
        fn check(kind: Kind, json: &str, expected: Result<(), (&str, &str)>) {
            let bounds = Bounds { len: Some((1, 3)), int_range: Some((0, 9)), max: Some(2), ..Bounds::default() };
            let read = (kind.facts().read)(kind, &bounds, &Node::Array(json)).map(drop);
            let read = read.map_err(|unfit| (unfit.code, unfit.message));
            let found = read.as_ref().map_err(|(code, message)| (*code, message.as_str())).copied();
            assert_eq!(found, expected, "{json}");
        }
        check(Kind::Texts, r#"["a", "äöü"]"#, Ok(()));
        check(Kind::Texts, r#"["a", "abcd"]"#, Err(("too_long", "value 2: at most 3 characters")));
        check(Kind::Texts, r#"["", "a"]"#, Err(("too_short", "value 1: at least 1 character")));
        check(Kind::Texts, r#"["a", "a", "a"]"#, Err(("too_many", "must have at most 2 values")));
        check(Kind::Integers, "[0, 9]", Ok(()));
        check(Kind::Integers, "[0, 10]", Err(("too_large", "value 2: at most 9")));
        check(Kind::Integers, "[1, 2, 3]", Err(("too_many", "must have at most 2 values")));
    }
}
