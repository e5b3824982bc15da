//! A browser of its own for each test: started without a window, spoken to over one WebSocket, killed when dropped.
//!
//! See <https://chromedevtools.github.io/devtools-protocol/>; of it, this knows commands, their answers, and events.

use std::{
    io::{BufRead, BufReader},
    net::TcpStream,
    process::{Child, Command, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

use serde_json::{Value, json};
use tempfile::TempDir;
use tungstenite::{Message, WebSocket};

/// How long the browser may take to start, or to answer one command.
const LIMIT: Duration = Duration::from_secs(30);

/// A running browser with one tab.
pub(crate) struct Chromium {
    socket: WebSocket<TcpStream>,
    session: Option<String>,
    last_id: u64,
    /// What happened in the tab, in order: events with `method` and `params`.
    pub(crate) events: Vec<Value>,
    child: Child,
    _profile: TempDir,
}

impl Chromium {
    /// Starts the browser with an empty profile and an empty tab.
    pub(crate) fn start() -> Self {
        let profile = tempfile::tempdir().expect("a temporary directory");
        let (child, address) = spawn(&profile);
        let authority = address.strip_prefix("ws://").and_then(|rest| rest.split('/').next()).expect("a ws:// address");
        let stream = TcpStream::connect(authority).expect("the browser listens");
        stream.set_read_timeout(Some(LIMIT)).expect("a time limit");
        let (socket, _) = tungstenite::client(&address, stream).expect("a WebSocket to the browser");
        let mut browser = Self { socket, session: None, last_id: 0, events: Vec::new(), child, _profile: profile };
        browser.open("about:blank");
        browser
    }

    /// Opens a further tab, which commands go to from then on, and gives its name.
    pub(crate) fn open(&mut self, url: &str) -> String {
        self.session = None;
        let target = self.call("Target.createTarget", &json!({ "url": url }));
        let attach = json!({ "targetId": target["targetId"], "flatten": true });
        let attached = self.call("Target.attachToTarget", &attach);
        let session = attached["sessionId"].as_str().expect("the name of a session").to_owned();
        self.turn_to(&session);
        for domain in ["Page", "Runtime", "Log", "Network", "Accessibility"] {
            self.call(&format!("{domain}.enable"), &json!({}));
        }
        session
    }

    /// Has commands go to this tab.
    pub(crate) fn turn_to(&mut self, tab: &str) {
        self.session = Some(tab.to_owned());
    }

    /// Sends a command and gives its result; events that come in between are kept.
    #[track_caller]
    pub(crate) fn call(&mut self, method: &str, params: &Value) -> Value {
        self.last_id += 1;
        let mut command = json!({ "id": self.last_id, "method": method, "params": params });
        if let Some(session) = &self.session {
            command["sessionId"] = json!(session);
        }
        self.socket.send(Message::text(command.to_string())).expect("the browser listens");
        loop {
            let mut message = self.read(method);
            if message["id"].as_u64() == Some(self.last_id) {
                assert!(message["error"].is_null(), "{method} {params}: {}", message["error"]);
                return message["result"].take();
            }
            if message["method"].is_string() {
                self.events.push(message);
            }
        }
    }

    #[track_caller]
    fn read(&mut self, method: &str) -> Value {
        match self.socket.read() {
            Ok(Message::Text(text)) => serde_json::from_str(&text).expect("the browser speaks JSON"),
            Ok(_) => Value::Null,
            Err(error) => panic!("the browser does not answer {method}: {error}"),
        }
    }
}

impl Drop for Chromium {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

fn spawn(profile: &TempDir) -> (Child, String) {
    let program = std::env::var("CHROMIUM").unwrap_or_else(|_| "chromium".into());
    let mut child = Command::new(&program)
        .args(["--headless=new", "--remote-debugging-port=0", "--no-first-run", "--disable-gpu"])
        .args(["--disable-background-networking", "--disable-component-update", "--disable-sync", "--hide-scrollbars"])
        // A container has no user namespaces and little shared memory; the only page opened is ours.
        .args(["--no-sandbox", "--disable-dev-shm-usage", "--lang=en-GB"])
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{program}: {error}; this test needs Chromium (CHROMIUM names another binary)"));
    let stderr = child.stderr.take().expect("standard error is piped");
    let (sender, receiver) = mpsc::channel();
    // Reads on for as long as the browser lives: a full pipe would stop it.
    thread::spawn(move || {
        for line in BufReader::new(stderr).lines().map_while(Result::ok) {
            if let Some(address) = line.strip_prefix("DevTools listening on ") {
                sender.send(address.trim().to_owned()).ok();
            }
        }
    });
    let address = receiver.recv_timeout(LIMIT).unwrap_or_else(|_| {
        child.kill().ok();
        panic!("{program} did not say where it listens")
    });
    (child, address)
}
