//! Lists that are streamed: the whole of one, from one instant, as CSV or as lines of JSON.
//!
//! A task reads and writes ahead of the client by a bounded number of rows, and no further; it holds a snapshot of the
//! database, so it ends by itself. What it has not come to the end of is never taken for whole: a body whose last piece is
//! missing aborts its connection. `form` says what is wanted, `course` goes through the list, `lines` and `table` write it,
//! `producer` is the task.

mod course;
mod form;
mod lines;
mod outcome;
mod places;
mod producer;
mod table;

use std::{
    io,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use bytes::Bytes;
use futures_util::stream;
use salvo::{
    conn::ConnCtrl,
    http::{HeaderValue, Method, Request, ResBody, Version, header},
};
use tokio::sync::{mpsc, oneshot};
use tracing::{Instrument, Span};

use self::{
    course::{Course, Listed},
    producer::{Piece, Producer},
};
pub(super) use self::{form::Form, outcome::Outcome, places::Places};
use super::{Site, reply::Reply, request_id::RequestId, routes::Action};
use crate::{
    db::{Asker, Meter},
    error::Error,
    principal::Principal,
    wire::Params,
};

/// What is asked for.
pub(super) struct Asked {
    pub(super) action: Action,
    /// The id in the path.
    pub(super) id: Option<i64>,
    pub(super) form: Form,
    pub(super) who: Principal,
    /// On whose account.
    pub(super) asker: Asker,
    pub(super) params: Params,
}

/// What comes of a list that is being streamed, for the log: an extension of its request.
#[derive(Clone)]
pub(super) struct Streaming(Arc<Mutex<Option<oneshot::Receiver<Outcome>>>>);

impl Streaming {
    /// Waits until it has ended; to be asked once.
    pub(super) async fn ended(self) -> Option<Outcome> {
        let outcome = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        outcome?.await.ok()
    }
}

/// Begins to stream a list; its first rows have been read when this answers. `HEAD` has it looked for, and not read.
///
/// # Errors
/// As of a page of it; 426 over HTTP/1.0, where the end of a body is that of its connection; 429 and 503 when too many are
/// being streamed.
pub(super) async fn answer(site: &Arc<Site>, req: &mut Request, asked: Asked) -> Result<Reply, Error> {
    let listed = Listed { action: asked.action, id: asked.id };
    let name = format!("attachment; filename=\"{}.{}\"", listed.name(site), asked.form.extension());
    let reply = Reply::of(asked.form.content_type(), Bytes::new());
    let reply = match HeaderValue::try_from(name) {
        Ok(name) => reply.header(header::CONTENT_DISPOSITION, name),
        Err(_) => reply,
    };
    if *req.method() == Method::HEAD {
        Course::new(site, listed, &asked.who, asked.params)?.check_is_open().await?;
        // Of unknown length, as that of `GET`.
        return Ok(reply.streamed(ResBody::stream(stream::empty::<Result<Bytes, io::Error>>())));
    }
    if req.version() < Version::HTTP_11 {
        return Err(Error::HttpTooOld);
    }
    if site.stop.is_ordered() {
        return Err(Error::Unavailable("the server is stopping".into()));
    }
    begin(site, req, listed, asked).await.map(|body| reply.streamed(body))
}

async fn begin(site: &Arc<Site>, req: &mut Request, listed: Listed, asked: Asked) -> Result<ResBody, Error> {
    let Asked { form, who, asker, params, .. } = asked;
    let place = site.streams.take(asker)?;
    // One that is cut off is ended at once; others may share a connection of HTTP/2.
    let connection = req.extensions().get::<ConnCtrl>().filter(|_| req.version() == Version::HTTP_11).cloned();
    let (pieces, mut received) = mpsc::channel(1);
    let is_whole = Arc::new(AtomicBool::new(false));
    let producer = Producer {
        site: Arc::clone(site),
        listed,
        form,
        who,
        connection,
        pieces,
        is_whole: Arc::clone(&is_whole),
        request_id: RequestId::of(req),
    };
    let (told, outcome) = oneshot::channel();
    let work = async move {
        let outcome = producer.run(params, place).await;
        told.send(outcome).ok();
    };
    let meter = Meter::here().unwrap_or_default();
    tokio::spawn(async move { meter.watch(work).await }.instrument(Span::current()));
    let first = match received.recv().await {
        Some(first) => first?,
        None => return Err(Error::Internal("a list that was to be streamed has ended without a word".into())),
    };
    req.extensions_mut().insert(Streaming(Arc::new(Mutex::new(Some(outcome)))));
    Ok(body(first, received, is_whole))
}

/// The pieces as a body, which fails where the last one does not come.
fn body(first: Piece, received: mpsc::Receiver<Result<Piece, Error>>, is_whole: Arc<AtomicBool>) -> ResBody {
    ResBody::stream(stream::unfold((Some(first), received), move |(first, mut received)| {
        let is_whole = Arc::clone(&is_whole);
        async move {
            let piece = match first {
                Some(first) => Some(Ok(first)),
                None => received.recv().await,
            };
            match piece {
                Some(Ok(Piece::Last(place))) => {
                    drop(place);
                    is_whole.store(true, Ordering::Release);
                    None
                }
                Some(Ok(Piece::Rows(bytes))) => Some((Ok(bytes), (None, received))),
                Some(Err(_)) | None => Some((Err(io::Error::other("the list was cut off")), (None, received))),
            }
        }
    }))
}
