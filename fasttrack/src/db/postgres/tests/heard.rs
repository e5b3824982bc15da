//! Whoever listens hears of what was committed, here and on other nodes, and of when that is not known.

use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use futures_util::{FutureExt, future::BoxFuture};
use tokio::sync::Notify;

use super::{super::listen, *};
use crate::db::{ChangeCapture, ChangeListener, Notice, Tx};

/// Writes down what it is told, and refuses what it is asked to.
#[derive(Default)]
pub(super) struct Recorder {
    told: Mutex<Vec<String>>,
    news: Notify,
}

impl Recorder {
    pub(super) fn note(&self, what: impl Into<String>) {
        self.told.lock().unwrap().push(what.into());
        self.news.notify_one();
    }

    pub(super) fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.told.lock().unwrap())
    }

    fn forget_until(&self, what: &str) -> bool {
        let mut told = self.told.lock().unwrap();
        let found = told.iter().position(|told| told == what);
        let forgotten = found.map_or(told.len(), |at| at + 1);
        told.drain(..forgotten);
        found.is_some()
    }

    /// Waits until that was told; what was told until then is forgotten.
    pub(super) async fn until(&self, what: &str) {
        let told = async {
            while !self.forget_until(what) {
                self.news.notified().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), told).await.expect(what);
    }
}

fn ids(changes: &[Row]) -> Vec<i64> {
    changes.iter().map(|change| change.int(1).unwrap()).collect()
}

impl ChangeListener for Recorder {
    fn before_commit<'a>(&'a self, tx: &'a mut Tx, changes: &'a [Row]) -> BoxFuture<'a, Result<(), DbError>> {
        async move {
            if ids(changes).contains(&9) {
                return Err(DbError::Invariant("not this one".into()));
            }
            if ids(changes) == [4] {
                // What it writes itself is part of the unit, and captured.
                tx.query(sql("UPDATE item SET size = 7 WHERE id = 1")).await?;
            }
            Ok(())
        }
        .boxed()
    }

    fn committed(&self, changes: &[Row]) {
        self.note(format!("{:?}", ids(changes)));
    }

    fn is_awaited(&self, changes: &[Row]) -> bool {
        ids(changes).contains(&5)
    }

    fn suspend(&self) {
        self.note("lost");
    }

    fn resync(&self) {
        self.note("sees");
    }

    fn answer<'a>(&'a self, _: &'a mut Tx) -> BoxFuture<'a, Result<(), DbError>> {
        std::future::ready(Ok(())).boxed()
    }
}

pub(super) fn capture(listener: &Arc<Recorder>, channel: Option<&'static str>) -> ChangeCapture {
    let note = "CREATE OR REPLACE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
         PERFORM set_config('test.captured', coalesce(current_setting('test.captured', true), '') || \
             coalesce(NEW.id, OLD.id) || ';', true); \
         PERFORM pg_notify('test_changes', '1,' || coalesce(NEW.id, OLD.id) || ','); RETURN NULL; END $$";
    let trigger = "CREATE OR REPLACE TRIGGER note AFTER INSERT OR UPDATE OR DELETE ON item \
         FOR EACH ROW EXECUTE FUNCTION note()";
    let collect = "SELECT 1::bigint, x::bigint, NULL::bigint \
         FROM unnest(string_to_array(rtrim(current_setting('test.captured', true), ';'), ';')) x WHERE x <> ''";
    ChangeCapture {
        setup: vec![note.to_owned(), trigger.to_owned()],
        collect: collect.to_owned(),
        clear: String::new(),
        channel,
        listener: Arc::clone(listener) as Arc<dyn ChangeListener>,
    }
}

async fn watched() -> Option<(Bench, Arc<Recorder>)> {
    let bench = bench(DbOptions::default()).await?;
    execute(&bench, "INSERT INTO item (id, name, parent_id) VALUES (1, 'a', 1), (4, 'd', NULL), (9, 'i', NULL)")
        .await
        .unwrap();
    let recorder = Arc::new(Recorder::default());
    bench.capture_changes(capture(&recorder, None)).await.unwrap();
    assert_eq!(recorder.take(), ["sees"]);
    Some((bench, recorder))
}

