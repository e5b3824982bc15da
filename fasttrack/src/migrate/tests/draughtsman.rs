//! Random schemas, and random changes to them.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::{
    definitions::{compare, count, define, exclude, figure, leave_out_deleted, look_into, pairs, put, strictly, unite},
    *,
};
use crate::migrate::ColumnRename;

/// A column without its name; what it refers to is a place in the list of tables.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    pub(super) kind: u8,
    pub(super) nullable: bool,
    pub(super) default: bool,
    pub(super) target: u8,
    pub(super) index: u8,
}

/// A change to a schema; places are taken modulo what there is.
#[derive(Debug, Clone)]
pub(super) enum Op {
    DropColumn(u8, u8),
    AddColumn(u8, Draft),
    Retype(u8, u8, Draft),
    RenameColumn(u8, u8),
    RenameTable(u8),
    DropTable(u8),
    AddTable(Vec<Draft>),
    /// Two columns are unique together.
    Unite(u8, u8, u8),
    /// Two columns are compared, if they hold the same kind of value.
    Compare(u8, u8, u8),
    /// Rows do not overlap from one column to another one; of those perhaps that hold the same in a third one.
    Exclude(u8, u8, u8, u8),
    /// Rows are counted into what they refer to; a third number says how.
    Count(u8, u8, u8, u8),
    /// Words are found in a column, or not any more.
    Search(u8, u8),
    /// Rows of one table belong to those of another one.
    Pair(u8, u8),
    /// Deleted rows are kept.
    Keep(u8),
}

pub(super) fn draft() -> impl Strategy<Value = Draft> {
    (0..15_u8, any::<bool>(), any::<bool>(), any::<u8>(), 0..6_u8)
        .prop_map(|(kind, nullable, default, target, index)| Draft { kind, nullable, default, target, index })
}

pub(super) fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        1 => (any::<u8>(), any::<u8>()).prop_map(|(t, c)| Op::DropColumn(t, c)),
        1 => (any::<u8>(), draft()).prop_map(|(t, draft)| Op::AddColumn(t, draft)),
        3 => (any::<u8>(), any::<u8>(), draft()).prop_map(|(t, c, draft)| Op::Retype(t, c, draft)),
        1 => (any::<u8>(), any::<u8>()).prop_map(|(t, c)| Op::RenameColumn(t, c)),
        1 => any::<u8>().prop_map(Op::RenameTable),
        1 => any::<u8>().prop_map(Op::DropTable),
        1 => prop::collection::vec(draft(), 0..3).prop_map(Op::AddTable),
        2 => (any::<u8>(), any::<u8>(), any::<u8>()).prop_map(|(t, one, other)| Op::Unite(t, one, other)),
        4 => (any::<u8>(), any::<u8>(), any::<u8>()).prop_map(|(t, one, other)| Op::Compare(t, one, other)),
        4 => (any::<u8>(), any::<u8>(), any::<u8>(), any::<u8>()).prop_map(|(t, a, b, c)| Op::Exclude(t, a, b, c)),
        4 => (any::<u8>(), any::<u8>(), any::<u8>(), any::<u8>()).prop_map(|(t, a, b, how)| Op::Count(t, a, b, how)),
        3 => (any::<u8>(), any::<u8>()).prop_map(|(t, c)| Op::Search(t, c)),
        2 => (any::<u8>(), any::<u8>()).prop_map(|(t, other)| Op::Pair(t, other)),
        2 => any::<u8>().prop_map(Op::Keep),
    ]
}

/// A schema on its way to another one.
pub(super) struct Draughtsman {
    pub(super) schema: Snapshot,
    names: usize,
    /// What each table was called, and each of its columns.
    tables: BTreeMap<String, String>,
    columns: BTreeMap<(String, String), String>,
    tallies: Vec<Tally>,
    /// Tables of pairs, by name.
    pairs: BTreeSet<String>,
}

/// A figure that is kept: of which rows, in which column of what they refer to.
struct Tally {
    counted: String,
    key: String,
    table: String,
    column: String,
    /// A column of the rows, and whether it is added up.
    of: Option<(String, bool)>,
}

