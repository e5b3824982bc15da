//! From a file to a server that `TEST_DATABASE_URL` names: values of every kind, references in circles, and what cannot
//! go over.

use std::sync::Arc;

use tempfile::TempDir;

use super::*;
use crate::{
    auth,
    db::{Arg, Cell, DatabaseUrl, DbOptions, Dialect, Row, ScratchDatabase, Statement},
    migrate::{Migrator, Missing, Source},
    schema::{
        Column, CreatedAt, Date, Email, Figure, Has, Id, Kind, OnDelete, PasswordHash, Resources, Rule, Schema,
        Timestamp, UpdatedAt,
    },
    sql,
};

const fn relation(name: &'static str, key: &'static str, target: &'static str) -> Column {
    let column = Column::new::<Option<i64>>(name, key).on_delete(OnDelete::SetNull);
    Column { kind: Kind::Relation(target), ..column }
}

const fn of_kind(name: &'static str, kind: Kind) -> Column {
    Column { kind, ..Column::new::<Option<i64>>(name, name) }
}

static USER: Schema = Schema::new("user", "users").account().has(&[Has::new("things", "thing", "owner")]).columns(&[
    Column::new::<Id<()>>("id", "id"),
    Column::new::<Email>("email", "email"),
    Column::new::<PasswordHash>("password", "password"),
    of_kind("role", Kind::Choice(&["user", "admin"])),
    Column::new::<bool>("is_active", "is_active"),
    Column::new::<UpdatedAt>("updated_at", "updated_at"),
    relation("favourite", "favourite_id", "thing"),
    Column::new::<i64>("owned", "owned").figure(const { &Figure::count("things", Rule::Anyone) }),
]);

static THING: Schema = Schema::new("thing", "things").columns(&[
    Column::new::<Id<()>>("id", "id"),
    Column::new::<Option<String>>("order", "order"),
    of_kind("detail", Kind::Json),
    Column::new::<Option<f64>>("size", "size"),
    Column::new::<Option<i64>>("count", "count"),
    Column::new::<Option<bool>>("flag", "flag"),
    Column::new::<Option<Date>>("day", "day"),
    Column::new::<Option<Timestamp>>("at", "at"),
    Column::new::<CreatedAt>("created_at", "created_at"),
    relation("owner", "owner_id", "user"),
    relation("above", "above_id", "thing"),
]);

static SCHEMAS: &[&Schema] = &[&THING, &USER];

const ROWS: &str = r#"
INSERT INTO users (id, email, password, role, is_active, updated_at, favourite_id) VALUES
    (1, 'Ada@example.com', '$2b$', 'admin', 1, '2026-01-02T03:04:05.678901Z', 2),
    (7, 'bob@example.com', '$2b$', 'user', 0, '0001-01-01T00:00:00.000000Z', NULL);
