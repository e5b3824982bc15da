//! Decimals: numbers that are exact to a digit after the point.

mod arithmetic;

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use serde_json::json;

pub use self::arithmetic::Rounding;
use super::{
    Bounds, FieldType, Kind, Literal,
    facts::{Facts, Storage, Unfit},
    number::no_number,
    text::text_of,
};
use crate::{
    db::Arg,
    decimal::{Fixed, MAX_SCALE, Unread},
    wire::Node,
};

/// A number with `S` digits after the point, from 1 to 18, and with at most 19 digits in all: money, quantities, rates.
///
/// It is exact: kept as a whole number of its last place, so that 0.1 and 0.2 are 0.3. JSON has it as a string, `"12.30"`,
/// since readers of JSON make floats of numbers. Operators panic where the result is too large, as those of
/// [`std::time::Duration`] do; `checked_add` and its like do not.
///
/// ```
/// use fasttrack::types::{Decimal, Rounding};
///
/// let price: Decimal<2> = "12.30".parse()?;
/// let rate: Decimal<3> = "0.077".parse()?;
/// let tax = price.times(rate, Rounding::HalfUp).ok_or("too large")?;
/// assert_eq!((price * 3 + tax).to_string(), "37.85");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Decimal<const S: u8>(i64);

/// A text is no decimal of the type that is wanted; its [`Display`](fmt::Display) says why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NoDecimal(String);

/// Most units of a decimal that a float tells apart from all others of as many digits: 15 of them.
pub(crate) const EXACT_UNITS: i64 = 999_999_999_999_999;

impl<const S: u8> FieldType for Decimal<S> {
    const KIND: Kind = {
        assert!(S >= 1 && S <= MAX_SCALE, "a decimal has 1 to 18 digits after the point; without any, use `i64`");
        Kind::Decimal(S)
    };
}

impl<const S: u8> Decimal<S> {
    /// Zero.
    pub const ZERO: Self = Self(0);
    /// The largest one.
    pub const MAX: Self = Self(i64::MAX);
    /// The smallest one, which is as far from zero.
    pub const MIN: Self = Self(-i64::MAX);

    /// So many of the last place: of 1,230, 12.30 is made. `None` for the smallest `i64`, which has no opposite.
    #[must_use]
    pub const fn from_units(units: i64) -> Option<Self> {
        if units == i64::MIN { None } else { Some(Self(units)) }
    }

    /// How many of the last place it is.
    #[must_use]
    pub const fn units(self) -> i64 {
        self.0
    }

    const fn fixed(self) -> Fixed {
        Fixed::new(self.0, S)
    }
}

/// As JSON has it, without quotes: `12.30`.
impl<const S: u8> fmt::Display for Decimal<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.fixed().fmt(f)
    }
}

impl<const S: u8> fmt::Debug for Decimal<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.fixed().fmt(f)
    }
}

impl<const S: u8> FromStr for Decimal<S> {
    type Err = NoDecimal;

    fn from_str(text: &str) -> Result<Self, NoDecimal> {
        Fixed::parse(text, S).map(|fixed| Self(fixed.units)).map_err(|why| NoDecimal(in_query(text, S, why)))
    }
}

impl<const S: u8> TryFrom<i64> for Decimal<S> {
    type Error = NoDecimal;

    fn try_from(value: i64) -> Result<Self, NoDecimal> {
        let fixed = Fixed::of_integer(value, S).ok_or_else(|| NoDecimal(format!("{value} is too large")))?;
        Ok(Self(fixed.units))
    }
}

/// As an argument of a statement.
impl<const S: u8> From<Decimal<S>> for Arg {
    fn from(value: Decimal<S>) -> Self {
        Self::Decimal(value.fixed())
    }
}

impl<const S: u8> Serialize for Decimal<S> {
    fn serialize<T: Serializer>(&self, serializer: T) -> Result<T::Ok, T::Error> {
        serializer.collect_str(self)
    }
}

impl<'de, const S: u8> Deserialize<'de> for Decimal<S> {
    fn deserialize<T: Deserializer<'de>>(deserializer: T) -> Result<Self, T::Error> {
        struct Visitor<const S: u8>;

        impl<const S: u8> de::Visitor<'_> for Visitor<S> {
            type Value = Decimal<S>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "a decimal as a string, or a whole number")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Decimal<S>, E> {
                text.parse().map_err(E::custom)
            }

            fn visit_i64<E: de::Error>(self, value: i64) -> Result<Decimal<S>, E> {
                value.try_into().map_err(E::custom)
            }

            fn visit_u64<E: de::Error>(self, value: u64) -> Result<Decimal<S>, E> {
                self.visit_i64(i64::try_from(value).map_err(E::custom)?)
            }
        }

        deserializer.deserialize_any(Visitor::<S>)
    }
}

