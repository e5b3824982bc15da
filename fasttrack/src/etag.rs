//! Entity tags (RFC 9110, sections 8.8.3 and 13.1.2): what lets a client ask "still the same?".
//!
//! Knows no framework: a handler passes the header's text in.

use sha2::{Digest, Sha256};

/// A strong entity tag of these bytes, quotes included.
#[must_use]
pub fn of(bytes: &[u8]) -> String {
    use std::fmt::Write as _;

    let mut tag = String::from("\"");
    for byte in Sha256::digest(bytes).iter().take(16) {
        // Writing to a `String` cannot fail.
        let _ = write!(tag, "{byte:02x}");
    }
    tag.push('"');
    tag
}

/// Whether the lines of an `If-None-Match` header name the tag, so that 304 is the answer. Compares weakly, as section
/// 13.1.2 asks: a proxy that compressed the answer may have made the tag weak. What is no tag matches nothing.
#[must_use]
pub fn matches<'a>(if_none_match: impl IntoIterator<Item = &'a [u8]>, etag: &str) -> bool {
    let (wanted, _) = opaque(etag.as_bytes()).unwrap_or_default();
    if_none_match.into_iter().any(|line| line.trim_ascii() == b"*" || tags(line).any(|tag| tag == wanted))
}

/// The opaque tags that a line lists, quotes included, up to what is none. A tag may hold a comma.
fn tags(mut line: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let start = line.iter().position(|byte| !b", \t".contains(byte))?;
        let (tag, rest) = opaque(line.get(start..)?)?;
        line = rest;
        Some(tag)
    })
}

/// The opaque tag that a text begins with, `W/` left out, and what follows.
fn opaque(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let text = text.strip_prefix(b"W/").unwrap_or(text);
    let inner = text.strip_prefix(b"\"")?;
    let end = inner.iter().position(|&byte| byte == b'"')?;
    text.split_at_checked(end + 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(if_none_match: &[&str], expected: bool) {
        let lines = if_none_match.iter().map(|line| line.as_bytes());
        assert_eq!(matches(lines, "\"a\""), expected, "{if_none_match:?}");
    }

    #[test]
    fn headers_are_matched_weakly() {
        check(&[], false);
        check(&[""], false);
        check(&["a"], false);
        check(&["\"b\""], false);
        check(&["\"a\""], true);
        check(&["W/\"a\""], true);
        check(&["w/\"a\""], false);
        check(&["\"b\" , W/\"a\""], true);
        check(&["\"b\",,\"a\""], true);
        check(&["\"b\"", "\"a\""], true);
        check(&[" * "], true);
        check(&["\"*\""], false);
        check(&["\"b, \", \"a\""], true);
        check(&["\"b,\"a\""], false);
        check(&["\"b\\\", \"a\""], true);
        check(&["b, \"a\""], false);
        assert!(matches([&b"\"\xff\", \"a\""[..]], "\"a\""));
    }

    #[test]
    fn tags_are_quoted_and_differ() {
        let tag = of(b"a");
        assert_eq!(tag.len(), 34);
        assert!(tag.starts_with('"') && tag.ends_with('"'));
        assert_ne!(tag, of(b"b"));
        assert_eq!(tag, of(b"a"));
    }
}
