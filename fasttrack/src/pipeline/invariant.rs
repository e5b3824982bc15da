//! Invariants that no rule can express: one account that may manage accounts has to remain.

use super::{engine::Engine, refusal::words};
use crate::{
    db::{Cell, Row, Tx},
    error::Error,
    sql,
};

/// Whether the row, as it is stored, is an active account that may manage accounts.
pub(super) fn is_guardian(engine: &Engine, stored: &[Cell]) -> bool {
    let cell = |key: &str| {
        let position = engine.schema.columns.iter().position(|column| column.key == key)?;
        stored.get(position)
    };
    let role = match cell("role") {
        Some(Cell::Bytes(word)) => word.as_slice(),
        _ => return false,
    };
    cell("is_active") == Some(&Cell::Int(1)) && engine.guardians.iter().any(|guardian| guardian.as_bytes() == role)
}

/// Refuses a change after which nobody is left who may manage accounts. Runs after it, in its transaction.
///
/// # Errors
/// [`Error::Conflict`] when nobody is left.
pub(super) async fn check_guardian_remains(engine: &Engine, tx: &mut Tx) -> Result<(), Error> {
    let left: Vec<Row> =
        tx.query(sql::any_active(&engine.table, "role", &engine.guardians).fill(sql::Values::default())).await?;
    if left.is_empty() {
        let names = engine.guardians.join(" or ");
        return Err(Error::Conflict(
            format!(
                "this is the last active {} with the role {names}; make another one first",
                words(engine.schema.name)
            )
            .into(),
        ));
    }
    Ok(())
}
