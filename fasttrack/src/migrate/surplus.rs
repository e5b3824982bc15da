//! What a database holds and a schema does not say, where a program that knows that schema alone can go on beside it: a
//! newer program added it. What such a program may not write past is no surplus, and stays a difference.

use super::snapshot::Snapshot;
use crate::sql::{
    CheckDefinition, ColumnDefinition, ExclusionDefinition, FigureDefinition, IndexDefinition, SearchDefinition,
    TableDefinition,
};

/// What is there beyond a schema, and in nobody's way.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Surplus {
    /// Whole tables.
    tables: Vec<TableDefinition>,
    /// Columns, indexes and constraints of tables that the schema has.
    parts: Vec<Parts>,
}

/// What a table has beyond its definition.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Parts {
    table: String,
    columns: Vec<ColumnDefinition>,
    indexes: Vec<IndexDefinition>,
    checks: Vec<CheckDefinition>,
    exclusions: Vec<ExclusionDefinition>,
    figures: Vec<FigureDefinition>,
    search: Option<SearchDefinition>,
}

impl Surplus {
    /// What `there` has beyond `known`.
    ///
    /// A column is of it that fills itself when a row is made without it; an index that refuses no row which holds nothing
    /// in such columns, unless it is over known ones alone, where a refusal is told as any other.
    #[must_use]
    pub fn of(there: &Snapshot, known: &Snapshot) -> Self {
        let mut surplus = Self::default();
        for table in &there.tables {
            match known.table(&table.name) {
                None => surplus.tables.push(table.clone()),
                Some(known) => surplus.parts.extend(Parts::of(table, known)),
            }
        }
        surplus
    }

    /// Leaves out what a schema has: that was taken away from it.
    #[must_use]
    pub fn not_in(mut self, schema: &Snapshot) -> Self {
        self.tables.retain(|table| schema.table(&table.name).is_none());
        for parts in &mut self.parts {
            let Some(known) = schema.table(&parts.table) else { continue };
            parts.columns.retain(|column| known.column(&column.name).is_none());
            parts.indexes.retain(|index| known.indexes.iter().all(|other| other.name != index.name));
            parts.checks.retain(|check| known.checks.iter().all(|other| other.name != check.name));
            parts.exclusions.retain(|one| known.exclusions.iter().all(|other| other.name != one.name));
            parts.figures.retain(|one| !known.figures.iter().any(|other| other.is_of_the_same_column(one)));
            parts.search = parts.search.take().filter(|_| known.search.is_none());
        }
        self.parts.retain(Parts::is_any);
        self
    }

    /// Whether there is nothing of it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.tables.is_empty() && self.parts.is_empty()
    }

    /// Whether a schema has any of it, by its name.
    #[must_use]
    pub fn touches(&self, schema: &Snapshot) -> bool {
        self.clone().not_in(schema) != *self
    }

    /// A schema and this. What is of a table that the schema has no more is left out.
    #[must_use]
    pub fn added_to(&self, schema: &Snapshot) -> Snapshot {
        let mut all = schema.clone();
        all.tables.extend(self.tables.iter().cloned());
        for parts in &self.parts {
            if let Some(table) = all.tables.iter_mut().find(|table| table.name == parts.table) {
                table.columns.extend(parts.columns.iter().cloned());
                table.indexes.extend(parts.indexes.iter().cloned());
                table.checks.extend(parts.checks.iter().cloned());
                table.exclusions.extend(parts.exclusions.iter().cloned());
                table.figures.extend(parts.figures.iter().cloned());
                table.search = table.search.take().or_else(|| parts.search.clone());
            }
        }
        all
    }

    /// A schema without this.
    #[must_use]
    pub fn taken_from(&self, schema: &Snapshot) -> Snapshot {
        let mut rest = schema.clone();
        rest.tables.retain(|table| self.tables.iter().all(|other| other.name != table.name));
        for parts in &self.parts {
            if let Some(table) = rest.tables.iter_mut().find(|table| table.name == parts.table) {
                table.columns.retain(|column| !parts.columns.contains(column));
                table.indexes.retain(|index| !parts.indexes.contains(index));
                table.checks.retain(|check| !parts.checks.contains(check));
                table.exclusions.retain(|one| !parts.exclusions.contains(one));
                table.figures.retain(|one| !parts.figures.contains(one));
                table.search = table.search.take().filter(|_| parts.search.is_none());
            }
        }
        rest
    }

    /// What of it is of a table, in words.
    pub(super) fn in_table(&self, table: &str) -> Vec<String> {
        let tables = self.tables.iter().filter(|other| other.name == table);
        let parts = self.parts.iter().filter(|parts| parts.table == table);
        let tables = tables.map(|table| format!("the table `{}`", table.name));
        tables.chain(parts.flat_map(Parts::words)).collect()
    }

    /// What of it is of tables that a schema has no more, in words.
    pub(super) fn without_a_table(&self, schema: &Snapshot) -> Vec<String> {
        let homeless = self.parts.iter().filter(|parts| schema.table(&parts.table).is_none());
        homeless.flat_map(Parts::words).collect()
    }

    /// What it is, for people.
    #[must_use]
    pub fn words(&self) -> Vec<String> {
        let tables = self.tables.iter().map(|table| format!("the table `{}`", table.name));
        tables.chain(self.parts.iter().flat_map(Parts::words)).collect()
    }

    /// The same without indexes, which hold nothing.
    #[must_use]
    pub fn without_indexes(mut self) -> Self {
        self.parts.iter_mut().for_each(|parts| parts.indexes.clear());
        self.parts.retain(Parts::is_any);
        self
    }
}

