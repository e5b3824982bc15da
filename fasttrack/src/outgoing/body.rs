//! What a request carries: bytes that are there, or so many as they come.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use futures_util::{Stream, StreamExt, stream::BoxStream};
use hyper::body::{Body as HttpBody, Frame, SizeHint};

/// The body of a request, whose length is known.
pub struct Body {
    pieces: BoxStream<'static, io::Result<Bytes>>,
    /// Bytes that are still to come.
    left: u64,
}

impl Body {
    /// None.
    #[must_use]
    pub fn empty() -> Self {
        Self::streamed(0, futures_util::stream::empty())
    }

    /// These bytes.
    #[must_use]
    pub fn whole(bytes: Bytes) -> Self {
        let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        Self::streamed(length, futures_util::stream::iter([Ok(bytes)]))
    }

    /// `length` bytes, as they come. The request fails where there are fewer, or one of the pieces does; once they are there
    /// no further piece is asked for.
    #[must_use]
    pub fn streamed(length: u64, pieces: impl Stream<Item = io::Result<Bytes>> + Send + 'static) -> Self {
        Self { pieces: pieces.boxed(), left: length }
    }

    fn took(&mut self, piece: Bytes) -> io::Result<Frame<Bytes>> {
        let length = u64::try_from(piece.len()).unwrap_or(u64::MAX);
        let more = || io::Error::new(io::ErrorKind::InvalidData, "there is more to send than was said");
        self.left = self.left.checked_sub(length).ok_or_else(more)?;
        Ok(Frame::data(piece))
    }
}

impl HttpBody for Body {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let body = self.get_mut();
        let Poll::Ready(next) = body.pieces.poll_next_unpin(cx) else { return Poll::Pending };
        let fewer = || io::Error::new(io::ErrorKind::UnexpectedEof, "there was less to send than was said");
        Poll::Ready(match next {
            Some(piece) => Some(piece.and_then(|piece| body.took(piece))),
            None if body.left > 0 => Some(Err(fewer())),
            None => None,
        })
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}

impl std::fmt::Debug for Body {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Body({} bytes to come)", self.left)
    }
}
