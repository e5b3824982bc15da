//! Units of work: all or nothing, whatever happens on the way.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::sync::Barrier;

use super::*;

fn hurried() -> DbOptions {
    let limit = Duration::from_millis(300);
    DbOptions { write_limit: limit, statement_limit: limit, ..DbOptions::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn units_that_lock_each_other_out_are_run_again() {
    let Some(bench) = bench(DbOptions::default()).await else { return };
    execute(&bench, "INSERT INTO item (name, size) VALUES ('a', 0), ('b', 0)").await.unwrap();
    let (meeting, runs) = (Arc::new(Barrier::new(2)), Arc::new(AtomicU32::new(0)));
    let add = |first: &'static str, second: &'static str| {
        let (meeting, runs) = (Arc::clone(&meeting), Arc::clone(&runs));
        bench.write(move |tx| {
            Box::pin(async move {
                let add = |name| Statement::new("UPDATE item SET size = size + 1 WHERE name = $1", vec![text(name)]);
                tx.query(add(first)).await?;
                if runs.fetch_add(1, Ordering::SeqCst) < 2 {
                    meeting.wait().await;
                }
                Ok(tx.query(add(second)).await.map(drop)?)
            })
        })
    };
    let (one, other) = tokio::join!(add("a", "b"), add("b", "a"));
    one.unwrap();
    other.unwrap();
    let sizes = bench.read(sql("SELECT sum(size)::bigint FROM item")).await.unwrap();
    assert_eq!((sizes, runs.load(Ordering::SeqCst)), (vec![Row(vec![Cell::Int(4)])], 3));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_never_ends_is_ended_and_the_next_one_runs() {
    let options = DbOptions { pool: 2, unit_limit: Duration::from_millis(600), ..hurried() };
    let Some(bench) = bench(options).await else { return };
    for statement in
        ["SELECT pg_sleep(3600)", "INSERT INTO item (name) SELECT 'x' || i FROM generate_series(1, 1000000000) i"]
    {
        let met = bench.write(move |tx| {
            Box::pin(async move {
                tx.query(insert("ghost")).await?;
                // Whoever does not care fails all the same.
                tx.query(sql(statement)).await.ok();
                tx.query(insert("later")).await.ok();
                Ok(())
            })
        });
        assert!(matches!(met.await, Err(Error::Unavailable(_))), "{statement}");
    }
    let pending: Result<(), Error> = bench
        .write(|tx| {
            Box::pin(async move {
                tx.query(insert("ghost")).await?;
                std::future::pending().await
            })
        })
        .await;
    assert!(matches!(pending, Err(Error::Unavailable(_))), "{pending:?}");
    let dropped: Result<(), Error> = bench
        .write(|tx| {
            Box::pin(async move {
                let slow = tx.query(sql("INSERT INTO item (name) SELECT 'y' FROM (SELECT pg_sleep(3600)) s"));
                tokio::time::timeout(Duration::from_millis(50), slow).await.unwrap_err();
                Ok(())
            })
        })
        .await;
    assert!(matches!(dropped, Err(Error::Unavailable(_))), "{dropped:?}");
    let started = Instant::now();
    for name in ["after", "and after"] {
        write(&bench, name.into()).await.unwrap();
    }
    assert!(started.elapsed() < Duration::from_secs(5), "what was cancelled went on");
    assert_eq!(names(&bench).await, ["after", "and after"]);
}

#[tokio::test]
async fn what_fails_at_the_commit_fails_and_runs_no_hook() {
    let Some(bench) = bench(DbOptions::default()).await else { return };
    execute(&bench, "ALTER TABLE item ALTER CONSTRAINT item_parent_id_fkey DEFERRABLE INITIALLY DEFERRED")
        .await
        .unwrap();
    let hooks = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&hooks);
    let met: Result<(), Error> = bench
        .write(move |tx| {
            Box::pin(async move {
                tx.after_commit(move || _ = counted.fetch_add(1, Ordering::SeqCst));
                Ok(tx.query(sql("INSERT INTO item (name, parent_id) VALUES ('x', 99)")).await.map(drop)?)
            })
        })
        .await;
    assert!(matches!(met, Err(Error::Internal(_))), "{met:?}");
    assert_eq!((hooks.load(Ordering::SeqCst), names(&bench).await.len()), (0, 0));
}
