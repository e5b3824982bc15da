//! The server as a process: started in a directory of its own on a free port, killed when it is dropped.

use std::{
    collections::BTreeMap,
    fs::{self, OpenOptions},
    io::{BufRead, BufReader, Write},
    path::PathBuf,
    process::{Child, Command, Output, Stdio},
    sync::{
        Arc, Mutex, OnceLock,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    thread,
    time::{Duration, Instant},
};

use fasttrack::db::{DatabaseUrl, Db, DbOptions, Row, ScratchDatabase, Statement};
use tempfile::TempDir;

use super::{Person, adapted};

/// How long a server may take to listen, or to give up, on a busy machine.
const START_LIMIT: Duration = Duration::from_mins(1);

/// How a server is to be started: binary, environment, directory.
#[derive(Clone)]
pub(crate) struct Settings {
    binary: PathBuf,
    environment: BTreeMap<String, String>,
    /// The database on a server, which goes with the last of these settings.
    database: Option<Arc<ScratchDatabase>>,
    home: Arc<TempDir>,
}

/// A running server.
pub(crate) struct TestApp {
    settings: Settings,
    child: Child,
    watchdog: Child,
    address: String,
    said: Arc<Mutex<Vec<String>>>,
    pub(super) agent: ureq::Agent,
    pub(super) admin: Mutex<Option<(Instant, &'static Person)>>,
}

/// How a start was refused.
pub(crate) struct Refusal {
    pub(crate) code: Option<i32>,
    pub(crate) stderr: String,
}

/// The server that tests share which need neither settings nor a database of their own.
pub(crate) fn shared() -> &'static TestApp {
    static SHARED: OnceLock<TestApp> = OnceLock::new();
    SHARED.get_or_init(|| Settings::new().start())
}

/// Polls until `condition` holds, for at most 30 s.
#[track_caller]
pub(crate) fn wait_until(what: &str, mut condition: impl FnMut() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < Duration::from_secs(30), "waited 30 s in vain: {what}");
        thread::sleep(Duration::from_millis(20));
    }
}

impl Settings {
    /// The settings that make tests quick: cheap hashes, no rate limit, any free port; and a database that is not there
    /// yet, or, on the server that `TEST_DATABASE_URL` names, an empty one.
    pub(crate) fn new() -> Self {
        let database = ScratchDatabase::on_the_server().expect("a database on the server of the tests").map(Arc::new);
        let home = tempfile::tempdir().expect("a temporary directory");
        fs::create_dir(home.path().join("work")).expect("a working directory");
        let environment = [
            ("HOST", "127.0.0.1"),
            ("PORT", "0"),
            ("BCRYPT_COST", "4"),
            ("RATE_LIMIT_REQUESTS", "0"),
            ("DATABASE_URL", database.as_ref().map_or("sqlite://t.db", |database| database.url())),
        ];
        Self {
            binary: PathBuf::from(env!("CARGO_BIN_EXE_fasttrack")),
            environment: environment.iter().map(|&(name, value)| (name.into(), value.into())).collect(),
            database,
            home: Arc::new(home),
        }
    }

    /// The same with a file, whatever the tests are run on.
    pub(crate) fn on_a_file() -> Self {
        let settings = Self { database: None, ..Self::new() };
        settings.set("DATABASE_URL", "sqlite://t.db")
    }

    pub(crate) fn set(mut self, name: &str, value: impl Into<String>) -> Self {
        self.environment.insert(name.into(), value.into());
        self
    }

    pub(crate) fn unset(mut self, name: &str) -> Self {
        self.environment.remove(name);
        self
    }

    pub(crate) fn binary(mut self, path: PathBuf) -> Self {
        self.binary = path;
        self
    }

    /// The server's working directory; the database `t.db` lies in it.
    pub(crate) fn directory(&self) -> PathBuf {
        self.home.path().join("work")
    }

    /// What `DATABASE_URL` is.
    pub(crate) fn database_url(&self) -> &str {
        self.environment.get("DATABASE_URL").map_or("", String::as_str)
    }

