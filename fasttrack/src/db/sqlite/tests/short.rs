//! Short reads on the thread that asks: they give what the driver gives, or nothing.

use std::time::{Duration, Instant};

use super::{super::short::ShortReaders, Bench, bench, deadly, endless, execute, insert, sql, text};
use crate::{
    db::{Arg, DbOptions, Row, Statement},
    decimal::Fixed,
};

async fn opened() -> (Bench, ShortReaders) {
    let bench = bench(DbOptions::default()).await;
    let short = ShortReaders::open(&bench.directory.path().join("test.db")).unwrap();
    (bench, short)
}

/// `SELECT` with these arguments.
fn select(rest: &str, args: Vec<Arg>) -> Statement {
    Statement::new(format!("SELECT {rest}"), args)
}

#[tokio::test]
async fn what_is_read_is_what_the_driver_reads() {
    let (bench, short) = opened().await;
    for name in ["a", "ä\n\u{1e}", "{}", "[1]", "null", ""] {
        bench.write(move |tx| Box::pin(async move { Ok(tx.query(insert(name)).await?) })).await.unwrap();
    }
    let same = [
        sql("SELECT 1, -5, 1.5, NULL, x'00ff', CAST('{}' AS BLOB)"),
        sql("SELECT id, CAST(name AS BLOB), parent_id FROM item ORDER BY id"),
        sql("SELECT id FROM item WHERE id < 0"),
        sql("SELECT 9223372036854775807, 0.1, 1e300, CAST('' AS BLOB)"),
        sql("SELECT CAST(fasttrack_number(0.1 + 0.2) AS BLOB), CAST(fasttrack_number(NULL) AS BLOB)"),
        select("CAST(json_object('a', $1, 'b', json($2)) AS BLOB)", vec![text("x'\""), text("[1]")]),
        select("$2, $1, $2", vec![Arg::Int(1), Arg::Int(2)]),
        select("$1, $2, $3 IS NULL", vec![Arg::Float(0.5), Arg::Decimal(Fixed::new(1_50, 2)), Arg::Null]),
        select("CAST($11 AS BLOB), CAST($10 AS BLOB)", (0..11).map(|number| text(&number.to_string())).collect()),
    ];
    for statement in same {
        let expected = bench.search(statement.clone()).await.unwrap();
        // Twice, since the second time it is prepared.
        for _ in 0..2 {
            assert_eq!(short.read(&statement).as_ref(), Some(&expected), "{statement:?}");
        }
    }
}

#[tokio::test]
async fn what_is_not_for_here_is_left_to_the_driver() {
    let (bench, short) = opened().await;
    bench.write(|tx| Box::pin(async move { Ok(tx.query(insert("a")).await?) })).await.unwrap();
    for statement in [
        sql("SELECT name FROM item"),
        sql("SELECT 1 /* no end"),
        sql("SELECT 1; SELECT 2"),
        sql("SELECT x FROM item"),
        sql("SELEC"),
        deadly(),
        select("$1", Vec::new()),
        select("$2", vec![Arg::Null]),
        select("?", vec![Arg::Null]),
        select(":a", vec![Arg::Null]),
        sql("DELETE FROM item"),
        sql("CREATE TABLE other (id INTEGER)"),
        sql("INSERT INTO item (name) VALUES ('b') RETURNING id"),
    ] {
        assert_eq!(short.read(&statement), None, "{statement:?}");
    }
    assert_eq!(count(&short, "item"), Some(1));
}

fn count(short: &ShortReaders, table: &str) -> Option<i64> {
    short.read(&sql(&format!("SELECT count(*) FROM {table}")))?.first().and_then(|row: &Row| row.int(0))
}

#[tokio::test]
async fn what_takes_longer_is_stopped() {
    let (_bench, short) = opened().await;
    let mut shortest = Duration::MAX;
    for _ in 0..20 {
        let begun = Instant::now();
        assert_eq!(short.read(&endless()), None);
        shortest = shortest.min(begun.elapsed());
        assert_eq!(count(&short, "parent"), Some(1));
    }
    // It has a millisecond or two; the machine may have taken much more of one of them, and not of each.
    assert!(shortest < Duration::from_millis(100), "{shortest:?}");
}

#[tokio::test]
async fn each_read_sees_what_was_written_before() {
    let (bench, short) = opened().await;
    for number in 0..50 {
        assert_eq!(count(&short, "item"), Some(number));
        let name = number.to_string();
        bench.write(move |tx| Box::pin(async move { Ok(tx.query(insert(&name)).await?) })).await.unwrap();
    }
    execute(&bench, "ALTER TABLE item RENAME TO thing").await.unwrap();
    assert_eq!((count(&short, "item"), count(&short, "thing")), (None, Some(50)));
    execute(&bench, "CREATE TABLE item (id INTEGER)").await.unwrap();
    assert_eq!(count(&short, "item"), Some(0));
}

#[tokio::test]
async fn nothing_is_read_once_they_are_closed() {
    let (bench, short) = opened().await;
    short.close();
    short.close();
    assert_eq!(count(&short, "item"), None);
    drop(short);
    bench.close().await;
}

#[tokio::test]
async fn many_threads_read_at_once() {
    let (bench, short) = opened().await;
    execute(&bench, "INSERT INTO item (name) VALUES ('a')").await.unwrap();
    // Whoever finds nobody free is left to the driver, and here asks again.
    let until = Instant::now() + Duration::from_mins(1);
    let read = || {
        let mut times = 0;
        while times < 500 {
            match count(&short, "item") {
                Some(rows) => {
                    assert_eq!(rows, 1);
                    times += 1;
                }
                None => std::thread::yield_now(),
            }
            assert!(Instant::now() < until, "only {times} reads in a minute");
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(read);
        }
    });
}

#[tokio::test]
async fn whoever_reads_much_lets_others_in_between() {
    let bench = bench(DbOptions::default()).await;
    let other = tokio::spawn(async {});
    let mut reads = 0;
    while !other.is_finished() {
        assert!(reads < 10_000, "nobody else had a turn");
        bench.read(sql("SELECT 1")).await.unwrap();
        reads += 1;
    }
}
