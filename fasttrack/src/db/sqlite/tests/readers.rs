//! Readers: exhaustion, time limits, and what comes back in a bad state.

use std::time::Duration;

use futures_util::future::join_all;
use tokio::time::timeout;

use super::{
    super::{
        connect,
        pool::{ConnectionPool, SlotPool},
        statement,
    },
    *,
};

/// Runs until it is counted that far: seconds, on any machine, unless it is small.
fn counting(rows: u32) -> Statement {
    let text = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $1) SELECT count(*) FROM n";
    Statement::new(text, vec![Arg::Int(rows.into())])
}

fn hurried(readers: usize) -> DbOptions {
    let (reader_wait, statement_limit) = (Duration::from_millis(50), Duration::from_millis(50));
    DbOptions { readers, reader_wait, statement_limit, ..DbOptions::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn slow_statements_are_stopped_and_their_connections_come_back() {
    let bench = bench(hurried(2)).await;
    let slow = join_all((0..4).map(|_| bench.read(endless()))).await;
    let why: Vec<String> = slow.into_iter().map(|read| read.unwrap_err().to_string()).collect();
    assert_eq!(why.iter().filter(|why| why.contains("took too long")).count(), 2, "{why:?}");
    assert_eq!(why.iter().filter(|why| why.contains("in use")).count(), 2, "{why:?}");
    while let Err(error) = bench.ping().await {
        assert!(matches!(error, DbError::Busy(_)), "{error:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_that_was_stopped_has_ended() {
    let bench = bench(hurried(1)).await;
    // Another connection in its place would not know of this.
    bench.search(sql("PRAGMA cache_size = 77")).await.unwrap();
    for _ in 0..3 {
        assert!(bench.read(endless()).await.is_err());
        let mut found = bench.search(sql("PRAGMA cache_size")).await;
        while found.is_err() {
            found = bench.search(sql("PRAGMA cache_size")).await;
        }
        assert_eq!(found.unwrap(), [Row(vec![Cell::Int(77)])]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn reads_whose_caller_went_away_do_no_harm() {
    let bench = bench(DbOptions { readers: 2, ..DbOptions::default() }).await;
    for _ in 0..500 {
        let db = bench.db.clone();
        let read = tokio::spawn(async move { db.read(endless()).await });
        tokio::task::yield_now().await;
        read.abort();
    }
    assert_eq!(bench.read(counting(7)).await.unwrap(), [Row(vec![Cell::Int(7)])]);
}

/// A pool of one writing connection on a database of its own.
async fn pool(patience: Duration) -> (Bench, ConnectionPool) {
    let bench = bench(DbOptions::default()).await;
    let path = bench.directory.path().join("test.db");
    let manager = connect::copier(&path, &DbOptions::default());
    (bench, SlotPool::install(manager, 1, patience).unwrap())
}

const WAIT: Duration = Duration::from_secs(10);

#[tokio::test]
async fn what_comes_back_in_a_transaction_is_rolled_back() {
    let (bench, pool) = pool(WAIT).await;
    for begin in ["BEGIN", "  begin immediate", "SAVEPOINT mine"] {
        let mut connection = pool.take(WAIT).await.unwrap();
        statement::run(connection.as_mut(), sql(begin)).await.unwrap();
        statement::run(connection.as_mut(), insert("ghost")).await.unwrap();
        drop(connection);
        let mut next = pool.take(WAIT).await.unwrap();
        let rows = statement::run(next.as_mut(), sql("SELECT count(*) FROM item")).await.unwrap();
        assert_eq!(rows, [Row(vec![Cell::Int(0)])], "{begin}");
        statement::run(next.as_mut(), sql("BEGIN; COMMIT")).await.unwrap();
        drop(next);
    }
    write(&bench, "after".into()).await.unwrap();
}

#[tokio::test]
async fn a_connection_whose_thread_died_is_replaced() {
    let (_bench, pool) = pool(WAIT / 50).await;
    let mut connection = pool.take(WAIT).await.unwrap();
    statement::run(connection.as_mut(), deadly()).await.ok();
    // What is asked next fails, or is never answered when it was sent in the very moment.
    let next = timeout(WAIT / 50, statement::run(connection.as_mut(), sql("SELECT 1"))).await;
    assert!(!matches!(next, Ok(Ok(_))), "the thread lives");
    drop(connection);
    let mut next = pool.take(WAIT).await.unwrap();
    assert_eq!(statement::run(next.as_mut(), sql("SELECT 1")).await.unwrap(), [Row(vec![Cell::Int(1)])]);
}

#[tokio::test]
async fn a_read_on_a_connection_that_dies_is_not_taken_for_an_empty_one() {
    let bench = bench(hurried(1)).await;
    for _ in 0..3 {
        let met = bench.read(deadly()).await;
        assert!(matches!(met, Err(DbError::Busy(_))), "{met:?}");
        while bench.ping().await.is_err() {}
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_comes_back_only_when_its_statement_has_ended() {
    let (_bench, pool) = pool(WAIT).await;
    let mut connection = pool.take(WAIT).await.unwrap();
    statement::run(connection.as_mut(), sql("PRAGMA cache_size = 77")).await.unwrap();
    drop(connection.exec_rows(&endless().sql, Vec::new()).await);
    drop(connection);
    let mut same = pool.take(WAIT).await.unwrap();
    let rows = statement::run(same.as_mut(), sql("PRAGMA cache_size")).await.unwrap();
    assert_eq!(rows, [Row(vec![Cell::Int(77)])], "it was given up instead of stopped");
}
