//! What every database does, as its users see it: each case runs on each of them.
//!
//! `SQLite` on a file of its own; `PostgreSQL` where `TEST_DATABASE_URL` names a server.

mod reads;
mod snapshots;
mod units;
mod waits;

use super::{Arg, Cell, Db, DbError, DbOptions, Dialect, Row, Statement, postgres, sqlite};
use crate::error::Error;

/// A database with the tables `parent(id)` and `item(id, name UNIQUE, parent_id, size >= 0)`, that goes away with it.
enum Bench {
    Sqlite(sqlite::tests::Bench),
    Postgres(postgres::tests::Bench),
}

impl std::ops::Deref for Bench {
    type Target = Db;

    fn deref(&self) -> &Db {
        match self {
            Self::Sqlite(bench) => bench,
            Self::Postgres(bench) => bench,
        }
    }
}

/// One of each kind.
async fn benches(options: DbOptions) -> Vec<Bench> {
    let sqlite = Bench::Sqlite(sqlite::tests::bench(options.clone()).await);
    let postgres = postgres::tests::bench(options).await.map(Bench::Postgres);
    [sqlite].into_iter().chain(postgres).collect()
}

impl Bench {
    /// What is said differently.
    fn choose<T>(&self, sqlite: T, postgres: T) -> T {
        match self.dialect() {
            Dialect::Sqlite => sqlite,
            Dialect::Postgres => postgres,
        }
    }

    /// Counts that far: for ever, unless it is stopped or the number is small.
    fn counting(&self, rows: i64) -> Statement {
        let sqlite =
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $1) SELECT count(*) FROM n";
        let postgres = "SELECT count(*) FROM generate_series(1, $1::bigint)";
        Statement::new(self.choose(sqlite, postgres), vec![Arg::Int(rows)])
    }

    /// The names of all items, in order.
    async fn names(&self) -> Vec<String> {
        let name = self.choose("CAST(name AS BLOB)", "name");
        let rows = self.read(sql(&format!("SELECT {name} FROM item ORDER BY name"))).await.unwrap();
        rows.iter().map(|row| row.text(0).unwrap().to_owned()).collect()
    }

    /// Inserts an item of this name.
    async fn add(&self, name: &'static str) -> Result<(), Error> {
        self.write(move |tx| Box::pin(async move { Ok(tx.query(insert(name)).await.map(drop)?) })).await
    }
}

fn sql(text: &str) -> Statement {
    Statement::new(text, Vec::new())
}

fn text(value: &str) -> Arg {
    Arg::Text(value.into())
}

fn insert(name: &str) -> Statement {
    Statement::new("INSERT INTO item (name) VALUES ($1)", vec![text(name)])
}
