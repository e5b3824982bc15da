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
#[derive(Clone, Copy)]
pub struct Measured {
    /// Requests per second.
    pub rate: f64,
    /// Median latency in milliseconds.
    pub p50_ms: f64,
    /// The latency in milliseconds that one request in a hundred exceeds.
    pub p99_ms: f64,
}

/// Sends `call(0)`, `call(1)`, … for `duration`, with the connections spread over the addresses.
pub async fn measure(
    addresses: &[&str],
    token: &str,
    duration: Duration,
    connections: usize,
    call: impl Fn(usize) -> Call + Send + Sync + 'static,
) -> Result<Measured, Error> {
    let start = Instant::now();
    let mut latencies = run(addresses, token, connections, call, move |_| start.elapsed() < duration).await?;
    let rate = latencies.len() as f64 / start.elapsed().as_secs_f64();
    latencies.sort_unstable();
    Ok(Measured { rate, p50_ms: quantile_ms(&latencies, 0.5), p99_ms: quantile_ms(&latencies, 0.99) })
}

/// The latency in milliseconds, of those in order, below which this share of them lies.
pub fn quantile_ms(latencies: &[Duration], share: f64) -> f64 {
    let position = (latencies.len() as f64 * share) as usize;
    let latency = latencies.get(position.min(latencies.len().saturating_sub(1)));
    latency.map_or(0.0, |latency| latency.as_secs_f64() * 1e3)
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
    run(&[address], token, connections, call, move |n| n < count).await?;
    Ok(count as f64 / start.elapsed().as_secs_f64())
}

async fn run(
    addresses: &[&str],
    token: &str,
    connections: usize,
    call: impl Fn(usize) -> Call + Send + Sync + 'static,
    go_on: impl Fn(usize) -> bool + Send + Sync + Clone + 'static,
) -> Result<Vec<Duration>, Error> {
    let next = Arc::new(AtomicUsize::new(0));
    let call = Arc::new(call);
    let mut workers = JoinSet::new();
    for address in addresses.iter().cycle().take(connections) {
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
