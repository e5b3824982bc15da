//! How what was written to the outbox becomes known to whoever delivers it.

use crate::db::Tx;

/// Whoever delivers what the outbox holds. Unless it is said otherwise, it is called after the commit, or when there may
/// have been one: it goes and looks. It must not block.
pub trait OutboxListener: Send + Sync {
    /// There will be new messages for these accounts once `tx` is committed, and other nodes are to hear of it.
    fn announce(&self, tx: &mut Tx, accounts: &[i64]) {
        let _ = (tx, accounts);
    }

    /// There are new messages for these accounts.
    fn messages_written(&self, accounts: Vec<i64>);

    /// There are new jobs.
    fn jobs_written(&self);

    /// There is something more that will be due.
    fn due_written(&self) {}

    /// Whether receivers of webhooks may listen to this event; asked in the transaction of a change, so that it must not
    /// wait for anything.
    fn is_posted(&self, event: &str) -> bool {
        let _ = event;
        false
    }

    /// There is something more to be posted.
    fn posts_written(&self) {}
    /// There are files that no row has any more.
    fn files_unused(&self) {}
}

/// Nobody delivers.
#[derive(Debug, Clone, Copy)]
pub struct NoListener;

impl OutboxListener for NoListener {
    fn messages_written(&self, _: Vec<i64>) {}

    fn jobs_written(&self) {}
}
