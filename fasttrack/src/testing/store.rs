//! The database that a test has for itself: an empty one, gone with the test.
//!
//! The one place that knows what kind of database that is; the rest of the kit has its `DATABASE_URL`.

use std::{fmt, io};

use tempfile::TempDir;

/// A database of a test's own, for as long as it lives.
pub(super) struct Store {
    folder: TempDir,
}

impl Store {
    /// A new one: a `SQLite` file in a temporary folder.
    ///
    /// # Errors
    /// When there is no place for it.
    pub(super) fn new() -> io::Result<Self> {
        Ok(Self { folder: tempfile::Builder::new().prefix("fasttrack-test-").tempdir()? })
    }

    /// What `DATABASE_URL` calls it.
    pub(super) fn url(&self) -> String {
        format!("sqlite://{}", self.folder.path().join("test.db").display())
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Store").field(&self.url()).finish()
    }
}
