//! A clock that a test moves: each thread follows one, so that the applications of several tests in one process do not
//! see each other's time.

use std::{
    cell::RefCell,
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::Duration as Wait,
};

use time::{Duration, OffsetDateTime};

/// A clock that stands some way from the machine's. A clone is the same clock.
#[derive(Debug, Clone, Default)]
pub(crate) struct Moved(Arc<Distance>);

#[derive(Debug, Default)]
struct Distance {
    /// How far ahead it is, in microseconds.
    by_us: AtomicI64,
    /// How far it was moved on in all, in microseconds: what is measured goes on when the clock is set back.
    forward_us: AtomicU64,
}

thread_local! {
    static CLOCK: RefCell<Moved> = RefCell::default();
}

impl Moved {
    /// Has this thread tell the time by it from now on.
    pub(crate) fn follow(&self) {
        CLOCK.with_borrow_mut(|clock| *clock = self.clone());
    }

    /// The clock of this thread.
    pub(crate) fn of_this_thread() -> Self {
        CLOCK.with_borrow(Self::clone)
    }

    /// Moves it on, or back.
    pub(crate) fn advance(&self, by_us: i64) {
        self.0.by_us.fetch_add(by_us, Ordering::SeqCst);
        self.0.forward_us.fetch_add(u64::try_from(by_us).unwrap_or(0), Ordering::SeqCst);
    }

    /// The instant that it shows, in microseconds since the Unix epoch.
    pub(crate) fn now_us(&self) -> i64 {
        super::micros(self.read())
    }

    fn read(&self) -> OffsetDateTime {
        let by = Duration::microseconds(self.0.by_us.load(Ordering::SeqCst));
        OffsetDateTime::now_utc().saturating_add(by)
    }
}

/// What the clock of this thread shows.
pub(super) fn present() -> OffsetDateTime {
    CLOCK.with_borrow(Moved::read)
}

/// How far the clock of this thread was moved on in all.
pub(super) fn forward() -> Wait {
    CLOCK.with_borrow(|clock| Wait::from_micros(clock.0.forward_us.load(Ordering::SeqCst)))
}
