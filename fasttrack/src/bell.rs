//! How the write of an outbox row becomes known to whoever delivers it.

/// Whoever delivers what the outbox holds. Called after the commit, or when there may have been one: it goes and looks. It
/// must not block.
pub trait Bell: Send + Sync {
    /// There are new messages for these accounts.
    fn told(&self, accounts: Vec<i64>);

    /// There are new jobs.
    fn queued(&self);
}

/// Nobody delivers.
#[derive(Debug, Clone, Copy)]
pub struct Silent;

impl Bell for Silent {
    fn told(&self, _: Vec<i64>) {}

    fn queued(&self) {}
}