INSERT INTO things (id, "order", detail, size, "count", flag, day, at, created_at, owner_id, above_id) VALUES
    (1, '{"a": [1, null]}', '{ "b": 1.0,  "a b": "\u0000 x" }', 0.30000000000000004, 9223372036854775807, 1,
        '9999-12-31', '9999-12-31T23:59:59.999999Z', '2026-01-02T03:04:05.000001Z', 7, 2),
    (2, 'null', 'null', -5e-324, -9223372036854775808, 0, '0001-01-01', '1969-12-31T23:59:59.999999Z',
        '2026-01-02T03:04:05.000000Z', 1, 1),
    (3, '''"\ 😀 ' || char(10, 13, 9, 1, 1114111), '[]', 1e308, 0, NULL, NULL, NULL, '2026-01-02T03:04:05.000000Z', 1, 3),
    (4, '', NULL, NULL, NULL, NULL, NULL, NULL, '2026-01-02T03:04:05.000000Z', NULL, NULL),
    (9, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '2026-01-02T03:04:05.000000Z', NULL, NULL);
DELETE FROM things WHERE id = 9;
INSERT INTO sessions (user_id, created_at, last_used_at, expires_at, pair, issued_at_s, issued_role, used)
    VALUES (1, '2026-01-02T03:04:05.000000Z', '2026-01-02T03:04:05.000000Z', '2036-01-02T03:04:05.000000Z', 'p', 5, 'admin', 1);
INSERT INTO outbox (account_id, number, type, resource, row_id, row_is_gone, data, actor_id, created_at) VALUES
    (1, 3, 't', 'thing', 1, 0, '{"a":1}', 1, '2026-01-02T03:04:05.000000Z'),
    (7, 1, 't', 'thing', 1, 1, '{"a":2}', NULL, '2026-01-02T03:04:05.000000Z');
UPDATE outbox_counters SET last = 12, pruned = 2 WHERE account_id = 7;
INSERT INTO outbox_jobs (id, name, resource, row_id, old, created_at, due_at, tries, error, is_dead) VALUES
    (5, 'j', 'thing', 1, '{"x":1}', '2026-01-02T03:04:05.000000Z', '2026-01-02T03:04:06.000000Z', 9, 'no', 1);
INSERT INTO outbox_due (id, name, row_id, value, due_at, is_fired) VALUES
    (3, 'd', 1, '2026-01-02T03:04:05.000001Z', '2026-01-02T03:04:06.000001Z', 1),
    (4, 'd', 1, '9999-12-31T23:59:59.999999Z', '2026-01-02T03:04:06.000002Z', 0);
INSERT INTO fasttrack_history (id, resource, row_id, at, actor_id, verb, changes) VALUES
    (6, 'things', 1, '2026-01-02T03:04:05.000001Z', 7, 'update', '{"x":{"old":0.1,"new":null}}');
INSERT INTO fasttrack_answers (id, account_id, "key", request, status, headers, body, created_at) VALUES
    (8, 7, 'k', 'r', 201, '[["etag","\"a\""]]', '{"id":1}', '2026-01-02T03:04:05.000001Z'),
    (9, 1, 'k', 's', 204, '[]', NULL, '2026-01-02T03:04:05.000002Z');
INSERT INTO fasttrack_links (id, account_id, purpose, digest, address, created_at, expires_at) VALUES
    (3, 7, 'reset', 'd', 'a@example.com', '2026-01-02T03:04:05.000001Z', '2026-01-02T03:34:05.000001Z'),
    (4, 1, 'verify', NULL, 'b@example.com', '2026-01-02T03:04:05.000002Z', '2026-01-03T03:04:05.000002Z');
INSERT INTO fasttrack_keys (id, account_id, name, digest, tag, reads_only, created_at) VALUES
    (5, 7, 'k', 'd', -9, 1, '2026-01-02T03:04:05.000001Z');
INSERT INTO fasttrack_totp (account_id, secret, is_on, last_step, created_at) VALUES
    (7, 's', 1, 5, '2026-01-02T03:04:05.000001Z');
INSERT INTO fasttrack_recovery (id, account_id, digest) VALUES (6, 7, 'd');
INSERT INTO fasttrack_identities (id, account_id, provider, issuer, subject, created_at, last_used_at) VALUES
    (8, 7, 'p', 'https://p.example', 's', '2026-01-02T03:04:05.000001Z', '2026-01-02T03:04:05.000002Z');
INSERT INTO fasttrack_webhooks (id, account_id, url, events, secret, is_active, created_at, updated_at) VALUES
    (4, 7, 'https://x.example', '["t"]', 's', 0, '2026-01-02T03:04:05.000001Z', '2026-01-02T03:04:05.000002Z');
INSERT INTO fasttrack_deliveries (id, webhook_id, message_id, event, data, created_at, due_at) VALUES
    (8, 4, 'msg_1', 't', '{"a":1}', '2026-01-02T03:04:05.000001Z', '2026-01-02T03:04:05.000001Z');
INSERT INTO outbox_timers (id, name) VALUES (2, 'at d');
"#;

/// A database in a file, and an empty one on a server.
struct Bench {
    from: Db,
    to: Db,
    catalog: Catalog,
    _directory: TempDir,
    _scratch: ScratchDatabase,
}

fn framework(dialect: Dialect) -> Vec<String> {
    auth::sessions::ddl(dialect, &USER)
        .into_iter()
        .chain(sql::outbox(dialect, &USER))
        .chain(sql::history(dialect, &USER, &[]))
        .chain(sql::answers(dialect, &USER))
        .collect()
}

impl Bench {
    /// `None`, and a word of it, where there is no server.
    async fn new() -> Option<Self> {
        let Some(scratch) = ScratchDatabase::on_the_server().unwrap() else {
            eprintln!("left out: {} names no PostgreSQL server", ScratchDatabase::SERVER);
            return None;
        };
        let directory = TempDir::new().unwrap();
        let from = Db::open(&directory.path().join("t.db"), DbOptions::default()).await.unwrap();
        let url = DatabaseUrl::Postgres(scratch.url().parse().unwrap());
        let to = Db::connect(&url, DbOptions { prepares: false, ..DbOptions::default() }).await.unwrap();
        let catalog = Catalog::link(&Resources::from(SCHEMAS)).unwrap();
        let bench = Self { from, to, catalog, _directory: directory, _scratch: scratch };
        bench.migrator(&bench.from).start(Missing::Make).await.unwrap();
        bench.execute(ROWS).await;
        Some(bench)
    }

    fn migrator<'a>(&'a self, db: &'a Db) -> Migrator<'a> {
        let source = Source::none(db.dialect(), std::path::Path::new(""));
        Migrator::new(db, &self.catalog, framework(db.dialect()), source).unwrap()
    }

    async fn transfer(&self) -> Result<Vec<Copied>, TransferError> {
        let foundation = self.migrator(&self.to).foundation()?;
        transfer(&self.from, &self.to, &self.catalog, foundation, Arc::new(|_, _, _| {})).await
    }

    /// Runs statements at the file, whatever they leave referred to.
    async fn execute(&self, statements: &'static str) {
        for statement in statements.split(";\n").filter(|statement| !statement.trim().is_empty()) {
            let statement = Statement::new(statement.trim_end().trim_end_matches(';'), Vec::new());
            let done = self.from.write_alone(move |tx| Box::pin(async move { Ok(tx.query(statement).await?) })).await;
            done.unwrap();
        }
    }

    async fn asked(&self, sql: &str) -> Vec<Row> {
        self.to.read(Statement::new(sql, Vec::new())).await.unwrap()
    }

    async fn number(&self, sql: &str) -> Option<i64> {
        self.asked(sql).await.first().and_then(|row| row.int(0))
    }

    /// How many tables the server has.
    async fn tables(&self) -> Option<i64> {
        self.number("SELECT count(*) FROM pg_class WHERE relnamespace = current_schema()::regnamespace").await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_value_keeps_its_meaning() {
    let Some(bench) = Bench::new().await else { return };
    let copied = bench.transfer().await.unwrap();
    let copied: Vec<_> = copied.iter().map(|copied| (copied.table.as_str(), copied.rows)).collect();
    let expected = [
        ("things", 4),
        ("users", 2),
        ("sessions", 1),
        ("outbox", 2),
        ("outbox_counters", 2),
        ("outbox_jobs", 1),
        ("outbox_due", 2),
        ("fasttrack_history", 1),
        ("fasttrack_answers", 2),
        ("fasttrack_links", 2),
        ("fasttrack_keys", 1),
        ("fasttrack_totp", 1),
        ("fasttrack_recovery", 1),
        ("fasttrack_identities", 1),
        ("fasttrack_webhooks", 1),
        ("fasttrack_deliveries", 1),
        ("outbox_timers", 1),
    ];
    assert_eq!(copied, expected);
    // What is kept of rows came over as it was, and is kept from then on.
    let owned = "SELECT owned FROM users ORDER BY id";
    let figures = |rows: &[Row]| rows.iter().map(|row| row.int(0)).collect::<Vec<_>>();
    assert_eq!(figures(&bench.asked(owned).await), [Some(2), Some(1)]);
    let more = Statement::new("INSERT INTO things (owner_id, created_at) VALUES (7, now()) RETURNING id", Vec::new());
    let added = bench.to.write_alone(move |tx| Box::pin(async move { Ok(tx.query(more).await?) })).await.unwrap();
    assert_eq!(figures(&bench.asked(owned).await), [Some(2), Some(2)]);
    let less = Statement::new("DELETE FROM things WHERE id = $1", vec![Arg::Int(added[0].int(0).unwrap())]);
    bench.to.write_alone(move |tx| Box::pin(async move { Ok(tx.query(less).await?) })).await.unwrap();

    let bytes = |text: &str| Cell::Bytes(text.into());
    let sql = r#"SELECT "order", detail::text, size, "count", flag, day::text, (at AT TIME ZONE 'UTC')::text, owner_id, above_id
                 FROM things ORDER BY id"#;
    let things = bench.asked(sql).await;
    let first = [
        bytes("{\"a\": [1, null]}"),
        bytes("{\"b\":1.0,\"a b\":\"\\u0000 x\"}"),
        Cell::Float(0.1 + 0.2),
        Cell::Int(i64::MAX),
        Cell::Int(1),
        bytes("9999-12-31"),
        bytes("9999-12-31 23:59:59.999999"),
        Cell::Int(7),
        Cell::Int(2),
    ];
    assert_eq!(things[0].0, first);
    let second = [bytes("null"), bytes("null"), Cell::Float(-5e-324), Cell::Int(i64::MIN), Cell::Int(0)];
    assert_eq!(things[1].0[..5], second);
    assert_eq!(things[2].0[0], bytes("'\"\\ 😀 \n\r\t\u{1}\u{10FFFF}"));
    assert_eq!(things[3].0[1..], vec![Cell::Null; 8]);

    let jobs = bench.asked("SELECT id, tries, is_dead, leased_until IS NULL FROM outbox_jobs").await;
    assert_eq!(jobs, [Row([5, 9, 1, 1].map(Cell::Int).to_vec())]);
    let counters = bench.asked("SELECT account_id, last, pruned FROM outbox_counters ORDER BY 1").await;
    assert_eq!(counters, [[1, 3, 0], [7, 12, 2]].map(|row| Row(row.map(Cell::Int).to_vec())));
}

#[tokio::test(flavor = "multi_thread")]
async fn ids_go_on_and_the_schema_is_as_declared() {
    let Some(bench) = Bench::new().await else { return };
    bench.transfer().await.unwrap();
    for (table, expected) in [
        ("things", 10),
        ("users", 8),
        ("sessions", 2),
        ("outbox_jobs", 6),
        ("outbox_due", 5),
        ("fasttrack_history", 7),
        ("fasttrack_answers", 10),
        ("fasttrack_links", 5),
        ("fasttrack_keys", 6),
        ("fasttrack_recovery", 7),
        ("fasttrack_identities", 9),
        ("fasttrack_webhooks", 5),
        ("fasttrack_deliveries", 9),
        ("outbox_timers", 3),
    ] {
        let next = format!("SELECT nextval(pg_get_serial_sequence('{table}', 'id'))");
        let rows = bench.to.write(move |tx| Box::pin(async move { Ok(tx.query(Statement::new(next, vec![])).await?) }));
        assert_eq!(rows.await.unwrap()[0].int(0), Some(expected), "{table}");
    }
    let references = "SELECT count(*) FROM pg_constraint WHERE contype = 'f' AND convalidated \
                      AND connamespace = current_schema()::regnamespace";
    assert_eq!(bench.number(references).await, Some(15));
    let migrator = bench.migrator(&bench.to);
    assert!(migrator.is_current().await.unwrap());
    assert_eq!(migrator.added_by_hand(&migrator.inspected().await.unwrap()), Vec::<String>::new());
    let again = bench.transfer().await.unwrap_err().to_string();
    assert!(again.contains("not empty"), "{again}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_go_over_is_named_and_leaves_nothing() {
    for (statement, expected) in [
        (
            "UPDATE things SET \"order\" = CAST(x'61ff' AS TEXT) WHERE id = 3",
            "`order` of `things` holds what is no UTF-8",
        ),
        ("UPDATE things SET \"order\" = 'a' || char(0) WHERE id = 3", "`things` cannot be copied"),
        ("UPDATE things SET above_id = 77 WHERE id = 3", "rows of `things` refer to what is not there"),
        ("UPDATE users SET favourite_id = 77", "rows of `users` refer to what is not there"),
        ("UPDATE things SET at = '2026-01-02T03:04:05Z' WHERE id = 3", "the row 3 of `things` is another one"),
        ("UPDATE things SET at = 'soon' WHERE id = 3", "`things` cannot be copied"),
        ("UPDATE sessions SET user_id = 77", "`sessions` cannot be copied"),
    ] {
        let Some(bench) = Bench::new().await else { return };
        bench.execute(statement).await;
        let error = bench.transfer().await.unwrap_err().to_string();
        assert!(error.contains(expected), "{statement}: {error}");
        assert_eq!(bench.tables().await, Some(0), "{statement}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn large_tables_go_over_in_parts() {
    let Some(bench) = Bench::new().await else { return };
    bench
        .execute(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 12000)
             INSERT INTO things (\"order\", created_at) SELECT printf('%.*c', i % 50, 'x'), '2026-01-02T03:04:05.000000Z' FROM n;
             UPDATE things SET \"order\" = printf('%.*c', 3000000, 'y') WHERE id % 2000 < 3",
        )
        .await;
    let copied = bench.transfer().await.unwrap();
    assert_eq!(copied[0], Copied { table: "things".into(), rows: 12_004 });
    let lengths = "SELECT sum(octet_length(\"order\"))::bigint FROM things";
    let there = bench.from.read(Statement::new(lengths.replace("::bigint", ""), vec![])).await.unwrap();
    assert_eq!(bench.number(lengths).await, there[0].int(0));
}

/// Only leases on jobs and receivers are not taken along, which are a server's alone.
#[tokio::test(flavor = "multi_thread")]
async fn no_column_of_the_framework_is_forgotten() {
    let Some(bench) = Bench::new().await else { return };
    bench.transfer().await.unwrap();
    for table in StoredTable::framework() {
        let known = table.columns().join(", ");
        let sql = format!("SELECT CAST(group_concat(name, ', ') AS BLOB) FROM pragma_table_info('{}')", table.name);
        let here = bench.from.read(Statement::new(sql, vec![])).await.unwrap();
        assert_eq!(here[0].text(0), Some(known.as_str()), "{}", table.name);
        let sql = format!(
            "SELECT string_agg(column_name, ', ' ORDER BY ordinal_position) FROM information_schema.columns \
             WHERE table_schema = current_schema() AND table_name = '{}' AND column_name NOT IN ('leased_until', 'node')",
            table.name
        );
        assert_eq!(bench.asked(&sql).await[0].text(0), Some(known.as_str()), "{}", table.name);
    }
    let tables = bench.migrator(&bench.from).inspected().await.unwrap();
    let tables = tables.objects.iter().filter(|(_, object)| object.kind == "table").map(|(name, _)| name.as_str());
    let copied: Vec<_> = super::tables(&bench.catalog).into_iter().map(|table| table.name).collect();
    let left: Vec<_> = tables.filter(|name| !copied.iter().any(|copied| copied == name)).collect();
    assert_eq!(left, ["fasttrack_attempts", "fasttrack_migrations", "fasttrack_notices", "fasttrack_schema"]);
}
