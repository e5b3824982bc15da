//! Notifications: many sockets, a steady rate of comments whose project's owner and task's assignee listen, and some
//! readers that are stalled all the while.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use futures_util::{StreamExt, TryStreamExt, stream};
use serde_json::{Value, json};
use tokio::{
    sync::watch,
    task::{JoinHandle, JoinSet},
};

use crate::{
    Error,
    audience::{self, Seen},
    client::{self, Client},
    load::quantile_ms,
    server::Server,
};

/// Connections that the comments are sent over: as many can be under way at a time.
const WRITERS: usize = 256;

/// Handshakes and registrations under way at a time.
const AT_ONCE: usize = 32;

/// Sockets that are stalled, and how many accounts share them.
const STALLED: usize = 100;
const STALLED_PAIRS: usize = 2;

/// Of so many comments, one goes to the accounts whose sockets are stalled.
const TO_STALLED: usize = 4;

/// How much.
struct Plan {
    seconds: u64,
    sockets: usize,
    per_user: usize,
    /// Deliveries a second, those to stalled sockets aside.
    rate: usize,
}

/// Two accounts and a task: the one owns it, the other is its assignee, and both hear of a comment.
pub struct Pair {
    pub tokens: [Arc<str>; 2],
    pub task: i64,
}

/// A comment that was sent.
struct Sent {
    at: Instant,
    comment: i64,
    /// Its place among the pairs.
    pair: usize,
}

/// Starts a server, fills it, measures, and prints.
pub async fn run(mut args: impl Iterator<Item = String>) -> Result<(), Error> {
    let binary = args.next().unwrap_or_else(|| "../target/release/fasttrack".into());
    let mut number = |default: usize| args.next().map_or(Ok(default), |text| text.parse());
    let (seconds, sockets, per_user, rate) = (number(30)?, number(10_000)?, number(4)?, number(5_000)?);
    let plan = Plan { seconds: seconds as u64, sockets, per_user, rate };
    let limit = rlimit::increase_nofile_limit(u64::MAX)?;
    let needed = plan.sockets + STALLED + 1_000;
    if limit < needed as u64 {
        return Err(format!("{needed} files have to be open at once, the limit is {limit}: raise `ulimit -Hn`").into());
    }
    let most = plan.per_user.max(STALLED).to_string();
    let server = Server::start(&binary, &[("BCRYPT_COST", "4"), ("SOCKETS_PER_USER", &most)]).await?;
    let listening = plan.sockets.div_ceil(plan.per_user * 2);
    let pairs = Arc::new(make_pairs(&server.address, STALLED_PAIRS + listening).await?);
    measure(&server, &plan, &pairs).await
}

async fn measure(server: &Server, plan: &Plan, pairs: &Arc<Vec<Pair>>) -> Result<(), Error> {
    let before = server.resident_bytes()?;
    let (end, ended) = watch::channel(false);
    let delivered = Arc::new(AtomicUsize::new(0));
    let connecting = Instant::now();
    let audience = gather(server, plan, pairs, &delivered, &ended).await?;
    let idle = server.resident_bytes()?;
    println!(
        "{} sockets of {} accounts in {:.1} s; {:.1} KiB each ({:.1} -> {:.1} MiB)",
        audience.len(),
        (pairs.len() - STALLED_PAIRS) * 2,
        connecting.elapsed().as_secs_f64(),
        idle.saturating_sub(before) as f64 / 1024.0 / audience.len() as f64,
        before as f64 / 1048576.0,
        idle as f64 / 1048576.0,
    );
    let stalled = stall(server, pairs, &ended);
    let (started, cpu) = (Instant::now(), server.cpu_time()?);
    let sent = write(server, plan, pairs).await?;
    let (elapsed, cpu) = (started.elapsed().as_secs_f64(), server.cpu_time()? - cpu);
    println!(
        "{} comments in {elapsed:.1} s; server at {:.2} cores, {:.1} MiB",
        sent.len(),
        cpu.as_secs_f64() / elapsed,
        server.resident_bytes()? as f64 / 1048576.0
    );
    let expected = sent.iter().filter(|sent| sent.pair >= STALLED_PAIRS).count() * plan.per_user * 2;
    await_deliveries(&delivered, expected).await;
    end.send(true)?;
    let mut seen = Vec::new();
    for listener in audience {
        seen.push(listener.await??);
    }
    for stalled in stalled {
        stalled.await??;
    }
    report(&sent, &seen, expected, plan.rate, elapsed);
    let metrics = Client::connect(&server.address, "").await?.send(client::get("/metrics")).await?;
    let metrics = String::from_utf8_lossy(&metrics).into_owned();
    metrics.lines().filter(|line| line.contains("slow") && !line.starts_with('#')).for_each(|line| println!("{line}"));
    Ok(())
}

