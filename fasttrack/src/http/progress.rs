//! Whether a request that takes long gets on: one that does is waited for, and one that does not is ended.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::time::{Instant, sleep_until};

/// Bytes that count as progress: who sends fewer within the time of a request holds a place for nothing.
const STEP_BYTES: usize = 16 * 1024;

/// What a request has got on. A clone is that of the same request.
#[derive(Debug, Clone)]
pub(super) struct Progress(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    at: Instant,
    bytes: usize,
}

impl Progress {
    /// Begins now.
    pub(super) fn begin() -> Self {
        Self(Arc::new(Mutex::new(State { at: Instant::now(), bytes: 0 })))
    }

    /// So many bytes have come.
    pub(super) fn make(&self, bytes: usize) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.bytes = state.bytes.saturating_add(bytes);
        if state.bytes >= STEP_BYTES {
            *state = State { at: Instant::now(), bytes: 0 };
        }
    }

    /// A part of it is over.
    pub(super) fn make_some(&self) {
        self.make(STEP_BYTES);
    }

    /// Waits until there was none for so long.
    pub(super) async fn stalls(&self, limit: Duration) {
        loop {
            let at = self.at();
            sleep_until(at + limit).await;
            if self.at() == at {
                return;
            }
        }
    }

    fn at(&self) -> Instant {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn who_gets_on_is_waited_for() {
        let (progress, begun) = (Progress::begin(), Instant::now());
        let sending = {
            let progress = progress.clone();
            tokio::spawn(async move {
                for _ in 0..5 {
                    tokio::time::sleep(Duration::from_secs(9)).await;
                    progress.make(STEP_BYTES);
                }
                // As good as nothing.
                for _ in 0..100 {
                    tokio::time::sleep(Duration::from_secs(1)).await;
                    progress.make(100);
                }
            })
        };
        progress.stalls(Duration::from_secs(12)).await;
        assert_eq!(begun.elapsed(), Duration::from_secs(5 * 9 + 12));
        sending.abort();
    }
}
