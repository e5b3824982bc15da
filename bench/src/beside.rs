//! What a read waits for while the server has something else to do: writers, searches, log-ins.
//!
//! Reads are [`paced`](crate::paced); what goes on beside them is sent as fast as it is answered.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{process::Command, task::JoinSet};

use crate::{
    Error,
    client::{self, Call, Client},
    load::quantile_ms,
    paced::Pace,
    rivals::data::{Data, ENVIRONMENT, TASKS},
    server::{Listening, Server},
};

/// 800 reads a second.
const READS: Pace = Pace { connections: 16, every: Duration::from_millis(20) };

/// How long it goes on before it is measured.
const WARM_UP: Duration = Duration::from_secs(1);

/// What is promised, in milliseconds.
const BAR_MS: f64 = 5.0;

/// Something that goes on beside the reads.
struct Beside {
    name: &'static str,
    connections: usize,
    call: fn(usize) -> Call,
}

const ALL: [Beside; 4] = [
    Beside { name: "nothing", connections: 0, call: |_| client::get("/health") },
    Beside { name: "32 writers", connections: 32, call: write },
    Beside { name: "8 searches over 100,000 rows", connections: 8, call: search },
    Beside { name: "8 log-ins at bcrypt 12", connections: 8, call: |_| client::post("/api/v1/auth/login", ACCOUNT) },
];

/// An account whose password is hashed at the cost that people have.
const ACCOUNT: &str = r#"{"email": "beside@example.com", "password": "correct horse"}"#;

/// Measures reads beside each.
pub async fn run(mut args: impl Iterator<Item = String>) -> Result<(), Error> {
    let binary = args.next().ok_or("bench beside BINARY [SECONDS]")?;
    let duration = Duration::from_secs(args.next().map_or(Ok(10), |text| text.parse())?);
    let data = Data::make(&binary).await?;
    let folder = data.full()?;
    let environment: Vec<_> =
        ENVIRONMENT.into_iter().map(|(name, value)| (name, if name == "BCRYPT_COST" { "12" } else { value })).collect();
    let command = Command::new(std::fs::canonicalize(&binary)?);
    let server = Server::run(command, &folder, &environment, Listening::Says).await?;
    let register = client::post("/api/v1/auth/register", ACCOUNT);
    Client::connect(&server.address, "").await?.send(register).await?;
    println!("GET a task, {} a second, beside | p50 | p99 | max | beside it, a second | |", READS.rate());
    println!("|---|---|---|---|---|---|");
    for beside in &ALL {
        measure(&server, &data.token, beside, duration).await?;
    }
    Ok(())
}

async fn measure(server: &Server, token: &str, beside: &Beside, duration: Duration) -> Result<(), Error> {
    let (done, answered) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let mut going_on = JoinSet::new();
    for first in 0..beside.connections {
        let mut client = Client::connect(&server.address, token).await?;
        let (done, answered, call) = (Arc::clone(&done), Arc::clone(&answered), beside.call);
        going_on.spawn(async move {
            let mut n = first;
            while !done.load(Ordering::Relaxed) {
                client.send(call(n)).await?;
                answered.fetch_add(1, Ordering::Relaxed);
                n += 1;
            }
            Ok::<_, Error>(())
        });
    }
    tokio::time::sleep(WARM_UP).await;
    let before = answered.load(Ordering::Relaxed);
    let reads = READS.read(&server.address, token, |n| format!("/api/v1/tasks/{}", 1 + n * 7_919 % TASKS));
    tokio::time::sleep(duration).await;
    let latencies = reads.end()?;
    let rate = (answered.load(Ordering::Relaxed) - before) as f64 / duration.as_secs_f64();
    done.store(true, Ordering::Relaxed);
    while let Some(ended) = going_on.join_next().await {
        ended??;
    }
    let p99 = quantile_ms(&latencies, 0.99);
    println!(
        "| {} | {:.2} ms | {p99:.2} ms | {:.2} ms | {rate:.0} | {} |",
        beside.name,
        quantile_ms(&latencies, 0.5),
        quantile_ms(&latencies, 1.0),
        if p99 < BAR_MS { "reached" } else { "not reached" },
    );
    Ok(())
}

fn write(n: usize) -> Call {
    client::post("/api/v1/projects/1/tasks", &format!(r#"{{"title": "Written {n}"}}"#))
}

/// A word that all tasks have, and one that few have.
fn search(n: usize) -> Call {
    let word = if n.is_multiple_of(2) { "task".to_owned() } else { format!("{}", n % 1_000) };
    client::get(&format!("/api/v1/projects/1/tasks?q={word}&sort=-relevance"))
}
