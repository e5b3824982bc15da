//! `GET` on the file of a row: its bytes, streamed from where they lie.

use std::io;

use futures_util::stream;
use salvo::http::{HeaderMap, HeaderValue, Method, Request, ResBody, StatusCode, header};

use super::{
    disposition,
    range::{Wanted, content_range},
};
use crate::{
    error::Error,
    etag::{self, Tags},
    files::{
        Key, Reading, Store, StoreError,
        media::{BYTES, MediaKind},
    },
    http::{
        body,
        endpoint::{Endpoint, object},
        forms,
        reply::Reply,
    },
    pipeline::{FileOf, Pipeline},
    principal::Principal,
    types::StoredFile,
    wire::Params,
};

/// A file may be shown by itself, but nothing in it may do anything there.
const POLICY: &str = "sandbox; default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'";

impl Endpoint {
    /// Sends the file of a row.
    ///
    /// # Errors
    /// 401, 403 or 404 as of the row; 404 without a file, 412, 416, 422, 503.
    pub(super) async fn send_file(&self, req: &mut Request, who: &Principal) -> Result<Reply, Error> {
        let of = self.file_of(req, who)?;
        let bytes = body::read(req, &self.site.intake).await?;
        let faults = forms::unknown_parameters(Params::parse(req.uri().query()), "none");
        forms::nothing(object(&bytes, false, faults)?)?;
        let file = find(&self.site.pipeline, of).await?;
        let tag = format!("\"{}\"", file.sha256);
        check_version(req.headers(), &tag)?;
        if etag::matches(lines(req.headers(), &header::IF_NONE_MATCH), &tag) {
            return Ok(common(Reply::without_body(StatusCode::NOT_MODIFIED), tag));
        }
        // Only `GET` has ranges (RFC 9110, section 14.2).
        let is_get = *req.method() == Method::GET;
        let wanted = if is_get { Wanted::read(req.headers(), file.bytes, &tag) } else { Wanted::Whole };
        let (status, part) = match wanted {
            Wanted::Whole => (StatusCode::OK, 0..file.bytes),
            Wanted::Part(part) => (StatusCode::PARTIAL_CONTENT, part),
            Wanted::Beyond => return Err(Error::RangeNotSatisfiable { bytes: file.bytes }),
        };
        let (file, reading) = open(&self.files()?.store, &self.site.pipeline, of, (file, part.clone())).await?;
        let reply = common(Reply::without_body(status), tag)
            .header(header::CONTENT_TYPE, content_type(&file.media_type))
            .header(header::CONTENT_LENGTH, HeaderValue::from(part.end.saturating_sub(part.start)))
            .header(header::CONTENT_DISPOSITION, disposition::answered(&file.name, &file.media_type))
            .header(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
        let reply = match status {
            StatusCode::PARTIAL_CONTENT => reply.header(header::CONTENT_RANGE, content_range(Some(&part), file.bytes)),
            _ => reply,
        };
        Ok(reply.streamed(streamed(reading)))
    }
}

async fn find(pipeline: &Pipeline, of: FileOf<'_>) -> Result<StoredFile, Error> {
    let nothing = || Error::NotFound(format!("there is no {}", of.column.name.replace('_', " ")).into());
    pipeline.file(of).await?.ok_or_else(nothing)
}

/// Opens what the row has. Where that is not there any more, the row may have another file by now.
async fn open(
    store: &Store,
    pipeline: &Pipeline,
    of: FileOf<'_>,
    (file, part): (StoredFile, std::ops::Range<u64>),
) -> Result<(StoredFile, Reading), Error> {
    let key = |file: &StoredFile| Key::parse(&file.key).ok_or(StoreError::Missing);
    let first = match key(&file) {
        Ok(key) => store.read(&key, file.bytes, part.clone()).await,
        Err(error) => Err(error),
    };
    match first {
        Ok(reading) => return Ok((file, reading)),
        Err(StoreError::Missing) => {}
        Err(error) => return Err(error.into()),
    }
    let now = find(pipeline, of).await?;
    if now.key == file.key {
        tracing::error!(key = file.key, "the bytes of a file are not where they should be");
        return Err(StoreError::Missing.into());
    }
    // What was said of the other one does not hold of this one: who asked asks again.
    Err(Error::Unavailable("the file was replaced just now; ask once more".into()))
}

fn check_version(headers: &HeaderMap, tag: &str) -> Result<(), Error> {
    let is_named = |line: &[u8]| line.trim_ascii() == b"*" || Tags(line).flatten().any(|named| named.is_strongly(tag));
    if headers.contains_key(header::IF_MATCH) && !lines(headers, &header::IF_MATCH).any(is_named) {
        return Err(Error::PreconditionFailed("the file is not the one that `If-Match` names".into()));
    }
    Ok(())
}

/// What every answer about a file says: that it is for this client alone, and to be asked for each time.
fn common(reply: Reply, tag: String) -> Reply {
    reply
        .tagged(tag)
        .header(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"))
        .header(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"))
}

fn content_type(media_type: &str) -> HeaderValue {
    let (name, charset) = MediaKind::find(media_type).unwrap_or(&BYTES).content_type();
    HeaderValue::try_from(format!("{name}{charset}")).unwrap_or_else(|_| HeaderValue::from_static(BYTES.name))
}

fn lines<'a>(headers: &'a HeaderMap, name: &header::HeaderName) -> impl Iterator<Item = &'a [u8]> + use<'a> {
    headers.get_all(name).iter().map(HeaderValue::as_bytes)
}

fn streamed(reading: Reading) -> ResBody {
    ResBody::stream(stream::unfold(reading, |mut reading| async move {
        match reading.next().await {
            Ok(piece) => piece.map(|piece| (Ok(piece), reading)),
            Err(error) => {
                tracing::error!(%error, "a file was not sent to its end");
                Some((Err(io::Error::other("the file cannot be read")), reading))
            }
        }
    }))
}
