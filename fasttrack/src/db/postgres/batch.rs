//! Rows that wait together are inserted together: one statement and one commit for many of them.

use std::{sync::Arc, time::Duration};

use tokio::sync::{Semaphore, mpsc};

use super::{
    super::{
        DbError,
        gauge::Gauges,
        unit::{Batch, NewRow},
    },
    runner::Runner,
    session::Terms,
};

/// Batches that are on their way at a time. While these are, those behind them grow.
const AT_ONCE: usize = 4;

/// The way to the batches.
#[derive(Debug, Clone)]
pub(super) struct Batches {
    queue: mpsc::Sender<NewRow>,
    gauges: Gauges,
    under_way: Arc<Semaphore>,
}

impl Batches {
    /// Starts the task that makes batches of at most `size` rows, while at most `queue` rows wait.
    pub(super) fn start(runner: Runner, terms: Terms, (queue, size): (usize, usize), gauges: Gauges) -> Self {
        let (queue, rows) = mpsc::channel(queue.max(1));
        let under_way = Arc::new(Semaphore::new(AT_ONCE));
        let batches = Self { queue, gauges, under_way };
        tokio::spawn(gather(
            rows,
            size.max(1),
            batches.gauges.clone(),
            Arc::clone(&batches.under_way),
            (runner, terms),
        ));
        batches
    }

    /// Takes a row.
    ///
    /// # Errors
    /// [`DbError::QueueFull`] at once.
    pub(super) fn insert(&self, row: NewRow) -> Result<(), DbError> {
        self.gauges.waiting.inc();
        self.queue.try_send(row).map_err(|_| {
            self.gauges.waiting.dec();
            DbError::QueueFull
        })
    }

    /// Waits for what is under way, at most `wait`; what comes later is refused by the pool.
    pub(super) async fn close(&self, wait: Duration) {
        let all = u32::try_from(AT_ONCE).unwrap_or(u32::MAX);
        tokio::time::timeout(wait, async {
            while self.queue.capacity() < self.queue.max_capacity() {
                tokio::task::yield_now().await;
            }
            self.under_way.acquire_many(all).await.map(drop)
        })
        .await
        .ok();
    }
}

async fn gather(
    mut rows: mpsc::Receiver<NewRow>,
    size: usize,
    gauges: Gauges,
    under_way: Arc<Semaphore>,
    (runner, terms): (Runner, Terms),
) {
    let mut taken = Vec::with_capacity(size);
    loop {
        let Some(row) = rows.recv().await else { return };
        taken.push(row);
        let Ok(first) = Arc::clone(&under_way).acquire_owned().await else { return };
        // What came meanwhile goes along.
        while taken.len() < size
            && let Ok(row) = rows.try_recv()
        {
            taken.push(row);
        }
        gauges.waiting.sub(i64::try_from(taken.len()).unwrap_or(i64::MAX));
        let mut place = Some(first);
        for batch in Batch::arrange(taken.drain(..)) {
            let place = match place.take() {
                Some(place) => place,
                None => match Arc::clone(&under_way).acquire_owned().await {
                    Ok(place) => place,
                    Err(_) => return,
                },
            };
            gauges.group.observe(f64::from(u32::try_from(batch.len()).unwrap_or(u32::MAX)));
            let runner = runner.clone();
            tokio::spawn(async move {
                runner.run(Box::new(batch), terms, Runner::tries()).await;
                drop(place);
            });
        }
    }
}
