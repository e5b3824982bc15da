//! How long messages are kept.

use std::time::Duration;

use super::Outbox;
use crate::clock;

/// How long a message is kept, in microseconds: 7 days.
const KEPT_US: i64 = 7 * 24 * 60 * 60 * clock::SECOND_US;

/// How often old messages are looked for.
const EVERY: Duration = Duration::from_hours(1);

/// Messages that are deleted in one unit of the writer, for which others' writes wait.
const STEP: u16 = 500;

/// Deletes messages that are too old, at once and every hour, for as long as the server runs.
pub async fn keep_tidy(outbox: Outbox) {
    loop {
        if let Err(error) = delete_old(&outbox).await {
            tracing::warn!(%error, "old messages were not deleted; they will be in an hour");
        }
        tokio::time::sleep(EVERY).await;
    }
}

/// Deletes messages that are too old now.
///
/// # Errors
/// What the database says.
pub(crate) async fn delete_old(outbox: &Outbox) -> Result<(), crate::error::Error> {
    let before = clock::format_us(clock::now_us().saturating_sub(KEPT_US));
    while outbox.prune(before.clone(), STEP).await? == usize::from(STEP) {
        tokio::task::yield_now().await;
    }
    Ok(())
}
