//! What is answered of a change that takes longer than a request may, and what becomes of it.

use tokio::{
    sync::Notify,
    time::{Instant, sleep},
};

use super::*;
use crate::{
    db::{DbOptions, Statement},
    error::Error,
};

const ADD: &str = "INSERT INTO noted (what) VALUES (1)";

pub(super) async fn write(db: &Db, statement: &'static str) -> Result<(), Error> {
    let run = move |statement| Statement::new(statement, Vec::new());
    db.write(move |tx| Box::pin(async move { Ok(tx.query(run(statement)).await.map(drop)?) })).await
}

/// Has the writer wait inside of a unit, until the time is over; it does so when this is answered.
async fn hold(db: &Db, time: Duration) -> tokio::task::JoinHandle<Result<(), Error>> {
    let (db, begun) = (db.clone(), Arc::new(Notify::new()));
    let begins = Arc::clone(&begun);
    let held = tokio::spawn(async move {
        db.write(move |_| {
            Box::pin(async move {
                begins.notify_one();
                sleep(time).await;
                Ok(())
            })
        })
        .await
    });
    begun.notified().await;
    held
}

struct Bench {
    db: Db,
    running: Running,
    _folder: tempfile::TempDir,
}

impl Bench {
    /// With a route that writes, whose requests may take 300 ms.
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let db = Db::open(&folder.path().join("test.db"), DbOptions::default()).await.unwrap();
        write(&db, "CREATE TABLE noted (what INTEGER)").await.unwrap();
        let running = start(&[(Method::POST, "/notes", Act::Write(db.clone(), ADD))]).await;
        Self { db, running, _folder: folder }
    }

    async fn post(&self) -> u16 {
        let request = "POST /notes HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
        exchange(self.running.address, request).await.status
    }

    async fn noted(&self) -> Option<i64> {
        self.db.read(Statement::new("SELECT count(*) FROM noted", Vec::new())).await.unwrap()[0].int(0)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_was_not_begun_in_time_is_refused_and_not_made() {
    let bench = Bench::start().await;
    let before = hold(&bench.db, Duration::from_secs(2)).await;
    let begun = Instant::now();
    assert_eq!(bench.post().await, 503);
    assert!(begun.elapsed() < Duration::from_millis(1_900), "it was waited for");
    before.await.unwrap().unwrap();
    write(&bench.db, "DELETE FROM noted WHERE what = 0").await.unwrap();
    assert_eq!(bench.noted().await, Some(0));
    assert_eq!((bench.post().await, bench.noted().await), (200, Some(1)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_is_being_committed_is_answered_as_what_it_comes_to() {
    let bench = Bench::start().await;
    // What waits meanwhile is one group, which is committed when the last of it is done.
    let before = hold(&bench.db, Duration::from_millis(150)).await;
    let begun = Instant::now();
    let (status, ()) = tokio::join!(bench.post(), async {
        sleep(Duration::from_millis(75)).await;
        hold(&bench.db, Duration::from_millis(600)).await.await.unwrap().unwrap();
    });
    assert!(begun.elapsed() > Duration::from_millis(500), "the limit had not passed");
    assert_eq!((status, bench.noted().await), (200, Some(1)));
    before.await.unwrap().unwrap();
}
