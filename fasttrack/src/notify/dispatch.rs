//! From the outbox to the hub: the one task that reads for all connected accounts.

use std::{sync::Arc, time::Duration};

use super::{Hub, Outbox};

/// Accounts that share a statement.
const BATCH: usize = 100;

/// Pause after a reading that failed.
const PAUSE: Duration = Duration::from_millis(250);

/// Delivers what is told, for as long as the server runs. What could not be read is read later; nobody is told less for it.
pub async fn dispatch(hub: Arc<Hub>, outbox: Outbox) {
    loop {
        hub.pending_added().await;
        loop {
            let seen = hub.take_pending(BATCH);
            if seen.is_empty() {
                break;
            }
            match outbox.deliveries(&seen).await {
                Ok(found) => found.iter().for_each(|delivery| hub.deliver(delivery)),
                Err(error) => {
                    tracing::warn!(%error, "messages were not read; they will be");
                    hub.put_back(seen.iter().map(|(account, _)| *account));
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
    }
}
