//! A script in Node, which says in lines what happens to it, and is told in lines what to do.

use std::{
    env,
    io::{BufRead, BufReader, Write},
    process::{Child, ChildStdin, Command, Stdio},
    sync::{Arc, mpsc},
    thread,
    time::{Duration, Instant},
};

use crate::{driver::Person, project::Project};

/// How long it may take to say something.
const LIMIT: Duration = Duration::from_secs(40);

/// A script that runs; killed when dropped.
pub(crate) struct Script {
    child: Child,
    input: ChildStdin,
    lines: mpsc::Receiver<String>,
    said: Vec<String>,
    _project: Arc<Project>,
}

impl Script {
    /// Starts a case with its arguments, for somebody who is registered.
    pub(crate) fn start(project: &Arc<Project>, case: &str, url: &str, person: &Person) -> Self {
        let node = env::var_os("NODE").unwrap_or_else(|| "node".into());
        let mut command = Command::new(node);
        // Before Node 22 its WebSocket is there on demand alone.
        command.args(["--experimental-websocket", "--no-warnings"]).arg(project.file("cases.js"));
        command.args([url, &person.email, &person.password, &person.id.to_string()]).args(case.split(' '));
        let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        let mut child = child.expect("Node 20 or newer; NODE names another program");
        let input = child.stdin.take().expect("standard input is piped");
        let (sender, lines) = mpsc::channel();
        let errors = child.stderr.take().expect("standard error is piped");
        for stream in [
            Box::new(child.stdout.take().expect("standard output is piped")) as Box<dyn std::io::Read + Send>,
            Box::new(errors),
        ] {
            let sender = sender.clone();
            thread::spawn(move || {
                for line in BufReader::new(stream).lines().map_while(Result::ok) {
                    sender.send(line).ok();
                }
            });
        }
        Self { child, input, lines, said: Vec::new(), _project: Arc::clone(project) }
    }

    /// Waits until it says this line.
    #[track_caller]
    pub(crate) fn until(&mut self, expected: &str) {
        let start = Instant::now();
        loop {
            match self.lines.recv_timeout(LIMIT.saturating_sub(start.elapsed())) {
                Ok(line) => self.said.push(line),
                Err(_) => panic!("it does not say {expected:?}, but:\n{}", self.said.join("\n")),
            }
            if self.said.last().is_some_and(|line| line == expected) {
                return;
            }
        }
    }

    /// Tells it something.
    pub(crate) fn say(&mut self, line: &str) {
        writeln!(self.input, "{line}").expect("it listens");
    }

    /// Waits until it has ended, without a complaint.
    #[track_caller]
    pub(crate) fn ends_well(mut self) {
        self.until("done");
        let start = Instant::now();
        while self.child.try_wait().expect("its status").is_none() {
            assert!(start.elapsed() < LIMIT, "it does not end: a timer or a socket is left");
            thread::sleep(Duration::from_millis(20));
        }
        let status = self.child.wait().expect("its status");
        assert!(status.success(), "{}", self.said.join("\n"));
    }
}

impl Drop for Script {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}
