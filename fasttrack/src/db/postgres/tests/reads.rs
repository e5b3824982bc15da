//! Reads: exhaustion, time limits, and what comes back in a bad state.

use std::time::Duration;

use futures_util::future::join_all;

use super::*;

/// Counts for as long as it is let.
fn endless() -> Statement {
    sql("SELECT count(*) FROM generate_series(1, 100000000000)")
}

fn hurried(pool: usize) -> DbOptions {
    let (reader_wait, statement_limit) = (Duration::from_millis(200), Duration::from_millis(200));
    DbOptions { pool, reader_wait, statement_limit, ..DbOptions::default() }
}

/// How many statements the server runs for this database, but for the one that asks.
async fn running(bench: &Bench) -> i64 {
    let count = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state <> 'idle' \
                 AND pid <> pg_backend_pid()";
    let (client, connection) = bench.url.config().connect(tokio_postgres::NoTls).await.unwrap();
    let connection = tokio::spawn(connection);
    let running = client.query_one(count, &[]).await.unwrap().get(0);
    drop(client);
    connection.await.unwrap().unwrap();
    running
}

async fn until_idle(bench: &Bench) {
    let deadline = std::time::Instant::now() + Duration::from_mins(1);
    while running(bench).await > 0 {
        assert!(std::time::Instant::now() < deadline, "what nobody waits for goes on");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn slow_statements_are_cancelled_and_their_connections_replaced() {
    let Some(bench) = bench(hurried(2)).await else { return };
    for _ in 0..3 {
        let slow = join_all((0..2).map(|_| bench.read(endless()))).await;
        let why: Vec<String> = slow.into_iter().map(|read| read.unwrap_err().to_string()).collect();
        assert!(why.iter().all(|why| why.contains("took too long")), "{why:?}");
        until_idle(&bench).await;
        while let Err(error) = bench.ping().await {
            assert!(matches!(error, DbError::Busy(_)), "{error:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn reads_whose_caller_went_away_are_stopped() {
    let Some(bench) = bench(DbOptions { pool: 2, ..DbOptions::default() }).await else { return };
    for _ in 0..20 {
        let db = bench.db.clone();
        let read = tokio::spawn(async move { db.read(endless()).await });
        tokio::task::yield_now().await;
        read.abort();
    }
    assert_eq!(bench.read(sql("SELECT 7")).await.unwrap(), [Row(vec![Cell::Int(7)])]);
    until_idle(&bench).await;
}

#[tokio::test]
async fn sessions_are_set_as_they_should_be() {
    let Some(bench) = bench(DbOptions::default()).await else { return };
    for (name, expected) in [
        ("statement_timeout", "15s"),
        ("idle_in_transaction_session_timeout", "65s"),
        ("lock_timeout", "4s"),
        ("TimeZone", "UTC"),
        ("client_encoding", "UTF8"),
        ("standard_conforming_strings", "on"),
        ("application_name", "fasttrack"),
        ("transaction_isolation", "read committed"),
    ] {
        let rows = bench.read(sql(&format!("SHOW {name}"))).await.unwrap();
        assert_eq!(rows[0].text(0), Some(expected), "{name}");
    }
    let alone = bench.write_alone(|tx| Box::pin(async move { Ok(tx.query(sql("SHOW statement_timeout")).await?) }));
    assert_eq!(alone.await.unwrap()[0].text(0), Some("0"));
    assert_eq!(bench.read(sql("SHOW statement_timeout")).await.unwrap()[0].text(0), Some("15s"));
}

#[tokio::test]
async fn what_is_prepared_has_a_bound() {
    let Some(bench) = bench(DbOptions { pool: 1, ..DbOptions::default() }).await else { return };
    for number in 0..1000 {
        bench.read(sql(&format!("SELECT {number}"))).await.unwrap();
    }
    let held = bench.read(sql("SELECT count(*) FROM pg_prepared_statements")).await.unwrap()[0].int(0).unwrap();
    assert!((200..=402).contains(&held), "{held}");
}

#[tokio::test]
async fn a_database_of_another_application_is_refused() {
    let Some(bench) = bench(DbOptions::default()).await else { return };
    let open = |marker: &str| {
        let options = DbOptions { marker: Some(marker.into()), ..DbOptions::default() };
        let url = DatabaseUrl::Postgres(bench.url.clone());
        async move { Db::connect(&url, options).await }
    };
    let met = open("migrations").await.map(drop);
    assert!(matches!(&met, Err(DbError::Other(why)) if why.contains("another application")), "{met:?}");
    open("item").await.unwrap().close().await;
    execute(&bench, "DROP TABLE item; DROP TABLE parent").await.unwrap();
    open("migrations").await.unwrap().close().await;
}

#[tokio::test]
async fn what_cannot_be_connected_to_is_told_by_its_reason() {
    let Some(bench) = bench(DbOptions::default()).await else { return };
    let password = bench.url.config().get_password().unwrap().to_vec();
    let (server, password) = (std::env::var(SERVER).unwrap(), String::from_utf8(password).unwrap());
    let options = || DbOptions { reader_wait: Duration::from_secs(1), ..DbOptions::default() };
    for (url, why) in [
        (bench.url.clone().with_database("nowhere"), "does not exist"),
        (server.replace(&format!(":{password}@"), ":wrong@").parse().unwrap(), "password authentication failed"),
        ("postgres://u:hunter2@127.0.0.1:1/d".parse().unwrap(), "refused"),
    ] {
        let met = Db::connect(&DatabaseUrl::Postgres(url), options()).await.unwrap_err().to_string();
        assert!(met.contains(why) && !met.contains("hunter2"), "{met}");
    }
}
