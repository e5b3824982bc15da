//! Rows that may not overlap, where many write at once. The database asks for them when a row is there already: two that
//! are in each other's way would wait for each other, until it gives one of them up. So whoever writes such rows has others
//! of the table wait until he is done.

use crate::{
    db::{Arg, DbError, Tx},
    schema::{Column, Schema},
    sql,
};

/// Has others wait who write rows of a resource that may not overlap. It comes before anything else that one waits for.
///
/// # Errors
/// Those of the database.
pub(super) async fn hold(tx: &mut Tx, schema: &Schema) -> Result<(), DbError> {
    if let Some(lock) = sql::lock_overlapping(tx.dialect(), schema) {
        tx.query(lock).await?;
    }
    Ok(())
}

/// The same, where these changes have a row overlap others than before.
///
/// # Errors
/// As for [`hold`].
pub(super) async fn hold_changed(
    tx: &mut Tx,
    schema: &Schema,
    changes: &[(&'static Column, Arg)],
) -> Result<(), DbError> {
    let asks = |key: &str| {
        let mut exclusives = schema.exclusives.iter();
        exclusives.any(|exclusive| [exclusive.start, exclusive.end].contains(&key) || exclusive.per.contains(&key))
    };
    if changes.iter().any(|(column, _)| asks(column.key)) { hold(tx, schema).await } else { Ok(()) }
}
