//! Many accounts that do what accounts do, all at once, against what each kind of request does alone.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use rusqlite::Connection;
use serde_json::Value;
use tempfile::TempDir;
use tokio::task::JoinSet;

use crate::{
    Error,
    client::{self, Client},
    load::middle,
    rivals::{
        data::{ACCOUNT, FILE},
        side::start_fasttrack,
    },
    server::Server,
};

const CONNECTIONS: usize = 32;

/// Accounts, each with a project, and the tasks of each project.
const ACCOUNTS: usize = 10_000;
const TASKS_EACH: usize = 100;

const ROUNDS: usize = 3;

/// How far the mix may be from what the kinds predict.
const TOLERANCE: f64 = 0.15;

/// A kind of request.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Get,
    List,
    Write,
    Refresh,
}

/// What is sent: so many of each in fifty.
type Shares = [(Kind, usize); 4];

const MIX: Shares = [(Kind::Get, 35), (Kind::List, 10), (Kind::Write, 4), (Kind::Refresh, 1)];

/// An account that has logged in.
struct LoggedIn {
    /// The number of its project, too.
    id: usize,
    access: Arc<str>,
    refresh: String,
}

/// A connection, and the accounts that use it.
struct Worker {
    client: Client,
    accounts: Vec<LoggedIn>,
    /// Requests until now.
    sent: usize,
}

/// How long each goes on before it is measured: after tokens were refreshed, each of the new ones is seen for the first time.
const WARM_UP: Duration = Duration::from_secs(1);

/// Fills, logs in, measures each kind and the mix, and compares.
pub async fn run(mut args: impl Iterator<Item = String>) -> Result<(), Error> {
    let binary = args.next().ok_or("bench mix BINARY [SECONDS]")?;
    let duration = Duration::from_secs(args.next().map_or(Ok(5), |text| text.parse())?);
    let folder = Arc::new(tempfile::tempdir()?);
    let server = start_fasttrack(&binary, &folder).await?;
    Client::connect(&server.address, "").await?.send(client::post("/api/v1/auth/register", ACCOUNT)).await?;
    server.end().await?;
    fill(&folder)?;
    let server = start_fasttrack(&binary, &folder).await?;
    let mut workers = log_in(&server).await?;
    let alone: [Shares; 4] = std::array::from_fn(|n| MIX.map(|(kind, _)| (kind, usize::from(kind == MIX[n].0))));
    let mut rates: [Vec<f64>; 5] = Default::default();
    for _ in 0..ROUNDS {
        for (shares, rates) in alone.iter().chain([&MIX]).zip(&mut rates) {
            let (_, warm) = measure(workers, *shares, WARM_UP).await?;
            let (answered, back) = measure(warm, *shares, duration).await?;
            workers = back;
            rates.push(answered as f64 / duration.as_secs_f64());
        }
    }
    report(rates.map(middle), server.resident_bytes()?);
    Ok(())
}

fn report(rates: [f64; 5], resident_bytes: u64) {
    let [.., mixed] = rates;
    let whole: usize = MIX.iter().map(|(_, share)| share).sum();
    let seconds: f64 = MIX.iter().zip(rates).map(|((_, share), rate)| *share as f64 / whole as f64 / rate).sum();
    for (name, rate) in ["GET", "list", "write", "refresh", "the mix"].iter().zip(rates) {
        println!("| {name} | {rate:.0}/s |");
    }
    let ratio = mixed * seconds;
    let verdict = if ratio >= 1.0 - TOLERANCE { "reached" } else { "not reached" };
    println!("| predicted | {:.0}/s |\n| the mix, of that | {ratio:.2} | {verdict} |", 1.0 / seconds);
    println!("| resident | {:.1} MiB |", resident_bytes as f64 / 1_048_576.0);
}

