//! The handle that everything else has of the database.

use std::{path::Path, sync::Arc, time::Duration};

use futures_util::{future::BoxFuture, pin_mut};
use prometheus::core::Collector;
use tokio::{
    sync::Semaphore,
    task::consume_budget,
    time::{Instant, timeout},
};

use super::{
    Arg, DatabaseUrl, DbError, DbOptions, Dialect, Notices, Row, RowPlan, Snapshot, Statement, Tx,
    backend::Backend,
    capture::ChangeCapture,
    gauge::Gauges,
    meter::{Meter, metered},
    postgres::Postgres,
    queues::{CallerQueues, Turn},
    sqlite::Sqlite,
    unit::{NewRow, Work},
    wait::Answer,
};
use crate::{error::Error, trace};

/// A database. A clone is the same one.
#[derive(Debug, Clone)]
pub struct Db {
    backend: Arc<dyn Backend>,
    searches: Arc<Semaphore>,
    slow: CallerQueues,
    pub(super) gauges: Gauges,
    reader_wait: Duration,
    statement_limit: Duration,
    snapshot_limit: Duration,
}

impl Db {
    /// Opens the database at an address.
    ///
    /// # Errors
    /// As [`Self::open`]; for a server also what it says, and that there is none.
    pub async fn connect(url: &DatabaseUrl, options: DbOptions) -> Result<Self, DbError> {
        match url {
            DatabaseUrl::Sqlite(path) => Self::open(path, options).await,
            DatabaseUrl::Postgres(url) => {
                let gauges = Gauges::new().map_err(|error| DbError::Other(error.to_string()))?;
                let backend = Postgres::open(url, &options, gauges.clone()).await?;
                Ok(Self::over(Arc::new(backend), options.pool, &options, gauges))
            }
        }
    }

    /// Opens a `SQLite` database; one that is not there is created.
    ///
    /// # Errors
    /// [`DbError`] when the file cannot be opened, is no `SQLite` database, or is one of another application; it is left
    /// as it was.
    pub async fn open(path: &Path, options: DbOptions) -> Result<Self, DbError> {
        let gauges = Gauges::new().map_err(|error| DbError::Other(error.to_string()))?;
        let backend = Sqlite::open(path, &options, gauges.clone()).await?;
        Ok(Self::over(Arc::new(backend), options.readers, &options, gauges))
    }

    /// `readers` is how many connections read at a time, at most.
    fn over(backend: Arc<dyn Backend>, readers: usize, options: &DbOptions, gauges: Gauges) -> Self {
        Self {
            backend,
            searches: Arc::new(Semaphore::new((readers / 2).max(1))),
            slow: CallerQueues::default(),
            gauges,
            reader_wait: options.reader_wait,
            statement_limit: options.statement_limit,
            snapshot_limit: options.snapshot_limit,
        }
    }

    /// Which database it is.
    #[must_use]
    pub fn dialect(&self) -> Dialect {
        self.backend.dialect()
    }

    /// Whether [`Self::open`] made the database.
    #[must_use]
    pub fn was_created(&self) -> bool {
        self.backend.was_created()
    }

    /// What it measures of itself, for the registry of a server.
    pub(crate) fn collectors(&self) -> Vec<Box<dyn Collector>> {
        self.gauges.collectors()
    }

    /// Runs a statement that reads, and collects its rows. It is stopped when it takes too long, and when nobody waits
    /// for it any more. Whoever asks (see [`Meter::charge`]) has one that is slow at a time: one that turns out to be is
    /// stopped where another one is running.
    ///
    /// # Errors
    /// [`DbError::Busy`] when no connection was free in time, or the statement was stopped; else what the database says.
    pub async fn read(&self, statement: Statement) -> Result<Vec<Row>, DbError> {
        metered(&self.gauges.reading, trace::reading(self.dialect(), &statement.sql), self.run_quick(statement)).await
    }

