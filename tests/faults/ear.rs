//! Clients with a socket that come back whenever it ends, with the number of the last message that they have.

use std::{
    net::TcpStream,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use serde_json::Value;
use tungstenite::{Error, Message, WebSocket};

use crate::load::Nodes;

/// How long a client waits before it tries the next node.
const PAUSE: Duration = Duration::from_millis(50);

/// How long one reads before it looks whether it should go on.
const LOOK: Duration = Duration::from_millis(200);

/// A client that listens.
pub(crate) struct Ear {
    state: Arc<State>,
    task: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct State {
    /// Messages: their number, and the task that they are about.
    heard: Mutex<Vec<(i64, i64)>>,
    /// Why connections ended: the code, or 0 where nothing was said.
    ends: Mutex<Vec<u16>>,
    is_over: AtomicBool,
}

impl Ear {
    /// Listens with this token; at the node with this number first.
    pub(crate) fn open(nodes: &Nodes, token: &str, first: usize) -> Self {
        let state = Arc::new(State::default());
        let (nodes, token, shared) = (nodes.clone(), token.to_owned(), Arc::clone(&state));
        let task = thread::spawn(move || {
            let mut at = first;
            while !shared.is_over.load(Ordering::Relaxed) {
                if let Some(socket) = nodes.at(at).and_then(|node| connect(&node, &token, shared.last())) {
                    shared.listen(socket);
                } else {
                    thread::sleep(PAUSE);
                }
                at += 1;
            }
        });
        Self { state, task: Some(task) }
    }

    /// The messages until now.
    pub(crate) fn heard(&self) -> Vec<(i64, i64)> {
        self.state.heard.lock().unwrap().clone()
    }

    /// Why connections ended until now.
    pub(crate) fn ends(&self) -> Vec<u16> {
        self.state.ends.lock().unwrap().clone()
    }
}

impl Drop for Ear {
    fn drop(&mut self) {
        self.state.is_over.store(true, Ordering::Relaxed);
        self.task.take().map(JoinHandle::join);
    }
}

impl State {
    fn last(&self) -> i64 {
        self.heard.lock().unwrap().last().map_or(0, |(number, _)| *number)
    }

    /// Listens until the connection ends.
    fn listen(&self, mut socket: WebSocket<TcpStream>) {
        let end = loop {
            if self.is_over.load(Ordering::Relaxed) {
                return;
            }
            match socket.read() {
                Ok(Message::Text(text)) => {
                    let message: Value = serde_json::from_str(&text).expect("JSON");
                    let number = message["id"].as_i64().unwrap_or_else(|| panic!("{message} is no message"));
                    let task = message["data"]["task_id"].as_i64().expect("the id of a task");
                    self.heard.lock().unwrap().push((number, task));
                }
                Ok(Message::Close(frame)) => break frame.map_or(0, |frame| frame.code.into()),
                Ok(_) => {}
                Err(Error::Io(error)) if error.kind() == std::io::ErrorKind::WouldBlock => {}
                Err(_) => break 0,
            }
        };
        self.ends.lock().unwrap().push(end);
    }
}

/// Connects; nothing, where nobody answers as he should.
fn connect(node: &str, token: &str, since: i64) -> Option<WebSocket<TcpStream>> {
    let stream = TcpStream::connect(node).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(5))).expect("a time limit");
    let (socket, _) = tungstenite::client(format!("ws://{node}/ws?token={token}&since={since}"), stream).ok()?;
    socket.get_ref().set_read_timeout(Some(LOOK)).expect("a time limit");
    Some(socket)
}
