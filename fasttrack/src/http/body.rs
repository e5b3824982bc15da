//! Reading a request's body: its type, its size, its bytes.

use std::{io, time::Duration};

use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use salvo::{
    http::{HeaderMap, Method, ReqBody, Request, Version, header},
    hyper::body::{Body, Frame},
};

use super::{
    grammar::{self, MediaType},
    stop::Stop,
};
use crate::error::Error;

/// Most of an unwanted body that is still taken in, so that a client that sends before it reads gets its answer.
const DISCARD_MAX_BYTES: usize = 1 << 20;

/// How long that may take.
const DISCARD_LIMIT: Duration = Duration::from_millis(500);

/// How long the next part of a body is waited for once the server is to stop.
const STALL_LIMIT: Duration = Duration::from_secs(1);

/// How much is taken in, and until when.
#[derive(Debug)]
pub(super) struct Intake {
    /// Longest body, in bytes.
    pub(super) max_bytes: usize,
    /// After the order to stop, a body that stalls is not waited for.
    pub(super) stop: Stop,
}

/// The body; empty when there is none.
///
/// # Errors
/// 415 when there is one of another type, 413 when it is too long, 400 when it does not arrive whole, 503 when it stalls
/// and the server is to stop.
pub(super) async fn read(req: &mut Request, intake: &Intake) -> Result<Bytes, Error> {
    if req.body().is_end_stream() {
        return Ok(Bytes::new());
    }
    check_media_type(req.headers(), req.method())?;
    let max_bytes = intake.max_bytes;
    if req.body().size_hint().lower() > max_bytes as u64 {
        return Err(Error::TooLarge { max_bytes });
    }
    // From here on nobody waits to be told to go ahead.
    req.headers_mut().remove(header::EXPECT);
    collect(req.body_mut(), intake).await
}

/// Most bodies come in one part, which is not copied.
async fn collect(body: &mut ReqBody, intake: &Intake) -> Result<Bytes, Error> {
    let max_bytes = intake.max_bytes;
    let (mut first, mut joined) = (Bytes::new(), BytesMut::new());
    while let Some(frame) = next(body, &intake.stop).await? {
        let frame = frame.map_err(|_| Error::Malformed("the body did not arrive whole".into()))?;
        let Ok(part) = frame.into_data() else { continue };
        if first.len() + joined.len() + part.len() > max_bytes {
            return Err(Error::TooLarge { max_bytes });
        }
        if first.is_empty() && joined.is_empty() {
            first = part;
        } else {
            joined.extend_from_slice(&std::mem::take(&mut first));
            joined.extend_from_slice(&part);
        }
    }
    Ok(if joined.is_empty() { first } else { joined.freeze() })
}

/// The next part; `None` at the end.
///
/// # Errors
/// 503 when none comes and the server is to stop.
pub(super) async fn next(body: &mut ReqBody, stop: &Stop) -> Result<Option<io::Result<Frame<Bytes>>>, Error> {
    let stalls = async {
        stop.ordered().await;
        tokio::time::sleep(STALL_LIMIT).await;
    };
    tokio::select! {
        biased;
        frame = body.next() => Ok(frame),
        () = stalls => Err(Error::Unavailable("the server is stopping, and the body did not come; send it again".into())),
    }
}

/// Takes in what is left of a body that nobody wanted. Says whether the connection is at its end, and can go on.
pub(super) async fn discard(req: &mut Request) -> bool {
    if req.body().is_end_stream() {
        return true;
    }
    // Who expects 100 has sent nothing yet, and would be told to go ahead by the first read.
    if expects_continue(req) {
        return false;
    }
    tokio::time::timeout(DISCARD_LIMIT, skip(req.body_mut())).await.unwrap_or(false)
}

async fn skip(body: &mut ReqBody) -> bool {
    let mut skipped = 0;
    while let Some(frame) = body.next().await {
        let Ok(frame) = frame else { return false };
        skipped += frame.data_ref().map_or(0, Bytes::len);
        if skipped > DISCARD_MAX_BYTES {
            return false;
        }
    }
    true
}

/// Whether the client waits to be told to go ahead (RFC 9110, section 10.1.1). Other expectations, and those of HTTP/1.0,
/// mean nothing.
fn expects_continue(req: &Request) -> bool {
    req.version() > Version::HTTP_10 && grammar::lists(req.headers(), &header::EXPECT, "100-continue")
}

fn check_media_type(headers: &HeaderMap, method: &Method) -> Result<(), Error> {
    let is_patch = *method == Method::PATCH;
    let is_taken = grammar::single(headers, &header::CONTENT_TYPE).is_some_and(|value| is_json(value, is_patch));
    if is_taken && is_plain(headers) {
        return Ok(());
    }
    Err(Error::UnsupportedMediaType(if is_patch {
        "send the body as application/json or application/merge-patch+json, uncompressed and in UTF-8".into()
    } else {
        "send the body as application/json, uncompressed and in UTF-8".into()
    }))
}

/// Whether a body comes as it is: neither its content nor its transfer is coded, but for the chunks of HTTP/1.1, which the
/// parser has taken away.
pub(super) fn is_plain(headers: &HeaderMap) -> bool {
    let mut contents = grammar::list(headers, &header::CONTENT_ENCODING);
    let mut transfers = grammar::list(headers, &header::TRANSFER_ENCODING);
    let is_chunked = transfers.next().is_none_or(|coding| coding.eq_ignore_ascii_case("chunked"));
    contents.all(|coding| coding.eq_ignore_ascii_case("identity")) && is_chunked && transfers.next().is_none()
}

