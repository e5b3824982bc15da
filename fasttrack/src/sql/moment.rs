//! The present, as a rule compares a field with it: what a statement is given for `now - 30d`.
//!
//! It is a value like any other, given to a statement when it is run, and never a function of the database: so tests move
//! it, all nodes have the clock that stamps rows, and an index serves the comparison.

use crate::{clock, db::Arg, schema::Column, types::Storage};

/// The present moved by so much.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment {
    /// By how much, in microseconds.
    pub offset_us: i64,
    /// Whether it is the day, in UTC, instead of the instant.
    pub is_day: bool,
}

/// Characters of a date in an instant.
const DATE: usize = "2026-11-22".len();

impl Moment {
    /// What a column is compared with.
    #[must_use]
    pub fn of(column: &Column, offset_us: i64) -> Self {
        Self { offset_us, is_day: column.storage() == Storage::Date }
    }

    /// What it is where the present is this instant, in microseconds since the Unix epoch.
    #[must_use]
    pub fn at(self, now_us: i64) -> Arg {
        let mut text = clock::format_us(now_us.saturating_add(self.offset_us));
        if self.is_day {
            text.truncate(DATE);
        }
        Arg::Text(text)
    }

    /// As what it is stored.
    #[must_use]
    pub const fn storage(self) -> Storage {
        if self.is_day { Storage::Date } else { Storage::Timestamp }
    }

    /// Name of a column that holds it; no field can be called so.
    #[must_use]
    pub fn name(self) -> String {
        format!("{}({})", if self.is_day { "today" } else { "now" }, self.offset_us)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{Date, Timestamp};

    #[test]
    fn an_offset_moves_the_instant_and_its_day() {
        const DAY_US: i64 = 24 * 60 * 60 * clock::SECOND_US;
        let now_us = clock::parse_timestamp_us("2024-02-28T23:00:00.5Z").unwrap();
        let (instant, day) = (Column::new::<Timestamp>("at", "at"), Column::new::<Option<Date>>("on", "on"));
        for (column, offset_us, expected) in [
            (&instant, 0, "2024-02-28T23:00:00.500000Z"),
            (&instant, DAY_US, "2024-02-29T23:00:00.500000Z"),
            (&instant, -DAY_US, "2024-02-27T23:00:00.500000Z"),
            (&day, 0, "2024-02-28"),
            (&day, DAY_US / 24, "2024-02-29"),
            (&day, -30 * DAY_US, "2024-01-29"),
        ] {
            assert_eq!(Moment::of(column, offset_us).at(now_us), Arg::Text(expected.into()));
        }
    }
}
