//! The handle that everything else has of the database.

use std::{path::Path, sync::Arc, time::Duration};

use futures_util::{future::BoxFuture, pin_mut};
use prometheus::core::Collector;
use rbdc::db::Connection;
use tokio::{sync::Semaphore, time::timeout};

use super::{
    Arg, DbError, DbOptions, Dialect, Row, RowPlan, Statement, Tx,
    capture::ChangeCapture,
    gauge::Gauges,
    lines::{Lines, Place},
    meter::{Meter, metered},
    pool::{Commits, ConnectionPool, Pooled},
    private,
    sqlite::{self, Found},
    statement,
    writer::Writer,
};
use crate::{error::Error, trace};

/// A database: many connections that read, one that writes. A clone is the same database.
#[derive(Debug, Clone)]
pub struct Db {
    readers: Pooled,
    searches: Arc<Semaphore>,
    lines: Lines,
    copier: Pooled,
    writer: Writer,
    pub(super) gauges: Gauges,
    reader_wait: Duration,
    statement_limit: Duration,
    created: bool,
}

impl Db {
    /// Opens a `SQLite` database; one that is not there is created.
    ///
    /// # Errors
    /// [`DbError`] when the file cannot be opened, is no `SQLite` database, or is one of another application; it is left
    /// as it was.
    pub async fn open(path: &Path, options: DbOptions) -> Result<Self, DbError> {
        let path = &sqlite::file(path)?;
        let found = sqlite::inspect(path, options.marker.as_deref()).await?;
        let refuse = |error: DbError| DbError::Other(format!("{}: {error}", path.display()));
        if found == Found::Nothing {
            private::make(path).map_err(|cause| refuse(DbError::Other(cause.to_string())))?;
        }
        let writer = ConnectionPool::install(sqlite::writer(path, &options), 1, options.unit_limit, Commits::Said)?;
        let gauges = Gauges::new().map_err(|error| DbError::Other(error.to_string()))?;
        // Opened now: it makes the database, and turns on the write-ahead log before anyone reads.
        let first = Tx::new(writer.take(options.reader_wait).await.map_err(refuse)?);
        let readers = u32::try_from(options.readers).unwrap_or(u32::MAX).max(1);
        let (reader, copier) = (sqlite::reader(path, &options), sqlite::copier(path, &options));
        Ok(Self {
            readers: ConnectionPool::install(reader, readers, patience(&options), Commits::Free)?,
            copier: ConnectionPool::install(copier, 1, options.unit_limit, Commits::Free)?,
            lines: Lines::default(),
            searches: Arc::new(Semaphore::new((options.readers / 2).max(1))),
            writer: Writer::start(writer, first, &options, gauges.clone()),
            gauges,
            reader_wait: options.reader_wait,
            statement_limit: options.statement_limit,
            created: found == Found::Nothing,
        })
    }

    /// Which database it is.
    #[must_use]
    pub const fn dialect(&self) -> Dialect {
        Dialect::Sqlite
    }

    /// Whether [`Self::open`] made the file.
    #[must_use]
    pub fn was_created(&self) -> bool {
        self.created
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
        metered(&self.gauges.reading, trace::reading(&statement.sql), self.run_quick(statement)).await
    }

