//! The server under load: the release binary, in a folder of its own.

use std::process::Stdio;

use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
};

use crate::Error;

/// A running server; it is killed when this is dropped.
pub struct Server {
    /// Where it listens.
    pub address: String,
    _child: Child,
    _folder: tempfile::TempDir,
}

impl Server {
    /// Starts `binary` on a port that is free, with a new database and no rate limit.
    pub async fn start(binary: &str) -> Result<Self, Error> {
        let folder = tempfile::tempdir()?;
        let binary = std::fs::canonicalize(binary)?;
        let mut child = Command::new(binary)
            .current_dir(folder.path())
            .env("PORT", "0")
            .env("RATE_LIMIT_REQUESTS", "0")
            .env("LOG", "warn")
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let stdout = child.stdout.take().ok_or("no standard output")?;
        let mut lines = BufReader::new(stdout).lines();
        while let Some(line) = lines.next_line().await? {
            if let Some((_, rest)) = line.split_once("http://") {
                let address = rest.split([',', '/', ' ']).next().unwrap_or_default().to_owned();
                return Ok(Self { address, _child: child, _folder: folder });
            }
        }
        Err("the server did not start".into())
    }
}
