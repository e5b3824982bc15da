//! Instants and dates as the API writes them: fixed-width RFC 3339 in UTC, so that text sorts as time.
//!
//! The clock on the wall is for people. It is set now and then, and by days, so that nothing is put in order by it: what
//! came after what is said by ids and counters, and how long something took by `elapsed`. Arithmetic is done on
//! microseconds since the Unix epoch; nothing here knows about time zones beyond their offset.

#[cfg(feature = "testing")]
pub(crate) mod moved;
mod steps;

pub(crate) use self::steps::Steps;

use std::{
    io, thread,
    time::{Duration, Instant},
};

use time::{Date, Month, OffsetDateTime, UtcOffset, format_description::well_known::Rfc3339};

/// One second in microseconds.
pub const SECOND_US: i64 = 1_000_000;

/// The present instant, `2026-11-22T16:10:00.123456Z`.
#[must_use]
pub fn now() -> String {
    write(present())
}

/// The present instant in microseconds since the Unix epoch.
#[must_use]
pub fn now_us() -> i64 {
    micros(present())
}

/// The present instant, or the one right after `last` where the clock does not show a later one: for what must not go
/// back.
#[must_use]
pub fn now_after(last: &str) -> String {
    let now = now();
    if now.as_str() > last {
        return now;
    }
    parse_timestamp_us(last).map_or(now, |last_us| format_us(last_us.saturating_add(1)))
}

/// How long ago `start` was, whatever happens to the clock on the wall.
#[must_use]
pub(crate) fn elapsed(start: Instant) -> Duration {
    #[cfg(feature = "testing")]
    return start.elapsed() + moved::forward();
    #[cfg(not(feature = "testing"))]
    start.elapsed()
}

/// Starts a thread that tells the time as this one does.
///
/// # Errors
/// When there can be no further thread.
pub(crate) fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> io::Result<()> {
    #[cfg(feature = "testing")]
    let clock = moved::Moved::of_this_thread();
    let work = move || {
        #[cfg(feature = "testing")]
        clock.follow();
        work();
    };
    thread::Builder::new().name(name.to_owned()).spawn(work).map(drop)
}

#[cfg(not(feature = "testing"))]
fn present() -> OffsetDateTime {
    OffsetDateTime::now_utc()
}

#[cfg(feature = "testing")]
fn present() -> OffsetDateTime {
    moved::present()
}

/// An instant given in microseconds since the Unix epoch, as [`now`] writes it; held within the years 1 to 9999.
#[must_use]
pub fn format_us(instant_us: i64) -> String {
    let instant = OffsetDateTime::from_unix_timestamp_nanos(i128::from(instant_us) * 1_000);
    write(instant.unwrap_or(if instant_us < 0 { FIRST } else { LAST }).max(FIRST))
}

/// Reads any RFC 3339 instant (`date-time`) and gives it back in UTC with six digits; what is finer than a microsecond is
/// cut off.
///
/// A leap second becomes the last microsecond before it. `None` for anything else: a space for the `T`, no offset, or a
/// year that is not within 1 to 9999 in UTC. [`TimestampFault`] knows what is often written instead.
#[must_use]
pub fn parse_timestamp(text: &str) -> Option<String> {
    parse(text).map(write)
}

/// Reads any RFC 3339 instant, as [`parse_timestamp`] does, in microseconds since the Unix epoch.
#[must_use]
pub fn parse_timestamp_us(text: &str) -> Option<i64> {
    parse(text).map(micros)
}

/// What people often write instead of an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimestampFault {
    /// A date alone.
    NoTime,
    /// Something else for the `T`.
    NoT,
    /// An offset that begins with a space.
    NoSign,
    /// An offset of digits alone.
    NoColon,
    /// A local time.
    NoOffset,
}

impl TimestampFault {
    /// What is wrong with a text that is no instant, where it is one of these.
    #[must_use]
    pub fn of(text: &str) -> Option<Self> {
        let (date, rest) = text.split_at_checked(10)?;
        parse_date(date)?;
        let Some(separator) = rest.chars().next() else { return Some(Self::NoTime) };
        if !separator.eq_ignore_ascii_case(&'T') {
            return Some(Self::NoT);
        }
        let offset = rest.get(1..)?.trim_start_matches(|char: char| char.is_ascii_digit() || ":.".contains(char));
        let digits = offset.trim_start_matches([' ', '+', '-']);
        match offset.chars().next() {
            None => Some(Self::NoOffset),
            _ if !digits.starts_with(|char: char| char.is_ascii_digit()) => None,
            Some(' ') => Some(Self::NoSign),
            Some('+' | '-') if !digits.contains(':') => Some(Self::NoColon),
            Some(_) => None,
        }
    }

