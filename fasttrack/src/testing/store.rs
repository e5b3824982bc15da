//! The database that a test has for itself: an empty one, gone with the test.
//!
//! The one place that knows what kind of database that is; the rest of the kit has its `DATABASE_URL`.

use std::{fmt, io};

use tempfile::TempDir;

use crate::db::ScratchDatabase;

/// A database of a test's own, and a place for files, for as long as it lives.
#[derive(Debug)]
pub(super) struct Store {
    database: Database,
    files: TempDir,
}

enum Database {
    /// A `SQLite` file in a temporary folder.
    File(TempDir),
    /// A database on the server that `TEST_DATABASE_URL` names.
    Server(ScratchDatabase),
}

impl Store {
    /// A new one: on the server that `TEST_DATABASE_URL` names, or else a `SQLite` file.
    ///
    /// # Errors
    /// When there is no place for it.
    pub(super) fn new() -> io::Result<Self> {
        let folder = || tempfile::Builder::new().prefix("fasttrack-test-").tempdir();
        let database = match ScratchDatabase::on_the_server()? {
            Some(database) => Database::Server(database),
            None => Database::File(folder()?),
        };
        Ok(Self { database, files: folder()? })
    }

    /// What `DATABASE_URL` calls it.
    pub(super) fn url(&self) -> String {
        match &self.database {
            Database::File(folder) => format!("sqlite://{}", folder.path().join("test.db").display()),
            Database::Server(database) => database.url().to_owned(),
        }
    }

    /// What `FILES` calls the place for files.
    pub(super) fn files(&self) -> String {
        format!("file://{}", self.files.path().display())
    }
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(folder) => f.debug_tuple("File").field(&folder.path()).finish(),
            Self::Server(database) => f.debug_tuple("Server").field(database).finish(),
        }
    }
}
