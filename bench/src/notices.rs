//! How long a message is on its way from a request at one node to a socket at another.

use std::{
    collections::HashMap,
    sync::{Arc, atomic::AtomicUsize},
    time::{Duration, Instant},
};

use serde_json::json;
use tokio::{sync::watch, task::JoinSet};

use crate::{
    Error,
    audience::{self, Seen},
    client::{self, Client},
    load::{middle, quantile_ms},
    postgres::{ROUNDS, Side},
    sockets::{Pair, id_of, make_pairs},
};

/// Pairs of accounts, each account with one socket.
const PAIRS: usize = 8;

/// The pause between two comments of a pair: far from what would make them wait for one another.
const PAUSE: Duration = Duration::from_millis(40);

/// Comments that are written through the first node of a side, and heard at its last one.
pub async fn compare(sides: &[&Side], duration: Duration) -> Result<(), Error> {
    println!("| comment written to message read | p50 | p99 | messages |");
    println!("|---|---|---|---|");
    let mut pairs = Vec::new();
    for side in sides {
        pairs.push(Arc::new(make_pairs(&side.servers[0].address, PAIRS).await?));
    }
    let mut rounds = vec![Vec::new(); sides.len()];
    for _ in 0..ROUNDS {
        for ((side, pairs), rounds) in sides.iter().zip(&pairs).zip(&mut rounds) {
            rounds.push(measure(side, pairs, duration).await?);
        }
    }
    for (side, rounds) in sides.iter().zip(&rounds) {
        let at = |share: f64| middle(rounds.iter().map(|latencies| quantile_ms(latencies, share)).collect());
        let count: usize = rounds.iter().map(Vec::len).sum();
        println!("| {} | {:.2} ms | {:.2} ms | {count} |", side.name, at(0.5), at(0.99));
    }
    Ok(())
}

async fn measure(side: &Side, pairs: &Arc<Vec<Pair>>, duration: Duration) -> Result<Vec<Duration>, Error> {
    let (first, last) = (&side.servers[0], &side.servers[side.servers.len() - 1]);
    let (end, ended) = watch::channel(false);
    let delivered = Arc::new(AtomicUsize::new(0));
    let mut listeners = JoinSet::new();
    for token in pairs.iter().flat_map(|pair| &pair.tokens) {
        let socket = audience::join(&last.address, token).await?;
        listeners.spawn(audience::listen(socket, Arc::clone(&delivered), ended.clone()));
    }
    // The server answers the handshake before it counts the socket among the live ones.
    tokio::time::sleep(Duration::from_millis(500)).await;
    let mut writers = JoinSet::new();
    for place in 0..PAIRS {
        let (pairs, address) = (Arc::clone(pairs), first.address.clone());
        writers.spawn(async move { write(&address, &pairs[place], duration).await });
    }
    let mut sent = HashMap::new();
    while let Some(written) = writers.join_next().await {
        sent.extend(written??);
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    end.send(true)?;
    let mut latencies = Vec::new();
    while let Some(seen) = listeners.join_next().await {
        let Seen { receipts, .. } = seen??;
        latencies.extend(receipts.iter().filter_map(|seen| Some(seen.at.duration_since(*sent.get(&seen.comment)?))));
    }
    if latencies.len() != sent.len() * 2 {
        return Err(format!("{}: {} comments, {} messages", side.name, sent.len(), latencies.len()).into());
    }
    latencies.sort_unstable();
    Ok(latencies)
}

/// Writes comments for a while; when each was sent.
async fn write(address: &str, pair: &Pair, duration: Duration) -> Result<Vec<(i64, Instant)>, Error> {
    let mut client = Client::connect(address, &pair.tokens[0]).await?;
    let (start, mut sent) = (Instant::now(), Vec::new());
    let path = format!("/api/v1/tasks/{}/comments", pair.task);
    while start.elapsed() < duration {
        let at = Instant::now();
        let comment = client.send(client::post(&path, &json!({ "body": "Seen." }).to_string())).await?;
        sent.push((id_of(&comment)?, at));
        tokio::time::sleep(PAUSE).await;
    }
    Ok(sent)
}