#[tokio::test]
async fn what_was_committed_is_told_and_nothing_else() {
    let Some((bench, recorder)) = watched().await else { return };
    for (statements, expected) in [
        ("SELECT 1", None),
        ("INSERT INTO parent DEFAULT VALUES", None),
        ("UPDATE item SET size = 2 WHERE id = 1", Some("[1]")),
        ("UPDATE item SET size = 3 WHERE id = 1; INSERT INTO item (id, name) VALUES (2, 'b')", Some("[1, 2]")),
        ("UPDATE item SET size = 2 WHERE id = 4", Some("[4, 1]")),
        ("WITH gone AS (DELETE FROM item WHERE id = 2 RETURNING 1) SELECT * FROM gone", Some("[2]")),
    ] {
        execute(&bench, statements).await.unwrap();
        assert_eq!(recorder.take(), expected.into_iter().collect::<Vec<_>>(), "{statements}");
    }
    let refused = execute(&bench, "DELETE FROM item").await;
    assert!(matches!(&refused, Err(Error::Conflict(_))), "{refused:?}");
    let failed: Result<(), Error> = bench
        .write(|tx| {
            Box::pin(async move {
                tx.query(sql("UPDATE item SET size = 5 WHERE id = 1")).await?;
                tx.attempt(sql("UPDATE item SET id = 4 WHERE id = 1")).await.unwrap_err();
                tx.query(sql("UPDATE item SET size = 6 WHERE id = 1")).await?;
                Err(Error::NotFound("the unit fails".into()))
            })
        })
        .await;
    failed.unwrap_err();
    assert_eq!((recorder.take(), names(&bench).await.len()), (vec![], 3));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_other_nodes_do_is_heard_and_when_it_cannot_be() {
    let Some((bench, _)) = watched().await else { return };
    let other = Db::connect(&DatabaseUrl::Postgres(bench.url.clone()), DbOptions::default()).await.unwrap();
    let recorder = Arc::new(Recorder::default());
    other.capture_changes(capture(&recorder, Some("test_changes"))).await.unwrap();
    recorder.until("sees").await;
    execute(&bench, "UPDATE item SET size = 2 WHERE id = 1").await.unwrap();
    recorder.until("[1]").await;
    run_on(&bench.url, "UPDATE item SET size = 3 WHERE id = 9".into()).await;
    recorder.until("[9]").await;
    let cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE (query LIKE 'LISTEN%' OR query LIKE 'SELECT pg_advisory_lock_shared%') AND datname = current_database()";
    bench.read(sql(cut)).await.unwrap();
    recorder.until("lost").await;
    recorder.until("sees").await;
    execute(&bench, "UPDATE item SET size = 4 WHERE id = 1").await.unwrap();
    recorder.until("[1]").await;
    other.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_awaited_is_answered_when_every_node_has_heard() {
    const CHANNEL: &str = "test_changes";
    const CHANGE: &str = "UPDATE item SET size = size + 1 WHERE id = 5";
    let Some((bench, _)) = watched().await else { return };
    execute(&bench, "INSERT INTO item (id, name, size) VALUES (5, 'e', 0)").await.unwrap();
    let url = DatabaseUrl::Postgres(bench.url.clone());
    let connect = || Db::connect(&url, DbOptions::default());
    let mut nodes = Vec::new();
    for _ in 0..3 {
        let (node, recorder) = (connect().await.unwrap(), Arc::new(Recorder::default()));
        node.capture_changes(capture(&recorder, Some(CHANNEL))).await.unwrap();
        recorder.until("sees").await;
        nodes.push((node, recorder));
    }
    // A process that only writes, as a command does.
    let command = connect().await.unwrap();
    command.capture_changes(capture(&Arc::default(), Some(CHANNEL))).await.unwrap();
    let begun = Instant::now();
    for number in 0..20 {
        let who = if number % 4 == 3 { &command } else { &nodes[number % 4].0 };
        execute(who, CHANGE).await.unwrap();
        for (_, recorder) in &nodes {
            let told = recorder.take();
            assert!(told.contains(&"[5]".to_owned()), "{number}: {told:?}");
        }
    }
    assert!(begun.elapsed() < Duration::from_secs(10), "nobody answered");

    // One that counts as listening, and says nothing, is waited for until it has noticed that it hears nothing.
    let silent = connect().await.unwrap();
    let lock = Statement::new(
        "SELECT pg_advisory_xact_lock_shared($1::int, hashtext($2))::text",
        vec![Arg::Int(listen::LOCKS.into()), Arg::Text(CHANNEL.into())],
    );
    let held = silent.write(move |tx| {
        Box::pin(async move {
            tx.query(lock).await?;
            tokio::time::sleep(Duration::from_secs(3)).await;
            Ok(())
        })
    });
    let waited = async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        let begun = Instant::now();
        execute(&nodes[0].0, CHANGE).await.unwrap();
        begun.elapsed()
    };
    let (held, waited) = tokio::join!(held, waited);
    held.unwrap();
    assert!((1_400..2_500).contains(&waited.as_millis()), "{waited:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_said_on_a_channel_is_heard_once_it_is_committed() {
    let Some(bench) = bench(DbOptions::default()).await else { return };
    let mut notices = bench.listen("news").unwrap();
    assert_eq!(notices.next().await, Some(Notice::Connected));
    let mut later = bench.listen("other \" news").unwrap();
    assert_eq!(later.next().await, Some(Notice::Connected));
    for (word, stands) in [("undone", false), ("done", true)] {
        let said: Result<(), Error> = bench
            .write(move |tx| {
                Box::pin(async move {
                    tx.notify("news", word);
                    tx.notify("other \" news", "x");
                    tx.query(sql("SELECT 1")).await?;
                    if stands { Ok(()) } else { Err(Error::NotFound("the unit fails".into())) }
                })
            })
            .await;
        assert_eq!(said.is_ok(), stands);
    }
    assert_eq!(notices.next().await, Some(Notice::Payload("done".into())));
    assert_eq!(later.next().await, Some(Notice::Payload("x".into())));
    bench.close().await;
    assert_eq!(notices.next().await, None);
}
