//! Header fields by their grammar (RFC 9110, section 5.6): lists, tokens, quoted strings, parameters.
//!
//! Text in, parts out; what a header means is said by who reads it.

use std::borrow::Cow;

use salvo::http::{HeaderMap, HeaderName};

/// The elements of a list that a header is, over all of its lines. Empty ones are left out (section 5.6.1.2), and so is
/// a line that is no text.
pub(super) fn list<'a>(headers: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'a str> + use<'a> {
    let lines = headers.get_all(name).iter().filter_map(|line| std::str::from_utf8(line.as_bytes()).ok());
    lines.flat_map(|line| split(line, ',')).map(trim).filter(|element| !element.is_empty())
}

/// The value of a header that stands once; none where it is missing, stands twice, or is no text.
pub(super) fn single<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let mut lines = headers.get_all(name).iter();
    let line = lines.next().filter(|_| lines.next().is_none())?;
    std::str::from_utf8(line.as_bytes()).ok().map(trim)
}

/// All lines of a header as one (section 5.3); none where it is missing, or one of them is no text.
pub(super) fn joined<'a>(headers: &'a HeaderMap, name: &str) -> Option<Cow<'a, str>> {
    let lines = headers.get_all(name).iter().map(|line| std::str::from_utf8(line.as_bytes()).ok());
    let lines = lines.collect::<Option<Vec<_>>>()?;
    match lines.as_slice() {
        [] => None,
        [only] => Some(Cow::Borrowed(only)),
        several => Some(Cow::Owned(several.join(","))),
    }
}

/// Whether a header lists a token, in any case.
pub(super) fn lists(headers: &HeaderMap, name: &HeaderName, token: &str) -> bool {
    list(headers, name).any(|element| element.eq_ignore_ascii_case(token))
}

/// A media type or range: `type "/" subtype` and its parameters (section 8.3.1).
#[derive(Debug, PartialEq, Eq)]
pub(super) struct MediaType<'a> {
    kind: &'a str,
    subtype: &'a str,
    parameters: Vec<(&'a str, Cow<'a, str>)>,
}

impl<'a> MediaType<'a> {
    /// Reads one; none where the text is none. Space around `=` is let pass.
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        let mut parts = split(text, ';').map(trim);
        let (kind, subtype) = parts.next()?.split_once('/')?;
        let parameters = parts.filter(|part| !part.is_empty()).map(parameter).collect::<Option<_>>()?;
        (is_token(kind) && is_token(subtype)).then_some(Self { kind, subtype, parameters })
    }

    /// The type without its parameters, in lower case.
    pub(super) fn essence(&self) -> String {
        format!("{}/{}", self.kind, self.subtype).to_ascii_lowercase()
    }

    /// Whether it is this one, whatever its parameters are.
    pub(super) const fn is(&self, kind: &str, subtype: &str) -> bool {
        self.kind.eq_ignore_ascii_case(kind) && self.subtype.eq_ignore_ascii_case(subtype)
    }

    /// The values of the parameters of this name.
    pub(super) fn values(&self, name: &str) -> impl Iterator<Item = &str> {
        let named = move |(other, _): &&(&str, Cow<'_, str>)| other.eq_ignore_ascii_case(name);
        self.parameters.iter().filter(named).map(|(_, value)| value.as_ref())
    }
}

/// The parameters behind a word (`attachment; filename=a`); none where the text is written otherwise.
pub(super) fn parameters(text: &str) -> Option<Vec<(&str, Cow<'_, str>)>> {
    let mut parts = split(text, ';').map(trim);
    parts.next().filter(|word| is_token(word))?;
    parts.filter(|part| !part.is_empty()).map(parameter).collect()
}

