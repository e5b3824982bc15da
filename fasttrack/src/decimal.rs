//! Numbers with a fixed count of digits after the point, as whole numbers of their last place: exact, since nothing of them
//! is ever a float. Knows text, no JSON and no SQL.

use std::fmt;

/// So many of the last place: 12.30 is 1,230 of the second one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fixed {
    /// How many. Never the smallest `i64`, so that each has its opposite.
    pub units: i64,
    /// Digits after the point, at most [`MAX_SCALE`].
    pub scale: u8,
}

/// Most digits after the point: 18 are what is left of an `i64` beside the one before it.
pub const MAX_SCALE: u8 = 18;

/// Why a text is no such number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unread {
    /// It is not written as one: a sign, digits, a point, digits.
    Form,
    /// It has more digits after the point than are kept, and they are not zero.
    TooPrecise,
    /// It is beyond the largest one.
    TooLarge,
    /// It is beyond the smallest one.
    TooSmall,
}

impl Fixed {
    /// So many of the last place.
    #[must_use]
    pub const fn new(units: i64, scale: u8) -> Self {
        Self { units, scale }
    }

    /// Reads `-12.3` as JSON writes numbers (RFC 8259, section 6), without an exponent. Zeros may be missing at its end, or
    /// be too many there.
    ///
    /// # Errors
    /// Why it is none.
    pub const fn parse(text: &str, scale: u8) -> Result<Self, Unread> {
        let (is_negative, mut rest) = match text.as_bytes() {
            [b'-', rest @ ..] => (true, rest),
            rest => (false, rest),
        };
        if let [] | [b'.', ..] | [b'0', b'0'..=b'9', ..] = rest {
            return Err(Unread::Form);
        }
        let mut units = Some(0);
        let (mut place, mut is_behind) = (0, false);
        let mut is_too_precise = false;
        while let [byte, tail @ ..] = rest {
            rest = tail;
            match (*byte, is_behind) {
                (b'.', false) if !tail.is_empty() => is_behind = true,
                (digit @ b'0'..=b'9', false) => units = appended(units, digit - b'0'),
                (digit @ b'0'..=b'9', true) if place < scale => {
                    units = appended(units, digit - b'0');
                    place += 1;
                }
                (b'0', true) => {}
                (b'1'..=b'9', true) => is_too_precise = true,
                _ => return Err(Unread::Form),
            }
        }
        while place < scale {
            units = appended(units, 0);
            place += 1;
        }
        match units {
            _ if is_too_precise => Err(Unread::TooPrecise),
            Some(units) => Ok(Self::new(if is_negative { -units } else { units }, scale)),
            None if is_negative => Err(Unread::TooSmall),
            None => Err(Unread::TooLarge),
        }
    }

    /// A whole number; `None` where it is too large.
    #[must_use]
    pub const fn of_integer(value: i64, scale: u8) -> Option<Self> {
        match value.checked_mul(power(scale)) {
            None | Some(i64::MIN) => None,
            Some(units) => Some(Self::new(units, scale)),
        }
    }
}

/// Ten to so many.
#[must_use]
pub const fn power(scale: u8) -> i64 {
    10_i64.pow(if scale > MAX_SCALE { MAX_SCALE as u32 } else { scale as u32 })
}

/// A digit behind those that are there.
const fn appended(units: Option<i64>, digit: u8) -> Option<i64> {
    let Some(units) = units else { return None };
    let Some(units) = units.checked_mul(10) else { return None };
    units.checked_add(digit as i64)
}

/// With all its digits after the point: `12.30`.
impl fmt::Display for Fixed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (ten, size) = (power(self.scale).unsigned_abs(), self.units.unsigned_abs());
        let sign = if self.units < 0 { "-" } else { "" };
        let text = match usize::from(self.scale) {
            0 => format!("{sign}{size}"),
            scale => format!("{sign}{}.{:0scale$}", size / ten, size % ten),
        };
        f.pad(&text)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_written_as_a_number_is_read_to_the_digit() {
        #[track_caller]
        fn check(text: &str, scale: u8, expected: Result<&str, Unread>) {
            let read = Fixed::parse(text, scale).map(|fixed| fixed.to_string());
            assert_eq!(read.as_deref().map_err(|unread| *unread), expected, "{text} with {scale}");
        }
        use Unread::{Form, TooLarge, TooPrecise, TooSmall};
        check("12.30", 2, Ok("12.30"));
        check("12.3", 2, Ok("12.30"));
        check("12", 2, Ok("12.00"));
        check("12.3000", 2, Ok("12.30"));
        check("-0", 2, Ok("0.00"));
        check("-0.05", 2, Ok("-0.05"));
        check("0.1", 1, Ok("0.1"));
        check("7", 0, Ok("7"));
        check("92233720368547758.07", 2, Ok("92233720368547758.07"));
        check("-92233720368547758.07", 2, Ok("-92233720368547758.07"));
        check("9.223372036854775807", 18, Ok("9.223372036854775807"));
        check("92233720368547758.08", 2, Err(TooLarge));
        check("-92233720368547758.08", 2, Err(TooSmall));
        check("10", 18, Err(TooLarge));
        check(&"9".repeat(400), 2, Err(TooLarge));
        check("0.001", 2, Err(TooPrecise));
        check("-12.301", 2, Err(TooPrecise));
        for text in
            ["", "-", ".", ".5", "1.", "-.5", "+1", "01", "-00", "1e2", "1 ", " 1", "1,5", "0x1", "1.2.3", "٣", "NaN"]
        {
            check(text, 2, Err(Form));
        }
    }

    #[test]
    fn a_whole_number_is_one_unless_it_is_too_large() {
        for (value, scale, expected) in [
            (7, 2, Some("7.00")),
            (-9, 18, Some("-9.000000000000000000")),
            (10, 18, None),
            (i64::MAX, 0, Some("9223372036854775807")),
            (i64::MIN, 0, None),
        ] {
            assert_eq!(Fixed::of_integer(value, scale).map(|fixed| fixed.to_string()).as_deref(), expected, "{value}");
        }
    }

    proptest! {
        #[test]
        fn what_is_shown_is_read_back(units in -i64::MAX..=i64::MAX, scale in 0..=MAX_SCALE) {
            let fixed = Fixed::new(units, scale);
            prop_assert_eq!(Fixed::parse(&fixed.to_string(), scale), Ok(fixed));
        }
    }
}
