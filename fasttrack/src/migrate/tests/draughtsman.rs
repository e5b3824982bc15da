//! Random schemas, and random changes to them.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;
use crate::migrate::ColumnRename;

/// A column without its name; what it refers to is a place in the list of tables.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    kind: u8,
    nullable: bool,
    default: bool,
    target: u8,
    index: u8,
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
    ]
}

fn define(name: &str, draft: &Draft, tables: &[String]) -> ColumnDefinition {
    let on_delete = if draft.nullable { OnDelete::SetNull } else { OnDelete::Cascade };
    let (mut column, default) = match draft.kind {
        0 => (column(name, Holds::Text), Some("'it''s, (so)'")),
        1 => (column(name, Holds::Int), Some("7")),
        2 => (column(name, Holds::Float), Some("5e-1")),
        3 => (column(name, Holds::Bool), Some("1")),
        4 => (choice(name, &["a", "b", "c"]), Some("'b'")),
        5 => (choice(name, &["c", "a"]), Some("'a'")),
        6 => (column(name, Holds::Date), Some("'2026-01-02'")),
        7 => (column(name, Holds::Json), Some("'null'")),
        8 => (decimal(name, 2), Some("100")),
        9 => (decimal(name, 4), Some("100")),
        10 => (column(name, Holds::Uuid), None),
        11 => (column(name, Holds::Duration), Some("60")),
        12 => (column(name, Holds::Texts), Some("'[\"a\"]'")),
        13 => (column(name, Holds::Integers), Some("'[1]'")),
        _ => {
            let target = tables.get(usize::from(draft.target) % tables.len().max(1));
            (relation(name, target.map_or("users", String::as_str), on_delete), None)
        }
    };
    column.nullable = draft.nullable;
    column.default = default.filter(|_| draft.default).map(str::to_owned);
    column
}

fn put(table: &mut TableDefinition, column: ColumnDefinition, draft: &Draft) {
    let key = column.name.clone();
    table.columns.retain(|other| other.name != key);
    table.indexes.retain(|index| !index.covers(&key));
    table.columns.push(column);
    if draft.index < 2 {
        index(table, &key, draft.index == 0);
    }
}

/// A unique index over several columns, unless it is there.
fn unite(table: &mut TableDefinition, keys: Vec<String>) {
    let name = format!("{}_{}_unique", table.name, keys.join("_").replace('"', ""));
    if table.indexes.iter().all(|index| index.name != name) && keys.iter().collect::<BTreeSet<_>>().len() == keys.len()
    {
        table.indexes.push(IndexDefinition { name, unique: true, inverted: false, keys, only: None });
    }
}

/// What compares two columns of one kind, as `SQLite` has it.
fn compare(table: &TableDefinition, one: &str, other: &str) -> Option<CheckDefinition> {
    let (first, second) = (table.column(one)?, table.column(other)?);
    let op = match first.holds {
        Holds::Int | Holds::Float | Holds::Decimal | Holds::Date => "<=",
        Holds::Text | Holds::Bool | Holds::Choice => "<>",
        _ => return None,
    };
    if (first.holds, first.scale) != (second.holds, second.scale) || one == other {
        return None;
    }
    let condition = format!("{} {op} {}", quote(one), quote(other));
    let condition = if first.nullable || second.nullable { format!("({condition}) IS NOT FALSE") } else { condition };
    let name = format!("{}_{one}_{other}_ck", table.name);
    Some(CheckDefinition { name, condition, columns: vec![one.to_owned(), other.to_owned()] })
}

/// That rows begin before they end.
fn strictly(table: &TableDefinition, start: &str, end: &str) -> CheckDefinition {
    let condition = format!("{} < {}", quote(start), quote(end));
    let name = format!("{}_{start}_{end}_order", table.name);
    CheckDefinition { name, condition, columns: vec![start.to_owned(), end.to_owned()] }
}

