//! Measures the server over loopback: requests (`GET` one task, `GET` 20 of 100,000, `POST` a task, and `GET /health` as
//! the ceiling that HTTP itself sets on this machine in this run); with `rivals` the same application by others beside it;
//! with `beside`, `mix` and `soak` what reads wait for, many accounts at once, and memory over time; with `instructions` what
//! a request costs in them; with `sockets` notifications, with `rejoin` those after a restart; with `batch` many creations in
//! one request; with `postgres` the same on PostgreSQL beside the same by hand; and with `limits` what a PostgreSQL server and a
//! node of it bear.
//!
//! The load generator runs beside the server on the same cores, as the figures of others do.
//!
//! What others are made of is most of what has to be compiled: without the feature `others`, only the server is measured.

#![cfg_attr(not(feature = "others"), allow(dead_code, reason = "what is there for others as well"))]

mod audience;
mod batch;
#[cfg(feature = "others")]
mod beside;
mod client;
#[cfg(feature = "others")]
mod cluster;
mod instructions;
#[cfg(feature = "others")]
mod limits;
mod load;
#[cfg(feature = "others")]
mod mix;
#[cfg(feature = "others")]
mod notices;
mod paced;
#[cfg(feature = "others")]
mod postgres;
mod processes;
mod rejoin;
#[cfg(feature = "others")]
mod rival;
#[cfg(feature = "others")]
mod rivals;
mod server;
#[cfg(feature = "others")]
mod soak;
mod sockets;

use std::{env, time::Duration};

use tokio::signal::unix::{SignalKind, signal};

use self::{client::Client, load::measure, server::Server};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

type Error = Box<dyn std::error::Error + Send + Sync>;

/// Connections, each with one request under way.
const CONNECTIONS: usize = 64;

/// Servers that were started end with what measures them, also where that is ended from outside.
#[tokio::main]
async fn main() -> Result<(), Error> {
    let mut ended = signal(SignalKind::terminate())?;
    tokio::select! {
        outcome = run() => outcome,
        _ = ended.recv() => Err("ended from outside".into()),
    }
}

async fn run() -> Result<(), Error> {
    let mut args = env::args().skip(1).peekable();
    match args.peek().map(String::as_str) {
        Some("sockets") => sockets::run(args.skip(1)).await,
        Some("batch") => batch::run(args.skip(1)).await,
        Some("rejoin") => rejoin::run(args.skip(1)).await,
        #[cfg(feature = "others")]
        Some("postgres") => postgres::run(args.skip(1)).await,
        #[cfg(feature = "others")]
        Some("limits") => limits::run(args.skip(1)).await,
        #[cfg(feature = "others")]
        Some("beside") => beside::run(args.skip(1)).await,
        #[cfg(feature = "others")]
        Some("mix") => mix::run(args.skip(1)).await,
        #[cfg(feature = "others")]
        Some("soak") => soak::run(args.skip(1)).await,
        Some("instructions") => instructions::run(args.skip(1)).await,
        #[cfg(feature = "others")]
        Some("rivals") => rivals::run(args.skip(1)).await,
        #[cfg(feature = "others")]
        Some("rival") => rival::serve(args.nth(1)).await,
        _ => requests(args).await,
    }
}

async fn requests(mut args: impl Iterator<Item = String>) -> Result<(), Error> {
    let binary = args.next().unwrap_or_else(|| "../target/release/fasttrack".into());
    let seconds: u64 = args.next().map_or(Ok(5), |text| text.parse())?;
    let rows: usize = args.next().map_or(Ok(100_000), |text| text.parse())?;
    let duration = Duration::from_secs(seconds);

    let server = Server::start(&binary, &[]).await?;
    let token = prepare(&server).await?;
    let new_task = r#"{"title": "Measure it", "priority": "high"}"#;

    println!("{CONNECTIONS} connections, {seconds} s each, {rows} tasks");
    let filled = load::repeat(&server.address, &token, rows, CONNECTIONS, |n| {
        client::post("/api/v1/projects/1/tasks", &format!(r#"{{"title": "Task {n}"}}"#))
    })
    .await?;
    println!("{:<34}{:>10.0}/s", "filled by POST", filled);

    let ceiling = measure(&[&server.address], &token, duration, CONNECTIONS, |_| client::get("/health")).await?;
    report("GET /health", &ceiling, ceiling.rate);
    let one = move |n: usize| client::get(&format!("/api/v1/tasks/{}", 1 + n * 7919 % rows));
    report("GET one of many", &measure(&[&server.address], &token, duration, CONNECTIONS, one).await?, ceiling.rate);
    let page = |_| client::get("/api/v1/projects/1/tasks");
    report(
        "GET 20, first page",
        &measure(&[&server.address], &token, duration, CONNECTIONS, page).await?,
        ceiling.rate,
    );
    let deep = deep_page(&server, &token).await?;
    let page = move |_| client::get(&deep);
    report(
        "GET 20, deep page by priority",
        &measure(&[&server.address], &token, duration, CONNECTIONS, page).await?,
        ceiling.rate,
    );
    let create = |_| client::post("/api/v1/projects/1/tasks", new_task);
    report("POST", &measure(&[&server.address], &token, duration, CONNECTIONS, create).await?, ceiling.rate);
    Ok(())
}

fn report(what: &str, measured: &load::Measured, ceiling: f64) {
    println!(
        "{what:<34}{:>10.0}/s   p50 {:>6.2} ms   p99 {:>6.2} ms   {:>5.2} of the ceiling",
        measured.rate,
        measured.p50_ms,
        measured.p99_ms,
        measured.rate / ceiling
    );
}

/// Registers, logs in and makes a project; returns the access token.
async fn prepare(server: &Server) -> Result<String, Error> {
    let mut client = Client::connect(&server.address, "").await?;
    let account = r#"{"email": "bench@example.com", "password": "correct horse"}"#;
    client.send(client::post("/api/v1/auth/register", account)).await?;
    let pair = client.send(client::post("/api/v1/auth/login", account)).await?;
    let pair: serde_json::Value = serde_json::from_slice(&pair)?;
    let token = pair["access_token"].as_str().ok_or("no access token")?.to_owned();
    let mut client = Client::connect(&server.address, &token).await?;
    client.send(client::post("/api/v1/projects", r#"{"name": "Bench"}"#)).await?;
    Ok(token)
}

/// The address of a page far into the list, 100 rows a step.
async fn deep_page(server: &Server, token: &str) -> Result<String, Error> {
    let mut client = Client::connect(&server.address, token).await?;
    let list = "/api/v1/projects/1/tasks?sort=priority";
    let mut cursor = String::new();
    for _ in 0..500 {
        let page = client.send(client::get(&format!("{list}&limit=100{cursor}"))).await?;
        let page: serde_json::Value = serde_json::from_slice(&page)?;
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    Ok(format!("{list}{cursor}"))
}
