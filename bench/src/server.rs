//! A server under load, in a folder of its own.

use std::{process::Stdio, sync::Arc, time::Duration};

use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    net::TcpStream,
    process::{Child, Command},
};

use crate::{Error, processes};

/// A running server; it is ended when this is dropped.
pub struct Server {
    /// Where it listens.
    pub address: String,
    child: Child,
    _folder: Arc<TempDir>,
}

/// How a server tells where it listens.
pub enum Listening<'a> {
    /// By a line on its standard output.
    Says,
    /// It was told.
    At(&'a str),
}

/// How long a server may take until it listens.
const START: Duration = Duration::from_secs(60);

/// How long one may take to end.
const STOP: Duration = Duration::from_secs(20);

impl Server {
    /// Starts `binary` on a port that is free, with a new database, no rate limit, and this environment.
    pub async fn start(binary: &str, environment: &[(&str, &str)]) -> Result<Self, Error> {
        let command = Command::new(std::fs::canonicalize(binary)?);
        Self::run(command, &Arc::new(tempfile::tempdir()?), environment, Listening::Says).await
    }

    /// Starts the rival of this name, with this environment.
    pub async fn rival(name: &str, environment: &[(&str, &str)]) -> Result<Self, Error> {
        Self::rival_in(&Arc::new(tempfile::tempdir()?), name, environment).await
    }

    /// Starts the rival of this name in this folder.
    pub async fn rival_in(folder: &Arc<TempDir>, name: &str, environment: &[(&str, &str)]) -> Result<Self, Error> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["rival", name]);
        Self::run(command, folder, environment, Listening::Says).await
    }

    /// Starts what this says in this folder.
    pub async fn run(
        mut command: Command,
        folder: &Arc<TempDir>,
        environment: &[(&str, &str)],
        listening: Listening<'_>,
    ) -> Result<Self, Error> {
        command
            .current_dir(folder.path())
            .env("PORT", "0")
            .env("RATE_LIMIT_REQUESTS", "0")
            .env("LOG", "warn")
            .envs(environment.iter().copied())
            .stdout(Stdio::piped())
            .kill_on_drop(true);
        let mut child = command.spawn()?;
        let address = tokio::time::timeout(START, listening.wait(&mut child)).await;
        let address = address.map_err(|_| "the server does not listen")??;
        Ok(Self { address, child, _folder: Arc::clone(folder) })
    }

    /// Kills it, and waits until its port and its connections are free.
    pub async fn stop(mut self) -> Result<(), Error> {
        Ok(self.child.kill().await?)
    }

    /// Asks it to end, and waits until it has.
    pub async fn end(mut self) -> Result<(), Error> {
        processes::ask_to_end(self.pid()?);
        tokio::time::timeout(STOP, self.child.wait()).await.map_err(|_| "the server does not end")??;
        Ok(())
    }

    /// The memory that it and its children have in use, in bytes.
    pub fn resident_bytes(&self) -> Result<u64, Error> {
        processes::family(self.pid()?)?.into_iter().map(processes::resident_bytes).sum()
    }

    /// The time that it and its children have spent on a core.
    pub fn cpu_time(&self) -> Result<Duration, Error> {
        processes::family(self.pid()?)?.into_iter().map(processes::cpu_time).sum()
    }

    /// The process's number.
    pub fn pid(&self) -> Result<u32, Error> {
        self.child.id().ok_or_else(|| "the server has ended".into())
    }
}

impl Drop for Server {
    /// One that has children does not take them along when it is killed.
    fn drop(&mut self) {
        let Some(pid) = self.child.id() else { return };
        for pid in processes::family(pid).unwrap_or_default().into_iter().skip(1) {
            processes::ask_to_end(pid);
        }
    }
}

impl Listening<'_> {
    async fn wait(self, child: &mut Child) -> Result<String, Error> {
        let stdout = child.stdout.take().ok_or("no standard output")?;
        let mut lines = BufReader::new(stdout).lines();
        match self {
            Self::Says => {
                while let Some(line) = lines.next_line().await? {
                    if let Some((_, rest)) = line.split_once("http://") {
                        let address = rest.split([',', '/', ' ']).next().unwrap_or_default().to_owned();
                        read_on(lines);
                        return Ok(address);
                    }
                }
                Err("the server did not start".into())
            }
            Self::At(address) => {
                read_on(lines);
                while TcpStream::connect(address).await.is_err() {
                    if let Some(status) = child.try_wait()? {
                        return Err(format!("the server did not start: {status}").into());
                    }
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
                Ok(address.to_owned())
            }
        }
    }
}

/// What nobody reads would stop who writes it.
fn read_on(mut lines: tokio::io::Lines<BufReader<tokio::process::ChildStdout>>) {
    tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
}

/// A port that nobody listens at, for who has to be told one.
pub async fn free_address() -> Result<String, Error> {
    Ok(tokio::net::TcpListener::bind("127.0.0.1:0").await?.local_addr()?.to_string())
}
