//! A server of `PostgreSQL` of a test's own: made in a folder of its own, on a free port of the loopback interface, and gone
//! at the end, whatever the end is.

use std::{
    env, fs,
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicU16, Ordering},
};

use tempfile::TempDir;

use crate::driver::wait_until;

/// A server.
pub(crate) struct Server {
    programs: PathBuf,
    folder: TempDir,
    port: u16,
    watchdog: Child,
}

/// How a server is stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stop {
    /// Ends what is connected, and writes everything down.
    Fast,
    /// As a loss of power would, but for the disk.
    Immediate,
}

impl Server {
    /// A new one with an empty database `tracker` of the user `app`, set so (`name = value` each).
    pub(crate) fn start(settings: &[&str]) -> Self {
        let server = Self::empty();
        let password = server.folder.path().join("password");
        fs::write(&password, "password").expect("a file");
        server.hand_over();
        let data = server.data();
        server.run(
            "initdb",
            &["-D", text(&data), "-U", "admin", "-A", "scram-sha-256", "--pwfile", text(&password), "-E", "UTF8"],
        );
        let port = server.port.to_string();
        let own = [
            &format!("port = {port}"),
            "listen_addresses = '127.0.0.1'",
            "unix_socket_directories = ''",
            // What is written outlives the processes, which is all that ends here.
            "fsync = off",
        ];
        server.configure(own.iter().chain(settings));
        server.start_again();
        server.ask_at("postgres", "CREATE ROLE app LOGIN PASSWORD 'password'");
        server.ask_at("postgres", "CREATE DATABASE tracker OWNER app");
        server
    }

    /// Another one that follows this one, and may be read.
    pub(crate) fn follower(&self) -> Self {
        let follower = Self::empty();
        follower.hand_over();
        let (data, source) = (follower.data(), self.url_of("admin", "postgres"));
        follower.run("pg_basebackup", &["-D", text(&data), "-R", "-X", "stream", "-c", "fast", "-d", &source]);
        follower.configure([&&*format!("port = {}", follower.port)].into_iter());
        follower.start_again();
        wait_until("the follower follows", || {
            self.ask("SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'") == "1"
        });
        follower
    }

    fn empty() -> Self {
        let folder = tempfile::tempdir().expect("a temporary directory");
        let watchdog = watch(folder.path());
        Self { programs: programs(), folder, port: free_port(), watchdog }
    }

