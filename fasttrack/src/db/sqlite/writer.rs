//! The writer: one task with the one connection that writes, behind a bounded queue.
//!
//! It takes whatever is waiting, runs it as one [`Group`], and goes on for as long as anyone may ask; a connection that
//! fails is given back to its pool, which tidies it up or opens another. The listener is told of everything: of what
//! was captured, of what other processes wrote, and of when neither is known.

use std::{panic::AssertUnwindSafe, sync::Arc, time::Duration};

use futures_util::{FutureExt, future::BoxFuture};
use tokio::{
    sync::{mpsc, oneshot},
    time::{Instant, sleep_until, timeout},
};

use super::{
    super::{
        ChangeCapture, DbError, DbOptions, Tx,
        gauge::Gauges,
        tx::run_hook,
        unit::{Batch, NewRow, Unit, Work},
    },
    group::{Group, InDoubt, Limits},
    pool::ConnectionPool,
    session::SqliteSession,
    words,
};
use crate::error::Error;

/// How long a unit may take that runs alone: a large table is copied in it.
const ALONE_LIMIT: Duration = Duration::from_hours(24);

/// How often it is looked whether another process has written.
const POLL_EVERY: Duration = Duration::from_millis(200);

/// The way to the writer.
#[derive(Debug, Clone)]
pub(super) struct Writer {
    queue: mpsc::Sender<Job>,
    gauges: Gauges,
}

/// Where whoever had changes captured hears whether they are.
type Answer = oneshot::Sender<Result<(), DbError>>;

/// What the writer is asked.
enum Job {
    Unit(Box<dyn Unit>),
    Insert(NewRow),
    Alone(Box<dyn Unit>),
    ChangeCapture(Arc<ChangeCapture>, Answer),
    Close(oneshot::Sender<()>),
}

impl Writer {
    /// Starts the task, with the connection it begins with.
    pub(super) fn start(pool: ConnectionPool, first: SqliteSession, options: &DbOptions, gauges: Gauges) -> Self {
        let (queue, jobs) = mpsc::channel(options.queue.max(1));
        let task = Task {
            tx: Some(Tx::new(first)),
            pool,
            jobs,
            alone: Vec::new(),
            capture: None,
            to_capture: Vec::new(),
            polls: !options.beside,
            poll_at: Instant::now(),
            version: None,
            in_doubt: None,
            closing: Vec::new(),
            gauges: gauges.clone(),
            group: options.group.max(1),
            limits: Limits { unit: options.unit_limit, statement: options.write_limit },
            // The driver tries twice before a connection comes back, and a little is for the rollback.
            wait: options.busy_timeout * 3,
        };
        tokio::spawn(task.run());
        Self { queue, gauges }
    }

    /// Takes a unit of work.
    ///
    /// # Errors
    /// [`DbError::QueueFull`] at once.
    pub(super) fn write(&self, unit: Box<dyn Unit>) -> Result<(), DbError> {
        self.send(Job::Unit(unit))
    }

    /// Takes a unit of work for a transaction of its own, with foreign keys declared but not enforced.
    ///
    /// # Errors
    /// [`DbError::QueueFull`] at once.
    pub(super) fn write_alone(&self, unit: Box<dyn Unit>) -> Result<(), DbError> {
        self.send(Job::Alone(unit))
    }

    /// Takes a row, which is inserted together with others of its plan.
    ///
    /// # Errors
    /// [`DbError::QueueFull`] at once.
    pub(super) fn insert(&self, row: NewRow) -> Result<(), DbError> {
        self.send(Job::Insert(row))
    }

    /// Has every connection capture changes from now on, and `capture.listener` hear of them, instead of whoever did before.
    ///
    /// # Errors
    /// What the database says.
    pub(super) async fn capture(&self, capture: ChangeCapture) -> Result<(), DbError> {
        let (answer, answered) = oneshot::channel();
        self.send(Job::ChangeCapture(Arc::new(capture), answer))?;
        answered.await.unwrap_or_else(|_| Err(lost()))
    }

    /// Finishes what is waiting, and closes the connection. Comes back at once when that was done before.
    pub(super) async fn close(&self) {
        let (done, closed) = oneshot::channel();
        // A full queue has room again: the writer takes from it all the time.
        if self.queue.send(Job::Close(done)).await.is_ok() {
            closed.await.ok();
        }
    }

    fn send(&self, job: Job) -> Result<(), DbError> {
        // Counted before the writer can take it away again.
        self.gauges.waiting.inc();
        self.queue.try_send(job).map_err(|_| {
            self.gauges.waiting.dec();
            DbError::QueueFull
        })
    }
}

