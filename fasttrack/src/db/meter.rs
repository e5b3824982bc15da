//! How much of a piece of work's time goes to the database, for its log line.

use std::{
    net::IpAddr,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU32, AtomicU64, Ordering},
    },
    time::Duration,
};

use prometheus::Histogram;
use tokio::time::Instant;
use tracing::{Instrument, Span};

use super::wait::Wait;

tokio::task_local! {
    static METER: Arc<Meter>;
}

/// What a piece of work has asked of the database so far.
#[derive(Debug, Default)]
pub struct Meter {
    count: AtomicU32,
    us: AtomicU64,
    asker: OnceLock<Asker>,
    pub(super) wait: Wait,
}

/// On whose account something is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Asker {
    /// The account with this id.
    Account(i64),
    /// Whoever calls from there.
    Address(IpAddr),
}

impl Meter {
    /// Says on whose account all is asked that is watched from here on; the first who says it is believed. Outside of
    /// what is watched it does nothing, and nobody is known to be asking.
    pub fn charge(asker: Asker) {
        METER.try_with(|meter| _ = meter.asker.set(asker)).ok();
    }

    /// On whose account something is asked here.
    pub(super) fn asker() -> Option<Asker> {
        METER.try_with(|meter| meter.asker.get().copied()).ok().flatten()
    }

    /// The one that watches here, for what goes on elsewhere.
    #[must_use]
    pub fn here() -> Option<Arc<Self>> {
        METER.try_with(Arc::clone).ok()
    }

    /// Counts what `work` asks of the database while it is polled; what it spawns is not seen.
    pub async fn watch<T>(self: &Arc<Self>, work: impl Future<Output = T>) -> T {
        METER.scope(Arc::clone(self), work).await
    }

    /// Gives up whatever is asked and not done yet, so that it is not done any more; unless a change is about to be
    /// committed, which has to be waited for. Whether all of it is given up.
    #[must_use]
    pub fn give_up(&self) -> bool {
        self.wait.give_up()
    }

    /// Statements and units of writing.
    #[must_use]
    pub fn count(&self) -> u32 {
        self.count.load(Ordering::Relaxed)
    }

    /// Time until they were answered, the wait for a connection or for the writer included.
    #[must_use]
    pub fn time(&self) -> Duration {
        Duration::from_micros(self.us.load(Ordering::Relaxed))
    }
}

/// Runs what asks the database, on the account of whoever watches, and of the database itself; the span is what a trace
/// shows of it.
pub(super) async fn metered<T>(seconds: &Histogram, span: Span, work: impl Future<Output = T>) -> T {
    let started = Instant::now();
    let done = work.instrument(span).await;
    let time = started.elapsed();
    seconds.observe(time.as_secs_f64());
    if let Ok(meter) = METER.try_with(Arc::clone) {
        meter.count.fetch_add(1, Ordering::Relaxed);
        meter.us.fetch_add(u64::try_from(time.as_micros()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }
    done
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::gauge::Gauges;

    #[tokio::test(start_paused = true)]
    async fn what_is_watched_is_counted_and_nothing_else() {
        let meter = Arc::new(Meter::default());
        let gauges = Gauges::new().unwrap();
        let ask = || metered(&gauges.reading, Span::none(), tokio::time::sleep(Duration::from_millis(2)));
        ask().await;
        meter
            .watch(async {
                ask().await;
                ask().await;
            })
            .await;
        ask().await;
        assert_eq!(meter.count(), 2);
        assert_eq!(gauges.reading.get_sample_count(), 4);
        assert_eq!(gauges.writing.get_sample_count(), 0);
        assert_eq!(meter.time(), Duration::from_millis(4));
    }
}
