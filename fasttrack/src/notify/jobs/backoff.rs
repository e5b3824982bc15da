//! When a job that failed is tried again.

use std::time::Duration;

/// Most attempts; the last one that fails makes a dead letter. With these delays that is after about eleven hours.
pub(crate) const MAX_TRIES: i64 = 8;

/// After the first failure.
const FIRST: Duration = Duration::from_secs(2);

/// How much longer each wait is than the one before.
const FACTOR: u32 = 5;

/// How long to wait after so many failures, at least one. Up to a quarter more or less, so that jobs that failed
/// together, as when a mail server is away, do not all come back together.
pub(crate) fn delay(failures: i64) -> Duration {
    let steps = u32::try_from(failures.clamp(1, MAX_TRIES) - 1).unwrap_or_default();
    let mut random = [0; 2];
    // Without randomness the wait is still a wait.
    let jitter = getrandom::fill(&mut random).map_or(0.5, |()| f64::from(u16::from_be_bytes(random)) / 65_535.0);
    (FIRST * FACTOR.pow(steps)).mul_f64(0.75 + jitter / 2.0)
}

/// How much later than it is made a job may be due at first: those that requests ask for begin at an instant that nobody can
/// foretell.
const AT_FIRST: Duration = Duration::from_secs(1);

/// The longest that [`delay`] comes to after so many failures, at most [`MAX_TRIES`].
pub(super) fn longest(failures: i64) -> Duration {
    if failures < 1 {
        return AT_FIRST;
    }
    let steps = u32::try_from(failures.min(MAX_TRIES) - 1).unwrap_or_default();
    (FIRST * FACTOR.pow(steps)).mul_f64(1.25)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_wait_is_longer_and_all_of_them_are_hours() {
        for _ in 0..100 {
            let waits: Vec<_> = (1..MAX_TRIES).map(delay).collect();
            assert!(waits.is_sorted() && waits[0] >= Duration::from_millis(1_500), "{waits:?}");
            let all: Duration = waits.iter().sum();
            assert!((8..14).contains(&(all.as_secs() / 3_600)), "{all:?}");
        }
        assert!((0..100).any(|_| delay(7) != delay(7)), "there is no jitter");
        delay(i64::MAX);
        delay(i64::MIN);
        assert_eq!((longest(0), longest(i64::MIN)), (AT_FIRST, AT_FIRST));
        assert_eq!(longest(i64::MAX), longest(MAX_TRIES));
        for failures in (1..=MAX_TRIES).flat_map(|failures| [failures; 20]) {
            let (wait, most) = (delay(failures), longest(failures));
            assert!(wait <= most && wait >= most / 2, "{failures}: {wait:?} of {most:?}");
        }
    }
}