    /// What to do instead.
    #[must_use]
    pub const fn advice(self) -> &'static str {
        match self {
            Self::NoTime => "add a time of day and the offset from UTC",
            Self::NoT => "write a `T` between date and time",
            Self::NoSign => "begin the offset with `+` or `-`",
            Self::NoColon => "write the offset with a colon, as in +02:00",
            Self::NoOffset => "add the offset from UTC: `Z`, or as in +02:00",
        }
    }
}

/// Reads a calendar date (RFC 3339 `full-date`) within the years 1 to 9999.
#[must_use]
pub fn parse_date(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let digits = |byte: &u8| byte.is_ascii_digit();
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = bytes else { return None };
    if ![y1, y2, y3, y4, m1, m2, d1, d2].into_iter().all(digits) {
        return None;
    }
    let year: i32 = text.get(..4)?.parse().ok()?;
    let month = Month::try_from(text.get(5..7)?.parse::<u8>().ok()?).ok()?;
    let day: u8 = text.get(8..)?.parse().ok()?;
    Date::from_calendar_date(year, month, day).ok().filter(|_| year >= 1).map(|_| text.to_owned())
}

const FIRST: OffsetDateTime = time::macros::datetime!(0001-01-01 00:00:00 UTC);
const LAST: OffsetDateTime = time::macros::datetime!(9999-12-31 23:59:59.999_999 UTC);

fn parse(text: &str) -> Option<OffsetDateTime> {
    // The parser takes any character between date and time; RFC 3339 section 5.6 says `T`, in either case.
    if !matches!(text.as_bytes().get(10), Some(b'T' | b't')) {
        return None;
    }
    let instant = OffsetDateTime::parse(text, &Rfc3339).ok()?.checked_to_offset(UtcOffset::UTC)?;
    (1..=9999).contains(&instant.year()).then_some(instant)
}

fn micros(instant: OffsetDateTime) -> i64 {
    instant.unix_timestamp() * SECOND_US + i64::from(instant.microsecond())
}

fn write(instant: OffsetDateTime) -> String {
    let (year, month, day) = instant.to_calendar_date();
    let (hour, minute, second, micro) = instant.to_hms_micro();
    let mut text = String::with_capacity("2026-11-22T16:10:00.000000Z".len());
    for (number, digits, behind) in [
        (year.unsigned_abs(), 4, '-'),
        (u32::from(u8::from(month)), 2, '-'),
        (u32::from(day), 2, 'T'),
        (u32::from(hour), 2, ':'),
        (u32::from(minute), 2, ':'),
        (u32::from(second), 2, '.'),
        (micro, 6, 'Z'),
    ] {
        put(&mut text, number, digits);
        text.push(behind);
    }
    text
}

