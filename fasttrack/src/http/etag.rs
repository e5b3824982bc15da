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

/// Whether an `If-None-Match` header names the tag, so that 304 is the answer. Compares weakly, as section 13.1.2
/// asks: a proxy that compressed the answer may have made the tag weak.
#[must_use]
pub fn matches(if_none_match: Option<&str>, etag: &str) -> bool {
    let Some(header) = if_none_match.map(str::trim) else { return false };
    header == "*" || header.split(',').any(|tag| strong(tag.trim()) == strong(etag))
}

fn strong(tag: &str) -> &str {
    tag.strip_prefix("W/").unwrap_or(tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(if_none_match: Option<&str>, expected: bool) {
        assert_eq!(matches(if_none_match, "\"a\""), expected, "{if_none_match:?}");
    }

    #[test]
    fn headers_are_matched_weakly() {
        check(None, false);
        check(Some(""), false);
        check(Some("a"), false);
        check(Some("\"b\""), false);
        check(Some("\"a\""), true);
        check(Some("W/\"a\""), true);
        check(Some("\"b\" , W/\"a\""), true);
        check(Some(" * "), true);
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
