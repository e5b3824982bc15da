//! Fields that hold many rows: they are written once the row is there, and the row is read again with them.

use std::collections::HashMap;

use super::outbox::json_array;
use crate::{
    db::{Arg, DbError, Tx},
    schema::Column,
    sql::{self, Table, Values},
    types::many,
};

/// Writes what new rows hold so, and answers those of them that hold any, as JSON.
pub(super) async fn put(
    tx: &mut Tx,
    table: &Table,
    created: &[(i64, &Vec<Arg>)],
) -> Result<HashMap<i64, Vec<u8>>, DbError> {
    let mut written = Vec::new();
    for (position, column) in table.columns.iter().enumerate() {
        let Some(pairs) = column.pairs else { continue };
        let of = |(id, row): &(i64, &Vec<Arg>)| {
            let id = *id;
            row.get(position).map(many::ids).unwrap_or_default().into_iter().map(move |other| (id, other))
        };
        let found: Vec<_> = created.iter().flat_map(of).collect();
        if found.is_empty() {
            continue;
        }
        let list: Vec<_> = found.iter().map(|(id, other)| format!("[{id},{other}]")).collect();
        tx.query(sql::add_pairs(tx.dialect(), pairs, Arg::Text(format!("[{}]", list.join(","))))).await?;
        written.extend(found.into_iter().map(|(id, _)| id));
    }
    if written.is_empty() {
        return Ok(HashMap::new());
    }
    written.sort_unstable();
    written.dedup();
    let mut rows = tx.query(sql::rows_as_json(table, json_array(&written))).await?;
    Ok(rows.iter_mut().filter_map(|row| Some((row.int(0)?, row.take_bytes(1)?))).collect())
}

/// Waits for whoever else changes the row `id`, so that what it holds so is read as it was left.
pub(super) async fn hold(tx: &mut Tx, table: &Table, id: i64, goes: bool) -> Result<(), DbError> {
    let Some(hold) = sql::hold_for_sets(table, goes) else { return Ok(()) };
    tx.query(hold.fill(Values { id: Some(id), ..Values::default() })).await.map(drop)
}

/// Writes what the row `id` is to hold so, and answers it as JSON, with what it holds already; `None` where its table has
/// nothing of the kind.
pub(super) async fn replace(
    tx: &mut Tx,
    table: &Table,
    id: i64,
    changes: &[(&'static Column, Arg)],
) -> Result<Option<Vec<u8>>, DbError> {
    if table.columns.iter().all(Column::is_stored) {
        return Ok(None);
    }
    for (column, arg) in changes {
        let Some(pairs) = column.pairs else { continue };
        for statement in sql::replace_pairs(tx.dialect(), pairs, id, arg) {
            tx.query(statement).await?;
        }
    }
    let mut rows = tx.query(sql::rows_as_json(table, json_array(&[id]))).await?;
    Ok(rows.first_mut().and_then(|row| row.take_bytes(1)))
}