/// What somebody hears whose answer went missing.
fn lost() -> DbError {
    DbError::Busy("the writer gave no answer".into())
}

/// The task.
struct Task {
    /// `None` when the last one failed, or none could be had.
    tx: Option<Tx<SqliteSession>>,
    pool: ConnectionPool,
    jobs: mpsc::Receiver<Job>,
    /// Units that share their transaction with nobody.
    alone: Vec<Box<dyn Unit>>,
    capture: Option<Arc<ChangeCapture>>,
    /// What is to be captured next, and who waits for that.
    to_capture: Vec<(Arc<ChangeCapture>, Answer)>,
    /// Whether it is looked for what other processes write, and when next.
    polls: bool,
    poll_at: Instant,
    /// What the connection said when it was last looked; `None` while that is to be found out.
    version: Option<i64>,
    /// Whom to wake once it is known that a commit is over of which nothing is known.
    in_doubt: Option<InDoubt>,
    closing: Vec<oneshot::Sender<()>>,
    gauges: Gauges,
    group: usize,
    limits: Limits,
    wait: Duration,
}

impl Task {
    async fn run(mut self) {
        let mut jobs = Vec::with_capacity(self.group);
        while self.take(&mut jobs).await {
            self.measure(&jobs);
            let units = self.arrange(jobs.drain(..));
            // Units are guarded one by one; should anything else panic, those of this group go without an answer.
            if AssertUnwindSafe(self.commit(units)).catch_unwind().await.is_err() {
                tracing::error!("the writer panicked; it goes on with another connection");
                self.tx = None;
            }
            for unit in std::mem::take(&mut self.alone) {
                self.commit_alone(unit).await;
            }
            for (capture, answer) in std::mem::take(&mut self.to_capture) {
                answer.send(self.begin_capture(capture).await).ok();
            }
            // Those who were just answered may ask again at once: let them, and the next group is a full one.
            tokio::task::yield_now().await;
            if !self.closing.is_empty() {
                self.jobs.close();
            }
        }
        if let Some(tx) = self.tx.take() {
            tx.session.close().await;
        }
        self.closing.into_iter().for_each(|closed| {
            closed.send(()).ok();
        });
    }

    /// Waits for what is to be done, and polls for what others wrote from time to time. `false` when nobody can ask any more.
    async fn take(&mut self, jobs: &mut Vec<Job>) -> bool {
        loop {
            let polls = self.polls && self.capture.is_some();
            if polls && Instant::now() >= self.poll_at {
                self.poll().await;
            }
            tokio::select! {
                taken = self.jobs.recv_many(jobs, self.group) => return taken > 0,
                () = sleep_until(self.poll_at), if polls => {}
            }
        }
    }

    /// Looks whether another process has written, and has the listener hear of it.
    async fn poll(&mut self) {
        self.poll_at = Instant::now() + POLL_EVERY;
        let (Some(capture), Ok(mut tx)) = (self.capture.clone(), self.connection().await) else { return };
        // A connection that does not answer is given back by being dropped.
        let Ok(Ok(version)) = timeout(self.limits.unit, tx.session.version()).await else { return };
        self.tx = Some(tx);
        if self.version == version {
            return;
        }
        self.version = version;
        capture.listener.resync();
        let answer = unwatched(move |tx| Box::pin(async move { Ok(capture.listener.answer(tx).await?) }));
        self.commit(vec![answer]).await;
    }

    fn measure(&self, jobs: &[Job]) {
        let count = |is: fn(&Job) -> bool| u32::try_from(jobs.iter().filter(|job| is(job)).count()).unwrap_or(u32::MAX);
        let sharing = count(|job| matches!(job, Job::Unit(_) | Job::Insert(..)));
        let taken = count(|job| !matches!(job, Job::Close(_)));
        self.gauges.waiting.sub(i64::from(taken));
        if sharing > 0 {
            self.gauges.group.observe(f64::from(sharing));
        }
    }

