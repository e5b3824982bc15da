//! The connection that writes, on the thread of the writer.
//!
//! It commits nothing by the way: a statement of a unit that would is undone, and so is one that has lost its
//! transaction. A statement that takes too long is stopped, and takes the transaction along.

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use rusqlite::{Batch, Connection, Error, OpenFlags, fallible_iterator::FallibleIterator};

use super::{
    super::{DbError, DbOptions, Row, Statement, text},
    connection::alone,
    error, stepping, words,
};

/// Instructions of the virtual machine of `SQLite` after which it is asked whether a statement may go on: some tenth of a
/// millisecond.
const STEP: i32 = 2000;

/// Distinct statements that are kept prepared.
const STATEMENTS: usize = 500;

/// How connections that write are opened.
#[derive(Debug, Clone)]
pub(super) struct Opening {
    path: PathBuf,
    busy_timeout: Duration,
    is_durable: bool,
    beside: bool,
}

/// The connection.
pub(super) struct SteppedConnection {
    /// `None` once it is closed.
    connection: Option<Connection>,
    opened_at: Instant,
    /// When what runs has to end, in microseconds since the connection was opened.
    ends_at_us: Arc<AtomicU64>,
    commits: Arc<AtomicBool>,
}

impl Opening {
    pub(super) fn new(path: &Path, options: &DbOptions) -> Self {
        let DbOptions { busy_timeout, is_durable, beside, .. } = *options;
        Self { path: path.to_owned(), busy_timeout, is_durable, beside }
    }

    /// Opens a connection. There must be one alone that writes and checkpoints: `SQLite` before 3.51.3 can lose pages when
    /// two do.
    ///
    /// # Errors
    /// What the database says.
    pub(super) fn open(&self) -> Result<SteppedConnection, DbError> {
        self.try_open().map_err(|error| error::meaning_of(&error))
    }

    fn try_open(&self) -> Result<SteppedConnection, Error> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
        let connection = stepping::open(&self.path, flags, self.busy_timeout)?;
        // What does not fit goes to the log before the commit, and what has to be undone or sorted to a file that has no
        // name: however much one transaction changes, it is held in bounded memory. Without a limit the log keeps the size
        // of the largest transaction there ever was.
        let pragmas = [
            "PRAGMA journal_mode = wal",
            if self.is_durable { "PRAGMA synchronous = full" } else { "PRAGMA synchronous = off" },
            "PRAGMA foreign_keys = on",
            "PRAGMA cache_size = -6144",
            "PRAGMA temp_store = file",
            "PRAGMA journal_size_limit = 67108864",
            if self.beside { "PRAGMA wal_autocheckpoint = 0" } else { "" },
        ];
        connection.execute_batch(&pragmas.join("; "))?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS);
        let opened_at = Instant::now();
        let ends_at_us = Arc::new(AtomicU64::new(u64::MAX));
        let end = Arc::clone(&ends_at_us);
        let is_over = move || since_us(opened_at) > end.load(Ordering::Relaxed);
        connection.progress_handler(STEP, Some(is_over))?;
        let commits = Arc::new(AtomicBool::new(false));
        let may = Arc::clone(&commits);
        connection.commit_hook(Some(move || !may.load(Ordering::Relaxed)))?;
        Ok(SteppedConnection { connection: Some(connection), opened_at, ends_at_us, commits })
    }
}

impl SteppedConnection {
    /// Runs a statement in the transaction that was begun; of several in one text, one after the other.
    ///
    /// # Errors
    /// What the database says; [`DbError::Busy`] when it took longer than `limit`.
    pub(super) fn run(&mut self, statement: &Statement, limit: Duration) -> Result<Vec<Row>, DbError> {
        let limit_us = u64::try_from(limit.as_micros()).unwrap_or(u64::MAX);
        let ends_at_us = since_us(self.opened_at).saturating_add(limit_us);
        self.ends_at_us.store(ends_at_us, Ordering::Relaxed);
        let ran = run(self.connection()?, statement);
        self.ends_at_us.store(u64::MAX, Ordering::Relaxed);
        ran.map_err(|error| match error::meaning_of(&error) {
            meaning if matches!(error, Error::InvalidParameterName(_)) => {
                text::check(statement).err().unwrap_or(meaning)
            }
            DbError::Busy(_) if since_us(self.opened_at) > ends_at_us => {
                DbError::Busy("the statement took too long".into())
            }
            error => error,
        })
    }

    /// Says words that are no statement of a unit.
    ///
    /// # Errors
    /// What the database says.
    pub(super) fn say(&mut self, words: &str) -> Result<(), DbError> {
        self.ask(words).map(drop)
    }

    /// The same, and what comes back.
    ///
    /// # Errors
    /// What the database says.
    pub(super) fn ask(&mut self, words: &str) -> Result<Vec<Row>, DbError> {
        let mut rows = Vec::new();
        let prepared = self.connection()?.prepare_cached(words);
        prepared
            .and_then(|mut prepared| stepping::step(&mut prepared, &mut rows, |value| Some(stepping::cell(value))))
            .map_err(|error| error::meaning_of(&error))?;
        Ok(rows)
    }

    /// Commits.
    ///
    /// # Errors
    /// What the database says.
    pub(super) fn commit(&mut self) -> Result<(), DbError> {
        self.commits.store(true, Ordering::Relaxed);
        let said = self.say(words::COMMIT);
        self.commits.store(false, Ordering::Relaxed);
        said
    }

    /// Closes the connection: the last one to a file copies the log.
    ///
    /// # Errors
    /// What the database says.
    pub(super) fn close(mut self) -> Result<(), DbError> {
        let Some(connection) = self.connection.take() else { return Ok(()) };
        connection.flush_prepared_statement_cache();
        alone(|| connection.close().map_err(|(_, error)| error)).map_err(|error| error::meaning_of(&error))
    }

    fn connection(&self) -> Result<&Connection, DbError> {
        self.connection.as_ref().ok_or_else(|| DbError::Busy(error::CLOSED.into()))
    }
}

impl Drop for SteppedConnection {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            alone(move || drop(connection));
        }
    }
}

fn run(connection: &Connection, statement: &Statement) -> Result<Vec<Row>, Error> {
    let mut rows = Vec::new();
    let mut step = |prepared: &mut rusqlite::Statement<'_>, text: Option<&str>| {
        stepping::bind(prepared, text, &statement.args)?;
        stepping::step(prepared, &mut rows, |value| Some(stepping::cell(value)))
    };
    if let Ok(mut prepared) = connection.prepare_cached(&statement.sql) {
        step(&mut prepared, Some(&statement.sql))?;
        return Ok(rows);
    }
    // Several, or what is wrong will be said again.
    let mut statements = Batch::new(connection, &statement.sql);
    while let Some(mut prepared) = statements.next()? {
        step(&mut prepared, None)?;
    }
    Ok(rows)
}

fn since_us(instant: Instant) -> u64 {
    u64::try_from(instant.elapsed().as_micros()).unwrap_or(u64::MAX)
}
