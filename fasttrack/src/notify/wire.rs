//! A socket as a stream of frames, whatever carries them, and what is under way on it.

use std::{
    borrow::Cow,
    future::poll_fn,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use futures_util::{Sink, Stream};
use tokio::time::timeout;

/// A frame from the client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Incoming {
    /// A text message, whole.
    Text(Bytes),
    /// Anything else that shows that the client is there.
    Alive,
    /// The client takes leave; the answer to it is sent by the wire.
    Close,
}

/// A frame for the client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outgoing {
    /// A text message: JSON.
    Text(Bytes),
    /// A ping frame.
    Ping,
    /// The last frame.
    Close {
        /// The status code (RFC 6455, section 7.4).
        code: u16,
        /// Why; at most 123 bytes of it are sent.
        reason: Cow<'static, str>,
    },
}

/// Why nothing more comes from a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Broken {
    /// A message over [`MAX_MESSAGE_BYTES`].
    TooLong,
    /// What it sends is against the protocol: to be closed with this status code.
    Malformed(u16),
    /// The connection is lost.
    Gone,
}

/// Longest message that is taken from a client, in bytes.
pub const MAX_MESSAGE_BYTES: usize = 4_096;

/// What carries frames. After [`Broken::TooLong`] or [`Broken::Malformed`] a close frame can still be sent, and the stream
/// ends when the client has gone.
pub trait Wire: Stream<Item = Result<Incoming, Broken>> + Sink<Outgoing, Error = Broken> + Unpin + Send {}

impl<W: Stream<Item = Result<Incoming, Broken>> + Sink<Outgoing, Error = Broken> + Unpin + Send> Wire for W {}

/// A wire, and the frame that is to be sent next.
pub(super) struct Line<W> {
    wire: W,
    next: Option<Outgoing>,
    is_dirty: bool,
}

/// What happened on a line.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// The next frame was taken; there is room for another one.
    Sent,
    /// A frame came.
    Received(Incoming),
    /// Nothing more comes.
    Ended(Broken),
}

impl<W: Wire> Line<W> {
    pub(super) const fn new(wire: W) -> Self {
        Self { wire, next: None, is_dirty: false }
    }

    /// Whether a further frame can be put on.
    pub(super) const fn has_room(&self) -> bool {
        self.next.is_none()
    }

    /// Puts a frame on. One that is still there is dropped.
    pub(super) fn put(&mut self, frame: Outgoing) {
        self.next = Some(frame);
    }

    /// Waits until something happens; sends meanwhile. Can be given up at any time without a loss.
    pub(super) async fn step(&mut self) -> Step {
        poll_fn(|cx| self.poll_step(cx)).await
    }

    /// Says goodbye, and waits until the client has gone, for at most `limit`.
    pub(super) async fn close(&mut self, code: u16, reason: Cow<'static, str>, limit: Duration) {
        self.put(Outgoing::Close { code, reason });
        self.linger(limit).await;
    }

    /// Waits until the client has gone, for at most `limit`.
    pub(super) async fn linger(&mut self, limit: Duration) {
        let gone = async { while !matches!(self.step().await, Step::Ended(_)) {} };
        // A client that stays is dropped.
        timeout(limit, gone).await.ok();
    }

    fn poll_step(&mut self, cx: &mut Context<'_>) -> Poll<Step> {
        let was_sent = match self.poll_send(cx) {
            Ok(was_sent) => was_sent,
            Err(broken) => return Poll::Ready(Step::Ended(broken)),
        };
        match Pin::new(&mut self.wire).poll_next(cx) {
            Poll::Ready(Some(Ok(frame))) => Poll::Ready(Step::Received(frame)),
            Poll::Ready(Some(Err(broken))) => Poll::Ready(Step::Ended(broken)),
            Poll::Ready(None) => Poll::Ready(Step::Ended(Broken::Gone)),
            Poll::Pending if was_sent => Poll::Ready(Step::Sent),
            Poll::Pending => Poll::Pending,
        }
    }

    /// Flushes only when there is nothing to add: many messages make one packet.
    fn poll_send(&mut self, cx: &mut Context<'_>) -> Result<bool, Broken> {
        let mut wire = Pin::new(&mut self.wire);
        if self.next.is_some() {
            if wire.as_mut().poll_ready(cx)?.is_pending() {
                return Ok(false);
            }
            if let Some(frame) = self.next.take() {
                wire.start_send(frame)?;
                self.is_dirty = true;
                return Ok(true);
            }
        }
        if self.is_dirty && wire.poll_flush(cx)?.is_ready() {
            self.is_dirty = false;
        }
        Ok(false)
    }
}
