//! Files that nobody but their owner may read or write, from their making on: a database holds what its rules keep from
//! others. `SQLite` gives what it keeps beside a database (the log, its index, a journal) the mode of the database.
//!
//! What is there already stays as it is: whoever opened it to others may have meant that.

use std::{
    fs::{self, File, OpenOptions},
    io,
    path::{Path, PathBuf},
};

/// How to open a file so that it is its owner's alone, should it be made.
pub(crate) fn private_file() -> OpenOptions {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Makes an empty file.
///
/// # Errors
/// What the system says, also when there is one of this name.
pub(super) fn make_new(path: &Path) -> io::Result<File> {
    private_file().write(true).create_new(true).open(path)
}

/// Makes an empty file where there is none.
///
/// # Errors
/// What the system says.
pub(super) fn make(path: &Path) -> io::Result<()> {
    private_file().append(true).create(true).open(path).map(drop)
}

/// What `SQLite` keeps beside a database.
const BESIDE: [&str; 3] = ["-wal", "-shm", "-journal"];

/// The files of a database that others than its owner may read, or write to, as far as the system tells. What lies beside
/// it may have a mode of its own, if a server has left it and the mode of the database was another one then.
pub(crate) fn open_to_others(path: &Path) -> Vec<PathBuf> {
    let beside = BESIDE.into_iter().map(|ending| {
        let mut name = path.as_os_str().to_owned();
        name.push(ending);
        PathBuf::from(name)
    });
    std::iter::once(path.to_owned()).chain(beside).filter(|file| is_open_to_others(file)).collect()
}

#[cfg(unix)]
fn is_open_to_others(path: &Path) -> bool {
    let mode = |metadata: fs::Metadata| std::os::unix::fs::PermissionsExt::mode(&metadata.permissions());
    fs::metadata(path).is_ok_and(|metadata| mode(metadata) & 0o077 != 0)
}

#[cfg(not(unix))]
fn is_open_to_others(_path: &Path) -> bool {
    false
}
