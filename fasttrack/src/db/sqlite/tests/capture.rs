//! Whoever watches hears of what was committed, whatever statement did it, and of when that is not known.

use std::sync::{Arc, Mutex};

use futures_util::FutureExt;
use tokio::sync::Notify;

use super::*;
use crate::db::{ChangeCapture, ChangeListener};

/// Writes down what it is told, and refuses what it is asked to.
#[derive(Default)]
struct Recorder {
    told: Mutex<Vec<String>>,
    refuses: Mutex<Option<i64>>,
    answered: Notify,
}

impl Recorder {
    fn note(&self, what: impl Into<String>) {
        self.told.lock().unwrap().push(what.into());
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.told.lock().unwrap())
    }
}

fn ids(changes: &[Row]) -> Vec<i64> {
    changes.iter().map(|note| note.int(1).unwrap()).collect()
}

impl ChangeListener for Recorder {
    fn before_commit<'a>(&'a self, tx: &'a mut Tx, changes: &'a [Row]) -> BoxFuture<'a, Result<(), DbError>> {
        async move {
            if ids(changes).iter().any(|id| *self.refuses.lock().unwrap() == Some(*id)) {
                return Err(DbError::Invariant("not this one".into()));
            }
            if ids(changes) == [4] {
                // What it writes itself is part of the unit, and captured.
                tx.query(sql("UPDATE item SET size = 7 WHERE size = 6")).await?;
            }
            Ok(())
        }
        .boxed()
    }

    fn committed(&self, changes: &[Row]) {
        self.note(format!("{:?}", ids(changes)));
    }

    fn is_awaited(&self, _: &[Row]) -> bool {
        false
    }

    fn suspend(&self) {
        self.note("lost");
    }

    fn resync(&self) {
        self.note("sees");
    }

    fn answer<'a>(&'a self, _: &'a mut Tx) -> BoxFuture<'a, Result<(), DbError>> {
        self.note("answers");
        self.answered.notify_one();
        std::future::ready(Ok(())).boxed()
    }
}

/// A database whose items are watched, three of which hang on a parent in one way or another.
async fn watched(options: DbOptions) -> (Bench, Arc<Recorder>) {
    let bench = bench(options).await;
    execute(
        &bench,
        "DROP TABLE item; CREATE TABLE item (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE, size INTEGER,
             parent_id INTEGER REFERENCES parent (id) ON DELETE CASCADE,
             other_id INTEGER REFERENCES parent (id) ON DELETE SET NULL);
         INSERT INTO item (id, name, parent_id, other_id, size) VALUES
             (1, 'one', 1, NULL, 1), (2, 'two', NULL, 1, 1), (3, 'three', 1, 1, 1), (4, 'four', NULL, NULL, 1)",
    )
    .await
    .unwrap();
    let recorder = Arc::new(Recorder::default());
    bench.capture_changes(capture(Arc::clone(&recorder))).await.unwrap();
    // The first look tells that anything may have been before.
    recorder.answered.notified().await;
    write(&bench, "five".into()).await.unwrap();
    assert_eq!(recorder.take(), ["sees", "answers", "[5]"]);
    (bench, recorder)
}

fn capture(listener: Arc<Recorder>) -> ChangeCapture {
    let on = |event: &str, row: &str| {
        format!(
            "CREATE TEMP TRIGGER IF NOT EXISTS note_{event} AFTER {event} ON main.item BEGIN \
             INSERT INTO changes VALUES (1, {row}.id, NULL); END"
        )
    };
    ChangeCapture {
        setup: vec![
            "CREATE TEMP TABLE IF NOT EXISTS changes (change INTEGER, item INTEGER, spare INTEGER)".into(),
            on("INSERT", "NEW"),
            on("UPDATE", "OLD"),
            on("DELETE", "OLD"),
        ],
        collect: "SELECT change, item, spare FROM changes".into(),
        clear: "DELETE FROM changes".into(),
        channel: None,
        listener,
    }
}

#[tokio::test]
async fn whatever_a_statement_leads_to_is_told() {
    let (bench, recorder) = watched(DbOptions::default()).await;
    for (statements, expected) in [
        ("SELECT 1", &[][..]),
        ("INSERT INTO parent DEFAULT VALUES", &[]),
        ("UPDATE item SET size = 2 WHERE id = 4", &[4][..]),
        ("UPDATE item SET size = 2 WHERE id = 4 -- and a word", &[4]),
        ("UPDATE item SET size = 2 WHERE id = 4 /* and a word */;", &[4]),
        ("SELECT 1; UPDATE item SET size = 2 WHERE id = 4", &[4]),
        ("WITH x AS (SELECT 4 AS id) UPDATE item SET size = 3 WHERE id IN (SELECT id FROM x) RETURNING name", &[4]),
        ("UPDATE item SET size = 6 WHERE id = 4", &[4, 4]),
        ("DELETE FROM parent WHERE id = 1", &[1, 2, 3, 3]),
        ("DELETE FROM item", &[2, 4, 5]),
    ] {
        execute(&bench, statements).await.unwrap();
        let told = recorder.take();
        let mut told = told.concat().trim_matches(['[', ']']).split(", ").map(str::to_owned).collect::<Vec<_>>();
        told.sort();
        let expected: Vec<_> = expected.iter().map(i64::to_string).collect();
        assert_eq!(told.join(" "), expected.join(" "), "{statements}");
    }
}

