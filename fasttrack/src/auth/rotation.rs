//! What becomes of a session when one of its refresh tokens is presented.
//!
//! A refresh token works once. One that was used before is in two hands, and nobody knows which are the owner's: the
//! session ends (RFC 9700, section 4.14.2). The one exception is an answer that got lost on its way: then the owner
//! comes back soon, with the token that was used last, and no token of the new pair has been seen.

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
    /// It was used before: end the session.
    Revoke,
    /// The session is over.
    Expired,
}

/// How long after its use a refresh token gets the same pair again.
pub(super) const GRACE_US: i64 = 10 * SECOND_US;

impl State {
    /// Decides what the refresh token of the pair `presented` leads to at `now_us`.
    pub(super) fn decide(&self, presented: &str, now_us: i64) -> Decision {
        if now_us >= self.expires_at_us {
            return Decision::Expired;
        }
        if presented == self.pair {
            return Decision::Rotate;
        }
        match &self.parent {
            Some((parent, used_at_us))
                if presented == parent && !self.used && now_us.saturating_sub(*used_at_us) <= GRACE_US =>
            {
                Decision::Repeat
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

    #[test]
    fn decisions() {
        use Decision::{Expired, Repeat, Revoke, Rotate};
        let at = |seconds: i64| ROTATED_US + seconds * SECOND_US;
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
            (rotated(false), "parent", at(0), Repeat),
            (rotated(false), "parent", at(10), Repeat),
            (rotated(false), "parent", at(10) + 1, Revoke),
            // The clock was set back in between.
            (rotated(false), "parent", at(-5), Repeat),
            (rotated(true), "parent", at(0), Revoke),
            (rotated(true), "parent", at(10), Revoke),
            (rotated(false), "grandparent", at(0), Revoke),
            (rotated(false), "", at(0), Revoke),
            (rotated(false), "child", END_US, Expired),
            (rotated(false), "parent", END_US, Expired),
            (rotated(false), "grandparent", END_US, Expired),
        ] {
            assert_eq!(state.decide(presented, now_us), expected, "{presented} at {now_us} of {state:?}");
        }
    }
}
