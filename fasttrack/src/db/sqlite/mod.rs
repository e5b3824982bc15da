//! `SQLite`, embedded, behind rbatis and its driver.
//!
//! Reads are quick, on the thread that asks, or run on a pool of read-only connections; everything that writes goes through
//! one writer, which gathers what is waiting into one transaction and answers after its commit.
//!
//! From what knows nothing of the rest to what knows it all: `words` and `error` (texts), `statement` (runs one),
//! `connect` (how connections are set), `connection` (one that is open), `lease` and `pool` (connections that are lent).
//! Without the driver: `stepping` (what such connections share), `short` (reads that are quick), `stepped` (the connection
//! that writes), `session` (its transactions), `group` (one of many units), `writer` (one group after another).
//! `place`, `private` and `file` are about the file.

mod connect;
mod connection;
mod error;
mod file;
mod group;
mod lease;
mod place;
mod pool;
mod private;
mod session;
mod short;
mod statement;
mod stepped;
mod stepping;
#[cfg(test)]
pub(super) mod tests;
mod words;
mod writer;

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use futures_util::{FutureExt, future::BoxFuture};
use rbdc::db::Connection;
use tokio::time::timeout;

use self::{
    file::Found,
    pool::{ConnectionPool, SlotPool},
    session::SqliteSession,
    short::ShortReaders,
    stepped::Opening,
    writer::Writer,
};
pub(crate) use self::{
    place::{names, place},
    private::{open_to_others, private_file},
};
use super::{
    Arg, ChangeCapture, DbError, DbOptions, Dialect, Row, Statement,
    backend::{Backend, Reader},
    gauge::Gauges,
    unit::{NewRow, Unit},
};

/// A database in a file: many connections that read, one that writes.
#[derive(Debug)]
pub(super) struct Sqlite {
    short: ShortReaders,
    readers: ConnectionPool,
    snapshots: ConnectionPool,
    copier: ConnectionPool,
    writer: Writer,
    reader_wait: Duration,
    statement_limit: Duration,
    created: bool,
}

impl Sqlite {
    /// Opens a file; one that is not there is created.
    ///
    /// # Errors
    /// When it cannot be opened, is no database of ours, or no database at all; it is left as it was.
    pub(super) async fn open(path: &Path, options: &DbOptions, gauges: Gauges) -> Result<Self, DbError> {
        let path = &file::name(path)?;
        let found = file::inspect(path, options.marker.as_deref()).await?;
        let refuse = |error: DbError| DbError::Other(format!("{}: {error}", path.display()));
        if found == Found::Nothing {
            private::make(path).map_err(|cause| refuse(DbError::Other(cause.to_string())))?;
        }
        let writer = Opening::new(path, options);
        // Opened now: it makes the database, and turns on the write-ahead log before anyone reads.
        let opening = writer.clone();
        let opened = tokio::task::spawn_blocking(move || opening.open()).await;
        let first = opened.unwrap_or_else(|error| Err(DbError::Other(error.to_string()))).map_err(refuse)?;
        let readers = u32::try_from(options.readers).unwrap_or(u32::MAX).max(1);
        let snapshots = u32::try_from(options.snapshots).unwrap_or(u32::MAX).max(1);
        let (reader, copier) = (connect::reader(path, options), connect::copier(path, options));
        Ok(Self {
            short: ShortReaders::open(path).map_err(|error| refuse(DbError::Other(error.to_string())))?,
            readers: SlotPool::install(reader.clone(), readers, patience(options))?,
            snapshots: SlotPool::install(reader, snapshots, patience(options))?,
            copier: SlotPool::install(copier, 1, options.unit_limit)?,
            writer: Writer::start(writer, SqliteSession::new(first), options, gauges)
                .map_err(|error| refuse(DbError::Other(error.to_string())))?,
            reader_wait: options.reader_wait,
            statement_limit: options.statement_limit,
            created: found == Found::Nothing,
        })
    }

    /// Runs a statement that may take very long, on a connection of its own, to its end even when nobody waits for it.
    async fn run_aside(&self, statement: Statement) -> Result<Vec<Row>, DbError> {
        let mut connection = self.copier.take(self.reader_wait).await?;
        let task = tokio::spawn(async move { statement::run(connection.as_mut(), statement).await });
        task.await.unwrap_or_else(|error| Err(DbError::Other(error.to_string())))
    }