/// What keeps rows apart, if these columns can.
fn exclude(table: &TableDefinition, start: &str, end: &str, per: Option<&String>) -> Option<ExclusionDefinition> {
    let ends = [table.column(start)?, table.column(end)?];
    let are_ends =
        ends.iter().all(|column| matches!(column.holds, Holds::Int | Holds::Decimal | Holds::Date) && !column.nullable);
    let are_alike = (ends[0].holds, ends[0].scale) == (ends[1].holds, ends[1].scale);
    if !are_ends || !are_alike || start == end {
        return None;
    }
    let is_point = |name: &&String| {
        table.column(name).is_some_and(|column| {
            !matches!(column.holds, Holds::Float | Holds::Json | Holds::Texts | Holds::Integers | Holds::Id)
        })
    };
    let per: Vec<_> = per.filter(is_point).cloned().into_iter().collect();
    let name = format!("{}_{}_{start}_{end}_excl", table.name, per.concat());
    Some(ExclusionDefinition { name, start: start.to_owned(), end: end.to_owned(), per, unless: None })
}

/// A schema on its way to another one.
pub(super) struct Draughtsman {
    pub(super) schema: Snapshot,
    names: usize,
    /// What each table was called, and each of its columns.
    tables: BTreeMap<String, String>,
    columns: BTreeMap<(String, String), String>,
}

impl Draughtsman {
    pub(super) fn new(drafts: &[Vec<Draft>]) -> Self {
        let mut this =
            Self { schema: Snapshot::default(), names: 0, tables: BTreeMap::new(), columns: BTreeMap::new() };
        this.schema.tables.push(table("users", &[]));
        for drafts in drafts {
            this.add_table(drafts);
        }
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

    /// The table at a place, `users` aside.
    fn place(&self, at: u8) -> Option<usize> {
        let others = self.schema.tables.len() - 1;
        (others > 0).then(|| usize::from(at) % others + 1)
    }

    fn column(&self, table: usize, at: u8) -> Option<String> {
        let columns = &self.schema.tables[table].columns;
        (columns.len() > 1).then(|| columns[usize::from(at) % (columns.len() - 1) + 1].name.clone())
    }

    pub(super) fn apply(&mut self, op: &Op) {
        self.change(op);
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
                let name = self.column(at, *c)?;
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
                let (one, other) = (self.column(at, *one)?, self.column(at, *other)?);
                unite(&mut self.schema.tables[at], vec![quote(&one), quote(&other)]);
            }
            Op::Compare(t, one, other) => {
                let at = self.place(*t)?;
                let (one, other) = (self.column(at, *one)?, self.column(at, *other)?);
                let table = &mut self.schema.tables[at];
                let check = compare(table, &one, &other)?;
                if !table.checks.contains(&check) {
                    table.checks.push(check);
                }
            }
            Op::Exclude(t, start, end, per) => self.keep_apart(*t, [*start, *end, *per])?,
            Op::DropTable(t) => {
                let gone = self.schema.tables.remove(self.place(*t)?).name;
                let refers =
                    |column: &ColumnDefinition| column.references.as_ref().is_some_and(|key| key.table == gone);
                for at in 0..self.schema.tables.len() {
                    let columns = self.schema.tables[at].columns.clone();
                    for column in columns.iter().filter(|column| refers(column)) {
                        self.drop_column(at, &column.name);
                    }
                }
            }
        }
        Some(())
    }

    fn keep_apart(&mut self, t: u8, columns: [u8; 3]) -> Option<()> {
        let at = self.place(t)?;
        let [start, end, per] = columns.map(|column| self.column(at, column));
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

    fn drop_column(&mut self, at: usize, name: &str) {
        let table = &mut self.schema.tables[at];
        table.columns.retain(|column| column.name != name);
        table.indexes.retain(|index| !index.covers(name));
    }

    fn rename_column(&mut self, at: usize, old: &str, new: &str) {
        let table = &mut self.schema.tables[at];
        let indexes = std::mem::take(&mut table.indexes);
        for other in indexes {
            match other.keys.as_slice() {
                _ if !other.covers(old) => table.indexes.push(other),
                [_] => index(table, new, other.unique),
                keys => unite(table, keys.iter().map(|key| key.replace(&quote(old), &quote(new))).collect()),
            }
        }
        table.checks.iter_mut().for_each(|check| check.rename(old, new));
        table.exclusions.iter_mut().for_each(|one| one.rename(old, new));
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
        if let Some(before) = self.tables.remove(&old) {
            self.tables.insert(new.to_owned(), before);
        }
        let moved: Vec<_> = self.columns.keys().filter(|(table, _)| *table == old).cloned().collect();
        for key in moved {
            let before = self.columns.remove(&key).unwrap();
            self.columns.insert((new.to_owned(), key.1), before);
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
