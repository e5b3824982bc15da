//! The body of a request: one strict JSON object (RFC 8259, duplicate keys refused).
//!
//! `serde_json` decides what is JSON; one linear pass of ours over text that is known to be JSON finds what it lets
//! through: nesting, lone surrogates, duplicate keys. Numbers keep their text, so nothing is rounded or refused here.

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::scan::{Keys, Member, Scan};
use crate::error::{Error, Fault};

/// A value as it was sent.
#[derive(Debug, Clone, PartialEq)]
pub enum Node<'a> {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number, as its text: `1.0` and `1e0` are told from `1`.
    Number(&'a str),
    /// A string, unescaped.
    Text(Cow<'a, str>),
    /// An array, as its text.
    Array(&'a str),
    /// An object, as its text.
    Object(&'a str),
}

/// A JSON object: its members in order, and what is already known to be wrong with it.
#[derive(Debug, Default)]
pub struct Object<'a> {
    /// The members; of a duplicate key the first one only.
    pub members: Vec<(Cow<'a, str>, Node<'a>)>,
    /// Duplicate keys, at any depth, told by the top-level key.
    pub faults: Vec<Fault>,
}

impl<'a> Object<'a> {
    /// Deepest nesting that is parsed, counting the outermost value.
    pub const MAX_DEPTH: usize = 128;

    /// What is told of a member that holds an object with a duplicate key.
    pub(crate) const DUPLICATE_INSIDE: &'static str = "holds an object that has a key twice";

    /// Parses a body.
    ///
    /// # Errors
    /// [`Error::Malformed`] when it is empty, no UTF-8, no JSON, starts with a byte-order mark, holds a lone surrogate
    /// or is nested too deeply; [`Error::Invalid`] with field `""` when it is no object.
    pub fn parse(body: &'a [u8]) -> Result<Self, Error> {
        Self::of_json(decode(body)?)
    }

    /// Reads what is known to be one JSON value, without white space around it.
    ///
    /// # Errors
    /// Those of [`Self::parse`], but that it is no JSON.
    pub(crate) fn of_json(text: &'a str) -> Result<Self, Error> {
        let scan = Scan::of(text, Self::MAX_DEPTH)?;
        if !text.starts_with('{') {
            return Err(Error::fault("", "not_an_object", "the body has to be a JSON object"));
        }
        collect(scan.members)
    }
}

/// The text of the one JSON value in `body`, without the white space around it.
fn decode(body: &[u8]) -> Result<&str, Error> {
    if body.is_empty() {
        return Err(malformed("the body is empty; send a JSON object"));
    }
    if body.starts_with(b"\xEF\xBB\xBF") {
        return Err(malformed("the body starts with a byte-order mark; send plain UTF-8"));
    }
    let text = std::str::from_utf8(body).map_err(|_| malformed("the body is not UTF-8"))?;
    let value: &RawValue =
        serde_json::from_str(text).map_err(|cause| Error::Malformed(format!("the body is no JSON: {cause}").into()))?;
    Ok(value.get())
}

fn collect(members: Vec<Member<'_>>) -> Result<Object<'_>, Error> {
    let mut object = Object::default();
    let (mut seen, mut faulty) = (Keys::default(), Keys::default());
    for member in members {
        let key = unescape(member.key)?;
        let first = seen.insert(key.clone());
        if (!first || member.has_duplicate) && faulty.insert(key.clone()) {
            object.faults.push(Fault::new(key.as_ref(), "duplicate", duplicate_message(first)));
        }
        if first {
            object.members.push((key, node(member.value)?));
        }
    }
    Ok(object)
}

const fn duplicate_message(nested: bool) -> &'static str {
    if nested { Object::DUPLICATE_INSIDE } else { "the key is there twice" }
}

fn node(raw: &str) -> Result<Node<'_>, Error> {
    Ok(match raw.as_bytes().first() {
        Some(b'n') => Node::Null,
        Some(b't') => Node::Bool(true),
        Some(b'f') => Node::Bool(false),
        Some(b'"') => Node::Text(unescape(raw)?),
        Some(b'[') => Node::Array(raw),
        Some(b'{') => Node::Object(raw),
        _ => Node::Number(raw),
    })
}

/// The content of a string literal, quotes included.
pub(super) fn unescape(literal: &str) -> Result<Cow<'_, str>, Error> {
    if !literal.contains('\\') {
        return Ok(Cow::Borrowed(literal.trim_matches('"')));
    }
    serde_json::from_str::<String>(literal)
        .map(Cow::Owned)
        .map_err(|cause| Error::Malformed(format!("the body holds a string that is no Unicode text: {cause}").into()))
}

