//! What stands between a node and its database server, and does what networks do: stalls, cuts, and cuts at the worst moment.

use std::{
    io::{self, Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{
        Arc, Condvar, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
};

/// A relay; it ends with the process.
pub(crate) struct Relay {
    address: String,
    state: Arc<State>,
}

/// What a relay does with what it is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    Open,
    /// Takes everything, and passes nothing on in either direction.
    Stalled,
    /// The same on connections that listen, alone.
    StalledWhereItListens,
    /// Cuts the next connection on which the word `COMMIT` comes, in place of passing it on.
    CutBeforeCommit,
    /// The same, once it has passed it on.
    CutAtCommit,
    /// The same, once the server has answered, and in place of passing the answer on.
    CutAfterCommit,
}

/// The word as a message: its kind, its length, and the end of a text.
const COMMIT: &[u8] = b"Q\0\0\0\x0bCOMMIT\0";

struct State {
    target: String,
    mode: Mutex<Mode>,
    changed: Condvar,
    cuts: AtomicUsize,
}

/// One connection.
struct Link {
    client: TcpStream,
    server: TcpStream,
    listens: AtomicBool,
    /// The answer to what was passed on is not.
    is_muted: AtomicBool,
}

impl Relay {
    /// One to the server at this address.
    pub(crate) fn start(target: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address").to_string();
        let (mode, changed, cuts) = (Mutex::new(Mode::Open), Condvar::new(), AtomicUsize::new(0));
        let state = Arc::new(State { target, mode, changed, cuts });
        let shared = Arc::clone(&state);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let state = Arc::clone(&shared);
                thread::spawn(move || state.pass(client));
            }
        });
        Self { address, state }
    }

    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    pub(crate) fn set(&self, mode: Mode) {
        *self.state.mode.lock().unwrap() = mode;
        self.state.changed.notify_all();
    }

    /// How many connections it has cut over a commit.
    pub(crate) fn cuts(&self) -> usize {
        self.state.cuts.load(Ordering::SeqCst)
    }
}

impl State {
    fn pass(self: Arc<Self>, client: TcpStream) -> io::Result<()> {
        let server = TcpStream::connect(&self.target)?;
        for stream in [&client, &server] {
            stream.set_nodelay(true)?;
        }
        let flags = || AtomicBool::new(false);
        let link = Arc::new(Link { client, server, listens: flags(), is_muted: flags() });
        let (state, back) = (Arc::clone(&self), Arc::clone(&link));
        thread::spawn(move || {
            state.pass_back(&back).ok();
            back.cut();
        });
        let passed = self.pass_on(&link);
        link.cut();
        passed
    }

    /// From the server to the client.
    fn pass_back(&self, link: &Link) -> io::Result<()> {
        let (mut from, mut to) = (&link.server, &link.client);
        let mut buffer = vec![0; 65_536];
        loop {
            let read = from.read(&mut buffer)?;
            self.wait_while_stalled(link);
            if read == 0 || link.is_muted.load(Ordering::SeqCst) {
                return Ok(());
            }
            to.write_all(&buffer[..read])?;
        }
    }

    /// From the client to the server, message by message.
    fn pass_on(&self, link: &Link) -> io::Result<()> {
        let (mut from, mut to) = (&link.client, &link.server);
        // The first message has no kind.
        let mut message = read_message(&mut from, None)?;
        loop {
            self.wait_while_stalled(link);
            if message == COMMIT {
                match self.take_cut() {
                    Some(Mode::CutBeforeCommit) => return Ok(()),
                    Some(Mode::CutAtCommit) => {
                        link.is_muted.store(true, Ordering::SeqCst);
                        return to.write_all(&message);
                    }
                    Some(_) => link.is_muted.store(true, Ordering::SeqCst),
                    None => {}
                }
            }
            to.write_all(&message)?;
            if message.get(5..).is_some_and(|words| words.starts_with(b"LISTEN ")) {
                link.listens.store(true, Ordering::SeqCst);
            }
            let mut kind = [0];
            from.read_exact(&mut kind)?;
            message = read_message(&mut from, Some(kind[0]))?;
        }
    }

    /// How to cut, if that is to be done now. It is done once.
    fn take_cut(&self) -> Option<Mode> {
        let mut mode = self.mode.lock().unwrap();
        let cut = [Mode::CutBeforeCommit, Mode::CutAtCommit, Mode::CutAfterCommit].contains(&mode).then_some(*mode)?;
        *mode = Mode::Open;
        self.cuts.fetch_add(1, Ordering::SeqCst);
        Some(cut)
    }

    fn wait_while_stalled(&self, link: &Link) {
        let is_stalled = |mode: &mut Mode| match mode {
            Mode::Stalled => true,
            Mode::StalledWhereItListens => link.listens.load(Ordering::SeqCst),
            _ => false,
        };
        drop(self.changed.wait_while(self.mode.lock().unwrap(), is_stalled).unwrap());
    }
}

impl Link {
    fn cut(&self) {
        for stream in [&self.client, &self.server] {
            stream.shutdown(Shutdown::Both).ok();
        }
    }
}

/// A message with its kind, if it has one, and its length.
fn read_message(from: &mut impl Read, kind: Option<u8>) -> io::Result<Vec<u8>> {
    let mut length = [0; 4];
    from.read_exact(&mut length)?;
    let rest = usize::try_from(u32::from_be_bytes(length)).expect("a length").saturating_sub(length.len());
    let mut message: Vec<u8> = kind.into_iter().chain(length).collect();
    let head = message.len();
    message.resize(head + rest, 0);
    from.read_exact(&mut message[head..])?;
    Ok(message)
}
