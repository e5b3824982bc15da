//! Reading a request's body: its type, its size, its bytes.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use salvo::{
    http::{HeaderMap, Method, ReqBody, Request, header},
    hyper::body::Body,
};

use crate::error::Error;

/// Most of an unwanted body that is still taken in, so that a client that sends before it reads gets its answer.
const DISCARD_MAX_BYTES: usize = 1 << 20;

/// How long that may take.
const DISCARD_LIMIT: Duration = Duration::from_millis(500);

/// The body; empty when there is none.
///
/// # Errors
/// 415 when there is one of another type, 413 when it is too long, 400 when it does not arrive whole.
pub(super) async fn read(req: &mut Request, max_bytes: usize) -> Result<Bytes, Error> {
    if req.body().is_end_stream() {
        return Ok(Bytes::new());
    }
    check_media_type(req.headers(), req.method())?;
    if req.body().size_hint().lower() > max_bytes as u64 {
        return Err(Error::TooLarge { max_bytes });
    }
    collect(req.body_mut(), max_bytes).await
}

/// Most bodies come in one part, which is not copied.
async fn collect(body: &mut ReqBody, max_bytes: usize) -> Result<Bytes, Error> {
    let (mut first, mut joined) = (Bytes::new(), BytesMut::new());
    while let Some(frame) = body.next().await {
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

/// Takes in what is left of a body that nobody wanted. Says whether the connection is at its end, and can go on.
pub(super) async fn discard(req: &mut Request) -> bool {
    if req.body().is_end_stream() {
        return true;
    }
    // Who expects 100 has sent nothing yet, and would be told to go ahead by the first read.
    if req.headers().contains_key(header::EXPECT) {
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

fn check_media_type(headers: &HeaderMap, method: &Method) -> Result<(), Error> {
    let mut types = headers.get_all(header::CONTENT_TYPE).iter();
    let is_taken = match (types.next().map(|value| value.to_str()), types.next()) {
        (Some(Ok(value)), None) => is_json(value, *method == Method::PATCH),
        _ => false,
    };
    let is_plain = headers.get_all(header::CONTENT_ENCODING).iter().all(|encoding| encoding == "identity");
    if is_taken && is_plain {
        return Ok(());
    }
    Err(Error::UnsupportedMediaType(if *method == Method::PATCH {
        "send the body as application/json or application/merge-patch+json, uncompressed and in UTF-8".into()
    } else {
        "send the body as application/json, uncompressed and in UTF-8".into()
    }))
}

/// Whether a `Content-Type` says JSON in UTF-8.
fn is_json(content_type: &str, is_patch: bool) -> bool {
    let mut parts = content_type.split(';').map(str::trim);
    let essence = parts.next().unwrap_or_default();
    let is_known = essence.eq_ignore_ascii_case("application/json")
        || is_patch && essence.eq_ignore_ascii_case("application/merge-patch+json");
    is_known
        && parts.all(|parameter| match parameter.split_once('=') {
            Some((name, value)) if name.trim().eq_ignore_ascii_case("charset") => {
                value.trim().trim_matches('"').eq_ignore_ascii_case("utf-8")
            }
            _ => true,
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_told_from_the_rest() {
        for (content_type, post, patch) in [
            ("application/json", true, true),
            ("Application/JSON; charset=UTF-8", true, true),
            ("application/json;charset=\"utf-8\"", true, true),
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

    const JSON: (&str, &str) = ("content-type", "application/json");

    #[tokio::test]
    async fn bodies_are_taken_up_to_the_limit() {
        assert_eq!(read(&mut request(&[], Method::POST, ""), 3).await.unwrap(), "");
        assert_eq!(read(&mut request(&[JSON], Method::POST, "abc"), 3).await.unwrap(), "abc");
        let over = read(&mut request(&[JSON], Method::POST, "abcd"), 3).await;
        assert!(matches!(over, Err(Error::TooLarge { max_bytes: 3 })));
    }

    #[tokio::test]
    async fn other_types_and_encodings_are_refused() {
        for headers in [
            &[][..],
            &[("content-type", "text/plain")],
            &[JSON, JSON],
            &[JSON, ("content-encoding", "gzip")],
            &[("content-type", "application/merge-patch+json")],
        ] {
            let refused = read(&mut request(headers, Method::POST, "{}"), 9).await;
            assert!(matches!(refused, Err(Error::UnsupportedMediaType(_))), "{headers:?}");
        }
        let headers = [("content-type", "application/merge-patch+json"), ("content-encoding", "identity")];
        assert_eq!(read(&mut request(&headers, Method::PATCH, "{}"), 9).await.unwrap(), "{}");
    }
}
