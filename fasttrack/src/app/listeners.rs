//! Who is told of what a commit has left to be done.

use std::sync::Arc;

use tokio::sync::Notify;

use crate::{
    db::Tx,
    notify::{Broadcast, Hub, Workers},
    outbox::OutboxListener,
    webhooks::Webhooks,
};

/// Whoever waits for commits.
pub(super) struct Listeners {
    pub(super) hub: Arc<Hub>,
    pub(super) workers: Workers,
    pub(super) broadcast: Broadcast,
    pub(super) planned: Arc<Notify>,
    pub(super) webhooks: Webhooks,
    pub(super) unused: Arc<Notify>,
}

impl OutboxListener for Listeners {
    fn announce(&self, tx: &mut Tx, accounts: &[i64]) {
        self.broadcast.announce(tx, accounts);
    }

    fn messages_written(&self, accounts: Vec<i64>) {
        self.hub.messages_written(accounts);
    }

    fn jobs_written(&self) {
        self.workers.jobs_written();
    }

    fn due_written(&self) {
        self.planned.notify_one();
    }

    fn is_posted(&self, event: &str) -> bool {
        self.webhooks.may_be_listened_to(event)
    }

    fn posts_written(&self) {
        self.webhooks.wake();
    }

    fn files_unused(&self) {
        self.unused.notify_one();
    }
}
