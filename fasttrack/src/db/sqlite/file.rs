//! The file of a database, before it is opened: where it is, and whether it is one of ours.

use std::{
    fs::File,
    io::Read,
    path::{Path, PathBuf},
};

use rbdc::db::Connection;

use super::{
    super::{Arg, DbError, Statement},
    connect,
    connection::SingleConnection,
    error,
    place::place,
    statement,
};

/// What every database file begins with.
const MAGIC: &[u8; 16] = b"SQLite format 3\0";

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
    let opened = SingleConnection::open(&connect::visitor(path)).await;
    let mut connection = opened.map_err(|error| error::meaning(&error))?;
    let sql = "SELECT count(*) = 0 OR sum(name = $1) > 0 FROM sqlite_schema WHERE type = 'table'";
    let rows = statement::run(&mut connection, Statement::new(sql, vec![Arg::Text(marker.into())])).await;
    // What was read counts; a file that cannot be closed well will say so again when it is opened.
    connection.close().await.ok();
    Ok(rows?.first().and_then(|row| row.int(0)) == Some(1))
}

/// The name of a file as the driver takes it: absolute, so that it is never read as a URI, and without symbolic links.
///
/// # Errors
/// [`DbError::Other`] when it is not UTF-8, has no folder, or means a database in memory, which every connection would
/// have its own of.
pub(super) fn name(path: &Path) -> Result<PathBuf, DbError> {
    let refuse = |why: &str| DbError::Other(format!("{}: {why}", path.display()));
    if path.as_os_str().is_empty() || path == Path::new(":memory:") {
        return Err(DbError::Other("a database needs a file: every connection would see another one".into()));
    }
    let file = place(path).map_err(|cause| refuse(&cause.to_string()))?;
    if file.to_str().is_none() { Err(refuse("the name of the file is not UTF-8")) } else { Ok(file) }
}