impl Draughtsman {
    /// Begins with what these drafts and changes lead to.
    pub(super) fn new(drafts: &[Vec<Draft>], ops: &[Op]) -> Self {
        let mut this = Self {
            schema: Snapshot::default(),
            names: 0,
            tables: BTreeMap::new(),
            columns: BTreeMap::new(),
            tallies: Vec::new(),
            pairs: BTreeSet::new(),
        };
        this.schema.tables.push(table("users", &[]));
        for drafts in drafts {
            this.add_table(drafts);
        }
        for op in ops {
            this.apply(op);
        }
        (this.tables, this.columns) = (BTreeMap::new(), BTreeMap::new());
        for table in &this.schema.tables {
            this.tables.insert(table.name.clone(), table.name.clone());
            let columns = table.columns.iter().map(|column| &column.name);
            this.columns.extend(columns.map(|name| ((table.name.clone(), name.clone()), name.clone())));
        }
        this
    }

    fn name(&mut self, prefix: &str) -> String {
        self.names += 1;
        format!("{prefix}{}", self.names)
    }

    fn known(&self) -> Vec<String> {
        self.schema.tables.iter().map(|table| table.name.clone()).collect()
    }

    fn add_table(&mut self, drafts: &[Draft]) {
        let (name, known) = (self.name("t"), self.known());
        let mut made = table(&name, &[]);
        for draft in drafts {
            let column = define(&self.name("c"), draft, &known);
            put(&mut made, column, draft);
        }
        self.schema.tables.push(made);
    }

    /// The table at a place, `users` and pairs aside.
    fn place(&self, at: u8) -> Option<usize> {
        let is_free = |at: &usize| !self.pairs.contains(&self.schema.tables[*at].name);
        let others: Vec<_> = (1..self.schema.tables.len()).filter(is_free).collect();
        (!others.is_empty()).then(|| others[usize::from(at) % others.len()])
    }

    fn column(&self, table: usize, at: u8) -> Option<String> {
        let columns = &self.schema.tables[table].columns;
        (columns.len() > 1).then(|| columns[usize::from(at) % (columns.len() - 1) + 1].name.clone())
    }

    /// A column that clients write, of which more may be said.
    fn own_column(&self, table: usize, at: u8) -> Option<String> {
        let name = self.column(table, at)?;
        let table = &self.schema.tables[table];
        let is_kept = self.tallies.iter().any(|tally| (&tally.table, &tally.column) == (&table.name, &name));
        let is_own = table.column(&name)?.holds != Holds::DeletedAt && !is_kept;
        is_own.then_some(name)
    }

    pub(super) fn apply(&mut self, op: &Op) {
        self.change(op);
        let schema = &self.schema;
        self.tallies.retain(|tally| {
            let leads_there = |key: &ForeignKey| key.table == tally.table;
            let counted = schema.table(&tally.counted).and_then(|table| table.column(&tally.key));
            let has_column = schema.table(&tally.table).is_some_and(|table| table.column(&tally.column).is_some());
            has_column && counted.and_then(|column| column.references.as_ref()).is_some_and(leads_there)
        });
        // What is compared no longer is, or differently.
        for table in &mut self.schema.tables {
            let again = |check: &CheckDefinition| {
                let (one, other) = (&check.columns[0], &check.columns[1]);
                let is_order = check.name.ends_with("_order");
                compare(table, one, other).map(|made| if is_order { strictly(table, one, other) } else { made })
            };
            let checks = table.checks.iter().filter_map(again).collect();
            let again = |one: &ExclusionDefinition| exclude(table, &one.start, &one.end, one.per.first());
            let exclusions = table.exclusions.iter().filter_map(again).collect();
            (table.checks, table.exclusions) = (checks, exclusions);
            let own = self.tallies.iter().filter(|tally| tally.counted == table.name);
            let kept = own.filter_map(|tally| {
                let of = tally.of.as_ref().map(|(name, is_sum)| (name.as_str(), *is_sum));
                count(table, &tally.key, &tally.column, of)
            });
            table.figures = kept.collect();
            let searched = table.search.take().map(|search| search.columns).unwrap_or_default();
            look_into(table, searched.into_iter().collect());
            leave_out_deleted(table);
        }
    }

