//! What leads from one schema to another, in words and as statements. Pure: no database is asked.
//!
//! Nothing is guessed: a name that is gone is dropped and a new one is added, unless a declaration says with `was` that
//! they are one.

use super::{
    change::{Block, Change, Direction, Weight},
    checks::{CheckChanges, CheckStatements},
    column::{ColumnChange, Columns},
    exclusions::ExclusionChanges,
    figures::FigureChanges,
    searches::SearchChanges,
    snapshot::{ColumnRename, Renames, Snapshot},
};
use crate::{
    db::Dialect,
    sql::{self, ColumnDefinition, IndexDefinition, SchemaSyntax, TableDefinition},
};

/// Everything that leads from one schema to another.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Difference {
    /// What changes.
    pub changes: Vec<Change>,
    /// How it is done.
    pub blocks: Vec<Block>,
}

impl Difference {
    /// What leads from `from` to `to` in a database of this kind.
    #[must_use]
    pub fn between(dialect: Dialect, from: &Snapshot, to: &Snapshot, renames: &Renames, direction: Direction) -> Self {
        let (syntax, columns) = (dialect.schema(), Columns::new(dialect, direction));
        let mut comparison = Comparison { dialect, syntax, columns, direction, found: Self::default() };
        comparison.lead(from, to, renames);
        comparison.found
    }

    /// Whether there is nothing to do.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.blocks.is_empty()
    }

    /// What is of at least this weight, in words.
    #[must_use]
    pub fn at_least(&self, weight: Weight) -> Vec<&str> {
        self.changes.iter().filter(|change| change.weight >= weight).map(|change| change.words.as_str()).collect()
    }
}

/// A difference that is being found.
struct Comparison {
    dialect: Dialect,
    syntax: &'static dyn SchemaSyntax,
    columns: Columns,
    direction: Direction,
    found: Difference,
}

impl Comparison {
    fn lead(&mut self, from: &Snapshot, to: &Snapshot, renames: &Renames) {
        let figures = FigureChanges::between(self.dialect, from, to);
        let searches = SearchChanges::between(self.dialect, from, to, renames);
        self.found.blocks.extend(figures.before());
        self.found.blocks.extend(searches.before());
        let mut work = from.clone();
        for (before, name) in &renames.tables {
            self.rename_table(&mut work, before, name);
        }
        for rename in &renames.columns {
            self.rename_column(&mut work, rename);
        }
        self.found.changes.extend(figures.told(&work));
        self.found.changes.extend(searches.told(&work));
        // First, since what else changes may refer to them.
        let new = || to.tables.iter().filter(|table| work.table(&table.name).is_none());
        for table in new() {
            self.create(table);
        }
        self.run_all(
            "Now that all tables are there, what refers to them.",
            new().flat_map(|table| self.syntax.add_references(table)).collect(),
        );
        for table in &to.tables {
            if let Some(old) = work.table(&table.name) {
                self.change(old, table);
            }
        }
        let is_gone = |name: &str| to.table(name).is_none();
        let gone = || work.tables.iter().filter(|table| is_gone(&table.name));
        self.drop_references(gone(), is_gone);
        for table in gone() {
            let gone = if self.direction == Direction::Down { "goes again" } else { "is dropped" };
            let words = format!("{}: the table {gone}, with every row in it", table.name);
            self.alter(Weight::Loss, &words, sql::drop_table(&table.name));
        }
        self.found.blocks.extend(figures.after(&work));
        self.found.blocks.extend(searches.after());
    }

    fn say(&mut self, weight: Weight, words: &str) {
        self.found.changes.push(Change { weight, words: words.to_owned() });
    }

    fn run(&mut self, why: &str, sql: String) {
        self.found.blocks.push(Block { why: why.to_owned(), sql });
    }

    /// Runs statements that have one reason, which stands with the first.
    fn run_all(&mut self, why: &str, statements: Vec<String>) {
        for (position, sql) in statements.into_iter().enumerate() {
            self.run(if position == 0 { why } else { "" }, sql);
        }
    }

    fn alter(&mut self, weight: Weight, words: &str, sql: String) {
        self.say(weight, words);
        self.run(words, sql);
    }

