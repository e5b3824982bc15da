//! Connections to the file: one for writing, and one on each thread that reads.

use std::{
    cell::RefCell,
    path::{Path, PathBuf},
};

use rusqlite::{Connection, OpenFlags, Result};

/// The connections that read.
pub struct Readers {
    path: PathBuf,
}

thread_local! {
    /// This thread's own.
    static READER: RefCell<Option<Connection>> = const { RefCell::new(None) };
}

impl Readers {
    /// Those of one file, which each thread opens when it first reads.
    pub fn of(path: &str) -> Self {
        Self { path: path.into() }
    }

    /// Asks the database on the thread that this is called on. A query takes microseconds, less than the way to another
    /// thread and back.
    pub fn with<T, E: From<rusqlite::Error>>(&self, query: impl FnOnce(&Connection) -> Result<T, E>) -> Result<T, E> {
        READER.with_borrow_mut(|slot| match slot {
            Some(connection) => query(connection),
            None => query(slot.insert(for_reading(&self.path)?)),
        })
    }
}

fn for_reading(path: &Path) -> Result<Connection> {
    let connection =
        Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.set_prepared_statement_cache_capacity(32);
    Ok(connection)
}

/// Commits are on the disk when they are answered.
pub fn for_writing(path: &str) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", "ON")?;
    Ok(connection)
}
