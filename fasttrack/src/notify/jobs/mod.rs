//! Jobs: functions of the application that run after a change, beside the requests.
//!
//! At least once: a job leaves the outbox after it has succeeded, so one that was running when the process was killed
//! runs again. One that fails is tried again, later each time; one that fails for good stays, with its error, for people
//! to look at. An attempt is written down when it begins, and is a failure unless something else is written later: one
//! that ends the process (a stack that overflows, memory that ends) counts like any other. Which jobs are being run is remembered in memory alone, which is enough while one server at a time serves
//! a database; several nodes on one database would have to claim jobs in the outbox.

mod attempt;
mod backoff;
mod dispatch;
#[cfg(feature = "testing")]
mod drain;
mod functions;
mod queue;

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use tokio::{sync::Notify, task::JoinHandle};

pub(crate) use self::backoff::{MAX_TRIES, delay};
#[cfg(feature = "testing")]
pub use self::drain::FailedJob;
pub use self::queue::{Kept, List, list, retry};
use self::{dispatch::Dispatcher, functions::Functions};
use crate::{
    db::{Db, DbError, Reads},
    error::Error,
    job::{Context, Regular},
    query::{FoundById, PageById},
    schema::Catalog,
    sql,
};

/// The way to those who run jobs. Cheap to clone; a clone is the same workers.
#[derive(Debug, Clone)]
pub struct Workers {
    db: Db,
    shared: Arc<Shared>,
    regular: Arc<[Regular]>,
}

/// What the handle and the dispatcher share.
#[derive(Debug, Default)]
struct Shared {
    wake: Notify,
    run: AtomicU64,
    failed: AtomicU64,
}

/// How the jobs are doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Figures {
    /// Jobs that are to run, or are running.
    pub waiting: i64,
    /// Jobs that failed for good and are kept.
    pub dead: i64,
    /// Attempts that ended since the start, one way or the other.
    pub run: u64,
    /// Attempts that failed since the start.
    pub failed: u64,
}

impl Workers {
    /// Workers for the jobs in this database; nothing runs before [`Self::start`].
    #[must_use]
    pub(crate) fn new(db: Db, regular: Arc<[Regular]>) -> Self {
        Self { db, shared: Arc::default(), regular }
    }

    /// What knows which job is which function.
    fn dispatcher(&self, catalog: &Catalog, context: Context) -> Dispatcher {
        let functions = Functions::of(catalog, Arc::clone(&self.regular));
        Dispatcher::new(self.db.clone(), functions, context, Arc::clone(&self.shared))
    }

    /// There are new jobs. Never blocks.
    pub fn jobs_written(&self) {
        self.shared.wake.notify_one();
    }

    /// Runs jobs until `stop` is ready; then begins none, and gives those that run a while to end. The task ends when
    /// that is done, and everything is written down.
    pub fn start(
        &self,
        catalog: &Catalog,
        context: Context,
        stop: impl Future<Output = ()> + Send + 'static,
    ) -> JoinHandle<()> {
        tokio::spawn(self.dispatcher(catalog, context).run(stop))
    }

    /// How the jobs are doing.
    ///
    /// # Errors
    /// [`DbError`] when the database cannot say.
    pub async fn figures(&self) -> Result<Figures, DbError> {
        let (waiting, dead) = queue::count(&self.db).await?;
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Ok(Figures { waiting, dead, run: count(&self.shared.run), failed: count(&self.shared.failed) })
    }

    /// One page of the jobs, from there.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the database is busy.
    pub async fn list_in(&self, reads: Option<Reads<'_>>, which: List, page: &PageById) -> Result<FoundById, Error> {
        let statement = sql::jobs(self.db.dialect(), which.is_dead(), page);
        Ok(page.found(reads.unwrap_or(Reads::Now(&self.db)).read(statement).await?))
    }

    /// Makes a job due now, as if it had never been tried. Says whether there is such a job.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the database is busy.
    pub async fn retry(&self, id: i64) -> Result<bool, Error> {
        let found = queue::retry(&self.db, Some(id)).await? > 0;
        self.jobs_written();
        Ok(found)
    }
}

impl Shared {
    fn count(&self, has_failed: bool) {
        self.run.fetch_add(1, Ordering::Relaxed);
        self.failed.fetch_add(u64::from(has_failed), Ordering::Relaxed);
    }
}
