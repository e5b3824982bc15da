//! Where a database is.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use super::{Dialect, postgres::PostgresUrl};

/// Where a database is, and with that which one it is. `Display` shows it without the password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DatabaseUrl {
    /// A file of `SQLite`.
    Sqlite(PathBuf),
    /// A server of `PostgreSQL`.
    Postgres(PostgresUrl),
}

impl DatabaseUrl {
    /// Which database it is.
    #[must_use]
    pub const fn dialect(&self) -> Dialect {
        match self {
            Self::Sqlite(_) => Dialect::Sqlite,
            Self::Postgres(_) => Dialect::Postgres,
        }
    }

    /// Its file, where it is one.
    #[must_use]
    pub fn file(&self) -> Option<&Path> {
        match self {
            Self::Sqlite(path) => Some(path),
            Self::Postgres(_) => None,
        }
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(formatter, "sqlite://{}", path.display()),
            Self::Postgres(url) => url.fmt(formatter),
        }
    }
}
