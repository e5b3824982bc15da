//! `fasttrack backup FILE`: a consistent copy of the database, also of one that is being served.
//!
//! The copy is written beside FILE, looked through, and given its name last: a file of that name is always a whole one.

use std::{
    fs, io,
    io::Write as _,
    path::{Path, PathBuf},
    time::Duration,
};

use indicatif::{ProgressBar, ProgressStyle};
use tokio::time::{MissedTickBehavior, interval};

use super::absent::Absent;
use crate::{
    config::Config,
    db::{self, DatabaseUrl, Db, DbError, DbOptions},
    migrate,
};

/// Why there is no copy.
#[derive(Debug, thiserror::Error)]
pub(super) enum BackupError {
    /// The database is not a file.
    #[error(
        "a PostgreSQL database is copied by its own tool, also while it is served: \
         `pg_dump --format=custom --no-owner --file='{}' '{url}'` (the password is asked for, or taken from PGPASSWORD; \
         `pg_restore` reads the copy)", .file.display()
    )]
    Server {
        /// Where it is, without the password.
        url: String,
        /// The file that was asked for.
        file: PathBuf,
    },
    /// There is nothing to copy.
    #[error(transparent)]
    Absent(#[from] Absent),
    /// The copy would replace the database.
    #[error("{} is the database itself; name another file", .0.display())]
    Itself(PathBuf),
    /// The copy would be taken for something that belongs to the database.
    #[error("{} is a name that the database has for a file of its own; name another file", .0.display())]
    Companion(PathBuf),
    /// The copy would replace something.
    #[error("{} is there already; name another file, or move that one away", .0.display())]
    Exists(PathBuf),
    /// The copy cannot be written.
    #[error("{} cannot be written: {cause}", .path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why not.
        cause: io::Error,
    },
    /// The database cannot be read, or the copy cannot be made.
    #[error("the database cannot be copied: {0}; look after the disk, and after the database")]
    Database(#[from] DbError),
    /// The copy is no good.
    #[error("the copy is damaged and was removed: {0}; look after the disk, and after the database")]
    Damaged(String),
}

/// Copies the database, and says on standard output what was written.
pub(super) async fn run(config: &Config, file: &Path) -> Result<(), BackupError> {
    let source = match &config.database {
        DatabaseUrl::Sqlite(source) => source,
        DatabaseUrl::Postgres(url) => {
            let (url, file) = (url.to_string(), file.to_owned());
            return Err(BackupError::Server { url, file });
        }
    };
    check(source, file)?;
    let part = part_of(file);
    let copied = copy(source, &part, file).await;
    let named = match copied {
        Ok(()) => name(&part, file),
        Err(error) => Err(error),
    };
    if named.is_err() {
        // What failed is told; that its remains could not be removed either would add nothing.
        let _ = fs::remove_file(&part);
    }
    let bytes = named?;
    let _ = writeln!(io::stdout(), "copied {} to {} ({bytes} bytes)", source.display(), file.display());
    Ok(())
}

fn check(source: &Path, file: &Path) -> Result<(), BackupError> {
    let real = source.canonicalize().map_err(|_| Absent::Database(source.to_owned()))?;
    match file.canonicalize() {
        Ok(other) if other == real => Err(BackupError::Itself(file.to_owned())),
        Ok(_) => Err(BackupError::Exists(file.to_owned())),
        // A link that leads nowhere is something all the same.
        Err(_) if file.symlink_metadata().is_ok() => Err(BackupError::Exists(file.to_owned())),
        Err(_) if is_companion(source, &real, file) => Err(BackupError::Companion(file.to_owned())),
        Err(_) => Ok(()),
    }
}

/// What the names of the files end with that `SQLite` and the server keep beside a database.
const COMPANIONS: [&str; 4] = ["-journal", "-wal", "-shm", ".key"];

/// Whether the database, by the name that it has or the one that it was given, has a file of this name beside it.
fn is_companion(source: &Path, real: &Path, file: &Path) -> bool {
    let placed = |path: &Path| {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        Some(folder.canonicalize().ok()?.join(path.file_name()?))
    };
    let Some(target) = placed(file) else { return false };
    let names = [Some(real.to_owned()), placed(source)];
    names.into_iter().flatten().any(|name| {
        COMPANIONS.iter().any(|ending| {
            let mut companion = name.clone().into_os_string();
            companion.push(ending);
            target.as_os_str() == companion
        })
    })
}

/// The name that the copy has until it is whole.
fn part_of(file: &Path) -> PathBuf {
    let mut name = file.file_name().unwrap_or_default().to_owned();
    name.push(format!(".part-{}", std::process::id()));
    file.with_file_name(name)
}

async fn copy(source: &Path, part: &Path, file: &Path) -> Result<(), BackupError> {
    // What SQLite says of a folder that is not there, or not writable, is of no help.
    db::private_file()
        .write(true)
        .create_new(true)
        .open(part)
        .and_then(|_| fs::remove_file(part))
        .map_err(|cause| BackupError::Write { path: file.to_owned(), cause })?;
    let db = Db::open(source, options()).await?;
    let size = fs::metadata(source).map_or(0, |file| file.len());
    let copied = with_progress(size, part, db.copy_to(part)).await;
    db.close().await;
    copied?;
    look_through(part).await
}

/// Opens the copy as a server would, and looks for damage.
async fn look_through(part: &Path) -> Result<(), BackupError> {
    let copy = Db::open(part, options()).await.map_err(|error| BackupError::Damaged(error.to_string()))?;
    let found = copy.find_damage().await;
    copy.close().await;
    match found? {
        None => Ok(()),
        Some(damage) => Err(BackupError::Damaged(damage)),
    }
}

fn options() -> DbOptions {
    DbOptions { readers: 1, marker: Some(migrate::MARKER.to_owned()), ..DbOptions::default() }
}

/// Shows how much has been written, where standard error is a terminal. A copy has no holes, so that it may end before
/// the bar does.
async fn with_progress<T>(size: u64, part: &Path, work: impl Future<Output = T>) -> T {
    let bar = ProgressBar::new(size);
    if let Ok(style) = ProgressStyle::with_template("{bar:40} {bytes} of at most {total_bytes}, {eta} left") {
        bar.set_style(style);
    }
    let mut ticks = interval(Duration::from_millis(100));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    tokio::pin!(work);
    let done = loop {
        tokio::select! {
            done = &mut work => break done,
            _ = ticks.tick() => bar.set_position(fs::metadata(part).map_or(0, |file| file.len())),
        }
    };
    bar.finish_and_clear();
    done
}

/// Makes sure of the copy on the disk, and gives it its name. Returns its length in bytes.
fn name(part: &Path, file: &Path) -> Result<u64, BackupError> {
    let write = |cause| BackupError::Write { path: file.to_owned(), cause };
    let copy = fs::File::open(part).map_err(write)?;
    copy.sync_all().map_err(write)?;
    let bytes = copy.metadata().map_err(write)?.len();
    if file.symlink_metadata().is_ok() {
        return Err(BackupError::Exists(file.to_owned()));
    }
    fs::rename(part, file).map_err(write)?;
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::File::open(folder).and_then(|folder| folder.sync_all()).map_err(write)?;
    Ok(bytes)
}
