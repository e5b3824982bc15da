//! Databases for tests: made on a server that somebody names, and dropped again.

use std::{
    io,
    sync::atomic::{AtomicU32, Ordering},
    thread,
};

use super::{super::DbOptions, PostgresUrl, connect::Connector};

/// A database of a test's own on a server of `PostgreSQL`, for as long as it lives.
#[derive(Debug)]
pub struct ScratchDatabase {
    server: PostgresUrl,
    name: String,
    url: String,
}

static NUMBER: AtomicU32 = AtomicU32::new(0);

impl ScratchDatabase {
    /// The variable that names the server, as `DATABASE_URL` would name a database on it whose user may make others.
    pub const SERVER: &'static str = "TEST_DATABASE_URL";

    /// One on the server that [`Self::SERVER`] names; `None` where it names none.
    ///
    /// # Errors
    /// When it names no server of `PostgreSQL`, or one where no database can be made.
    pub fn on_the_server() -> io::Result<Option<Self>> {
        std::env::var(Self::SERVER).ok().map(|server| Self::make(&server)).transpose()
    }

    fn make(address: &str) -> io::Result<Self> {
        let refuse = |why: String| io::Error::other(format!("{}: {why}", Self::SERVER));
        let server: PostgresUrl = address.parse().map_err(|error| refuse(format!("{error}")))?;
        let name = format!("fasttrack_kit_{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        let (place, query) = address.split_once('?').map_or((address, String::new()), |(a, q)| (a, format!("?{q}")));
        let (host, _) = place.rsplit_once('/').ok_or_else(|| refuse("it names no database".to_owned()))?;
        let url = format!("{host}/{name}{query}");
        run(&server, format!("CREATE DATABASE {name}")).map_err(refuse)?;
        Ok(Self { server, name, url })
    }

    /// What `DATABASE_URL` calls it.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for ScratchDatabase {
    fn drop(&mut self) {
        // What is left is a database that nobody opens; the server of a test goes with it.
        let _ = run(&self.server, format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name));
    }
}

/// Runs a statement on a connection of its own, outside of any transaction, whoever waits: in a thread, since there may be
/// a runtime here already.
fn run(server: &PostgresUrl, statement: String) -> Result<(), String> {
    let server = server.clone();
    let ran = thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.map_err(|error| error.to_string())?.block_on(async {
            let connector = Connector::new(&server, &DbOptions::default()).map_err(|error| error.to_string())?;
            let connection = connector.connect().await.map_err(|refused| refused.error.to_string())?;
            connection.control(&statement).await.map(drop).map_err(|failure| failure.error.to_string())
        })
    });
    ran.join().unwrap_or_else(|_| Err("the attempt panicked".to_owned()))
}
