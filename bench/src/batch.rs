//! A batch that creates 100 rows beside the creation of one, by turns over one connection: what each takes, and how many times
//! as long the batch takes as the one.
//!
//! On a new SQLite file, and on each database that is named, which has to be empty.

use std::time::{Duration, Instant};

use crate::{
    Error,
    client::{self, Call, Client},
    load::middle,
    prepare,
    server::Server,
};

/// Rows that a batch creates.
const ROWS: usize = 100;

/// Of each, before what is measured: plans of statements and pages of the database are there then.
const WARM_UP: usize = 10;

/// What is created: the path, and the start of a body whose end is a number.
const KINDS: [(&str, &str, &str); 2] = [
    ("projects", "/projects", r#"{"name": "Project "#),
    ("tasks of a project", "/projects/1/tasks", r#"{"title": "Task "#),
];

/// Measures, and prints.
pub async fn run(mut args: impl Iterator<Item = String>) -> Result<(), Error> {
    let usage = "bench batch BINARY [TIMES [DATABASE_URL…]]";
    let binary = args.next().ok_or(usage)?;
    let times: usize = args.next().map_or(Ok(40), |text| text.parse())?;
    let databases = ["sqlite://bench.db".to_owned()].into_iter().chain(args);
    println!("{times} of each by turns, the middle one of them; {ROWS} rows a batch\n");
    println!("| | | one | a batch | times one |");
    println!("|---|---|---|---|---|");
    for database in databases {
        // Its scheme alone: there may be a password in it.
        let name = database.split(':').next().unwrap_or_default().to_owned();
        let server = Server::start(&binary, &[("BCRYPT_COST", "4"), ("DATABASE_URL", &database)]).await?;
        let mut client = Client::connect(&server.address, &prepare(&server).await?).await?;
        for (what, path, body) in KINDS {
            let (mut ones, mut batches) = (Vec::new(), Vec::new());
            for turn in 0..WARM_UP + times {
                let one = client::post(&format!("/api/v1{path}"), &format!(r#"{body}{turn}"}}"#));
                let took = [took(&mut client, one).await?, took(&mut client, batch(path, body)).await?];
                if turn >= WARM_UP {
                    ones.push(took[0].as_secs_f64() * 1e3);
                    batches.push(took[1].as_secs_f64() * 1e3);
                }
            }
            let (one, batch) = (middle(ones), middle(batches));
            println!("| {name} | {what} | {one:.2} ms | {batch:.2} ms | {:.2} |", batch / one);
        }
    }
    Ok(())
}

fn batch(path: &str, body: &str) -> Call {
    let operation = |n| format!(r#"{{"method": "POST", "path": "{path}", "body": {body}{n}"}}}}"#);
    let operations = (0..ROWS).map(operation).collect::<Vec<_>>().join(", ");
    client::post("/api/v1/batch", &format!(r#"{{"operations": [{operations}]}}"#))
}

async fn took(client: &mut Client, call: Call) -> Result<Duration, Error> {
    let begun = Instant::now();
    client.send(call).await?;
    Ok(begun.elapsed())
}
