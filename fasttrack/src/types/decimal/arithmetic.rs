//! Arithmetic with decimals. What may be inexact says how it rounds.

use std::{
    iter::Sum,
    ops::{Add, AddAssign, Mul, Neg, Sub, SubAssign},
};

use super::Decimal;
use crate::decimal::power;

/// What becomes of a number between two decimals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rounding {
    /// The nearer one; of two that are as near, the one farther from zero, as trade and law round.
    HalfUp,
    /// The nearer one; of two that are as near, the even one, so that many roundings do not add up.
    HalfEven,
    /// The one nearer to zero: what is too much is cut off.
    Down,
}

impl<const S: u8> Decimal<S> {
    /// The sum; `None` where it is too large.
    #[must_use]
    pub const fn checked_add(self, other: Self) -> Option<Self> {
        match self.0.checked_add(other.0) {
            Some(units) => Self::from_units(units),
            None => None,
        }
    }

    /// The difference; `None` where it is too large.
    #[must_use]
    pub const fn checked_sub(self, other: Self) -> Option<Self> {
        self.checked_add(Self(-other.0))
    }

    /// So many times; `None` where that is too large.
    #[must_use]
    pub const fn checked_mul(self, times: i64) -> Option<Self> {
        match self.0.checked_mul(times) {
            Some(units) => Self::from_units(units),
            None => None,
        }
    }

    /// The product with another decimal, such as a rate; `None` where it is too large.
    #[must_use]
    pub fn times<const R: u8>(self, rate: Decimal<R>, rounding: Rounding) -> Option<Self> {
        rounded(i128::from(self.0) * i128::from(rate.0), i128::from(power(R)), rounding)
    }

    /// A part of it, one of so many that are alike; `None` of none. Parts that are rounded do not add up to the whole.
    #[must_use]
    pub fn divided(self, by: i64, rounding: Rounding) -> Option<Self> {
        if by == 0 {
            None
        } else {
            rounded(i128::from(self.0) * i128::from(by.signum()), i128::from(by).abs(), rounding)
        }
    }

    /// The same number with more or fewer digits after the point; `None` where it is too large.
    #[must_use]
    pub fn rounded<const T: u8>(self, rounding: Rounding) -> Option<Decimal<T>> {
        rounded(i128::from(self.0) * i128::from(power(T)), i128::from(power(S)), rounding)
    }

    /// How far it is from zero.
    #[must_use]
    pub const fn abs(self) -> Self {
        Self(self.0.abs())
    }
}

/// `number` in units of `unit`.
fn rounded<const S: u8>(number: i128, unit: i128, rounding: Rounding) -> Option<Decimal<S>> {
    let (whole, rest) = (number / unit, number % unit);
    let (twice, away) = (rest.abs() * 2, number.signum());
    let is_up = match rounding {
        Rounding::HalfUp => twice >= unit,
        Rounding::HalfEven => twice > unit || twice == unit && whole % 2 != 0,
        Rounding::Down => false,
    };
    Decimal::from_units(i64::try_from(if is_up { whole + away } else { whole }).ok()?)
}

/// # Panics
/// When the sum is too large.
impl<const S: u8> Add for Decimal<S> {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        within(self.checked_add(other))
    }
}

/// # Panics
/// When the difference is too large.
impl<const S: u8> Sub for Decimal<S> {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        within(self.checked_sub(other))
    }
}

/// # Panics
/// When the product is too large.
impl<const S: u8> Mul<i64> for Decimal<S> {
    type Output = Self;

    fn mul(self, times: i64) -> Self {
        within(self.checked_mul(times))
    }
}

impl<const S: u8> Neg for Decimal<S> {
    type Output = Self;

    fn neg(self) -> Self {
        Self(-self.0)
    }
}

impl<const S: u8> AddAssign for Decimal<S> {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl<const S: u8> SubAssign for Decimal<S> {
    fn sub_assign(&mut self, other: Self) {
        *self = *self - other;
    }
}

impl<const S: u8> Sum for Decimal<S> {
    fn sum<I: Iterator<Item = Self>>(numbers: I) -> Self {
        numbers.fold(Self::ZERO, Add::add)
    }
}

impl<'a, const S: u8> Sum<&'a Self> for Decimal<S> {
    fn sum<I: Iterator<Item = &'a Self>>(numbers: I) -> Self {
        numbers.copied().sum()
    }
}

#[expect(
    clippy::expect_used,
    reason = "as every operator of numbers; what is not to panic is checked_add and its like"
)]
fn within<const S: u8>(number: Option<Decimal<S>>) -> Decimal<S> {
    number.expect("a decimal of 19 digits at most")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of<const S: u8>(text: &str) -> Decimal<S> {
        text.parse().unwrap()
    }

    #[test]
    fn sums_are_exact() {
        assert_eq!(of::<1>("0.1") + of("0.2"), of("0.3"));
        assert_eq!(of::<2>("12.30") - of("12.31"), of("-0.01"));
        assert_eq!(of::<2>("19.99") * 3, of("59.97"));
        assert_eq!([of::<2>("0.01"); 100].iter().sum::<Decimal<2>>(), of("1"));
        assert_eq!(-of::<2>("-0.05"), of("0.05"));
        assert!(of::<2>("-1") < of("-0.99") && of::<2>("9.99") < of("10"));
    }

    #[test]
    fn what_is_too_large_is_none() {
        let most = Decimal::<2>::MAX;
        assert_eq!(most.checked_add(of("0.01")), None);
        assert_eq!(Decimal::<2>::MIN.checked_sub(of("0.01")), None);
        assert_eq!(most.checked_mul(2), None);
        assert_eq!(most.times(of::<1>("1.1"), Rounding::Down), None);
        assert_eq!(most.rounded::<3>(Rounding::Down), None);
        assert_eq!(Decimal::<2>::from_units(i64::MIN), None);
        assert_eq!(most.divided(0, Rounding::Down), None);
    }

    #[test]
    #[should_panic = "19 digits"]
    fn operators_panic_where_it_is_too_large() {
        _ = Decimal::<2>::MAX + of("0.01");
    }

    #[test]
    fn what_lies_between_is_rounded_as_it_is_said() {
        for (exact, up, even, down) in [
            ("0.125", "0.13", "0.12", "0.12"),
            ("0.135", "0.14", "0.14", "0.13"),
            ("-0.125", "-0.13", "-0.12", "-0.12"),
            ("0.1251", "0.13", "0.13", "0.12"),
            ("-0.119", "-0.12", "-0.12", "-0.11"),
            ("7", "7", "7", "7"),
        ] {
            for (rounding, expected) in [(Rounding::HalfUp, up), (Rounding::HalfEven, even), (Rounding::Down, down)] {
                assert_eq!(of::<4>(exact).rounded::<2>(rounding), Some(of(expected)), "{exact} {rounding:?}");
            }
        }
        assert_eq!(of::<2>("10").divided(3, Rounding::HalfUp), Some(of("3.33")));
        assert_eq!(of::<2>("10").divided(-3, Rounding::HalfUp), Some(of("-3.33")));
        assert_eq!(of::<2>("-9.99").divided(-2, Rounding::HalfUp), Some(of("5")));
        assert_eq!(of::<2>("19.99").times(of::<3>("0.077"), Rounding::HalfUp), Some(of("1.54")));
    }
}
