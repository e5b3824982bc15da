//! Who serves a database file: one server of all processes, and of all in this one.

use std::{
    collections::BTreeSet,
    fs::{self, File, TryLockError},
    io,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::{Instant, sleep};

use super::StartError;
use crate::db::{DatabaseUrl, DbError, place, private_file};

/// The files that this process has a lock on.
static HELD: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

/// Keeps other servers from a database for as long as it lives. To be taken before the database is opened and given up
/// after it is closed: to close any handle of a file gives up the locks that `SQLite` has on it
/// (<https://sqlite.org/howtocorrupt.html>, 2.2).
#[derive(Debug)]
pub(crate) struct Lock {
    path: PathBuf,
    _file: File,
}

/// Takes the lock; a database that is not there is made.
///
/// # Errors
/// [`StartError::Taken`] when another server has it, in this process or in another one.
pub(crate) fn lock(database: &Path) -> Result<Lock, StartError> {
    let mut held = held();
    // One that this process has open must not even be opened here, since it would be closed again.
    if fs::canonicalize(database).is_ok_and(|path| held.contains(&path)) {
        return Err(StartError::Taken(database.to_owned()));
    }
    let refuse = |cause: io::Error| DbError::Other(format!("{}: {cause}", database.display()));
    // To open a pipe would be to wait for whoever is at its other end.
    place(database).map_err(|cause| StartError::Database(refuse(cause)))?;
    let file = File::open(database).or_else(|cause| match cause.kind() {
        io::ErrorKind::NotFound => private_file().read(true).append(true).create(true).open(database),
        _ => Err(cause),
    });
    let file = file.map_err(|cause| StartError::Database(refuse(cause)))?;
    match file.try_lock() {
        Ok(()) => {
            let path = fs::canonicalize(database)?;
            held.insert(path.clone());
            Ok(Lock { path, _file: file })
        }
        Err(TryLockError::WouldBlock) => Err(StartError::Taken(database.to_owned())),
        Err(TryLockError::Error(error)) => Err(error.into()),
    }
}

/// Whether a server has the database now, where it is a file that one alone can have. To be asked before this process
/// opens it, for the reason that [`lock`] has.
pub(crate) fn is_served(database: &DatabaseUrl) -> bool {
    // Who only asks makes no file.
    database.file().is_some_and(|file| file.exists() && matches!(lock(file), Err(StartError::Taken(_))))
}

/// The lock for a server, which waits for no other server; but a command that asks [`is_served`] has it for an instant.
/// Any number of servers may have a database that is no file.
///
/// # Errors
/// As [`lock`].
pub(super) async fn lock_for_a_server(database: &DatabaseUrl) -> Result<Option<Lock>, StartError> {
    let Some(file) = database.file() else { return Ok(None) };
    match lock(file) {
        Err(StartError::Taken(_)) => {
            sleep(Duration::from_millis(50)).await;
            lock(file).map(Some)
        }
        locked => locked.map(Some),
    }
}

/// How long a command waits for another one that changes the schema.
const LOCK_WAIT: Duration = Duration::from_secs(3);

/// The same for a command, which may meet another one that is done in a moment.
///
/// # Errors
/// As [`lock`].
pub(super) async fn lock_patiently(database: &Path) -> Result<Lock, StartError> {
    let deadline = Instant::now() + LOCK_WAIT;
    loop {
        match lock(database) {
            Err(StartError::Taken(_)) if Instant::now() < deadline => sleep(Duration::from_millis(50)).await,
            locked => return locked,
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        held().remove(&self.path);
    }
}

fn held() -> MutexGuard<'static, BTreeSet<PathBuf>> {
    HELD.lock().unwrap_or_else(PoisonError::into_inner)
}
