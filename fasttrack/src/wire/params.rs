//! The query string (WHATWG `application/x-www-form-urlencoded`), taken apart strictly.

use std::collections::HashMap;

use crate::error::Fault;

/// One query parameter, decoded: `created_at[gte]=2026` has the name `created_at` and the operator `gte`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Param {
    /// Name without the operator.
    pub name: String,
    /// What stands in brackets.
    pub operator: Option<String>,
    /// The value; never empty.
    pub value: String,
}

/// A query string: its parameters in order, and what is already known to be wrong with it.
#[derive(Debug, Default)]
pub struct Params {
    /// The parameters that are sound.
    pub items: Vec<Param>,
    /// Repeated, empty and undecodable ones.
    pub faults: Vec<Fault>,
}

impl Params {
    /// Takes a raw query string apart; `None` and `""` are no parameters.
    #[must_use]
    pub fn parse(query: Option<&str>) -> Self {
        let mut params = Self::default();
        let mut seen = HashMap::new();
        for pair in query.filter(|query| !query.is_empty()).into_iter().flat_map(|query| query.split('&')) {
            if let Err(fault) = params.take(pair, &mut seen) {
                params.faults.push(fault);
            }
        }
        params
    }

    /// Takes one pair; `seen` counts how often a key was there, since a repeated one is told once.
    fn take(&mut self, pair: &str, seen: &mut HashMap<String, usize>) -> Result<(), Fault> {
        let (raw_key, raw_value) = pair.split_once('=').unwrap_or((pair, ""));
        let key = decode(raw_key).ok_or_else(|| undecodable(raw_key))?;
        let (name, operator) = split_operator(&key);
        if name.is_empty() || operator == Some("") {
            return Err(Fault::new(key.as_str(), "empty", "a parameter needs a name"));
        }
        let count = seen.entry(key.clone()).and_modify(|count| *count += 1).or_insert(1);
        match (*count, decode(raw_value)) {
            (1, None) => Err(undecodable(&key)),
            (1, Some(value)) if value.is_empty() => {
                Err(Fault::new(key.as_str(), "empty", "the parameter has no value"))
            }
            (1, Some(value)) => {
                self.items.push(Param { name: name.to_owned(), operator: operator.map(str::to_owned), value });
                Ok(())
            }
            (2, _) => Err(Fault::new(key.as_str(), "repeated", "the parameter is there more than once")),
            _ => Ok(()),
        }
    }
}

fn undecodable(field: &str) -> Fault {
    Fault::new(field, "undecodable", "not percent-encoded UTF-8 without NUL")
}

/// `name[op]` taken apart; a key without a closing bracket is a name as it stands.
fn split_operator(key: &str) -> (&str, Option<&str>) {
    match key.strip_suffix(']').and_then(|rest| rest.split_once('[')) {
        Some((name, operator)) => (name, Some(operator)),
        None => (key, None),
    }
}

/// Decodes `+` and `%XX`; `None` where `%` leads no two hex digits, or what comes out is no UTF-8 or holds NUL.
fn decode(raw: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(raw.len());
    let mut rest = raw.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => hex(rest.next()?)? << 4 | hex(rest.next()?)?,
            other => other,
        });
    }
    String::from_utf8(bytes).ok().filter(|text| !text.contains('\0'))
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(query: &str, items: &[(&str, Option<&str>, &str)], faults: &[(&str, &str)]) {
        let params = Params::parse(Some(query));
        let found: Vec<_> =
            params.items.iter().map(|p| (p.name.as_str(), p.operator.as_deref(), p.value.as_str())).collect();
        assert_eq!(found, items, "{query}");
        assert_eq!(params.faults.iter().map(|f| (f.field.as_str(), f.code)).collect::<Vec<_>>(), faults, "{query}");
    }

    #[test]
    fn sound_parameters_are_decoded() {
        assert!(Params::parse(None).items.is_empty());
        check("", &[], &[]);
        check("limit=1", &[("limit", None, "1")], &[]);
        check("a=b=c&d==", &[("a", None, "b=c"), ("d", None, "=")], &[]);
        check("q=a+b%2Bc%20d", &[("q", None, "a b+c d")], &[]);
        check("q=%C3%A9%f0%9f%98%80", &[("q", None, "é\u{1F600}")], &[]);
        check("q=%26%3D%25", &[("q", None, "&=%")], &[]);
        check("a[gte]=1&a[lt]=2&a=3", &[("a", Some("gte"), "1"), ("a", Some("lt"), "2"), ("a", None, "3")], &[]);
        check("a%5Bin%5D=x,y", &[("a", Some("in"), "x,y")], &[]);
        check("a[b][c]=1", &[("a", Some("b][c"), "1")], &[]);
        check("a[b=1&a]=2", &[("a[b", None, "1"), ("a]", None, "2")], &[]);
    }

    #[test]
    fn every_fault_is_told() {
        check("a", &[], &[("a", "empty")]);
        check("a=", &[], &[("a", "empty")]);
        check("=1", &[], &[("", "empty")]);
        check("[gte]=1", &[], &[("[gte]", "empty")]);
        check("a[]=1", &[], &[("a[]", "empty")]);
        check("&", &[], &[("", "empty"), ("", "empty")]);
        check("a=1&&b=2", &[("a", None, "1"), ("b", None, "2")], &[("", "empty")]);
        check("a=1&", &[("a", None, "1")], &[("", "empty")]);
        check("a=1&a=2&a=3", &[("a", None, "1")], &[("a", "repeated")]);
        check("a[x]=1&a%5bx%5d=1", &[("a", Some("x"), "1")], &[("a[x]", "repeated")]);
        check("a=&a=1", &[], &[("a", "empty"), ("a", "repeated")]);
        for bad in ["%", "%1", "%GG", "%FF", "%C3", "%ED%A0%80", "%00", "x%+1"] {
            check(&format!("q={bad}&b=1"), &[("b", None, "1")], &[("q", "undecodable")]);
            check(&format!("{bad}=1"), &[], &[(bad, "undecodable")]);
        }
    }
}