impl Parts {
    fn words(&self) -> impl Iterator<Item = String> {
        let columns = self.columns.iter().map(|column| format!("`{}` of `{}`", column.name, self.table));
        let constraints =
            self.checks.iter().map(|check| &check.name).chain(self.exclusions.iter().map(|one| &one.name));
        let constraints = constraints.map(|name| format!("the constraint `{name}`"));
        let figures = self.figures.iter().map(|one| format!("what keeps `{}` of `{}`", one.column, one.table));
        let search = self.search.iter().map(|_| format!("the index of words of `{}`", self.table));
        let constraints = constraints.chain(figures).chain(search);
        columns.chain(self.indexes.iter().map(|index| format!("the index `{}`", index.name))).chain(constraints)
    }

    fn is_any(&self) -> bool {
        let has_constraints = !self.checks.is_empty() || !self.exclusions.is_empty() || !self.figures.is_empty();
        !self.columns.is_empty() || !self.indexes.is_empty() || has_constraints || self.search.is_some()
    }

    fn of(there: &TableDefinition, known: &TableDefinition) -> Option<Self> {
        let is_new = |column: &&ColumnDefinition| known.column(&column.name).is_none();
        let fills_itself = |column: &&ColumnDefinition| column.nullable || column.default.is_some();
        let columns: Vec<_> = there.columns.iter().filter(is_new).filter(fills_itself).cloned().collect();
        let is_in_the_way = |index: &IndexDefinition| {
            let new: Vec<_> = there.columns.iter().filter(is_new).filter(|column| index.covers(&column.name)).collect();
            index.unique && !new.is_empty() && new.iter().all(|column| column.default.is_some())
        };
        let is_known = |index: &IndexDefinition| known.indexes.iter().any(|other| other.name == index.name);
        let indexes = there.indexes.iter().filter(|index| !is_known(index) && !is_in_the_way(index));
        let indexes: Vec<_> = indexes.cloned().collect();
        // One that the program does not know refuses what it may write as well, and that is told as any other refusal.
        let is_there = |name: &String| known.column(name).or(find(&columns, name)).is_some();
        let is_within = |check: &&CheckDefinition| check.columns.iter().all(is_there);
        let is_other = |check: &&CheckDefinition| known.checks.iter().all(|other| other.name != check.name);
        let checks: Vec<_> = there.checks.iter().filter(is_other).filter(is_within).cloned().collect();
        let is_other = |one: &&ExclusionDefinition| known.exclusions.iter().all(|other| other.name != one.name);
        let exclusions = there.exclusions.iter().filter(is_other).filter(|one| one.columns().all(is_there));
        let exclusions: Vec<_> = exclusions.cloned().collect();
        let is_other = |one: &&FigureDefinition| !known.figures.iter().any(|other| other.is_of_the_same_column(one));
        let figures = there.figures.iter().filter(is_other).filter(|one| one.columns.iter().all(is_there));
        let figures = figures.cloned().collect();
        let search = there.search.clone().filter(|one| known.search.is_none() && one.columns.iter().all(is_there));
        let parts = Self { table: there.name.clone(), columns, indexes, checks, exclusions, figures, search };
        parts.is_any().then_some(parts)
    }
}

fn find<'a>(columns: &'a [ColumnDefinition], name: &str) -> Option<&'a ColumnDefinition> {
    columns.iter().find(|column| column.name == name)
}
