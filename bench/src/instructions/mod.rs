//! What a request costs in instructions, which hardly depends on the machine and on what else it does; so that what grew is
//! seen at once, in the change that made it grow.
//!
//! The release binary runs under callgrind with a single worker thread, and is asked over one connection. Callgrind counts
//! what all threads of the process execute between two requests to it; the kernel's share is not in it.

mod callgrind;
mod counts;

use std::{
    path::Path,
    time::{Duration, Instant},
};

use self::{callgrind::Callgrind, counts::Counts};
use crate::{
    Error,
    client::{self, Call, Client},
    load::middle,
    prepare,
    server::Server,
};

/// Requests of each kind that are counted at a time.
const REQUESTS: usize = 200;

/// How often; the middle one counts, so that what the server does now and then for itself is in none or few.
const WINDOWS: usize = 7;

/// Requests of each kind before.
const WARM_UP: usize = 100;

/// Tasks that are there before.
const TASKS: usize = 300;

/// How long what follows an answer may take.
const REST: Duration = Duration::from_millis(150);

/// How long the server is left alone before each of these, to see what it does for itself all the time. That is taken off by
/// the time that requests took, which on a busy machine is longer.
const IDLE: Duration = Duration::from_millis(500);

const USAGE: &str = "bench instructions BINARY FILE.json [write]";

/// A kind of request.
struct Kind {
    name: &'static str,
    call: fn(usize) -> Call,
}

const KINDS: [Kind; 5] = [
    Kind { name: "GET one task", call: |n| client::get(&format!("/api/v1/tasks/{}", row(n))) },
    Kind { name: "GET 20 tasks", call: |_| client::get("/api/v1/projects/1/tasks") },
    Kind { name: "POST a project", call: |_| client::post("/api/v1/projects", r#"{"name": "Measure it"}"#) },
    Kind { name: "PATCH a status", call: status },
    Kind { name: "GET /users/me", call: |_| client::get("/api/v1/users/me") },
];

/// Counts, and compares with the file or writes it.
pub async fn run(mut args: impl Iterator<Item = String>) -> Result<(), Error> {
    let (binary, file) = (args.next().ok_or(USAGE)?, args.next().ok_or(USAGE)?);
    let file = Path::new(&file);
    let counted = count(&binary).await?;
    match args.next().as_deref() {
        Some("write") => counted.write(file),
        Some(_) => Err(USAGE.into()),
        None => counted.compare(&Counts::read(file)?),
    }
}

async fn count(binary: &str) -> Result<Counts, Error> {
    let callgrind = Callgrind::new()?;
    let server = callgrind.start(binary).await?;
    let token = prepare(&server).await?;
    let mut client = Client::connect(&server.address, &token).await?;
    for n in 0..TASKS {
        client.send(client::post("/api/v1/projects/1/tasks", &format!(r#"{{"title": "Task {n}"}}"#))).await?;
    }
    for kind in &KINDS {
        for n in 0..WARM_UP {
            client.send((kind.call)(n)).await?;
        }
    }
    let mut counted = Counts::of_this_compiler()?;
    callgrind.begin(&server)?;
    let (mut by_itself, mut windows) = (Vec::new(), Vec::new());
    for kind in &KINDS {
        for window in 0..WINDOWS {
            by_itself.push(a_second_by_itself(&callgrind, &server).await?);
            let (begun, before) = (Instant::now(), WARM_UP + window * REQUESTS);
            let executed = in_window(&callgrind, &server, &mut client, kind, before).await?;
            windows.push((executed as f64, begun.elapsed().as_secs_f64()));
        }
    }
    let by_itself = by_itself.iter().sum::<f64>() / by_itself.len() as f64;
    println!("a second by itself: {by_itself:.0}");
    for (kind, windows) in KINDS.iter().zip(windows.chunks(WINDOWS)) {
        let each = |(executed, seconds): &(f64, f64)| (executed - by_itself * seconds) / REQUESTS as f64;
        let windows: Vec<f64> = windows.iter().map(each).collect();
        println!("{}: {windows:.0?}", kind.name);
        counted.insert(kind.name, middle(windows) as u64);
    }
    server.stop().await?;
    Ok(counted)
}

/// What the server does in a second without being asked.
async fn a_second_by_itself(callgrind: &Callgrind, server: &Server) -> Result<f64, Error> {
    callgrind.zero(server)?;
    let begun = Instant::now();
    tokio::time::sleep(IDLE).await;
    let counted = callgrind.dump(server)?;
    Ok(counted as f64 / begun.elapsed().as_secs_f64())
}

/// What the server does while it answers, and what follows from that.
async fn in_window(
    callgrind: &Callgrind,
    server: &Server,
    client: &mut Client,
    kind: &Kind,
    before: usize,
) -> Result<u64, Error> {
    callgrind.zero(server)?;
    for n in before..before + REQUESTS {
        client.send((kind.call)(n)).await?;
    }
    tokio::time::sleep(REST).await;
    callgrind.dump(server)
}

/// Each task in turn, and in each turn another status, so that it is a change every time.
fn status(n: usize) -> Call {
    let status = ["in_progress", "done", "todo"][n / TASKS % 3];
    client::patch(&format!("/api/v1/tasks/{}", row(n)), &format!(r#"{{"status": "{status}"}}"#))
}

fn row(n: usize) -> usize {
    1 + n % TASKS
}
