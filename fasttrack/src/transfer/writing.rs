//! The database that is written, and read again where it was.

use tokio::sync::mpsc::Receiver;

use super::{
    Copied, Progress, TransferError, in_words,
    reading::{Part, count, query},
};
use crate::{
    db::{Arg, DbError, Tx},
    migrate::{Foundation, MigrateError},
    sql::{self, StoredTable},
};

/// Makes the tables and fills them, in the order in which they come.
pub(super) async fn fill(
    tx: &mut Tx,
    foundation: &Foundation,
    tables: &[StoredTable],
    mut parts: Receiver<Part>,
    progress: &Progress,
) -> Result<Vec<Copied>, TransferError> {
    let in_the_way = foundation.in_the_way(tx).await.map_err(MigrateError::from)?;
    if !in_the_way.is_empty() {
        return Err(TransferError::NotEmpty(some_of(&in_the_way)));
    }
    foundation.lay(tx).await?;
    foundation.loosen(tx).await.map_err(MigrateError::from)?;
    let Some(Part::Total(total)) = parts.recv().await else { return Err(TransferError::BrokenOff) };
    let (mut done, mut copied) = (0, Vec::new());
    for table in tables {
        let mut written = 0;
        let last_id = loop {
            progress(done, total, &table.name);
            match parts.recv().await {
                Some(Part::Rows { after, to, rows }) => {
                    let added = write(tx, table, after.as_deref(), &to, rows).await?;
                    written += added;
                    done += added;
                }
                Some(Part::End { last_id }) => break last_id,
                _ => return Err(TransferError::BrokenOff),
            }
        };
        finish(tx, table, written, last_id).await?;
        copied.push(Copied { table: table.name.clone(), rows: written });
    }
    let Some(Part::Done) = parts.recv().await else { return Err(TransferError::BrokenOff) };
    foundation.tighten(tx).await.map_err(|(table, cause)| match cause {
        DbError::ForeignKey => TransferError::Dangling(table),
        cause => TransferError::Table { table, cause },
    })?;
    Ok(copied)
}

/// Writes rows, and compares what is read of them with what was written.
async fn write(
    tx: &mut Tx,
    table: &StoredTable,
    after: Option<&[i64]>,
    to: &[i64],
    rows: Vec<Vec<Arg>>,
) -> Result<u64, TransferError> {
    let count = u64::try_from(rows.len()).unwrap_or(u64::MAX);
    query(tx, table, table.insert(rows.clone())).await?;
    let part = table.rows(tx.dialect(), after, to);
    let read = query(tx, table, part).await?;
    let there = u64::try_from(read.len()).unwrap_or(u64::MAX);
    if there != count {
        return Err(TransferError::Count { table: table.name.clone(), there, written: count });
    }
    match rows.iter().zip(&read).find(|(written, read)| !StoredTable::is_same(written, read)) {
        Some((written, _)) => {
            Err(TransferError::Differs { table: table.name.clone(), key: in_words(&table.key_of(written)) })
        }
        None => Ok(count),
    }
}

/// Has ids go on where they were, when all rows are there.
async fn finish(tx: &mut Tx, table: &StoredTable, written: u64, last_id: Option<i64>) -> Result<(), TransferError> {
    let there = count(tx, table).await?;
    if there != written {
        return Err(TransferError::Count { table: table.name.clone(), there, written });
    }
    if let Some(statement) = last_id.and_then(|last| sql::set_last_id(tx.dialect(), &table.name, last)) {
        query(tx, table, statement).await?;
    }
    query(tx, table, table.analyze()).await.map(drop)
}

/// The first of many names.
fn some_of(names: &[String]) -> String {
    const TOLD: usize = 3;
    let told: Vec<_> = names.iter().take(TOLD).map(|name| format!("`{name}`")).collect();
    let more = names.len().saturating_sub(TOLD);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{more}", told.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_in_the_way_is_named_in_part() {
        let names = ["a", "b", "c", "d", "e"].map(str::to_owned);
        for (count, expected) in [(1, "`a`"), (3, "`a`, `b`, `c`"), (5, "`a`, `b`, `c` and 2 more")] {
            assert_eq!(some_of(&names[..count]), expected);
        }
    }
}
