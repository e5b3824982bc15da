//! Requests that a well-behaved client would not send, byte for byte.

use std::{
    io::{Read, Write},
    net::TcpStream,
    time::Duration,
};

use super::TestApp;

/// An answer as it came over the wire.
#[derive(Debug)]
pub(crate) struct RawReply {
    pub(crate) status: u16,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    /// What followed the head, not decoded.
    pub(crate) body: Vec<u8>,
}

/// A request head up to and with the empty line; the connection is to be closed after the answer.
pub(crate) fn request_head(method: &str, target: &str, headers: &[(&str, &str)]) -> String {
    let mut head = format!("{method} {target} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n");
    for (name, value) in headers {
        head.push_str(name);
        head.push_str(": ");
        head.push_str(value);
        head.push_str("\r\n");
    }
    head + "\r\n"
}

impl TestApp {
    /// A connection with a time limit on reading.
    pub(crate) fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address()).expect("the server accepts");
        stream.set_read_timeout(Some(Duration::from_secs(30))).expect("a time limit");
        stream.set_nodelay(true).expect("no delay");
        stream
    }
}

/// Sends these bytes and reads until the server closes.
#[track_caller]
pub(crate) fn exchange(app: &TestApp, request: &[u8]) -> RawReply {
    let mut stream = app.connect();
    // The server may answer and close before it has read all: what it said still counts.
    stream.write_all(request).ok();
    parse_reply(&mut stream)
}

/// Reads an answer up to the end of the connection.
#[track_caller]
pub(crate) fn parse_reply(stream: &mut TcpStream) -> RawReply {
    let mut bytes = Vec::new();
    let mut buffer = [0; 8192];
    while let Ok(count @ 1..) = stream.read(&mut buffer) {
        bytes.extend_from_slice(&buffer[..count]);
    }
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n");
    let end = end.unwrap_or_else(|| panic!("no answer but {:?}", String::from_utf8_lossy(&bytes)));
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let mut lines = head.lines();
    let status = lines.next().and_then(|line| line.split(' ').nth(1)).and_then(|word| word.parse().ok());
    let headers = lines.filter_map(|line| line.split_once(':'));
    RawReply {
        status: status.unwrap_or_else(|| panic!("no status in {head:?}")),
        headers: headers.map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned())).collect(),
        body: bytes[end + 4..].to_vec(),
    }
}

impl RawReply {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Checks that this is the problem of this status, as far as bytes on the wire show.
    #[track_caller]
    pub(crate) fn expect_problem(&self, status: u16) {
        assert_eq!(self.status, status, "{self:?}");
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{self:?}");
        let id = self.header("x-request-id").unwrap_or_else(|| panic!("no request id: {self:?}"));
        assert!(String::from_utf8_lossy(&self.body).contains(id), "{self:?}");
    }
}