    fn change(&mut self, op: &Op) -> Option<()> {
        match op {
            Op::AddTable(drafts) => self.add_table(drafts),
            Op::AddColumn(t, draft) => {
                let (at, known, name) = (self.place(*t)?, self.known(), self.name("c"));
                put(&mut self.schema.tables[at], define(&name, draft, &known), draft);
            }
            Op::Retype(t, c, draft) => {
                let (at, known) = (self.place(*t)?, self.known());
                let name = self.own_column(at, *c)?;
                put(&mut self.schema.tables[at], define(&name, draft, &known), draft);
            }
            Op::DropColumn(t, c) => {
                let at = self.place(*t)?;
                let name = self.column(at, *c)?;
                self.drop_column(at, &name);
            }
            Op::RenameColumn(t, c) => {
                let at = self.place(*t)?;
                let (old, new) = (self.column(at, *c)?, self.name("c"));
                self.rename_column(at, &old, &new);
            }
            Op::RenameTable(t) => {
                let (at, new) = (self.place(*t)?, self.name("t"));
                self.rename_table(at, &new);
            }
            Op::Unite(t, one, other) => {
                let at = self.place(*t)?;
                let (one, other) = (self.own_column(at, *one)?, self.own_column(at, *other)?);
                unite(&mut self.schema.tables[at], vec![quote(&one), quote(&other)]);
            }
            Op::Compare(t, one, other) => {
                let at = self.place(*t)?;
                let (one, other) = (self.own_column(at, *one)?, self.own_column(at, *other)?);
                let table = &mut self.schema.tables[at];
                let check = compare(table, &one, &other)?;
                if !table.checks.contains(&check) {
                    table.checks.push(check);
                }
            }
            Op::Exclude(t, start, end, per) => self.keep_apart(*t, [*start, *end, *per])?,
            Op::Count(t, key, of, how) => self.count(*t, [*key, *of], *how)?,
            Op::Search(..) | Op::Pair(..) | Op::Keep(..) => self.declare(op)?,
            Op::DropTable(t) => self.drop_table(*t)?,
        }
        Some(())
    }

    fn keep_apart(&mut self, t: u8, columns: [u8; 3]) -> Option<()> {
        let at = self.place(t)?;
        let [start, end, per] = columns.map(|column| self.own_column(at, column));
        let (start, end, per) = (start?, end?, per?);
        let table = &mut self.schema.tables[at];
        let excluded = exclude(table, &start, &end, Some(&per).filter(|per| **per != start && **per != end))?;
        let order = strictly(table, &start, &end);
        if !table.exclusions.contains(&excluded) {
            table.exclusions.push(excluded);
            table.checks.retain(|check| check.name != order.name);
            table.checks.push(order);
        }
        Some(())
    }

    /// What is said of a table besides its columns.
    fn declare(&mut self, op: &Op) -> Option<()> {
        match op {
            Op::Search(t, c) => {
                let at = self.place(*t)?;
                let name = self.own_column(at, *c)?;
                let table = &mut self.schema.tables[at];
                let mut columns: BTreeSet<_> = table.search.iter().flat_map(|one| one.columns.clone()).collect();
                if !columns.remove(&name) {
                    columns.insert(name);
                }
                look_into(table, columns);
            }
            Op::Pair(t, other) => {
                let [from, to] = [self.place(*t)?, self.place(*other)?].map(|at| self.schema.tables[at].name.clone());
                let name = self.name(&format!("{from}_s"));
                self.schema.tables.push(pairs(&name, &from, &to));
                self.pairs.insert(name);
            }
            Op::Keep(t) => {
                let (at, name) = (self.place(*t)?, self.name("d"));
                let table = &mut self.schema.tables[at];
                if table.columns.iter().all(|column| column.holds != Holds::DeletedAt) {
                    table.columns.push(nullable(column(&name, Holds::DeletedAt)));
                }
            }
            _ => {}
        }
        Some(())
    }

    fn count(&mut self, t: u8, [key, of]: [u8; 2], how: u8) -> Option<()> {
        let at = self.place(t)?;
        let (key, of) = (self.own_column(at, key)?, self.own_column(at, of)?);
        let counted = self.schema.tables[at].name.clone();
        let table = self.schema.tables[at].column(&key)?.references.as_ref()?.table.clone();
        let column = self.name("n");
        let target = self.schema.tables.iter_mut().find(|other| other.name == table)?;
        target.columns.push(figure(&column));
        let of = (!how.is_multiple_of(3)).then_some((of, how % 3 == 1));
        self.tallies.push(Tally { counted, key, table, column, of });
        Some(())
    }

