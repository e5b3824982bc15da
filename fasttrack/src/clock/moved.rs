//! A clock that a test moves: each thread follows one, so that the applications of several tests in one process do not
//! see each other's time.

use std::{
    cell::RefCell,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use time::{Duration, OffsetDateTime};

/// How far a clock stands from the machine's, in microseconds. A clone is the same clock.
#[derive(Debug, Clone, Default)]
pub(crate) struct Moved(Arc<AtomicI64>);

thread_local! {
    static CLOCK: RefCell<Moved> = RefCell::default();
}

impl Moved {
    /// Has this thread tell the time by it from now on.
    pub(crate) fn follow(&self) {
        CLOCK.with_borrow_mut(|clock| *clock = self.clone());
    }

    /// Moves it on.
    pub(crate) fn advance(&self, by_us: i64) {
        self.0.fetch_add(by_us, Ordering::SeqCst);
    }

    /// The instant that it shows, in microseconds since the Unix epoch.
    pub(crate) fn now_us(&self) -> i64 {
        super::micros(self.read())
    }

    fn read(&self) -> OffsetDateTime {
        let by = Duration::microseconds(self.0.load(Ordering::SeqCst));
        OffsetDateTime::now_utc().saturating_add(by)
    }
}

/// What the clock of this thread shows.
pub(super) fn present() -> OffsetDateTime {
    CLOCK.with_borrow(Moved::read)
}
