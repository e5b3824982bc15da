//! What a request asks of the row as it is, in the transaction that changes it.
//!
//! Asked once it is known that the caller may do this to the row, and of the row as it is shown to him: whoever may change
//! what he may not read has no version of it, so that he cannot try which one it is.

use super::{engine::Engine, values};
use crate::{
    db::Tx,
    error::Error,
    precondition::{Preconditions, Shown},
    principal::Principal,
    schema::{Kind, Schema},
    sql::{self, Predicate, Template},
};

/// Who asks for what of a resource.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked<'a> {
    pub resource: usize,
    pub who: &'a Principal,
    pub preconditions: &'a Preconditions,
}

/// A row that is about to be changed.
pub(super) struct Row<'a> {
    pub engine: &'a Engine,
    pub id: i64,
    /// All of it, as JSON.
    pub whole: &'a [u8],
    /// What has to hold for the caller to see it, where that is not known.
    pub seen: Option<&'a Predicate>,
    /// What reads it as he is shown it, where that is not all.
    pub shown: Option<&'a Template>,
}

/// Asks.
///
/// # Errors
/// [`Error::PreconditionFailed`]; those of the database.
pub(super) async fn check(
    preconditions: &Preconditions,
    tx: &mut Tx,
    who: &Principal,
    row: Row<'_>,
) -> Result<(), Error> {
    if preconditions.is_empty() {
        return Ok(());
    }
    let values = values(row.id, who);
    if let Some(seen) = row.seen
        && (seen.is_never() || tx.query(sql::read(&row.engine.table, seen).fill(values)).await?.is_empty())
    {
        return preconditions.check(None);
    }
    let shown = match row.shown {
        Some(shown) => tx.query(shown.fill(values)).await?.first_mut().and_then(|row| row.take_bytes(0)),
        None => None,
    };
    let json = shown.as_deref().unwrap_or(row.whole);
    preconditions.check(Some(Shown { json, updated_at: updated_at(row.engine.schema) }))
}

/// The key under which rows say when they were changed last.
pub(super) fn updated_at(schema: &Schema) -> Option<&'static str> {
    schema.columns.iter().find(|column| column.kind == Kind::UpdatedAt).map(|column| column.key)
}
