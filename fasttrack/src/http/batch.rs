//! `POST /batch`: many operations in one transaction.
//!
//! Here their shape is looked at, all of it before anything is done: which route each names, that it sends what that takes,
//! and that what it says of earlier answers can be meant. What each does is done by the pipeline, as on its own route.

mod paths;
mod reading;

use salvo::http::StatusCode;
use serde::Serialize;
use serde_json::value::RawValue;

pub(super) use self::{paths::Paths, reading::read};
use super::reply::Reply;
use crate::{error::Error, etag, pipeline::Outcome};

/// Most operations of a batch.
pub(super) const MOST: usize = 100;

/// What came of one operation.
#[derive(Serialize)]
struct Done {
    status: u16,
    body: Box<RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    etag: Option<String>,
}

#[derive(Serialize)]
struct Results {
    results: Vec<Done>,
}

/// The answer to who sent a batch.
///
/// # Errors
/// [`Error::Internal`] when a row is no JSON.
pub(super) fn reply(outcomes: Vec<Outcome>) -> Result<Reply, Error> {
    let results = outcomes.into_iter().map(done).collect::<Result<_, _>>()?;
    let body = serde_json::to_vec(&Results { results }).map_err(|cause| Error::Internal(cause.to_string()))?;
    Ok(Reply::json(StatusCode::OK, body))
}

fn done(outcome: Outcome) -> Result<Done, Error> {
    let (status, row) = match outcome {
        Outcome::Created(row) => (201, Some(row)),
        Outcome::Read(row) => (200, Some(row)),
        Outcome::Changed(changed) if changed.is_seen => (200, Some(changed.json)),
        Outcome::Changed(_) | Outcome::Gone => (204, None),
        Outcome::All(_) => return Err(Error::Internal("a batch held another one".into())),
    };
    let etag = row.as_deref().map(etag::of);
    let row = row.map_or_else(|| Ok("null".to_owned()), String::from_utf8);
    let row = row.map_err(|cause| Error::Internal(cause.to_string()))?;
    let body = RawValue::from_string(row).map_err(|cause| Error::Internal(cause.to_string()))?;
    Ok(Done { status, body, etag })
}
