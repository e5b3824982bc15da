//! What the log says of a database that is away: that it is, why, every so often that it still is, and that it is back.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use super::super::DbError;

/// How often it is said at most.
const SAY_EVERY: Duration = Duration::from_secs(10);

/// Whether connections cannot be had, and when that was last said.
#[derive(Debug, Default)]
pub(super) struct Trouble(Mutex<Option<Told>>);

#[derive(Debug, Clone, Copy)]
struct Told {
    since: Instant,
    at: Instant,
}

impl Trouble {
    /// There was none, for this reason.
    pub(super) fn met(&self, error: &DbError) {
        let mut state = self.state();
        let now = Instant::now();
        let since = match *state {
            Some(told) if now.duration_since(told.at) < SAY_EVERY => return,
            Some(told) => told.since,
            None => now,
        };
        *state = Some(Told { since, at: now });
        drop(state);
        tracing::warn!(%error, for_s = now.duration_since(since).as_secs(), "there is no connection to the database");
    }

    /// There was one.
    pub(super) fn is_over(&self) {
        if let Some(Told { since, .. }) = self.state().take() {
            tracing::info!(after_ms = since.elapsed().as_millis(), "there are connections to the database again");
        }
    }

    fn state(&self) -> MutexGuard<'_, Option<Told>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
