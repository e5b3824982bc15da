//! What stands against a migration, and what somebody added by hand.

use super::*;
use crate::migrate::ColumnRename;

const UUID: &str = "'0190b2e0-7a1c-7cc3-98c4-dc0c0c07398f'";

fn notes(columns: &[ColumnDefinition]) -> Snapshot {
    schema(&[table("notes", columns), table("users", &[])])
}

/// Expects a refusal that names these rows, and nothing to have changed.
async fn check_refused(bench: &Bench, from: &Snapshot, to: &Snapshot, expected: (i64, &str)) {
    let whole = bench.dump().await;
    match bench.go(from, to, &Renames::default(), Direction::Up).await {
        Err(MigrateError::Offends { count, rows, .. }) => assert_eq!((count, rows.as_str()), expected),
        other => panic!("{other:?}"),
    }
    assert_eq!(bench.dump().await, whole);
}

#[test]
fn rows_that_stand_against_it_are_counted_and_named() {
    run_async(async {
        let text = |name| nullable(column(name, Holds::Text));
        let from = notes(&[text("x"), choice("c", &["a", "b"])]);
        let bench = Bench::holding(&from).await;
        bench.execute("INSERT INTO notes (x, c) VALUES (NULL, 'a'), ('1', 'b'), ('1', 'b'), ('one', 'a')").await;
        let required = notes(&[column("x", Holds::Text), choice("c", &["a", "b"])]);
        check_refused(&bench, &from, &required, (1, "1")).await;
        check_refused(&bench, &from, &notes(&[text("x"), choice("c", &["a"])]), (2, "2, 3")).await;
        let number = notes(&[nullable(column("x", Holds::Int)), choice("c", &["a", "b"])]);
        check_refused(&bench, &from, &number, (1, "4")).await;
        let more = notes(&[text("x"), choice("c", &["a", "b"]), column("y", Holds::Text)]);
        check_refused(&bench, &from, &more, (4, "1, 2, 3, 4")).await;
        let mut unique = from.clone();
        index(&mut unique.tables[0], "x", true);
        check_refused(&bench, &from, &unique, (2, "2, 3")).await;
        bench.execute("INSERT INTO notes (x, c) SELECT NULL, 'a' FROM notes").await;
        check_refused(&bench, &from, &required, (5, "1, 5, 6, 7, 8")).await;
        bench.execute("INSERT INTO notes (x, c) VALUES (NULL, 'a')").await;
        check_refused(&bench, &from, &required, (6, "1, 5, 6, 7, 8, …")).await;
    });
}

#[test]
fn values_are_converted_where_that_loses_nothing() {
    run_async(async {
        for (from, value, to, expected) in [
            (Holds::Text, "'12'", Holds::Int, Some("12")),
            (Holds::Text, "'012'", Holds::Int, None),
            (Holds::Text, "'1.5'", Holds::Float, Some("1.5")),
            (Holds::Text, "'x'", Holds::Float, None),
            (Holds::Int, "3", Holds::Float, Some("3.0")),
            (Holds::Int, "9007199254740993", Holds::Float, None),
            (Holds::Int, "9223372036854775807", Holds::Float, None),
            (Holds::Float, "9.22337203685477581e+18", Holds::Int, None),
            (Holds::Float, "3.0", Holds::Int, Some("3")),
            (Holds::Float, "3.5", Holds::Int, None),
            (Holds::Float, "0.5", Holds::Text, Some("'0.5'")),
            (Holds::Int, "1", Holds::Bool, Some("1")),
            (Holds::Int, "2", Holds::Bool, None),
            (Holds::Text, "'2026-02-28'", Holds::Date, Some("'2026-02-28'")),
            (Holds::Text, "'2026-02-30'", Holds::Date, None),
            (Holds::Text, "'{}'", Holds::Json, Some("'{}'")),
            (Holds::Text, "'{'", Holds::Json, None),
            (Holds::Text, "'2026-01-02T03:04:05.123456Z'", Holds::Timestamp, Some("'2026-01-02T03:04:05.123456Z'")),
            (Holds::Text, "'2026-01-02 03:04:05'", Holds::Timestamp, None),
            (Holds::Text, "'a@b.example'", Holds::Email, Some("'a@b.example'")),
            (Holds::Text, "'nobody'", Holds::Email, None),
            (Holds::Text, UUID, Holds::Uuid, Some(UUID)),
            (Holds::Text, "'0190B2E0-7a1c-7cc3-98c4-dc0c0c07398f'", Holds::Uuid, Some(UUID)),
            (Holds::Text, "'0190b2e07a1c7cc398c4dc0c0c07398f'", Holds::Uuid, None),
            (Holds::Uuid, UUID, Holds::Text, Some(UUID)),
            (Holds::Text, "'HTTPS://a.example'", Holds::Url, Some("'HTTPS://a.example'")),
            (Holds::Text, "'ftp://a.example'", Holds::Url, None),
            (Holds::Json, "'[\"a\", \"b\"]'", Holds::Texts, Some("'[\"a\", \"b\"]'")),
            (Holds::Json, "'[\"a\", 1]'", Holds::Texts, None),
            (Holds::Json, "'{}'", Holds::Texts, None),
            (Holds::Text, "'x'", Holds::Texts, None),
            (Holds::Json, "'[1]'", Holds::Integers, Some("'[1]'")),
            (Holds::Json, "'[1.5]'", Holds::Integers, None),
            (Holds::Texts, "'[\"1\"]'", Holds::Integers, None),
            (Holds::Texts, "'[]'", Holds::Json, Some("'[]'")),
            (Holds::Int, "60", Holds::Duration, Some("60")),
            (Holds::Int, "-1", Holds::Duration, None),
            (Holds::Duration, "60", Holds::Int, Some("60")),
        ] {
            let (old, new) = (notes(&[column("x", from)]), notes(&[column("x", to)]));
            let bench = Bench::holding(&old).await;
            bench.execute(&format!("INSERT INTO notes (x) VALUES ({value})")).await;
            let done = bench.go(&old, &new, &Renames::default(), Direction::Up).await;
            assert_eq!(done.is_ok(), expected.is_some(), "{value} as {to:?}: {done:?}");
            let left = bench.values("notes", &["x".into()]).await;
            assert_eq!(left, [expected.unwrap_or(value)], "{value} as {to:?}");
        }
    });
}

