//! What becomes of indexes of words while tables change. One over columns that stay as they are stays, since to fill it
//! takes as long as the table is large; what keeps it is taken off and put on again.

use super::{
    change::{Block, Change, Weight},
    snapshot::{Renames, Snapshot},
};
use crate::{
    db::Dialect,
    sql::{SearchDefinition, TableDefinition},
};

/// The indexes of words of two schemas.
pub(super) struct SearchChanges<'a> {
    dialect: Dialect,
    from: &'a Snapshot,
    to: &'a Snapshot,
    renames: &'a Renames,
}

impl<'a> SearchChanges<'a> {
    pub(super) const fn between(dialect: Dialect, from: &'a Snapshot, to: &'a Snapshot, renames: &'a Renames) -> Self {
        Self { dialect, from, to, renames }
    }

    /// What comes before anything else, under the names that tables have as yet.
    pub(super) fn before(&self) -> Vec<Block> {
        let syntax = self.dialect.schema();
        let blocks = |(table, search): (&TableDefinition, &SearchDefinition)| {
            if !self.stays(table, search) {
                let why = format!("{}: the index of words goes, or is made again below", table.name);
                Block::several(why, syntax.forget_words(&table.name, search))
            } else if self.is_touched(table) {
                let why = format!("{}: what keeps the index of words is in the way", table.name);
                Block::several(why, syntax.unwatch_words(search))
            } else {
                Vec::new()
            }
        };
        all(self.from).flat_map(blocks).collect()
    }

    /// What comes after everything else.
    pub(super) fn after(&self) -> Vec<Block> {
        let syntax = self.dialect.schema();
        let blocks = |(table, search): (&TableDefinition, &SearchDefinition)| {
            if !self.stays(table, search) {
                Block::several(search.words(&table.name), syntax.index_words(table, search))
            } else if self.is_touched(table) {
                let why = format!("{}: the index of words is kept on", table.name);
                Block::several(why, syntax.watch_words(table, search))
            } else {
                Vec::new()
            }
        };
        all(self.to).flat_map(blocks).collect()
    }

    /// The changes, in words and with their weight; `work` is the first schema with the names of the second.
    pub(super) fn told(&self, work: &Snapshot) -> Vec<Change> {
        let told = |table: &TableDefinition| {
            let before = work.table(&table.name).and_then(|before| before.search.as_ref());
            let words = match (before, &table.search) {
                (before, Some(search)) if before.is_none_or(|before| before.columns != search.columns) => {
                    search.words(&table.name)
                }
                (Some(_), None) => format!("{}: the index of words is dropped", table.name),
                _ => return None,
            };
            Some(Change { weight: Weight::Addition, words })
        };
        self.to.tables.iter().filter_map(told).collect()
    }

    /// Whether an index of one schema is as good for the other: it has the same name there, and is over the same columns.
    fn stays(&self, table: &TableDefinition, search: &SearchDefinition) -> bool {
        let Some((before, after)) = self.from.table(&table.name).zip(self.to.table(&table.name)) else { return false };
        let is_same = |key: &String| before.column(key).is_some() && before.column(key) == after.column(key);
        let is_renamed = self.renames.tables.iter().any(|(old, new)| *old == table.name || *new == table.name)
            || self
                .renames
                .columns
                .iter()
                .any(|column| column.table_before == table.name || column.table == table.name);
        before.search == after.search && search.columns.iter().all(is_same) && !is_renamed
    }

    fn is_touched(&self, table: &TableDefinition) -> bool {
        self.from.table(&table.name) != self.to.table(&table.name)
    }
}

fn all(schema: &Snapshot) -> impl Iterator<Item = (&TableDefinition, &SearchDefinition)> {
    schema.tables.iter().filter_map(|table| Some((table, table.search.as_ref()?)))
}
