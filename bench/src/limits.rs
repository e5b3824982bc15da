//! What a PostgreSQL server bears, and a node on it: commits with and without NOTIFY, one account that hears everything, the
//! outbox and its retention, connections, memory.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use futures_util::{StreamExt, TryStreamExt, stream};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, postgres::PgListener};
use tokio::task::JoinSet;

use crate::{
    Error, audience,
    client::{self, Client},
    cluster::{Cluster, Database},
    load::measure,
    postgres::{fill, node},
    prepare,
    server::Server,
    sockets::{Pair, make_pairs},
};

/// Connections that hear what is said, one for each node; with those that say it they fit into 100.
const LISTENERS: usize = 50;

/// What tells other nodes.
const NOTIFY: &str = "SELECT pg_notify('bench', '1'); ";

/// Messages whose deletion is timed.
const OLD: usize = 1_000_000;

/// How long it is waited for that.
const OLD_LIMIT: Duration = Duration::from_secs(600);

/// Connections that requests are sent over.
const CONNECTIONS: usize = 32;

/// Pairs of accounts; sockets that each account has.
const PAIRS: usize = 125;
const SOCKETS: usize = 4;

/// Makes databases, measures, prints, and drops them.
pub async fn run(mut args: impl Iterator<Item = String>) -> Result<(), Error> {
    let usage = "bench limits BINARY URL [SECONDS]";
    let (binary, url) = (args.next().ok_or(usage)?, args.next().ok_or(usage)?);
    let duration = Duration::from_secs(args.next().map_or(Ok(5), |text| text.parse())?);
    let cluster = Cluster::at(&url)?;
    cluster.show_settings().await?;
    let most = Duration::from_secs(900) + duration * 30;
    let done = tokio::select! {
        done = tokio::time::timeout(most, measure_all(&cluster, &binary, duration)) => done,
        _ = tokio::signal::ctrl_c() => Ok(Err("interrupted".into())),
    };
    cluster.drop_all().await?;
    done?
}

async fn measure_all(cluster: &Cluster, binary: &str, duration: Duration) -> Result<(), Error> {
    commits(cluster, duration).await?;
    let database = cluster.create(None).await?;
    let server = node(binary, &database.url).await?;
    let token = prepare(&server).await?;
    fill(cluster, &database).await?;
    let mut connection = cluster.connect_to(&database).await?;
    println!("\na node that has just begun: {:.1} MiB", mebibytes(server.resident_bytes()?));
    let pairs = Arc::new(make_pairs(&server.address, PAIRS).await?);
    sockets(&server, &pairs).await?;
    tasks(&server, &token, &mut connection, duration).await?;
    comments(&server, &pairs, &mut connection, duration).await?;
    connections(&server, &token, &mut connection, duration).await?;
    server.stop().await?;
    retention(binary, &database, &mut connection).await?;
    Ok(connection.close().await?)
}

/// Commits of one row, with and without a NOTIFY in the transaction, heard by one connection and by many.
async fn commits(cluster: &Cluster, duration: Duration) -> Result<(), Error> {
    let database = cluster.create(None).await?;
    let mut connection = cluster.connect_to(&database).await?;
    connection.execute("CREATE TABLE rows (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY)").await?;
    println!("\n| connections | commits/s | with NOTIFY, 1 listens | with NOTIFY, {LISTENERS} listen |");
    println!("|---|---|---|---|");
    for connections in [1, 8, 32] {
        let mut rates = Vec::new();
        for (listeners, told) in [(0, ""), (1, NOTIFY), (LISTENERS, NOTIFY)] {
            let listening = listen(&database, listeners).await?;
            let words = format!("BEGIN; INSERT INTO rows DEFAULT VALUES; {told}COMMIT");
            rates.push(repeat(cluster, &database, words, connections, duration).await?);
            drop(listening);
        }
        println!("| {connections} | {:.0} | {:.0} | {:.0} |", rates[0], rates[1], rates[2]);
    }
    Ok(connection.close().await?)
}

/// Connections that hear what is said until this is dropped.
async fn listen(database: &Database, count: usize) -> Result<JoinSet<()>, Error> {
    let mut listening = JoinSet::new();
    for _ in 0..count {
        let mut listener = PgListener::connect(&database.url).await?;
        listener.listen("bench").await?;
        listening.spawn(async move { while listener.recv().await.is_ok() {} });
    }
    Ok(listening)
}

/// How often a second the words are said, over this many connections.
async fn repeat(
    cluster: &Cluster,
    database: &Database,
    words: String,
    connections: usize,
    duration: Duration,
) -> Result<f64, Error> {
    let (said, words) = (Arc::new(AtomicUsize::new(0)), Arc::new(words));
    let mut speakers = Vec::new();
    for _ in 0..connections {
        speakers.push(cluster.connect_to(database).await?);
    }
    let (start, mut speaking) = (Instant::now(), JoinSet::new());
    for mut speaker in speakers {
        let (said, words) = (Arc::clone(&said), Arc::clone(&words));
        speaking.spawn(async move {
            while start.elapsed() < duration {
                speaker.execute(AssertSqlSafe(words.as_str())).await?;
                said.fetch_add(1, Ordering::Relaxed);
            }
            Ok::<_, Error>(speaker.close().await?)
        });
    }
    while let Some(spoken) = speaking.join_next().await {
        spoken??;
    }
    Ok(said.load(Ordering::Relaxed) as f64 / start.elapsed().as_secs_f64())
}