#[test]
fn what_was_added_by_hand_is_made_again() {
    run_async(async {
        let (old, new) = (notes(&[column("x", Holds::Text)]), notes(&[column("y", Holds::Text)]));
        let both = notes(&[column("x", Holds::Text), with_default(column("y", Holds::Text), "''")]);
        let both_null = notes(&[nullable(column("x", Holds::Text)), with_default(column("y", Holds::Text), "''")]);
        let bench = Bench::holding(&old).await;
        bench.execute("CREATE INDEX mine ON notes (length(x))").await;
        bench.execute("CREATE TRIGGER told AFTER INSERT ON notes BEGIN UPDATE notes SET x = 'told'; END").await;
        bench.go(&old, &both, &Renames::default(), Direction::Up).await.unwrap();
        bench.go(&both, &both_null, &Renames::default(), Direction::Up).await.unwrap();
        bench.execute("INSERT INTO notes (x) VALUES ('')").await;
        assert_eq!(bench.values("notes", &["x".into()]).await, ["'told'"]);
        let whole = bench.dump().await;
        assert!(whole.iter().any(|line| line.starts_with("mine: ")));
        let error = bench.go(&both_null, &new, &Renames::default(), Direction::Up).await.unwrap_err();
        assert!(matches!(&error, MigrateError::ByHand { name, .. } if name == "mine"), "{error}");
        assert_eq!(bench.dump().await, whole);
    });
}

#[test]
fn what_refers_to_a_renamed_table_follows_it() {
    run_async(async {
        let old = schema(&[table("users", &[]), table("notes", &[relation("user_id", "users", OnDelete::Cascade)])]);
        let new = schema(&[table("people", &[]), table("notes", &[relation("owner_id", "people", OnDelete::Cascade)])]);
        let rename = ColumnRename {
            table_before: "notes".into(),
            table: "notes".into(),
            before: "user_id".into(),
            name: "owner_id".into(),
        };
        let renames = Renames { tables: vec![("users".into(), "people".into())], columns: vec![rename] };
        let bench = Bench::holding(&old).await;
        bench.execute("CREATE TABLE sessions (user_id INTEGER REFERENCES users (id) ON DELETE CASCADE)").await;
        bench.execute("INSERT INTO users VALUES (5); INSERT INTO notes (user_id) VALUES (5)").await;
        bench.execute("INSERT INTO sessions VALUES (5)").await;
        let error = bench.go(&old, &schema(&[]), &Renames::default(), Direction::Up).await.unwrap_err();
        assert!(matches!(&error, MigrateError::Dangling { table, .. } if table == "sessions"), "{error}");
        bench.go(&old, &new, &renames, Direction::Up).await.unwrap();
        assert_eq!(bench.values("notes", &["owner_id".into()]).await, ["5"]);
        bench.go(&new, &old, &renames.inverse(), Direction::Down).await.unwrap();
        bench.execute("DELETE FROM users").await;
        assert_eq!(bench.values("sessions", &["user_id".into()]).await, [""; 0]);
    });
}

#[test]
fn a_check_is_true_of_null_and_never_null() {
    run_async(async {
        let bench = Bench::holding(&notes(&[])).await;
        for column in [choice("x", &["a", "b"]), column("x", Holds::Bool), column("x", Holds::Json)] {
            let text = DIALECT.schema().create_table(&super::table("notes", &[nullable(column)]));
            let (_, check) = text.trim_end_matches("\n) STRICT").split_once(" CHECK ").unwrap();
            let is_true = format!("{check} IS NOT NULL AND {check} FROM (SELECT NULL AS \"x\")");
            let rows = bench.db.read(Statement::new(format!("SELECT {is_true}"), Vec::new())).await.unwrap();
            assert_eq!(rows[0].int(0), Some(1), "{text}");
        }
    });
}
