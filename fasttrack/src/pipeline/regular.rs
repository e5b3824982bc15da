//! Jobs that run every so often: put into the outbox when it is time, from where they run as any others.
//!
//! When each runs next is in the database. Whoever moves that on puts the job there, in one transaction; so one node of
//! however many does, and once after a time in which nobody did.

use std::{collections::HashMap, sync::Arc};

use futures_util::FutureExt;

use crate::{
    clock,
    db::{Db, DbError, Row},
    error::Error,
    job::Regular,
    outbox::OutboxListener,
    sql,
};

/// What the names of timers begin with that are such jobs.
const EVERY: &str = "every ";

/// Has those known that are not yet: they run at once.
pub(super) async fn take_up(db: &Db, regular: &[Regular]) -> Result<(), Error> {
    for regular in regular {
        let begin = sql::begin_timer(&timer(regular), clock::now());
        db.write(move |tx| async move { Ok(tx.query(begin).await.map(drop)?) }.boxed()).await?;
    }
    Ok(())
}

/// Puts those into the outbox for which it is time, but none that is there still; whether that was any.
pub(super) async fn enqueue(db: &Db, regular: &[Regular], listener: &Arc<dyn OutboxListener>) -> Result<bool, Error> {
    let (mut has_enqueued, at) = (false, instants(db, regular).await?);
    for regular in regular {
        let Some(next) = at.get(&timer(regular)) else { continue };
        let Some((moved, is_due)) = moved(next, clock::now_us(), regular.period_us()) else { continue };
        let set = sql::set_timer(&timer(regular), next, moved);
        let enqueue = sql::enqueue_regular(db.dialect(), &regular.name, clock::now());
        let listener = Arc::clone(listener);
        let enqueued = db.write(move |tx| {
            async move {
                if tx.query(set).await?.is_empty() || !is_due || tx.query(enqueue).await?.is_empty() {
                    return Ok(false);
                }
                tx.wake(move || listener.jobs_written());
                Ok(true)
            }
            .boxed()
        });
        has_enqueued |= enqueued.await?;
    }
    Ok(has_enqueued)
}

/// When the next of them is to run.
pub(super) async fn next(db: &Db, regular: &[Regular]) -> Result<Option<String>, DbError> {
    let mut at = instants(db, regular).await?;
    Ok(regular.iter().filter_map(|regular| at.remove(&timer(regular))).min())
}

/// The period of each in microseconds, its name, and when it runs next.
pub(super) async fn list(db: &Db, regular: &[Regular]) -> Result<Vec<(u64, String, Option<String>)>, DbError> {
    let at = instants(db, regular).await?;
    let line = |regular: &Regular| {
        let period_us = regular.period_us().unsigned_abs();
        (period_us, regular.name.clone(), at.get(&timer(regular)).cloned())
    };
    Ok(regular.iter().map(line).collect())
}

/// When each of those runs next that are known.
async fn instants(db: &Db, regular: &[Regular]) -> Result<HashMap<String, String>, DbError> {
    if regular.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = db.read(sql::timers(db.dialect(), EVERY)).await?;
    let read = |row: &Row| Some((row.text(0)?.to_owned(), row.text(1)?.to_owned()));
    Ok(rows.iter().filter_map(read).collect())
}

fn timer(regular: &Regular) -> String {
    format!("{EVERY}{}", regular.name)
}

/// What comes after an instant at which a job was to run, in its rhythm, and whether it is time; `None` where it is not, and
/// nothing is to be done. None waits longer than its period, as it would where the clock was set back or the period was made
/// shorter.
fn moved(next: &str, now_us: i64, period_us: i64) -> Option<(String, bool)> {
    let next_us = clock::parse_timestamp_us(next).unwrap_or(now_us);
    if next_us > now_us {
        let latest_us = now_us.saturating_add(period_us);
        return (next_us > latest_us).then(|| (clock::format_us(latest_us), false));
    }
    let missed = (now_us - next_us) / period_us.max(1);
    let following_us = next_us.saturating_add(period_us.saturating_mul(missed + 1));
    Some((clock::format_us(following_us), true))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_follows_is_in_the_rhythm_and_none_is_made_up_for() {
        const HOUR_US: i64 = 60 * 60 * clock::SECOND_US;
        let us = |text: &str| clock::parse_timestamp_us(text).unwrap();
        for (next, now, expected) in [
            ("2040-01-01T12:00:00Z", "2040-01-01T11:59:59Z", None),
            ("2040-01-01T12:00:00Z", "2040-01-01T12:00:00Z", Some(("2040-01-01T13:00:00.000000Z", true))),
            ("2040-01-01T12:00:00Z", "2040-01-01T12:59:59Z", Some(("2040-01-01T13:00:00.000000Z", true))),
            ("2040-01-01T12:00:00Z", "2040-01-03T17:30:00Z", Some(("2040-01-03T18:00:00.000000Z", true))),
            ("2040-01-01T12:00:00Z", "2040-01-01T11:00:00Z", None),
            ("2040-01-01T12:00:00Z", "2039-01-01T12:00:00Z", Some(("2039-01-01T13:00:00.000000Z", false))),
        ] {
            let expected = expected.map(|(text, is_due)| (text.to_owned(), is_due));
            assert_eq!(moved(next, us(now), HOUR_US), expected, "{next} at {now}");
        }
    }
}
