//! Entity tags (RFC 9110, section 8.8.3): what names one version of a representation.
//!
//! Knows no framework: the text of headers is passed in. What follows from a tag that matches is said by who asks.

use data_encoding::HEXLOWER;
use xxhash_rust::xxh3::xxh3_128;

/// A strong entity tag of these bytes, quotes included.
///
/// It tells versions of one row apart, which nobody gains anything by confusing: so the hash is one that costs next to
/// nothing of a request, and none that withstands whoever looks for two texts with one tag.
#[must_use]
pub fn of(bytes: &[u8]) -> String {
    let mut tag = String::with_capacity(34);
    tag.push('"');
    HEXLOWER.encode_append(&xxh3_128(bytes).to_be_bytes(), &mut tag);
    tag.push('"');
    tag
}

/// Whether the lines of an `If-None-Match` header name the tag, so that 304 is the answer. Compares weakly, as section
/// 13.1.2 asks: a proxy that compressed the answer may have made the tag weak. What is no tag matches nothing.
#[must_use]
pub fn matches<'a>(if_none_match: impl IntoIterator<Item = &'a [u8]>, etag: &str) -> bool {
    if_none_match.into_iter().any(|line| line.trim_ascii() == b"*" || Tags(line).flatten().any(|tag| tag.is(etag)))
}

/// An entity tag that somebody sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tag<'a> {
    opaque: &'a [u8],
    is_weak: bool,
}

impl Tag<'_> {
    /// Whether it is this one, weak or not (section 8.8.3.2).
    #[must_use]
    pub fn is(self, etag: &str) -> bool {
        self.opaque == etag.strip_prefix("W/").unwrap_or(etag).as_bytes()
    }

    /// Whether it is this one, and neither is weak.
    #[must_use]
    pub fn is_strongly(self, etag: &str) -> bool {
        !self.is_weak && self.opaque == etag.as_bytes()
    }
}

/// The tags that a line of a header lists, up to what is none: that is `None`, and the last. A tag may hold a comma.
#[derive(Debug, Clone)]
pub struct Tags<'a>(pub &'a [u8]);

impl<'a> Iterator for Tags<'a> {
    type Item = Option<Tag<'a>>;

    fn next(&mut self) -> Option<Self::Item> {
        let start = self.0.iter().position(|byte| !b", \t".contains(byte))?;
        let rest = self.0.get(start..).unwrap_or_default();
        let Some((tag, rest)) = tag(rest) else {
            self.0 = &[];
            return Some(None);
        };
        self.0 = rest;
        Some(Some(tag))
    }
}

/// The tag that a text begins with, and what follows.
fn tag(text: &[u8]) -> Option<(Tag<'_>, &[u8])> {
    let (is_weak, text) = text.strip_prefix(b"W/").map_or((false, text), |rest| (true, rest));
    let inner = text.strip_prefix(b"\"")?;
    let end = inner.iter().position(|&byte| byte == b'"')?;
    let (opaque, rest) = text.split_at_checked(end + 2)?;
    // Another one has to be told from it.
    let is_apart = rest.first().is_none_or(|byte| b", \t".contains(byte));
    is_apart.then_some((Tag { opaque, is_weak }, rest))
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
    fn strong_tags_alone_match_strongly() {
        let is_strongly = |line: &[u8]| Tags(line).flatten().any(|tag| tag.is_strongly("\"a\""));
        assert!(is_strongly(b"\"a\"") && is_strongly(b"W/\"b\",\"a\""));
        assert!(!is_strongly(b"W/\"a\"") && !is_strongly(b"\"b\""));
        let is_list = |line: &[u8]| Tags(line).all(|tag| tag.is_some());
        assert!(is_list(b"\"a\" , W/\"\",") && is_list(b""));
        for line in [&b"a"[..], b"\"a", b"\"a\" b", b"\"a\"\"b\"", b"w/\"a\"", b"W/", b"*"] {
            assert!(!is_list(line), "{line:?}");
        }
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
