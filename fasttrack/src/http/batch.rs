//! `POST /batch`: many operations in one transaction.
//!
//! Here their shape is looked at, all of it before anything is done: which route each names, that it sends what that takes,
//! and that what it says of earlier answers can be meant. What each does is done by the pipeline, as on its own route.

mod paths;
mod reading;

use salvo::http::StatusCode;

pub(super) use self::{paths::Paths, reading::read};
use super::reply::Reply;
use crate::{error::Error, etag, pipeline::Outcome};

/// Most operations of a batch.
pub(super) const MOST: usize = 100;

/// The answer to who sent a batch.
///
/// # Errors
/// [`Error::Internal`] when what came of an operation is no row.
pub(super) fn reply(outcomes: Vec<Outcome>) -> Result<Reply, Error> {
    let mut body = br#"{"results":["#.to_vec();
    for (place, outcome) in outcomes.into_iter().enumerate() {
        if place > 0 {
            body.push(b',');
        }
        write(&mut body, outcome)?;
    }
    body.extend_from_slice(b"]}");
    Ok(Reply::json(StatusCode::OK, body))
}

/// Writes what came of one operation. A row is JSON that the database has made, and goes as it is.
fn write(body: &mut Vec<u8>, outcome: Outcome) -> Result<(), Error> {
    let (status, row) = match outcome {
        Outcome::Created(row) => ("201", Some(row)),
        Outcome::Read(row) => ("200", Some(row)),
        Outcome::Changed(changed) if changed.is_seen => ("200", Some(changed.json)),
        Outcome::Changed(_) | Outcome::Gone => ("204", None),
        Outcome::All(_) => return Err(Error::Internal("a batch held another one".into())),
    };
    for part in [r#"{"status":"#, status, r#","body":"#] {
        body.extend_from_slice(part.as_bytes());
    }
    body.extend_from_slice(row.as_deref().unwrap_or(b"null"));
    if let Some(row) = row {
        body.extend_from_slice(br#","etag":"#);
        serde_json::to_writer(&mut *body, &etag::of(&row)).map_err(|cause| Error::Internal(cause.to_string()))?;
    }
    body.push(b'}');
    Ok(())
}