pub(super) const DECIMAL: Facts = Facts {
    empty: Some(Literal::Decimal(Fixed::new(0, 0))),
    parse: Some(|kind, text| match Fixed::parse(text, kind.scale()) {
        Ok(fixed) => Ok(Arg::Decimal(fixed)),
        Err(Unread::Form) => no_number(text, "no decimal number such as 12.30"),
        Err(why) => Err(in_query(text, kind.scale(), why)),
    }),
    noun: "a decimal number",
    words: |kind| format!("decimal, {} after the point", digits(kind.scale())),
    json_schema: |kind| {
        let (scale, example) = (kind.scale(), Fixed::parse("12.3", kind.scale()).map(|fixed| fixed.to_string()));
        json!({
            "type": "string",
            "format": "decimal",
            "pattern": format!("^-?(0|[1-9][0-9]*)(\\.[0-9]{{1,{scale}}}0*)?$"),
            "examples": [example.unwrap_or_else(|_| Fixed::new(1, scale).to_string())],
        })
    },
    input_note: Some("A whole number may be sent as a number, too."),
    examples: &[
        (r#""12.30""#, r#""12.30""#, "12.3"),
        (r#""12.3""#, r#""12.30""#, "12.300"),
        (r#""-0.05""#, r#""-0.05""#, "-0.05"),
        ("7", r#""7.00""#, "7"),
        (r#""-0""#, r#""0.00""#, "0"),
        (r#""92233720368547758.07""#, r#""92233720368547758.07""#, "92233720368547758.07"),
        (r#""-92233720368547758.07""#, r#""-92233720368547758.07""#, "-92233720368547758.07"),
    ],
    refused: &[
        (r#""12.345""#, "too_precise"),
        (r#""92233720368547758.08""#, "too_large"),
        (r#""-92233720368547758.08""#, "too_small"),
        ("-92233720368547759", "too_small"),
        (r#""1e2""#, "not_a_decimal"),
        (r#""""#, "not_a_decimal"),
        (r#"".5""#, "not_a_decimal"),
        ("12.5", "type"),
        ("1e2", "type"),
        ("true", "type"),
        ("null", "null"),
    ],
    ..Facts::new(Storage::Decimal(0), |kind, bounds, node| match node {
        Node::Number(text) if text.contains(['.', 'e', 'E']) => {
            Unfit::new("type", format!("must be a string such as \"12.30\", or a whole number, not {text}"))
        }
        Node::Number(text) => decimal(kind.scale(), bounds, text),
        Node::Text(_) => decimal(kind.scale(), bounds, text_of(node)?),
        _ => Unfit::new("type", "must be a string such as \"12.30\", or a whole number"),
    })
};

fn decimal(scale: u8, bounds: &Bounds, text: &str) -> Result<Arg, Unfit> {
    let fixed = match Fixed::parse(text, scale) {
        Ok(fixed) => fixed,
        Err(Unread::Form) => return Unfit::new("not_a_decimal", "must be a decimal number such as 12.30"),
        Err(Unread::TooPrecise) => {
            return Unfit::new("too_precise", format!("at most {} after the point", digits(scale)));
        }
        Err(Unread::TooLarge) => return Unfit::new("too_large", format!("at most {}", Fixed::new(i64::MAX, scale))),
        Err(Unread::TooSmall) => return Unfit::new("too_small", format!("at least {}", Fixed::new(-i64::MAX, scale))),
    };
    match bounds.int_range {
        Some((min, _)) if fixed.units < min => Unfit::new("too_small", format!("at least {}", Fixed::new(min, scale))),
        Some((_, max)) if fixed.units > max => Unfit::new("too_large", format!("at most {}", Fixed::new(max, scale))),
        _ => Ok(Arg::Decimal(fixed)),
    }
}

/// Why a text is no decimal, to whoever asks for one.
fn in_query(text: &str, scale: u8, why: Unread) -> String {
    match why {
        Unread::Form => format!("`{text}` is no decimal number such as 12.30"),
        Unread::TooPrecise => format!("`{text}` has more than {} after the point", digits(scale)),
        Unread::TooLarge => format!("`{text}` is more than {}", Fixed::new(i64::MAX, scale)),
        Unread::TooSmall => format!("`{text}` is less than {}", Fixed::new(-i64::MAX, scale)),
    }
}

fn digits(scale: u8) -> String {
    if scale == 1 { "1 digit".to_owned() } else { format!("{scale} digits") }
}
