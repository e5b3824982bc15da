//! Preconditions of a request (RFC 9110, section 13): whether the row is still the one that its sender knows.
//!
//! Read from the text of headers, and asked of a row as whoever sent them is shown it: so they tell nobody of what he may
//! not see. Where and when they are asked is for the pipeline.

use std::{borrow::Cow, time::UNIX_EPOCH};

use serde_json::value::RawValue;

use crate::{
    clock,
    error::{Error, Fault},
    etag::{self, Tags},
};

/// What a request asks of the row as it is. By default, nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Preconditions {
    /// One of which it has to be.
    wanted: Option<Wanted>,
    /// One of which it may not be.
    unwanted: Option<Wanted>,
    /// Since when it may not have been changed, in seconds since the Unix epoch.
    since_s: Option<u64>,
}

/// Versions of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Wanted {
    /// Whichever there is.
    Any,
    /// Those that these lines list.
    Lines(Vec<Vec<u8>>),
}

/// A row as whoever asks is shown it.
#[derive(Debug, Clone, Copy)]
pub struct Shown<'a> {
    /// Its plain representation.
    pub json: &'a [u8],
    /// The key under which it says when it was changed last, where it does.
    pub updated_at: Option<&'a str>,
}

impl Preconditions {
    /// Takes the lines of `If-Match`.
    ///
    /// # Errors
    /// What is wrong with them.
    pub fn if_match<'a>(&mut self, lines: impl IntoIterator<Item = &'a [u8]>) -> Result<(), Fault> {
        self.wanted = wanted("If-Match", lines)?;
        Ok(())
    }

    /// Takes the lines of `If-None-Match`.
    ///
    /// # Errors
    /// What is wrong with them.
    pub fn if_none_match<'a>(&mut self, lines: impl IntoIterator<Item = &'a [u8]>) -> Result<(), Fault> {
        self.unwanted = wanted("If-None-Match", lines)?;
        Ok(())
    }

    /// Takes `If-Unmodified-Since`; what is no date is none (section 13.1.4).
    pub fn if_unmodified_since(&mut self, date: &str) {
        let date = httpdate::parse_http_date(date).ok().and_then(|date| date.duration_since(UNIX_EPOCH).ok());
        self.since_s = date.map(|since| since.as_secs());
    }

    /// Whether nothing is asked.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.wanted.is_none() && self.unwanted.is_none() && self.since_s.is_none()
    }

    /// Asks them in their order (section 13.2.2) of a row that is there; `None` for one that whoever asks may not see, of
    /// which he has no version and no date.
    ///
    /// # Errors
    /// [`Error::PreconditionFailed`].
    pub fn check(&self, shown: Option<Shown<'_>>) -> Result<(), Error> {
        let tag = shown.filter(|_| self.asks_for_a_version()).map(|shown| etag::of(shown.json));
        if let Some(wanted) = &self.wanted {
            if !wanted.names(|listed| tag.as_deref().is_some_and(|tag| listed.is_strongly(tag))) {
                return failed("the row is none that If-Match names; read it again, and see what has changed");
            }
        } else if let Some((since_s, changed_s)) = self.since_s.zip(shown.and_then(Shown::changed_at_s))
            && changed_s > since_s
        {
            return failed("the row has been changed since If-Unmodified-Since; read it again, and see what it is now");
        }
        match &self.unwanted {
            Some(wanted) if wanted.names(|listed| tag.as_deref().is_some_and(|tag| listed.is(tag))) => {
                failed("the row is one that If-None-Match names")
            }
            _ => Ok(()),
        }
    }

    fn asks_for_a_version(&self) -> bool {
        let is_listed = |wanted: &Option<Wanted>| matches!(wanted, Some(Wanted::Lines(_)));
        is_listed(&self.wanted) || is_listed(&self.unwanted)
    }
}

impl Wanted {
    fn names(&self, is_it: impl Fn(etag::Tag<'_>) -> bool) -> bool {
        match self {
            Self::Any => true,
            Self::Lines(lines) => lines.iter().any(|line| Tags(line).flatten().any(&is_it)),
        }
    }
}

impl Shown<'_> {
    /// When it was changed last, in whole seconds, as a date in a header has them.
    fn changed_at_s(self) -> Option<u64> {
        let members: std::collections::HashMap<Cow<'_, str>, &RawValue> = serde_json::from_slice(self.json).ok()?;
        let text: &str = serde_json::from_str(members.get(self.updated_at?)?.get()).ok()?;
        u64::try_from(clock::parse_timestamp_us(text)?.div_euclid(clock::SECOND_US)).ok()
    }
}