    /// What refers to it goes, and pairs of its rows.
    fn drop_table(&mut self, t: u8) -> Option<()> {
        let gone = self.schema.tables.remove(self.place(t)?).name;
        let refers = |column: &ColumnDefinition| column.references.as_ref().is_some_and(|key| key.table == gone);
        let pairs = &mut self.pairs;
        self.schema.tables.retain(|table| !(table.columns.iter().any(refers) && pairs.remove(&table.name)));
        for at in 0..self.schema.tables.len() {
            let columns = self.schema.tables[at].columns.clone();
            for column in columns.iter().filter(|column| refers(column)) {
                self.drop_column(at, &column.name);
            }
        }
        Some(())
    }

    fn drop_column(&mut self, at: usize, name: &str) {
        let table = &mut self.schema.tables[at];
        // Which rows an index is over is said anew.
        table.indexes.iter_mut().for_each(|index| index.only = None);
        table.columns.retain(|column| column.name != name);
        table.indexes.retain(|index| !index.covers(name));
    }

    fn rename_column(&mut self, at: usize, old: &str, new: &str) {
        let table = &mut self.schema.tables[at];
        let indexes = std::mem::take(&mut table.indexes);
        for other in indexes.into_iter().map(|index| IndexDefinition { only: None, ..index }) {
            match other.keys.as_slice() {
                _ if !other.covers(old) => table.indexes.push(other),
                [_] => index(table, new, other.unique),
                keys => unite(table, keys.iter().map(|key| key.replace(&quote(old), &quote(new))).collect()),
            }
        }
        table.checks.iter_mut().for_each(|check| check.rename(old, new));
        table.exclusions.iter_mut().for_each(|one| one.rename(old, new));
        table.search.iter_mut().for_each(|search| search.rename(old, new));
        for tally in &mut self.tallies {
            let of = tally.of.iter_mut().map(|(name, _)| name);
            let own = of.chain([&mut tally.key]).filter(|_| tally.counted == table.name);
            let kept = Some(&mut tally.column).filter(|_| tally.table == table.name);
            own.chain(kept).filter(|name| *name == old).for_each(|name| new.clone_into(name));
        }
        table.columns.iter_mut().filter(|column| column.name == old).for_each(|column| column.name = new.to_owned());
        if let Some(before) = self.columns.remove(&(table.name.clone(), old.to_owned())) {
            self.columns.insert((table.name.clone(), new.to_owned()), before);
        }
    }

    fn rename_table(&mut self, at: usize, new: &str) {
        let old = std::mem::replace(&mut self.schema.tables[at].name, new.to_owned());
        for column in self.schema.tables.iter_mut().flat_map(|table| &mut table.columns) {
            column.references.iter_mut().filter(|key| key.table == old).for_each(|key| key.table = new.to_owned());
        }
        for tally in &mut self.tallies {
            [&mut tally.counted, &mut tally.table]
                .into_iter()
                .filter(|name| **name == old)
                .for_each(|name| new.clone_into(name));
        }
        if let Some(before) = self.tables.remove(&old) {
            self.tables.insert(new.to_owned(), before);
        }
        let moved: Vec<_> = self.columns.keys().filter(|(table, _)| *table == old).cloned().collect();
        for key in moved {
            let before = self.columns.remove(&key).unwrap();
            self.columns.insert((new.to_owned(), key.1), before);
        }
        let own: Vec<_> =
            self.pairs.iter().filter_map(|pairs| Some((pairs.clone(), pairs.strip_prefix(&old)?.to_owned()))).collect();
        for (pairs, rest) in own.into_iter().filter(|(_, rest)| rest.starts_with("_s")) {
            self.pairs.remove(&pairs);
            let name = format!("{new}{rest}");
            self.pairs.insert(name.clone());
            if let Some(at) = self.schema.tables.iter().position(|table| table.name == pairs) {
                self.rename_table(at, &name);
            }
        }
    }

    /// What was renamed on the way from the schema that it began with, as far as it is still there.
    pub(super) fn renames(&self) -> Renames {
        let mut renames = Renames::default();
        for table in &self.schema.tables {
            let Some(table_before) = self.tables.get(&table.name) else { continue };
            if *table_before != table.name {
                renames.tables.push((table_before.clone(), table.name.clone()));
            }
            for column in &table.columns {
                let before = self.columns.get(&(table.name.clone(), column.name.clone()));
                renames.columns.extend(before.filter(|before| **before != column.name).map(|before| ColumnRename {
                    table_before: table_before.clone(),
                    table: table.name.clone(),
                    before: before.clone(),
                    name: column.name.clone(),
                }));
            }
        }
        renames
    }
}
