//! What of a JSON text stands for what an earlier operation answered: strings such as `"$0.id"`.
//!
//! Found by one linear pass over text that is known to be JSON, and filled in as text, so that nothing else of it becomes
//! another one. `"$$0.id"` is the string `$0.id` itself.

use std::{borrow::Cow, ops::Range};

use super::object::unescape;

/// A key of what an operation answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// Which operation, counted from 0.
    pub operation: usize,
    /// The key.
    pub key: String,
    /// Both as they were sent: `0.id`.
    pub text: String,
}

/// What a string says that is not taken as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    /// It stands for something.
    Reference(Reference),
    /// It is this one.
    Literal(String),
}

/// A JSON text in which something has to be filled in.
#[derive(Debug, Clone)]
pub struct Form {
    text: String,
    places: Vec<Place>,
}

/// A string of it, quotes included.
#[derive(Debug, Clone)]
struct Place {
    range: Range<usize>,
    /// Where it is, from the top: `lines[0].product_id`.
    path: String,
    said: Said,
}

impl Said {
    /// Reads a string; `None` where it is taken as it stands.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let rest = text.strip_prefix('$')?;
        if let Some(inner) = rest.strip_prefix('$') {
            // However many there are, one less.
            let bare = inner.trim_start_matches('$');
            return reference(bare).map(|_| Self::Literal(rest.to_owned()));
        }
        reference(rest).map(Self::Reference)
    }
}

/// `0.id`, without what stands before it.
fn reference(text: &str) -> Option<Reference> {
    let (number, key) = text.split_once('.')?;
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let is_key = key.bytes().all(is_part) && key.bytes().next().is_some_and(|first| !first.is_ascii_digit());
    // What is too large to be counted is no operation that there is.
    let operation = number.parse().unwrap_or(usize::MAX);
    (is_number && is_key).then(|| Reference { operation, key: key.to_owned(), text: text.to_owned() })
}

impl Form {
    /// Reads a text that is JSON.
    #[must_use]
    pub fn read(json: &str) -> Self {
        let text = json.to_owned();
        let places = if may_refer(json) { Scanner::new(json).places() } else { Vec::new() };
        Self { text, places }
    }

    /// What it stands for, with where that is.
    pub fn references(&self) -> impl Iterator<Item = (&str, &Reference)> {
        self.places.iter().filter_map(|place| match &place.said {
            Said::Reference(reference) => Some((place.path.as_str(), reference)),
            Said::Literal(_) => None,
        })
    }

    /// Whether nothing has to be filled in.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        self.references().next().is_none()
    }

    /// The text with every reference replaced by the JSON that `answered` has for it, of `most` bytes.
    ///
    /// # Errors
    /// That it would be longer, or where those are for which there is none.
    pub fn fill<'a>(
        &self,
        most: usize,
        answered: impl Fn(&Reference) -> Option<&'a str>,
    ) -> Result<Cow<'_, str>, Unfilled> {
        if self.places.is_empty() {
            return Ok(Cow::Borrowed(&self.text));
        }
        let (mut filled, mut end, mut missing) = (String::with_capacity(self.text.len()), 0, Vec::new());
        for Place { range, path, said } in &self.places {
            filled += self.text.get(end..range.start).unwrap_or_default();
            end = range.end;
            match said {
                Said::Literal(text) => filled += &serde_json::Value::from(text.as_str()).to_string(),
                Said::Reference(reference) => match answered(reference) {
                    Some(json) => filled += json,
                    None => missing.push(path.clone()),
                },
            }
            if filled.len() > most {
                return Err(Unfilled::TooLong);
            }
        }
        filled += self.text.get(end..).unwrap_or_default();
        match missing {
            missing if !missing.is_empty() => Err(Unfilled::Missing(missing)),
            _ if filled.len() > most => Err(Unfilled::TooLong),
            _ => Ok(Cow::Owned(filled)),
        }
    }

    /// The text with `null` for every reference.
    #[must_use]
    pub fn without_answers(&self) -> Cow<'_, str> {
        self.fill(usize::MAX, |_| Some("null")).unwrap_or(Cow::Borrowed("null"))
    }
}

/// Why a text could not be filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unfilled {
    /// There is nothing for what these places refer to.
    Missing(Vec<String>),
    /// It would be too long.
    TooLong,
}

/// Whether there is a `$` in it, however it is written.
fn may_refer(json: &str) -> bool {
    json.contains('$') || json.contains("\\u0024")
}

/// One pass over a text.
struct Scanner<'a> {
    text: &'a str,
    at: usize,
    inside: Vec<Inside>,
}

/// What a value stands in.
enum Inside {
    Object(String),
    Array(usize),
}

impl<'a> Scanner<'a> {
    const fn new(text: &'a str) -> Self {
        Self { text, at: 0, inside: Vec::new() }
    }

    fn places(mut self) -> Vec<Place> {
        let mut places = Vec::new();
        while let Some(&byte) = self.text.as_bytes().get(self.at) {
            match byte {
                b'{' => self.inside.push(Inside::Object(String::new())),
                b'[' => self.inside.push(Inside::Array(0)),
                b'}' | b']' => _ = self.inside.pop(),
                b',' => {
                    if let Some(Inside::Array(index)) = self.inside.last_mut() {
                        *index += 1;
                    }
                }
                b'"' => {
                    places.extend(self.string());
                    continue;
                }
                _ => {}
            }
            self.at += 1;
        }
        places
    }

