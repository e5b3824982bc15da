//! How connections of the driver are opened, and what each kind of them is for.

use std::path::Path;

use fasttrack_sqlite::{InterruptHandle, add_number};
use rbdc::{Error as DriverError, db::Connection, pool::ConnectionManager};
use rbdc_sqlite::{SqliteConnectOptions, SqliteDriver, SqliteSynchronous};

use super::super::DbOptions;

/// Distinct statements that a connection keeps prepared.
const STATEMENTS: usize = 500;
/// Rows that a connection prepares before they are taken. Nearly every read is one row.
const ROWS: usize = 16;

/// A connection that reads.
pub(super) fn reader(path: &Path, options: &DbOptions) -> ConnectionManager {
    let sqlite = base(path)
        .create_if_missing(false)
        .busy_timeout(options.busy_timeout.min(options.statement_limit / 2))
        .pragma("wal_autocheckpoint", "0")
        .pragma("query_only", "ON")
        .pragma("cache_size", "-2048");
    manager(sqlite)
}

/// A connection that copies the database. `query_only` forbids that as well; it writes nothing but the copy.
pub(super) fn copier(path: &Path, options: &DbOptions) -> ConnectionManager {
    let sqlite =
        base(path).create_if_missing(false).busy_timeout(options.busy_timeout).pragma("wal_autocheckpoint", "0");
    manager(sqlite)
}

/// A connection that looks at a file, and changes nothing.
pub(super) fn visitor(path: &Path) -> ConnectionManager {
    manager(base(path).read_only(true).create_if_missing(false))
}

fn base(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .statement_cache_capacity(STATEMENTS)
        .row_buffer_size(ROWS)
        // No mode has this name, and then SQLite only tells the present one. Left out, the driver would set WAL.
        .pragma("journal_mode", "unchanged")
        .pragma("temp_store", "memory")
}

fn manager(options: SqliteConnectOptions) -> ConnectionManager {
    ConnectionManager::new_options(SqliteDriver {}, options)
}

/// Opens a connection, with a handle that controls it.
///
/// # Errors
/// What the driver says.
pub(super) async fn open(manager: &ConnectionManager) -> Result<(Box<dyn Connection>, InterruptHandle), DriverError> {
    let options = manager.option.downcast_ref::<SqliteConnectOptions>();
    let options = options.ok_or_else(|| DriverError::from("these are not the options of SQLite"))?;
    let mut connection = options.connect().await?;
    let mut handle = connection.lock_handle().await?;
    let control = InterruptHandle::attach(&mut handle).map_err(|error| DriverError::from(error.to_string()))?;
    add_number(&mut handle).map_err(|error| DriverError::from(error.to_string()))?;
    drop(handle);
    Ok((Box::new(connection), control))
}
