//! Conditional requests (RFC 9110, section 13): the headers of one, and the answer to who reads a row.
//!
//! What a row is asked that is changed is asked by the pipeline, in the transaction of the change.

use salvo::http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode, header};

use super::{grammar, reply::Reply};
use crate::{
    error::{Error, Fault},
    etag,
    pipeline::Found,
    precondition::{Preconditions, Shown},
};

/// What the headers of a request ask of the row that it is about, and what is wrong with them. Whoever reads is told with
/// `If-None-Match` whether he has the row already, and not here.
pub(super) fn read(req: &Request, faults: &mut Vec<Fault>) -> Preconditions {
    let (headers, mut asked) = (req.headers(), Preconditions::default());
    if headers.contains_key(header::IF_MATCH) {
        faults.extend(asked.if_match(lines(headers, &header::IF_MATCH)).err());
    }
    if headers.contains_key(header::IF_NONE_MATCH) && ![Method::GET, Method::HEAD].contains(req.method()) {
        faults.extend(asked.if_none_match(lines(headers, &header::IF_NONE_MATCH)).err());
    }
    if let Some(date) = grammar::single(headers, &header::IF_UNMODIFIED_SINCE) {
        asked.if_unmodified_since(date);
    }
    asked
}

/// What is wrong with a request that asks something of a version where there is none.
pub(super) fn refused(req: &Request) -> Option<Fault> {
    let why =
        "is not taken here: there is no row yet whose version it could be; in a batch an operation has `if_match`";
    req.headers().contains_key(header::IF_MATCH).then(|| Fault::new("If-Match", "not_taken", why))
}

/// The answer to who reads a row: 304 where he has it already, as far as that can be told.
///
/// The tag is that of the plain representation, whatever is shown of it: so it can be sent back as `If-Match`. It does not
/// tell of rows of others inside, so that what holds some is sent each time.
///
/// # Errors
/// [`Error::PreconditionFailed`].
pub(super) fn reply(
    headers: &HeaderMap,
    asked: &Preconditions,
    updated_at: Option<&'static str>,
    found: Found,
) -> Result<Reply, Error> {
    let Found { plain, shown, holds_others } = found;
    if !asked.is_empty() {
        asked.check(Some(Shown { json: &plain, updated_at }))?;
    }
    let tag = etag::of(&plain);
    let is_known = !holds_others && etag::matches(lines(headers, &header::IF_NONE_MATCH), &tag);
    let reply = if is_known {
        Reply::without_body(StatusCode::NOT_MODIFIED)
    } else {
        Reply::json(StatusCode::OK, shown.unwrap_or(plain))
    };
    Ok(reply.tagged(tag))
}

fn lines<'a>(headers: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'a [u8]> + use<'a> {
    headers.get_all(name).iter().map(HeaderValue::as_bytes)
}
