//! One node and two on a PostgreSQL server, beside the same requests by hand on that server, and beside SQLite.
//!
//! All of them are up at the same time, with the same rows, and take turns, round after round: what else the machine has to
//! do hits all alike. The middle one of the rounds counts.

use std::time::Duration;

use serde_json::Value;
use sqlx::{AssertSqlSafe, Connection, Executor};

use crate::{
    Error,
    client::{self, Call, Client},
    cluster::{Cluster, Database},
    load::{Measured, measure, middle},
    notices, prepare, rival,
    server::Server,
};

/// Rounds, of which the middle one counts.
pub const ROUNDS: usize = 3;

/// Tasks that are there before.
const TASKS: usize = 100_000;

/// What every server signs with, so that all believe one token.
const KEY: &str = "a key that is the same wherever it is needed";

/// Connections to the database that the rival has: as many as a node by default.
const POOL: &str = "16";

/// How long a server is asked before the first round, without being measured.
const WARM_UP: Duration = Duration::from_millis(500);

/// What is asked of each.
const REQUESTS: [&str; 5] = ["GET /health", "GET one of 100,000", "GET 20, first page", "GET 20, deep page", "POST"];

/// One that is measured.
pub struct Side {
    pub name: &'static str,
    pub servers: Vec<Server>,
    token: String,
    /// A page far into the list.
    deep: String,
}

/// What was seen of a side in one round.
#[derive(Clone, Copy)]
struct Round {
    measured: Measured,
    /// What the servers themselves spent on a request, in microseconds.
    cpu_us: f64,
}

/// How much.
#[derive(Clone, Copy)]
struct Plan {
    duration: Duration,
    connections: usize,
}

/// Makes databases, fills them, measures, prints, and drops them.
pub async fn run(mut args: impl Iterator<Item = String>) -> Result<(), Error> {
    let usage = "bench postgres BINARY URL [SECONDS [CONNECTIONS]]";
    let (binary, url) = (args.next().ok_or(usage)?, args.next().ok_or(usage)?);
    let seconds = args.next().map_or(Ok(4), |text| text.parse())?;
    let connections = args.next().map_or(Ok(32), |text| text.parse())?;
    let plan = Plan { duration: Duration::from_secs(seconds), connections };
    let cluster = Cluster::at(&url)?;
    cluster.show_settings().await?;
    println!("{connections} connections, {seconds} s each, the middle one of {ROUNDS} rounds, {TASKS} tasks\n");
    let most = Duration::from_secs(600 + seconds * 150);
    let done = tokio::select! {
        done = tokio::time::timeout(most, compare(&cluster, &binary, plan)) => done,
        _ = tokio::signal::ctrl_c() => Ok(Err("interrupted".into())),
    };
    cluster.drop_all().await?;
    done?
}

async fn compare(cluster: &Cluster, binary: &str, plan: Plan) -> Result<(), Error> {
    let sides = start(cluster, binary).await?;
    check_answers_are_alike(&sides).await?;
    println!("| | | requests/s | of by hand | p50 | p99 | CPU of the server, a request |");
    println!("|---|---|---|---|---|---|---|");
    for request in REQUESTS {
        let rounds = measure_in_turns(&sides, request, plan).await?;
        report(request, &sides, &rounds);
    }
    println!();
    let heard: Vec<_> = sides.iter().skip(1).collect();
    notices::compare(&heard, plan.duration).await
}

