//! Notices that the clock on the wall was set.

use std::time::{Duration, Instant};

use super::now_us;

/// What is taken for the clock's own unevenness, or for time that the machine slept through.
const SLACK_US: i64 = 1_000_000;

/// Compares the clock on the wall with one that nobody sets.
#[derive(Debug)]
pub(crate) struct Steps {
    at: Instant,
    shown_us: i64,
}

impl Steps {
    /// Begins now.
    pub(crate) fn begin() -> Self {
        Self { at: Instant::now(), shown_us: now_us() }
    }

    /// How far the clock was set since this was asked last, in microseconds: negative where it was set back. What is less
    /// than a second is none. A machine that slept wakes up with a clock that was set forward.
    pub(crate) fn take_us(&mut self) -> i64 {
        let now = Instant::now();
        let elapsed = now.saturating_duration_since(self.at);
        self.take(now, elapsed, now_us())
    }

    fn take(&mut self, now: Instant, elapsed: Duration, shown_us: i64) -> i64 {
        let expected_us = self.shown_us.saturating_add(i64::try_from(elapsed.as_micros()).unwrap_or(i64::MAX));
        (self.at, self.shown_us) = (now, shown_us);
        let step_us = shown_us.saturating_sub(expected_us);
        if step_us.unsigned_abs() < SLACK_US.unsigned_abs() { 0 } else { step_us }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_is_set_is_noticed_once() {
        let mut steps = Steps { at: Instant::now(), shown_us: 0 };
        let (mut shown_us, second_us) = (0, SLACK_US);
        for (elapsed_s, set_us, expected_us) in [
            (3, 0, 0),
            (3, -400_000, 0),
            (3, 900_000, 0),
            (3, -30 * second_us, -30 * second_us),
            (3, 0, 0),
            (0, 86_400 * second_us, 86_400 * second_us),
            (1, -second_us, -second_us),
        ] {
            shown_us += i64::try_from(elapsed_s).unwrap() * second_us + set_us;
            let at = steps.at + Duration::from_secs(elapsed_s);
            assert_eq!(steps.take(at, Duration::from_secs(elapsed_s), shown_us), expected_us, "{set_us}");
        }
        assert_eq!(steps.take(steps.at, Duration::MAX, i64::MIN), i64::MIN);
    }
}
