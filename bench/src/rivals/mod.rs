//! fasttrack beside the same application by others, on SQLite: side by side in one run, by turns.

mod answers;
mod api;
mod bars;
mod case;
pub mod data;
mod measure;
mod plot;
mod pocketbase;
mod python;
pub mod side;
mod table;

use std::{path::Path, time::Duration};

use self::measure::Plan;
use crate::{Error, postgres::ROUNDS};

const USAGE: &str = "bench rivals BINARY [SECONDS [CONNECTIONS]] [--plot FILE.svg]";

/// Starts everybody, compares answers, measures, prints, and where a file is named, draws.
pub async fn run(args: impl Iterator<Item = String>) -> Result<(), Error> {
    let mut words: Vec<String> = args.collect();
    let plot = match words.iter().position(|word| word == "--plot") {
        Some(at) => words.drain(at..).nth(1).map(Some).ok_or(USAGE)?,
        None => None,
    };
    let mut words = words.into_iter();
    let binary = words.next().ok_or(USAGE)?;
    let seconds = words.next().map_or(Ok(3), |text| text.parse())?;
    let connections = words.next().map_or(Ok(32), |text| text.parse())?;
    let plan = Plan { duration: Duration::from_secs(seconds), connections };
    tokio::select! {
        done = compare(&binary, plan, plot.as_deref().map(Path::new)) => done,
        _ = tokio::signal::ctrl_c() => Err("interrupted".into()),
    }
}

async fn compare(binary: &str, plan: Plan, plot: Option<&Path>) -> Result<(), Error> {
    let sides = side::start_all(binary).await?;
    answers::check_are_alike(&sides).await?;
    let (seconds, connections) = (plan.duration.as_secs(), plan.connections);
    println!("{connections} connections, {seconds} s each, the middle one of {ROUNDS} rounds\n");
    let outcomes = measure::in_turns(&sides, plan).await?;
    table::print(&outcomes);
    bars::report(&outcomes);
    match plot {
        Some(path) => plot::draw(path, &outcomes, &format!("requests/s, {connections} connections, 2 cores, SQLite")),
        None => Ok(()),
    }
}
