//! The slots of a pool: each is the right to have one connection, and those that nobody has wait here.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use rbdc::Error as DriverError;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, SemaphorePermit},
    time::timeout,
};

use super::{connection::SingleConnection, error::CLOSED};

/// What may commit on the connections of a pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CommitPolicy {
    /// Whatever does.
    Any,
    /// The word `COMMIT` alone, and nothing by the way: a statement that has lost its transaction is undone.
    Explicit,
}

/// The slots of a pool.
pub(super) struct Slots {
    /// A permit is the right to have a connection.
    permits: Arc<Semaphore>,
    /// Last back, first out: few connections stay warm.
    idle: Mutex<Vec<SingleConnection>>,
    size: u32,
    /// How long a connection that came back in the middle of something has to become idle, before it is given up.
    patience: Duration,
    commits: CommitPolicy,
}

impl std::fmt::Debug for Slots {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Slots")
            .field("permits", &self.permits)
            .field("size", &self.size)
            .finish_non_exhaustive()
    }
}

impl Slots {
    /// That many, without a connection yet.
    pub(super) fn new(size: u32, patience: Duration, commits: CommitPolicy) -> Self {
        let permits = Arc::new(Semaphore::new(usize::try_from(size).unwrap_or(1)));
        Self { permits, idle: Mutex::new(Vec::new()), size, patience, commits }
    }

    /// Waits until nobody has a connection.
    pub(super) async fn all(&self) -> Option<SemaphorePermit<'_>> {
        self.permits.acquire_many(self.size).await.ok()
    }

    /// Gives no slot to anybody from now on.
    pub(super) fn close(&self) {
        self.permits.close();
    }

    /// How long a connection may take to become idle again.
    pub(super) fn patience(&self) -> Duration {
        self.patience
    }

    /// What may commit.
    pub(super) fn commits(&self) -> CommitPolicy {
        self.commits
    }

    /// Takes a connection back.
    pub(super) fn put(&self, connection: SingleConnection) {
        if !self.permits.is_closed() {
            self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
        }
    }

    /// Takes a connection that nobody has.
    pub(super) fn take_idle(&self) -> Option<SingleConnection> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }

    /// Takes a slot, waiting at most `wait` for one to be free.
    ///
    /// # Errors
    /// When none was, or they are closed.
    pub(super) async fn permit(&self, wait: Duration) -> Result<OwnedSemaphorePermit, DriverError> {
        if let Ok(permit) = Arc::clone(&self.permits).try_acquire_owned() {
            return Ok(permit);
        }
        match timeout(wait, Arc::clone(&self.permits).acquire_owned()).await {
            Ok(Ok(permit)) => Ok(permit),
            Ok(Err(_)) => Err(DriverError::from(CLOSED)),
            Err(_) => Err(DriverError::from("get_timeout: every connection is in use")),
        }
    }
}
