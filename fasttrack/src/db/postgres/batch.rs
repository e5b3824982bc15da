//! Rows that wait together are inserted together: one statement and one commit for many of them.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, mpsc},
    task::JoinHandle,
};

use super::{
    super::{
        DbError, DbOptions,
        gauge::Gauges,
        unit::{Batch, NewRow},
    },
    runner::Runner,
    session::Terms,
};

/// Batches that are on their way at a time. While these are, those behind them grow.
const AT_ONCE: u32 = 4;

/// The way to the batches.
#[derive(Debug)]
pub(super) struct Batches {
    gauges: Gauges,
    /// `None` after the end.
    open: Mutex<Option<Open>>,
}

#[derive(Debug)]
struct Open {
    queue: mpsc::Sender<NewRow>,
    task: JoinHandle<()>,
}

impl Batches {
    /// Starts the task that makes batches.
    pub(super) fn start(runner: Runner, terms: Terms, options: &DbOptions, gauges: Gauges) -> Self {
        let (queue, rows) = mpsc::channel(options.queue.max(1));
        let gatherer = Gatherer {
            rows,
            size: options.group.max(1),
            places: Arc::new(Semaphore::new(AT_ONCE as usize)),
            runner,
            terms,
            gauges: gauges.clone(),
        };
        let task = tokio::spawn(gatherer.run());
        Self { gauges, open: Mutex::new(Some(Open { queue, task })) }
    }

    /// Takes a row.
    ///
    /// # Errors
    /// [`DbError::QueueFull`] at once.
    pub(super) fn insert(&self, row: NewRow) -> Result<(), DbError> {
        let open = self.open();
        let Some(Open { queue, .. }) = &*open else { return Err(DbError::QueueFull) };
        // Counted before it can be taken away again.
        self.gauges.waiting.inc();
        queue.try_send(row).map_err(|_| {
            self.gauges.waiting.dec();
            DbError::QueueFull
        })
    }

    /// Waits for what was taken; nothing is from now on.
    pub(super) async fn close(&self) {
        let taken = self.open().take();
        if let Some(Open { queue, task }) = taken {
            drop(queue);
            task.await.ok();
        }
    }

    fn open(&self) -> MutexGuard<'_, Option<Open>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The task.
struct Gatherer {
    rows: mpsc::Receiver<NewRow>,
    size: usize,
    places: Arc<Semaphore>,
    runner: Runner,
    terms: Terms,
    gauges: Gauges,
}

impl Gatherer {
    async fn run(mut self) {
        let mut taken = Vec::with_capacity(self.size);
        // First the place: what comes until there is one goes along.
        while let Some(first) = self.place().await {
            if self.rows.recv_many(&mut taken, self.size).await == 0 {
                break;
            }
            self.gauges.waiting.sub(i64::try_from(taken.len()).unwrap_or(i64::MAX));
            let mut first = Some(first);
            for batch in Batch::arrange(taken.drain(..)) {
                let place = if first.is_some() { first.take() } else { self.place().await };
                self.start(batch, place);
            }
        }
        // Until all are done.
        self.places.acquire_many(AT_ONCE).await.map(drop).ok();
    }

    async fn place(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.places).acquire_owned().await.ok()
    }

    fn start(&self, batch: Batch, place: Option<OwnedSemaphorePermit>) {
        self.gauges.group.observe(f64::from(u32::try_from(batch.len()).unwrap_or(u32::MAX)));
        let (runner, terms) = (self.runner.clone(), self.terms);
        tokio::spawn(async move {
            let turn = runner.turn().await;
            runner.run(turn, Box::new(batch), terms, Runner::tries()).await;
            drop(place);
        });
    }
}
