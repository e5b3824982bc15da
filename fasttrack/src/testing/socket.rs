//! A WebSocket of somebody's, and what is told there.

use std::{
    net::TcpStream,
    time::{Duration, Instant},
};

use serde::Deserialize;
use serde_json::Value;
use tokio_tungstenite::tungstenite::{self, Message as Frame, WebSocket, client::IntoClientRequest};

use super::{TestApp, fail::OrFail, login::in_words};
use crate::notify::Messages;

/// Messages that are looked at when none is expected.
const SHOWN: u16 = 20;

/// An open WebSocket.
pub struct Socket<'a> {
    app: &'a TestApp,
    wire: WebSocket<TcpStream>,
    /// The account, where it is known, and the number up to which it has heard everything.
    account: Option<i64>,
    heard: i64,
}

/// What somebody was told.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct Message {
    /// Its number; rises with each message of the account.
    #[serde(default)]
    pub id: i64,
    /// Name of the event.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its payload.
    #[serde(default)]
    pub data: Value,
    /// Who did it.
    #[serde(default)]
    pub actor_id: Option<i64>,
    /// When it was done.
    #[serde(default)]
    pub timestamp: String,
}

/// What comes over a socket.
#[derive(Debug)]
enum Heard {
    Message(Message),
    Closed(u16, String),
    /// The connection ended without a word.
    Lost,
    /// Nothing came within this time.
    Nothing(Duration),
}

impl<'a> Socket<'a> {
    #[track_caller]
    pub(super) fn open(app: &'a TestApp, account: Option<i64>, token: Option<&str>, since: Option<i64>) -> Self {
        let token = token.map(|token| format!("token={token}"));
        let query: Vec<_> = token.into_iter().chain(since.map(|id| format!("since={id}"))).collect();
        let url = format!("ws://{}/ws?{}", app.address(), query.join("&"));
        let request = url.into_client_request().or_fail(|error| format!("/ws: this is no request: {error}"));
        let stream = TcpStream::connect(app.address()).or_fail(|error| format!("/ws: {error}"));
        let wire = match tungstenite::client(request, stream) {
            Ok((wire, _)) => wire,
            Err(error) => panic!("/ws: the handshake is refused: {error}"),
        };
        let heard = since.or_else(|| account.map(|account| app.last_message(account))).unwrap_or_default();
        Self { app, wire, account, heard }
    }

    /// The next message, whatever it is; waits for it ([`Setup::patience`](super::Setup::patience)).
    ///
    /// # Panics
    /// When none comes, or the socket is closed.
    #[track_caller]
    #[expect(clippy::should_implement_trait, reason = "it has no end, as an iterator would")]
    pub fn next(&mut self) -> Message {
        match self.hear() {
            Heard::Message(message) => message,
            other => panic!("expected a message, {}", other.in_words()),
        }
    }

    /// The next message, which has to be this event; its payload. No other one is passed over: one that a test does not
    /// care for is heard with [`next`](Self::next).
    ///
    /// # Panics
    /// When the next message is another one, at once, or none comes.
    #[track_caller]
    pub fn expect(&mut self, kind: &str) -> Value {
        match self.hear() {
            Heard::Message(message) if message.kind == kind => message.data,
            other => panic!("expected the message {kind}, {}", other.in_words()),
        }
    }

    /// Expects that nothing more was told: no message that the account may see is on its way.
    ///
    /// # Panics
    /// When there is one.
    #[track_caller]
    pub fn expect_silence(&mut self) {
        let Some(account) = self.account else { panic!("whose socket this is, is not known: open it with `app.as_`") };
        let outbox = self.app.layers().outbox.clone();
        let after = self.heard;
        let page = self.app.block_on(async move { Messages::after(&outbox, account, after, SHOWN).await });
        let page = page.or_fail(|error| format!("the messages cannot be read: {}", in_words(&error)));
        let told: Vec<_> = page.messages.iter().map(|(_, json)| String::from_utf8_lossy(json)).collect();
        assert!(told.is_empty(), "expected no message, got {}", told.join(", "));
    }

    /// Expects that the server closes the socket with this code (4001: logged out, disabled or expired); the reason.
    ///
    /// # Panics
    /// When a message comes first, or the code is another one.
    #[track_caller]
    pub fn expect_close(&mut self, code: u16) -> String {
        match self.hear() {
            Heard::Closed(found, reason) if found == code => reason,
            other => panic!("expected the socket to be closed with {code}, {}", other.in_words()),
        }
    }

    /// Sends a text.
    pub fn say(&mut self, text: &str) {
        // A server that has closed already is heard, not asked.
        self.wire.send(Frame::text(text)).ok();
    }

    /// What comes next, pings aside.
    fn hear(&mut self) -> Heard {
        let patience = self.app.patience();
        let end = Instant::now() + patience;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() || self.wire.get_ref().set_read_timeout(Some(left)).is_err() {
                return Heard::Nothing(patience);
            }
            match self.wire.read() {
                Ok(Frame::Text(text)) => match serde_json::from_str::<Message>(&text) {
                    Ok(message) => {
                        self.heard = self.heard.max(message.id);
                        return Heard::Message(message);
                    }
                    Err(_) => return Heard::Lost,
                },
                Ok(Frame::Close(Some(frame))) => return Heard::Closed(frame.code.into(), frame.reason.to_string()),
                Ok(_) => {}
                Err(tungstenite::Error::Io(_)) => return Heard::Nothing(patience),
                Err(_) => return Heard::Lost,
            }
        }
    }
}

impl Heard {
    fn in_words(&self) -> String {
        match self {
            Self::Message(message) => format!("got {}: {}", message.kind, message.data),
            Self::Closed(code, reason) => format!("but the socket was closed with {code}: {reason}"),
            Self::Lost => "but the connection was lost".to_owned(),
            Self::Nothing(patience) => format!("but nothing came within {patience:?}"),
        }
    }
}

impl std::fmt::Debug for Socket<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Socket").field("account", &self.account).field("heard", &self.heard).finish_non_exhaustive()
    }
}
