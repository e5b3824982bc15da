//! What becomes of figures that are kept while tables change: they are let go before, and kept again after, counted anew
//! where they say something else.

use super::{
    change::{Block, Change, Weight},
    snapshot::Snapshot,
};
use crate::{
    db::Dialect,
    sql::{FigureDefinition, TableDefinition},
    words::listed,
};

/// The figures of two schemas.
pub(super) struct FigureChanges<'a> {
    dialect: Dialect,
    from: &'a Snapshot,
    to: &'a Snapshot,
}

impl<'a> FigureChanges<'a> {
    pub(super) const fn between(dialect: Dialect, from: &'a Snapshot, to: &'a Snapshot) -> Self {
        Self { dialect, from, to }
    }

    /// What comes before anything else, under the names that tables have as yet.
    pub(super) fn before(&self) -> Vec<Block> {
        let gone = together(self.from).filter(|(table, kept)| !self.stays(table, kept));
        gone.flat_map(|(table, kept)| {
            let Some(first) = kept.first() else { return Vec::new() };
            let why = format!("{}: what keeps {} is in the way, or made again below", first.table, columns(&kept));
            Block::several(why, self.dialect.schema().let_go(&table.name, &first.name))
        })
        .collect()
    }

    /// What comes after everything else; `work` is the first schema with the names of the second.
    pub(super) fn after(&self, work: &Snapshot) -> Vec<Block> {
        let made = together(self.to).filter(|(table, kept)| !self.stays(table, kept));
        made.flat_map(|(table, kept)| {
            let Some(first) = kept.first() else { return Vec::new() };
            let why = format!("{}: what keeps {}, over the rows of `{}`", first.table, columns(&kept), table.name);
            let mut made = Block::several(why, self.dialect.schema().keep(table, &kept));
            let anew = kept.into_iter().filter(|figure| !is_kept(work, table, figure));
            made.extend(anew.map(|figure| Block { why: String::new(), sql: figure.recount(table) }));
            made
        })
        .collect()
    }

    /// The changes, in words and with their weight.
    pub(super) fn told(&self, work: &Snapshot) -> Vec<Change> {
        let made = all(self.to).filter(|(table, figure)| !is_kept(work, table, figure));
        let made = made.map(|(table, figure)| Change { weight: Weight::Addition, words: figure.words(&table.name) });
        let has_column = |figure: &FigureDefinition| {
            self.to.table(&figure.table).is_some_and(|table| table.column(&figure.column).is_some())
        };
        let is_there = |figure: &FigureDefinition| all(self.to).any(|(_, other)| other.is_of_the_same_column(figure));
        let gone = all(work).filter(|(_, figure)| has_column(figure) && !is_there(figure)).map(|(_, figure)| Change {
            weight: Weight::Alteration,
            words: format!("{}: `{}` is not kept any more", figure.table, figure.column),
        });
        made.chain(gone).collect()
    }

    /// Whether nothing happens to figures of one table, nor to either table.
    fn stays(&self, table: &TableDefinition, kept: &[&FigureDefinition]) -> bool {
        let is_same = |name: &str| {
            let tables = self.from.table(name).zip(self.to.table(name));
            tables.is_some_and(|(from, to)| without_search(from) == without_search(to))
        };
        is_same(&table.name) && kept.first().is_some_and(|first| is_same(&first.table))
    }
}

/// A table without what is of no concern to figures.
fn without_search(table: &TableDefinition) -> TableDefinition {
    TableDefinition { search: None, ..table.clone() }
}

fn all(schema: &Snapshot) -> impl Iterator<Item = (&TableDefinition, &FigureDefinition)> {
    schema.tables.iter().flat_map(|table| table.figures.iter().map(move |figure| (table, figure)))
}

/// Those together that are kept together.
fn together(schema: &Snapshot) -> impl Iterator<Item = (&TableDefinition, Vec<&FigureDefinition>)> {
    schema.tables.iter().flat_map(|table| table.figures_together().into_iter().map(move |kept| (table, kept)))
}

fn columns(kept: &[&FigureDefinition]) -> String {
    let names: Vec<_> = kept.iter().map(|figure| format!("`{}`", figure.column)).collect();
    listed(&names.iter().map(String::as_str).collect::<Vec<_>>())
}

/// Whether a schema keeps a figure that says the same, whatever it is called.
fn is_kept(schema: &Snapshot, table: &TableDefinition, figure: &FigureDefinition) -> bool {
    let says_the_same = |other: &FigureDefinition| {
        (&other.table, &other.column, &other.key, &other.amount)
            == (&figure.table, &figure.column, &figure.key, &figure.amount)
    };
    schema.table(&table.name).is_some_and(|there| there.figures.iter().any(says_the_same))
}
