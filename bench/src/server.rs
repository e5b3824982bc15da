//! The server under load: the release binary, in a folder of its own.

use std::{process::Stdio, time::Duration};

use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
};

use crate::Error;

/// A running server; it is killed when this is dropped.
pub struct Server {
    /// Where it listens.
    pub address: String,
    child: Child,
    _folder: tempfile::TempDir,
}

impl Server {
    /// Starts `binary` on a port that is free, with a new database, no rate limit, and this environment.
    pub async fn start(binary: &str, environment: &[(&str, &str)]) -> Result<Self, Error> {
        Self::run(Command::new(std::fs::canonicalize(binary)?), environment).await
    }

    /// Starts the rival, with this environment.
    pub async fn rival(environment: &[(&str, &str)]) -> Result<Self, Error> {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("rival");
        Self::run(command, environment).await
    }

    async fn run(mut command: Command, environment: &[(&str, &str)]) -> Result<Self, Error> {
        let folder = tempfile::tempdir()?;
        let mut child = command
            .current_dir(folder.path())
            .env("PORT", "0")
            .env("RATE_LIMIT_REQUESTS", "0")
            .env("LOG", "warn")
            .envs(environment.iter().copied())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let stdout = child.stdout.take().ok_or("no standard output")?;
        let mut lines = BufReader::new(stdout).lines();
        while let Some(line) = lines.next_line().await? {
            if let Some((_, rest)) = line.split_once("http://") {
                let address = rest.split([',', '/', ' ']).next().unwrap_or_default().to_owned();
                return Ok(Self { address, child, _folder: folder });
            }
        }
        Err("the server did not start".into())
    }

    /// Ends it, and waits until its port and its connections are free.
    pub async fn stop(mut self) -> Result<(), Error> {
        Ok(self.child.kill().await?)
    }

    /// The memory that it has in use, in bytes.
    pub fn resident_bytes(&self) -> Result<u64, Error> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid()?))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
        let kib: u64 = line.trim().trim_end_matches("kB").trim().parse()?;
        Ok(kib * 1024)
    }

    /// The time that it has spent on a core.
    pub fn cpu_time(&self) -> Result<Duration, Error> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.pid()?))?;
        // What comes after the name in brackets; of that, the 12th and 13th field, in hundredths of a second.
        let (_, rest) = stat.rsplit_once(')').ok_or("no name")?;
        let fields = rest.split_whitespace().skip(11).take(2).map(str::parse::<u64>);
        let ticks: u64 = fields.collect::<Result<Vec<_>, _>>()?.iter().sum();
        Ok(Duration::from_millis(ticks * 10))
    }

    /// The processes' number.
    pub fn pid(&self) -> Result<u32, Error> {
        self.child.id().ok_or_else(|| "the server has ended".into())
    }
}
