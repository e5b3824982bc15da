//! `Idempotency-Key`: which request is the same again, and how an answer is kept.
//!
//! Routes whose change and answer are one transaction of ours take a key. Of all others it is refused from whoever is logged
//! in, since to pass it over would be to promise what is not kept: handlers of an application commit by themselves, and what
//! `/auth` answers is about sessions, or no answer to keep. Who is not logged in has no keys, and his is no header of ours.

use std::fmt::Write as _;

use salvo::http::{HeaderName, HeaderValue, Method, Request, header};
use sha2::{Digest as _, Sha256};

use super::{
    problem,
    reply::Reply,
    request_id::RequestId,
    routes::{Action, FileAct, Route},
};
use crate::{
    auth::Keys,
    error::{Error, Fault},
    pipeline::{Answer, Answered, KEY_HEADER, Keyed},
    principal::Principal,
    schema::Verb,
};

/// The header that a key comes in.
const KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// The header that says of an answer that it was given before.
pub(super) const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// Longest key, in characters.
pub(super) const MAX_CHARS: usize = 255;

/// Headers that belong to an answer, and are kept with it.
const KEPT: [HeaderName; 3] = [header::CONTENT_TYPE, header::ETAG, header::LOCATION];

/// Whether a route takes a key.
pub(super) const fn is_taken(action: Action) -> bool {
    matches!(
        action,
        Action::Resource { verb: Verb::Create | Verb::Update | Verb::Delete | Verb::Restore, .. }
            | Action::Oneself { verb: Verb::Update, .. }
            | Action::File { act: FileAct::Delete, .. }
            | Action::Batch
    )
}

/// The key that somebody sent with a request that changes something; what is wrong with it is among the faults.
pub(super) fn key<'a>(
    req: &'a Request,
    route: &Route,
    who: &Principal,
    faults: &mut Vec<Fault>,
) -> Option<(i64, &'a str)> {
    let mut lines = req.headers().get_all(KEY).iter();
    let (line, caller) = (lines.next()?, who.caller()?);
    if [Method::GET, Method::HEAD].contains(req.method()) {
        return None;
    }
    if !is_taken(route.action) {
        let why = "is not taken here, where no answer can be kept in the transaction of the change; leave it out";
        faults.push(Fault::new(KEY_HEADER, "not_taken", why));
        return None;
    }
    let is_visible = |key: &&str| key.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    let key = line.to_str().ok().filter(is_visible).filter(|_| lines.next().is_none());
    match key {
        Some(key) if (1..=MAX_CHARS).contains(&key.len()) => Some((caller.id, key)),
        Some(_) => {
            faults.push(Fault::new(KEY_HEADER, "length", format!("has to have 1 to {MAX_CHARS} characters")));
            None
        }
        None => {
            faults.push(Fault::new(KEY_HEADER, "malformed", "has to be there once, in visible ASCII characters"));
            None
        }
    }
}

/// A request under its key: the same again is what has the same method, path, query, preconditions and body. A body may hold a
/// password, which could be guessed by a plain digest of it.
pub(super) fn keyed(keys: &Keys, req: &Request, (account, key): (i64, &str), body: &[u8]) -> Keyed {
    let (uri, headers) = (req.uri(), req.headers());
    let mut parts = vec![req.method().as_str().as_bytes(), uri.path().as_bytes()];
    parts.push(uri.query().unwrap_or_default().as_bytes());
    for name in [header::IF_MATCH, header::IF_NONE_MATCH, header::IF_UNMODIFIED_SINCE] {
        parts.extend(headers.get_all(name).iter().map(HeaderValue::as_bytes));
        parts.push(b"");
    }
    parts.push(body);
    Keyed { account, key: hex(&Sha256::digest(key.as_bytes())), request: hex(&keys.request_tag(&parts)) }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a `String` cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// An answer as it is kept.
pub(super) fn kept(reply: Reply) -> Result<Answer, Error> {
    let (status, headers, body) = reply.into_parts();
    let is_kept = |(name, _): &&(HeaderName, HeaderValue)| KEPT.contains(name);
    let text =
        |(name, value): &(HeaderName, HeaderValue)| Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()));
    let headers = headers.iter().filter(is_kept).filter_map(text).collect();
    let body = std::str::from_utf8(&body).map_err(|cause| Error::Internal(cause.to_string()))?;
    let body = (!body.is_empty()).then(|| body.to_owned());
    Ok(Answer { status: status.as_u16(), headers, body })
}

/// What an error is answered with, where that is kept: not that the server could not, or that it was too much, nor that
/// whoever asked was not known.
pub(super) fn refused(error: Error, id: &RequestId) -> Result<Answer, Error> {
    let status = problem::status_of(&error);
    if status.is_server_error() || [401, 429].contains(&status.as_u16()) {
        return Err(error);
    }
    kept(problem::reply(&error, id))
}

/// The answer that goes out. What it names of the request, a problem, names the one that it answers.
pub(super) fn reply(answered: Answered, id: &RequestId) -> Reply {
    let Answered { answer: Answer { status, headers, body }, is_replayed } = answered;
    let body = body.unwrap_or_default();
    let is_problem = status >= 400;
    let body = if is_problem && is_replayed { problem::renamed(&body, id) } else { body };
    let mut reply = Reply::kept(status, body);
    for (name, value) in headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            reply = reply.header(name, value);
        }
    }
    if is_replayed { reply.header(REPLAYED, HeaderValue::from_static("true")) } else { reply }
}

#[cfg(test)]
mod tests {
    use salvo::http::HeaderMap;

    use super::*;

    #[test]
    fn parts_are_told_from_each_other() {
        let keys = Keys::new(b"0123456789abcdef0123456789abcdef");
        let digests = [&[&b"ab"[..], b"c"][..], &[b"a", b"bc"], &[b"abc"], &[b"abc", b""], &[]]
            .map(|parts| keys.request_tag(parts));
        for (place, one) in digests.iter().enumerate() {
            assert_eq!(one.len(), 32);
            assert!(digests.iter().skip(place + 1).all(|other| one != other), "{digests:?}");
        }
    }

    #[test]
    fn what_the_server_could_not_do_is_not_kept() {
        let id = RequestId::from_headers(&HeaderMap::new());
        for (error, is_kept) in [
            (Error::NotFound("m".into()), true),
            (Error::Forbidden("m".into()), true),
            (Error::Conflict("m".into()), true),
            (Error::PreconditionFailed("m".into()), true),
            (Error::fault("f", "c", "m"), true),
            (Error::Unauthenticated("m".into()), false),
            (Error::OverLimit { why: "m".into(), retry_after_s: 7 }, false),
            (Error::TooManyRequests { retry_after_s: 7 }, false),
            (Error::Unavailable("m".into()), false),
            (Error::Internal("m".into()), false),
        ] {
            let status = problem::status_of(&error).as_u16();
            assert_eq!(refused(error, &id).ok().map(|answer| answer.status), is_kept.then_some(status));
        }
    }
}