    /// In the order of arrival, except that rows join the first of their plan.
    fn arrange(&mut self, jobs: impl Iterator<Item = Job>) -> Vec<Box<dyn Unit>> {
        let mut slots: Vec<Slot> = Vec::new();
        for job in jobs {
            match job {
                Job::Unit(unit) => slots.push(Slot::Unit(unit)),
                Job::Alone(unit) => self.alone.push(unit),
                Job::ChangeCapture(capture, answer) => self.to_capture.push((capture, answer)),
                Job::Close(closed) => self.closing.push(closed),
                Job::Insert(NewRow { plan, row, answer }) => {
                    let batch = slots.iter_mut().find_map(|slot| match slot {
                        Slot::Batch(batch) if batch.is_of(&plan) => Some(batch),
                        _ => None,
                    });
                    match batch {
                        Some(batch) => batch.push(row, answer),
                        None => slots.push(Slot::Batch(Batch::new(plan, row, answer))),
                    }
                }
            }
        }
        slots.into_iter().map(Slot::into_unit).collect()
    }

    async fn commit(&mut self, units: Vec<Box<dyn Unit>>) {
        if units.is_empty() {
            return;
        }
        let group = Group::new(units, self.limits);
        let mut tx = match self.connection().await {
            Ok(tx) => tx,
            Err(error) => return group.refuse(&error),
        };
        match group.commit(&mut tx).await {
            Ok(()) => self.tx = Some(tx),
            Err((error, in_doubt)) => self.give_up(&error, in_doubt),
        }
    }

    fn give_up(&mut self, error: &DbError, in_doubt: Option<InDoubt>) {
        let is_sent = in_doubt.is_some();
        tracing::warn!(%error, is_sent, "a transaction was given up");
        if let Some(mut hooks) = in_doubt {
            self.in_doubt.get_or_insert_default().append(&mut hooks);
        }
    }

    /// The connection is closed afterwards, whatever came of it: another one that enforces foreign keys takes its place.
    async fn commit_alone(&mut self, unit: Box<dyn Unit>) {
        let group = Group::new([unit], Limits { unit: ALONE_LIMIT, statement: ALONE_LIMIT });
        let mut tx = match self.connection().await {
            Ok(tx) => tx,
            Err(error) => return group.refuse(&error),
        };
        let unbound = timeout(self.limits.unit, tx.session.control(words::UNBIND)).await;
        match unbound.unwrap_or_else(|_| Err(DbError::Busy("the connection does not answer".into()))) {
            Ok(true) => {
                if let Err((error, in_doubt)) = group.commit(&mut tx).await {
                    self.give_up(&error, in_doubt);
                }
            }
            Ok(false) => group.refuse(&DbError::Other("foreign keys are enforced all the same".into())),
            Err(error) => group.refuse(&error),
        }
        tx.session.close().await;
        // It may have made anything of what is captured.
        if let Some(capture) = self.capture.as_ref().filter(|_| self.in_doubt.is_none()) {
            capture.listener.resync();
        }
    }

    async fn connection(&mut self) -> Result<Tx<SqliteSession>, DbError> {
        if let Some(tx) = self.tx.take() {
            return Ok(tx);
        }
        let mut tx = Tx::new(SqliteSession::new(self.pool.take(self.wait).await?));
        let late = || DbError::Busy("the connection does not answer".into());
        if let Some(capture) = &self.capture {
            timeout(self.limits.unit, tx.session.install(capture)).await.map_err(|_| late())??;
        }
        if self.in_doubt.is_some()
            && !timeout(self.limits.unit, tx.session.control(words::PROBE)).await.map_err(|_| late())??
        {
            return Err(late());
        }
        // What others wrote since the last connection was asked is not known to this one.
        self.version = None;
        if let Some(capture) = &self.capture {
            capture.listener.resync();
        }
        self.in_doubt.take().into_iter().flatten().for_each(run_hook);
        Ok(tx)
    }

    async fn begin_capture(&mut self, capture: Arc<ChangeCapture>) -> Result<(), DbError> {
        let mut tx = self.connection().await?;
        timeout(self.limits.unit, tx.session.install(&capture))
            .await
            .unwrap_or_else(|_| Err(DbError::Busy("the connection does not answer".into())))?;
        (self.tx, self.capture, self.version, self.poll_at) = (Some(tx), Some(capture), None, Instant::now());
        Ok(())
    }
}

/// A unit that nobody waits for.
fn unwatched<F>(work: F) -> Box<dyn Unit>
where
    F: for<'a> FnOnce(&'a mut Tx) -> BoxFuture<'a, Result<(), Error>> + Send + 'static,
{
    let (answer, _) = oneshot::channel();
    Box::new(Work::once(work, answer))
}

/// A place in the order of a group.
enum Slot {
    Unit(Box<dyn Unit>),
    Batch(Batch),
}

impl Slot {
    fn into_unit(self) -> Box<dyn Unit> {
        match self {
            Self::Unit(unit) => unit,
            Self::Batch(batch) => Box::new(batch),
        }
    }
}
