//! What is peculiar to `SQLite`: how connections are opened, what its transactions are called, what its errors mean.

use std::{
    fs::File,
    io::Read,
    path::{Path, PathBuf},
};

use fasttrack_sqlite::Reins;
use rbdc::{Error as DriverError, db::Connection, pool::ConnectionManager};
use rbdc_sqlite::{SqliteConnectOptions, SqliteDriver, SqliteSynchronous};

use super::{Arg, DbError, DbOptions, Statement, link::Link, place::place, statement};

/// Opens a transaction that may write, and in it the savepoint of the first unit.
pub(super) const BEGIN: &str = "BEGIN IMMEDIATE; SAVEPOINT unit";
/// Keeps what the unit did, and opens the savepoint of the next.
pub(super) const NEXT: &str = "RELEASE unit; SAVEPOINT unit";
/// Undoes what the unit did; its savepoint stays open, for the next.
pub(super) const UNDO: &str = "ROLLBACK TO unit";
/// Commits. The row proves it: a worker that dies in the middle ends its rows without an error.
pub(super) const COMMIT: &str = "COMMIT; SELECT 1";
/// Stops the enforcement of foreign keys, which has no effect inside a transaction. The row proves it.
pub(super) const UNBIND: &str = "PRAGMA foreign_keys = OFF; SELECT 1 FROM pragma_foreign_keys WHERE foreign_keys = 0";
/// Takes the right to write, and gives it back: whatever was under way before is over then. The row proves it.
pub(super) const PROBE: &str = "BEGIN IMMEDIATE; ROLLBACK; SELECT 1";
/// A number that is another one on this connection once any other has written.
pub(super) const VERSION: &str = "PRAGMA data_version";
/// Gives up the whole transaction.
pub(super) const ROLLBACK: &str = "ROLLBACK";

/// What every database file begins with.
const MAGIC: &[u8; 16] = b"SQLite format 3\0";
/// Distinct statements that a connection keeps prepared.
const STATEMENTS: usize = 500;
/// Rows that a connection prepares before they are taken. Nearly every read is one row.
const ROWS: usize = 16;

/// What stands at a path before it is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    /// No file, or an empty one.
    Nothing,
    /// A database.
    Database,
}

/// Looks at a file without changing it.
///
/// # Errors
/// [`DbError::Other`] when it cannot be read, is no database, or is one that does not hold `marker`.
pub(super) async fn inspect(path: &Path, marker: Option<&str>) -> Result<Found, DbError> {
    let refuse = |why: String| DbError::Other(format!("{}: {why}", path.display()));
    let mut head = [0; MAGIC.len()];
    match File::open(path).and_then(|file| read_head(file, &mut head)) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Found::Nothing),
        Err(error) => return Err(refuse(error.to_string())),
        Ok(0) => return Ok(Found::Nothing),
        Ok(_) if head != *MAGIC => return Err(refuse("the file is not a SQLite database".into())),
        Ok(_) => {}
    }
    if let Some(marker) = marker {
        let ours = holds_marker(path, marker).await.map_err(|error| refuse(error.to_string()))?;
        if !ours {
            return Err(refuse(format!("the database belongs to another application: it has no table {marker}")));
        }
    }
    Ok(Found::Database)
}

fn read_head(file: File, head: &mut [u8; MAGIC.len()]) -> std::io::Result<usize> {
    let mut start = Vec::with_capacity(head.len());
    file.take(MAGIC.len() as u64).read_to_end(&mut start)?;
    head.iter_mut().zip(&start).for_each(|(to, from)| *to = *from);
    Ok(start.len())
}

async fn holds_marker(path: &Path, marker: &str) -> Result<bool, DbError> {
    let options = base(path).read_only(true).create_if_missing(false);
    let mut connection = Link::open(&manager(options)).await.map_err(|driver| error(&driver))?;
    let sql = "SELECT count(*) = 0 OR sum(name = $1) > 0 FROM sqlite_schema WHERE type = 'table'";
    let rows = statement::run(&mut connection, Statement::new(sql, vec![Arg::Text(marker.into())])).await;
    // What was read counts; a file that cannot be closed well will say so again when it is opened.
    connection.close().await.ok();
    Ok(rows?.first().and_then(|row| row.int(0)) == Some(1))
}

/// The connection that writes and checkpoints. There must be one alone: `SQLite` before 3.51.3 can lose pages when two
/// connections do.
pub(super) fn writer(path: &Path, options: &DbOptions) -> ConnectionManager {
    let synchronous = if options.is_durable { SqliteSynchronous::Full } else { SqliteSynchronous::Off };
    let sqlite = base(path)
        .journal_mode(rbdc_sqlite::SqliteJournalMode::Wal)
        .synchronous(synchronous)
        .busy_timeout(options.busy_timeout)
        // What does not fit goes to the log before the commit, and what has to be undone or sorted to a file that has no
        // name: however much one transaction changes, it is held in bounded memory.
        .pragma("cache_size", "-65536")
        .pragma("temp_store", "file")
        // Without it the log keeps the size of the largest transaction there ever was.
        .pragma("journal_size_limit", "67108864");
    manager(if options.beside { sqlite.pragma("wal_autocheckpoint", "0") } else { sqlite })
}