/// What the lines of a header list, if there are any.
fn wanted<'a>(header: &str, lines: impl IntoIterator<Item = &'a [u8]>) -> Result<Option<Wanted>, Fault> {
    let lines: Vec<_> = lines.into_iter().map(<[u8]>::trim_ascii).collect();
    match lines.as_slice() {
        [] => return Ok(None),
        [b"*"] => return Ok(Some(Wanted::Any)),
        _ => {}
    }
    let mut tags = lines.iter().flat_map(|line| Tags(line)).peekable();
    if tags.peek().is_none() || tags.any(|tag| tag.is_none()) {
        let message = "is neither `*` nor a list of entity tags, each between double quotes as ETag has it";
        return Err(Fault::new(header, "malformed", message));
    }
    Ok(Some(Wanted::Lines(lines.into_iter().map(<[u8]>::to_vec).collect())))
}

fn failed(why: &'static str) -> Result<(), Error> {
    Err(Error::PreconditionFailed(why.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const JSON: &[u8] = br#"{"id":1,"at":"2026-11-22T16:10:00.900000Z"}"#;
    const ROW: Shown<'_> = Shown { json: JSON, updated_at: Some("at") };

    fn asked(if_match: &[&str], if_none_match: &[&str], since: Option<&str>) -> Preconditions {
        let mut preconditions = Preconditions::default();
        preconditions.if_match(if_match.iter().map(|line| line.as_bytes())).unwrap();
        preconditions.if_none_match(if_none_match.iter().map(|line| line.as_bytes())).unwrap();
        if let Some(since) = since {
            preconditions.if_unmodified_since(since);
        }
        preconditions
    }

    #[track_caller]
    fn check(asked: &Preconditions, seen: bool, unseen: bool) {
        let holds = |shown| match asked.check(shown) {
            Ok(()) => true,
            Err(Error::PreconditionFailed(_)) => false,
            Err(other) => panic!("{other}"),
        };
        assert_eq!((holds(Some(ROW)), holds(None)), (seen, unseen), "{asked:?}");
    }

    #[test]
    fn a_version_holds_that_is_named_strongly() {
        let tag = etag::of(JSON);
        check(&asked(&[], &[], None), true, true);
        check(&asked(&["*"], &[], None), true, true);
        check(&asked(&[&tag], &[], None), true, false);
        check(&asked(&[&format!("\"b\" , {tag}")], &[], None), true, false);
        check(&asked(&["\"b\"", &tag], &[], None), true, false);
        check(&asked(&[&format!("W/{tag}")], &[], None), false, false);
        check(&asked(&["\"b\""], &[], None), false, false);
        check(&asked(&[], &["*"], None), false, false);
        check(&asked(&[], &[&format!("W/{tag}")], None), false, true);
        check(&asked(&[], &["\"b\""], None), true, true);
        check(&asked(&[&tag], &[&tag], None), false, false);
    }

    #[test]
    fn a_date_counts_in_whole_seconds_and_beside_no_version() {
        for (date, holds) in [
            ("Sun, 22 Nov 2026 16:10:00 GMT", true),
            ("Sunday, 22-Nov-26 16:10:00 GMT", true),
            ("Sun Nov 22 16:09:59 2026", false),
            ("Sun, 22 Nov 2026 16:09:59 GMT", false),
            ("Thu, 01 Jan 1970 00:00:00 GMT", false),
            ("2026-11-22T16:09:59Z", true),
            ("yesterday", true),
            ("", true),
        ] {
            check(&asked(&[], &[], Some(date)), holds, true);
            check(&asked(&["*"], &[], Some(date)), true, true);
        }
        let early = asked(&[], &[], Some("Thu, 01 Jan 1970 00:00:00 GMT"));
        for shown in [Shown { updated_at: None, ..ROW }, Shown { updated_at: Some("changed"), ..ROW }] {
            assert!(early.check(Some(shown)).is_ok(), "it has no date");
        }
    }

    #[test]
    fn what_is_no_list_is_a_fault() {
        for lines in [&["a"][..], &[""], &["*", "*"], &["*, \"a\""], &["\"a"], &["\"a\" b"], &["\"a\"", "b"], &[","]] {
            let mut preconditions = Preconditions::default();
            let fault = preconditions.if_match(lines.iter().map(|line| line.as_bytes())).unwrap_err();
            assert_eq!((fault.field.as_str(), fault.code), ("If-Match", "malformed"), "{lines:?}");
        }
    }
}
