//! A Redis of a test's own: the server as a process, which may be stopped and started at will.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    process::{Child, Command, Stdio},
    time::Duration,
};

use tempfile::TempDir;

use super::{app::watch, wait_until};

/// A Redis that keeps nothing, on a free port, with a password.
pub(crate) struct Redis {
    port: u16,
    folder: TempDir,
    running: Option<Running>,
}

struct Running {
    child: Child,
    watchdog: Child,
}

/// What logs in there.
pub(crate) const PASSWORD: &str = "quite-secret";

impl Redis {
    /// Whether this machine has one.
    pub(crate) fn is_installed() -> bool {
        Command::new("redis-server")
            .arg("--version")
            .stdout(Stdio::null())
            .status()
            .is_ok_and(|status| status.success())
    }

    /// One that has not been started yet.
    pub(crate) fn stopped() -> Self {
        let port =
            TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port").port();
        Self { port, folder: tempfile::tempdir().expect("a folder"), running: None }
    }

    pub(crate) fn start() -> Self {
        let mut redis = Self::stopped();
        redis.run();
        redis
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://:{PASSWORD}@127.0.0.1:{}/3", self.port)
    }

    /// Starts it, empty.
    pub(crate) fn run(&mut self) {
        let child = Command::new("redis-server")
            .args(["--port", &self.port.to_string(), "--bind", "127.0.0.1", "--requirepass", PASSWORD])
            .args(["--save", "", "--appendonly", "no", "--dir"])
            .arg(self.folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .expect("redis-server starts");
        let watchdog = watch(child.id());
        self.running = Some(Running { child, watchdog });
        wait_until("Redis answers", || self.try_ask(&["PING"]).is_some_and(|answer| answer == "+PONG"));
    }

    /// Ends it without warning.
    pub(crate) fn kill(&mut self) {
        self.running = None;
    }

    /// Has it stand still, with its connections open.
    pub(crate) fn stall(&self) {
        self.signal("STOP");
    }

    /// Has it go on.
    pub(crate) fn go_on(&self) {
        self.signal("CONT");
    }

    fn signal(&self, name: &str) {
        let pid = self.running.as_ref().expect("it runs").child.id().to_string();
        let status = Command::new("sh").args(["-c", "kill -s \"$1\" \"$2\"", "sh", name, &pid]).status();
        assert!(status.expect("sh starts").success(), "Redis is there to be told");
    }

    /// The first line of an answer.
    pub(crate) fn ask(&self, words: &[&str]) -> String {
        self.try_ask(words).expect("Redis answers")
    }

    fn try_ask(&self, words: &[&str]) -> Option<String> {
        Client::connect(self.port)?.ask(words)
    }

    /// What is said on a channel from now on.
    pub(crate) fn subscribe(&self, channel: &str) -> Client {
        let mut client = Client::connect(self.port).expect("Redis answers");
        client.ask(&["SUBSCRIBE", channel]).expect("Redis answers");
        // The rest of the confirmation: the channel, and how many there are.
        for _ in 0..5 {
            client.line();
        }
        client
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // The watchdog first: it must not find the number reused.
        self.watchdog.kill().ok();
        self.watchdog.wait().ok();
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// A connection to it.
pub(crate) struct Client(BufReader<TcpStream>);

impl Client {
    fn connect(port: u16) -> Option<Self> {
        let stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
        stream.set_read_timeout(Some(Duration::from_secs(10))).ok()?;
        let mut client = Self(BufReader::new(stream));
        for words in [["AUTH", PASSWORD], ["SELECT", "3"]] {
            client.ask(&words).filter(|answer| answer == "+OK")?;
        }
        Some(client)
    }

    fn ask(&mut self, words: &[&str]) -> Option<String> {
        let command = words
            .iter()
            .fold(format!("*{}\r\n", words.len()), |command, word| format!("{command}${}\r\n{word}\r\n", word.len()));
        self.0.get_mut().write_all(command.as_bytes()).ok()?;
        self.line()
    }

    /// What is said next on the channel.
    pub(crate) fn message(&mut self) -> String {
        // An array of three texts, each after its length: the kind, the channel, and what was said.
        let lines: Vec<_> = (0..6).map(|_| self.line().expect("a message")).collect();
        let length = lines[5].trim_start_matches('$').parse().expect("a length");
        let mut message = vec![0; length];
        self.0.read_exact(&mut message).expect("a message");
        self.line();
        String::from_utf8(message).expect("text")
    }

    fn line(&mut self) -> Option<String> {
        let mut line = String::new();
        self.0.read_line(&mut line).ok().filter(|read| *read > 0)?;
        Some(line.trim_end().to_owned())
    }
}

/// Leaves a test out where there is no Redis to be started, and says so.
macro_rules! redis_only {
    ($why:literal) => {
        if !$crate::driver::Redis::is_installed() {
            eprintln!("left out without redis-server: {}", $why);
            return;
        }
    };
}

pub(crate) use redis_only;
