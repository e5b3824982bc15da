//! What a server does that a file does not, and what a file does, on a server.

use super::{
    declared::{FIRST, LABELLED},
    *,
};
use crate::{
    migrate::{Migrator, Missing, Source},
    schema::Catalog,
};

const PG: Dialect = Dialect::Postgres;

fn notes(columns: &[ColumnDefinition]) -> Snapshot {
    schema(&[table("notes", columns), table("users", &[])])
}

/// What a value is tried as.
const KINDS: [Holds; 12] = [
    Holds::Texts,
    Holds::Integers,
    Holds::Text,
    Holds::Int,
    Holds::Bool,
    Holds::Float,
    Holds::Date,
    Holds::Timestamp,
    Holds::Json,
    Holds::Email,
    Holds::Uuid,
    Holds::Url,
];

/// What a column holds, a value, and what becomes of it where nothing is lost.
const CONVERSIONS: &[(Holds, &str, &str)] = &[
    (Holds::Text, "'12'", "text 12, int 12, float 12, json 12"),
    (Holds::Text, "'012'", "text 012"),
    (Holds::Text, "'1'", "text 1, int 1, bool true, float 1, json 1"),
    (
        Holds::Text,
        "'9223372036854775808'",
        "text 9223372036854775808, float 9.223372036854776e+18, json 9223372036854775808",
    ),
    (Holds::Text, "'1e400'", "text 1e400, json 1e400"),
    (Holds::Text, "'{'", "text {"),
    (Holds::Text, "'{}'", "text {}, json {}"),
    (Holds::Text, "'2026-02-28'", "text 2026-02-28, date 2026-02-28"),
    (Holds::Text, "'2026-02-30'", "text 2026-02-30"),
    (
        Holds::Text,
        "'2026-01-02T03:04:05.123456Z'",
        "text 2026-01-02T03:04:05.123456Z, timestamp 2026-01-02 03:04:05.123456+00",
    ),
    (Holds::Text, "'2026-01-02T24:00:00.000000Z'", "text 2026-01-02T24:00:00.000000Z"),
    (Holds::Text, "'a@b.example'", "text a@b.example, email a@b.example"),
    (Holds::Int, "9007199254740993", "text 9007199254740993, int 9007199254740993, json 9007199254740993"),
    (Holds::Int, "0", "text 0, int 0, bool false, float 0, json 0"),
    (
        Holds::Float,
        "9.22337203685477581e+18",
        "text 9.223372036854776e+18, float 9.223372036854776e+18, json 9.223372036854776e+18",
    ),
    (Holds::Float, "3.5", "text 3.5, float 3.5, json 3.5"),
    (Holds::Bool, "TRUE", "text 1, int 1, bool true, float 1, json 1"),
    (Holds::Date, "'2026-01-02'", "text 2026-01-02, date 2026-01-02"),
    (Holds::Timestamp, "'2026-01-02T03:04:05Z'", "text 2026-01-02T03:04:05.000000Z, timestamp 2026-01-02 03:04:05+00"),
    (
        Holds::Text,
        "'0190B2E0-7a1c-7cc3-98c4-dc0c0c07398f'",
        "text 0190B2E0-7a1c-7cc3-98c4-dc0c0c07398f, uuid 0190b2e0-7a1c-7cc3-98c4-dc0c0c07398f",
    ),
    (
        Holds::Uuid,
        "'0190b2e0-7a1c-7cc3-98c4-dc0c0c07398f'",
        "text 0190b2e0-7a1c-7cc3-98c4-dc0c0c07398f, uuid 0190b2e0-7a1c-7cc3-98c4-dc0c0c07398f",
    ),
    (Holds::Text, "'HTTPS://a.example'", "text HTTPS://a.example, url HTTPS://a.example"),
    (Holds::Json, "'[\"a\"]'", "texts [\"a\"], text [\"a\"], json [\"a\"]"),
    (Holds::Json, "'[1]'", "integers [1], text [1], json [1]"),
    (Holds::Json, "'[9223372036854775808]'", "text [9223372036854775808], json [9223372036854775808]"),
    (Holds::Texts, "'[\"1\"]'", "texts [\"1\"], text [\"1\"], json [\"1\"]"),
    (Holds::Json, "'12'", "text 12, int 12, float 12, json 12"),
];

/// Every value becomes what it should, or stands against the change and is left; whatever holds what, no cast fails.
#[test]
fn values_are_converted_where_that_loses_nothing() {
    run_async(async {
        for (from, value, kept) in CONVERSIONS {
            let (from, value) = (*from, *value);
            let old = notes(&[column("x", from)]);
            let Some(bench) = Bench::on(PG, &old).await else { return };
            let mut became = Vec::new();
            for to in KINDS {
                let new = notes(&[column("x", to)]);
                bench.execute(&format!("DELETE FROM notes; INSERT INTO notes (x) VALUES ({value})")).await;
                match bench.go(&old, &new, &Renames::default(), Direction::Up).await {
                    Ok(()) => {
                        let name = format!("{to:?}").to_lowercase();
                        let left = bench.values("notes", &["x".into()]).await.concat();
                        became.push(format!("{name} {}", left.trim_matches('\'')));
                        bench.execute("DELETE FROM notes").await;
                        bench.go(&new, &old, &Renames::default(), Direction::Down).await.unwrap();
                    }
                    Err(MigrateError::Offends { .. }) => {}
                    Err(other) => panic!("{value} as {to:?}: {other}"),
                }
            }
            assert_eq!(became.join(", "), *kept, "{value} of {from:?}");
        }
    });
}

