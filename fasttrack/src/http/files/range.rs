//! `Range` (RFC 9110, section 14): which bytes of a file somebody wants.

use std::ops::Range;

use salvo::http::{HeaderMap, HeaderValue, header};

use super::super::grammar;
use crate::etag::Tags;

/// What somebody wants of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Wanted {
    /// All of it.
    Whole,
    /// These bytes.
    Part(Range<u64>),
    /// Bytes that there are not.
    Beyond,
}

impl Wanted {
    /// What the headers say of a file of this length and tag. What is no range, several of them, and what is asked of another
    /// version is passed over, as the standard lets one.
    pub(super) fn read(headers: &HeaderMap, length: u64, tag: &str) -> Self {
        let Some(said) = grammar::single(headers, &header::RANGE) else { return Self::Whole };
        let is_same = headers.get_all(header::IF_RANGE).iter().all(|line| names(line.as_bytes(), tag));
        let Some(range) = said.split_once('=').filter(|(unit, _)| is_same && unit.eq_ignore_ascii_case("bytes")) else {
            return Self::Whole;
        };
        let Some((first, last)) = range.1.trim_matches([' ', '\t']).split_once('-') else { return Self::Whole };
        match (position(first), position(last)) {
            (Some(None), Some(Some(0))) => Self::Beyond,
            (Some(None), Some(Some(last))) => Self::Part(length.saturating_sub(last)..length),
            (Some(Some(first)), Some(last)) => {
                let end = last.map_or(length, |last| last.saturating_add(1)).min(length);
                match last {
                    Some(last) if last < first => Self::Whole,
                    _ if first >= length => Self::Beyond,
                    _ => Self::Part(first..end),
                }
            }
            _ => Self::Whole,
        }
    }
}

/// Whether a line of `If-Range` is this tag, which is strong (section 13.1.5). A file has no date.
fn names(line: &[u8], tag: &str) -> bool {
    let mut tags = Tags(line);
    tags.next().flatten().is_some_and(|named| named.is_strongly(tag)) && tags.next().is_none()
}

/// A position, or none where nothing stands; `None` for what is neither. One that no number holds is beyond all files.
#[expect(clippy::option_option, reason = "that nothing stands there, and that it is no position, are two things")]
fn position(text: &str) -> Option<Option<u64>> {
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Some((!text.is_empty()).then(|| text.parse().unwrap_or(u64::MAX)))
}

/// `Content-Range` of some bytes of a file, or of none.
pub(super) fn content_range(part: Option<&Range<u64>>, length: u64) -> HeaderValue {
    let text = match part {
        Some(part) => format!("bytes {}-{}/{length}", part.start, part.end.saturating_sub(1)),
        None => format!("bytes */{length}"),
    };
    HeaderValue::try_from(text).unwrap_or_else(|_| HeaderValue::from_static("bytes */*"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_one_of_bytes() {
        #[track_caller]
        fn check(range: &str, if_range: Option<&str>, expected: &Wanted) {
            let mut headers = HeaderMap::from_iter([(header::RANGE, HeaderValue::try_from(range).unwrap())]);
            if let Some(line) = if_range {
                headers.insert(header::IF_RANGE, HeaderValue::try_from(line).unwrap());
            }
            assert_eq!(&Wanted::read(&headers, 100, "\"t\""), expected, "{range} {if_range:?}");
        }
        let part = |first, end| Wanted::Part(first..end);
        check("bytes=0-0", None, &part(0, 1));
        check("bytes=0-", None, &part(0, 100));
        check("Bytes= 10-19", None, &part(10, 20));
        check("bytes=99-99999999999999999999999", None, &part(99, 100));
        check("bytes=-1", None, &part(99, 100));
        check("bytes=-1000", None, &part(0, 100));
        check("bytes=100-", None, &Wanted::Beyond);
        check("bytes=18446744073709551616-", None, &Wanted::Beyond);
        check("bytes=-0", None, &Wanted::Beyond);
        for text in
            ["bytes=", "bytes=-", "bytes=2-1", "bytes=a-b", "bytes=1", "rows=0-1", "bytes=0-1,3-4", "bytes=+1-2", "0-1"]
        {
            check(text, None, &Wanted::Whole);
        }
        check("bytes=0-0", Some("\"t\""), &part(0, 1));
        for other in ["\"u\"", "W/\"t\"", "Sun, 29 Nov 2026 12:00:00 GMT", "t", "\"t\", \"u\"", ""] {
            check("bytes=0-0", Some(other), &Wanted::Whole);
        }
        assert_eq!(Wanted::read(&HeaderMap::new(), 100, "\"t\""), Wanted::Whole);
    }

    #[test]
    fn an_answer_says_which_bytes_these_are() {
        assert_eq!(content_range(Some(&(0..1)), 100), "bytes 0-0/100");
        assert_eq!(content_range(None, 100), "bytes */100");
    }
}
