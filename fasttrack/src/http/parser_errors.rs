//! What the HTTP parser itself refuses, made a problem like every other error.
//!
//! A request line or a head that is none never becomes a request: hyper writes an answer without a body and closes. No
//! handler sees it, so it is recognised where it is written: all answers of ours carry a request id, that one does not.
//! Here a connection is also entered among those that are open.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::{Buf, Bytes};
use salvo::http::{HeaderMap, ResBody, Response, StatusCode};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    sync::OwnedSemaphorePermit,
};

use super::{
    connections::Connection,
    heads::{Heads, Seen},
    problem,
    request_id::RequestId,
};

/// A connection whose parser errors are problems.
pub(super) struct Completed<S> {
    inner: S,
    /// What is written in place of what the parser wanted to write.
    pending: Bytes,
    /// Whether the next write goes on with one that was not taken whole.
    is_amid: bool,
    heads: Heads,
    connection: Connection,
    /// Given back when the connection is closed.
    _place: OwnedSemaphorePermit,
}

impl<S> Completed<S> {
    pub(super) fn new(inner: S, connection: Connection, place: OwnedSemaphorePermit) -> Self {
        let heads = Heads::default();
        Self { inner, pending: Bytes::new(), is_amid: false, heads, connection, _place: place }
    }

    /// Notes that something is written, and says what was seen of the request that it answers.
    fn begin_writing(&mut self) -> Seen {
        self.connection.speaks();
        self.heads.take()
    }

    /// The whole answer in place of `written`, if that is one of the parser's own. What goes on with something is none,
    /// whatever it looks like: somebody's text may be made to.
    fn complete(&self, written: &[u8], seen: Seen) -> Option<Bytes> {
        if self.is_amid { None } else { complete(written, seen) }
    }

    /// Notes whether all of a write was taken.
    fn note(&mut self, polled: &Poll<io::Result<usize>>, length: usize) {
        if let Poll::Ready(Ok(taken)) = polled {
            self.is_amid = *taken < length;
        }
    }
}

impl<S: AsyncWrite + Unpin> Completed<S> {
    fn poll_pending(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while self.pending.has_remaining() {
            match ready!(Pin::new(&mut self.inner).poll_write(cx, &self.pending))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                written => self.pending.advance(written),
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Completed<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let polled = Pin::new(&mut self.inner).poll_read(cx, buf);
        self.heads.see(buf.filled().get(before..).unwrap_or_default());
        polled
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Completed<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        ready!(self.poll_pending(cx))?;
        let seen = self.begin_writing();
        if let Some(problem) = self.complete(buf, seen) {
            self.pending = problem;
            return Poll::Ready(Ok(buf.len()));
        }
        let polled = Pin::new(&mut self.inner).poll_write(cx, buf);
        self.note(&polled, buf.len());
        polled
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        ready!(self.poll_pending(cx))?;
        let seen = self.begin_writing();
        if let [buf] = bufs
            && let Some(problem) = self.complete(buf, seen)
        {
            self.pending = problem;
            return Poll::Ready(Ok(buf.len()));
        }
        let polled = Pin::new(&mut self.inner).poll_write_vectored(cx, bufs);
        self.note(&polled, bufs.iter().map(|buf| buf.len()).sum());
        polled
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_pending(cx))?;
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_pending(cx))?;
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

/// The whole answer in place of `written`, if that is one of the parser's own.
///
/// It is one exactly when it is a head and nothing else, refuses, and has no request id. A write that begins something
/// begins with a head, or with the length of a piece of a body.
/// The parser has other statuses for a length that no number holds, and for an address that fills its memory.
fn complete(written: &[u8], seen: Seen) -> Option<Bytes> {
    let rest = written.strip_prefix(b"HTTP/1.1 ")?;
    let head = std::str::from_utf8(rest.strip_suffix(b"\r\n\r\n")?).ok()?;
    let status: StatusCode = head.get(..3)?.parse().ok()?;
    let is_own = head.lines().any(|line| line.starts_with("x-request-id:"));
    if is_own || !status.is_client_error() {
        return None;
    }
    let status = match status {
        _ if seen.is_beyond => StatusCode::PAYLOAD_TOO_LARGE,
        StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE if !seen.has_line => StatusCode::URI_TOO_LONG,
        status => status,
    };
    let id = RequestId::from_headers(&HeaderMap::new());
    let mut res = Response::new();
    problem::write_plain(&mut res, status, detail(status), &id);
    let ResBody::Once(body) = res.take_body() else { return None };
    tracing::info!(target: "fasttrack::request", status = status.as_u16(), request_id = id.as_str(), "no request");
    let head = format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/problem+json\r\nx-request-id: {}\r\n\
         x-content-type-options: nosniff\r\ncache-control: no-store\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
        id.as_str(),
        body.len(),
    );
    Some([head.as_bytes(), &body].concat().into())
}

