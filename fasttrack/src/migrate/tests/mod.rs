//! Migrations as data, and on databases with rows in them.

mod declared;
mod difference;
mod kill;
mod lossless;
mod names;
mod older;
mod random;

use std::sync::Arc;

use tempfile::TempDir;

use super::{
    Direction, MigrateError, Snapshot,
    compose::{Composed, Draft},
    introspect::Inspected,
    run::{self, Record, Step},
    script,
    snapshot::Renames,
    surplus::Surplus,
};
use crate::{
    db::{Db, DbOptions, Dialect, Statement},
    schema::OnDelete,
    sql::{ColumnDefinition, ForeignKey, Holds, IndexDefinition, TableDefinition, quote},
};

const DIALECT: Dialect = Dialect::Sqlite;
const DRAFT: Draft<'_> = Draft { dialect: DIALECT, version: 1, name: "test" };

/// A database in a directory that goes away with it.
struct Bench {
    db: Db,
    _directory: TempDir,
}

impl Bench {
    /// A database that holds a schema, without rows.
    async fn holding(schema: &Snapshot) -> Self {
        let directory = TempDir::new().unwrap();
        let options = DbOptions { readers: 1, ..DbOptions::default() };
        let db = Db::open(&directory.path().join("t.db"), options).await.unwrap();
        run::make_own_tables(&db).await.unwrap();
        let bench = Self { db, _directory: directory };
        bench.go(&Snapshot::default(), schema, &Renames::default(), Direction::Up).await.unwrap();
        bench
    }

    /// Goes from one schema to another by the scripts that would be written.
    async fn go(
        &self,
        from: &Snapshot,
        to: &Snapshot,
        renames: &Renames,
        direction: Direction,
    ) -> Result<(), MigrateError> {
        let composed = match direction {
            Direction::Up => DRAFT.between(from, to, renames),
            Direction::Down => DRAFT.between(to, from, &renames.inverse()),
        };
        let Some(Composed { migration, .. }) = composed else { return Ok(()) };
        let text = if direction == Direction::Up { &migration.up } else { &migration.down };
        let step = Step {
            title: migration.title(),
            blocks: script::read(DIALECT, text).unwrap(),
            from: from.clone(),
            leaves: to.clone(),
            beside: Surplus::default(),
            record: Record::Nothing,
        };
        run::carry_out(&self.db, step, None, Arc::new(|_, _, _| {})).await.map(drop)
    }

    async fn execute(&self, sql: &str) {
        let statement = Statement::new(sql, Vec::new());
        let done = self.db.write(move |tx| Box::pin(async move { Ok(tx.query(statement).await?) })).await;
        done.unwrap_or_else(|error| panic!("{error}: {sql}"));
    }

    /// The values of these expressions, row by row.
    async fn values(&self, table: &str, expressions: &[String]) -> Vec<String> {
        let quoted: Vec<_> = expressions.iter().map(|expression| format!("quote({expression})")).collect();
        let row = if quoted.is_empty() { "''".to_owned() } else { quoted.join(" || ',' || ") };
        let sql = format!("SELECT CAST({row} AS BLOB) FROM {} ORDER BY 1", quote(table));
        let rows = self.db.read(Statement::new(sql, Vec::new())).await.unwrap();
        rows.iter().map(|row| row.text(0).unwrap_or_default().to_owned()).collect()
    }

    /// The counter of ids of a table.
    async fn sequence(&self, table: &str) -> Option<i64> {
        let sql = format!("SELECT seq FROM sqlite_sequence WHERE name = '{table}'");
        self.db.read(Statement::new(sql, Vec::new())).await.unwrap().first().and_then(|row| row.int(0))
    }

    /// Everything there is, schema and rows.
    async fn dump(&self) -> Vec<String> {
        let inspected = Inspected::read(&self.db).await.unwrap();
        let mut lines = Vec::new();
        for (name, object) in &inspected.objects {
            lines.push(format!("{name}: {}", object.sql));
            if object.kind == "table" && name != "fasttrack_migrations" {
                let sql = format!("SELECT name FROM pragma_table_info('{name}')");
                let sql = sql.replace("SELECT name", "SELECT CAST(name AS BLOB)");
                let columns = self.db.read(Statement::new(sql, Vec::new())).await.unwrap();
                let columns: Vec<_> = columns.iter().map(|row| quote(row.text(0).unwrap())).collect();
                lines.extend(self.values(name, &columns).await);
                lines.push(format!("{:?}", self.sequence(name).await));
            }
        }
        lines
    }
}

fn column(name: &str, holds: Holds) -> ColumnDefinition {
    ColumnDefinition {
        name: name.to_owned(),
        holds,
        choices: Vec::new(),
        nullable: false,
        default: None,
        references: None,
    }
}

fn nullable(column: ColumnDefinition) -> ColumnDefinition {
    ColumnDefinition { nullable: true, ..column }
}

fn with_default(column: ColumnDefinition, default: &str) -> ColumnDefinition {
    ColumnDefinition { default: Some(default.to_owned()), ..column }
}

fn choice(name: &str, words: &[&str]) -> ColumnDefinition {
    ColumnDefinition { choices: words.iter().map(|&word| word.to_owned()).collect(), ..column(name, Holds::Choice) }
}

fn relation(name: &str, table: &str, on_delete: OnDelete) -> ColumnDefinition {
    ColumnDefinition {
        references: Some(ForeignKey { table: table.to_owned(), on_delete }),
        ..column(name, Holds::Relation)
    }
}

/// A table with an id before these columns.
fn table(name: &str, columns: &[ColumnDefinition]) -> TableDefinition {
    let columns = std::iter::once(column("id", Holds::Id)).chain(columns.iter().cloned()).collect();
    TableDefinition { name: name.to_owned(), columns, indexes: Vec::new() }
}

fn index(table: &mut TableDefinition, key: &str, unique: bool) {
    let kind = if unique { "unique" } else { "index" };
    let name = format!("{}_{key}_{kind}", table.name);
    table.indexes.push(IndexDefinition { name, unique, keys: vec![quote(key)] });
}

fn schema(tables: &[TableDefinition]) -> Snapshot {
    Snapshot { tables: tables.to_vec() }
}

fn run_async(test: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap().block_on(test);
}
