//! What goes in comes out again, and errors are told apart.

use super::*;

fn bytes(value: &str) -> Cell {
    Cell::Bytes(value.as_bytes().to_vec())
}

#[tokio::test]
async fn values_survive_the_way_there_and_back_prepared_or_not() {
    for prepares in [true, false] {
        let Some(bench) = bench(DbOptions { prepares, ..DbOptions::default() }).await else { return };
        let table = "CREATE TABLE v (i bigint, f double precision, t text, b boolean, j json, z timestamptz, d date)";
        execute(&bench, table).await.unwrap();
        let emoji = "🦀".repeat(300);
        let texts = ["null", "{}", "[1]", "", "0", "it's $1", "NULL", " x ", "\\N", emoji.as_str()];
        let mut cases: Vec<(&str, &str, Arg, Cell)> =
            texts.iter().map(|value| ("t", "t", text(value), bytes(value))).collect();
        let numbers = [0, 1, -1, i64::MIN, i64::MAX, 1 << 53];
        cases.extend(numbers.map(|number| ("i", "i", Arg::Int(number), Cell::Int(number))));
        let fractions = [0.1, 0.1 + 0.2, -1.5, f64::MAX, f64::MIN_POSITIVE, 5e-324, 3.0];
        cases.extend(fractions.map(|fraction| ("f", "f", Arg::Float(fraction), Cell::Float(fraction))));
        cases.extend(["i", "f", "t", "b", "j"].map(|column| (column, column, Arg::Null, Cell::Null)));
        cases.extend([
            ("f", "f", Arg::Int(7), Cell::Float(7.0)),
            ("b", "b", Arg::Int(1), Cell::Int(1)),
            ("b", "b", Arg::Int(0), Cell::Int(0)),
            ("j", "j", text(r#"{"b":1,"a":[1.50]}"#), bytes(r#"{"b":1,"a":[1.50]}"#)),
            (
                "z",
                "(z AT TIME ZONE 'UTC')::text",
                text("2026-01-02T03:04:05.123456Z"),
                bytes("2026-01-02 03:04:05.123456"),
            ),
            ("d", "d::text", text("2026-02-03"), bytes("2026-02-03")),
        ]);
        for (column, shown, arg, expected) in cases {
            let (given, what) = (arg.clone(), format!("{column}: {arg:?}"));
            let stored = bench.write(move |tx| {
                Box::pin(async move {
                    tx.query(sql("DELETE FROM v")).await?;
                    let insert = format!("INSERT INTO v ({column}) VALUES ($1) RETURNING {shown}");
                    Ok(tx.query(Statement::new(insert, vec![given])).await?)
                })
            });
            assert_eq!(stored.await.unwrap(), [Row(vec![expected.clone()])], "{what}");
            let read = bench.read(sql(&format!("SELECT {shown} FROM v"))).await.unwrap();
            assert_eq!(read, [Row(vec![expected])], "{what}");
        }
    }
}

#[tokio::test]
async fn what_is_selected_is_read_by_its_type_or_refused_by_name() {
    let Some(bench) = bench(DbOptions::default()).await else { return };
    let rows = bench
        .read(sql("SELECT 1::smallint, 2::int, 3::oid, 1.5::real, 'x'::name, 'y'::varchar, true, '\\x00ff'::bytea"));
    let cells = [Cell::Int(1), Cell::Int(2), Cell::Int(3), Cell::Float(1.5), bytes("x"), bytes("y"), Cell::Int(1)];
    let cells = cells.into_iter().chain([Cell::Bytes(vec![0, 255])]).collect();
    assert_eq!(rows.await.unwrap(), [Row(cells)]);
    for text in [
        "SELECT now() AS made",
        "SELECT 1 AS made_up, '{}'::jsonb AS made",
        "SELECT 1.5 AS made",
        "SELECT '{1}'::int[] AS made",
    ] {
        let met = bench.read(sql(text)).await;
        assert!(matches!(&met, Err(DbError::Other(why)) if why.contains("(made)")), "{text}: {met:?}");
    }
    assert_eq!(bench.read(sql("SELECT 1")).await.unwrap(), [Row(vec![Cell::Int(1)])]);
}

#[tokio::test]
async fn arguments_may_occur_more_than_once_and_in_any_order() {
    let Some(bench) = bench(DbOptions::default()).await else { return };
    let args: Vec<Arg> = (1..=12).map(Arg::Int).collect();
    let all = (1..=12).map(|number| format!("${number}::bigint")).collect::<Vec<_>>().join(", ");
    let statement = Statement::new(format!("SELECT {all}, $2, $1::bigint + $11, '$99' = '$' || '99'"), args);
    let rows = bench.read(statement).await.unwrap();
    assert_eq!(rows, [Row((1..=12).chain([2, 12, 1]).map(Cell::Int).collect())]);
    for (statement, args) in [("SELECT $1::bigint", 0), ("SELECT $2::bigint", 1), ("SELECT $0", 1), ("SELECT ?", 1)] {
        let met = bench.read(Statement::new(statement, vec![Arg::Int(1); args])).await;
        assert!(matches!(met, Err(DbError::Other(_))), "{statement}: {met:?}");
    }
}

#[tokio::test]
async fn errors_are_told_apart() {
    let Some(bench) = bench(DbOptions::default()).await else { return };
    write(&bench, "taken".into()).await.unwrap();
    execute(&bench, "CREATE UNIQUE INDEX item_double ON item ((size * 2)); UPDATE item SET size = 7").await.unwrap();
    let unique = |what: &str| DbError::Unique(what.into());
    let constraint = |what: &str| DbError::Constraint(what.into());
    let long = "INSERT INTO item (name) SELECT string_agg(md5(i::text), '') FROM generate_series(1, 1000) i";
    let cases = [
        ("INSERT INTO item (name) VALUES ('taken')", unique("item_name_key")),
        ("INSERT INTO item (name, size) VALUES ('x', 7)", unique("item_double")),
        ("INSERT INTO parent (id) VALUES (1)", unique("parent_pkey")),
        ("INSERT INTO item (name, parent_id) VALUES ('x', 9)", DbError::ForeignKey),
        ("INSERT INTO item (name, size) VALUES ('x', -1)", constraint("CHECK constraint failed: item_size_check")),
        ("INSERT INTO item (name) VALUES (NULL)", constraint("NOT NULL constraint failed: item.name")),
        (long, DbError::TooLarge),
        ("INSERT INTO nowhere VALUES (1)", DbError::Other("relation \"nowhere\" does not exist (42P01)".into())),
    ];
    for (statement, expected) in cases {
        // Alone, a statement that fails leaves the unit as it was.
        let met = bench.write(move |tx| {
            Box::pin(async move {
                tx.query(insert("kept")).await?;
                let met = tx.attempt(sql(statement)).await;
                tx.query(sql("DELETE FROM item WHERE name = 'kept'")).await?;
                Ok(met)
            })
        });
        assert_eq!(met.await.unwrap(), Err(expected.clone()), "{statement}");
        // Otherwise the unit cannot go on, whatever it says.
        let met = bench.write(move |tx| {
            Box::pin(async move {
                tx.query(sql(statement)).await.unwrap_err();
                Ok(tx.query(insert("ghost")).await.map(drop).ok())
            })
        });
        assert!(met.await.is_err(), "{statement}");
    }
    assert_eq!(names(&bench).await, ["taken"]);
}

#[tokio::test]
async fn what_a_database_sets_is_set_back_or_refused() {
    let Some(bench) = bench(DbOptions::default()).await else { return };
    let settings = [
        ("standard_conforming_strings", "off"),
        ("default_transaction_isolation", "serializable"),
        ("quote_all_identifiers", "on"),
    ];
    for (name, value) in settings {
        let alter = |words: String| run_on(&bench.admin, format!("ALTER DATABASE {} {words}", bench.url.database()));
        alter(format!("SET {name} TO '{value}'")).await;
        let open = |prepares: bool| {
            let url = DatabaseUrl::Postgres(bench.url.clone());
            async move { Db::connect(&url, DbOptions { prepares, ..DbOptions::default() }).await }
        };
        let shown = open(true).await.unwrap().read(sql(&format!("SHOW {name}"))).await.unwrap();
        assert_ne!(shown[0].text(0), Some(value), "a session that can be set is");
        let refused = open(false).await.unwrap_err().to_string();
        assert!(refused.contains(&format!("sets {name} to {value}")), "{refused}");
        alter(format!("RESET {name}")).await;
        open(false).await.unwrap().ping().await.unwrap();
    }
}
