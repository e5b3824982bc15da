//! Notices of the heads that a client sends what the parser does not tell: a `Content-Length` that no number holds, and
//! whether the first line has ended.
//!
//! The parser refuses such a length as it refuses a head that is none, and an address that fills its memory as it refuses too
//! many headers, so that its answer does not say which of the two it was. Lines of a body are looked at as well; that changes
//! nothing, since the answer to their request forgets them.

use memchr::memchr;

/// Largest length that the parser takes.
const MAX_LENGTH: u64 = u64::MAX - 2;

const NAME: &[u8] = b"content-length:";

/// What was seen of a connection.
#[derive(Debug, Default)]
pub(super) struct Heads {
    state: State,
    seen: Seen,
}

/// What was seen of a request.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Seen {
    /// It has a length that no number holds.
    pub(super) is_beyond: bool,
    /// Its first line has ended.
    pub(super) has_line: bool,
}

/// Where in a line the next byte stands.
#[derive(Debug, Clone, Copy)]
enum State {
    /// So many bytes of the name were there.
    Name(usize),
    /// After the name; the digits so far, as far as a number holds them.
    Value { digits: Option<u64>, has_ended: bool },
    /// In a line that is another.
    Elsewhere,
}

impl Default for State {
    fn default() -> Self {
        Self::Name(0)
    }
}

impl Heads {
    /// Looks at what was read.
    pub(super) fn see(&mut self, mut bytes: &[u8]) {
        self.seen.has_line = self.seen.has_line || memchr(b'\n', bytes).is_some();
        while let Some((&byte, rest)) = bytes.split_first() {
            if matches!(self.state, State::Elsewhere) {
                let Some(end) = memchr(b'\n', bytes) else { return };
                bytes = bytes.get(end + 1..).unwrap_or_default();
                self.state = State::default();
                continue;
            }
            self.state = self.step(byte);
            bytes = rest;
        }
    }

    /// What was seen since this was asked last.
    pub(super) fn take(&mut self) -> Seen {
        std::mem::take(&mut self.seen)
    }

    fn step(&mut self, byte: u8) -> State {
        match (self.state, byte) {
            (State::Value { digits, .. }, b'\n') => {
                self.seen.is_beyond |= digits.is_none_or(|length| length > MAX_LENGTH);
                State::default()
            }
            (_, b'\n') => State::default(),
            (State::Name(seen), byte) if NAME.get(seen) == Some(&byte.to_ascii_lowercase()) => {
                if seen + 1 == NAME.len() {
                    State::Value { digits: Some(0), has_ended: false }
                } else {
                    State::Name(seen + 1)
                }
            }
            (State::Value { digits: Some(0), has_ended: false }, b' ' | b'\t') => self.state,
            (State::Value { digits, .. }, b' ' | b'\t' | b'\r') => State::Value { digits, has_ended: true },
            (State::Value { digits, has_ended: false }, b'0'..=b'9') => {
                let longer = digits.and_then(|length| length.checked_mul(10)?.checked_add(u64::from(byte - b'0')));
                State::Value { digits: longer, has_ended: false }
            }
            _ => State::Elsewhere,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(head: &str, expected: bool) {
        for size in [1, 7, head.len()] {
            let mut heads = Heads::default();
            head.as_bytes().chunks(size).for_each(|chunk| heads.see(chunk));
            let seen = heads.take();
            assert_eq!(seen.is_beyond, expected, "{head:?} in chunks of {size}");
            assert_eq!(seen.has_line, head.contains('\n'));
            assert_eq!(heads.take(), Seen::default(), "it is told once");
        }
    }

    #[test]
    fn lengths_beyond_all_numbers_are_noticed() {
        for (value, expected) in [
            ("0", false),
            ("65537", false),
            ("18446744073709551613", false),
            ("18446744073709551614", true),
            ("18446744073709551615", true),
            ("18446744073709551616", true),
            ("99999999999999999999999999999999", true),
            (" \t 99999999999999999999 ", true),
            ("000000000000000000000000000007", false),
            ("-99999999999999999999", false),
            ("99999999999999999999x", false),
            ("99999999999999999999, 1", false),
            ("9999999999 9999999999", false),
        ] {
            for name in ["Content-Length:", "CONTENT-length:"] {
                check(&format!("POST / HTTP/1.1\r\nHost: a\r\n{name}{value}\r\n\r\n"), expected);
            }
        }
        check("Content-Length:99999999999999999999\n\n", true);
        check("X-Content-Length: 99999999999999999999\r\n\r\n", false);
        check("Content-Length : 99999999999999999999\r\n\r\n", false);
        check("Content-Length: 99999999999999999999", false);
    }
}
