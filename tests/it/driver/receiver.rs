//! A receiver of webhooks that keeps what it is posted, and answers as it is told: also not at all, or without end.

use std::{
    collections::{BTreeMap, VecDeque},
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant},
};

use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::Value;
use sha2::{Digest, Sha256};

/// What was posted.
#[derive(Debug, Clone)]
pub(crate) struct Posted {
    pub(crate) path: String,
    /// By name, in lower case.
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: String,
}

/// What is answered.
#[derive(Debug, Clone)]
pub(crate) enum Answer {
    Status(u16),
    /// To this address.
    Redirect(String),
    /// None: the connection stays open.
    Nothing,
    /// 200, and a body that does not end.
    Endless,
}

/// A running receiver; it ends with the process.
pub(crate) struct Receiver {
    address: SocketAddr,
    inside: Arc<Inside>,
}

struct Inside {
    posts: Mutex<Vec<Posted>>,
    /// What is answered first, and from then on.
    answers: Mutex<(VecDeque<Answer>, Answer)>,
}

impl Receiver {
    /// Starts one that takes everything.
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        let answers = Mutex::new((VecDeque::new(), Answer::Status(204)));
        let inside = Arc::new(Inside { posts: Mutex::default(), answers });
        let shared = Arc::clone(&inside);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let inside = Arc::clone(&shared);
                thread::spawn(move || inside.converse(stream));
            }
        });
        Self { address, inside }
    }

    /// An address of it.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    /// Answers these, one after the other, and then as usual.
    pub(crate) fn first(&self, answers: impl IntoIterator<Item = Answer>) {
        self.inside.answers.lock().unwrap().0.extend(answers);
    }

    /// Answers so from now on.
    pub(crate) fn usually(&self, answer: Answer) {
        self.inside.answers.lock().unwrap().1 = answer;
    }

    /// What has been posted so far.
    pub(crate) fn posts(&self) -> Vec<Posted> {
        self.inside.posts.lock().unwrap().clone()
    }

    /// The first posts, once there are so many.
    #[track_caller]
    pub(crate) fn wait_for(&self, count: usize) -> Vec<Posted> {
        let begun = Instant::now();
        loop {
            let posts = self.posts();
            if posts.len() >= count {
                return posts;
            }
            // A lease of a node that was killed ends after 30 s.
            assert!(begun.elapsed() < Duration::from_mins(1), "{} of {count} posts: {posts:#?}", posts.len());
            thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Inside {
    /// A client that goes away ends the conversation.
    fn converse(&self, stream: TcpStream) -> Option<()> {
        let mut out = stream.try_clone().ok()?;
        let mut lines = BufReader::new(stream);
        loop {
            let posted = read(&mut lines)?;
            self.posts.lock().unwrap().push(posted);
            let answer = {
                let mut answers = self.answers.lock().unwrap();
                answers.0.pop_front().unwrap_or_else(|| answers.1.clone())
            };
            let mut say = |text: &str| out.write_all(text.as_bytes()).ok();
            match answer {
                Answer::Status(204) => say("HTTP/1.1 204 No Content\r\n\r\n")?,
                Answer::Status(status) => say(&format!("HTTP/1.1 {status} So\r\ncontent-length: 4\r\n\r\nwhy?"))?,
                Answer::Redirect(to) => {
                    say(&format!("HTTP/1.1 307 Elsewhere\r\nlocation: {to}\r\ncontent-length: 0\r\n\r\n"))?;
                }
                Answer::Nothing => thread::sleep(Duration::from_mins(10)),
                Answer::Endless => {
                    say("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")?;
                    while say("4\r\nmore\r\n").is_some() {}
                    return None;
                }
            }
        }
    }
}

fn read(lines: &mut BufReader<TcpStream>) -> Option<Posted> {
    let mut line = || {
        let mut text = String::new();
        lines.read_line(&mut text).ok().filter(|&length| length > 0)?;
        Some(text.trim_end().to_owned())
    };
    let first = line()?;
    let path = first.strip_prefix("POST ")?.split(' ').next()?.to_owned();
    let mut headers = BTreeMap::new();
    loop {
        let text = line()?;
        let Some((name, value)) = text.split_once(": ") else { break };
        headers.insert(name.to_lowercase(), value.to_owned());
    }
    let mut body = vec![0; headers.get("content-length")?.parse().ok()?];
    lines.read_exact(&mut body).ok()?;
    Some(Posted { path, headers, body: String::from_utf8(body).ok()? })
}

impl Posted {
    #[track_caller]
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).unwrap_or_else(|| panic!("no {name} in {self:?}"))
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The id of the message.
    #[track_caller]
    pub(crate) fn id(&self) -> &str {
        self.header("webhook-id")
    }

    /// Whether one of its signatures is by this secret, as the specification has a receiver see to it.
    #[track_caller]
    pub(crate) fn is_signed_by(&self, secret: &str) -> bool {
        let key = BASE64_STANDARD.decode(secret.strip_prefix("whsec_").expect("a secret begins so")).unwrap();
        let signed = format!("{}.{}.{}", self.id(), self.header("webhook-timestamp"), self.body);
        let expected = format!("v1,{}", BASE64_STANDARD.encode(hmac(&key, signed.as_bytes())));
        self.header("webhook-signature").split(' ').any(|signature| signature == expected)
    }
}

/// HMAC-SHA-256 as RFC 2104 spells it, for keys of a block at most: another implementation than that of the server.
fn hmac(key: &[u8], message: &[u8]) -> Vec<u8> {
    assert!(key.len() <= 64, "longer keys are hashed first");
    let padded = |with: u8| (0..64).map(|at| key.get(at).copied().unwrap_or(0) ^ with).collect::<Vec<u8>>();
    let inner = Sha256::new().chain_update(padded(0x36)).chain_update(message).finalize();
    Sha256::new().chain_update(padded(0x5c)).chain_update(inner).finalize().to_vec()
}
