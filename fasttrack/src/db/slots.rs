//! The slots of a pool: each is the right to have one connection, and the connections that nobody has wait here.
//!
//! How a connection is opened, and what has to be done before it comes back, is the affair of whoever has the pool.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, SemaphorePermit},
    time::timeout,
};

/// Slots for connections of one kind, handed out in the order of asking.
pub(super) struct Slots<C> {
    permits: Arc<Semaphore>,
    /// Last back, first out: few connections stay warm.
    idle: Mutex<Vec<C>>,
    size: u32,
}

/// Why there is no slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NoSlot {
    /// None was free in time.
    TimedOut,
    /// There are none any more.
    Closed,
}

impl<C> Slots<C> {
    /// That many, without a connection yet.
    pub(super) fn new(size: u32) -> Self {
        let permits = Arc::new(Semaphore::new(usize::try_from(size).unwrap_or(1)));
        Self { permits, idle: Mutex::new(Vec::new()), size }
    }

    /// Waits until nobody has a connection.
    pub(super) async fn all(&self) -> Option<SemaphorePermit<'_>> {
        self.permits.acquire_many(self.size).await.ok()
    }

    /// Gives no slot to anybody from now on.
    pub(super) fn close(&self) {
        self.permits.close();
    }

    /// Whether there are none any more.
    pub(super) fn is_closed(&self) -> bool {
        self.permits.is_closed()
    }

    /// Takes a connection back.
    pub(super) fn put(&self, connection: C) {
        if !self.permits.is_closed() {
            self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
        }
    }

    /// Takes a connection that nobody has.
    pub(super) fn take_idle(&self) -> Option<C> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }

    /// Takes a slot, waiting at most `wait` for one to be free.
    ///
    /// # Errors
    /// When none was, or they are closed.
    pub(super) async fn permit(&self, wait: Duration) -> Result<OwnedSemaphorePermit, NoSlot> {
        if let Ok(permit) = Arc::clone(&self.permits).try_acquire_owned() {
            return Ok(permit);
        }
        match timeout(wait, Arc::clone(&self.permits).acquire_owned()).await {
            Ok(Ok(permit)) => Ok(permit),
            Ok(Err(_)) => Err(NoSlot::Closed),
            Err(_) => Err(NoSlot::TimedOut),
        }
    }
}

impl<C> fmt::Debug for Slots<C> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Slots")
            .field("permits", &self.permits)
            .field("size", &self.size)
            .finish_non_exhaustive()
    }
}
