//! What changes between what rows of one table do not share, and those of the next.

use super::{
    change::{Block, Change, Weight},
    column::ColumnChange,
};
use crate::sql::{self, ExclusionDefinition, SchemaSyntax, TableDefinition};

/// What changes; the old table has the new names already.
pub(super) struct ExclusionChanges<'a> {
    old: &'a TableDefinition,
    new: &'a TableDefinition,
    /// Those over columns that hold something else.
    rewritten: Vec<&'a ExclusionDefinition>,
}

impl<'a> ExclusionChanges<'a> {
    pub(super) fn between(old: &'a TableDefinition, new: &'a TableDefinition, changes: &[ColumnChange]) -> Self {
        let is_rewritten =
            |one: &&ExclusionDefinition| changes.iter().any(|change| change.rewrites && one.covers(&change.column));
        Self { old, new, rewritten: old.exclusions.iter().chain(&new.exclusions).filter(is_rewritten).collect() }
    }

    /// What comes before the columns change in place.
    pub(super) fn before(&self, syntax: &dyn SchemaSyntax) -> Vec<Block> {
        let is_dropped =
            |one: &&ExclusionDefinition| !self.new.exclusions.contains(one) || self.rewritten.contains(one);
        let dropped = self.old.exclusions.iter().filter(is_dropped);
        let drop = |one: &ExclusionDefinition| {
            let why = format!("{}: rows may overlap, or may not again below", self.new.name);
            Block::several(why, syntax.let_overlap(&self.new.name, &one.name))
        };
        dropped.flat_map(drop).collect()
    }

    /// What comes after them.
    pub(super) fn after(&self, syntax: &dyn SchemaSyntax) -> Vec<Block> {
        let is_made = |one: &&ExclusionDefinition| !self.old.exclusions.contains(one) || self.rewritten.contains(one);
        self.new.exclusions.iter().filter(is_made).flat_map(|one| self.make(syntax, one)).collect()
    }

    /// What follows a table that was made anew, and has none.
    pub(super) fn anew(&self, syntax: &dyn SchemaSyntax) -> Vec<Block> {
        self.new.exclusions.iter().flat_map(|one| self.make(syntax, one)).collect()
    }

    /// The changes, in words and with their weight.
    pub(super) fn told(&self) -> Vec<Change> {
        let is_held = |one: &&ExclusionDefinition| self.old.exclusions.iter().any(|other| other.asks_as_much(one));
        let is_in = |table: &TableDefinition, one: &ExclusionDefinition| {
            table.exclusions.iter().any(|other| other.says_the_same(one) || one.asks_as_much(other))
        };
        let made = self.new.exclusions.iter().filter(|one| !is_held(one));
        let made =
            made.map(|one| Change { weight: Weight::Loss, words: format!("{}: {}", self.new.name, one.words()) });
        let dropped = self.old.exclusions.iter().filter(|one| !is_in(self.new, one)).map(|one| Change {
            weight: Weight::Alteration,
            words: format!("{}: `{}` keeps no rows apart any more", self.new.name, one.name),
        });
        let renamed = self.new.exclusions.iter().filter_map(|one| {
            let before = self.old.exclusions.iter().find(|other| other.says_the_same(one) && other.name != one.name)?;
            let words = format!("{}: the constraint `{}` is called `{}`", self.new.name, before.name, one.name);
            Some(Change { weight: Weight::Alteration, words })
        });
        made.chain(dropped).chain(renamed).collect()
    }

    fn make(&self, syntax: &dyn SchemaSyntax, one: &ExclusionDefinition) -> Vec<Block> {
        let held = self.old.exclusions.iter().any(|other| other.asks_as_much(one));
        let why = format!("{}: {}", self.new.name, one.words());
        let mut made = Vec::new();
        if !held || self.rewritten.contains(&one) {
            made.push(Block { why: why.clone(), sql: sql::overlapping(self.new, one) });
        }
        made.extend(Block::several(why, syntax.exclude(self.new, one)));
        made
    }
}