    async fn copy(&self, path: &Path) -> Result<(), DbError> {
        let path = file::name(path)?;
        // An empty file is one that is written to.
        private::make_new(&path).map_err(|cause| DbError::Other(format!("{}: {cause}", path.display())))?;
        let name = Arg::Text(path.to_string_lossy().into_owned());
        self.run_aside(Statement::new(words::COPY, vec![name])).await.map(drop)
    }
}

/// After how long a statement that was told to stop is held to be lost, and its connection with it. Until then the
/// connection waits for it: to open more beside it would make everything slower.
fn patience(options: &DbOptions) -> Duration {
    options.statement_limit * 12
}

impl Backend for Sqlite {
    fn dialect(&self) -> Dialect {
        Dialect::Sqlite
    }

    fn was_created(&self) -> bool {
        self.created
    }

    fn read_here(&self, statement: &Statement) -> Option<Vec<Row>> {
        self.short.read(statement)
    }

    fn reader(&self, wait: Duration) -> BoxFuture<'_, Result<Box<dyn Reader>, DbError>> {
        async move {
            let connection = self.readers.take(wait).await?;
            Ok(Box::new(LeasedReader { connection, limit: self.statement_limit }) as Box<dyn Reader>)
        }
        .boxed()
    }

    fn snapshot(&self, wait: Duration) -> BoxFuture<'_, Result<Box<dyn Reader>, DbError>> {
        async move {
            let mut connection = self.snapshots.take(wait).await?;
            for words in words::SNAPSHOT {
                statement::run(connection.as_mut(), Statement::new(words, Vec::new())).await?;
            }
            Ok(Box::new(LeasedReader { connection, limit: self.statement_limit }) as Box<dyn Reader>)
        }
        .boxed()
    }

    fn write(&self, unit: Box<dyn Unit>) -> Result<(), DbError> {
        self.writer.write(unit)
    }

    fn write_alone(&self, unit: Box<dyn Unit>) -> Result<(), DbError> {
        self.writer.write_alone(unit)
    }

    fn insert(&self, row: NewRow) -> Result<(), DbError> {
        self.writer.insert(row)
    }

    fn capture_changes(&self, capture: ChangeCapture) -> BoxFuture<'_, Result<(), DbError>> {
        self.writer.capture(capture).boxed()
    }

    fn copy_to(&self, path: PathBuf) -> BoxFuture<'_, Result<(), DbError>> {
        async move { self.copy(&path).await }.boxed()
    }

    fn find_damage(&self) -> BoxFuture<'_, Result<Option<String>, DbError>> {
        async move {
            let rows = self.run_aside(Statement::new(words::CHECK, Vec::new())).await?;
            Ok(rows.first().and_then(|row| row.text(0)).filter(|found| *found != "ok").map(one_line))
        }
        .boxed()
    }

    /// The writer last, which leaves a tidy file.
    fn close(&self, limit: Duration) -> BoxFuture<'_, ()> {
        async move {
            self.short.close();
            self.readers.close(limit).await;
            self.snapshots.close(limit).await;
            self.copier.close(Duration::ZERO).await;
            self.writer.close().await;
        }
        .boxed()
    }
}

/// A connection on loan that reads.
struct LeasedReader {
    connection: Box<dyn Connection>,
    limit: Duration,
}

impl Reader for LeasedReader {
    fn read(&mut self, statement: Statement) -> BoxFuture<'_, Result<Vec<Row>, DbError>> {
        read_all(self.connection.as_mut(), statement, self.limit).boxed()
    }
}

/// Runs a statement; that nothing came back is believed only of a connection that lives, since one that dies in the
/// middle ends its rows without an error.
async fn read_all(connection: &mut dyn Connection, statement: Statement, limit: Duration) -> Result<Vec<Row>, DbError> {
    let rows = statement::run(connection, statement).await?;
    if !rows.is_empty() {
        return Ok(rows);
    }
    match timeout(limit, connection.ping()).await {
        Ok(pong) => pong.map(|()| rows).map_err(|error| error::meaning(&error)),
        Err(_) => Err(DbError::Busy("the connection does not answer".into())),
    }
}

/// A text without its line breaks.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
