//! The program of a project, serving on a free port until it is dropped.

use std::{
    io::{BufRead as _, BufReader},
    process::{Child, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

use serde_json::Value;

use crate::project::Project;

/// How long it may take to listen, on a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);

pub(crate) struct Server {
    child: Child,
    address: String,
}

impl Server {
    /// Starts the program that was built, in the folder of the project.
    #[track_caller]
    pub(crate) fn start(project: &Project) -> Self {
        let mut command = project.command(project.program());
        command.envs([("PORT", "0"), ("BCRYPT_COST", "4"), ("RATE_LIMIT_REQUESTS", "0")]);
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().expect("the program starts");
        let stdout = child.stdout.take().expect("standard output is piped");
        let (sender, receiver) = mpsc::channel();
        // Reads on for as long as the server lives: a full pipe would stop it.
        thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                if let Some((_, rest)) = line.split_once(" listens on http://") {
                    sender.send(rest.split([',', ' ']).next().unwrap_or_default().to_owned()).ok();
                }
            }
        });
        let address = receiver.recv_timeout(PATIENCE).unwrap_or_default();
        let server = Self { child, address };
        assert!(!server.address.is_empty(), "the program did not say where it listens");
        server
    }

    /// `127.0.0.1:PORT`
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// What a path answers, which is JSON.
    #[track_caller]
    pub(crate) fn get(&self, path: &str) -> Value {
        let answer = ureq::get(format!("http://{}{path}", self.address)).call();
        let mut answer = answer.unwrap_or_else(|error| panic!("GET {path}: {error}"));
        answer.body_mut().read_json().unwrap_or_else(|error| panic!("GET {path}: {error}"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}
