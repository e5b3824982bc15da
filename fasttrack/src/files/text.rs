//! Whether bytes that come in parts are text: UTF-8, and of the control characters those alone that texts have.

/// Longest start of a character that may be cut off at the end of a part, in bytes.
const LONGEST_START: usize = 3;

/// What was seen of bytes so far.
#[derive(Debug, Default)]
pub(super) struct TextCheck {
    /// The start of a character whose rest comes next.
    start: Vec<u8>,
    is_broken: bool,
}

impl TextCheck {
    /// Looks at the next part.
    pub(super) fn see(&mut self, part: &[u8]) {
        if self.is_broken {
            return;
        }
        if part.iter().any(|byte| is_foreign(*byte)) {
            self.is_broken = true;
            return;
        }
        let mut rest = part;
        // The character that was cut off is joined byte by byte.
        while !self.start.is_empty() && !rest.is_empty() {
            let (first, later) = rest.split_at_checked(1).unwrap_or((rest, &[]));
            self.start.extend_from_slice(first);
            rest = later;
            match std::str::from_utf8(&self.start) {
                Ok(_) => self.start.clear(),
                Err(cause) if cause.error_len().is_none() && self.start.len() <= LONGEST_START => {}
                Err(_) => {
                    self.is_broken = true;
                    return;
                }
            }
        }
        match std::str::from_utf8(rest) {
            Ok(_) => {}
            Err(cause) if cause.error_len().is_none() => {
                self.start.extend_from_slice(rest.get(cause.valid_up_to()..).unwrap_or_default());
            }
            Err(_) => self.is_broken = true,
        }
    }

    /// Whether all of it is text, now that it is at its end.
    pub(super) fn is_text(&self) -> bool {
        !self.is_broken && self.start.is_empty()
    }
}

/// Whether no text has the character: it is a control of ASCII, and neither blank nor the beginning of a colour.
fn is_foreign(byte: u8) -> bool {
    byte < b' ' && !matches!(byte, b'\t' | b'\n' | b'\r' | 0x0c | 0x1b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_text_however_it_is_cut() {
        #[track_caller]
        fn check(bytes: &[u8], expected: bool) {
            for size in 1..=bytes.len().max(1) {
                let mut text = TextCheck::default();
                bytes.chunks(size).for_each(|part| text.see(part));
                assert_eq!(text.is_text(), expected, "{bytes:?} by {size}");
            }
        }
        check(b"", true);
        check("a,é\r\n\t😀".as_bytes(), true);
        check("\u{feff}a".as_bytes(), true);
        check(b"a\0b", false);
        check(b"a\x01b", false);
        check(b"\xff", false);
        check(b"\xc3", false);
        check(b"\xf0\x9f\x98", false);
        check(b"\xf0\x9f\x98a", false);
        check(b"\xc0\x80", false);
        check(b"\xed\xa0\x80", false);
        check(b"a\x80", false);
    }
}
