//! The database that is read, table by table and part by part.

use tokio::sync::mpsc::Sender;

use super::{TransferError, in_words};
use crate::{
    db::{Arg, DbError, Dialect, Row, Statement, Tx},
    sql::{self, StoredTable},
};

/// What goes over.
#[derive(Debug)]
pub(super) enum Part {
    /// How many rows there are, in all tables.
    Total(u64),
    /// Rows behind one key, up to another one.
    Rows { after: Option<Vec<i64>>, to: Vec<i64>, rows: Vec<Vec<Arg>> },
    /// A table is at its end; the last id that was ever given out in it.
    End { last_id: Option<i64> },
    /// All tables are.
    Done,
}

/// Most bytes of text in a part, unless it is one row.
const MAX_BYTES: usize = 4 * 1024 * 1024;

/// Keys that are looked at together.
const KEYS: usize = 10_000;

/// Sends everything. Nobody taking it is no failure: who took it has one of his own.
pub(super) async fn send_all(
    tx: &mut Tx,
    to: Dialect,
    tables: &[StoredTable],
    sender: &Sender<Part>,
) -> Result<(), TransferError> {
    let mut total = 0;
    for table in tables {
        total += count(tx, table).await?;
    }
    if sender.send(Part::Total(total)).await.is_err() {
        return Ok(());
    }
    for table in tables {
        if !send_table(tx, to, table, sender).await? {
            return Ok(());
        }
    }
    sender.send(Part::Done).await.ok();
    Ok(())
}

/// How many rows a table has.
pub(super) async fn count(tx: &mut Tx, table: &StoredTable) -> Result<u64, TransferError> {
    let rows = query(tx, table, table.count()).await?;
    Ok(rows.first().and_then(|row| row.int(0)).and_then(|count| u64::try_from(count).ok()).unwrap_or_default())
}

/// Runs a statement that is about a table.
pub(super) async fn query(tx: &mut Tx, table: &StoredTable, statement: Statement) -> Result<Vec<Row>, TransferError> {
    tx.query(statement).await.map_err(|cause| TransferError::Table { table: table.name.clone(), cause })
}

/// Sends a table; false where nobody takes it.
async fn send_table(
    tx: &mut Tx,
    to: Dialect,
    table: &StoredTable,
    sender: &Sender<Part>,
) -> Result<bool, TransferError> {
    let mut after: Option<Vec<i64>> = None;
    loop {
        let rows = query(tx, table, table.sizes(after.as_deref(), KEYS)).await?;
        let ends = ends(rows.iter().filter_map(|row| table.key_and_size(row)), table.max_rows(to));
        if ends.is_empty() {
            break;
        }
        for end in ends {
            let part = table.rows(tx.dialect(), after.as_deref(), &end);
            let rows = query(tx, table, part).await?;
            let values = rows.into_iter().map(|row| table.values(row)).collect::<Result<_, _>>();
            let rows = values.map_err(|column| TransferError::NoText {
                table: table.name.clone(),
                column: column.to_owned(),
                after: after.as_deref().map_or_else(|| "0".to_owned(), in_words),
            })?;
            if sender.send(Part::Rows { after, to: end.clone(), rows }).await.is_err() {
                return Ok(false);
            }
            after = Some(end);
        }
    }
    let last_id = last_id(tx, table, after.as_deref()).await?;
    Ok(sender.send(Part::End { last_id }).await.is_ok())
}

/// Where parts end: at so many rows, or bytes.
fn ends(rows: impl Iterator<Item = (Vec<i64>, usize)>, max_rows: usize) -> Vec<Vec<i64>> {
    let mut ends = Vec::new();
    let mut open: Option<Vec<i64>> = None;
    let (mut count, mut bytes) = (0_usize, 0_usize);
    for (key, size) in rows {
        if count == max_rows || count > 0 && bytes.saturating_add(size) > MAX_BYTES {
            ends.extend(open.take());
            (count, bytes) = (0, 0);
        }
        count += 1;
        bytes = bytes.saturating_add(size);
        open = Some(key);
    }
    ends.extend(open);
    ends
}

/// The last id that was ever given out, of which the row may be gone.
async fn last_id(tx: &mut Tx, table: &StoredTable, last: Option<&[i64]>) -> Result<Option<i64>, TransferError> {
    if !table.is_numbered {
        return Ok(None);
    }
    let asked = sql::last_id(tx.dialect(), &table.name)
        .ok_or_else(|| DbError::Other("it does not say which ids it has given out".to_owned()));
    let asked = asked.map_err(|cause| TransferError::Table { table: table.name.clone(), cause })?;
    let given = query(tx, table, asked).await?.first().and_then(|row| row.int(0));
    Ok(given.max(last.and_then(|key| key.first().copied())).filter(|id| *id > 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_end_at_so_many_rows_or_bytes() {
        let huge = MAX_BYTES + 1;
        for (sizes, max_rows, expected) in [
            (vec![], 2, vec![]),
            (vec![1], 2, vec![1]),
            (vec![1, 1, 1, 1, 1], 2, vec![2, 4, 5]),
            (vec![1, huge, 1, 1], 9, vec![1, 2, 4]),
            (vec![huge, huge], 9, vec![1, 2]),
            (vec![MAX_BYTES / 2; 5], 9, vec![2, 4, 5]),
        ] {
            let rows = (1..).zip(sizes.clone()).map(|(key, size)| (vec![key], size));
            let found: Vec<_> = ends(rows, max_rows).into_iter().flatten().collect();
            assert_eq!(found, expected, "{sizes:?}");
        }
    }
}
