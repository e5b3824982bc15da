//! What becomes of a session when one of its refresh tokens is presented.
//!
//! A refresh token works once. One that was used before is in two hands, and nobody knows which are the owner's: the
//! session ends (RFC 9700, section 4.14.2). Two exceptions are about the token that was used last. Soon after its use it
//! is taken for a race of the client's own, as of two tabs, and refused without an end to the session. And where the
//! operator grants a grace to clients that lose answers, it gets the same pair again, as long as no token of that pair
//! has been seen.

use crate::clock::SECOND_US;

/// What there is to know of a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct State {
    /// The pair given out last.
    pub(super) pair: String,
    /// The pair before it, and when its refresh token was used; none before the first refresh.
    pub(super) parent: Option<(String, i64)>,
    /// Whether a token of the last pair has been presented.
    pub(super) used: bool,
    pub(super) expires_at_us: i64,
}

/// What to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Decision {
    /// The token is the one that is due: give out a new pair.
    Rotate,
    /// It is the one used last, and its answer got lost: give out the same pair again.
    Repeat,
    /// It is the one used last, a moment ago: refuse it, and leave the session as it is.
    Refuse,
    /// It was used before: end the session.
    Revoke,
    /// The session is over.
    Expired,
}

/// How long after its use a refresh token is taken for a race of the client's own.
const RACE_US: i64 = 10 * SECOND_US;

impl State {
    /// Decides what the refresh token of the pair `presented` leads to at `now_us`, where one that was used gets the
    /// same pair again for `grace_us`.
    pub(super) fn decide(&self, presented: &str, now_us: i64, grace_us: i64) -> Decision {
        if now_us >= self.expires_at_us {
            return Decision::Expired;
        }
        if presented == self.pair {
            return Decision::Rotate;
        }
        match &self.parent {
            Some((parent, used_at_us)) if presented == parent => {
                // Either way: the clock may have been set back since, and how long ago it was is not known then.
                let age_us = now_us.abs_diff(*used_at_us);
                if !self.used && age_us < grace_us.unsigned_abs() {
                    Decision::Repeat
                } else if age_us < RACE_US.unsigned_abs() {
                    Decision::Refuse
                } else {
                    Decision::Revoke
                }
            }
            _ => Decision::Revoke,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROTATED_US: i64 = 1_000 * SECOND_US;
    const END_US: i64 = 9_000 * SECOND_US;

    fn fresh() -> State {
        State { pair: "first".into(), parent: None, used: false, expires_at_us: END_US }
    }

    fn rotated(used: bool) -> State {
        State { pair: "child".into(), parent: Some(("parent".into(), ROTATED_US)), used, expires_at_us: END_US }
    }

    fn at(seconds: i64) -> i64 {
        ROTATED_US + seconds * SECOND_US
    }

    #[test]
    fn decisions() {
        use Decision::{Expired, Refuse, Revoke, Rotate};
        for (state, presented, now_us, expected) in [
            (fresh(), "first", at(0), Rotate),
            (fresh(), "first", END_US - 1, Rotate),
            (fresh(), "first", END_US, Expired),
            (fresh(), "other", at(0), Revoke),
            (fresh(), "", at(0), Revoke),
            (State { used: true, ..fresh() }, "first", at(0), Rotate),
            (rotated(false), "child", at(0), Rotate),
            (rotated(true), "child", at(0), Rotate),
            (rotated(true), "child", at(60), Rotate),
            (rotated(false), "parent", at(0), Refuse),
            (rotated(false), "parent", at(10) - 1, Refuse),
            (rotated(false), "parent", at(10), Revoke),
            // The clock was set back in between.
            (rotated(false), "parent", at(-5), Refuse),
            (rotated(false), "parent", at(-10), Revoke),
            (rotated(true), "parent", at(0), Refuse),
            (rotated(true), "parent", at(10) - 1, Refuse),
            (rotated(true), "parent", at(10), Revoke),
            (rotated(false), "grandparent", at(0), Revoke),
            (rotated(false), "", at(0), Revoke),
            (rotated(false), "child", END_US, Expired),
            (rotated(false), "parent", END_US, Expired),
            (rotated(false), "grandparent", END_US, Expired),
        ] {
            assert_eq!(state.decide(presented, now_us, 0), expected, "{presented} at {now_us} of {state:?}");
        }
    }

    #[test]
    fn a_grace_repeats_the_pair_until_one_of_its_tokens_was_seen() {
        use Decision::{Expired, Refuse, Repeat, Revoke};
        for (grace_s, state, presented, now_us, expected) in [
            (60, rotated(false), "parent", at(0), Repeat),
            (60, rotated(false), "parent", at(60) - 1, Repeat),
            (60, rotated(false), "parent", at(60), Revoke),
            (60, rotated(false), "parent", at(-59), Repeat),
            (60, rotated(false), "parent", at(-60), Revoke),
            (60, rotated(true), "parent", at(9), Refuse),
            (60, rotated(true), "parent", at(10), Revoke),
            (60, rotated(false), "grandparent", at(0), Revoke),
            (60, rotated(false), "parent", END_US, Expired),
            // A grace shorter than a race leaves the rest of that.
            (5, rotated(false), "parent", at(5) - 1, Repeat),
            (5, rotated(false), "parent", at(5), Refuse),
            (5, rotated(false), "parent", at(10), Revoke),
        ] {
            let decision = state.decide(presented, now_us, grace_s * SECOND_US);
            assert_eq!(decision, expected, "{presented} at {now_us} of {state:?} within {grace_s} s");
        }
    }
}
