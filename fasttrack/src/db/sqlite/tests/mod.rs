//! The database as its users see it, on files of its own.

mod capture;
mod group;
mod open;
mod readers;
mod short;
mod values;

use std::{path::PathBuf, time::Duration};

use futures_util::future::BoxFuture;
use tempfile::TempDir;

use crate::{
    db::{Arg, Cell, Db, DbError, DbOptions, Row, RowPlan, Statement, Tx},
    error::Error,
};

/// A database in a directory that goes away with it.
pub(in crate::db) struct Bench {
    db: Db,
    directory: TempDir,
}

impl std::ops::Deref for Bench {
    type Target = Db;

    fn deref(&self) -> &Db {
        &self.db
    }
}

/// A database with the tables `parent(id)` and `item(id, name UNIQUE, parent_id, size >= 0)`.
pub(in crate::db) async fn bench(options: DbOptions) -> Bench {
    let (directory, path) = place();
    let db = Db::open(&path, options).await.unwrap();
    let schema = "CREATE TABLE parent (id INTEGER PRIMARY KEY AUTOINCREMENT);
         CREATE TABLE item (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE,
             parent_id INTEGER REFERENCES parent (id), size INTEGER CHECK (size >= 0));
         INSERT INTO parent (id) VALUES (1)";
    execute(&db, schema).await.unwrap();
    Bench { db, directory }
}

fn place() -> (TempDir, PathBuf) {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("test.db");
    (directory, path)
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

/// Kills the driver's thread behind the connection it runs on: a placeholder that counts from nothing, hidden in what
/// only our own reading of the text takes for a literal.
fn deadly() -> Statement {
    Statement::new("SELECT 1 AS `'`, $0 AS `'`", vec![Arg::Int(1)])
}

async fn execute(db: &Db, statements: &'static str) -> Result<Vec<Row>, Error> {
    db.write(move |tx| Box::pin(async move { Ok(tx.query(sql(statements)).await?) })).await
}

/// Reads for ever, unless it is stopped.
fn endless() -> Statement {
    sql("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n")
}

/// Writes for ever, unless it is stopped.
fn endless_write() -> Statement {
    sql("WITH RECURSIVE n(i) AS (SELECT 'ghost' UNION ALL SELECT i FROM n)
         INSERT INTO item (name) SELECT i FROM n WHERE TRUE ON CONFLICT DO NOTHING")
}

/// Inserts an item of this name.
async fn write(db: &Db, name: String) -> Result<(), Error> {
    db.write(move |tx| Box::pin(async move { Ok(tx.query(insert(&name)).await.map(drop)?) })).await
}

/// The names of all items, in order.
async fn names(db: &Db) -> Vec<String> {
    let rows = db.read(sql("SELECT CAST(name AS BLOB) FROM item ORDER BY name")).await.unwrap();
    rows.iter().map(|row| row.text(0).unwrap().to_owned()).collect()
}

/// Inserts items in one statement, and answers their names.
struct Items;

impl RowPlan for Items {
    fn insert<'a>(
        &'a self,
        tx: &'a mut Tx,
        rows: &'a [Vec<Arg>],
    ) -> BoxFuture<'a, Result<Vec<Option<Vec<u8>>>, DbError>> {
        Box::pin(async move {
            let places: Vec<String> = (1..=rows.len()).map(|number| format!("(${number})")).collect();
            let text = format!("INSERT INTO item (name) VALUES {} RETURNING CAST(name AS BLOB)", places.join(", "));
            let rows = tx.query(Statement::new(text, rows.concat())).await?;
            Ok(rows.into_iter().map(|mut row| row.take_bytes(0)).collect())
        })
    }
}
