//! Short reads, on the thread that asks: to hand one to the thread of a connection and to be woken by its answer takes
//! several times as long as the read.
//!
//! A statement has as many instructions as [`STEPS`] are. One that needs more is stopped, and read anew by whoever can wait
//! for it: since it only reads, nothing has come of the first time. The same goes for every error, and for text that was
//! selected as such: what they mean is said in one place.

use std::{
    path::Path,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    thread,
    time::Duration,
};

use rusqlite::{Connection, Error, OpenFlags, types::ValueRef};

use super::{
    super::{Cell, Row, Statement},
    connection::alone,
    stepping,
};

/// Instructions of the virtual machine of `SQLite` after which it is asked whether a statement may go on.
const STEP: i32 = 500;
/// How often it may: some 50,000 instructions, a millisecond or two.
const STEPS: u32 = 100;
/// Distinct statements that a connection keeps prepared.
const STATEMENTS: usize = 200;

/// Connections for short reads, one for each thread that may ask at a time.
#[derive(Debug)]
pub(super) struct ShortReaders {
    /// Those that nobody uses; `None` once they are closed.
    idle: Mutex<Option<Vec<ShortReader>>>,
}

/// A connection, with how much longer what it runs may go on.
#[derive(Debug)]
struct ShortReader {
    connection: Connection,
    steps_left: Arc<AtomicU32>,
}

impl ShortReaders {
    /// Opens them: the database has to be there, and its log written ahead.
    ///
    /// # Errors
    /// What `SQLite` says.
    pub(super) fn open(path: &Path) -> Result<Self, Error> {
        let threads = thread::available_parallelism().map_or(1, usize::from);
        let idle: Result<_, _> = (0..threads).map(|_| ShortReader::open(path)).collect();
        Ok(Self { idle: Mutex::new(Some(idle?)) })
    }

    /// The rows of a statement; `None` where it has to be read in another way: nobody is free, it takes longer, or fails.
    pub(super) fn read(&self, statement: &Statement) -> Option<Vec<Row>> {
        let reader = self.idle().as_mut().and_then(Vec::pop)?;
        let rows = reader.read(statement);
        match &mut *self.idle() {
            Some(idle) => idle.push(reader),
            None => alone(move || drop(reader)),
        }
        rows
    }

    /// Closes those that nobody uses, and the others once they have read what they do.
    pub(super) fn close(&self) {
        let idle = self.idle().take();
        alone(move || drop(idle));
    }

    fn idle(&self) -> MutexGuard<'_, Option<Vec<ShortReader>>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for ShortReaders {
    fn drop(&mut self) {
        self.close();
    }
}

impl ShortReader {
    fn open(path: &Path) -> Result<Self, Error> {
        // Whoever is in the way is waited for elsewhere.
        let connection = stepping::open(path, OpenFlags::SQLITE_OPEN_READ_WRITE, Duration::ZERO)?;
        connection.execute_batch(
            "PRAGMA query_only = ON; PRAGMA wal_autocheckpoint = 0; PRAGMA cache_size = -2048; PRAGMA temp_store = memory",
        )?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS);
        let steps_left = Arc::new(AtomicU32::new(0));
        let left = Arc::clone(&steps_left);
        let is_over =
            move || left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_err();
        connection.progress_handler(STEP, Some(is_over))?;
        Ok(Self { connection, steps_left })
    }

    fn read(&self, statement: &Statement) -> Option<Vec<Row>> {
        // What stands in a comment is for whoever refuses it.
        if statement.sql.contains("/*") {
            return None;
        }
        // It is asked while a statement is prepared as well, which happens once, and may have the schema read.
        self.steps_left.store(u32::MAX, Ordering::Relaxed);
        let mut prepared = self.connection.prepare_cached(&statement.sql).ok()?;
        stepping::bind(&mut prepared, Some(&statement.sql), &statement.args).ok()?;
        self.steps_left.store(STEPS, Ordering::Relaxed);
        let mut rows = Vec::new();
        stepping::step(&mut prepared, &mut rows, cell).ok()?;
        Some(rows)
    }
}

/// What is read, but for text that was selected as such.
fn cell(value: ValueRef<'_>) -> Option<Cell> {
    match value {
        ValueRef::Text(_) => None,
        value => Some(stepping::cell(value)),
    }
}
