//! Random schemas, random changes, rows in between: what is made by going is what would be made afresh, what need not be
//! lost is not, and the way back leads back.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::migrate::ColumnRename;

/// A column without its name; what it refers to is a place in the list of tables.
#[derive(Debug, Clone)]
struct Draft {
    kind: u8,
    nullable: bool,
    default: bool,
    target: u8,
    index: u8,
}

/// A change to a schema; places are taken modulo what there is.
#[derive(Debug, Clone)]
enum Op {
    DropColumn(u8, u8),
    AddColumn(u8, Draft),
    Retype(u8, u8, Draft),
    RenameColumn(u8, u8),
    RenameTable(u8),
    DropTable(u8),
    AddTable(Vec<Draft>),
}

fn draft() -> impl Strategy<Value = Draft> {
    (0..9_u8, any::<bool>(), any::<bool>(), any::<u8>(), 0..6_u8)
        .prop_map(|(kind, nullable, default, target, index)| Draft { kind, nullable, default, target, index })
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        1 => (any::<u8>(), any::<u8>()).prop_map(|(t, c)| Op::DropColumn(t, c)),
        1 => (any::<u8>(), draft()).prop_map(|(t, draft)| Op::AddColumn(t, draft)),
        3 => (any::<u8>(), any::<u8>(), draft()).prop_map(|(t, c, draft)| Op::Retype(t, c, draft)),
        1 => (any::<u8>(), any::<u8>()).prop_map(|(t, c)| Op::RenameColumn(t, c)),
        1 => any::<u8>().prop_map(Op::RenameTable),
        1 => any::<u8>().prop_map(Op::DropTable),
        1 => prop::collection::vec(draft(), 0..3).prop_map(Op::AddTable),
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

/// A schema on its way to another one.
struct Draughtsman {
    schema: Snapshot,
    names: usize,
    /// What each table was called, and each of its columns.
    tables: BTreeMap<String, String>,
    columns: BTreeMap<(String, String), String>,
}

impl Draughtsman {
    fn new(drafts: &[Vec<Draft>]) -> Self {
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

    fn apply(&mut self, op: &Op) -> Option<()> {
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

    fn drop_column(&mut self, at: usize, name: &str) {
        let table = &mut self.schema.tables[at];
        table.columns.retain(|column| column.name != name);
        table.indexes.retain(|index| !index.covers(name));
    }

    fn rename_column(&mut self, at: usize, old: &str, new: &str) {
        let table = &mut self.schema.tables[at];
        let indexes = std::mem::take(&mut table.indexes);
        for other in indexes {
            if other.covers(old) { index(table, new, other.unique) } else { table.indexes.push(other) }
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
    fn renames(&self) -> Renames {
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

/// Values of a kind, as SQL; what they refer to is whatever there is.
fn value(column: &ColumnDefinition, seed: u8) -> String {
    let pick = |values: &[&str]| values[usize::from(seed) % values.len()].to_owned();
    match column.holds {
        _ if column.nullable && seed.is_multiple_of(4) => "NULL".to_owned(),
        Holds::Text => pick(&["''", "'12'", "'1.5'", "'null'", "'{}'", "'it''s'", "'a'", "'2026-01-02'", "'0'"]),
        Holds::Int => pick(&["0", "1", "2", "-3", "9007199254740993"]),
        Holds::Float => pick(&["0.0", "1.0", "0.1", "1e300"]),
        Holds::Bool => pick(&["'0'", "'1'"]),
        Holds::Choice => format!("'{}'", column.choices[usize::from(seed) % column.choices.len()]),
        Holds::Date => pick(&["'2026-01-02'", "'2024-02-29'"]),
        Holds::Json => pick(&["'{}'", "'[1]'", "'12'", "'null'"]),
        _ => {
            let table = quote(&column.references.as_ref().unwrap().table);
            format!("(SELECT \"id\" FROM {table} LIMIT 1 OFFSET {})", seed % 3)
        }
    }
}

async fn fill(bench: &Bench, schema: &Snapshot, seeds: &[u8]) {
    let mut seeds = seeds.iter().copied().cycle();
    for table in &schema.tables {
        for _ in 0..5 {
            let columns = table.columns.iter().skip(1);
            let names: Vec<_> = columns.clone().map(|column| quote(&column.name)).collect();
            let values: Vec<_> = columns.map(|column| value(column, seeds.next().unwrap())).collect();
            let name = quote(&table.name);
            let sql = if names.is_empty() {
                format!("INSERT INTO {name} DEFAULT VALUES")
            } else {
                format!("INSERT INTO {name} ({}) VALUES ({})", names.join(", "), values.join(", "))
            };
            // One that a row before it stands against, or that would refer to nothing, is left out.
            bench.try_execute(&sql).await.ok();
        }
        bench
            .execute(&format!("DELETE FROM {0} WHERE \"id\" = (SELECT max(\"id\") FROM {0})", quote(&table.name)))
            .await;
    }
}

/// The tables, indexes and counters are those that would be made afresh.
async fn check_schema(bench: &Bench, schema: &Snapshot) {
    let dialect = bench.db.dialect();
    let fresh = Bench::on(dialect, schema).await.unwrap();
    let fresh = Inspected::read(&fresh.db).await.unwrap();
    let inspected = Inspected::read(&bench.db).await.unwrap();
    assert_eq!(inspected.objects.keys().collect::<Vec<_>>(), fresh.objects.keys().collect::<Vec<_>>());
    for table in &schema.tables {
        assert!(super::super::introspect::is_all_there(dialect, &inspected.objects, table), "{:#?}", inspected.objects);
    }
    assert!(inspected.schema.is_same(schema));
}

/// What both schemas have is as it was.
async fn check_rows(old: &Kept, bench: &Bench) {
    for (table, columns, expected, sequence) in &old.tables {
        assert_eq!(bench.values(table, columns).await, *expected, "{table} {columns:?}");
        assert_eq!(bench.sequence(table).await, *sequence, "{table}");
    }
}

/// The tables that both schemas have, under their new names, with the columns that did not change.
struct Kept {
    tables: Vec<KeptTable>,
}

/// A table, expressions over it, what they are, and the counter of ids.
type KeptTable = (String, Vec<String>, Vec<String>, Option<i64>);

async fn kept(bench: &Bench, from: &Snapshot, to: &Snapshot, renames: &Renames, named_as_before: bool) -> Kept {
    let mut tables = Vec::new();
    for new in &to.tables {
        let old_name = renames.tables.iter().find(|(_, name)| *name == new.name).map(|(before, _)| before);
        let Some(old) = from.table(old_name.unwrap_or(&new.name)) else { continue };
        let mut pairs = Vec::new();
        for column in &new.columns {
            let rename = renames.columns.iter().find(|rename| rename.table == new.name && rename.name == column.name);
            let before = rename.map_or(&column.name, |rename| &rename.before);
            let Some(old) = old.column(before) else { continue };
            let same =
                ColumnDefinition { name: column.name.clone(), references: column.references.clone(), ..old.clone() };
            let leads = |key: &Option<ForeignKey>| key.as_ref().map(|key| key.table.clone());
            let target = leads(&old.references).map(|table| {
                renames.tables.iter().find(|(before, _)| *before == table).map_or(table, |(_, name)| name.clone())
            });
            if same == *column && target == leads(&column.references) {
                pairs.push((quote(before), quote(&column.name)));
            }
        }
        let (before, after): (Vec<_>, Vec<_>) = pairs.into_iter().unzip();
        let rows = bench.values(&old.name, &before).await;
        let sequence = bench.sequence(&old.name).await;
        let shown = if named_as_before { (old.name.clone(), before) } else { (new.name.clone(), after) };
        tables.push((shown.0, shown.1, rows, sequence));
    }
    Kept { tables }
}

/// The same schema as it is declared for a database.
fn declared_for(dialect: Dialect, schema: &Snapshot) -> Snapshot {
    let mut schema = schema.clone();
    if dialect == Dialect::Postgres {
        for table in &mut schema.tables {
            let of_bool = |column: &&mut ColumnDefinition| column.holds == Holds::Bool && column.default.is_some();
            table.columns.iter_mut().filter(of_bool).for_each(|column| column.default = Some("TRUE".to_owned()));
            // JSON has no order there.
            let json: Vec<_> = table.columns.iter().filter(|column| column.holds == Holds::Json).collect();
            table.indexes.retain(|index| json.iter().all(|column| !index.covers(&column.name)));
        }
    }
    schema
}

async fn check(dialect: Dialect, drafts: Vec<Vec<Draft>>, ops: Vec<Op>, seeds: Vec<u8>) {
    let mut hand = Draughtsman::new(&drafts);
    let from = declared_for(dialect, &hand.schema);
    for op in &ops {
        hand.apply(op);
    }
    let (to, renames) = (declared_for(dialect, &hand.schema), hand.renames());
    let Some(bench) = Bench::on(dialect, &from).await else { return };
    fill(&bench, &from, &seeds).await;
    let whole = bench.dump().await;
    let (moved, returned) =
        (kept(&bench, &from, &to, &renames, false).await, kept(&bench, &from, &to, &renames, true).await);
    match bench.go(&from, &to, &renames, Direction::Up).await {
        Ok(()) => {}
        Err(MigrateError::Offends { .. }) => return assert_eq!(bench.dump().await, whole),
        Err(other) => panic!("up: {other}"),
    }
    check_schema(&bench, &to).await;
    check_rows(&moved, &bench).await;
    let whole = bench.dump().await;
    match bench.go(&to, &from, &renames.inverse(), Direction::Down).await {
        Ok(()) => {}
        Err(MigrateError::Offends { .. }) => return assert_eq!(bench.dump().await, whole),
        Err(other) => panic!("down: {other}"),
    }
    check_schema(&bench, &from).await;
    check_rows(&returned, &bench).await;
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, max_shrink_iters: 200, max_shrink_time: 60_000, ..ProptestConfig::default() })]

    #[test]
    fn any_schema_becomes_any_other_and_comes_back(
        drafts in prop::collection::vec(prop::collection::vec(draft(), 0..4), 1..4),
        ops in prop::collection::vec(op(), 1..6),
        seeds in prop::collection::vec(any::<u8>(), 1..40),
    ) {
        run_async(check(Dialect::Sqlite, drafts, ops, seeds));
    }
}

proptest! {
    // Each case makes several databases on a server.
    #![proptest_config(ProptestConfig { cases: 12, max_shrink_iters: 40, max_shrink_time: 60_000, ..ProptestConfig::default() })]

    #[test]
    fn any_schema_becomes_any_other_and_comes_back_on_a_server(
        drafts in prop::collection::vec(prop::collection::vec(draft(), 0..4), 1..4),
        ops in prop::collection::vec(op(), 1..6),
        seeds in prop::collection::vec(any::<u8>(), 1..40),
    ) {
        run_async(check(Dialect::Postgres, drafts, ops, seeds));
    }
}