/// A connection that reads.
pub(super) fn reader(path: &Path, options: &DbOptions) -> ConnectionManager {
    let sqlite = base(path)
        .create_if_missing(false)
        .busy_timeout(options.busy_timeout.min(options.statement_limit / 2))
        .pragma("wal_autocheckpoint", "0")
        .pragma("query_only", "ON")
        .pragma("cache_size", "-16384");
    manager(sqlite)
}

/// A connection that copies the database. `query_only` forbids that as well; it writes nothing but the copy.
pub(super) fn copier(path: &Path, options: &DbOptions) -> ConnectionManager {
    let sqlite =
        base(path).create_if_missing(false).busy_timeout(options.busy_timeout).pragma("wal_autocheckpoint", "0");
    manager(sqlite)
}

/// Writes a consistent copy, without stopping anyone who reads or writes meanwhile.
pub(super) fn copy(to: &str) -> Statement {
    Statement::new("VACUUM INTO $1", vec![Arg::Text(to.into())])
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
        .pragma("mmap_size", "268435456")
}

fn manager(options: SqliteConnectOptions) -> ConnectionManager {
    ConnectionManager::new_options(SqliteDriver {}, options)
}

/// Opens a connection, with reins on it.
///
/// # Errors
/// What the driver says.
pub(super) async fn connect(manager: &ConnectionManager) -> Result<(Box<dyn Connection>, Reins), DriverError> {
    let options = manager.option.downcast_ref::<SqliteConnectOptions>();
    let options = options.ok_or_else(|| DriverError::from("these are not the options of SQLite"))?;
    let mut connection = options.connect().await?;
    let reins = Reins::put_on(&mut connection.lock_handle().await?);
    let reins = reins.map_err(|error| DriverError::from(error.to_string()))?;
    Ok((Box::new(connection), reins))
}

/// Whether a statement may commit on a connection where that has to be said.
pub(super) fn commits(sql: &str) -> bool {
    sql.ends_with(COMMIT) || sql.trim_start().get(..6).is_some_and(|word| word.eq_ignore_ascii_case("COMMIT"))
}

/// What an error of the driver means; all it has is a text.
pub(super) fn error(error: &DriverError) -> DbError {
    let text = error.to_string();
    if let Some(what) = text.strip_prefix("UNIQUE constraint failed: ") {
        let index = what.strip_prefix("index '").and_then(|rest| rest.strip_suffix('\''));
        return DbError::Unique(index.unwrap_or(what).into());
    }
    if text.starts_with("FOREIGN KEY constraint failed") {
        return DbError::ForeignKey;
    }
    if text.starts_with("CHECK constraint failed") || text.starts_with("NOT NULL constraint failed") {
        return DbError::Constraint(text);
    }
    if text == "string or blob too big" {
        return DbError::TooLarge;
    }
    if PASSING.iter().any(|passing| text.contains(passing)) { DbError::Busy(text) } else { DbError::Other(text) }
}

/// What people are told who may try again.
pub(super) const BUSY: &str = "the database is busy; try again";

/// What people are told of an error that may be over when they try again: what they wait for.
pub(super) fn advice(text: &str) -> &'static str {
    ADVICE.iter().find(|(passing, _)| text.contains(passing)).map_or(BUSY, |(_, advice)| advice)
}

/// What does not pass by itself.
const ADVICE: [(&str, &str); 2] = [
    ("database or disk is full", "the disk is full; try again when there is room on it"),
    ("attempt to write a readonly database", "the file of the database may not be written; try again when it may be"),
];

/// Whether a ROLLBACK failed only because there was nothing to roll back.
pub(super) fn is_idle(error: &DriverError) -> bool {
    error.to_string().contains("no transaction is active")
}

/// Whether the connection's thread is gone.
pub(super) fn is_broken(error: &DriverError) -> bool {
    error.to_string().contains(CRASHED)
}

/// What the driver says when a connection's thread is gone.
const CRASHED: &str = "WorkerCrashed";

/// What may be over when one tries again.
const PASSING: [&str; 12] = [
    "is locked",
    "database or disk is full",
    "disk I/O error",
    "attempt to write a readonly database",
    "unable to open database file",
    "out of memory",
    "interrupted",
    "locking protocol",
    "get_timeout",
    "check_timeout",
    CRASHED,
    super::pool::CLOSED,
];

/// The name of a file as the driver takes it: absolute, so that it is never read as a URI, and without symbolic links.
///
/// # Errors
/// [`DbError::Other`] when it is not UTF-8, has no folder, or means a database in memory, which every connection would
/// have its own of.
pub(super) fn file(path: &Path) -> Result<PathBuf, DbError> {
    let refuse = |why: &str| DbError::Other(format!("{}: {why}", path.display()));
    if path.as_os_str().is_empty() || path == Path::new(":memory:") {
        return Err(DbError::Other("a database needs a file: every connection would see another one".into()));
    }
    let file = place(path).map_err(|cause| refuse(&cause.to_string()))?;
    if file.to_str().is_none() { Err(refuse("the name of the file is not UTF-8")) } else { Ok(file) }
}