    fn create(&mut self, table: &TableDefinition) {
        let is_back = self.direction == Direction::Down;
        let what = if is_back { "the table comes back; the rows it had cannot" } else { "a new table" };
        let words = format!("{}: {what}", table.name);
        self.alter(Weight::Addition, &words, self.syntax.create_table(table));
        for index in &table.indexes {
            self.run("", self.syntax.create_index(&table.name, index));
        }
        for exclusion in &table.exclusions {
            self.run_all(&format!("{}: {}", table.name, exclusion.words()), self.syntax.exclude(table, exclusion));
        }
    }

    /// Of tables that refer to each other, none could be dropped first.
    fn drop_references<'a>(
        &mut self,
        tables: impl Iterator<Item = &'a TableDefinition>,
        is_gone: impl Fn(&str) -> bool,
    ) {
        let mut statements = Vec::new();
        for table in tables {
            let leads_away = |column: &&ColumnDefinition| {
                let target = column.references.as_ref().map(|reference| reference.table.as_str());
                target.is_some_and(|target| target != table.name && is_gone(target))
            };
            let columns = table.columns.iter().filter(leads_away);
            statements.extend(columns.filter_map(|column| self.syntax.drop_reference(&table.name, column)));
        }
        self.run_all("First what refers from one table that goes to another.", statements);
    }

    fn rename_table(&mut self, work: &mut Snapshot, before: &str, name: &str) {
        let words = format!("{before}: the table is called `{name}`");
        self.alter(Weight::Alteration, &words, sql::rename_table(before, name));
        if let Some(table) = work.table(before) {
            self.run_all("", self.syntax.follow_table(table, name));
        }
        for table in &mut work.tables {
            if table.name == before {
                name.clone_into(&mut table.name);
            }
            let references = table.columns.iter_mut().filter_map(|column| column.references.as_mut());
            references.filter(|reference| reference.table == before).for_each(|reference| {
                name.clone_into(&mut reference.table);
            });
            table.figures.iter_mut().filter(|figure| figure.table == before).for_each(|figure| {
                name.clone_into(&mut figure.table);
            });
        }
    }

    fn rename_column(&mut self, work: &mut Snapshot, rename: &ColumnRename) {
        let ColumnRename { table, before, name, .. } = rename;
        let words = format!("{table}: `{before}` is called `{name}`");
        self.alter(Weight::Alteration, &words, sql::rename_column(table, before, name));
        for counted in &mut work.tables {
            let names = (before.as_str(), name.as_str());
            counted.figures.iter_mut().for_each(|figure| figure.rename_column(table, &counted.name, names));
        }
        let Some(table) = work.tables.iter_mut().find(|other| other.name == *table) else { return };
        if let Some(column) = table.columns.iter_mut().find(|column| column.name == *before) {
            self.run_all("", self.syntax.follow_column(&table.name, column, name));
            name.clone_into(&mut column.name);
        }
        table.indexes.iter_mut().for_each(|index| index.rename(before, name));
        table.checks.iter_mut().for_each(|check| check.rename(before, name));
        table.search.iter_mut().for_each(|search| search.rename(before, name));
        table.exclusions.iter_mut().for_each(|exclusion| exclusion.rename(before, name));
    }

    fn change(&mut self, old: &TableDefinition, new: &TableDefinition) {
        let changes = self.columns.compare(old, new);
        for change in &changes {
            self.say(change.weight, &format!("{}: {}", new.name, change.words));
        }
        for ColumnChange { words, offends, .. } in &changes {
            if let Some(condition) = offends {
                self.run(
                    &format!("{}: {words}: no row may stand against it", new.name),
                    sql::offenders(&new.name, condition),
                );
            }
        }
        let checks = CheckChanges::between(old, new, &changes);
        let exclusions = ExclusionChanges::between(old, new, &changes);
        let in_place: Option<Vec<_>> = changes.iter().map(|change| change.in_place.clone()).collect();
        let in_place = in_place.zip(checks.in_place(self.syntax, &new.name));
        if let Some((alterations, CheckStatements { before, after })) = in_place {
            // Over what is rewritten they are made again, after the rows were looked at.
            let is_made = |index: &IndexDefinition| !old.indexes.contains(index) || is_over_rewritten(index, &changes);
            self.found.blocks.extend(exclusions.before(self.syntax));
            self.found.blocks.extend(before);
            self.drop_indexes(old, |index| !new.indexes.contains(index) || is_over_rewritten(index, &changes));
            for (statements, change) in alterations.into_iter().zip(&changes) {
                self.run_all(&format!("{}: {}", new.name, change.words), statements);
            }
            self.make_indexes(old, new, &changes, is_made);
            self.found.blocks.extend(after);
            self.found.blocks.extend(exclusions.after(self.syntax));
        } else {
            self.replace(old, new, &changes, &checks);
            self.make_indexes(old, new, &changes, |_| true);
            self.found.blocks.extend(exclusions.anew(self.syntax));
        }
        self.say_indexes(old, new, &changes);
        self.found.changes.extend(checks.told(old, new));
        self.found.changes.extend(exclusions.told());
    }

    fn replace(
        &mut self,
        old: &TableDefinition,
        new: &TableDefinition,
        changes: &[ColumnChange],
        checks: &CheckChanges<'_>,
    ) {
        let value = |column: &ColumnDefinition| self.columns.value(old.column(&column.name), column);
        let values: Vec<_> = new.columns.iter().map(value).collect();
        let words = changes.iter().map(|change| change.words.clone()).chain(checks.words());
        let words: Vec<_> = words.map(|words| format!("\n  {words}")).collect();
        let why = format!(
            "{}: the table is made anew beside the old one, since in place it cannot change:{}",
            new.name,
            words.concat()
        );
        self.found.blocks.extend(checks.looks(new, &values));
        for (position, (reason, sql)) in self.syntax.replace(old, new, &values).into_iter().enumerate() {
            self.run(if position == 0 { &why } else { &reason }, sql);
        }
    }

    fn drop_indexes(&mut self, old: &TableDefinition, is_dropped: impl Fn(&IndexDefinition) -> bool) {
        for index in old.indexes.iter().filter(|index| is_dropped(index)) {
            self.run(
                &format!("{}: the index is not needed any more, or is made again below", old.name),
                sql::drop_index(&index.name),
            );
        }
    }

    fn make_indexes(
        &mut self,
        old: &TableDefinition,
        new: &TableDefinition,
        changes: &[ColumnChange],
        is_made: impl Fn(&IndexDefinition) -> bool,
    ) {
        let made: Vec<_> = new.indexes.iter().filter(|index| is_made(index)).collect();
        for (position, index) in made.into_iter().enumerate() {
            if index.unique && (is_changed(index, changes) || asks_more(index, old, new)) {
                self.run(&unique_words(new, index), sql::duplicates(&new.name, index));
            }
            let why = format!("{}: the indexes that its lists go along", new.name);
            self.run(if position == 0 { &why } else { "" }, self.syntax.create_index(&new.name, index));
        }
    }

    /// Says which indexes change although no column does, and which ask more of the rows than before.
    fn say_indexes(&mut self, old: &TableDefinition, new: &TableDefinition, changes: &[ColumnChange]) {
        for index in new.indexes.iter().filter(|index| !old.indexes.contains(index)) {
            if asks_more(index, old, new) {
                self.say(Weight::Loss, &unique_words(new, index));
            } else if !is_changed(index, changes) {
                self.say(Weight::Addition, &format!("{}: the index `{}` is made", new.name, index.name));
            }
        }
        for index in old.indexes.iter().filter(|index| !new.indexes.contains(index) && !is_changed(index, changes)) {
            self.say(Weight::Addition, &format!("{}: the index `{}` is dropped", old.name, index.name));
        }
    }
}

/// Whether an index is over a column whose values change.
fn is_over_rewritten(index: &IndexDefinition, changes: &[ColumnChange]) -> bool {
    changes.iter().any(|change| change.rewrites && index.covers(&change.column))
}

/// Whether an index is over a column that changes.
fn is_changed(index: &IndexDefinition, changes: &[ColumnChange]) -> bool {
    changes.iter().any(|change| index.covers(&change.column))
}

/// Whether an index refuses rows that were accepted before.
fn asks_more(index: &IndexDefinition, old: &TableDefinition, new: &TableDefinition) -> bool {
    let asked_as_much = |other: &IndexDefinition| other.only.is_none() || other.only == index.only;
    let was_unique = old.indexes.iter().any(|other| other.unique && other.keys == index.keys && asked_as_much(other));
    let holds_nothing_yet = new.columns.iter().any(|column| {
        index.covers(&column.name) && old.column(&column.name).is_none() && column.nullable && column.default.is_none()
    });
    index.unique && !was_unique && !holds_nothing_yet
}

fn unique_words(table: &TableDefinition, index: &IndexDefinition) -> String {
    format!("{}: no two rows may hold the same under `{}`", table.name, index.name)
}
