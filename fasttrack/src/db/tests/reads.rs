//! Reads: exhaustion, time limits, and whose turn it is.

use std::{sync::Arc, time::Duration};

use futures_util::future::join_all;

use super::*;
use crate::db::{Asker, Meter};

const ENDLESS: i64 = 100_000_000_000;

fn hurried(connections: usize) -> DbOptions {
    let (reader_wait, statement_limit) = (Duration::from_millis(200), Duration::from_millis(500));
    DbOptions { readers: connections, pool: connections, reader_wait, statement_limit, ..DbOptions::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn more_reads_than_connections_wait_their_turn() {
    for bench in benches(DbOptions { readers: 2, pool: 2, ..DbOptions::default() }).await {
        let reads = join_all((0..200).map(|_| bench.read(bench.counting(1000)))).await;
        assert!(reads.iter().all(|rows| *rows == Ok(vec![Row(vec![Cell::Int(1000)])])), "{reads:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn searches_leave_half_of_the_connections_alone() {
    for bench in benches(hurried(4)).await {
        let searches = join_all((0..4).map(|_| bench.search(bench.counting(ENDLESS))));
        let (met, ()) = futures_util::join!(searches, async {
            for _ in 0..20 {
                bench.ping().await.unwrap();
            }
        });
        let refused = met.iter().filter(|met| met.as_ref().is_err_and(|error| error.to_string().contains("too many")));
        assert_eq!(refused.count(), 2, "{met:?}");
        bench.ping().await.unwrap();
    }
}

/// Asks on the account of `id`.
async fn asked_by<T>(id: i64, work: impl Future<Output = T>) -> T {
    let work = async {
        Meter::charge(Asker::Account(id));
        work.await
    };
    Arc::new(Meter::default()).watch(work).await
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_holds_more_than_one_slow_reader() {
    let options = hurried(4);
    for bench in benches(DbOptions { reader_wait: options.statement_limit * 20, ..options }).await {
        let searches = join_all((0..3).map(|_| asked_by(1, bench.search(bench.counting(ENDLESS)))));
        let (met, others) = futures_util::join!(searches, async {
            let mut others = Vec::new();
            for _ in 0..50 {
                others.push(asked_by(2, bench.search(bench.counting(10))).await);
            }
            others
        });
        let is_slow =
            |met: &Result<_, DbError>| met.as_ref().is_err_and(|error| error.to_string().contains("too long"));
        assert!(met.iter().all(is_slow), "{met:?}");
        assert!(others.iter().all(Result::is_ok), "{others:?}");

        let reads = join_all((0..3).map(|_| asked_by(1, bench.read(bench.counting(ENDLESS))))).await;
        let mut why: Vec<_> = reads.into_iter().map(|read| read.unwrap_err().to_string()).collect();
        why.sort();
        let another = "another slow statement of the same caller is running";
        assert_eq!(why, [another, another, "the statement took too long"]);
        let of_nobody = join_all((0..3).map(|_| bench.read(bench.counting(ENDLESS)))).await;
        assert!(of_nobody.iter().all(is_slow), "{of_nobody:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_reads_does_not_write() {
    for bench in benches(DbOptions::default()).await {
        for text in [
            "INSERT INTO item (name) VALUES ('ghost')",
            " insert into item (name) VALUES ('ghost')",
            "WITH x AS (SELECT 1) INSERT INTO item (name) SELECT 'ghost' FROM x",
            "/* a word */ DELETE FROM parent",
            "UPDATE parent SET id = 7",
        ] {
            let met = bench.read(sql(text)).await;
            assert!(matches!(&met, Err(DbError::Busy(_))), "{text}: {met:?}");
        }
        assert_eq!(
            bench.read(sql("WITH x AS (SELECT 7 AS n) SELECT n FROM x")).await,
            Ok(vec![Row(vec![Cell::Int(7)])])
        );
        assert_eq!(bench.names().await, Vec::<String>::new());
        let left = bench.read(sql("SELECT count(*) FROM parent WHERE id = 1")).await;
        assert_eq!(left, Ok(vec![Row(vec![Cell::Int(1)])]));
    }
}
