//! One that is measured: started, with its rows, and known how to be asked.

use std::{
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use tempfile::TempDir;
use tokio::process::Command;

use super::{
    api::Api,
    case::Case,
    data::{Data, ENVIRONMENT, KEY},
    pocketbase::PocketBase,
    python,
};
use crate::{
    Error,
    client::{self, Client},
    load::middle,
    rival,
    server::{Listening, Server, free_address},
};

/// A server with all rows, and what was seen before there were any.
pub struct Side {
    pub name: &'static str,
    pub server: Server,
    pub api: Api,
    pub token: String,
    /// From the start of the process until it tells that it is alive, without rows.
    pub start_ms: f64,
    /// What it then has in memory, in bytes.
    pub idle_bytes: u64,
}

/// The names of the sides, as the table has them.
pub const FASTTRACK: &str = "fasttrack";
pub const BY_HAND: &str = "axum + rusqlite by hand";
pub const LEAN: &str = "the same, without other indexes";
pub const PLAIN: &str = "axum + sqlx";
pub const POCKETBASE: &str = "PocketBase";
pub const FASTAPI: &str = "FastAPI + SQLModel";

/// Starts of which the middle one counts.
const STARTS: usize = 3;

/// How long a server is left alone before its memory is looked at.
const IDLE: Duration = Duration::from_secs(1);

/// Starts all that there are, and says who is left out.
pub async fn start_all(binary: &str) -> Result<Vec<Side>, Error> {
    let data = Data::make(binary).await?;
    let mut sides = vec![fasttrack(binary, &data).await?];
    sides.push(by_axum(BY_HAND, rival::BY_HAND, &data, &data.full()?, &Case::ALIKE).await?);
    sides.push(by_axum(LEAN, rival::BY_HAND, &data, &data.lean()?, &[Case::NewProject]).await?);
    sides.push(by_axum(PLAIN, rival::PLAIN, &data, &data.full()?, &Case::ALIKE).await?);
    for side in
        [pocketbase().await.map_err(|why| (POCKETBASE, why)), fastapi(&data).await.map_err(|why| (FASTAPI, why))]
    {
        match side {
            Ok(side) => sides.push(side),
            Err((name, why)) => println!("{name} is left out: {why}"),
        }
    }
    Ok(sides)
}

/// Starts the product in this folder.
pub async fn start_fasttrack(binary: &str, folder: &Arc<TempDir>) -> Result<Server, Error> {
    let command = Command::new(std::fs::canonicalize(binary)?);
    Server::run(command, folder, &ENVIRONMENT, Listening::Says).await
}

async fn fasttrack(binary: &str, data: &Data) -> Result<Side, Error> {
    let mut starts = Starts::default();
    for _ in 0..STARTS {
        let folder = data.empty()?;
        starts.see("/health", start_fasttrack(binary, &folder)).await?;
    }
    let server = start_fasttrack(binary, &data.full()?).await?;
    let api = Api::own(&server, &data.token, &Case::ALL).await?;
    Ok(starts.side(FASTTRACK, server, api, &data.token))
}

async fn by_axum(
    name: &'static str,
    rival: &str,
    data: &Data,
    full: &Arc<TempDir>,
    cases: &'static [Case],
) -> Result<Side, Error> {
    let mut starts = Starts::default();
    for _ in 0..STARTS {
        let folder = data.empty()?;
        starts.see("/health", Server::rival_in(&folder, rival, &ENVIRONMENT)).await?;
    }
    let server = Server::rival_in(full, rival, &ENVIRONMENT).await?;
    let api = Api::own(&server, &data.token, cases).await?;
    Ok(starts.side(name, server, api, &data.token))
}

async fn pocketbase() -> Result<Side, Error> {
    let pocketbase = PocketBase::make().await?;
    let api = Api::PocketBase { account: pocketbase.account.clone() };
    let mut starts = Starts::default();
    for _ in 0..STARTS {
        starts.see(api.health(), pocketbase.start_empty()).await?;
    }
    Ok(starts.side(POCKETBASE, pocketbase.start().await?, api, &pocketbase.token))
}

async fn fastapi(data: &Data) -> Result<Side, Error> {
    let programs = python::programs("fastapi", "fastapi/requirements.txt").await?;
    let mut starts = Starts::default();
    for _ in 0..STARTS {
        let folder = data.empty()?;
        starts.see("/health", uvicorn(&programs, &folder)).await?;
    }
    let server = uvicorn(&programs, &data.full()?).await?;
    let api = Api::own(&server, &data.token, &Case::ALIKE).await?;
    Ok(starts.side(FASTAPI, server, api, &data.token))
}

async fn uvicorn(programs: &Path, folder: &Arc<TempDir>) -> Result<Server, Error> {
    let address = free_address().await?;
    let (_, port) = address.split_once(':').ok_or("no port")?;
    let mut command = Command::new(programs.join("uvicorn"));
    command.args(["app:app", "--workers", "2", "--log-level", "warning", "--no-access-log", "--port", port]);
    command.arg("--app-dir").arg(Path::new(python::BENCH).join("rivals/fastapi"));
    Server::run(command, folder, &[("DATABASE", "bench.db"), ("SECRET_KEY", KEY)], Listening::At(&address)).await
}

/// What was seen of starts.
#[derive(Default)]
struct Starts {
    ms: Vec<f64>,
    idle_bytes: Vec<f64>,
}

impl Starts {
    /// Waits for a start, and ends what was started.
    async fn see(&mut self, health: &str, starting: impl Future<Output = Result<Server, Error>>) -> Result<(), Error> {
        let begun = Instant::now();
        let server = starting.await?;
        Client::connect(&server.address, "").await?.send(client::get(health)).await?;
        self.ms.push(begun.elapsed().as_secs_f64() * 1e3);
        tokio::time::sleep(IDLE).await;
        self.idle_bytes.push(server.resident_bytes()? as f64);
        server.end().await
    }

    fn side(self, name: &'static str, server: Server, api: Api, token: &str) -> Side {
        let (start_ms, idle_bytes) = (middle(self.ms), middle(self.idle_bytes) as u64);
        Side { name, server, api, token: token.to_owned(), start_ms, idle_bytes }
    }
}
