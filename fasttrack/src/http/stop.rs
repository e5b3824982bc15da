//! The order to stop, as whoever has to take leave hears of it.

use std::sync::Arc;

use tokio::sync::watch;

/// Whether the order was given. A clone is the same order.
#[derive(Debug, Clone)]
pub(crate) struct Stop(Arc<watch::Sender<bool>>);

impl Stop {
    /// Not given so far.
    pub(crate) fn new() -> Self {
        Self(Arc::new(watch::Sender::new(false)))
    }

    /// Gives it.
    pub(crate) fn order(&self) {
        self.0.send_replace(true);
    }

    pub(super) fn is_ordered(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits until it is given.
    pub(super) async fn ordered(&self) {
        // The sender is here, so that there is no error.
        let _ = self.0.subscribe().wait_for(|&is_ordered| is_ordered).await;
    }
}
