//! Reads that are sent at their times, whether or not the server keeps up: what it makes one wait for is in the latency of those
//! that come after, since it counts from the time at which each was due.
//!
//! Each connection has a thread of its own, so that what is measured is the server, and not how busy whoever else sends
//! requests is, nor the millisecond to which tokio's timer is exact.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use tokio::runtime::{Builder, Runtime};

use crate::{
    Error,
    client::{self, Client},
};

/// How often is read.
#[derive(Clone, Copy)]
pub struct Pace {
    pub connections: u32,
    /// From one request of a connection to its next.
    pub every: Duration,
}

/// Reads that go on until they are ended.
pub struct Reads {
    done: Arc<AtomicBool>,
    threads: Vec<JoinHandle<Result<Vec<Duration>, Error>>>,
}

impl Pace {
    /// Requests a second.
    pub fn rate(self) -> f64 {
        f64::from(self.connections) / self.every.as_secs_f64()
    }

    /// Begins to read `path(0)`, `path(1)`, ….
    pub fn read(self, address: &str, token: &str, path: fn(usize) -> String) -> Reads {
        let (done, start) = (Arc::new(AtomicBool::new(false)), Instant::now());
        let connection = |place: u32| {
            let (address, token, done) = (address.to_owned(), token.to_owned(), Arc::clone(&done));
            // Not all at once.
            let due = start + self.every * place / self.connections;
            thread::spawn(move || {
                let runtime = Builder::new_current_thread().enable_all().build()?;
                let mut client = runtime.block_on(Client::connect(&address, &token))?;
                let paths = (place as usize..).step_by(self.connections as usize).map(path);
                read(&runtime, &mut client, (due, self.every), paths.take_while(|_| !done.load(Ordering::Relaxed)))
            })
        };
        let threads = (0..self.connections).map(connection).collect();
        Reads { done, threads }
    }
}

impl Reads {
    /// Ends them: the latency of each, the least first.
    pub fn end(self) -> Result<Vec<Duration>, Error> {
        self.done.store(true, Ordering::Relaxed);
        let mut all = Vec::new();
        for thread in self.threads {
            all.extend(thread.join().map_err(|_| "a reader panicked")??);
        }
        all.sort_unstable();
        Ok(all)
    }
}

fn read(
    runtime: &Runtime,
    client: &mut Client,
    (mut due, every): (Instant, Duration),
    paths: impl Iterator<Item = String>,
) -> Result<Vec<Duration>, Error> {
    let mut latencies = Vec::new();
    for path in paths {
        thread::sleep(due.saturating_duration_since(Instant::now()));
        runtime.block_on(client.send(client::get(&path)))?;
        latencies.push(due.elapsed());
        due += every;
    }
    Ok(latencies)
}
