//! JSON as text: without blanks, and merged with a patch (RFC 7396).
//!
//! Works on text that is known to be JSON, and keeps every number and string as it is written: nothing is rounded, and no
//! escape is replaced by another.

use std::{borrow::Cow, collections::HashMap};

use super::object::unescape;

/// A value, as far as a merge looks into it.
enum Value<'a> {
    /// Anything but an object, as its text.
    Text(&'a str),
    /// The members of an object, with the literals of their keys.
    Object(Vec<(&'a str, Self)>),
}

/// The text without the blanks between tokens.
#[must_use]
pub fn compact(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    let mut rest = json;
    while let Some(start) = rest.find(['"', ' ', '\t', '\n', '\r']) {
        let (before, from) = rest.split_at(start);
        text.push_str(before);
        if from.starts_with('"') {
            let (literal, after) = from.split_at(end_of_string(from));
            text.push_str(literal);
            rest = after;
        } else {
            rest = from.get(1..).unwrap_or_default();
        }
    }
    text.push_str(rest);
    text
}

/// What `patch` makes of `target`: members that are null go, objects are merged, everything else takes the place of what
/// was there (RFC 7396, section 2). Both are JSON without blanks, and so is what comes of them.
#[must_use]
pub fn merge_patch(target: &str, patch: &str) -> String {
    let mut text = String::with_capacity(target.len() + patch.len());
    write(&merge(Some(read(target)), read(patch)), &mut text);
    text
}

fn merge<'a>(target: Option<Value<'a>>, patch: Value<'a>) -> Value<'a> {
    let Value::Object(patch) = patch else { return patch };
    let mut members: Vec<_> = match target {
        Some(Value::Object(members)) => members.into_iter().map(Some).collect(),
        _ => Vec::new(),
    };
    let names = members.iter().flatten().map(|(key, _)| name_of(key)).enumerate();
    let mut positions: HashMap<_, _> = names.map(|(position, name)| (name, position)).collect();
    for (key, value) in patch {
        let place = positions.get(&name_of(key)).and_then(|position| members.get_mut(*position));
        match (place, value) {
            (None, Value::Text("null")) => {}
            (Some(place), Value::Text("null")) => *place = None,
            (Some(place), value) => {
                let (known, before) = place.take().unzip();
                *place = Some((known.unwrap_or(key), merge(before, value)));
            }
            (None, value) => {
                positions.insert(name_of(key), members.len());
                members.push(Some((key, merge(None, value))));
            }
        }
    }
    Value::Object(members.into_iter().flatten().collect())
}

/// Keys are the same when their characters are, however they are escaped.
fn name_of(literal: &str) -> Cow<'_, str> {
    unescape(literal).unwrap_or(Cow::Borrowed(literal))
}

fn write(value: &Value<'_>, text: &mut String) {
    match value {
        Value::Text(value) => text.push_str(value),
        Value::Object(members) => {
            text.push('{');
            for (position, (key, value)) in members.iter().enumerate() {
                text.push_str(if position > 0 { "," } else { "" });
                text.push_str(key);
                text.push(':');
                write(value, text);
            }
            text.push('}');
        }
    }
}

fn read(json: &str) -> Value<'_> {
    let mut rest = json;
    value(&mut rest)
}

/// Takes one value from the beginning of `rest`.
fn value<'a>(rest: &mut &'a str) -> Value<'a> {
    if !rest.starts_with('{') {
        let (text, after) = rest.split_at(end_of_value(rest));
        *rest = after;
        return Value::Text(text);
    }
    let mut members = Vec::new();
    *rest = rest.get(1..).unwrap_or_default();
    while rest.starts_with('"') {
        let (key, after) = rest.split_at(end_of_string(rest));
        *rest = after.strip_prefix(':').unwrap_or(after);
        members.push((key, value(rest)));
        *rest = rest.strip_prefix(',').unwrap_or(rest);
    }
    *rest = rest.strip_prefix('}').unwrap_or(rest);
    Value::Object(members)
}

/// Where a value ends that is no object: an array with its bracket, everything else before what follows a value.
fn end_of_value(text: &str) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while let Some(byte) = text.as_bytes().get(at) {
        match byte {
            b'"' => at += end_of_string(text.get(at..).unwrap_or_default()),
            b'[' | b'{' => {
                depth += 1;
                at += 1;
            }
            b']' | b'}' | b',' if depth == 0 => return at,
            b']' | b'}' => {
                depth -= 1;
                at += 1;
            }
            _ => at += 1,
        }
    }
    text.len()
}

/// Where the string ends that the text begins with.
fn end_of_string(text: &str) -> usize {
    let mut is_escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = true,
            b'"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_go_and_nothing_else() {
        for (json, expected) in [
            (" [ 1 ,\t2.50 ]\n", "[1,2.50]"),
            (r#"{ "a b" : " \" c " , "d" : [ ] }"#, r#"{"a b":" \" c ","d":[]}"#),
            (r#""\\" "#, r#""\\""#),
            ("1E5", "1E5"),
            (r#"{"é" : "ü "}"#, r#"{"é":"ü "}"#),
        ] {
            assert_eq!(compact(json), expected);
        }
    }

    /// The cases of RFC 7396, appendix A, and what it leaves open.
    #[test]
    fn a_patch_is_merged_as_the_rfc_says() {
        for (target, patch, expected) in [
            (r#"{"a":"b"}"#, r#"{"a":"c"}"#, r#"{"a":"c"}"#),
            (r#"{"a":"b"}"#, r#"{"b":"c"}"#, r#"{"a":"b","b":"c"}"#),
            (r#"{"a":"b"}"#, r#"{"a":null}"#, "{}"),
            (r#"{"a":"b","b":"c"}"#, r#"{"a":null}"#, r#"{"b":"c"}"#),
            (r#"{"a":["b"]}"#, r#"{"a":"c"}"#, r#"{"a":"c"}"#),
            (r#"{"a":"c"}"#, r#"{"a":["b"]}"#, r#"{"a":["b"]}"#),
            (r#"{"a":{"b":"c"}}"#, r#"{"a":{"b":"d","c":null}}"#, r#"{"a":{"b":"d"}}"#),
            (r#"{"a":[{"b":"c"}]}"#, r#"{"a":[1]}"#, r#"{"a":[1]}"#),
            (r#"["a","b"]"#, r#"["c","d"]"#, r#"["c","d"]"#),
            (r#"{"a":"b"}"#, r#"["c"]"#, r#"["c"]"#),
            (r#"{"a":"foo"}"#, "null", "null"),
            (r#"{"e":null}"#, r#"{"a":1}"#, r#"{"e":null,"a":1}"#),
            ("[1,2]", r#"{"a":"b","c":null}"#, r#"{"a":"b"}"#),
            ("{}", r#"{"a":{"bb":{"ccc":null}}}"#, r#"{"a":{"bb":{}}}"#),
            (r#"{"\u0061":1.50}"#, r#"{"a":2e0}"#, r#"{"\u0061":2e0}"#),
            (
                r#"{"a":"},\"{","b":[[{"x":"]"}],2]}"#,
                r#"{"c":[",",{}]}"#,
                r#"{"a":"},\"{","b":[[{"x":"]"}],2],"c":[",",{}]}"#,
            ),
        ] {
            assert_eq!(merge_patch(target, patch), expected, "{target} with {patch}");
        }
    }
}
