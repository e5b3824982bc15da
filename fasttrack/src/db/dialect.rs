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

impl Dialect {
    /// Every one of them.
    pub const ALL: [Self; 2] = [Self::Sqlite, Self::Postgres];

    /// What it is called where programs read it: in names of folders.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
        }
    }
}