    /// The same for a statement that may be slow: it waits for the others of whoever asks, and at most half of the
    /// connections serve such statements at a time, so that the quick ones always find one.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub async fn search(&self, statement: Statement) -> Result<Vec<Row>, DbError> {
        let _turn: Option<Turn> = match Meter::asker() {
            Some(asker) => Some(self.slow.wait(asker, self.reader_wait).await.ok_or_else(another_runs)?),
            None => None,
        };
        let permit = timeout(self.reader_wait, Arc::clone(&self.searches).acquire_owned()).await;
        let Ok(Ok(_permit)) = permit else { return Err(DbError::Busy("too many searches are running".into())) };
        metered(&self.gauges.reading, trace::reading(self.dialect(), &statement.sql), self.run_slow(statement)).await
    }

    /// Holds this instant, to be read from by one statement after another, whatever is written meanwhile. The connections for
    /// that are others than those of [`Self::read`], so that nobody waits for whoever holds one; it may be held for
    /// [`DbOptions::snapshot_limit`].
    ///
    /// # Errors
    /// As [`Self::read`].
    pub async fn snapshot(&self) -> Result<Snapshot, DbError> {
        let dialect = self.dialect();
        let opening = timeout(self.reader_wait + self.statement_limit, self.backend.snapshot(self.reader_wait));
        let opened = async { opening.await.unwrap_or_else(|_| Err(too_long())) };
        let reader = metered(&self.gauges.reading, trace::reading(dialect, "BEGIN"), opened).await?;
        let ends_at = Instant::now() + self.snapshot_limit;
        Ok(Snapshot::new(reader, ends_at, self.statement_limit, dialect, &self.gauges))
    }

    /// Runs a unit of work in a transaction: all of it happens, or nothing. Once this is polled it happens also when the
    /// caller goes away, unless he says that he gives up ([`Meter::give_up`]). Other units may share the transaction and its commit, so it must not wait for anything but `tx`;
    /// and where it stands in the way of another transaction it is run again, so that it must do nothing but by `tx`.
    ///
    /// # Errors
    /// The unit's own error; [`Error::Unavailable`] when the queue is full, the disk is, or another process writes.
    pub async fn write<T, F>(&self, work: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: for<'a> FnOnce(&'a mut Tx) -> BoxFuture<'a, Result<T, Error>> + Clone + Send + 'static,
    {
        let written = async {
            let (answer, answered) = Answer::channel();
            self.backend.write(Box::new(Work::repeatable(work, answer)))?;
            answered.await.unwrap_or_else(|_| Err(lost().into()))
        };
        metered(&self.gauges.writing, trace::writing(self.dialect()), written).await
    }

    /// Runs a unit of work in a transaction that it shares with nobody, however long it takes, with foreign keys declared
    /// but not enforced: so a table can be replaced that others refer to. The unit has to see to it that what it leaves
    /// refers to what is there.
    ///
    /// # Errors
    /// As [`Self::write`].
    pub async fn write_alone<T, F>(&self, work: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: for<'a> FnOnce(&'a mut Tx) -> BoxFuture<'a, Result<T, Error>> + Send + 'static,
    {
        let (answer, answered) = Answer::channel();
        self.backend.write_alone(Box::new(Work::once(work, answer)))?;
        answered.await.unwrap_or_else(|_| Err(lost().into()))
    }

    /// Inserts a row. Rows of the same plan (the same `Arc`) that arrive together are inserted together; one that fails
    /// fails alone.
    ///
    /// # Errors
    /// That of this row; [`DbError::QueueFull`] when too many writes are waiting.
    pub async fn insert(&self, plan: Arc<dyn RowPlan>, row: Vec<Arg>) -> Result<Option<Vec<u8>>, DbError> {
        let inserted = async {
            let (answer, answered) = Answer::channel();
            self.backend.insert(NewRow { plan, row, answer })?;
            answered.await.unwrap_or_else(|_| Err(lost()))
        };
        metered(&self.gauges.writing, trace::writing(self.dialect()), inserted).await
    }

    /// From now on tells `capture.listener` of every change that is captured, whatever statement makes it; whoever was told
    /// before is told no more. What another process writes is noticed within a fraction of a second.
    ///
    /// # Errors
    /// What the database says.
    pub async fn capture_changes(&self, capture: ChangeCapture) -> Result<(), DbError> {
        self.backend.capture_changes(capture).await
    }

    /// What other processes on the same database say on a channel from now on (see [`Tx::notify`]), this one included.
    /// Nothing, where one process alone has the database.
    #[must_use]
    pub fn listen(&self, channel: &str) -> Option<Notices> {
        self.backend.listen(channel)
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub async fn ping(&self) -> Result<(), DbError> {
        self.read(Statement::new("SELECT 1", Vec::new())).await.map(drop)
    }

    /// Writes a consistent copy of the database to a file that does not exist yet, however long it takes; everybody else
    /// goes on meanwhile. A copy that fails may leave part of a file.
    ///
    /// # Errors
    /// [`DbError::Other`] when there is a file of this name; else what the database says.
    pub async fn copy_to(&self, path: &Path) -> Result<(), DbError> {
        self.backend.copy_to(path.to_owned()).await
    }

    /// Looks through the whole file for damage, however long it takes, and says what it found first. Everybody else goes
    /// on meanwhile.
    ///
    /// # Errors
    /// What the database says.
    pub async fn find_damage(&self) -> Result<Option<String>, DbError> {
        self.backend.find_damage().await
    }

    /// Finishes what is going on, and closes every connection.
    pub async fn close(&self) {
        self.searches.close();
        self.backend.close(self.statement_limit).await;
    }

    async fn run_quick(&self, statement: Statement) -> Result<Vec<Row>, DbError> {
        if let Some(rows) = self.backend.read_here(&statement) {
            // Whoever reads much lets others in between.
            consume_budget().await;
            return Ok(rows);
        }
        let mut reader = self.backend.reader(self.reader_wait).await?;
        let reading = reader.read(statement);
        pin_mut!(reading);
        let quick = self.statement_limit / SLOW_PART;
        if let Ok(rows) = timeout(quick, &mut reading).await {
            return rows;
        }
        let _turn: Option<Turn> = match Meter::asker() {
            Some(asker) => Some(self.slow.enter(asker).ok_or_else(another_runs)?),
            None => None,
        };
        timeout(self.statement_limit.saturating_sub(quick), reading).await.unwrap_or_else(|_| Err(too_long()))
    }

    async fn run_slow(&self, statement: Statement) -> Result<Vec<Row>, DbError> {
        let mut reader = self.backend.reader(self.reader_wait).await?;
        let reading = reader.read(statement);
        timeout(self.statement_limit, reading).await.unwrap_or_else(|_| Err(too_long()))
    }
}

/// The part of its time limit after which a statement is slow.
const SLOW_PART: u32 = 5;

fn too_long() -> DbError {
    DbError::Busy("the statement took too long".into())
}

fn another_runs() -> DbError {
    DbError::Busy("another slow statement of the same caller is running".into())
}

/// What somebody hears whose answer went missing.
fn lost() -> DbError {
    DbError::Busy("the writer gave no answer".into())
}
