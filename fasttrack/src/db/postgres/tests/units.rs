//! Units of work: all or nothing, whatever happens on the way.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use futures_util::future::{BoxFuture, join_all};
use tokio::sync::{Barrier, mpsc};

use super::*;
use crate::db::{RowPlan, Tx};

fn hurried() -> DbOptions {
    let limit = Duration::from_millis(300);
    DbOptions { write_limit: limit, statement_limit: limit, ..DbOptions::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn units_fail_alone_and_their_hooks_with_them() {
    let Some(bench) = bench(DbOptions::default()).await else { return };
    write(&bench, "taken".into()).await.unwrap();
    let hooks = Arc::new(AtomicUsize::new(0));
    let units = ["a", "taken", "b", "panic", "silent", "d"].map(|name| {
        let hooks = Arc::clone(&hooks);
        bench.write(move |tx| {
            Box::pin(async move {
                tx.after_commit(move || _ = hooks.fetch_add(1, Ordering::SeqCst));
                tx.query(insert(&format!("{name}-first"))).await?;
                match name {
                    "panic" => panic!("on purpose"),
                    "silent" => return Err(Error::NotFound("told by the unit".into())),
                    _ => {}
                }
                Ok(tx.query(insert(name)).await.map(|_| name)?)
            })
        })
    });
    let met: Vec<String> = join_all(units)
        .await
        .into_iter()
        .map(|met| met.map_or_else(|error| error.to_string(), ToOwned::to_owned))
        .collect();
    let unique = "unique constraint on item_name_key";
    assert_eq!(met, ["a", unique, "b", "a unit of work panicked", "told by the unit", "d"]);
    assert_eq!(names(&bench).await, ["a", "a-first", "b", "b-first", "d", "d-first", "taken"]);
    assert_eq!(hooks.load(Ordering::SeqCst), 3, "the hooks of those that failed ran");
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

#[tokio::test(flavor = "multi_thread")]
async fn writes_whose_caller_went_away_are_done_and_leave_nothing_open() {
    let Some(bench) = bench(DbOptions { pool: 4, ..DbOptions::default() }).await else { return };
    for number in 0..50 {
        let (begun, mut started) = mpsc::channel(1);
        let db = bench.db.clone();
        let write = tokio::spawn(async move {
            db.write(move |tx| {
                Box::pin(async move {
                    begun.send(()).await.ok();
                    tx.query(insert(&format!("{number} a"))).await?;
                    Ok(tx.query(insert(&format!("{number} b"))).await.map(drop)?)
                })
            })
            .await
        });
        started.recv().await.unwrap();
        write.abort();
    }
    bench.close().await;
    let again = Db::connect(&DatabaseUrl::Postgres(bench.url.clone()), DbOptions::default()).await.unwrap();
    assert_eq!(names(&again).await.len(), 100, "the end waits for what is under way");
    assert!(matches!(bench.ping().await, Err(DbError::Busy(_))));
    assert!(matches!(write(&bench, "late".into()).await, Err(Error::Unavailable(_))));
    again.close().await;
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

/// Inserts items in one statement, and notes how many came together.
#[derive(Default)]
struct Items(Mutex<Vec<usize>>);

impl RowPlan for Items {
    fn insert<'a>(
        &'a self,
        tx: &'a mut Tx,
        rows: &'a [Vec<Arg>],
    ) -> BoxFuture<'a, Result<Vec<Option<Vec<u8>>>, DbError>> {
        Box::pin(async move {
            self.0.lock().unwrap().push(rows.len());
            let places: Vec<String> = (1..=rows.len()).map(|number| format!("(${number})")).collect();
            let text = format!("INSERT INTO item (name) VALUES {} RETURNING name", places.join(", "));
            let rows = tx.query(Statement::new(text, rows.concat())).await?;
            Ok(rows.into_iter().map(|mut row| row.take_bytes(0)).collect())
        })
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_of_a_plan_are_merged_and_a_bad_one_fails_alone() {
    let Some(bench) = bench(DbOptions { queue: 500, ..DbOptions::default() }).await else { return };
    write(&bench, "taken".into()).await.unwrap();
    let items = Arc::new(Items::default());
    let plan: Arc<dyn RowPlan> = items.clone();
    let mut wanted: Vec<String> = (0..400).map(|number| format!("item {number:03}")).collect();
    for at in [5, 42, 300] {
        wanted[at] = "taken".into();
    }
    let met = join_all(wanted.iter().map(|name| bench.insert(Arc::clone(&plan), vec![text(name)]))).await;
    for (name, met) in wanted.iter().zip(met) {
        let expected = match name.as_str() {
            "taken" => Err(DbError::Unique("item_name_key".into())),
            _ => Ok(Some(name.clone().into_bytes())),
        };
        assert_eq!(met, expected, "{name}");
    }
    assert_eq!(names(&bench).await.len(), 398);
    let sizes = items.0.lock().unwrap();
    assert!(sizes.len() < 100 && sizes.iter().any(|size| *size > 50), "{sizes:?}");
}
