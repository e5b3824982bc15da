//! `PUT`, `GET` and `DELETE` on the file of a row.
//!
//! Who may is asked as of the row: `update` of whoever sends or deletes one, `read` of whoever wants it, each time.

mod disposition;
mod range;
mod send;
mod take;

use std::{sync::Arc, time::Duration};

use salvo::http::Request;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{
    Site,
    endpoint::Endpoint,
    ids::path_id,
    reply::Reply,
    routes::{Action, FileAct},
};
use crate::{
    error::Error,
    files::Store,
    pipeline::{FileOf, Target},
    principal::Principal,
};

/// Files that are received at a time. Each has some memory meanwhile.
const MOST: usize = 256;

/// How long one more waits for its turn.
const TURN_LIMIT: Duration = Duration::from_secs(2);

/// What routes of files stand on.
#[derive(Debug, Clone)]
pub(super) struct Files {
    store: Store,
    turns: Arc<Semaphore>,
}

impl Files {
    pub(super) fn new(store: Store) -> Self {
        Self { store, turns: Arc::new(Semaphore::new(MOST)) }
    }

    /// Waits until another file can be received.
    async fn turn(&self) -> Result<OwnedSemaphorePermit, Error> {
        let turn = tokio::time::timeout(TURN_LIMIT, Arc::clone(&self.turns).acquire_owned()).await;
        turn.ok()
            .and_then(Result::ok)
            .ok_or_else(|| Error::Unavailable("too many files are being sent just now; try again".into()))
    }
}

impl Endpoint {
    /// The answer to who sends a file, or wants one; `None` where the route is about something else.
    pub(super) async fn exchange_file(&self, req: &mut Request, who: &Principal) -> Option<Result<Reply, Error>> {
        match self.route.action {
            Action::File { act: FileAct::Put, .. } => Some(Box::pin(self.take_file(req, who)).await),
            Action::File { act: FileAct::Get, .. } => Some(Box::pin(self.send_file(req, who)).await),
            _ => None,
        }
    }

    /// The file that a request is about.
    fn file_of<'a>(&self, req: &Request, who: &'a Principal) -> Result<FileOf<'a>, Error> {
        file_of(&self.site, self.route.action, path_id(req)?, who)
    }

    fn files(&self) -> Result<&Files, Error> {
        self.site.files.as_ref().ok_or_else(|| Error::Internal("there is no place for files".into()))
    }
}

/// The file that a route is about, of the row with this id. Whose own account it is has it as his own, by whichever of its two
/// paths: so the address that is shown is good for whoever is shown it.
pub(super) fn file_of<'a>(
    site: &Site,
    action: Action,
    id: Option<i64>,
    who: &'a Principal,
) -> Result<FileOf<'a>, Error> {
    let nowhere = || Error::Internal("a route was taken for that of a file".into());
    let Action::File { model, column, .. } = action else { return Err(nowhere()) };
    let schema = site.catalog.get(model).ok_or_else(nowhere)?.schema;
    let column = schema.columns.get(column).ok_or_else(nowhere)?;
    let own = who.caller().filter(|_| schema.account).map(|caller| caller.id);
    let target = match id {
        Some(id) if own != Some(id) => Target::Id(id),
        _ => Target::Oneself,
    };
    Ok(FileOf { resource: model, target, column, who })
}