/// The other accounts have the password of the first one.
fn fill(folder: &TempDir) -> Result<(), Error> {
    let connection = Connection::open(folder.path().join(FILE))?;
    let tasks = ACCOUNTS * TASKS_EACH;
    let at = "'2026-01-01T00:00:00.000000Z'";
    connection.execute_batch(&format!(
        "BEGIN; \
         WITH RECURSIVE numbers (n) AS (SELECT 2 UNION ALL SELECT n + 1 FROM numbers WHERE n < {ACCOUNTS}) \
         INSERT INTO users (email, password, created_at, updated_at) \
         SELECT 'bench' || n || '@example.com', (SELECT password FROM users WHERE id = 1), {at}, {at} FROM numbers; \
         INSERT INTO projects (name, owner_id, created_at, updated_at) SELECT 'Project ' || id, id, {at}, {at} FROM users; \
         WITH RECURSIVE numbers (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n < {tasks} - 1) \
         INSERT INTO tasks (title, project_id, created_at, updated_at) \
         SELECT 'Task ' || n, 1 + n / {TASKS_EACH}, {at}, {at} FROM numbers; \
         COMMIT"
    ))?;
    Ok(())
}

async fn log_in(server: &Server) -> Result<Vec<Worker>, Error> {
    let mut logging_in = JoinSet::new();
    for first in 0..CONNECTIONS {
        let mut client = Client::connect(&server.address, "").await?;
        logging_in.spawn(async move {
            let mut accounts = Vec::new();
            for id in (1..=ACCOUNTS).skip(first).step_by(CONNECTIONS) {
                let name = if id == 1 { String::new() } else { id.to_string() };
                let account = ACCOUNT.replace("bench@", &format!("bench{name}@"));
                let pair = client.send(client::post("/api/v1/auth/login", &account)).await?;
                accounts.push(LoggedIn::of(id, &pair)?);
            }
            Ok::<_, Error>(Worker { client, accounts, sent: 0 })
        });
    }
    let mut workers = Vec::new();
    while let Some(worker) = logging_in.join_next().await {
        workers.push(worker??);
    }
    Ok(workers)
}

async fn measure(workers: Vec<Worker>, shares: Shares, duration: Duration) -> Result<(usize, Vec<Worker>), Error> {
    let start = Instant::now();
    let mut working = JoinSet::new();
    for mut worker in workers {
        working.spawn(async move {
            let before = worker.sent;
            while start.elapsed() < duration {
                worker.send(kind_of(worker.sent, shares)).await?;
            }
            Ok::<_, Error>((worker.sent - before, worker))
        });
    }
    let (mut answered, mut workers) = (0, Vec::new());
    while let Some(done) = working.join_next().await {
        let (count, worker) = done??;
        answered += count;
        workers.push(worker);
    }
    Ok((answered, workers))
}

/// Kinds by their shares, not one after the other of the same kind: 7 is prime to the sum of the shares.
fn kind_of(sent: usize, shares: Shares) -> Kind {
    let whole: usize = shares.iter().map(|(_, share)| share).sum();
    let mut at = sent * 7 % whole;
    for (kind, share) in shares {
        if at < share {
            return kind;
        }
        at -= share;
    }
    Kind::Get
}

impl LoggedIn {
    fn of(id: usize, pair: &[u8]) -> Result<Self, Error> {
        let pair: Value = serde_json::from_slice(pair)?;
        let text = |name: &str| pair[name].as_str().ok_or("no token");
        Ok(Self { id, access: text("access_token")?.into(), refresh: text("refresh_token")?.to_owned() })
    }
}

impl Worker {
    /// One request of the account whose turn it is.
    async fn send(&mut self, kind: Kind) -> Result<(), Error> {
        let turn = self.sent * 31 % self.accounts.len();
        let Some(account) = self.accounts.get_mut(turn) else { return Err("nobody has logged in".into()) };
        let project = format!("/api/v1/projects/{}/tasks", account.id);
        let call = match kind {
            Kind::Get => {
                client::get(&format!("/api/v1/tasks/{}", 1 + (account.id - 1) * TASKS_EACH + self.sent % TASKS_EACH))
            }
            Kind::List => client::get(&project),
            Kind::Write => client::post(&project, r#"{"title": "Measure it"}"#),
            Kind::Refresh => {
                let body = format!(r#"{{"refresh_token": "{}"}}"#, account.refresh);
                let pair = self.client.send(client::post("/api/v1/auth/refresh", &body)).await?;
                *account = LoggedIn::of(account.id, &pair)?;
                self.sent += 1;
                return Ok(());
            }
        };
        self.client.send(call.by(&account.access)).await?;
        self.sent += 1;
        Ok(())
    }
}
