//! Whether what a server has in memory grows while it is asked, without an end, for what it is usually asked for.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use crate::{
    Error,
    client::{self, Call},
    load::measure,
    rivals::{
        data::{Data, PROJECTS, TASKS},
        side::start_fasttrack,
    },
};

const CONNECTIONS: usize = 32;

/// Between two looks at the memory.
const LOOK: Duration = Duration::from_secs(1);

/// Looks that are told of in one line.
const LINE: usize = 30;

/// What it may have, and by how much the last line may be over the second one, in MiB.
const BAR_MIB: f64 = 40.0;
const GROWTH_MIB: f64 = 2.0;

/// Asks, looks, and tells.
pub async fn run(mut args: impl Iterator<Item = String>) -> Result<(), Error> {
    let binary = args.next().ok_or("bench soak BINARY [SECONDS]")?;
    let duration = Duration::from_secs(args.next().map_or(Ok(600), |text| text.parse())?);
    let data = Data::make(&binary).await?;
    let server = start_fasttrack(&binary, &data.full()?).await?;
    let done = Arc::new(AtomicBool::new(false));
    let asked = {
        let (done, address, token) = (Arc::clone(&done), server.address.clone(), data.token.clone());
        tokio::spawn(async move {
            let measured = measure(&[&address], &token, duration, CONNECTIONS, call).await;
            done.store(true, Ordering::Relaxed);
            measured
        })
    };
    println!("| after | least | most |\n|---|---|---|");
    let (start, mut lines, mut looks) = (Instant::now(), Vec::new(), Vec::new());
    while !done.load(Ordering::Relaxed) {
        tokio::time::sleep(LOOK).await;
        looks.push(server.resident_bytes()? as f64 / 1_048_576.0);
        if looks.len() == LINE {
            let (least, most) =
                looks.drain(..).fold((f64::MAX, 0.0_f64), |(least, most), mib| (least.min(mib), most.max(mib)));
            println!("| {} s | {least:.1} MiB | {most:.1} MiB |", start.elapsed().as_secs());
            lines.push(most);
        }
    }
    println!("\n{:.0} requests/s", asked.await??.rate);
    // In the first line it still fills its caches.
    let (Some(second), Some(last)) = (lines.get(1), lines.last()) else { return Ok(()) };
    let most = lines.iter().copied().fold(0.0, f64::max);
    let verdict = |holds| if holds { "reached" } else { "not reached" };
    println!("at most {BAR_MIB} MiB: {most:.1} MiB, {}", verdict(most <= BAR_MIB));
    println!("flat: {:+.1} MiB since the second line, {}", last - second, verdict(last - second <= GROWTH_MIB));
    Ok(())
}

/// Mostly reads, and some of each write.
fn call(n: usize) -> Call {
    let (task, project) = (1 + n * 7_919 % TASKS, 1 + n * 7_919 % PROJECTS);
    match n % 20 {
        0 => client::post("/api/v1/projects", r#"{"name": "Measure it"}"#),
        1 => client::post(&format!("/api/v1/projects/{project}/tasks"), r#"{"title": "Measure it"}"#),
        2 => {
            let status = ["in_progress", "done", "todo"][n / TASKS % 3];
            client::patch(&format!("/api/v1/tasks/{task}"), &format!(r#"{{"status": "{status}"}}"#))
        }
        3..7 => client::get("/api/v1/projects/1/tasks?sort=priority"),
        7..9 => client::get("/api/v1/users/me"),
        9 => client::get(&format!("/api/v1/projects/1/tasks?q={}", n % 1_000)),
        _ => client::get(&format!("/api/v1/tasks/{task}")),
    }
}
