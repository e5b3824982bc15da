//! The writer: what shares a transaction fails alone, and nothing is told before it is so.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use futures_util::{FutureExt, future::join_all, pin_mut, poll};
use tokio::sync::{mpsc, watch};

use super::*;

/// Stops the writer inside a unit until the sender is used or dropped, so that what is asked meanwhile is one group.
async fn hold(db: &Db) -> (watch::Sender<()>, tokio::task::JoinHandle<Result<(), Error>>) {
    let (release, mut released) = watch::channel(());
    let (inside, mut entered) = mpsc::channel(1);
    let db = db.clone();
    let held = tokio::spawn(async move {
        db.write(move |tx| {
            Box::pin(async move {
                tx.query(sql("SELECT 1")).await?;
                inside.send(()).await.ok();
                released.changed().await.ok();
                Ok(())
            })
        })
        .await
    });
    entered.recv().await.unwrap();
    (release, held)
}

/// Waits for all of them, begun while the writer was held.
pub(super) async fn together<F: Future>(db: &Db, futures: Vec<F>) -> Vec<F::Output> {
    let (release, held) = hold(db).await;
    let all = join_all(futures);
    pin_mut!(all);
    assert!(poll!(&mut all).is_pending());
    drop(release);
    held.await.unwrap().unwrap();
    all.await
}

#[tokio::test]
async fn what_waits_and_what_shares_a_transaction_is_measured() {
    let bench = bench(DbOptions { queue: 3, ..DbOptions::default() }).await;
    let gauges = bench.gauges.clone();
    let (groups, writes) = (gauges.group.get_sample_count(), gauges.group.get_sample_sum());
    let (release, held) = hold(&bench).await;
    let all = join_all(["a", "b", "c", "refused"].map(|name| write(&bench, name.to_owned())));
    pin_mut!(all);
    assert!(poll!(&mut all).is_pending());
    assert_eq!(gauges.waiting.get(), 3, "what the writer has taken waits no more, and what was refused never did");
    drop(release);
    held.await.unwrap().unwrap();
    let refused = all.await.iter().filter(|outcome| outcome.is_err()).count();
    assert_eq!((refused, gauges.waiting.get()), (1, 0));
    let added = (gauges.group.get_sample_count() - groups, gauges.group.get_sample_sum() - writes);
    assert_eq!(added, (2, 4.0), "one alone, and three together");
}