#[tokio::test]
async fn what_was_not_committed_is_not_told() {
    let (bench, recorder) = watched(DbOptions::default()).await;
    let refused: Result<(), Error> = bench
        .write(|tx| {
            Box::pin(async move {
                tx.query(sql("DELETE FROM item")).await?;
                Err(Error::NotFound("the unit fails".into()))
            })
        })
        .await;
    refused.unwrap_err();
    assert_eq!((recorder.take(), names(&bench).await.len()), (vec![], 5));
    // Of one text the first half was done, and the unit goes on without the second.
    let kept: Result<(), Error> = bench
        .write(|tx| {
            Box::pin(async move {
                tx.query(sql("DELETE FROM item WHERE id = 2; INSERT INTO item (id) VALUES (1)")).await.unwrap_err();
                Ok(())
            })
        })
        .await;
    kept.unwrap();
    assert_eq!((recorder.take(), names(&bench).await.len()), (vec!["[2]".to_owned()], 4));
}

#[tokio::test]
async fn what_the_witness_refuses_fails_alone() {
    let (bench, recorder) = watched(DbOptions::default()).await;
    *recorder.refuses.lock().unwrap() = Some(2);
    let delete = |id: i64| {
        let delete = Statement::new("DELETE FROM item WHERE id = $1", vec![Arg::Int(id)]);
        bench.write(move |tx| Box::pin(async move { Ok(tx.query(delete).await.map(drop)?) }))
    };
    let met = super::group::together(&bench, [1, 2, 3].map(delete).into()).await;
    let met: Vec<_> = met.into_iter().map(|met| met.map_err(|error| error.to_string())).collect();
    assert_eq!(met, [Ok(()), Err("not this one".into()), Ok(())]);
    assert_eq!(recorder.take(), ["[1, 3]"]);
    assert_eq!(names(&bench).await, ["five", "four", "two"]);
}

#[tokio::test]
async fn a_text_that_would_swallow_what_comes_behind_it_is_refused() {
    let (bench, _) = watched(DbOptions::default()).await;
    for text in ["DELETE FROM item /* ", "DELETE FROM item /*/", "DELETE FROM item /* * / "] {
        let met = bench.write(move |tx| Box::pin(async move { Ok(tx.query(sql(text)).await.map(drop)?) })).await;
        assert!(matches!(&met, Err(Error::Internal(why)) if why.contains("comment")), "{met:?}");
    }
    execute(&bench, "DELETE FROM item /* $7 ? **/ WHERE id /***/ = 1").await.unwrap();
    assert_eq!(names(&bench).await.len(), 4);
}

#[tokio::test]
async fn a_commit_that_fails_is_a_doubt_until_the_next_connection() {
    let (bench, recorder) = watched(DbOptions::default()).await;
    let (hooks, wakes) = (Arc::clone(&recorder), Arc::clone(&recorder));
    let met: Result<(), Error> = bench
        .write(|tx| {
            Box::pin(async move {
                tx.after_commit(move || hooks.note("announced"));
                tx.wake(move || wakes.note("woken"));
                tx.query(sql("PRAGMA defer_foreign_keys = ON")).await?;
                tx.query(sql("UPDATE item SET parent_id = 99 WHERE id = 1")).await?;
                Ok(())
            })
        })
        .await;
    met.unwrap_err();
    assert_eq!(recorder.take(), ["lost"]);
    write(&bench, "six".into()).await.unwrap();
    assert_eq!(recorder.take()[..3], ["sees", "woken", "[6]"], "what only polls is woken, and nothing is announced");
}

#[tokio::test]
async fn a_connection_that_fails_is_replaced_by_one_that_captures() {
    let (bench, recorder) = watched(DbOptions::default()).await;
    let met = bench.write(|tx| Box::pin(async move { Ok(tx.query(sql("ROLLBACK")).await.map(drop)?) })).await;
    met.unwrap_err();
    write(&bench, "six".into()).await.unwrap();
    let told = recorder.take();
    assert!(told.contains(&"sees".into()) && told.last().unwrap() == "[6]", "{told:?}");
}

#[tokio::test]
async fn what_others_write_is_noticed_by_whoever_serves_and_by_nobody_else() {
    let (bench, recorder) = watched(DbOptions::default()).await;
    let path = bench.directory.path().join("test.db");
    let beside = Db::open(&path, DbOptions { beside: true, ..DbOptions::default() }).await.unwrap();
    let other = Arc::new(Recorder::default());
    beside.capture_changes(capture(Arc::clone(&other))).await.unwrap();
    write(&beside, "six".into()).await.unwrap();
    recorder.answered.notified().await;
    assert_eq!(recorder.take(), ["sees", "answers"]);
    write(&bench, "seven".into()).await.unwrap();
    write(&beside, "eight".into()).await.unwrap();
    recorder.answered.notified().await;
    assert_eq!(recorder.take(), ["[7]", "sees", "answers"]);
    assert_eq!(other.take(), ["[6]", "[8]"]);
}

/// Two that copy the log into the file can lose pages.
#[tokio::test]
async fn who_works_beside_a_server_leaves_the_log_to_it() {
    let bench = bench(DbOptions::default()).await;
    let path = bench.directory.path().join("test.db");
    let beside = Db::open(&path, DbOptions { beside: true, ..DbOptions::default() }).await.unwrap();
    let size = || std::fs::metadata(&path).unwrap().len();
    let before = size();
    // More than a log may hold before it is copied.
    execute(&beside, "INSERT INTO item (name) VALUES (hex(zeroblob(4000000)))").await.unwrap();
    beside.close().await;
    assert_eq!(size(), before);
    write(&bench, "small".into()).await.unwrap();
    assert!(size() > before + 8_000_000, "the server has copied it");
}