/// Whether a `Content-Type` says JSON in UTF-8, which has two names (Encoding standard, section 4.2).
fn is_json(content_type: &str, is_patch: bool) -> bool {
    let Some(media_type) = MediaType::parse(content_type) else { return false };
    let is_known = media_type.is("application", "json") || is_patch && media_type.is("application", "merge-patch+json");
    let is_utf8 = |charset: &str| ["utf-8", "utf8"].iter().any(|name| charset.eq_ignore_ascii_case(name));
    is_known && media_type.values("charset").all(is_utf8)
}

#[cfg(test)]
mod tests {
    use std::{
        pin::Pin,
        task::{Context, Poll},
    };

    use super::*;

    #[test]
    fn json_is_told_from_the_rest() {
        for (content_type, post, patch) in [
            ("application/json", true, true),
            ("Application/JSON; charset=UTF-8", true, true),
            ("application/json;charset=\"utf-8\"", true, true),
            ("application/json; charset=utf8", true, true),
            ("application/json; Charset=\"UTF8\"", true, true),
            (r#"application/json; charset="u\tf-8""#, true, true),
            ("application/json;", true, true),
            ("application/json; boundary=\"a;charset=x\"", true, true),
            ("application/json; boundary=\"a;charset=utf-8\"; charset=x", false, false),
            ("application/json; charset=utf-8; charset=latin1", false, false),
            ("application/json; charset=", false, false),
            ("application/json; charset", false, false),
            ("application/json, application/json", false, false),
            ("application/json; profile=x", true, true),
            ("application/json; charset=latin1", false, false),
            ("application/merge-patch+json", false, true),
            ("application/json-patch+json", false, false),
            ("application/problem+json", false, false),
            ("text/json", false, false),
            ("application/jsonx", false, false),
            ("application/x-www-form-urlencoded", false, false),
            ("", false, false),
        ] {
            assert_eq!((is_json(content_type, false), is_json(content_type, true)), (post, patch), "{content_type}");
        }
    }

    fn request(headers: &[(&'static str, &'static str)], method: Method, body: &'static str) -> Request {
        let mut req = Request::new();
        *req.method_mut() = method;
        for (name, value) in headers {
            req.headers_mut().append(*name, value.parse().unwrap());
        }
        req.replace_body(ReqBody::from(body));
        req
    }

    fn intake(max_bytes: usize) -> Intake {
        Intake { max_bytes, stop: Stop::new() }
    }

    const JSON: (&str, &str) = ("content-type", "application/json");

    #[tokio::test]
    async fn bodies_are_taken_up_to_the_limit() {
        assert_eq!(read(&mut request(&[], Method::POST, ""), &intake(3)).await.unwrap(), "");
        assert_eq!(read(&mut request(&[JSON], Method::POST, "abc"), &intake(3)).await.unwrap(), "abc");
        let over = read(&mut request(&[JSON], Method::POST, "abcd"), &intake(3)).await;
        assert!(matches!(over, Err(Error::TooLarge { max_bytes: 3 })));
    }

    #[tokio::test]
    async fn other_types_and_encodings_are_refused() {
        for headers in [
            &[][..],
            &[("content-type", "text/plain")],
            &[JSON, JSON],
            &[JSON, ("content-encoding", "gzip")],
            &[JSON, ("content-encoding", "identity, gzip")],
            &[JSON, ("content-encoding", "identity"), ("content-encoding", "br")],
            &[JSON, ("transfer-encoding", "gzip, chunked")],
            &[JSON, ("transfer-encoding", "chunked"), ("transfer-encoding", "chunked")],
            &[("content-type", "application/merge-patch+json")],
        ] {
            let refused = read(&mut request(headers, Method::POST, "{}"), &intake(9)).await;
            assert!(matches!(refused, Err(Error::UnsupportedMediaType(_))), "{headers:?}");
        }
        for encoding in ["identity", "Identity", "IDENTITY , identity", "", ","] {
            let headers = [("content-type", "application/merge-patch+json"), ("content-encoding", encoding)];
            assert_eq!(
                read(&mut request(&headers, Method::PATCH, "{}"), &intake(9)).await.unwrap(),
                "{}",
                "{encoding}"
            );
        }
    }

    #[tokio::test]
    async fn only_who_expects_100_is_left_alone() {
        for (version, expect, is_drained) in [
            (Version::HTTP_11, "100-continue", false),
            (Version::HTTP_11, "100-Continue", false),
            (Version::HTTP_11, "x, 100-continue", false),
            (Version::HTTP_10, "100-continue", true),
            (Version::HTTP_11, "x", true),
        ] {
            let mut req = request(&[JSON, ("expect", expect)], Method::POST, "{}");
            *req.version_mut() = version;
            assert_eq!(discard(&mut req).await, is_drained, "{version:?} {expect}");
        }
        let mut req = request(&[JSON, ("expect", "100-continue")], Method::POST, "long");
        assert!(read(&mut req, &intake(3)).await.is_err(), "refused before anything was read");
        assert!(!discard(&mut req).await);
    }

    /// A body of which nothing comes.
    struct Never;

    impl Body for Never {
        type Data = Bytes;
        type Error = salvo::BoxedError;

        fn poll_frame(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
            Poll::Pending
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_stalls_is_not_waited_for_when_the_server_stops() {
        let mut req = request(&[JSON], Method::POST, "");
        req.replace_body(ReqBody::Boxed { inner: Box::pin(Never), fuse_config: None });
        let intake = intake(9);
        let stop = intake.stop.clone();
        let reading = tokio::spawn(async move { read(&mut req, &intake).await });
        tokio::time::sleep(Duration::from_mins(1)).await;
        assert!(!reading.is_finished(), "there is no hurry before");
        stop.order();
        assert!(matches!(reading.await.unwrap(), Err(Error::Unavailable(_))));
    }
}