    /// Runs a statement at the database, beside the server or without one. Some write many rows, on a busy machine.
    pub(crate) fn execute(&self, mut statement: Statement) -> Vec<Row> {
        if self.database.is_some() {
            statement.sql = adapted(&statement.sql);
        }
        let file = DatabaseUrl::Sqlite(self.directory().join("t.db"));
        let url = self
            .database
            .as_ref()
            .map_or(file, |database| DatabaseUrl::Postgres(database.url().parse().expect("the address of a database")));
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        runtime.expect("a runtime").block_on(async {
            let options =
                DbOptions { readers: 1, beside: true, write_limit: Duration::from_mins(1), ..DbOptions::default() };
            let db = Db::connect(&url, options).await.expect("the database opens");
            let done = db.write(move |tx| Box::pin(async move { Ok(tx.query(statement).await?) })).await;
            db.close().await;
            done.expect("the statement runs")
        })
    }

    /// What the servers of this directory wrote to standard error.
    pub(crate) fn log(&self) -> String {
        String::from_utf8_lossy(&fs::read(self.log_path()).unwrap_or_default()).into_owned()
    }

    fn log_path(&self) -> PathBuf {
        self.home.path().join("stderr.log")
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.binary);
        command.current_dir(self.directory()).env_clear().envs(&self.environment);
        if let Some(path) = std::env::var_os("PATH") {
            command.env("PATH", path);
        }
        command
    }

    /// Starts the server and waits until it listens.
    #[track_caller]
    pub(crate) fn start(&self) -> TestApp {
        let mut child = self.spawn_server();
        let stdout = child.stdout.take().expect("standard output is piped");
        let watchdog = watch(child.id());
        let (sender, receiver) = mpsc::channel();
        let said = Arc::<Mutex<Vec<String>>>::default();
        let kept = Arc::clone(&said);
        // Reads on for as long as the server lives: a full pipe would stop it.
        thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                let address = line.split_once("fasttrack listens on http://").map(|(_, rest)| rest.split([',', ' ']));
                let address = address.and_then(|mut words| words.next()).map(str::to_owned);
                kept.lock().unwrap().push(line);
                address.map(|address| sender.send(address));
            }
        });
        let address = receiver.recv_timeout(START_LIMIT).unwrap_or_else(|_| {
            child.kill().ok();
            panic!("the server did not say where it listens; its standard error:\n{}", self.log())
        });
        let agent = super::client::agent();
        TestApp { settings: self.clone(), child, watchdog, address, said, agent, admin: Mutex::default() }
    }

    /// Starts the server, which has to give up by itself.
    #[track_caller]
    pub(crate) fn refused(&self) -> Refusal {
        fs::remove_file(self.log_path()).ok();
        let mut child = self.spawn_server();
        let start = Instant::now();
        let status = loop {
            if let Some(status) = child.try_wait().expect("the server's status") {
                break status;
            }
            if start.elapsed() > START_LIMIT {
                child.kill().ok();
                panic!("the server started with {:?}:\n{}", self.environment, self.log());
            }
            thread::sleep(Duration::from_millis(10));
        };
        Refusal { code: status.code(), stderr: self.log() }
    }

    fn spawn_server(&self) -> Child {
        let log = OpenOptions::new().create(true).append(true).open(self.log_path()).expect("a log file");
        self.command()
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .unwrap_or_else(|error| panic!("{}: {error}", self.binary.display()))
    }

    /// Runs a subcommand with `input` on its standard input.
    #[track_caller]
    pub(crate) fn run(&self, arguments: &[&str], input: &str) -> Output {
        self.run_watched(arguments, input).0
    }

    /// Begins a subcommand that nobody waits for yet.
    #[track_caller]
    pub(crate) fn begin(&self, arguments: &[&str]) -> Child {
        let mut command = self.command();
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command.spawn().expect("the command starts")
    }

    /// Runs a subcommand whose standard output nobody reads any more.
    #[track_caller]
    pub(crate) fn run_unread(&self, arguments: &[&str]) -> Output {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let child = self.command().args(arguments).stdin(Stdio::null()).stdout(writer).stderr(Stdio::piped()).spawn();
        child.expect("the command starts").wait_with_output().expect("the command ends")
    }

    /// The same as [`Self::run`], and the most memory of its own that it had, in KiB.
    #[track_caller]
    pub(crate) fn run_watched(&self, arguments: &[&str], input: &str) -> (Output, usize) {
        let mut child = self
            .command()
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the command starts");
        // A command that does not read its input closes the pipe, which is no failure of the test.
        child.stdin.take().expect("standard input is piped").write_all(input.as_bytes()).ok();
        peak_kib(child.id(), || child.wait_with_output().expect("the command ends"))
    }
}