fn detail(status: StatusCode) -> &'static str {
    match status {
        StatusCode::URI_TOO_LONG => "the request's address is too long",
        StatusCode::PAYLOAD_TOO_LARGE => "the body is over the limit: no body has as many bytes as Content-Length says",
        StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE => "the request has too many headers, or too long ones",
        _ => "this is no HTTP/1.1 request; check its first line and its headers",
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use salvo::conn::ConnCtrl;
    use tokio::{io::AsyncWriteExt, sync::Semaphore};

    use super::{super::connections::Connections, *};

    #[test]
    fn only_the_answers_of_the_parser_are_completed() {
        let bare = "HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
        let sound = Seen { is_beyond: false, has_line: true };
        let beyond = Seen { is_beyond: true, ..sound };
        let whole = complete(bare.as_bytes(), sound).unwrap();
        assert!(whole.starts_with(b"HTTP/1.1 400 Bad Request\r\n"));
        assert_eq!(complete(&whole, sound), None, "what has a body is whole");
        assert!(complete(bare.as_bytes(), beyond).unwrap().starts_with(b"HTTP/1.1 413 Payload Too Large\r\n"));
        for other in [
            "",
            "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n",
            "HTTP/1.1 404 Not Found\r\nx-request-id: 1\r\ncontent-length: 0\r\n\r\n",
            "HTTP/1.1 400 Bad Request\r\n",
            "HTTP/1.1 4",
            "\"HTTP/1.1 400 Bad Request\r\n\r\n",
        ] {
            assert_eq!(complete(other.as_bytes(), sound), None, "{other}");
        }
    }

    /// Takes so many bytes of each write.
    #[derive(Default)]
    struct Narrow {
        width: usize,
        taken: Vec<u8>,
    }

    impl AsyncWrite for Narrow {
        fn poll_write(mut self: Pin<&mut Self>, _: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
            let part = buf.get(..self.width).unwrap_or(buf);
            self.taken.extend_from_slice(part);
            Poll::Ready(Ok(part.len()))
        }

        fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }

        fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
    }

    #[tokio::test]
    async fn a_text_in_a_body_is_never_taken_for_one_wherever_a_write_ends() {
        const ANSWER: &str = "HTTP/1.1 400 Bad Request\r\n\r\n";
        let piece = format!("1f\r\n{ANSWER}");
        for vectored in [false, true] {
            for width in 1..piece.len() {
                let inner = Narrow { width, ..Narrow::default() };
                let connection = Arc::new(Connections::default()).enter(ConnCtrl::new());
                let place = Arc::new(Semaphore::new(1)).try_acquire_owned().unwrap();
                let mut wire = Completed::new(inner, connection, place);
                let mut rest = piece.as_bytes();
                while !rest.is_empty() {
                    let written = if vectored {
                        wire.write_vectored(&[IoSlice::new(rest)]).await
                    } else {
                        wire.write(rest).await
                    };
                    rest = &rest[written.unwrap()..];
                }
                assert_eq!(String::from_utf8(wire.inner.taken).unwrap(), piece, "{width}");
            }
        }
    }
}