/// Writes a number of so many digits. Every row has an instant or two; to format them was a twenty-fifth of many creations.
fn put(text: &mut String, number: u32, digits: u32) {
    for place in (0..digits).rev() {
        let digit = number / 10_u32.pow(place) % 10;
        text.push(char::from_digit(digit, 10).unwrap_or_default());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn instant(text: &str, expected: Option<&str>) {
        assert_eq!(parse_timestamp(text).as_deref(), expected, "{text}");
    }

    #[test]
    fn instants_are_normalised() {
        for (text, expected) in [
            ("2026-11-22T16:10:00Z", "2026-11-22T16:10:00.000000Z"),
            ("2026-11-22t16:10:00z", "2026-11-22T16:10:00.000000Z"),
            ("2026-11-22T16:10:00.1Z", "2026-11-22T16:10:00.100000Z"),
            ("2026-11-22T16:10:00.123456Z", "2026-11-22T16:10:00.123456Z"),
            ("2026-11-22T16:10:00.123456000Z", "2026-11-22T16:10:00.123456Z"),
            ("2026-11-22T16:10:00.1234567Z", "2026-11-22T16:10:00.123456Z"),
            ("2026-11-22T16:10:00.123456999Z", "2026-11-22T16:10:00.123456Z"),
            ("2026-11-22T16:10:00.999999999999999Z", "2026-11-22T16:10:00.999999Z"),
            ("1969-12-31T23:59:59.999999999+00:00", "1969-12-31T23:59:59.999999Z"),
            ("9999-12-31T23:59:59.9999999Z", "9999-12-31T23:59:59.999999Z"),
            ("2026-11-22T16:10:00+02:00", "2026-11-22T14:10:00.000000Z"),
            ("2026-01-01T00:30:00+01:00", "2025-12-31T23:30:00.000000Z"),
            ("2026-11-22T16:10:00-00:00", "2026-11-22T16:10:00.000000Z"),
            ("1969-12-31T23:59:59.999999Z", "1969-12-31T23:59:59.999999Z"),
            ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000000Z"),
            ("9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999999Z"),
            ("2024-02-29T00:00:00Z", "2024-02-29T00:00:00.000000Z"),
            ("2016-12-31T23:59:60Z", "2016-12-31T23:59:59.999999Z"),
        ] {
            instant(text, Some(expected));
            let us = parse_timestamp_us(text).unwrap();
            assert_eq!(format_us(us), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_instant_is_refused() {
        for text in [
            "",
            "2026",
            "2026-11-22",
            "2026-11-22 16:10:00Z",
            "2026-11-22_16:10:00Z",
            "2026-11-22T16:10:00",
            "2026-11-22T16:10Z",
            "2026-11-22T16:10:00.Z",
            "2026-11-22T16:10:00,5Z",
            "2026-11-22T24:00:00Z",
            "2026-11-22T16:60:00Z",
            "2026-11-22T16:10:61Z",
            "2026-11-22T16:10:60Z",
            "2026-02-29T00:00:00Z",
            "2026-13-01T00:00:00Z",
            "2026-00-01T00:00:00Z",
            "2026-11-22T16:10:00+24:00",
            "2026-11-22T16:10:00+01:60",
            "2026-11-22T16:10:00+0100",
            "2026-11-22T16:10:00Z ",
            " 2026-11-22T16:10:00Z",
            "2026-11-22T16:10:00ZZ",
            "0000-12-31T23:59:59Z",
            "0001-01-01T00:00:00+00:01",
            "0000-01-01T00:00:00+23:59",
            "9999-12-31T23:59:59-00:01",
            "9999-12-31T23:59:59-23:59",
            "10000-01-01T00:00:00Z",
            "-001-01-01T00:00:00Z",
            "２026-11-22T16:10:00Z",
            "2026-11-2éT16:10:00Z",
        ] {
            instant(text, None);
        }
    }

    #[test]
    fn what_is_often_written_instead_is_known() {
        use TimestampFault::{NoColon, NoOffset, NoSign, NoT, NoTime};

        for (text, expected) in [
            ("2026-11-22", Some(NoTime)),
            ("2026-11-22 16:10:00Z", Some(NoT)),
            ("2026-11-22_16:10:00+02:00", Some(NoT)),
            ("2026-11-22é16:10:00Z", Some(NoT)),
            ("2026-11-22T16:10:00 02:00", Some(NoSign)),
            ("2026-11-22T16:10:00.5 0200", Some(NoSign)),
            ("2026-11-22T16:10:00+0000", Some(NoColon)),
            ("2026-11-22t16:10:00.123456789-02", Some(NoColon)),
            ("2026-11-22T16:10:00", Some(NoOffset)),
            ("2026-11-22T", Some(NoOffset)),
            ("2026-11-22T16:10:00+24:00", None),
            ("2026-11-22T16:10:00Z ", None),
            ("2026-11-22T16:10:00 ", None),
            ("2026-02-29T16:10:00 02:00", None),
            ("2026-11-2é", None),
            ("", None),
        ] {
            assert_eq!(TimestampFault::of(text), expected, "{text}");
        }
    }

    #[test]
    fn dates_are_strict() {
        for text in ["0001-01-01", "9999-12-31", "2024-02-29", "2026-11-22"] {
            assert_eq!(parse_date(text).as_deref(), Some(text));
        }
        for text in [
            "",
            "0000-01-01",
            "2026-02-29",
            "2026-2-9",
            "2026-11-31",
            "2026-13-01",
            "2026-00-10",
            "2026-11-00",
            "+026-11-22",
            "2026-+1-22",
            "2026/11/22",
            "2026-11-22T",
            "20261122",
            "2026-11-2２",
        ] {
            assert_eq!(parse_date(text), None, "{text}");
        }
    }

    #[test]
    fn what_comes_after_is_later_whatever_the_clock_shows() {
        let now = now();
        assert!(now_after(&now) > now && now_after("2001-01-01T00:00:00.000000Z") >= now);
        for (last, next) in [
            ("9000-01-01T00:00:00.000000Z", "9000-01-01T00:00:00.000001Z"),
            ("9000-12-31T23:59:59.999999Z", "9001-01-01T00:00:00.000000Z"),
            ("9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999999Z"),
        ] {
            assert_eq!(now_after(last), next);
        }
        assert!(now_after("what somebody wrote by hand").as_str() >= now.as_str());
    }

    #[test]
    fn now_is_written_with_fixed_width_and_reads_back() {
        let text = now();
        assert_eq!((text.len(), text.as_bytes()[19], text.as_bytes()[26]), (27, b'.', b'Z'));
        assert_eq!(parse_timestamp(&text), Some(text));
    }

    #[test]
    fn instants_beyond_the_calendar_are_held_within_it() {
        assert_eq!(format_us(i64::MAX), "9999-12-31T23:59:59.999999Z");
        assert_eq!(format_us(i64::MIN), "0001-01-01T00:00:00.000000Z");
        assert_eq!(format_us(0), "1970-01-01T00:00:00.000000Z");
    }
}