/// The most memory of its own that a process had while `work` went on, in KiB: what it maps of files aside.
fn peak_kib<T>(pid: u32, work: impl FnOnce() -> T) -> (T, usize) {
    let is_done = AtomicBool::new(false);
    let path = format!("/proc/{pid}/status");
    thread::scope(|scope| {
        let watch = scope.spawn(|| {
            let mut peak = 0;
            while !is_done.load(Ordering::Relaxed) {
                let status = fs::read_to_string(&path).unwrap_or_default();
                let own = status.lines().find_map(|line| line.strip_prefix("RssAnon:"));
                let own = own.and_then(|own| own.trim_end_matches("kB").trim().parse().ok());
                peak = peak.max(own.unwrap_or(0));
                thread::sleep(Duration::from_millis(2));
            }
            peak
        });
        let ending = End(&is_done);
        let done = work();
        drop(ending);
        (done, watch.join().expect("the peak"))
    })
}

/// Says at its end, also when that is a panic, that something is over.
struct End<'a>(&'a AtomicBool);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Kills the server when this process dies without dropping it, as a static never is.
pub(super) fn watch(pid: u32) -> Child {
    Command::new("sh")
        .args(["-c", "read -r _; kill -9 \"$1\"", "watchdog", &pid.to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("sh starts")
}

impl TestApp {
    /// `127.0.0.1:PORT`
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// What the server wrote to standard error.
    pub(crate) fn log(&self) -> String {
        self.settings.log()
    }

    /// The lines that the server wrote to standard output.
    pub(crate) fn said(&self) -> Vec<String> {
        self.said.lock().unwrap().clone()
    }

    /// Kills the server without warning and gives its settings, to start it anew on the same database.
    pub(crate) fn kill(self) -> Settings {
        self.settings.clone()
    }

    /// Memory that the server has now, in KiB.
    pub(crate) fn resident_kib(&self) -> usize {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).expect("the server is there");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("its memory");
        line.trim_end_matches("kB").trim().parse().expect("a number")
    }

    /// Whether the server uses less than a tenth of a core for a while.
    pub(crate) fn is_idle(&self) -> bool {
        let used = || {
            let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id())).expect("the server is there");
            let (_, numbers) = stat.rsplit_once(") ").expect("a name in parentheses");
            // Hundredths of a second in user mode and in the kernel; fields 14 and 15, counted from the name on.
            numbers.split(' ').skip(11).take(2).filter_map(|number| number.parse::<u64>().ok()).sum::<u64>()
        };
        let before = used();
        thread::sleep(Duration::from_millis(200));
        used() - before < 2
    }

    /// The most memory of its own that the server had while `work` went on, in KiB.
    pub(crate) fn peak_kib<T>(&self, work: impl FnOnce() -> T) -> (T, usize) {
        peak_kib(self.child.id(), work)
    }

    /// Sends SIGTERM: drain and stop.
    pub(crate) fn terminate(&self) {
        self.signal("TERM");
    }

    /// Sends SIGKILL while others still use the server.
    pub(crate) fn kill_now(&self) {
        self.signal("KILL");
    }

    fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        let status = Command::new("sh").args(["-c", "kill -s \"$1\" \"$2\"", "sh", name, &pid]).status();
        assert!(status.expect("sh starts").success(), "the server is there to be stopped");
    }

    /// Waits until the server has ended by itself, and gives its exit code.
    #[track_caller]
    pub(crate) fn wait(&mut self) -> Option<i32> {
        let mut status = None;
        wait_until("the server ends", || {
            status = self.child.try_wait().expect("the server's status");
            status.is_some()
        });
        status.and_then(|status| status.code())
    }

    /// Runs a subcommand beside the server.
    #[track_caller]
    pub(crate) fn run(&self, arguments: &[&str], input: &str) -> Output {
        self.settings.run(arguments, input)
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        // The watchdog first: it must not find the number reused.
        self.watchdog.kill().ok();
        self.watchdog.wait().ok();
        self.child.kill().ok();
        self.child.wait().ok();
        if thread::panicking() {
            eprintln!("--- the server's log ---\n{}", tail(&self.log()));
        }
    }
}

/// The last lines of a log.
pub(super) fn tail(log: &str) -> String {
    let lines: Vec<_> = log.lines().collect();
    lines[lines.len().saturating_sub(20)..].join("\n")
}
