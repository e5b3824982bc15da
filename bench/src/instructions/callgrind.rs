//! The server under callgrind, and what is said to it while it runs.

use std::{fs, path::PathBuf, process::Command as Blocking, sync::Arc};

use tempfile::TempDir;
use tokio::process::Command;

use crate::{
    Error,
    server::{Listening, Server},
};

/// Where it writes, and where it hears.
pub struct Callgrind {
    folder: Arc<TempDir>,
}

/// What makes two runs alike: one worker thread, and no hashes that take most of the time.
const ENVIRONMENT: [(&str, &str); 4] = [
    ("TOKIO_WORKER_THREADS", "1"),
    ("BCRYPT_COST", "4"),
    ("SECRET_KEY", "a key that is the same in every run of this"),
    ("ACCESS_TOKEN_EXPIRE_MINUTES", "600"),
];

impl Callgrind {
    pub fn new() -> Result<Self, Error> {
        Ok(Self { folder: Arc::new(tempfile::tempdir()?) })
    }

    /// Starts `binary` without counting.
    pub async fn start(&self, binary: &str) -> Result<Server, Error> {
        let mut command = Command::new("valgrind");
        command.args(["--tool=callgrind", "--instr-atstart=no", "--fair-sched=yes", "--quiet"]);
        command.arg(format!("--callgrind-out-file={}", self.output().display()));
        command.arg(format!("--vgdb-prefix={}", self.hearing().display()));
        command.arg(fs::canonicalize(binary)?);
        Server::run(command, &self.folder, &ENVIRONMENT, Listening::Says).await
    }

    /// Begins to count.
    pub fn begin(&self, server: &Server) -> Result<(), Error> {
        self.say(server, &["instrumentation", "on"])
    }

    /// Forgets what was counted.
    pub fn zero(&self, server: &Server) -> Result<(), Error> {
        self.say(server, &["zero"])
    }

    /// Instructions since it was begun or last forgotten, which this does.
    pub fn dump(&self, server: &Server) -> Result<u64, Error> {
        self.say(server, &["dump"])?;
        let mut written: Vec<PathBuf> = Vec::new();
        for entry in fs::read_dir(self.folder.path())? {
            let path = entry?.path();
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            if name.starts_with("counted.") {
                written.push(path);
            }
        }
        let [path] = &written[..] else { return Err(format!("it has written {} files", written.len()).into()) };
        let text = fs::read_to_string(path)?;
        fs::remove_file(path)?;
        let total = text.lines().find_map(|line| line.strip_prefix("totals: ").or(line.strip_prefix("summary: ")));
        Ok(total.ok_or("it has written no total")?.trim().parse()?)
    }

    fn say(&self, server: &Server, words: &[&str]) -> Result<(), Error> {
        let mut command = Blocking::new("vgdb");
        command.arg(format!("--vgdb-prefix={}", self.hearing().display())).arg(format!("--pid={}", server.pid()?));
        let output = command.args(words).output()?;
        if output.status.success() {
            return Ok(());
        }
        Err(format!("vgdb: {}", String::from_utf8_lossy(&output.stderr)).into())
    }

    fn output(&self) -> PathBuf {
        self.folder.path().join("counted")
    }

    fn hearing(&self) -> PathBuf {
        self.folder.path().join("vgdb")
    }
}
