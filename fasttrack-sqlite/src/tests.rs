//! The handle of real connections: what is interrupted stops, and what is closed is left alone.

use std::time::Duration;

use rbdc::db::Connection;
use rbdc_sqlite::{SqliteConnectOptions, SqliteConnection};
use tempfile::TempDir;
use tokio::time::timeout;

use super::*;

const LIMIT: Duration = Duration::from_secs(30);

/// Runs for hours, unless it is stopped.
const ENDLESS: &str = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";
/// The same, writing.
const ENDLESS_WRITE: &str =
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT 1 FROM n) INSERT OR IGNORE INTO t SELECT i FROM n";

struct Bench {
    connection: SqliteConnection,
    control: InterruptHandle,
    directory: TempDir,
}

async fn bench() -> Bench {
    let directory = TempDir::new().unwrap();
    let mut connection = open(&directory).await;
    connection.exec("CREATE TABLE t (x INTEGER UNIQUE)", Vec::new()).await.unwrap();
    let control = InterruptHandle::attach(&mut connection.lock_handle().await.unwrap()).unwrap();
    Bench { connection, control, directory }
}

async fn open(directory: &TempDir) -> SqliteConnection {
    SqliteConnectOptions::new().filename(directory.path().join("t.db")).connect().await.unwrap()
}

impl Bench {
    async fn exec(&mut self, sql: &str) -> Result<(), String> {
        self.connection.exec(sql, Vec::new()).await.map(drop).map_err(|error| error.to_string())
    }

    /// Runs what never ends, and interrupts it until it has.
    async fn stop(&mut self, sql: &str) -> String {
        let control = self.control.clone();
        let interrupting = tokio::spawn(async move {
            loop {
                tokio::time::sleep(Duration::from_millis(5)).await;
                control.interrupt();
            }
        });
        let met = timeout(LIMIT, self.exec(sql)).await.expect("stopped").unwrap_err();
        // The driver runs it once more before it notices that nobody listens; a ping waits for that.
        timeout(LIMIT, self.connection.ping()).await.expect("stopped again").unwrap();
        interrupting.abort();
        met
    }

    /// The rows that another connection sees.
    async fn rows(&self) -> String {
        let count = open(&self.directory).await.exec_decode("SELECT count(*) AS n FROM t", Vec::new()).await.unwrap();
        count.to_string()
    }
}

#[tokio::test]
async fn what_is_interrupted_stops_and_the_connection_goes_on() {
    let mut bench = bench().await;
    for sql in [ENDLESS, ENDLESS_WRITE] {
        assert_eq!(bench.stop(sql).await, "interrupted", "{sql}");
        bench.exec("SELECT 1").await.unwrap();
    }
    bench.control.interrupt();
    bench.exec("INSERT INTO t VALUES (7)").await.expect("what runs later is not meant");
    assert_eq!(bench.rows().await, r#"[{"n":1}]"#);
}

#[tokio::test]
async fn what_is_stopped_in_a_transaction_takes_it_along() {
    let mut bench = bench().await;
    bench.exec("BEGIN IMMEDIATE").await.unwrap();
    bench.exec("INSERT INTO t VALUES (7)").await.unwrap();
    assert_eq!(bench.stop(ENDLESS).await, "interrupted");
    bench.exec("INSERT INTO t VALUES (8)").await.expect("what only read leaves the transaction");
    assert_eq!(bench.stop(ENDLESS_WRITE).await, "interrupted");
    assert!(bench.exec("ROLLBACK").await.unwrap_err().contains("no transaction is active"));
    assert_eq!(bench.rows().await, r#"[{"n":0}]"#);
}

#[tokio::test]
async fn handles_outlive_their_connection_and_are_replaced() {
    let mut bench = bench().await;
    let later = InterruptHandle::attach(&mut bench.connection.lock_handle().await.unwrap()).unwrap();
    bench.control.interrupt();
    bench.exec("INSERT INTO t VALUES (1)").await.unwrap();
    assert_eq!(Arc::strong_count(&bench.control.0), 1, "the connection lets go of what is replaced");
    bench.control = later;
    assert_eq!(bench.stop(ENDLESS).await, "interrupted");
    bench.connection.close().await.unwrap();
    let Bench { connection, control, directory: _directory } = bench;
    drop(connection);
    control.interrupt();
    assert_eq!(Arc::strong_count(&control.0), 1, "the connection lets go at its end");
}