/// How much an `Accept` header wants this media type: 0 to 1,000, by the range that names it most closely (section
/// 12.5.1). None where no range names it.
pub(super) fn quality(ranges: &[MediaType<'_>], kind: &str, subtype: &str) -> Option<u16> {
    let closest = [(kind, subtype), (kind, "*"), ("*", "*")];
    let range = closest.iter().find_map(|(kind, subtype)| ranges.iter().find(|range| range.is(kind, subtype)))?;
    Some(range.values("q").next().map_or(1_000, weight))
}

/// A weight in thousandths (section 12.4.2); 0 where it is none.
fn weight(text: &str) -> u16 {
    let (whole, digits) = text.split_once('.').unwrap_or((text, ""));
    let is_weight = digits.len() <= 3 && digits.bytes().all(|digit| digit.is_ascii_digit());
    match whole {
        "0" if is_weight => format!("{digits:0<3}").parse().unwrap_or(0),
        "1" if is_weight && digits.bytes().all(|digit| digit == b'0') => 1_000,
        _ => 0,
    }
}

/// Whether this is a token (section 5.6.2): a method, a name, a word.
pub(super) fn is_token(text: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !text.is_empty() && text.bytes().all(is_part)
}

fn parameter(text: &str) -> Option<(&str, Cow<'_, str>)> {
    let (name, value) = text.split_once('=')?;
    let (name, value) = (trim(name), trim(value));
    let value = if is_token(value) { Cow::Borrowed(value) } else { Cow::Owned(unquote(value)?) };
    is_token(name).then_some((name, value))
}

/// What a quoted string says (section 5.6.4).
fn unquote(text: &str) -> Option<String> {
    let inner = text.strip_prefix('"').filter(|rest| !rest.is_empty())?.strip_suffix('"')?;
    let mut said = String::with_capacity(inner.len());
    let mut chars = inner.chars();
    while let Some(char) = chars.next() {
        match char {
            '"' => return None,
            '\\' => said.push(chars.next()?),
            other => said.push(other),
        }
    }
    Some(said)
}

/// The parts of a text between separators that stand in no quoted string.
fn split(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let (mut is_quoted, mut is_escaped) = (false, false);
    text.split(move |char| {
        let ends = char == separator && !is_quoted;
        if is_escaped {
            is_escaped = false;
        } else {
            is_escaped = is_quoted && char == '\\';
            is_quoted ^= char == '"';
        }
        ends
    })
}

/// Without the optional whitespace around it (section 5.6.3).
fn trim(text: &str) -> &str {
    text.trim_matches([' ', '\t'])
}

#[cfg(test)]
mod tests {
    use salvo::http::{HeaderValue, header};

    use super::*;

    #[test]
    fn media_types_have_parameters_that_may_be_quoted() {
        #[track_caller]
        fn check(text: &str, expected: Option<&[(&str, &str)]>) {
            let parsed = MediaType::parse(text);
            let found = parsed.as_ref().map(|media_type| {
                assert!(media_type.is("APPLICATION", "json"), "{text}");
                media_type.parameters.iter().map(|(name, value)| (*name, value.as_ref())).collect::<Vec<_>>()
            });
            assert_eq!(found.as_deref(), expected, "{text}");
        }
        check("application/json", Some(&[]));
        check("Application/JSON;", Some(&[]));
        check("application/json ; ;a=b", Some(&[("a", "b")]));
        check("application/json;a=b;C=\"d;e=f\"", Some(&[("a", "b"), ("C", "d;e=f")]));
        check(r#"application/json; a="\"x\\;""#, Some(&[("a", "\"x\\;")]));
        check("application/json; a=\"\"", Some(&[("a", "")]));
        check("application/json; a = b", Some(&[("a", "b")]));
        for text in
            ["", "application", "/json", "application/", "a b/json", "application/json/x", "application/json, x"]
        {
            check(text, None);
        }
        for parameter in ["a", "a=", "=b", "a=b c", "a=\"", "a=\"b", "a=\"b\"c", "a=\"b\"\"", "a b=c", r#"a="b\""#] {
            check(&format!("application/json;{parameter}"), None);
        }
    }

    fn headers(name: &HeaderName, lines: &[&'static [u8]]) -> HeaderMap {
        lines.iter().map(|line| (name.clone(), HeaderValue::from_bytes(line).unwrap())).collect()
    }

    #[test]
    fn lists_stretch_over_lines_and_have_no_empty_elements() {
        #[track_caller]
        fn check(lines: &[&'static [u8]], expected: &[&str]) {
            let headers = headers(&header::CONNECTION, lines);
            assert_eq!(list(&headers, &header::CONNECTION).collect::<Vec<_>>(), expected);
        }
        check(&[], &[]);
        check(&[b""], &[]);
        check(&[b"a"], &["a"]);
        check(&[b"a,\tb ,, c,"], &["a", "b", "c"]);
        check(&[b", a", b"", b"b"], &["a", "b"]);
        check(&[b"a=\"x,y\", b"], &["a=\"x,y\"", "b"]);
        check(&[b"a=\"x\\\",y\",b"], &["a=\"x\\\",y\"", "b"]);
        check(&[b"a\xff, b", b"c"], &["c"]);
    }

    #[test]
    fn one_line_is_single() {
        for (lines, expected) in [
            (&[][..], None),
            (&[&b"x"[..]][..], Some("x")),
            (&[b"x", b"x"], None),
            (&[b""], Some("")),
            (&[b"\xff"], None),
        ] {
            assert_eq!(single(&headers(&header::ORIGIN, lines), &header::ORIGIN), expected, "{lines:?}");
        }
    }

    #[test]
    fn lines_are_joined_in_order() {
        for (lines, expected) in [
            (&[][..], None),
            (&[&b"a"[..]][..], Some("a")),
            (&[b"a, b", b"c"], Some("a, b,c")),
            (&[b"a", b"\xff"], None),
        ] {
            let name = HeaderName::from_static("tracestate");
            assert_eq!(joined(&headers(&name, lines), "tracestate").as_deref(), expected, "{lines:?}");
        }
    }

    #[test]
    fn the_closest_range_says_how_much_a_type_is_wanted() {
        #[track_caller]
        fn check(accept: &str, expected: Option<u16>) {
            let ranges: Vec<_> = split(accept, ',').filter_map(|range| MediaType::parse(trim(range))).collect();
            assert_eq!(quality(&ranges, "text", "html"), expected, "{accept}");
        }
        check("", None);
        check("application/json", None);
        check("text/html", Some(1_000));
        check("text/*;q=0.5, */*;q=0.1", Some(500));
        check("*/*", Some(1_000));
        check("*/*;q=0.8, TEXT/HTML;Q=0.25", Some(250));
        check("text/html;level=1;q=0.007", Some(7));
        check("text/html;q=0", Some(0));
        check("text/html;q=1.000", Some(1_000));
        for weight in ["2", "1.5", "-1", "0.1234", "much", "\"\""] {
            check(&format!("text/html;q={weight}"), Some(0));
        }
    }
}