/// Fills a database, copies it for each side, and starts their servers.
async fn start(cluster: &Cluster, binary: &str) -> Result<Vec<Side>, Error> {
    let filled = cluster.create(None).await?;
    let server = node(binary, &filled.url).await?;
    let token = prepare(&server).await?;
    server.stop().await?;
    fill(cluster, &filled).await?;
    let (by_hand, of_two) = (cluster.create(Some(&filled)).await?, cluster.create(Some(&filled)).await?);

    let environment = [("DATABASE_URL", by_hand.url.as_str()), ("SECRET_KEY", KEY), ("DATABASE_POOL", POOL)];
    let mut sides = vec![
        Side::new("axum + sqlx by hand", vec![Server::rival(rival::POSTGRES, &environment).await?], &token),
        Side::new("fasttrack, one node", vec![node(binary, &filled.url).await?], &token),
        Side::new(
            "fasttrack, two nodes",
            vec![node(binary, &of_two.url).await?, node(binary, &of_two.url).await?],
            &token,
        ),
    ];
    let server = node(binary, "sqlite://bench.db").await?;
    let token = prepare(&server).await?;
    let fill = |n| client::post("/api/v1/projects/1/tasks", &format!(r#"{{"title": "Task {n}"}}"#));
    crate::load::repeat(&server.address, &token, TASKS, 64, fill).await?;
    sides.push(Side::new("fasttrack, SQLite", vec![server], &token));
    for side in &mut sides {
        side.deep = crate::deep_page(&side.servers[0], &side.token).await?;
    }
    Ok(sides)
}

/// A node with a token that lasts as long as the run, and hashes that do not take most of it.
pub async fn node(binary: &str, database: &str) -> Result<Server, Error> {
    let environment =
        [("DATABASE_URL", database), ("SECRET_KEY", KEY), ("BCRYPT_COST", "4"), ("ACCESS_TOKEN_EXPIRE_MINUTES", "600")];
    Server::start(binary, &environment).await
}

/// Tasks as they would be if they had come one after the other, and tables as the vacuum leaves them.
pub async fn fill(cluster: &Cluster, database: &Database) -> Result<(), Error> {
    let mut connection = cluster.connect_to(database).await?;
    let insert = format!(
        "INSERT INTO tasks (title, project_id, created_at, updated_at) SELECT 'Task ' || n, 1, at, at \
         FROM generate_series(0, {TASKS} - 1) n, LATERAL (SELECT now() - ({TASKS} - n) * interval '1 second' AS at) t"
    );
    connection.execute(AssertSqlSafe(insert)).await?;
    connection.execute("VACUUM (ANALYZE)").await?;
    connection.execute("CHECKPOINT").await?;
    Ok(connection.close().await?)
}

impl Side {
    fn new(name: &'static str, servers: Vec<Server>, token: &str) -> Self {
        Self { name, servers, token: token.to_owned(), deep: String::new() }
    }

    fn addresses(&self) -> Vec<&str> {
        self.servers.iter().map(|server| server.address.as_str()).collect()
    }

    fn cpu_time(&self) -> Result<Duration, Error> {
        self.servers.iter().map(Server::cpu_time).sum()
    }

    fn call(&self, request: &str) -> Box<dyn Fn(usize) -> Call + Send + Sync> {
        let deep = self.deep.clone();
        match request {
            "GET /health" => Box::new(|_| client::get("/health")),
            "GET one of 100,000" => Box::new(|n| client::get(&format!("/api/v1/tasks/{}", 1 + n * 7919 % TASKS))),
            "GET 20, first page" => Box::new(|_| client::get("/api/v1/projects/1/tasks")),
            "GET 20, deep page" => Box::new(move |_| client::get(&deep)),
            _ => {
                Box::new(|_| client::post("/api/v1/projects/1/tasks", r#"{"title": "Measure it", "priority": "high"}"#))
            }
        }
    }

    async fn measure(&self, request: &str, duration: Duration, connections: usize) -> Result<Round, Error> {
        let cpu = self.cpu_time()?;
        let measured = measure(&self.addresses(), &self.token, duration, connections, self.call(request)).await?;
        let spent = (self.cpu_time()? - cpu).as_secs_f64() * 1e6;
        Ok(Round { measured, cpu_us: spent / (measured.rate * duration.as_secs_f64()) })
    }

    async fn answer(&self, request: &str) -> Result<Value, Error> {
        let mut client = Client::connect(self.addresses()[0], &self.token).await?;
        Ok(serde_json::from_slice(&client.send(self.call(request)(0)).await?)?)
    }
}

/// The same rows, so the same answers on PostgreSQL; SQLite was filled at another time.
async fn check_answers_are_alike(sides: &[Side]) -> Result<(), Error> {
    let [by_hand, others @ ..] = sides else { return Err("nobody to compare with".into()) };
    for request in REQUESTS {
        let expected = by_hand.answer(request).await?;
        for side in others {
            let answer = side.answer(request).await?;
            let is_alike = if request == "POST" || side.name.ends_with("SQLite") {
                names(&answer) == names(&expected)
            } else {
                without_cursor(&answer) == without_cursor(&expected)
            };
            if !is_alike {
                return Err(format!("{request}: {} answers {answer}, by hand it is {expected}", side.name).into());
            }
        }
    }
    Ok(())
}

/// The names of what is in an answer, and of what is in the first of its items.
fn names(answer: &Value) -> Vec<String> {
    let of = |value: &Value| value.as_object().map(|members| members.keys().cloned().collect()).unwrap_or_default();
    let mut names: Vec<String> = of(answer);
    names.extend(of(&answer["items"][0]));
    names
}

/// Each seals its cursors in its own way.
fn without_cursor(answer: &Value) -> Value {
    let mut answer = answer.clone();
    if let Some(cursor) = answer.get_mut("next_cursor") {
        *cursor = cursor.is_string().into();
    }
    answer
}

async fn measure_in_turns(sides: &[Side], request: &str, plan: Plan) -> Result<Vec<Vec<Round>>, Error> {
    let mut rounds = vec![Vec::new(); sides.len()];
    for side in sides {
        side.measure(request, WARM_UP, plan.connections).await?;
    }
    for _ in 0..ROUNDS {
        for (side, rounds) in sides.iter().zip(&mut rounds) {
            rounds.push(side.measure(request, plan.duration, plan.connections).await?);
        }
    }
    Ok(rounds)
}

fn report(request: &str, sides: &[Side], rounds: &[Vec<Round>]) {
    let middle = |rounds: &[Round], of: fn(&Round) -> f64| middle(rounds.iter().map(of).collect());
    let by_hand = rounds.first().map_or(0.0, |rounds| middle(rounds, |round| round.measured.rate));
    for (side, rounds) in sides.iter().zip(rounds) {
        let rate = middle(rounds, |round| round.measured.rate);
        println!(
            "| `{request}` | {} | {rate:.0} | {:.2} | {:.2} ms | {:.2} ms | {:.0} µs |",
            side.name,
            rate / by_hand,
            middle(rounds, |round| round.measured.p50_ms),
            middle(rounds, |round| round.measured.p99_ms),
            middle(rounds, |round| round.cpu_us),
        );
    }
}
