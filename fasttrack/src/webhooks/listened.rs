//! Which events anybody listens to, as far as that is known.
//!
//! What was read is kept only if nothing was changed since the reading began, as with accounts (`auth/cache.rs`). What is
//! not known is taken for listened to, since the statement that posts asks the table anyway.

use std::{
    collections::HashSet,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// The events that receivers listen to.
#[derive(Debug, Default)]
pub(super) struct Listened(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// Changes so far.
    epoch: u64,
    /// Whether changes may go unheard.
    is_doubtful: bool,
    known: Option<HashSet<String>>,
}

impl Listened {
    /// Whether anybody may listen to this one.
    pub(super) fn may(&self, event: &str) -> bool {
        self.state().known.as_ref().is_none_or(|known| known.contains(event))
    }

    /// The time at which a reading begins; `None` where it would be of no use.
    pub(super) fn epoch(&self) -> Option<u64> {
        let state = self.state();
        (state.known.is_none() && !state.is_doubtful).then_some(state.epoch)
    }

    /// Keeps what a reading found that began at `epoch`.
    pub(super) fn keep(&self, known: HashSet<String>, epoch: u64) {
        let mut state = self.state();
        if state.epoch == epoch && !state.is_doubtful {
            state.known = Some(known);
        }
    }

    /// Something was changed.
    pub(super) fn forget(&self) {
        let mut state = self.state();
        let is_doubtful = state.is_doubtful;
        state.turn(is_doubtful);
    }

    /// Anything may be changed from now on.
    pub(super) fn distrust(&self) {
        self.state().turn(true);
    }

    /// Changes are heard again.
    pub(super) fn begin_anew(&self) {
        self.state().turn(false);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn turn(&mut self, is_doubtful: bool) {
        *self = Self { epoch: self.epoch.wrapping_add(1), is_doubtful, known: None };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_known_may_be_listened_to() {
        let listened = Listened::default();
        let set = |events: &[&str]| events.iter().map(|event| (*event).to_owned()).collect::<HashSet<_>>();
        assert!(listened.may("a"));
        let before = listened.epoch().unwrap();
        listened.keep(set(&["a"]), before);
        assert!(listened.may("a") && !listened.may("b") && listened.epoch().is_none());

        listened.forget();
        listened.keep(set(&[]), before);
        assert!(listened.may("b"), "what was read before a change must not come back after it");
        listened.keep(set(&[]), listened.epoch().unwrap());
        assert!(!listened.may("b"));

        listened.distrust();
        assert!(listened.may("b") && listened.epoch().is_none(), "nothing is kept in doubt");
        listened.forget();
        assert!(listened.epoch().is_none(), "a change does not end the doubt");
        listened.keep(set(&[]), 3);
        assert!(listened.may("b"));
        listened.begin_anew();
        listened.keep(set(&["b"]), listened.epoch().unwrap());
        assert!(listened.may("b") && !listened.may("a"));
    }
}
