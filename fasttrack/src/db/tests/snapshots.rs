//! Snapshots: one instant for many statements, for a while, and never in the way of others.

use std::time::Duration;

use super::*;
use crate::db::Snapshot;

const ENDLESS: i64 = 100_000_000_000;

fn few(snapshots: usize) -> DbOptions {
    let (reader_wait, statement_limit) = (Duration::from_millis(300), Duration::from_millis(500));
    DbOptions { readers: 1, pool: 2, snapshots, reader_wait, statement_limit, ..DbOptions::default() }
}

async fn items(snapshot: &mut Snapshot) -> Result<Option<i64>, DbError> {
    let rows = snapshot.read(sql("SELECT count(*) FROM item")).await?;
    Ok(rows.first().and_then(|row| row.int(0)))
}

/// What a snapshot says that begins now; one that is being let go is waited for.
async fn items_now(bench: &Bench) -> Option<i64> {
    loop {
        match bench.snapshot().await {
            Ok(mut snapshot) => return items(&mut snapshot).await.unwrap(),
            Err(error) => assert!(error.to_string().contains("in use"), "{error}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_statement_reads_from_the_instant_at_which_it_began() {
    for bench in benches(DbOptions::default()).await {
        bench.add("before").await.unwrap();
        let mut snapshot = bench.snapshot().await.unwrap();
        bench.add("after").await.unwrap();
        for _ in 0..3 {
            assert_eq!(items(&mut snapshot).await, Ok(Some(1)));
            assert_eq!(bench.names().await, ["after", "before"]);
        }
        drop(snapshot);
        assert_eq!(items_now(&bench).await, Some(2));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn there_are_so_many_and_those_who_read_do_not_wait_for_them() {
    for bench in benches(few(2)).await {
        let mut held = [bench.snapshot().await.unwrap(), bench.snapshot().await.unwrap()];
        assert_eq!(bench.gauges.snapshots.get(), 2);
        let refused = bench.snapshot().await.map(drop);
        assert!(matches!(&refused, Err(DbError::Busy(why)) if why.to_string().contains("in use")), "{refused:?}");
        for _ in 0..20 {
            bench.search(bench.counting(10)).await.unwrap();
        }
        bench.add("meanwhile").await.unwrap();
        assert_eq!(items(&mut held[0]).await, Ok(Some(0)));
        drop(held);
        assert_eq!(bench.gauges.snapshots.get(), 0);
        assert_eq!(items_now(&bench).await, Some(1));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_is_dropped_in_the_middle_is_stopped_and_its_connection_lent_again_without_its_instant() {
    for bench in benches(few(1)).await {
        for (round, name) in ["a", "b", "c"].into_iter().enumerate() {
            let mut snapshot = bench.snapshot().await.unwrap();
            let endless = bench.counting(ENDLESS);
            let reading = tokio::spawn(async move { snapshot.read(endless).await });
            bench.add(name).await.unwrap();
            reading.abort();
            assert!(reading.await.unwrap_err().is_cancelled());
            assert_eq!(items_now(&bench).await, i64::try_from(round + 1).ok());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn after_what_failed_nothing_more_is_read() {
    for bench in benches(few(1)).await {
        for wrong in [sql("SELECT nothing FROM nowhere"), bench.counting(ENDLESS)] {
            let mut snapshot = bench.snapshot().await.unwrap();
            snapshot.read(wrong).await.unwrap_err();
            let why = items(&mut snapshot).await.unwrap_err();
            assert!(why.to_string().contains("not held any more"), "{why}");
            // Its connection has come back before it is dropped itself.
            assert_eq!(items_now(&bench).await, Some(0));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_is_held_for_a_while_and_no_longer() {
    let limit = Duration::from_millis(300);
    for bench in benches(DbOptions { snapshot_limit: limit, ..few(1) }).await {
        let mut snapshot = bench.snapshot().await.unwrap();
        assert_eq!(items(&mut snapshot).await, Ok(Some(0)));
        let why = snapshot.read(bench.counting(ENDLESS)).await.unwrap_err();
        assert!(why.to_string().contains("not held any more"), "{why}");
        assert_eq!(items_now(&bench).await, Some(0));
        let mut late = bench.snapshot().await.unwrap();
        tokio::time::sleep_until(late.ends_at()).await;
        items(&mut late).await.unwrap_err();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_reads_from_an_instant_does_not_write() {
    for bench in benches(few(1)).await {
        let mut snapshot = bench.snapshot().await.unwrap();
        snapshot.read(insert("ghost")).await.unwrap_err();
        drop(snapshot);
        assert_eq!(items_now(&bench).await, Some(0));
    }
}
