//! Which database it is.

/// Which database it is: how its SQL is written, and how it is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// `SQLite`, embedded.
    Sqlite,
    /// `PostgreSQL`.
    Postgres,
}

impl Dialect {
    /// Most arguments that a statement may have.
    #[must_use]
    pub const fn max_args(self) -> usize {
        match self {
            Self::Sqlite => 32_766,
            Self::Postgres => 65_535,
        }
    }
}