    /// The same for a statement that may be slow: it waits for the others of whoever asks, and at most half of the
    /// connections serve such statements at a time, so that the quick ones always find one.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub async fn search(&self, statement: Statement) -> Result<Vec<Row>, DbError> {
        let _place: Option<Place> = match Meter::asker() {
            Some(asker) => Some(self.lines.wait(asker, self.reader_wait).await.ok_or_else(another_runs)?),
            None => None,
        };
        let permit = timeout(self.reader_wait, Arc::clone(&self.searches).acquire_owned()).await;
        let Ok(Ok(_permit)) = permit else { return Err(DbError::Busy("too many searches are running".into())) };
        metered(&self.gauges.reading, trace::reading(&statement.sql), self.run_slow(statement)).await
    }

    /// Runs a unit of work in a transaction, behind a savepoint: all of it happens, or nothing. Once this is polled it
    /// happens also when the caller goes away. Other units share the transaction and its commit, so it must not wait
    /// for anything but `tx`.
    ///
    /// # Errors
    /// The unit's own error; [`Error::Unavailable`] when the queue is full, the disk is, or another process writes.
    pub async fn write<T, F>(&self, work: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: for<'a> FnOnce(&'a mut Tx) -> BoxFuture<'a, Result<T, Error>> + Send + 'static,
    {
        metered(&self.gauges.writing, trace::writing(), self.writer.write(work)).await
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
        self.writer.alone(work).await
    }

    /// Inserts a row. Rows of the same plan (the same `Arc`) that arrive together are inserted together; one that fails
    /// fails alone.
    ///
    /// # Errors
    /// That of this row; [`DbError::QueueFull`] when too many writes are waiting.
    pub async fn insert(&self, plan: Arc<dyn RowPlan>, row: Vec<Arg>) -> Result<Option<Vec<u8>>, DbError> {
        metered(&self.gauges.writing, trace::writing(), self.writer.insert(plan, row)).await
    }

    /// From now on tells `capture.listener` of every change that is captured, whatever statement makes it; whoever was told
    /// before is told no more. What another process writes is noticed within a fraction of a second.
    ///
    /// # Errors
    /// What the database says.
    pub async fn capture_changes(&self, capture: ChangeCapture) -> Result<(), DbError> {
        self.writer.capture(capture).await
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
        let path = sqlite::file(path)?;
        // An empty file is one that is written to.
        private::make_new(&path).map_err(|cause| DbError::Other(format!("{}: {cause}", path.display())))?;
        let copy = sqlite::copy(&path.to_string_lossy());
        let mut connection = self.copier.take(self.reader_wait).await?;
        let task = tokio::spawn(async move { statement::run(connection.as_mut(), copy).await });
        task.await.unwrap_or_else(|error| Err(DbError::Other(error.to_string()))).map(drop)
    }

    /// Looks through the whole file for damage, however long it takes, and says what it found first. Everybody else goes
    /// on meanwhile.
    ///
    /// # Errors
    /// What the database says.
    pub async fn find_damage(&self) -> Result<Option<String>, DbError> {
        let mut connection = self.copier.take(self.reader_wait).await?;
        let check = Statement::new("PRAGMA quick_check(1)", Vec::new());
        let task = tokio::spawn(async move { statement::run(connection.as_mut(), check).await });
        let rows = task.await.unwrap_or_else(|error| Err(DbError::Other(error.to_string())))?;
        Ok(rows.first().and_then(|row| row.text(0)).filter(|found| *found != "ok").map(one_line))
    }

    /// Finishes what is going on, and closes every connection; the writer last, which leaves a tidy file.
    pub async fn close(&self) {
        self.searches.close();
        self.readers.close(self.statement_limit).await;
        self.copier.close(Duration::ZERO).await;
        self.writer.close().await;
    }

    async fn run_quick(&self, statement: Statement) -> Result<Vec<Row>, DbError> {
        let mut connection = self.readers.take(self.reader_wait).await?;
        let reading = read_all(connection.as_mut(), statement, self.statement_limit);
        pin_mut!(reading);
        let quick = self.statement_limit / SLOW_PART;
        if let Ok(rows) = timeout(quick, &mut reading).await {
            return rows;
        }
        let _place: Option<Place> = match Meter::asker() {
            Some(asker) => Some(self.lines.enter(asker).ok_or_else(another_runs)?),
            None => None,
        };
        timeout(self.statement_limit.saturating_sub(quick), reading).await.unwrap_or_else(|_| Err(too_long()))
    }

    async fn run_slow(&self, statement: Statement) -> Result<Vec<Row>, DbError> {
        let mut connection = self.readers.take(self.reader_wait).await?;
        let reading = read_all(connection.as_mut(), statement, self.statement_limit);
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

/// After how long a statement that was told to stop is held to be lost, and its connection with it. Until then the
/// connection waits for it: to open more beside it would make everything slower.
fn patience(options: &DbOptions) -> Duration {
    options.statement_limit * 12
}

/// Runs a statement; that nothing came back is believed only of a connection that lives, since one that dies in the
/// middle ends its rows without an error.
async fn read_all(connection: &mut dyn Connection, statement: Statement, limit: Duration) -> Result<Vec<Row>, DbError> {
    let rows = statement::run(connection, statement).await?;
    if !rows.is_empty() {
        return Ok(rows);
    }
    match timeout(limit, connection.ping()).await {
        Ok(pong) => pong.map(|()| rows).map_err(|error| sqlite::error(&error)),
        Err(_) => Err(DbError::Busy("the connection does not answer".into())),
    }
}

/// A text without its line breaks.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