pub(super) const fn malformed(detail: &'static str) -> Error {
    Error::Malformed(Cow::Borrowed(detail))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(body: &[u8], expected: &[(&str, Node<'_>)]) {
        let object = Object::parse(body).unwrap();
        assert_eq!(object.faults, [], "{}", String::from_utf8_lossy(body));
        let members: Vec<_> = object.members.iter().map(|(key, node)| (key.as_ref(), node.clone())).collect();
        assert_eq!(members, expected);
    }

    #[test]
    fn values_are_taken_as_they_were_sent() {
        check(b"{}", &[]);
        check(b" \r\n\t{ } ", &[]);
        check(
            br#"{"a":null,"b":true,"c":false}"#,
            &[("a", Node::Null), ("b", Node::Bool(true)), ("c", Node::Bool(false))],
        );
        for number in ["0", "-0", "1", "1.0", "1e0", "1e400", "-1E-400", "99999999999999999999999999"] {
            check(format!(r#"{{"n": {number} }}"#).as_bytes(), &[("n", Node::Number(number))]);
        }
        check(
            br#"{ "a" : [ 1 , {"b":[ ]} ] , "c" : {"d" : 1} }"#,
            &[("a", Node::Array(r#"[ 1 , {"b":[ ]} ]"#)), ("c", Node::Object(r#"{"d" : 1}"#))],
        );
        check(
            br#"{"\u0061":"x\n\"\\\ud83d\ude00","":""}"#,
            &[("a", Node::Text("x\n\"\\\u{1F600}".into())), ("", Node::Text("".into()))],
        );
        check("{\"é,:{\":\"]}\u{10FFFF}\"}".as_bytes(), &[("é,:{", Node::Text("]}\u{10FFFF}".into()))]);
        check(br#"{"nul":"\u0000"}"#, &[("nul", Node::Text("\0".into()))]);
    }

    #[test]
    fn what_is_no_json_is_malformed() {
        let cases: &[&[u8]] = &[
            b"",
            b" ",
            b"\xEF\xBB\xBF{}",
            b"{",
            b"}",
            b"{}}",
            b"{} {}",
            b"{},",
            b"nul",
            b"{a:1}",
            b"{'a':1}",
            b"{\"a\":1,}",
            b"{\"a\":01}",
            b"{\"a\":+1}",
            b"{\"a\":.5}",
            b"{\"a\":1.}",
            b"{\"a\":NaN}",
            b"{\"a\" 1}",
            b"{\"a\":\"\n\"}",
            b"{\"a\":\"\0\"}",
            b"{\"a\":\"\\x\"}",
            b"{\"a\":\"\\u12\"}",
            b"{\"a\":\"",
            b"\xFF",
            b"{\"a\":\"\xED\xA0\x80\"}",
            b"{\"a\":\"\xC0\xAF\"}",
            b"{/**/}",
            b"\"\\ud800\"",
            b"[1,]",
            b"{\"a\":1e}",
        ];
        for &body in cases {
            assert!(matches!(Object::parse(body), Err(Error::Malformed(_))), "{:?}", String::from_utf8_lossy(body));
        }
    }

    #[test]
    fn lone_surrogates_are_malformed_wherever_they_stand() {
        let lone = [r"\ud800", r"\udc00", r"\ud800\ud800", r"\ud800x", r"\ud800\n", r"\uDBFFA", r"\udc00\ud800"];
        for text in lone {
            for body in [
                format!(r#"{{"a":"{text}"}}"#),
                format!(r#"{{"{text}":1}}"#),
                format!(r#"{{"a":[{{"b":"{text}"}}]}}"#),
                format!(r#"{{"a":{{"{text}":1}}}}"#),
                format!(r#"{{"a":1,"a":"{text}"}}"#),
                format!(r#"["{text}"]"#),
            ] {
                assert!(matches!(Object::parse(body.as_bytes()), Err(Error::Malformed(_))), "{body}");
            }
        }
        check(br#"{"a":["\ud83d\ude00","\\ud800"]}"#, &[("a", Node::Array(r#"["\ud83d\ude00","\\ud800"]"#))]);
    }

    #[test]
    fn nesting_is_limited() {
        let nested = |arrays: usize| format!(r#"{{"a":{}1{}}}"#, "[".repeat(arrays), "]".repeat(arrays));
        assert!(Object::parse(nested(127).as_bytes()).is_ok());
        assert!(matches!(Object::parse(nested(128).as_bytes()), Err(Error::Malformed(_))));
        for opening in ["[", "{\"a\":", "[{\"a\":"] {
            assert!(matches!(Object::parse(opening.repeat(20_000).as_bytes()), Err(Error::Malformed(_))));
        }
        let closed = "[".repeat(32_768) + &"]".repeat(32_768);
        assert!(matches!(Object::parse(closed.as_bytes()), Err(Error::Malformed(_))));
        let arrays = "[".repeat(128) + &"]".repeat(128);
        assert!(matches!(Object::parse(arrays.as_bytes()), Err(Error::Invalid(_))), "parses, and is no object");
        check(
            r#"{"a":"[[[[","b":"{{{{"}"#.as_bytes(),
            &[("a", Node::Text("[[[[".into())), ("b", Node::Text("{{{{".into()))],
        );
    }

    #[test]
    fn json_that_is_no_object_is_invalid() {
        for body in ["null", "1", "1e999", "\"x\"", "[]", "[{}]", " true "] {
            let Err(Error::Invalid(faults)) = Object::parse(body.as_bytes()) else { panic!("{body}") };
            assert_eq!(faults.iter().map(|f| (f.field.as_str(), f.code)).collect::<Vec<_>>(), [("", "not_an_object")]);
        }
    }

    #[test]
    fn duplicate_keys_are_told_once_by_the_top_level_key() {
        for (body, fields) in [
            (r#"{"a":1,"a":2,"a":3}"#, vec!["a"]),
            (r#"{"a":1,"\u0061":2}"#, vec!["a"]),
            (r#"{"a":1,"b":{"x":1,"x":2},"c":[[{"y":1},{"y":1,"z":{},"y":1}]]}"#, vec!["b", "c"]),
            (r#"{"a":{"x":1},"b":{"x":1},"x":[{"x":1},{"x":1}]}"#, vec![]),
            (r#"{"a":{"a":1},"a":{"b":1,"b":1}}"#, vec!["a"]),
            (r#"{"a":["b","b"],"c":"c"}"#, vec![]),
        ] {
            let object = Object::parse(body.as_bytes()).unwrap();
            assert_eq!(object.faults.iter().map(|f| f.field.as_str()).collect::<Vec<_>>(), fields, "{body}");
            assert!(object.faults.iter().all(|fault| fault.code == "duplicate"));
        }
        let object = Object::parse(br#"{"a":1,"a":2}"#).unwrap();
        assert_eq!(object.members, [("a".into(), Node::Number("1"))], "the first one is kept");
    }

    #[test]
    fn duplicates_are_found_among_many_keys_as_among_few() {
        for count in [1, 15, 16, 17, 40] {
            let members: Vec<_> = (0..count).map(|number| format!(r#""k{number}":{number}"#)).collect();
            let plain = format!("{{{}}}", members.join(","));
            assert_eq!(Object::parse(plain.as_bytes()).unwrap().faults, [], "{count}");
            for twice in [0, count - 1] {
                let (outer, inner) = (format!(r#"{{{},"k{twice}":0}}"#, members.join(",")), format!("k{twice}"));
                let object = Object::parse(outer.as_bytes()).unwrap();
                assert_eq!(object.faults.iter().map(|fault| &fault.field).collect::<Vec<_>>(), [&inner], "{count}");
                assert_eq!(object.members.len(), count, "the first one is kept");
                let nested = format!(r#"{{"a":{outer}}}"#);
                let object = Object::parse(nested.as_bytes()).unwrap();
                assert_eq!(
                    object.faults.iter().map(|fault| fault.field.as_str()).collect::<Vec<_>>(),
                    ["a"],
                    "{count}"
                );
            }
        }
    }
}