    /// Reads the string that begins here: a key, or a value that may be a place.
    fn string(&mut self) -> Option<Place> {
        let range = self.at..self.end_of_string();
        self.at = range.end;
        let text = unescape(self.text.get(range.clone())?).ok()?;
        let rest = self.text.get(self.at..).unwrap_or_default();
        if rest.trim_start().starts_with(':') {
            if let Some(Inside::Object(key)) = self.inside.last_mut() {
                *key = text.into_owned();
            }
            return None;
        }
        let said = Said::read(&text)?;
        Some(Place { range, path: self.path(), said })
    }

    fn end_of_string(&self) -> usize {
        let mut is_escaped = true;
        let inner = self.text.as_bytes().get(self.at..).unwrap_or_default();
        let length = inner.iter().position(|&byte| {
            let ends = byte == b'"' && !is_escaped;
            is_escaped = byte == b'\\' && !is_escaped;
            ends
        });
        length.map_or(self.text.len(), |length| self.at + length + 1)
    }

    fn path(&self) -> String {
        let parts = self.inside.iter().enumerate().map(|(depth, inside)| match inside {
            Inside::Object(key) if depth == 0 => key.clone(),
            Inside::Object(key) => format!(".{key}"),
            Inside::Array(index) => format!("[{index}]"),
        });
        parts.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_of_one_shape_stand_for_something() {
        let refers = |operation, text: &str| {
            let key = text.split_once('.').unwrap().1.to_owned();
            Some(Said::Reference(Reference { operation, key, text: text.to_owned() }))
        };
        let literal = |text: &str| Some(Said::Literal(text.to_owned()));
        for (text, expected) in [
            ("$0.id", refers(0, "0.id")),
            ("$12.owner_id", refers(12, "12.owner_id")),
            ("$007._x1", refers(7, "007._x1")),
            ("$99999999999999999999999.id", refers(usize::MAX, "99999999999999999999999.id")),
            ("$$0.id", literal("$0.id")),
            ("$$$0.id", literal("$$0.id")),
            ("$5.00", None),
            ("$5", None),
            ("$.id", None),
            ("$0.", None),
            ("$0.a.b", None),
            ("$0.id ", None),
            (" $0.id", None),
            ("$-1.id", None),
            ("$$", None),
            ("$$5.00", None),
            ("", None),
        ] {
            assert_eq!(Said::read(text), expected, "{text}");
        }
    }

    #[track_caller]
    fn check(json: &str, places: &[&str], filled: &str) {
        const ANSWERED: [&str; 13] =
            ["[0]", "[1]", "[2]", "[3]", "[4]", "[5]", "[6]", "[7]", "[8]", "[9]", "[10]", "[11]", "[12]"];
        let form = Form::read(json);
        let found: Vec<_> = form.references().map(|(path, reference)| format!("{path}={}", reference.key)).collect();
        assert_eq!(found, places, "{json}");
        assert_eq!(form.is_plain(), places.is_empty());
        let answered = |reference: &Reference| ANSWERED.get(reference.operation).copied();
        assert_eq!(form.fill(usize::MAX, answered).unwrap(), filled);
    }

    #[test]
    fn values_are_filled_in_and_all_else_stays() {
        check(r#"{"a":"b", "c" : 1.0}"#, &[], r#"{"a":"b", "c" : 1.0}"#);
        check(r#"{"a":"$0.id","n":1e400}"#, &["a=id"], r#"{"a":[0],"n":1e400}"#);
        check(
            r#"{"$0.id":"$$0.id","b":["x","$1.k", {"c" : "$2.l"}]}"#,
            &["b[1]=k", "b[2].c=l"],
            r#"{"$0.id":"$0.id","b":["x",[1], {"c" : [2]}]}"#,
        );
        check(
            r#"{"a\"":"\u00240.id","b":"\"$0.id","c":"\\","d":"$3.m"}"#,
            &["a\"=id", "d=m"],
            r#"{"a\"":[0],"b":"\"$0.id","c":"\\","d":[3]}"#,
        );
        check(r#"{"a":[[],["$0.id"],{}],"b":"$$$1.x"}"#, &["a[1][0]=id"], r#"{"a":[[],[[0]],{}],"b":"$$1.x"}"#);
        check(r#""$0.id""#, &["=id"], "[0]");
        let form = Form::read(r#"{"a":"$0.id","b":{"c":"$1.k"}}"#);
        let missing = Unfilled::Missing(vec!["a".to_owned(), "b.c".to_owned()]);
        assert_eq!(form.fill(100, |_| None), Err(missing));
        assert_eq!(form.fill(100, |_| Some("12345")).as_deref(), Ok(r#"{"a":12345,"b":{"c":12345}}"#));
        for most in [5, 26] {
            assert_eq!(form.fill(most, |_| Some("12345")), Err(Unfilled::TooLong));
        }
        assert!(form.fill(27, |_| Some("12345")).is_ok());
        assert_eq!(form.without_answers(), r#"{"a":null,"b":{"c":null}}"#);
    }
}
