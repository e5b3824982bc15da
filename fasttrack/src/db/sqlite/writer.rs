//! The writer: one thread with the one connection that writes, behind a bounded queue.
//!
//! It takes whatever is waiting, runs it as one [`Group`], and goes on for as long as anyone may ask; a connection that
//! fails is closed, and another one opened. The thread steps every statement itself, and waits for the disk: nobody else
//! does. The listener is told of everything: of what was captured, of what other processes wrote, and of when neither is
//! known.

use std::{
    io,
    panic::AssertUnwindSafe,
    sync::{
        Arc,
        mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel},
    },
    time::{Duration, Instant},
};

use futures_executor::block_on;
use futures_util::{FutureExt, future::BoxFuture};
use tokio::{runtime::Handle, sync::oneshot, time::sleep};

use super::{
    super::{
        ChangeCapture, DbError, DbOptions, Tx,
        gauge::Gauges,
        tx::run_hook,
        unit::{Batch, NewRow, Unit, Work},
        wait::Answer,
    },
    group::{Group, InDoubt, Limits},
    session::SqliteSession,
    stepped::Opening,
};
use crate::{clock, error::Error};

/// How long a unit may take that runs alone: a large table is copied in it.
const ALONE_LIMIT: Duration = Duration::from_hours(24);

/// How often it is looked whether another process has written.
const POLL_EVERY: Duration = Duration::from_millis(200);

/// How long one waits before one looks whether a full queue has room.
const ROOM_EVERY: Duration = Duration::from_millis(1);

/// How much nicer the thread is than others; Linux gives it a third of what it gives one of them, where both want all.
#[cfg(target_os = "linux")]
const NICENESS: i32 = 5;

/// The way to the writer.
#[derive(Debug, Clone)]
pub(super) struct Writer {
    queue: SyncSender<Job>,
    gauges: Gauges,
}

/// Where whoever had changes captured hears whether they are.
type Captured = oneshot::Sender<Result<(), DbError>>;

/// What the writer is asked.
enum Job {
    Unit(Box<dyn Unit>),
    Insert(NewRow),
    Alone(Box<dyn Unit>),
    ChangeCapture(Arc<ChangeCapture>, Captured),
    Close(oneshot::Sender<()>),
}

impl Writer {
    /// Starts the thread, with the connection it begins with. Units find the runtime of whoever calls this.
    ///
    /// # Errors
    /// When there can be no further thread.
    pub(super) fn start(
        opening: Opening,
        first: SqliteSession,
        options: &DbOptions,
        gauges: Gauges,
    ) -> Result<Self, io::Error> {
        let (queue, jobs) = sync_channel(options.queue.max(1));
        let task = Task {
            tx: Some(Tx::new(first)),
            opening,
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
        };
        let runtime = Handle::current();
        clock::spawn("write-database", move || {
            give_way();
            let _runtime = runtime.enter();
            block_on(task.run());
        })?;
        Ok(Self { queue, gauges })
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
        let mut job = Job::Close(done);
        // The writer takes from a full queue all the time.
        while let Err(refused) = self.queue.try_send(job) {
            let TrySendError::Full(same) = refused else { return };
            job = same;
            sleep(ROOM_EVERY).await;
        }
        closed.await.ok();
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

/// Where processors are scarce, whoever reads goes first: the thread is woken for every commit, and would have what has just come
/// in wait for a slice of time, again and again.
fn give_way() {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::nice(NICENESS) {
        tracing::debug!(%error, "the thread that writes is scheduled as all others");
    }
}

/// What somebody hears whose answer went missing.
fn lost() -> DbError {
    DbError::Busy("the writer gave no answer".into())
}

/// What the thread has.
struct Task {
    /// `None` when the last one failed, or none could be had.
    tx: Option<Tx<SqliteSession>>,
    opening: Opening,
    jobs: Receiver<Job>,
    /// Units that share their transaction with nobody.
    alone: Vec<Box<dyn Unit>>,
    capture: Option<Arc<ChangeCapture>>,
    /// What is to be captured next, and who waits for that.
    to_capture: Vec<(Arc<ChangeCapture>, Captured)>,
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
                answer.send(self.begin_capture(capture)).ok();
            }
        }
        if let Some(tx) = self.tx.take() {
            tx.session.close();
        }
        self.closing.into_iter().for_each(|closed| {
            closed.send(()).ok();
        });
    }

    /// Waits for what is to be done, and polls for what others wrote from time to time. `false` when nobody can ask any
    /// more, or it was said that this is the end, and nothing is left.
    async fn take(&mut self, jobs: &mut Vec<Job>) -> bool {
        loop {
            let first = if !self.closing.is_empty() {
                self.jobs.try_recv().map_err(|_| RecvTimeoutError::Disconnected)
            } else if self.polls && self.capture.is_some() {
                if Instant::now() >= self.poll_at {
                    self.poll().await;
                }
                self.jobs.recv_timeout(self.poll_at.saturating_duration_since(Instant::now()))
            } else {
                self.jobs.recv().map_err(RecvTimeoutError::from)
            };
            match first {
                Ok(first) => {
                    jobs.push(first);
                    jobs.extend(self.jobs.try_iter().take(self.group - 1));
                    return true;
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return false,
            }
        }
    }

    /// Looks whether another process has written, and has the listener hear of it.
    async fn poll(&mut self) {
        self.poll_at = Instant::now() + POLL_EVERY;
        let (Some(capture), Ok(mut tx)) = (self.capture.clone(), self.connection()) else { return };
        // A connection that fails is closed by being dropped.
        let Ok(version) = tx.session.version() else { return };
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
        let mut tx = match self.connection() {
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
        let mut tx = match self.connection() {
            Ok(tx) => tx,
            Err(error) => return group.refuse(&error),
        };
        match tx.session.unbind() {
            Ok(()) => {
                if let Err((error, in_doubt)) = group.commit(&mut tx).await {
                    self.give_up(&error, in_doubt);
                }
            }
            Err(error) => group.refuse(&error),
        }
        tx.session.close();
        // It may have made anything of what is captured.
        if let Some(capture) = self.capture.as_ref().filter(|_| self.in_doubt.is_none()) {
            capture.listener.resync();
        }
    }

    fn connection(&mut self) -> Result<Tx<SqliteSession>, DbError> {
        if let Some(tx) = self.tx.take() {
            return Ok(tx);
        }
        let mut tx = Tx::new(SqliteSession::new(self.opening.open()?));
        if let Some(capture) = &self.capture {
            tx.session.install(capture)?;
        }
        // What others wrote since the last connection was asked is not known to this one.
        self.version = None;
        if let Some(capture) = &self.capture {
            capture.listener.resync();
        }
        // The connection of which nothing was known is closed, and so is what it was about to commit.
        self.in_doubt.take().into_iter().flatten().for_each(run_hook);
        Ok(tx)
    }

    fn begin_capture(&mut self, capture: Arc<ChangeCapture>) -> Result<(), DbError> {
        let mut tx = self.connection()?;
        tx.session.install(&capture)?;
        (self.tx, self.capture, self.version, self.poll_at) = (Some(tx), Some(capture), None, Instant::now());
        Ok(())
    }
}

/// A unit that nobody waits for.
fn unwatched<F>(work: F) -> Box<dyn Unit>
where
    F: for<'a> FnOnce(&'a mut Tx) -> BoxFuture<'a, Result<(), Error>> + Send + 'static,
{
    let (answer, _) = Answer::channel();
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