/// Registers the accounts and makes the tasks.
pub async fn make_pairs(address: &str, count: usize) -> Result<Vec<Pair>, Error> {
    let making = stream::iter(0..count).map(|n| async move {
        let mut client = Client::connect(address, "").await?;
        let (owner, _) = account(&mut client, n * 2).await?;
        let (assignee, assignee_id) = account(&mut client, n * 2 + 1).await?;
        let project = client.send(client::post("/api/v1/projects", r#"{"name": "Bench"}"#).by(&owner)).await?;
        let task = json!({ "title": "Measure it", "assignee_id": assignee_id }).to_string();
        let path = format!("/api/v1/projects/{}/tasks", id_of(&project)?);
        let task = client.send(client::post(&path, &task).by(&owner)).await?;
        Ok::<_, Error>(Pair { tokens: [owner, assignee], task: id_of(&task)? })
    });
    making.buffered(AT_ONCE).try_collect().await
}

async fn account(client: &mut Client, n: usize) -> Result<(Arc<str>, i64), Error> {
    let account = json!({ "email": format!("bench{n}@example.com"), "password": "correct horse" }).to_string();
    let user = client.send(client::post("/api/v1/auth/register", &account)).await?;
    let pair = client.send(client::post("/api/v1/auth/login", &account)).await?;
    let pair: Value = serde_json::from_slice(&pair)?;
    Ok((pair["access_token"].as_str().ok_or("no access token")?.into(), id_of(&user)?))
}

pub fn id_of(row: &[u8]) -> Result<i64, Error> {
    serde_json::from_slice::<Value>(row)?["id"].as_i64().ok_or_else(|| "no id".into())
}

/// Connects the sockets that read.
async fn gather(
    server: &Server,
    plan: &Plan,
    pairs: &[Pair],
    delivered: &Arc<AtomicUsize>,
    ended: &watch::Receiver<bool>,
) -> Result<Vec<JoinHandle<Result<Seen, Error>>>, Error> {
    let tokens = pairs.iter().skip(STALLED_PAIRS).flat_map(|pair| &pair.tokens);
    let each = tokens.flat_map(|token| std::iter::repeat_n(token, plan.per_user)).take(plan.sockets);
    let joining = stream::iter(each).map(|token| audience::join(&server.address, token)).buffer_unordered(AT_ONCE);
    let listen = |socket| tokio::spawn(audience::listen(socket, Arc::clone(delivered), ended.clone()));
    let audience = joining.map_ok(listen).try_collect().await?;
    // The server answers the handshake before it counts the socket among the live ones.
    tokio::time::sleep(Duration::from_secs(1)).await;
    Ok(audience)
}

/// Connects those that never read.
fn stall(server: &Server, pairs: &[Pair], ended: &watch::Receiver<bool>) -> Vec<JoinHandle<Result<(), Error>>> {
    let tokens = pairs.iter().take(STALLED_PAIRS).flat_map(|pair| &pair.tokens).cycle().take(STALLED);
    tokens
        .map(|token| tokio::spawn(audience::stall(server.address.clone(), Arc::clone(token), ended.clone())))
        .collect()
}

/// Sends comments at a steady rate, whether or not the ones before are answered, as long as a connection is free.
async fn write(server: &Server, plan: &Plan, pairs: &Arc<Vec<Pair>>) -> Result<Vec<Sent>, Error> {
    let to_listeners = plan.rate as f64 / (plan.per_user * 2) as f64;
    let each = Duration::from_secs_f64(1.0 / (to_listeners * TO_STALLED as f64 / (TO_STALLED - 1) as f64));
    let (next, start) = (Arc::new(AtomicUsize::new(0)), Instant::now());
    let end = start + Duration::from_secs(plan.seconds);
    let mut writers = JoinSet::new();
    for _ in 0..WRITERS {
        let (next, pairs) = (Arc::clone(&next), Arc::clone(pairs));
        let mut client = Client::connect(&server.address, "").await?;
        writers.spawn(async move {
            let mut sent = Vec::new();
            loop {
                let n = next.fetch_add(1, Ordering::Relaxed);
                let due = start + each.mul_f64(n as f64);
                if due > end {
                    return Ok::<_, Error>(sent);
                }
                tokio::time::sleep_until(due.into()).await;
                let place = place_of(n, pairs.len());
                let pair = &pairs[place];
                let path = format!("/api/v1/tasks/{}/comments", pair.task);
                let at = Instant::now();
                let comment = client.send(client::post(&path, r#"{"body": "Seen."}"#).by(&pair.tokens[n % 2])).await?;
                sent.push(Sent { at, comment: id_of(&comment)?, pair: place });
            }
        });
    }
    let mut all = Vec::new();
    while let Some(sent) = writers.join_next().await {
        all.extend(sent??);
    }
    Ok(all)
}

/// Whose task the comment of this number is on.
fn place_of(n: usize, pairs: usize) -> usize {
    if n.is_multiple_of(TO_STALLED) {
        n / TO_STALLED % STALLED_PAIRS
    } else {
        STALLED_PAIRS + n * 7919 % (pairs - STALLED_PAIRS)
    }
}

async fn await_deliveries(delivered: &AtomicUsize, expected: usize) {
    let deadline = Instant::now() + Duration::from_secs(10);
    while delivered.load(Ordering::Relaxed) < expected && Instant::now() < deadline {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

fn report(sent: &[Sent], seen: &[Seen], expected: usize, asked: usize, elapsed: f64) {
    let sent: HashMap<_, _> = sent.iter().map(|sent| (sent.comment, sent.at)).collect();
    let receipts = seen.iter().flat_map(|seen| &seen.receipts);
    let mut latencies: Vec<_> =
        receipts.filter_map(|receipt| Some(receipt.at.duration_since(*sent.get(&receipt.comment)?))).collect();
    latencies.sort_unstable();
    let at = |share: f64| quantile_ms(&latencies, share);
    let (came, rate) = (latencies.len(), latencies.len() as f64 / elapsed);
    println!("{rate:.0} deliveries/s of {asked} asked for; expected {expected} in all, {came} came");
    println!("request sent to message received: p50 {:.1} ms, p99 {:.1} ms, max {:.1} ms", at(0.5), at(0.99), at(1.0));
    let out_of_order: usize = seen.iter().map(|seen| seen.out_of_order).sum();
    let closed: Vec<_> = seen.iter().filter_map(|seen| seen.closed.as_deref()).collect();
    println!("out of order or missing: {out_of_order}; closed early: {} {:?}", closed.len(), closed.first());
}
