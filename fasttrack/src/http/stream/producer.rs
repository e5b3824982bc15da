//! The task that reads a list and hands its pieces over, until it comes to the end of it or of its time.

use std::{
    future::pending,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use salvo::conn::ConnCtrl;
use tokio::{
    sync::mpsc,
    time::{Instant, sleep, sleep_until},
};

use super::{
    super::{Site, request_id::RequestId},
    course::{Course, Listed},
    form::Form,
    lines::Lines,
    outcome::{Ending, Outcome},
    places::Place,
};
use crate::{auth::Auth, error::Error, principal::Principal, wire::Params};

/// How often it is asked whether the caller may still be served.
const RECHECK_EVERY: Duration = Duration::from_secs(1);

/// How long that may stay unknown, as while the database is busy.
const UNKNOWN_LIMIT: Duration = Duration::from_secs(5);

/// How long what is under way when the server is told to stop has to come to its end.
const GRACE: Duration = Duration::from_secs(2);

/// A piece of a body.
#[derive(Debug)]
pub(super) enum Piece {
    /// Some of it.
    Rows(Bytes),
    /// There is no more: without it a body is not whole. The place is free before the client can know.
    Last(Place),
}

/// What streams one list.
pub(super) struct Producer {
    pub(super) site: Arc<Site>,
    pub(super) listed: Listed,
    pub(super) form: Form,
    pub(super) who: Principal,
    /// The client's, where it has no other requests on it.
    pub(super) connection: Option<ConnCtrl>,
    /// The client: it has one piece on its way, and one waits.
    pub(super) pieces: mpsc::Sender<Result<Piece, Error>>,
    /// Whether the last piece has reached the client's connection.
    pub(super) is_whole: Arc<AtomicBool>,
    pub(super) request_id: RequestId,
}

/// What was handed over so far.
#[derive(Debug, Default)]
struct Tally {
    rows: u64,
    bytes: u64,
}

/// Why a list was not handed over whole.
enum Broken {
    Gone,
    Failed(Error),
}

impl Producer {
    /// Streams the list, and says what came of it.
    pub(super) async fn run(self, params: Params, place: Place) -> Outcome {
        let ends_at = place.ends_at();
        let mut tally = Tally::default();
        let sent = tokio::select! {
            biased;
            () = self.pieces.closed() => Ok(Err(Broken::Gone)),
            () = sleep_until(ends_at) => Err(Ending::TimeLimit),
            () = self.stopped() => Err(Ending::Stopped),
            () = revoked(&self.site.auth, &self.who) => Err(Ending::Revoked),
            sent = self.send(params, place, &mut tally) => Ok(sent),
        };
        let (ending, error) = match sent {
            _ if self.is_whole.load(Ordering::Acquire) => (Ending::Whole, None),
            Ok(Ok(()) | Err(Broken::Gone)) => (Ending::ClientGone, None),
            Ok(Err(Broken::Failed(error))) => (Ending::Failed, Some(error)),
            Err(ending) => (ending, None),
        };
        let outcome = Outcome { ending, rows: tally.rows, bytes: tally.bytes };
        self.site.streams.count(&outcome);
        if !matches!(ending, Ending::Whole | Ending::ClientGone) {
            self.cut_off(error.unwrap_or_else(|| ending.into_error()), &tally);
        }
        outcome
    }

    /// Tells the client, by an answer where it has none yet, and by the end of its connection where it has part of one.
    fn cut_off(&self, error: Error, tally: &Tally) {
        let has_begun = tally.bytes > 0;
        if has_begun {
            tracing::warn!(request_id = self.request_id.as_str(), %error, "a list was not streamed to its end");
        }
        // One that waits already is enough: what comes behind it is missing.
        self.pieces.try_send(Err(error)).ok();
        if let Some(connection) = self.connection.as_ref().filter(|_| has_begun) {
            connection.abort();
        }
    }

    async fn send(&self, params: Params, place: Place, tally: &mut Tally) -> Result<(), Broken> {
        let mut course = Course::new(&self.site, self.listed, &self.who, params)?;
        let lines = Lines::of(self.form, || course.headings());
        let mut bytes = lines.head();
        let mut snapshot = self.site.db.snapshot().await.map_err(Error::from)?;
        while !course.is_done() {
            let rows = course.next(&mut snapshot).await?;
            bytes.append(&mut lines.write(&rows)?);
            if bytes.is_empty() {
                continue;
            }
            let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
            self.hand_over(Piece::Rows(std::mem::take(&mut bytes).into())).await?;
            tally.bytes += length;
            tally.rows += u64::try_from(rows.len()).unwrap_or(u64::MAX);
        }
        // The rest is the client's affair; nothing is held for it any longer.
        drop(snapshot);
        self.hand_over(Piece::Last(place)).await?;
        self.pieces.closed().await;
        Ok(())
    }

    async fn hand_over(&self, piece: Piece) -> Result<(), Broken> {
        self.pieces.send(Ok(piece)).await.map_err(|_| Broken::Gone)
    }

    async fn stopped(&self) {
        self.site.stop.ordered().await;
        sleep(GRACE).await;
    }
}

impl From<Error> for Broken {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

/// Waits until the caller would not be let in any more, or as another one than he was.
async fn revoked(auth: &Auth, who: &Principal) {
    let Some(caller) = who.caller() else { return pending().await };
    let mut known_at = Instant::now();
    loop {
        sleep(RECHECK_EVERY).await;
        match auth.recheck(caller).await {
            Ok(now) if now.role == caller.role => known_at = Instant::now(),
            Err(Error::Unavailable(_)) if known_at.elapsed() < UNKNOWN_LIMIT => {}
            Ok(_) | Err(_) => return,
        }
    }
}
