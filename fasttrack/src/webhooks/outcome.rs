//! What an attempt comes to: delivered, tried again, given up, or the end of its receiver.

use std::time::Duration;

use crate::{
    clock::SECOND_US,
    notify::{MAX_TRIES, delay},
};

/// For how long everything may fail before a receiver is disabled, in microseconds: 5 days.
pub(super) const MAX_FAILING_US: i64 = 5 * 24 * 60 * 60 * SECOND_US;

/// The failure after which pauses grow no more: less than three hours, so that a receiver that was away for long is called
/// again soon after.
const LONGEST_AFTER: i64 = 6;

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Outcome {
    /// An answer: its status, and its beginning.
    Answered(u16, String),
    /// None, and why.
    Unanswered(String),
}

/// What is made of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The receiver has it.
    Delivered,
    /// It is tried again after so long; until then the receiver is sent nothing.
    Again(Duration),
    /// It is not tried again, and the next has its turn.
    GivenUp,
    /// The receiver is sent nothing more, for this reason.
    Disabled(String),
}

impl Outcome {
    /// What is made of it, where it was the attempt of this number, counted from 1, and nothing was taken for so long.
    pub(super) fn verdict(&self, tries: i64, failing_us: i64) -> Verdict {
        match self {
            Self::Answered(200..=299, _) => Verdict::Delivered,
            Self::Answered(410, _) => Verdict::Disabled("it answered 410 Gone".to_owned()),
            _ if failing_us >= MAX_FAILING_US => {
                Verdict::Disabled(format!("it has taken nothing for 5 days; last: {}", self.in_words()))
            }
            Self::Answered(status, _) if is_about_message(*status) && tries >= MAX_TRIES => Verdict::GivenUp,
            _ => Verdict::Again(delay(tries.min(LONGEST_AFTER))),
        }
    }

    /// Why it failed.
    pub(super) fn in_words(&self) -> String {
        match self {
            Self::Answered(status @ 300..=399, _) => format!("it answered {status}, and redirects are not followed"),
            Self::Answered(status, _) => format!("it answered {status}"),
            Self::Unanswered(why) => why.clone(),
        }
    }
}

/// Whether an answer is one of the receiver's own to this message, which may be the same however often it is asked; the others
/// are those of a receiver that is away or busy, and take nothing from a message's tries.
const fn is_about_message(status: u16) -> bool {
    !matches!(status, 408 | 425 | 429 | 502 | 503 | 504)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(status: u16) -> Outcome {
        Outcome::Answered(status, String::new())
    }

    #[track_caller]
    fn check(outcome: &Outcome, tries: i64, failing_us: i64, expected: &str) {
        let found = match outcome.verdict(tries, failing_us) {
            Verdict::Delivered => "delivered",
            Verdict::Again(_) => "again",
            Verdict::GivenUp => "given up",
            Verdict::Disabled(_) => "disabled",
        };
        assert_eq!(found, expected, "{outcome:?} {tries} {failing_us}");
    }

    #[test]
    fn an_attempt_comes_to_what_was_answered() {
        let away = Outcome::Unanswered("no connection".into());
        for status in [200, 201, 204, 299] {
            check(&answered(status), 1, MAX_FAILING_US, "delivered");
        }
        for status in [100, 301, 308, 400, 401, 404, 500, 599] {
            check(&answered(status), 1, 0, "again");
            check(&answered(status), MAX_TRIES - 1, MAX_FAILING_US - 1, "again");
            check(&answered(status), MAX_TRIES, 0, "given up");
            check(&answered(status), 1, MAX_FAILING_US, "disabled");
        }
        for outcome in [away, answered(408), answered(429), answered(502), answered(503), answered(504)] {
            check(&outcome, 1, 0, "again");
            check(&outcome, 1_000, MAX_FAILING_US - 1, "again");
            check(&outcome, 1_000, MAX_FAILING_US, "disabled");
        }
        check(&answered(410), 1, 0, "disabled");
    }

    #[test]
    fn pauses_grow_as_those_of_jobs_and_then_stay() {
        let pause = |tries| match answered(503).verdict(tries, 0) {
            Verdict::Again(pause) => pause,
            other => panic!("{other:?}"),
        };
        let pauses: Vec<_> = (1..=LONGEST_AFTER).map(pause).collect();
        assert!(pauses.is_sorted() && pauses[0] < Duration::from_secs(3), "{pauses:?}");
        for tries in [LONGEST_AFTER, LONGEST_AFTER + 1, 1_000] {
            assert!((1..3).contains(&(pause(tries).as_secs() / 3_600)), "{tries}: {:?}", pause(tries));
        }
    }
}
