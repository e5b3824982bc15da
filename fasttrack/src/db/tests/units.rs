//! Units of work: what fails, fails alone, and nothing is told before it is so.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};

use futures_util::future::{BoxFuture, join_all};
use tokio::sync::mpsc;

use super::*;
use crate::db::{RowPlan, Tx};

#[tokio::test(flavor = "multi_thread")]
async fn units_fail_alone_and_their_hooks_with_them() {
    for bench in benches(DbOptions::default()).await {
        bench.add("taken").await.unwrap();
        let hooks = Arc::new(AtomicUsize::new(0));
        let units = ["a", "taken", "b", "panic", "c", "silent", "d"].map(|name| {
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
        let told = |met: Result<&str, Error>| met.map_or_else(|error| error.to_string(), ToOwned::to_owned);
        let met: Vec<String> = join_all(units).await.into_iter().map(told).collect();
        let unique = bench.choose("unique constraint on item.name", "unique constraint on item_name_key");
        assert_eq!(met, ["a", unique, "b", "a unit of work panicked", "c", "told by the unit", "d"]);
        let kept = ["a", "a-first", "b", "b-first", "c", "c-first", "d", "d-first", "taken"];
        assert_eq!(bench.names().await, kept);
        assert_eq!(hooks.load(Ordering::SeqCst), 4, "the hooks of those that failed ran");
    }
}

/// Adds items in parts that lie in each other; those of these names fail, and what fails is let pass.
fn add_in_parts<'a>(
    tx: &'a mut Tx,
    names: &'static [&'static str],
    fail: &'static str,
) -> BoxFuture<'a, Result<(), Error>> {
    Box::pin(async move {
        let Some((name, rest)) = names.split_first() else { return Ok(()) };
        let added = tx.part(move |tx| {
            Box::pin(async move {
                tx.query(insert(name)).await?;
                tx.attempt(sql("SELECT 1")).await?;
                add_in_parts(tx, rest, fail).await?;
                if fail.contains(name) { Err(Error::NotFound("on purpose".into())) } else { Ok(()) }
            })
        });
        added
            .await
            .or_else(|error| if matches!(error, Error::NotFound(_) | Error::Conflict(_)) { Ok(()) } else { Err(error) })
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_part_fails_alone_with_the_parts_in_it() {
    for (fail, kept) in [
        ("", &["a", "b", "c", "first", "last"][..]),
        ("c", &["a", "b", "first", "last"]),
        ("b", &["a", "first", "last"]),
        ("a", &["first", "last"]),
    ] {
        for bench in benches(DbOptions::default()).await {
            let written = bench.write(move |tx| {
                Box::pin(async move {
                    tx.query(insert("first")).await?;
                    add_in_parts(tx, &["a", "b", "c"], fail).await?;
                    Ok(tx.query(insert("last")).await.map(drop)?)
                })
            });
            written.await.unwrap();
            assert_eq!(bench.names().await, kept, "{fail}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_unit_goes_on_after_what_the_database_refuses_in_a_part() {
    for bench in benches(DbOptions::default()).await {
        bench.add("taken").await.unwrap();
        let hooks = Arc::new(AtomicUsize::new(0));
        let count = |hooks: &Arc<AtomicUsize>| {
            let hooks = Arc::clone(hooks);
            move || _ = hooks.fetch_add(1, Ordering::SeqCst)
        };
        let [of_part, of_unit] = [count(&hooks), count(&hooks)];
        let written = bench.write({
            let (of_part, of_unit) = (of_part.clone(), of_unit.clone());
            move |tx| {
                Box::pin(async move {
                    // Nothing was said before, and nothing is said in the first.
                    tx.part(|_| Box::pin(async { Err::<(), _>(Error::NotFound("at once".into())) })).await.unwrap_err();
                    let refused = tx.part(|tx| {
                        Box::pin(async move {
                            tx.after_commit(of_part);
                            tx.query(insert("gone")).await?;
                            Ok(tx.query(insert("taken")).await.map(drop)?)
                        })
                    });
                    let refused = refused.await.unwrap_err();
                    assert!(matches!(refused, Error::Conflict(_) | Error::Internal(_)), "{refused}");
                    tx.after_commit(of_unit);
                    tx.part(|tx| Box::pin(async move { Ok(tx.query(insert("kept")).await.map(drop)?) })).await
                })
            }
        });
        written.await.unwrap();
        assert_eq!(bench.names().await, ["kept", "taken"]);
        assert_eq!(hooks.load(Ordering::SeqCst), 1, "what a part left that failed ran");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_unit_whose_part_takes_too_long_is_over() {
    let options = DbOptions { write_limit: std::time::Duration::from_millis(300), ..DbOptions::default() };
    for bench in benches(options).await {
        let forever = bench.counting(1 << 50);
        let written = bench.write(move |tx| {
            Box::pin(async move {
                tx.query(insert("first")).await?;
                let slow = tx.part(move |tx| Box::pin(async move { Ok(tx.query(forever).await?) })).await;
                assert!(matches!(slow, Err(Error::Unavailable(_))), "{slow:?}");
                Ok(tx.query(insert("last")).await.map(drop)?)
            })
        });
        assert!(matches!(written.await, Err(Error::Unavailable(_))));
        assert_eq!(bench.names().await, Vec::<String>::new());
        bench.add("after").await.unwrap();
    }
}

#[tokio::test]
async fn a_unit_that_panics_before_it_is_a_future_fails_alone() {
    for bench in benches(DbOptions::default()).await {
        let met: Result<(), Error> = bench.write(|_tx| panic!("on purpose")).await;
        assert!(matches!(met, Err(Error::Internal(_))), "{met:?}");
        bench.add("after").await.unwrap();
    }
}

#[tokio::test]
async fn hooks_run_after_the_commit_and_before_the_answer() {
    for bench in benches(DbOptions::default()).await {
        let (hooked, mut ran) = mpsc::channel(1);
        let written = bench.write(move |tx| {
            Box::pin(async move {
                tx.after_commit(|| panic!("on purpose: the commit stands"));
                tx.after_commit(move || _ = hooked.try_send(()));
                Ok(tx.query(insert("x")).await.map(drop)?)
            })
        });
        written.await.unwrap();
        assert_eq!(ran.try_recv(), Ok(()), "answered before the hook ran");
        assert_eq!(bench.names().await, ["x"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn writes_whose_caller_went_away_are_done_before_the_end() {
    for bench in benches(DbOptions { pool: 4, ..DbOptions::default() }).await {
        let done = Arc::new(AtomicUsize::new(0));
        for number in 0..100 {
            let (begun, mut started) = mpsc::channel(1);
            let (db, done) = (Db::clone(&bench), Arc::clone(&done));
            let write = tokio::spawn(async move {
                db.write(move |tx| {
                    Box::pin(async move {
                        begun.send(()).await.ok();
                        tx.after_commit(move || _ = done.fetch_add(1, Ordering::SeqCst));
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
        assert_eq!(done.load(Ordering::SeqCst), 100);
        bench.close().await;
        assert!(matches!(bench.ping().await, Err(DbError::Busy(_))));
        assert!(matches!(bench.search(sql("SELECT 1")).await, Err(DbError::Busy(_))));
        assert!(matches!(bench.add("late").await, Err(Error::Unavailable(_))));
    }
}

/// Inserts items in one statement, and notes how many came together; or answers too few.
#[derive(Default)]
pub(super) struct Items {
    sizes: Mutex<Vec<usize>>,
    forgets: bool,
    rendered: &'static str,
}

impl Items {
    /// Answers the name.
    pub(super) fn named(bench: &Bench) -> Self {
        Self { rendered: bench.choose("CAST(name AS BLOB)", "name"), ..Self::default() }
    }
}

impl RowPlan for Items {
    fn insert<'a>(
        &'a self,
        tx: &'a mut Tx,
        rows: &'a [Vec<Arg>],
    ) -> BoxFuture<'a, Result<Vec<Option<Vec<u8>>>, DbError>> {
        Box::pin(async move {
            self.sizes.lock().unwrap().push(rows.len());
            if self.forgets {
                return Ok(vec![None; rows.len() - 1]);
            }
            let places: Vec<String> = (1..=rows.len()).map(|number| format!("(${number})")).collect();
            let values = places.join(", ");
            let text = format!("INSERT INTO item (name) VALUES {values} RETURNING {}", self.rendered);
            let rows = tx.query(Statement::new(text, rows.concat())).await?;
            Ok(rows.into_iter().map(|mut row| row.take_bytes(0)).collect())
        })
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_of_a_plan_are_merged_and_a_bad_one_fails_alone() {
    for bench in benches(DbOptions { queue: 500, ..DbOptions::default() }).await {
        bench.add("taken").await.unwrap();
        let items = Arc::new(Items::named(&bench));
        let plan: Arc<dyn RowPlan> = items.clone();
        let mut wanted: Vec<String> = (0..400).map(|number| format!("item {number:03}")).collect();
        for at in [5, 42, 300] {
            wanted[at] = "taken".into();
        }
        let met = join_all(wanted.iter().map(|name| bench.insert(Arc::clone(&plan), vec![text(name)]))).await;
        let taken = bench.choose("item.name", "item_name_key");
        for (name, met) in wanted.iter().zip(met) {
            let expected = match name.as_str() {
                "taken" => Err(DbError::Unique(taken.into())),
                _ => Ok(Some(name.clone().into_bytes())),
            };
            assert_eq!(met, expected, "{name}");
        }
        assert_eq!(bench.names().await.len(), 398);
        let sizes = items.sizes.lock().unwrap();
        assert!(sizes.len() < 100 && sizes.iter().any(|size| *size > 50), "{sizes:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_that_answers_too_few_is_found_out() {
    for bench in benches(DbOptions::default()).await {
        let plan: Arc<dyn RowPlan> = Arc::new(Items { forgets: true, ..Items::default() });
        let met = join_all((0..4).map(|_| bench.insert(Arc::clone(&plan), vec![]))).await;
        assert!(met.iter().all(|met| matches!(met, Err(DbError::Other(_)))), "{met:?}");
    }
}
