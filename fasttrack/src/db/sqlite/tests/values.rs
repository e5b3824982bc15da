//! What goes in comes out again, and what is asked wrongly is refused.

use super::*;
use crate::db::text;

/// Through a column of every affinity, and back as the cell it ought to be.
#[track_caller]
fn check(cells: &[Row], expected: &Cell, what: &Arg) {
    assert_eq!(cells, [Row(vec![expected.clone()])], "for {what:?}");
}

fn bytes(value: &str) -> Cell {
    Cell::Bytes(value.as_bytes().to_vec())
}

#[tokio::test]
async fn values_survive_the_way_there_and_back() {
    let bench = bench(DbOptions::default()).await;
    execute(&bench, "CREATE TABLE v (i INTEGER, f REAL, t TEXT)").await.unwrap();
    let emoji = "🦀".repeat(300);
    let texts = ["null", "{}", "[1]", "{\"a\":1}", "", "0", "1.0", "true", "it's $1", "NULL", " x ", emoji.as_str()];
    let mut cases: Vec<(&str, Arg, Cell)> =
        texts.iter().map(|value| ("CAST(t AS BLOB)", text(value), bytes(value))).collect();
    cases.extend(
        [0, 1, -1, i64::MIN, i64::MAX, 1 << 53, i64::from(u32::MAX) + 1].map(|n| ("i", Arg::Int(n), Cell::Int(n))),
    );
    cases
        .extend([0.1, 0.1 + 0.2, -1.5, f64::MAX, f64::MIN_POSITIVE, 3.0].map(|f| ("f", Arg::Float(f), Cell::Float(f))));
    cases.extend(["i", "f", "CAST(t AS BLOB)"].map(|column| (column, Arg::Null, Cell::Null)));
    for (column, arg, expected) in cases {
        let name = column.trim_start_matches("CAST(").chars().next().unwrap();
        let given = arg.clone();
        let stored = bench
            .write(move |tx| {
                Box::pin(async move {
                    tx.query(sql("DELETE FROM v")).await?;
                    let insert = format!("INSERT INTO v ({name}) VALUES ($1) RETURNING {column}");
                    Ok(tx.query(Statement::new(insert, vec![given])).await?)
                })
            })
            .await
            .unwrap();
        check(&stored, &expected, &arg);
        check(&bench.read(sql(&format!("SELECT {column} FROM v"))).await.unwrap(), &expected, &arg);
    }
}

#[tokio::test]
async fn booleans_are_integers() {
    let bench = bench(DbOptions::default()).await;
    execute(&bench, "CREATE TABLE b (yes BOOLEAN, day DATE); INSERT INTO b VALUES (1, '2026-01-02')").await.unwrap();
    let rows = bench.read(sql("SELECT yes, 1 = 2, CAST(day AS BLOB), yes IS NULL FROM b")).await.unwrap();
    assert_eq!(rows, [Row(vec![Cell::Int(1), Cell::Int(0), bytes("2026-01-02"), Cell::Int(0)])]);
}

#[tokio::test]
async fn text_that_was_not_cast_is_refused_when_the_driver_spoilt_it() {
    let bench = bench(DbOptions::default()).await;
    for (statement, refused) in [("SELECT '{}'", true), ("SELECT '[1]'", true), ("SELECT 'plain'", false)] {
        let rows = bench.read(sql(statement)).await;
        assert_eq!(matches!(rows, Err(DbError::Other(_))), refused, "{statement}: {rows:?}");
    }
}

#[tokio::test]
async fn a_number_may_occur_more_than_once_and_in_any_order() {
    let bench = bench(DbOptions::default()).await;
    let args: Vec<Arg> = (1..=12).map(Arg::Int).collect();
    let statement = Statement::new("SELECT $2, $1, $2, $12, $1 + $11, '$99'  = '$' || '99'", args);
    let rows = bench.read(statement).await.unwrap();
    assert_eq!(rows, [Row([2, 1, 2, 12, 12, 1].map(Cell::Int).to_vec())]);
}

#[test]
fn every_placeholder_has_its_argument() {
    let cases = [
        ("SELECT 1", 0, true),
        ("SELECT $1", 1, true),
        ("SELECT $1, $1", 1, true),
        ("SELECT $1", 2, true),
        ("SELECT $2", 1, false),
        ("SELECT $1", 0, false),
        ("SELECT $0", 1, false),
        ("SELECT ?", 1, false),
        ("SELECT '$2', \"$3\", 'it''s $4'", 0, true),
        ("SELECT json_extract(a, '$.b') -- it's $2\n, $1", 1, true),
        ("SELECT '''' , $2", 1, false),
        ("SELECT $99999999999999999999999999", 3, false),
    ];
    for (text, args, fits) in cases {
        assert_eq!(text::check(&Statement::new(text, vec![Arg::Null; args])).is_ok(), fits, "{text} with {args}");
    }
}

