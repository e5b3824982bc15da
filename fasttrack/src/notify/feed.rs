//! What a socket is told, in order and without a gap: first what it missed, from the outbox; then what the hub hands on.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use bytes::Bytes;
use tokio::{
    sync::mpsc,
    task::{JoinError, JoinHandle},
};

use super::{Messages, Page, Subscription};

/// Messages that are read at once, and held until the client has taken them.
const PAGE: u16 = 64;

/// Pause after a reading that failed.
const PAUSE: Duration = Duration::from_millis(500);

/// The messages of one socket.
pub(super) struct Feed {
    messages: Arc<dyn Messages>,
    /// The number up to which everything was read.
    at: i64,
    /// Whether nothing was left to read when the outbox was last asked.
    is_caught_up: bool,
    has_gap: bool,
    /// The newest number of which the client knows that it is no longer kept.
    pruned: i64,
    page: VecDeque<Bytes>,
    /// A task of its own: a reading that nobody polls, while its client does not read, would keep its place at the
    /// database, and everybody else from it.
    reading: Option<Reading>,
    live: Option<mpsc::Receiver<Bytes>>,
}

/// What comes next.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Fed {
    /// A message.
    Message(Bytes),
    /// Messages are missing here: they are kept no longer.
    Gap,
    /// Nothing any more: the hub has cut the socket off.
    Cut,
}

impl Feed {
    /// The messages after the number `at`; `is_newest` when that was the newest one.
    pub(super) fn new(messages: Arc<dyn Messages>, at: i64, is_newest: bool) -> Self {
        Self {
            messages,
            at,
            is_caught_up: is_newest,
            has_gap: false,
            pruned: at,
            page: VecDeque::new(),
            reading: None,
            live: None,
        }
    }

    /// Waits for what comes next. Can be given up at any time without a loss.
    pub(super) async fn next(&mut self, subscription: &Subscription) -> Fed {
        loop {
            if std::mem::take(&mut self.has_gap) {
                return Fed::Gap;
            }
            if let Some(message) = self.page.pop_front() {
                return Fed::Message(message);
            }
            if let Some(live) = &mut self.live {
                self.page = VecDeque::new();
                return live.recv().await.map_or(Fed::Cut, Fed::Message);
            }
            if self.is_caught_up {
                self.live = subscription.join(self.at);
                self.is_caught_up = false;
                continue;
            }
            let (messages, account, at) = (&self.messages, subscription.account(), self.at);
            let reading = self.reading.get_or_insert_with(|| Reading::begin(Arc::clone(messages), account, at));
            let page = (&mut reading.0).await;
            self.reading = None;
            match page {
                Ok(page) => self.take(page, subscription),
                Err(error) => note_loss(&error, account),
            }
        }
    }

    /// Reads nothing any more.
    pub(super) fn stop(&mut self) {
        self.reading = None;
        self.page = VecDeque::new();
    }

    /// Goes live as soon as a page is the last one, before its messages are sent: a client that reads slowly would
    /// otherwise find that there is more each time.
    fn take(&mut self, page: Page, subscription: &Subscription) {
        self.has_gap = page.pruned > self.at.max(self.pruned);
        self.pruned = page.pruned;
        let newest_here = page.messages.last().map_or(self.at, |(number, _)| *number);
        self.at = if page.is_full { newest_here } else { newest_here.max(page.last) };
        self.page.extend(page.messages.into_iter().map(|(_, message)| message));
        if !page.is_full {
            self.live = subscription.join(self.at);
        }
    }
}

/// A page that is being read; given up when it is dropped.
struct Reading(JoinHandle<Page>);

impl Reading {
    fn begin(messages: Arc<dyn Messages>, account: i64, at: i64) -> Self {
        Self(tokio::spawn(read(messages, account, at)))
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Reads a page, sooner or later.
async fn read(messages: Arc<dyn Messages>, account: i64, at: i64) -> Page {
    loop {
        match messages.after(account, at, PAGE).await {
            Ok(page) => return page,
            Err(error) => tracing::debug!(%error, account, "missed messages were not read; they will be"),
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// A task that ended without a page leaves the position where it was: the page is read anew.
fn note_loss(error: &JoinError, account: i64) {
    tracing::warn!(%error, account, "a page of missed messages was lost; it is read again");
}
