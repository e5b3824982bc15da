//! Looks at the timetable when something on it is due, and before that when something was added, or may have been by
//! another node.

use std::{sync::Arc, time::Duration};

use crate::{clock, pipeline::Timetable};

/// How often it is looked at unasked: another node may have written something down and ended.
const POLL: Duration = Duration::from_millis(900);

/// Pause after something that failed.
const PAUSE: Duration = Duration::from_millis(250);

/// Fires what is due, for as long as the server runs. What could not be fired is fired later.
pub async fn keep_time(timetable: Arc<Timetable>) {
    while let Err(error) = timetable.take_up().await {
        tracing::warn!(%error, "triggers that are new wait to be taken up");
        tokio::time::sleep(POLL).await;
    }
    if timetable.is_empty() {
        return;
    }
    loop {
        let wait = match timetable.fire().await {
            Ok(_) => until_next(&timetable).await,
            Err(error) => {
                tracing::warn!(%error, "what is due was not fired; it will be");
                PAUSE
            }
        };
        tokio::select! {
            () = timetable.planned() => {}
            () = tokio::time::sleep(wait) => {}
        }
    }
}

async fn until_next(timetable: &Timetable) -> Duration {
    let Ok(Some(next)) = timetable.next().await else { return POLL };
    let wait_us = clock::parse_timestamp_us(&next).map_or(0, |at| at - clock::now_us());
    Duration::from_micros(u64::try_from(wait_us).unwrap_or_default()).min(POLL)
}
