//! Migrations as data, and on databases with rows in them.

mod decimals;
mod declared;
mod definitions;
mod difference;
mod draughtsman;
mod figures;
mod kept;
mod kill;
mod lists;
mod lossless;
mod names;
mod older;
mod pairs;
mod postgres;
mod random;
mod searches;

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
    db::{DatabaseUrl, Db, DbOptions, Dialect, ScratchDatabase, Statement},
    error::Error,
    schema::OnDelete,
    sql::{
        CheckDefinition, ColumnDefinition, ExclusionDefinition, ForeignKey, Holds, IndexDefinition, TableDefinition,
        quote,
    },
};

const DIALECT: Dialect = Dialect::Sqlite;
const DRAFT: Draft<'_> = Draft { dialect: DIALECT, version: 1, name: "test", rights: &[] };

/// A database that goes away with it.
struct Bench {
    db: Db,
    _place: Place,
}

/// Where a database is.
#[expect(dead_code, reason = "it is held on to, not read")]
enum Place {
    Directory(TempDir),
    Server(ScratchDatabase),
}

impl Bench {
    /// A database of each kind that holds a schema, without rows. On a server there is one where `TEST_DATABASE_URL` names
    /// one; else it is said that it was left out.
    async fn on(dialect: Dialect, schema: &Snapshot) -> Option<Self> {
        if dialect == Dialect::Sqlite {
            return Some(Self::holding(schema).await);
        }
        let Some(database) = ScratchDatabase::on_the_server().unwrap() else {
            eprintln!("left out: {} names no PostgreSQL server", ScratchDatabase::SERVER);
            return None;
        };
        let url = DatabaseUrl::Postgres(database.url().parse().unwrap());
        let db = Db::connect(&url, DbOptions { pool: 2, ..DbOptions::default() }).await.unwrap();
        run::make_own_tables(&db).await.unwrap();
        let bench = Self { db, _place: Place::Server(database) };
        bench.go(&Snapshot::default(), schema, &Renames::default(), Direction::Up).await.unwrap();
        Some(bench)
    }

    /// A database that holds a schema, without rows.
    async fn holding(schema: &Snapshot) -> Self {
        let directory = TempDir::new().unwrap();
        let options = DbOptions { readers: 1, ..DbOptions::default() };
        let db = Db::open(&directory.path().join("t.db"), options).await.unwrap();
        run::make_own_tables(&db).await.unwrap();
        let bench = Self { db, _place: Place::Directory(directory) };
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
        let draft = Draft { dialect: self.db.dialect(), ..DRAFT };
        let composed = match direction {
            Direction::Up => draft.between(from, to, renames),
            Direction::Down => draft.between(to, from, &renames.inverse()),
        };
        let Some(Composed { migration, .. }) = composed else { return Ok(()) };
        let text = if direction == Direction::Up { &migration.up } else { &migration.down };
        let step = Step {
            title: migration.title(),
            blocks: script::read(self.db.dialect(), text).unwrap(),
            from: from.clone(),
            leaves: to.clone(),
            beside: Surplus::default(),
            record: Record::Nothing,
        };
        run::carry_out(&self.db, step, None, Arc::new(|_, _, _| {})).await.map(drop)
    }

    async fn execute(&self, sql: &str) {
        self.try_execute(sql).await.unwrap_or_else(|error| panic!("{error}: {sql}"));
    }

    async fn try_execute(&self, sql: &str) -> Result<(), Error> {
        let statement = Statement::new(sql, Vec::new());
        self.db.write(move |tx| Box::pin(async move { Ok(tx.query(statement).await.map(drop)?) })).await
    }

    /// What is said differently.
    fn choose<T>(&self, sqlite: T, postgres: T) -> T {
        if self.db.dialect() == Dialect::Sqlite { sqlite } else { postgres }
    }

    /// The values of these expressions, row by row.
    async fn values(&self, table: &str, expressions: &[String]) -> Vec<String> {
        let quoted = |expression: &String| {
            self.choose(format!("quote({expression})"), format!("quote_nullable(({expression})::text)"))
        };
        let quoted: Vec<_> = expressions.iter().map(quoted).collect();
        let row = if quoted.is_empty() { "''".to_owned() } else { quoted.join(" || ',' || ") };
        let kind = self.choose("BLOB", "text");
        let sql = format!("SELECT CAST({row} AS {kind}) FROM {} ORDER BY 1", quote(table));
        let rows = self.db.read(Statement::new(sql, Vec::new())).await.unwrap();
        rows.iter().map(|row| row.text(0).unwrap_or_default().to_owned()).collect()
    }

    /// The counter of ids of a table.
    async fn sequence(&self, table: &str) -> Option<i64> {
        let sql = self.choose(
            format!("SELECT seq FROM sqlite_sequence WHERE name = '{table}'"),
            format!("SELECT last_value FROM pg_sequences WHERE sequencename = '{table}_id_seq'"),
        );
        self.db.read(Statement::new(sql, Vec::new())).await.unwrap().first().and_then(|row| row.int(0))
    }

    /// Everything there is, schema and rows.
    async fn dump(&self) -> Vec<String> {
        let inspected = Inspected::read(&self.db).await.unwrap();
        let mut lines = Vec::new();
        for (name, object) in &inspected.objects {
            lines.push(format!("{name}: {}", object.sql));
            // An index of words holds none of its own.
            let has_rows = name != "fasttrack_migrations" && !name.starts_with("fasttrack_search_");
            if object.kind == "table" && has_rows {
                let sql = self.choose(
                    format!("SELECT CAST(name AS BLOB) FROM pragma_table_info('{name}')"),
                    format!(
                        "SELECT attname FROM pg_attribute WHERE attrelid = '{name}'::regclass AND attnum > 0 \
                             AND NOT attisdropped ORDER BY attnum"
                    ),
                );
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
        scale: 0,
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

fn decimal(name: &str, scale: u8) -> ColumnDefinition {
    ColumnDefinition { scale, ..column(name, Holds::Decimal) }
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
    TableDefinition {
        name: name.to_owned(),
        columns,
        indexes: Vec::new(),
        checks: Vec::new(),
        exclusions: Vec::new(),
        figures: Vec::new(),
        search: None,
    }
}

fn index(table: &mut TableDefinition, key: &str, unique: bool) {
    let kind = if unique { "unique" } else { "index" };
    let name = format!("{}_{key}_{kind}", table.name);
    table.indexes.push(IndexDefinition { name, unique, inverted: false, keys: vec![quote(key)], only: None });
}

fn schema(tables: &[TableDefinition]) -> Snapshot {
    Snapshot { tables: tables.to_vec() }
}

fn run_async(test: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap().block_on(test);
}
