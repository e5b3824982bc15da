//! An upgraded connection as the frames that [`notify`](crate::notify) speaks.
//!
//! The WebSocket protocol (RFC 6455) is tungstenite's; here are its limits, and how its errors are told apart.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use futures_util::{Sink, Stream};
use salvo::{hyper::upgrade::Upgraded, rt::tokio::TokioIo};
use tokio::io::{AsyncRead, ReadBuf};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        Error, Message, Utf8Bytes,
        error::ProtocolError,
        protocol::{CloseFrame, Role, WebSocketConfig},
    },
};

use crate::notify::wire::{Broken, Incoming, MAX_MESSAGE_BYTES, Outgoing};

/// Bytes that are read at once, which an idle socket keeps. There are thousands of them, and clients say little: what is
/// longer is read in parts.
const READ_BYTES: usize = 1_024;

/// Bytes that are written at once.
const WRITE_BYTES: usize = 4_096;

/// Bytes that wait for a client which does not read: the longest message, or the answers to its pings; of those that do
/// not fit, only the last one is given (RFC 6455, section 5.5.3).
const MAX_UNSENT_BYTES: usize = 1 << 20;

/// Longest reason that fits a close frame, in bytes (RFC 6455, section 5.5).
const MAX_REASON_BYTES: usize = 123;

/// Status codes for what is against the protocol, and for text that is not UTF-8 (RFC 6455, section 7.4.1).
const PROTOCOL_ERROR: u16 = 1002;
const INVALID_PAYLOAD: u16 = 1007;

/// An upgraded connection.
pub(super) struct WebSocket {
    socket: WebSocketStream<TokioIo<Upgraded>>,
    /// Whether what comes is thrown away: it cannot be made sense of any more.
    is_deaf: bool,
}

impl WebSocket {
    pub(super) async fn new(upgraded: Upgraded) -> Self {
        let config = WebSocketConfig::default()
            .read_buffer_size(READ_BYTES)
            .write_buffer_size(WRITE_BYTES)
            .max_write_buffer_size(MAX_UNSENT_BYTES)
            .max_message_size(Some(MAX_MESSAGE_BYTES))
            .max_frame_size(Some(MAX_MESSAGE_BYTES));
        let socket = WebSocketStream::from_raw_socket(TokioIo::new(upgraded), Role::Server, Some(config)).await;
        Self { socket, is_deaf: false }
    }

    /// Reads what the client still sends, so that closing does not reset the connection before it has read the reason.
    fn poll_discard(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let mut bytes = [0; 1_024];
        loop {
            let mut buf = ReadBuf::new(&mut bytes);
            match ready!(Pin::new(self.socket.get_mut()).poll_read(cx, &mut buf)) {
                Ok(()) if !buf.filled().is_empty() => {}
                Ok(()) | Err(_) => return Poll::Ready(()),
            }
        }
    }
}

impl Stream for WebSocket {
    type Item = Result<Incoming, Broken>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.is_deaf {
            return self.poll_discard(cx).map(|()| None);
        }
        let Some(read) = ready!(Pin::new(&mut self.socket).poll_next(cx)) else { return Poll::Ready(None) };
        let frame = read.map(incoming).map_err(|error| broken(&error));
        self.is_deaf = matches!(frame, Err(Broken::TooLong | Broken::Malformed(_)));
        Poll::Ready(Some(frame))
    }
}

impl Sink<Outgoing> for WebSocket {
    type Error = Broken;

    fn poll_ready(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Broken>> {
        Pin::new(&mut self.socket).poll_ready(cx).map_err(|_| Broken::Gone)
    }

    fn start_send(mut self: Pin<&mut Self>, frame: Outgoing) -> Result<(), Broken> {
        Pin::new(&mut self.socket).start_send(message(frame)?).map_err(|_| Broken::Gone)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Broken>> {
        Pin::new(&mut self.socket).poll_flush(cx).map_err(|_| Broken::Gone)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Broken>> {
        Pin::new(&mut self.socket).poll_close(cx).map_err(|_| Broken::Gone)
    }
}

fn incoming(message: Message) -> Incoming {
    match message {
        Message::Text(text) => Incoming::Text(text.into()),
        Message::Close(_) => Incoming::Close,
        Message::Binary(_) | Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => Incoming::Alive,
    }
}

fn message(frame: Outgoing) -> Result<Message, Broken> {
    Ok(match frame {
        // It is JSON of ours; should it be no text, the client would break off.
        Outgoing::Text(json) => Message::Text(Utf8Bytes::try_from(json).map_err(|_| Broken::Gone)?),
        Outgoing::Ping => Message::Ping(Bytes::new()),
        Outgoing::Close { code, reason } => {
            Message::Close(Some(CloseFrame { code: code.into(), reason: cut(&reason).into() }))
        }
    })
}

fn broken(error: &Error) -> Broken {
    match error {
        Error::Capacity(_) => Broken::TooLong,
        Error::Utf8(_) => Broken::Malformed(INVALID_PAYLOAD),
        Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => Broken::Gone,
        Error::Protocol(_) => Broken::Malformed(PROTOCOL_ERROR),
        _ => Broken::Gone,
    }
}

fn cut(reason: &str) -> &str {
    reason.get(..reason.floor_char_boundary(MAX_REASON_BYTES)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_cut_between_characters() {
        for (reason, bytes) in [("", 0), ("short", 5), (&"x".repeat(200), 123), (&"é".repeat(100), 122)] {
            assert_eq!(cut(reason).len(), bytes, "{reason}");
        }
    }
}