#[tokio::test]
async fn whoever_writes_is_refused_what_has_no_argument_and_nothing_of_it_is_left() {
    let bench = bench(DbOptions::default()).await;
    for text in [
        "INSERT INTO item (name) VALUES ($2)",
        "INSERT INTO item (name) VALUES ($0)",
        "INSERT INTO item (name) VALUES (?)",
        "INSERT INTO item (name) VALUES (:name)",
        "INSERT INTO item (name) VALUES ($1) /* no end",
        "INSERT INTO item (name) VALUES ($1); SELECT $2",
        "INSERT INTO item (name) VALUES ('a;b'); SELECT ?",
    ] {
        let statement = Statement::new(text, vec![Arg::Text("x".into())]);
        let tried = bench.write(move |tx| Box::pin(async move { Ok(tx.query(statement).await?) })).await;
        assert!(tried.is_err(), "{text}");
        let told = |of: &str| format!("{tried:?}").contains(of);
        assert!(text.contains(":name") || text.contains("/*") || told("placeholder"), "{text}: {tried:?}");
    }
    let rows = bench.read(sql("SELECT count(*) FROM item")).await.unwrap();
    assert_eq!(rows, [Row(vec![Cell::Int(0)])]);
}

#[tokio::test]
async fn errors_are_told_apart() {
    let bench = bench(DbOptions::default()).await;
    write(&bench, "taken".into()).await.unwrap();
    execute(&bench, "CREATE UNIQUE INDEX item_double ON item (size * 2); CREATE TABLE pair (a, b, UNIQUE (a, b))")
        .await
        .unwrap();
    execute(&bench, "INSERT INTO pair VALUES (1, 2); UPDATE item SET size = 7").await.unwrap();
    let unique = |what: &str| DbError::Unique(what.into());
    let constraint = |what: &str| DbError::Constraint(what.into());
    let cases = [
        ("INSERT INTO item (name) VALUES ('taken')", unique("item.name")),
        ("INSERT INTO item (name, size) VALUES ('x', 7)", unique("item_double")),
        ("INSERT INTO pair VALUES (1, 2)", unique("pair.a, pair.b")),
        ("INSERT INTO parent (id) VALUES (1)", unique("parent.id")),
        ("INSERT INTO item (name, parent_id) VALUES ('x', 9)", DbError::ForeignKey),
        ("INSERT INTO item (name, size) VALUES ('x', -1)", constraint("CHECK constraint failed: size >= 0")),
        ("INSERT INTO item (name) VALUES (NULL)", constraint("NOT NULL constraint failed: item.name")),
        ("INSERT INTO item (name) VALUES (zeroblob(1000000001))", DbError::TooLarge),
        ("INSERT INTO nowhere VALUES (1)", DbError::Other("no such table: nowhere".into())),
    ];
    for (statement, expected) in cases {
        let met = bench.write(move |tx| Box::pin(async move { Ok(tx.query(sql(statement)).await) })).await.unwrap();
        assert_eq!(met, Err(expected), "{statement}");
    }
    let refused = bench.read(sql("INSERT INTO parent (id) VALUES (7)")).await;
    assert!(matches!(&refused, Err(DbError::Busy(busy)) if busy.to_string().contains("readonly")), "{refused:?}");
}

#[test]
fn texts_of_the_driver_are_understood() {
    let busy = [
        "database is locked",
        "database table is locked: item",
        "database or disk is full",
        "disk I/O error",
        "WorkerCrashed",
        "get_timeout: every connection is in use",
        "the database is closed",
    ];
    for text in busy {
        let error = super::super::error::meaning(&rbdc::Error::from(text));
        assert!(matches!(&error, DbError::Busy(busy) if busy.to_string() == text), "{error:?}");
    }
    let other = super::super::error::meaning(&rbdc::Error::from("database disk image is malformed"));
    assert!(matches!(other, DbError::Other(_)), "{other:?}");
}

#[test]
fn what_does_not_pass_by_itself_is_called_by_its_name() {
    for (why, expected) in [
        ("database or disk is full", "the disk is full; try again when there is room on it"),
        (
            "attempt to write a readonly database",
            "the file of the database may not be written; try again when it may be",
        ),
        ("database is locked", "the database is busy; try again"),
        ("get_timeout", "the database is busy; try again"),
    ] {
        let told = Error::from(super::super::error::meaning(&rbdc::Error::from(why)));
        assert!(matches!(&told, crate::error::Error::Unavailable(advice) if advice == expected), "{told:?}");
    }
}
