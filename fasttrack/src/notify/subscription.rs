//! A socket's place in the hub, and how it is called.

use std::sync::{
    Arc,
    atomic::{AtomicU8, Ordering},
};

use bytes::Bytes;
use tokio::sync::{Notify, mpsc};

use super::Hub;

/// The place of one socket; given up when it is dropped.
pub struct Subscription {
    hub: Arc<Hub>,
    account: i64,
    id: u64,
    signals: Arc<Signals>,
}

/// What a socket is called for.
#[derive(Debug, Default)]
pub(super) struct Signals {
    raised: AtomicU8,
    notify: Notify,
}

/// Calls that came since the last time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Raised(u8);

impl Raised {
    /// The session may have ended, or the account changed.
    pub(super) const RECHECK: Self = Self(1);
    /// More messages wait than may.
    pub(super) const SLOW: Self = Self(2);
    /// The server stops.
    pub(super) const STOP: Self = Self(4);

    /// Whether `other` is among them.
    pub(super) const fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

impl Signals {
    pub(super) fn raise(&self, what: Raised) {
        self.raised.fetch_or(what.0, Ordering::AcqRel);
        self.notify.notify_one();
    }

    /// Waits until there is at least one.
    pub(super) async fn raised(&self) -> Raised {
        loop {
            match self.raised.swap(0, Ordering::AcqRel) {
                0 => self.notify.notified().await,
                raised => return Raised(raised),
            }
        }
    }
}

impl Subscription {
    pub(super) fn new(hub: Arc<Hub>, account: i64, id: u64, signals: Arc<Signals>) -> Self {
        Self { hub, account, id, signals }
    }

    /// Whose it is.
    #[must_use]
    pub const fn account(&self) -> i64 {
        self.account
    }

    pub(super) fn hub(&self) -> &Hub {
        &self.hub
    }

    pub(super) fn signals(&self) -> &Signals {
        &self.signals
    }

    /// From now on hears what comes after the number `after`; unless the hub has told others more than that already, and
    /// the socket has to read on by itself first.
    pub(super) fn join(&self, after: i64) -> Option<mpsc::Receiver<Bytes>> {
        self.hub.join(self.account, self.id, after)
    }

    /// Hears no more.
    pub(super) fn leave(&self) {
        self.hub.leave(self.account, self.id);
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.hub.free(self.account, self.id);
    }
}
