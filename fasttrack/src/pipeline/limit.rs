//! How many rows there may be that refer to the same: counted when they are there, in the transaction that has written them.
//!
//! Whoever adds to what counts has others wait until he is done, so that a count is true when it is taken. Rows that are
//! created together are counted together; where they are too many they are undone, and tried again in smaller parts.

use crate::{
    clock,
    db::{Arg, DbError, Tx},
    schema::{Column, Limit, Schema},
    sql::Counted,
};

/// Refuses what was written where there are too many rows now; `created` are the ids of the rows, and what each column holds.
///
/// # Errors
/// [`DbError::Limited`], and those of the database.
pub(super) async fn check_created<'a>(
    tx: &mut Tx,
    schema: &'static Schema,
    created: impl Iterator<Item = (i64, &'a [Arg])> + Clone,
) -> Result<(), DbError> {
    for limit in schema.limits {
        let Some(place) = schema.columns.iter().position(|column| column.key == limit.per) else { continue };
        let counted = created.clone().filter_map(|(id, row)| match row.get(place) {
            Some(Arg::Int(by)) => Some((*by, id)),
            _ => None,
        });
        check(tx, schema, limit, counted.collect()).await?;
    }
    Ok(())
}

/// The same of a row that was changed, as far as it counts elsewhere now.
///
/// # Errors
/// As for [`check_created`].
pub(super) async fn check_changed(
    tx: &mut Tx,
    schema: &'static Schema,
    id: i64,
    changes: &[(&'static Column, Arg)],
) -> Result<(), DbError> {
    for limit in schema.limits {
        let moved = changes.iter().find(|(column, _)| column.key == limit.per);
        if let Some((_, Arg::Int(by))) = moved {
            check(tx, schema, limit, vec![(*by, id)]).await?;
        }
    }
    Ok(())
}

/// Counts by each of these rows, with one that has come to refer to it.
async fn check(
    tx: &mut Tx,
    schema: &'static Schema,
    limit: &'static Limit,
    mut counted: Vec<(i64, i64)>,
) -> Result<(), DbError> {
    // In one order, so that nobody waits for who waits for him.
    counted.sort_unstable();
    counted.dedup_by_key(|(by, _)| *by);
    let now_us = clock::now_us();
    let all = counted.into_iter().map(|(by, id)| (Counted { schema, limit, by, now_us }, id));
    for (counted, _) in all.clone() {
        if let Some(lock) = counted.lock(tx.dialect()) {
            tx.query(lock).await?;
        }
    }
    for (counted, id) in all {
        let found = tx.query(counted.count(tx.dialect())).await?.first().and_then(|row| row.int(0));
        if found.unwrap_or_default() > i64::from(limit.count) {
            let retry_after_s = wait_s(tx, counted, id).await?;
            return Err(DbError::Limited { why: limit.in_words(str::to_owned), retry_after_s });
        }
    }
    Ok(())
}

/// Whole seconds until a row has left in whose place another one may come; `None` where none leaves by time.
async fn wait_s(tx: &mut Tx, counted: Counted<'_>, except: i64) -> Result<Option<u64>, DbError> {
    let (Some(within_us), Some(leaves)) = (counted.limit.within_us, counted.leaves(tx.dialect(), except)) else {
        return Ok(None);
    };
    let created = tx.query(leaves).await?;
    let created_us = created.first().and_then(|row| row.text(0)).and_then(clock::parse_timestamp_us);
    let left_us = created_us.unwrap_or(counted.now_us).saturating_add(within_us).saturating_sub(clock::now_us());
    Ok(Some(u64::try_from(left_us).unwrap_or_default().div_ceil(1_000_000).max(1)))
}
