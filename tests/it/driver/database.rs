//! Which database the tests are run on: a `SQLite` file each, or a database each on the server that `TEST_DATABASE_URL`
//! names.

use fasttrack::db::{Dialect, ScratchDatabase};

/// What all of these tests are run on.
pub(crate) fn dialect() -> Dialect {
    if std::env::var_os(ScratchDatabase::SERVER).is_some() { Dialect::Postgres } else { Dialect::Sqlite }
}

/// SQL of a test as that database takes it. It is written for `SQLite`: text is selected as a BLOB.
pub(crate) fn adapted(sql: &str) -> String {
    match dialect() {
        Dialect::Sqlite => sql.to_owned(),
        Dialect::Postgres => sql.replace(" AS BLOB)", " AS text)"),
    }
}

/// Leaves a test out on a server, since it is about what a file alone has, and says so.
macro_rules! sqlite_only {
    ($why:literal) => {
        if $crate::driver::dialect() != ::fasttrack::db::Dialect::Sqlite {
            eprintln!("left out on PostgreSQL: {}", $why);
            return;
        }
    };
}

/// Leaves a test out where there is no server, since it is about what only one has, and says so.
macro_rules! server_only {
    ($why:literal) => {
        if $crate::driver::dialect() == ::fasttrack::db::Dialect::Sqlite {
            eprintln!("left out without TEST_DATABASE_URL: {}", $why);
            return;
        }
    };
}

pub(crate) use server_only;
pub(crate) use sqlite_only;
