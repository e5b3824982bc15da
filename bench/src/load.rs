//! Closed-loop load: every connection sends its next request when the last one is answered.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::task::JoinSet;

use crate::{
    Error,
    client::{Call, Client},
};

/// What was seen.
pub struct Measured {
    /// Requests per second.
    pub rate: f64,
    /// Median latency in milliseconds.
    pub p50_ms: f64,
    /// The latency in milliseconds that one request in a hundred exceeds.
    pub p99_ms: f64,
}

/// Sends `call(0)`, `call(1)`, … for `duration`.
pub async fn measure(
    address: &str,
    token: &str,
    duration: Duration,
    connections: usize,
    call: impl Fn(usize) -> Call + Send + Sync + 'static,
) -> Result<Measured, Error> {
    let start = Instant::now();
    let mut latencies = run(address, token, connections, call, move |_| start.elapsed() < duration).await?;
    let rate = latencies.len() as f64 / start.elapsed().as_secs_f64();
    latencies.sort_unstable();
    let at = |share: f64| {
        let position = (latencies.len() as f64 * share) as usize;
        latencies.get(position).map_or(0.0, |latency| latency.as_secs_f64() * 1e3)
    };
    Ok(Measured { rate, p50_ms: at(0.5), p99_ms: at(0.99) })
}

/// Sends `call(0)` to `call(count - 1)`; returns requests per second.
pub async fn repeat(
    address: &str,
    token: &str,
    count: usize,
    connections: usize,
    call: impl Fn(usize) -> Call + Send + Sync + 'static,
) -> Result<f64, Error> {
    let start = Instant::now();
    run(address, token, connections, call, move |n| n < count).await?;
    Ok(count as f64 / start.elapsed().as_secs_f64())
}

async fn run(
    address: &str,
    token: &str,
    connections: usize,
    call: impl Fn(usize) -> Call + Send + Sync + 'static,
    go_on: impl Fn(usize) -> bool + Send + Sync + Clone + 'static,
) -> Result<Vec<Duration>, Error> {
    let next = Arc::new(AtomicUsize::new(0));
    let call = Arc::new(call);
    let mut workers = JoinSet::new();
    for _ in 0..connections {
        let mut client = Client::connect(address, token).await?;
        let (next, call, go_on) = (Arc::clone(&next), Arc::clone(&call), go_on.clone());
        workers.spawn(async move {
            let mut latencies = Vec::new();
            loop {
                let n = next.fetch_add(1, Ordering::Relaxed);
                if !go_on(n) {
                    return Ok::<_, Error>(latencies);
                }
                let sent = Instant::now();
                client.send(call(n)).await?;
                latencies.push(sent.elapsed());
            }
        });
    }
    let mut all = Vec::new();
    while let Some(latencies) = workers.join_next().await {
        all.extend(latencies??);
    }
    Ok(all)
}
