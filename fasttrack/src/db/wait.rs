//! Whether whoever asked for a change still waits for what comes of it.
//!
//! Who gives up says that nothing was done, so nothing may be done afterwards. Once a change is about to be committed nobody can
//! say that any more: what comes of it is waited for, which takes no longer than the database may take for a commit.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use tokio::sync::oneshot;

use super::Meter;

/// How one waits for the changes that one asked for: how many of them are about to be committed, or [`OVER`].
#[derive(Debug, Default)]
pub(super) struct Wait(AtomicU32);

const OVER: u32 = u32::MAX;

impl Wait {
    /// Ends it, unless a change is about to be committed. Whether it is over.
    pub(super) fn give_up(&self) -> bool {
        let before = self.0.compare_exchange(0, OVER, Ordering::AcqRel, Ordering::Acquire);
        before.is_ok() || before == Err(OVER)
    }

    fn is_over(&self) -> bool {
        self.0.load(Ordering::Acquire) == OVER
    }

    fn hold(&self) -> bool {
        let one_more = |held| if held == OVER { None } else { Some(held + 1) };
        self.0.fetch_update(Ordering::AcqRel, Ordering::Acquire, one_more).is_ok()
    }

    fn release(&self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

/// The way to whoever waits for what comes of a change.
pub(super) struct Answer<T> {
    sender: oneshot::Sender<T>,
    waiting: Waiting,
}

/// Whoever waits; nobody in particular, where nobody is known to ask.
struct Waiting {
    meter: Option<Arc<Meter>>,
    is_held: bool,
}

impl<T> Answer<T> {
    /// One for whoever asks here, who hears by the other end.
    pub(super) fn channel() -> (Self, oneshot::Receiver<T>) {
        let (sender, receiver) = oneshot::channel();
        (Self { sender, waiting: Waiting { meter: Meter::here(), is_held: false } }, receiver)
    }

    /// Whether it was given up, so that nothing is to be done.
    pub(super) fn is_over(&self) -> bool {
        self.waiting.meter.as_ref().is_some_and(|meter| meter.wait.is_over())
    }

    /// To be asked before the commit: from now on nobody gives up until this is answered. `false` when it was given up.
    pub(super) fn hold(&mut self) -> bool {
        let Waiting { meter, is_held } = &mut self.waiting;
        *is_held = *is_held || meter.as_ref().is_none_or(|meter| meter.wait.hold());
        *is_held
    }

    /// Tells. Nobody listening is no failure: the client went away, and what it asked for is done.
    pub(super) fn send(self, outcome: T) {
        self.sender.send(outcome).ok();
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        if let Some(meter) = self.meter.as_ref().filter(|_| self.is_held) {
            meter.wait.release();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_about_to_be_committed_is_not_given_up_and_nothing_else_is_committed_then() {
        let meter = Arc::new(Meter::default());
        meter
            .watch(async {
                let ((mut one, _), (mut other, heard)) = (Answer::<()>::channel(), Answer::channel());
                assert!(one.hold() && one.hold() && other.hold(), "it is held once, however often that is asked");
                assert!(!meter.give_up());
                drop(one);
                assert!(!meter.give_up());
                other.send(1);
                assert_eq!(heard.await, Ok(1));
                let (mut late, _) = Answer::<()>::channel();
                assert!(!late.is_over());
                assert!(meter.give_up() && meter.give_up());
                assert!(late.is_over() && !late.hold());
                drop(late);
                assert!(meter.give_up(), "what was not held is not released");
            })
            .await;
        let (mut nobodys, _) = Answer::<()>::channel();
        assert!(nobodys.hold() && !nobodys.is_over());
    }
}
