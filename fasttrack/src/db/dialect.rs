//! Which database it is.

/// Which database it is: how its SQL is written, and how it is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// `SQLite`, embedded.
    Sqlite,
    /// `PostgreSQL`.
    Postgres,
}