/// What a socket costs a node that hears of others through the database.
async fn sockets(server: &Server, pairs: &[Pair]) -> Result<(), Error> {
    let before = server.resident_bytes()?;
    let tokens = pairs.iter().flat_map(|pair| &pair.tokens).flat_map(|token| std::iter::repeat_n(token, SOCKETS));
    let joining = stream::iter(tokens).map(|token| audience::join(&server.address, token)).buffer_unordered(32);
    let open: Vec<_> = joining.try_collect().await?;
    tokio::time::sleep(Duration::from_secs(2)).await;
    let each = (server.resident_bytes()?.saturating_sub(before)) as f64 / 1024.0 / open.len() as f64;
    println!("{} sockets of {} accounts: {each:.1} KiB each", open.len(), pairs.len() * 2);
    Ok(())
}

/// What a task without an assignee writes.
async fn tasks(server: &Server, token: &str, connection: &mut PgConnection, duration: Duration) -> Result<(), Error> {
    let before = written(connection).await?;
    let create = |_| client::post("/api/v1/projects/1/tasks", r#"{"title": "Measure it"}"#);
    let measured = measure(&[&server.address], token, duration, CONNECTIONS, create).await?;
    let count = measured.rate * duration.as_secs_f64();
    println!("\ntasks: {:.0}/s, {:.0} bytes of WAL each", measured.rate, (written(connection).await? - before) / count);
    Ok(())
}

/// What a comment writes that two accounts hear of: the same two each time, or others.
async fn comments(
    server: &Server,
    pairs: &Arc<Vec<Pair>>,
    connection: &mut PgConnection,
    duration: Duration,
) -> Result<(), Error> {
    println!(
        "\n| comments heard by | comments/s | p99 | rows of the outbox each | bytes of it each | bytes of WAL each |"
    );
    println!("|---|---|---|---|---|---|");
    for (who, among) in [("two accounts", 1), ("250 accounts", PAIRS)] {
        let (rows, bytes, wal) =
            (number(connection, ROWS).await?, number(connection, SIZE).await?, written(connection).await?);
        let pairs = Arc::clone(pairs);
        let comment = move |n: usize| {
            let pair = &pairs[n % among];
            client::post(&format!("/api/v1/tasks/{}/comments", pair.task), r#"{"body": "Seen."}"#).by(&pair.tokens[0])
        };
        let measured = measure(&[&server.address], "", duration, CONNECTIONS, comment).await?;
        let count = measured.rate * duration.as_secs_f64();
        println!(
            "| {who} | {:.0} | {:.1} ms | {:.2} | {:.0} | {:.0} |",
            measured.rate,
            measured.p99_ms,
            (number(connection, ROWS).await? - rows) / count,
            (number(connection, SIZE).await? - bytes) / count,
            (written(connection).await? - wal) / count,
        );
    }
    Ok(())
}

const ROWS: &str = "SELECT count(*)::float8 FROM outbox";
const SIZE: &str = "SELECT pg_total_relation_size('outbox')::float8";

/// Bytes of the write-ahead log until now.
async fn written(connection: &mut PgConnection) -> Result<f64, Error> {
    number(connection, "SELECT (pg_current_wal_insert_lsn() - '0/0')::float8").await
}

async fn number(connection: &mut PgConnection, sql: &'static str) -> Result<f64, Error> {
    Ok(sqlx::query_scalar(sql).fetch_one(connection).await?)
}

/// How many connections a node holds when much is asked of it.
async fn connections(
    server: &Server,
    token: &str,
    connection: &mut PgConnection,
    duration: Duration,
) -> Result<(), Error> {
    let task = |n: usize| client::get(&format!("/api/v1/tasks/{}", 1 + n % 1_000));
    measure(&[&server.address], token, duration, CONNECTIONS, task).await?;
    let held = "SELECT count(*)::float8 FROM pg_stat_activity \
                WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'";
    println!("\nconnections of a node after {CONNECTIONS} clients: {}", number(connection, held).await?);
    println!("its memory then: {:.1} MiB", mebibytes(server.resident_bytes()?));
    // It answers still.
    Client::connect(&server.address, token).await?.send(client::get("/ready")).await?;
    Ok(())
}

/// How long a start takes to delete what is too old.
async fn retention(binary: &str, database: &Database, connection: &mut PgConnection) -> Result<(), Error> {
    let insert = format!(
        "TRUNCATE outbox; INSERT INTO outbox SELECT 1 + n % 200, n, 'comment_added', 'comment', n, FALSE, \
         json_build_object('task_id', n, 'comment_id', n, 'author', 'Somebody'), 1, \
         now() - interval '8 days' - n * interval '1 ms' FROM generate_series(1, {OLD}) n; ANALYZE outbox; CHECKPOINT"
    );
    connection.execute(AssertSqlSafe(insert)).await?;
    let (_server, start) = (node(binary, &database.url).await?, Instant::now());
    let left = "SELECT count(*)::float8 FROM (SELECT FROM outbox LIMIT 1) one";
    while number(connection, left).await? > 0.0 {
        if start.elapsed() > OLD_LIMIT {
            let left = number(connection, ROWS).await?;
            println!("\n{left} of {OLD} old messages are left after {:.0} s", start.elapsed().as_secs_f64());
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    let taken = start.elapsed().as_secs_f64();
    println!("\n{OLD} old messages are deleted in {taken:.1} s, {:.0}/s", OLD as f64 / taken);
    Ok(())
}

fn mebibytes(bytes: u64) -> f64 {
    bytes as f64 / 1_048_576.0
}
