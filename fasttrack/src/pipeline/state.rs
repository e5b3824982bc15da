//! A row as it is before a change.

use std::collections::BTreeSet;

use super::change::argument;
use crate::{
    db::{Arg, Cell},
    schema::{Column, Schema},
    types::many,
};

/// A row as it is before a change.
pub(super) struct State {
    /// As it is shown.
    pub json: Vec<u8>,
    /// Every column, as it is stored.
    pub cells: Vec<Cell>,
}

impl State {
    /// What the row holds in `column`.
    pub(super) fn stored(&self, schema: &Schema, column: &Column) -> Arg {
        let position = schema.columns.iter().position(|other| other.key == column.key);
        position.and_then(|position| self.cells.get(position)).map_or(Arg::Null, |cell| argument(column, cell))
    }

    /// The rows that the field `key` would lead to after these changes and does not yet: what was there already may stay,
    /// whoever sends it back.
    pub(super) fn newly_refers(&self, schema: &Schema, key: &str, changes: &[(&'static Column, Arg)]) -> BTreeSet<i64> {
        let change = changes.iter().find(|(column, _)| column.key == key);
        change.map(|(column, new)| many::added(&self.stored(schema, column), new)).unwrap_or_default()
    }
}