#[test]
fn a_failure_at_any_statement_leaves_everything_as_it_was() {
    run_async(async {
        let mut before = table("notes", &[column("x", Holds::Text), relation("user_id", "users", OnDelete::Cascade)]);
        index(&mut before, "x", false);
        let before = schema(&[before, table("users", &[])]);
        let mut after = table("cards", &[column("x", Holds::Int), relation("user_id", "users", OnDelete::Restrict)]);
        index(&mut after, "x", true);
        let after = schema(&[after, table("users", &[nullable(column("born", Holds::Date))])]);
        let renames = Renames { tables: vec![("notes".into(), "cards".into())], columns: Vec::new() };
        let Some(bench) = Bench::on(PG, &before).await else { return };
        bench
            .execute("INSERT INTO users DEFAULT VALUES; INSERT INTO notes (x, user_id) VALUES ('1', 1), ('2', 1)")
            .await;
        let whole = bench.dump().await;
        let migration = Draft { dialect: PG, ..DRAFT }.between(&before, &after, &renames).unwrap().migration;
        let blocks = script::read(PG, &migration.up).unwrap();
        for stop in 0..=blocks.len() {
            let mut blocks = blocks.clone();
            blocks.insert(stop, crate::migrate::Block { why: String::new(), sql: "no statement".into() });
            let step = Step {
                title: "test".into(),
                blocks,
                from: before.clone(),
                leaves: after.clone(),
                beside: Surplus::default(),
                record: Record::Nothing,
            };
            let error = run::carry_out(&bench.db, step, None, Arc::new(|_, _, _| {})).await.unwrap_err();
            assert!(matches!(error, MigrateError::Statement { .. }), "{error}");
            assert_eq!(bench.dump().await, whole, "after {stop} statements");
        }
        bench.go(&before, &after, &renames, Direction::Up).await.unwrap();
        assert_eq!(bench.values("cards", &["x".into(), "user_id".into()]).await, ["'1','1'", "'2','1'"]);
        bench.go(&after, &before, &renames.inverse(), Direction::Down).await.unwrap();
        assert_eq!(bench.sequence("notes").await, Some(2), "ids are counted on");
    });
}

#[test]
fn what_is_altered_by_hand_is_noticed() {
    run_async(async {
        let mut held = table("notes", &[with_default(column("x", Holds::Int), "7"), choice("c", &["a"])]);
        held.columns.push(relation("user_id", "users", OnDelete::Cascade));
        index(&mut held, "x", false);
        let held = schema(&[held, table("users", &[])]);
        for sql in [
            "ALTER TABLE notes ALTER x SET DEFAULT 8",
            "ALTER TABLE notes ALTER x DROP NOT NULL",
            "ALTER TABLE notes ALTER x TYPE integer",
            "ALTER TABLE notes ALTER c TYPE text COLLATE \"POSIX\"",
            "ALTER TABLE notes ADD more text",
            "ALTER TABLE notes DROP x",
            "ALTER TABLE notes DROP CONSTRAINT notes_c_check",
            "ALTER TABLE notes DROP CONSTRAINT notes_user_id_fkey",
            "ALTER TABLE notes ADD CHECK (x > 0)",
            "ALTER TABLE notes ADD UNIQUE (x)",
            "ALTER TABLE notes ALTER id DROP IDENTITY",
            "DROP TABLE notes",
        ] {
            let Some(bench) = Bench::on(PG, &held).await else { return };
            let read = async || Inspected::read(&bench.db).await.unwrap();
            assert_eq!(read().await.altered_by_hand().next(), None);
            bench.execute(sql).await;
            assert_eq!(read().await.altered_by_hand().next(), Some("notes"), "{sql}");
        }
        let Some(bench) = Bench::on(PG, &held).await else { return };
        bench.execute("CREATE INDEX mine ON notes (x DESC); DROP INDEX notes_x_index").await;
        let inspected = Inspected::read(&bench.db).await.unwrap();
        assert_eq!(inspected.altered_by_hand().next(), None, "indexes are made again");
        assert!(inspected.present().tables.iter().all(|table| table.indexes.is_empty()));
    });
}

#[test]
fn whoever_starts_at_once_makes_it_once() {
    run_async(async {
        let Some(bench) = Bench::on(PG, &Snapshot::default()).await else { return };
        let catalogs = [&FIRST[..], &LABELLED[..]].map(|resources| Catalog::link(resources).unwrap());
        let sessions = "CREATE TABLE IF NOT EXISTS sessions (user_id bigint REFERENCES users (id) ON DELETE CASCADE)";
        for catalog in &catalogs {
            let starts = (0..4).map(|_| async {
                let source = Source::none(PG, std::path::Path::new("none"));
                let migrator = Migrator::new(&bench.db, catalog, vec![sessions.into()], source).unwrap();
                migrator.start(Missing::Make).await.unwrap()
            });
            let done = futures_util::future::join_all(starts).await;
            assert_eq!(done.iter().filter(|done| !done.is_empty()).count(), 1, "{done:?}");
        }
        let inspected = Inspected::read(&bench.db).await.unwrap();
        assert!(inspected.schema.is_same(&Snapshot::declared(PG, &catalogs[1]).unwrap()));
    });
}