#[tokio::test]
async fn units_of_one_group_fail_alone() {
    let bench = bench(DbOptions::default()).await;
    write(&bench, "taken".into()).await.unwrap();
    let wanted = ["a", "taken", "b", "panic", "c", "silent", "d"];
    let hooks = Arc::new(AtomicUsize::new(0));
    let units = wanted.map(|name| {
        let hooks = Arc::clone(&hooks);
        let counted = move || _ = hooks.fetch_add(1, Ordering::SeqCst);
        bench.write(move |tx| {
            Box::pin(async move {
                tx.after_commit(counted);
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
    let met: Vec<String> = together(&bench, units.into())
        .await
        .into_iter()
        .map(|met| met.map_or_else(|error| error.to_string(), ToOwned::to_owned))
        .collect();
    let unique = "unique constraint on item.name";
    assert_eq!(met, ["a", unique, "b", "a unit of work panicked", "c", "told by the unit", "d"]);
    assert_eq!(names(&bench).await, ["a", "a-first", "b", "b-first", "c", "c-first", "d", "d-first", "taken"]);
    assert_eq!(hooks.load(Ordering::SeqCst), 4, "the hooks of those that failed ran");
}

#[tokio::test]
async fn rows_of_a_plan_are_merged_and_a_bad_one_fails_alone() {
    for bad in [0, 1, 3] {
        let bench = bench(DbOptions::default()).await;
        write(&bench, "taken".into()).await.unwrap();
        let plan: Arc<dyn RowPlan> = Arc::new(Items);
        let mut wanted: Vec<String> = (0..100).map(|number| format!("item {number:03}")).collect();
        for at in 0..bad {
            wanted[at * 37 + 5] = "taken".into();
        }
        let rows = wanted.iter().map(|name| bench.insert(Arc::clone(&plan), vec![text(name)])).collect();
        let met = together(&bench, rows).await;
        for (name, met) in wanted.iter().zip(met) {
            let expected = match name.as_str() {
                "taken" => Err(DbError::Unique("item.name".into())),
                _ => Ok(Some(name.clone().into_bytes())),
            };
            assert_eq!(met, expected, "{name}");
        }
        assert_eq!(names(&bench).await.len(), 101 - bad);
    }
}

/// Counts how often it is asked, and answers too few.
struct Counted(AtomicUsize, usize);

impl RowPlan for Counted {
    fn insert<'a>(
        &'a self,
        _tx: &'a mut Tx,
        rows: &'a [Vec<Arg>],
    ) -> BoxFuture<'a, Result<Vec<Option<Vec<u8>>>, DbError>> {
        self.0.fetch_add(1, Ordering::SeqCst);
        async move { Ok(vec![None; rows.len() - self.1]) }.boxed()
    }
}

#[tokio::test]
async fn rows_of_a_plan_cost_one_call_and_plans_are_kept_apart() {
    let bench = bench(DbOptions::default()).await;
    let (one, two) = (Arc::new(Counted(AtomicUsize::new(0), 0)), Arc::new(Counted(AtomicUsize::new(0), 1)));
    let rows = (0..64).map(|number| {
        let plan: Arc<dyn RowPlan> = if number % 4 > 0 { one.clone() } else { two.clone() };
        bench.insert(plan, vec![])
    });
    let met = together(&bench, rows.collect()).await;
    assert_eq!(met.iter().filter(|met| **met == Ok(None)).count(), 48);
    assert!(met.iter().step_by(4).all(|met| matches!(met, Err(DbError::Other(_)))), "too few answers went unnoticed");
    assert_eq!(one.0.load(Ordering::SeqCst), 1);
    assert_eq!(two.0.load(Ordering::SeqCst), 31, "16 rows in halves, down to single ones");
}

#[tokio::test]
async fn a_full_queue_refuses_at_once() {
    let bench = bench(DbOptions { queue: 3, ..DbOptions::default() }).await;
    let (release, held) = hold(&bench).await;
    let waiting = join_all((0..3).map(|number| write(&bench, number.to_string())));
    pin_mut!(waiting);
    assert!(poll!(&mut waiting).is_pending());
    let plan: Arc<dyn RowPlan> = Arc::new(Items);
    assert_eq!(bench.insert(plan, vec![text("x")]).now_or_never(), Some(Err(DbError::QueueFull)));
    assert!(matches!(write(&bench, "x".into()).now_or_never(), Some(Err(Error::Unavailable(_)))));
    drop(release);
    held.await.unwrap().unwrap();
    assert!(waiting.await.iter().all(Result::is_ok));
    write(&bench, "room again".into()).await.unwrap();
    assert_eq!(names(&bench).await.len(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn writes_whose_caller_went_away_are_done_and_leave_nothing_open() {
    let bench = bench(DbOptions::default()).await;
    for number in 0..500 {
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
    write(&bench, "after".into()).await.unwrap();
    assert_eq!(names(&bench).await.len(), 1001);
}

#[tokio::test]
async fn what_fails_at_the_commit_fails_for_all_and_runs_no_hook() {
    let bench = bench(DbOptions::default()).await;
    let hooks = Arc::new(AtomicUsize::new(0));
    let units = (0..3).map(|number| {
        let hooks = Arc::clone(&hooks);
        bench.write(move |tx| {
            Box::pin(async move {
                tx.after_commit(move || _ = hooks.fetch_add(1, Ordering::SeqCst));
                tx.query(insert(&number.to_string())).await?;
                if number == 1 {
                    tx.query(sql("PRAGMA defer_foreign_keys = ON")).await?;
                    tx.query(sql("UPDATE item SET parent_id = 99")).await?;
                }
                Ok(())
            })
        })
    });
    let met = together(&bench, units.collect()).await;
    assert!(met.iter().all(|met| matches!(met, Err(Error::Internal(_)))), "{met:?}");
    assert_eq!(hooks.load(Ordering::SeqCst), 0);
    write(&bench, "after".into()).await.unwrap();
    assert_eq!(names(&bench).await, ["after"]);
}

#[tokio::test]
async fn a_unit_that_ends_the_transaction_itself_harms_nobody_for_long() {
    for word in ["ROLLBACK", "COMMIT"] {
        let bench = bench(DbOptions::default()).await;
        let met = bench
            .write(move |tx| {
                Box::pin(async move {
                    tx.query(sql(word)).await?;
                    Err::<(), _>(Error::NotFound("and fails".into()))
                })
            })
            .await;
        assert!(met.is_err());
        write(&bench, "after".into()).await.unwrap();
        assert_eq!(names(&bench).await, ["after"], "{word}");
    }
}

#[tokio::test]
async fn a_unit_that_never_ends_is_ended() {
    let bench = bench(DbOptions { unit_limit: Duration::from_millis(500), ..DbOptions::default() }).await;
    let met: Result<(), Error> = bench
        .write(|tx| {
            Box::pin(async move {
                tx.query(insert("ghost")).await?;
                std::future::pending().await
            })
        })
        .await;
    assert!(matches!(met, Err(Error::Unavailable(_))), "{met:?}");
    write(&bench, "after".into()).await.unwrap();
    assert_eq!(names(&bench).await, ["after"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_that_never_ends_is_stopped_and_nothing_of_it_stays() {
    let bench = bench(DbOptions { write_limit: Duration::from_millis(200), ..DbOptions::default() }).await;
    // What writes takes the transaction along when it is stopped, and whoever shares it.
    for (statement, takes_along) in [(endless as fn() -> Statement, false), (endless_write, true)] {
        let slow = |name: &'static str| {
            bench.write(move |tx| {
                Box::pin(async move {
                    tx.query(insert(name)).await?;
                    // Whoever does not care fails all the same.
                    tx.query(statement()).await.ok();
                    tx.query(insert("later")).await.ok();
                    Ok(())
                })
            })
        };
        let met = together(&bench, vec![slow("one").boxed(), write(&bench, "other".into()).boxed()]).await;
        let is_stopped = |met: &Result<(), Error>| matches!(met, Err(Error::Unavailable(_)));
        assert_eq!(met.iter().map(is_stopped).collect::<Vec<_>>(), [true, takes_along], "{met:?}");
        write(&bench, "after".into()).await.unwrap();
        assert_eq!(names(&bench).await, if takes_along { &["after"][..] } else { &["after", "other"] });
        execute(&bench, "DELETE FROM item").await.unwrap();
    }
}

#[tokio::test]
async fn what_has_lost_its_transaction_is_not_done_outside_of_it() {
    let bench = bench(DbOptions::default()).await;
    let trigger = "CREATE TRIGGER fails BEFORE INSERT ON item WHEN EXISTS (SELECT 1 FROM item WHERE name = 'first')
         BEGIN SELECT raise(ROLLBACK, 'on purpose'); END";
    execute(&bench, trigger).await.unwrap();
    let met: Result<(), Error> = bench
        .write(|tx| {
            Box::pin(async move {
                tx.query(insert("first")).await?;
                Ok(tx.query(insert("second")).await.map(drop)?)
            })
        })
        .await;
    assert!(met.is_err());
    write(&bench, "after".into()).await.unwrap();
    assert_eq!(names(&bench).await, ["after"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_process_that_writes_is_waited_for_and_then_told_of() {
    let bench = bench(DbOptions { busy_timeout: Duration::from_millis(50), ..DbOptions::default() }).await;
    let other = Db::open(&bench.directory.path().join("test.db"), DbOptions::default()).await.unwrap();
    let (release, held) = hold(&other).await;
    let met = write(&bench, "too soon".into()).await;
    assert!(matches!(met, Err(Error::Unavailable(_))), "{met:?}");
    assert_eq!(names(&bench).await, Vec::<String>::new(), "readers do not wait for a writer");
    drop(release);
    held.await.unwrap().unwrap();
    write(&bench, "after".into()).await.unwrap();
    assert_eq!(names(&other).await, ["after"], "what was told as failed is not done");
}

#[tokio::test]
async fn a_full_disk_fails_what_waits_and_is_got_over() {
    let bench = bench(DbOptions::default()).await;
    // Less than there is: then it is what there is, and nothing more fits.
    execute(&bench, "PRAGMA max_page_count = 1").await.unwrap();
    let units = (0..40).map(|number| write(&bench, format!("{number}{}", "x".repeat(3000))));
    let met = together(&bench, units.collect()).await;
    assert!(met.iter().all(|met| matches!(met, Err(Error::Unavailable(_)))), "{met:?}");
    assert_eq!(names(&bench).await, Vec::<String>::new());
    execute(&bench, "PRAGMA max_page_count = 100000").await.unwrap();
    write(&bench, "after".into()).await.unwrap();
    assert_eq!(names(&bench).await, ["after"]);
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn who_writes_gives_way_to_who_reads() {
    let niceness = || rustix::process::getpriority_process(None).unwrap();
    let bench = bench(DbOptions::default()).await;
    let of_writer = bench.write(move |_| Box::pin(async move { Ok(niceness()) })).await.unwrap();
    assert_eq!(of_writer, (niceness() + 5).min(19));
}
