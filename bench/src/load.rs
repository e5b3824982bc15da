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

/// What was seen of somebody who may answer errors.
pub struct Observed {
    pub measured: Measured,
    /// Requests that were refused, or not answered, and are in none of the figures.
    pub errors: usize,
    /// What the first of them was.
    pub first_error: Option<Error>,
}

/// Sends `call(0)`, `call(1)`, … for `duration`, with the connections spread over the addresses.
pub async fn measure(
    addresses: &[&str],
    token: &str,
    duration: Duration,
    connections: usize,
    call: impl Fn(usize) -> Call + Send + Sync + 'static,
) -> Result<Measured, Error> {
    let observed = observe(addresses, token, duration, connections, call).await?;
    observed.first_error.map_or(Ok(observed.measured), Err)
}

/// As [`measure`], whatever is answered.
pub async fn observe(
    addresses: &[&str],
    token: &str,
    duration: Duration,
    connections: usize,
    call: impl Fn(usize) -> Call + Send + Sync + 'static,
) -> Result<Observed, Error> {
    let start = Instant::now();
    let mut seen = run(addresses, token, connections, call, move |_| start.elapsed() < duration).await?;
    let rate = seen.latencies.len() as f64 / start.elapsed().as_secs_f64();
    seen.latencies.sort_unstable();
    let (p50_ms, p99_ms) = (quantile_ms(&seen.latencies, 0.5), quantile_ms(&seen.latencies, 0.99));
    Ok(Observed { measured: Measured { rate, p50_ms, p99_ms }, errors: seen.errors, first_error: seen.first_error })
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
    let seen = run(&[address], token, connections, call, move |n| n < count).await?;
    seen.first_error.map_or(Ok(()), Err)?;
    Ok(count as f64 / start.elapsed().as_secs_f64())
}

/// What the connections have seen.
#[derive(Default)]
struct Seen {
    latencies: Vec<Duration>,
    errors: usize,
    first_error: Option<Error>,
}

async fn run(
    addresses: &[&str],
    token: &str,
    connections: usize,
    call: impl Fn(usize) -> Call + Send + Sync + 'static,
    go_on: impl Fn(usize) -> bool + Send + Sync + Clone + 'static,
) -> Result<Seen, Error> {
    let next = Arc::new(AtomicUsize::new(0));
    let call = Arc::new(call);
    let mut workers = JoinSet::new();
    for address in addresses.iter().cycle().take(connections) {
        let mut client = Client::connect(address, token).await?;
        let (next, call, go_on) = (Arc::clone(&next), Arc::clone(&call), go_on.clone());
        workers.spawn(async move {
            let mut seen = Seen::default();
            loop {
                let n = next.fetch_add(1, Ordering::Relaxed);
                if !go_on(n) {
                    return Ok::<_, Error>(seen);
                }
                let sent = Instant::now();
                match client.send(call(n)).await {
                    Ok(_) => seen.latencies.push(sent.elapsed()),
                    Err(error) => {
                        seen.errors += 1;
                        seen.first_error.get_or_insert(error);
                        client.reconnect_if_closed().await?;
                    }
                }
            }
        });
    }
    let mut all = Seen::default();
    while let Some(seen) = workers.join_next().await {
        let seen = seen??;
        all.latencies.extend(seen.latencies);
        all.errors += seen.errors;
        all.first_error = all.first_error.or(seen.first_error);
    }
    Ok(all)
}

/// The middle one of some figures.
pub fn middle(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or_default()
}