    /// What `DATABASE_URL` calls its database.
    pub(crate) fn url(&self) -> String {
        self.url_of("app", "tracker")
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    fn url_of(&self, user: &str, database: &str) -> String {
        format!("postgres://{user}:password@{}/{database}", self.address())
    }

    /// What the database of the nodes answers: rows in lines, cells with `|` between them.
    #[track_caller]
    pub(crate) fn ask(&self, sql: &str) -> String {
        self.ask_at("tracker", sql)
    }

    #[track_caller]
    fn ask_at(&self, database: &str, sql: &str) -> String {
        let url = self.url_of("admin", database);
        let output = Command::new(self.programs.join("psql")).args(["-XAtq", "-d", &url, "-c", sql]).output();
        let output = output.expect("psql starts");
        assert!(output.status.success(), "{sql}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("text").trim_end().to_owned()
    }

    /// Starts it after it was stopped. Comes back when it takes connections.
    #[track_caller]
    pub(crate) fn start_again(&self) {
        let (data, log) = (self.data(), self.folder.path().join("log"));
        self.run("pg_ctl", &["-D", text(&data), "-l", text(&log), "-w", "start"]);
    }

    #[track_caller]
    pub(crate) fn stop(&self, how: Stop) {
        let mode = if how == Stop::Fast { "fast" } else { "immediate" };
        self.run("pg_ctl", &["-D", text(&self.data()), "-m", mode, "-w", "stop"]);
    }

    /// Kills it without warning.
    #[track_caller]
    pub(crate) fn kill(&self) {
        let pid = fs::read_to_string(self.data().join("postmaster.pid")).expect("it runs");
        let pid = pid.lines().next().expect("a number");
        let killed = Command::new("sh").args(["-c", "kill -s KILL \"$1\"", "sh", pid]).status();
        assert!(killed.expect("sh starts").success(), "it runs");
        wait_until("nobody listens", || TcpStream::connect(self.address()).is_err());
        fs::remove_file(self.data().join("postmaster.pid")).expect("it is dead");
    }

    /// A session of the user `app` that does nothing, until its process ends; nothing, where none is to be had.
    pub(crate) fn session(&self) -> Option<Child> {
        let mut command = Command::new(self.programs.join("psql"));
        command.args(["-XAtq", "-d", &self.url()]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut session = command.spawn().expect("psql starts");
        let mut input = session.stdin.take().expect("standard input is piped");
        // It ends by itself where it cannot connect.
        input.write_all(b"SELECT 'here';\n").ok();
        let mut line = String::new();
        let output = session.stdout.take().expect("standard output is piped");
        BufReader::new(output).read_line(&mut line).expect("text");
        session.stdin = Some(input);
        if line.is_empty() {
            session.wait().expect("psql ends");
            return None;
        }
        Some(session)
    }

    /// Makes a follower the one that is written to.
    #[track_caller]
    pub(crate) fn promote(&self) {
        self.run("pg_ctl", &["-D", text(&self.data()), "-w", "promote"]);
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn configure<'a>(&self, settings: impl Iterator<Item = &'a &'a str>) {
        let file = fs::OpenOptions::new().append(true).open(self.data().join("postgresql.conf"));
        let mut file = file.expect("the settings of the server");
        settings.for_each(|setting| writeln!(file, "{setting}").expect("the settings of the server"));
    }

    /// Gives the folder to whom the server runs as.
    fn hand_over(&self) {
        if is_root() {
            let status = Command::new("chown").args(["-R", "postgres", text(self.folder.path())]).status();
            assert!(status.expect("chown starts").success(), "the user postgres is there");
        }
    }

    /// Runs one of its programs; as the user `postgres` where this is root, whom they refuse.
    #[track_caller]
    fn run(&self, program: &str, arguments: &[&str]) {
        let path = self.programs.join(program);
        let mut command = if is_root() {
            let mut command = Command::new("runuser");
            command.args(["-u", "postgres", "--", text(&path)]);
            command
        } else {
            Command::new(&path)
        };
        // The server inherits what the program that starts it has: no pipe, which would never end.
        let said = fs::File::create(self.folder.path().join("said")).expect("a file");
        command.args(arguments).current_dir("/").env("PGPASSWORD", "password");
        command.stdin(Stdio::null()).stdout(said.try_clone().expect("a file")).stderr(said);
        let status = command.status().expect("the program starts");
        assert!(status.success(), "{program} {arguments:?}: {status}\n{}", self.said());
    }

    fn said(&self) -> String {
        let read = |name| fs::read(self.folder.path().join(name)).unwrap_or_default();
        ["said", "log"].map(|name| String::from_utf8_lossy(&read(name)).into_owned()).concat()
    }

    /// Whether it runs.
    fn runs(&self) -> bool {
        self.data().join("postmaster.pid").exists()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("--- the log of the server on {} ---\n{}", self.port, self.said());
        }
        if self.runs() {
            let stopped = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| self.stop(Stop::Immediate)));
            if stopped.is_err() {
                eprintln!("the server on {} did not stop", self.port);
            }
        }
        self.watchdog.kill().ok();
        self.watchdog.wait().ok();
    }
}

/// Stops the server and takes its folder away when this process dies without doing so.
fn watch(folder: &Path) -> Child {
    let script = "read -r _; kill -QUIT \"$(head -n 1 \"$1/data/postmaster.pid\")\"; sleep 1; rm -rf \"$1\"";
    Command::new("sh")
        .args(["-c", script, "watchdog", text(folder)])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("sh starts")
}

/// The programs of the newest version that is installed: Debian keeps them out of the `PATH`.
fn programs() -> PathBuf {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let versions = versions.filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path())));
    if let Some((_, newest)) = versions.max_by_key(|(version, _): &(u32, PathBuf)| *version) {
        return newest.join("bin");
    }
    let folders = env::var_os("PATH").unwrap_or_default();
    let found = env::split_paths(&folders).find(|folder| folder.join("initdb").exists());
    found.expect("the programs of PostgreSQL are installed: initdb, pg_ctl, pg_basebackup, psql")
}

/// A port that nobody has, outside of those that the system gives to whoever connects: it has to be free still when the
/// server is started again.
pub(crate) fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let own = u16::try_from(std::process::id() % 1_000).expect("below a thousand") * 10;
    let mut ports = (0..10_000).map(|_| 20_000 + (own + NEXT.fetch_add(1, Ordering::Relaxed)) % 10_000);
    ports.find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok()).expect("a free port")
}

pub(crate) fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a path of text")
}
