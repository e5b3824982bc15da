//! A WebSocket client.

use std::{
    net::TcpStream,
    time::{Duration, Instant},
};

use serde_json::Value;
use tungstenite::{Error, Message, WebSocket, client::IntoClientRequest};

use super::{Person, TestApp};

/// An open socket.
pub(crate) struct Socket(WebSocket<TcpStream>);

/// What came.
#[derive(Debug, PartialEq)]
pub(crate) enum Heard {
    Message(Value),
    Closed(u16, String),
    /// The connection ended without a word, or nothing came in time.
    Nothing,
}

impl TestApp {
    /// Connects with this query string and these headers; the answer to the handshake when it is refused.
    pub(crate) fn try_socket(&self, query: &str, headers: &[(&'static str, &str)]) -> Result<Socket, Box<Refused>> {
        Socket::open(self.connect(), self.address(), query, headers)
    }

    #[track_caller]
    pub(crate) fn socket_with(&self, query: &str) -> Socket {
        self.try_socket(query, &[]).unwrap_or_else(|refused| panic!("/ws{query}: {}", refused.status()))
    }

    /// A socket of this person.
    #[track_caller]
    pub(crate) fn socket(&self, person: &Person) -> Socket {
        self.socket_with(&format!("?token={}", person.pair.access))
    }

    /// A socket that begins with what was missed.
    #[track_caller]
    pub(crate) fn socket_since(&self, person: &Person, since: i64) -> Socket {
        self.socket_with(&format!("?token={}&since={since}", person.pair.access))
    }
}

/// The answer to a handshake that was refused.
pub(crate) type Refused = tungstenite::http::Response<Option<Vec<u8>>>;

impl Socket {
    /// Has a connection to the server at this address become a socket.
    pub(crate) fn open(
        connection: TcpStream,
        address: &str,
        query: &str,
        headers: &[(&'static str, &str)],
    ) -> Result<Self, Box<Refused>> {
        let mut request = format!("ws://{address}/ws{query}").into_client_request().expect("a request");
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().expect("a header value"));
        }
        match tungstenite::client(request, connection) {
            Ok((socket, _)) => Ok(Self(socket)),
            Err(tungstenite::HandshakeError::Failure(Error::Http(response))) => Err(response),
            Err(error) => panic!("/ws{query}: {error}"),
        }
    }

    /// What comes next, pings aside, within `limit`.
    pub(crate) fn hear_within(&mut self, limit: Duration) -> Heard {
        let end = Instant::now() + limit;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Heard::Nothing;
            }
            self.0.get_ref().set_read_timeout(Some(left)).expect("a time limit");
            match self.0.read() {
                Ok(Message::Text(text)) => return Heard::Message(serde_json::from_str(&text).expect("JSON")),
                Ok(Message::Close(Some(frame))) => return Heard::Closed(frame.code.into(), frame.reason.to_string()),
                Ok(_) => {}
                Err(_) => return Heard::Nothing,
            }
        }
    }

    /// The next message.
    #[track_caller]
    pub(crate) fn message(&mut self) -> Value {
        match self.hear_within(Duration::from_secs(20)) {
            Heard::Message(message) => message,
            other => panic!("{other:?} instead of a message"),
        }
    }

    /// The ids of so many messages.
    #[track_caller]
    pub(crate) fn ids(&mut self, count: usize) -> Vec<i64> {
        (0..count).map(|_| self.message()["id"].as_i64().expect("an id")).collect()
    }

    /// Checks that all that was told has come: the answer to a ping is next.
    #[track_caller]
    pub(crate) fn expect_silence(&mut self) {
        self.say(r#"{"type":"ping"}"#);
        assert_eq!(self.message(), serde_json::json!({"type": "pong"}));
    }

    /// Checks that the socket is closed with this code.
    #[track_caller]
    pub(crate) fn expect_close(&mut self, code: u16) -> String {
        match self.hear_within(Duration::from_secs(20)) {
            Heard::Closed(found, reason) if found == code => reason,
            other => panic!("{other:?} instead of {code}"),
        }
    }

    /// Sends this many ping frames as long as they can be, and reads nothing.
    pub(crate) fn flood(&mut self, pings: usize) {
        for _ in 0..pings {
            self.0.write(Message::Ping(vec![b'x'; 125].into())).expect("the server reads");
        }
        self.0.flush().expect("the server reads");
    }

    pub(crate) fn say(&mut self, text: &str) {
        // A server that has closed already is heard, not asked.
        self.0.send(Message::text(text)).ok();
    }
}
