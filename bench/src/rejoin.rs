//! A restart: every socket is gone at once, and all come back with `since`, each with a message that it has missed.
//!
//! Clients wait at random for up to half a second before the first attempt, as the page `/live` and the client in TypeScript do,
//! and twice as long after each that fails.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use futures_util::{StreamExt, TryStreamExt, stream};
use tokio::{process::Command, task::JoinSet};

use crate::{
    Error, audience,
    client::{self, Client},
    load::quantile_ms,
    paced::Pace,
    server::{Listening, Server},
    sockets::{Pair, make_pairs},
};

/// Handshakes under way at a time before the restart.
const AT_ONCE: usize = 32;

/// The longest wait before the first attempt.
const FIRST_PAUSE: Duration = Duration::from_millis(500);

/// 200 reads a second meanwhile.
const READS: Pace = Pace { connections: 4, every: Duration::from_millis(20) };

/// How long it may take at most.
const GIVEN_UP: Duration = Duration::from_secs(120);

/// Opens sockets, restarts the server, and prints how long it takes until all are back.
pub async fn run(mut args: impl Iterator<Item = String>) -> Result<(), Error> {
    let binary = args.next().unwrap_or_else(|| "../target/release/fasttrack".into());
    let mut number = |default: usize| args.next().map_or(Ok(default), |text| text.parse());
    let (sockets, per_user) = (number(10_000)?, number(4)?);
    rlimit::increase_nofile_limit(u64::MAX)?;
    let folder = Arc::new(tempfile::tempdir()?);
    let most = per_user.to_string();
    let environment = [("BCRYPT_COST", "4"), ("SOCKETS_PER_USER", most.as_str())];
    let start = |port: String| {
        let environment: Vec<_> = environment.into_iter().chain([("PORT", port.leak() as &str)]).collect();
        let (folder, binary) = (Arc::clone(&folder), binary.clone());
        async move {
            let command = Command::new(std::fs::canonicalize(binary)?);
            Server::run(command, &folder, &environment, Listening::Says).await
        }
    };
    let server = start("0".to_owned()).await?;
    let pairs = make_pairs(&server.address, sockets.div_ceil(per_user * 2)).await?;
    let tokens: Vec<_> = pairs.iter().flat_map(|pair| &pair.tokens).cloned().collect();
    let each: Vec<_> =
        tokens.iter().flat_map(|token| std::iter::repeat_n(Arc::clone(token), per_user)).take(sockets).collect();
    let joining = stream::iter(&each).map(|token| audience::join(&server.address, token)).buffer_unordered(AT_ONCE);
    let open: Vec<_> = joining.try_collect().await?;
    println!(
        "{} sockets of {} accounts are open; every account is told something, and the server restarts",
        open.len(),
        tokens.len()
    );
    comment(&server.address, &pairs).await?;
    let (address, port) = (server.address.clone(), server.address.rsplit(':').next().unwrap_or_default().to_owned());
    let stopping = Instant::now();
    server.end().await?;
    drop(open);
    let stopped = stopping.elapsed();
    let server = start(port).await?;
    let (since, cpu) = (Instant::now(), server.cpu_time()?);
    println!(
        "ended in {:.1} s, and listens again {:.1} s after it was asked to",
        stopped.as_secs_f64(),
        stopping.elapsed().as_secs_f64()
    );
    measure(&server, &address, each, since).await?;
    println!(
        "the server spent {:.1} s of processors, and has {:.1} MiB",
        (server.cpu_time()? - cpu).as_secs_f64(),
        server.resident_bytes()? as f64 / 1048576.0
    );
    Ok(())
}

/// A comment on each task, which both accounts of its pair hear of.
async fn comment(address: &str, pairs: &[Pair]) -> Result<(), Error> {
    let writing = stream::iter(pairs).map(|pair| async move {
        let path = format!("/api/v1/tasks/{}/comments", pair.task);
        let mut client = Client::connect(address, "").await?;
        client.send(client::post(&path, r#"{"body": "Seen."}"#).by(&pair.tokens[0])).await.map(drop)
    });
    writing.buffer_unordered(AT_ONCE).try_collect().await
}

async fn measure(server: &Server, address: &str, each: Vec<Arc<str>>, since: Instant) -> Result<(), Error> {
    let (failed, count) = (Arc::new(AtomicUsize::new(0)), each.len());
    let reads = READS.read(&server.address, each.first().ok_or("no socket")?, |_| "/api/v1/users/me".to_owned());
    let mut coming = JoinSet::new();
    for (n, token) in each.into_iter().enumerate() {
        let (address, failed) = (address.to_owned(), Arc::clone(&failed));
        // Spread over the pause, the same way each time.
        let mut pause = FIRST_PAUSE.mul_f64((n * 7919 % count) as f64 / count as f64);
        coming.spawn(async move {
            loop {
                tokio::time::sleep(pause).await;
                match audience::come_back(&address, &token).await {
                    Ok(socket) => return (socket, Instant::now()),
                    Err(_) => failed.fetch_add(1, Ordering::Relaxed),
                };
                pause = (pause * 2).max(FIRST_PAUSE / 2);
            }
        });
    }
    let back = tokio::time::timeout(GIVEN_UP, coming.join_all()).await.map_err(|_| "not all came back")?;
    let latencies = reads.end()?;
    let mut times: Vec<_> = back.iter().map(|(_, at)| at.duration_since(since)).collect();
    times.sort_unstable();
    println!(
        "{} sockets were back, each with what it had missed: half after {:.1} s, all after {:.1} s; {} attempts failed",
        back.len(),
        quantile_ms(&times, 0.5) / 1e3,
        quantile_ms(&times, 1.0) / 1e3,
        failed.load(Ordering::Relaxed)
    );
    println!(
        "GET meanwhile ({} of them): p50 {:.1} ms, p99 {:.1} ms, max {:.1} ms",
        latencies.len(),
        quantile_ms(&latencies, 0.5),
        quantile_ms(&latencies, 0.99),
        quantile_ms(&latencies, 1.0)
    );
    Ok(())
}
