//! How long messages are kept, and what was deleted.

use std::{sync::Arc, time::Duration};

use super::Outbox;
use crate::{
    clock::{self, Steps},
    error::Error,
    pipeline::Pipeline,
    webhooks::Webhooks,
};

/// How long a message is kept, in microseconds: 7 days.
const KEPT_US: i64 = 7 * 24 * 60 * 60 * clock::SECOND_US;

/// How often old messages are looked for.
const EVERY: Duration = Duration::from_hours(1);

/// How far the clock may be set forward without anybody asking, in microseconds: an hour, as where it was set by hand.
const LEAP_US: i64 = 60 * 60 * clock::SECOND_US;

/// Messages that are deleted in one unit of the writer, for which others' writes wait.
const STEP: u16 = 500;

/// Deletes messages that are too old, rows that were deleted and have been kept long enough, and answers likewise, at once
/// and every hour, for as long as the server runs. Where the clock was set forward in between, it waits another hour: somebody may have been mistaken, and what is deleted does not come back.
pub async fn keep_tidy(outbox: Outbox, pipeline: Arc<Pipeline>, webhooks: Webhooks) {
    let mut steps = Steps::begin();
    let delete = || {
        let (outbox, pipeline, webhooks) = (outbox.clone(), Arc::clone(&pipeline), webhooks.clone());
        async move {
            delete_old(&outbox).await?;
            webhooks.forget_old().await?;
            pipeline.erase_old().await?;
            pipeline.forget_answers().await
        }
    };
    tidy_up(|| steps.take_us(), delete).await;
}

/// Deletes every hour, unless `step_us` says that the clock was set forward since.
async fn tidy_up<Deletion: Future<Output = Result<(), Error>>>(
    mut step_us: impl FnMut() -> i64,
    mut delete: impl FnMut() -> Deletion,
) {
    loop {
        if step_us() > LEAP_US {
            tracing::warn!("the clock was set forward; what is old is kept for another hour, should it be set back");
        } else if let Err(error) = delete().await {
            tracing::warn!(%error, "what is old was not deleted; it will be in an hour");
        }
        tokio::time::sleep(EVERY).await;
    }
}

/// Deletes messages that are too old now.
///
/// # Errors
/// What the database says.
pub(crate) async fn delete_old(outbox: &Outbox) -> Result<(), Error> {
    let before = clock::format_us(clock::now_us().saturating_sub(KEPT_US));
    while outbox.prune(before.clone(), STEP).await? == usize::from(STEP) {
        tokio::task::yield_now().await;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn nothing_is_deleted_by_a_clock_that_was_just_set_forward() {
        let mut steps_us = [0, LEAP_US + 1, 0, -LEAP_US, LEAP_US, i64::MAX, 0].into_iter();
        let (begun, mut deleted) = (tokio::time::Instant::now(), Vec::new());
        let delete = || {
            deleted.push(begun.elapsed().as_secs() / EVERY.as_secs());
            std::future::ready(Err(Error::Internal("the next hour it is tried again".into())))
        };
        let tidying = tidy_up(|| steps_us.next().unwrap(), delete);
        tokio::time::timeout(EVERY * 6 + EVERY / 2, tidying).await.unwrap_err();
        assert_eq!(deleted, [0, 2, 3, 4, 6]);
    }
}
