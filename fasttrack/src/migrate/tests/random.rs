//! Random schemas, random changes, rows in between: what is made by going is what would be made afresh, what need not be
//! lost is not, and the way back leads back.

use proptest::prelude::*;

use super::{
    draughtsman::{Draft, Draughtsman, Op, draft, op},
    *,
};
use crate::{db::Row, types::Storage};

/// Values of a kind, as SQL; what they refer to is whatever there is.
fn value(column: &ColumnDefinition, seed: u8) -> String {
    let pick = |values: &[&str]| values[usize::from(seed) % values.len()].to_owned();
    match column.holds {
        _ if column.nullable && seed.is_multiple_of(4) => "NULL".to_owned(),
        Holds::Text => pick(&["''", "'12'", "'1.5'", "'null'", "'{}'", "'it''s'", "'a'", "'2026-01-02'", "'0'"]),
        Holds::Int => pick(&["0", "1", "2", "-3", "9007199254740993"]),
        Holds::Duration => pick(&["0", "60", "1"]),
        Holds::Uuid => pick(&["'0190b2e0-7a1c-7cc3-98c4-dc0c0c07398f'", "'00000000-0000-0000-0000-000000000000'"]),
        Holds::Decimal => pick(&["0", "100", "-300", "7", "123456789012345"]),
        Holds::Float => pick(&["0.0", "1.0", "0.1", "1e300"]),
        Holds::Bool => pick(&["'0'", "'1'"]),
        Holds::Choice => format!("'{}'", column.choices[usize::from(seed) % column.choices.len()]),
        Holds::Date => pick(&["'2026-01-02'", "'2024-02-29'"]),
        Holds::Json => pick(&["'{}'", "'[1]'", "'12'", "'null'", "'[\"a\"]'", "'[]'"]),
        // Most rows are there.
        Holds::DeletedAt if !seed.is_multiple_of(5) => "NULL".to_owned(),
        Holds::DeletedAt => "'2026-01-02T03:04:05.000006Z'".to_owned(),
        Holds::Texts => pick(&["'[]'", "'[\"a\"]'", "'[\"1\",\"it''s\"]'"]),
        Holds::Integers => pick(&["'[]'", "'[1]'", "'[-3,9007199254740993]'"]),
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
            let is_written = |column: &&ColumnDefinition| !is_kept(schema, &table.name, &column.name);
            let columns = table.columns.iter().skip(1).filter(is_written);
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

/// Whether a column holds a figure, which the database keeps.
fn is_kept(schema: &Snapshot, table: &str, column: &str) -> bool {
    let figures = schema.tables.iter().flat_map(|counted| &counted.figures);
    figures.into_iter().any(|figure| figure.table == table && figure.column == column)
}

/// Every figure is what counting anew finds.
async fn check_figures(bench: &Bench, schema: &Snapshot) {
    for counted in &schema.tables {
        for figure in &counted.figures {
            let (table, column) = (quote(&figure.table), quote(&figure.column));
            let amount = figure.amount.replace("\"row()\"", "c");
            let (from, key) = (quote(&counted.name), quote(&figure.key));
            let anew = format!("(SELECT COALESCE(sum({amount}), 0) FROM {from} c WHERE c.{key} = t.\"id\")");
            let sql = format!("SELECT t.{column}, {anew} FROM {table} t WHERE t.{column} <> {anew}");
            let wrong = bench.db.read(Statement::new(sql, Vec::new())).await.unwrap();
            assert!(wrong.is_empty(), "{figure:?}: {wrong:?}");
        }
    }
}

/// Every index of words finds the rows in which there are some.
async fn check_words(bench: &Bench, schema: &Snapshot) {
    for table in &schema.tables {
        let Some(search) = &table.search else { continue };
        let kind = bench.choose("BLOB", "text");
        let columns: Vec<_> = search.columns.iter().map(|key| format!("CAST({} AS {kind})", quote(key))).collect();
        let sql = format!("SELECT \"id\", {} FROM {} ORDER BY 1", columns.join(", "), quote(&table.name));
        let rows = bench.db.read(Statement::new(sql, Vec::new())).await.unwrap();
        for word in ["a", "it", "12", "nul", "2026"] {
            let is_in = |text: &str| crate::query::words(text).iter().any(|held| held.starts_with(word));
            let has_it = |row: &&Row| (1..=columns.len()).any(|at| row.text(at).is_some_and(is_in));
            let expected: Vec<_> = rows.iter().filter(has_it).map(|row| row.int(0)).collect();
            let marked: Vec<_> = ('A'..).take(columns.len()).map(|mark| format!("{mark}{word}:*")).collect();
            let which = bench.choose(
                format!("\"id\" IN (SELECT rowid FROM \"{}\" ('{word}*'))", search.name),
                format!("fasttrack_search @@ '{}'::tsquery", marked.join("|")),
            );
            let sql = format!("SELECT \"id\" FROM {} WHERE {which} ORDER BY 1", quote(&table.name));
            let found = bench.db.read(Statement::new(sql, Vec::new())).await.unwrap();
            let found: Vec<_> = found.iter().map(|row| row.int(0)).collect();
            assert_eq!(found, expected, "{word} in {search:?}");
        }
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
        let from_name = old_name.unwrap_or(&new.name);
        let Some(old) = from.table(from_name) else { continue };
        let mut pairs = Vec::new();
        for column in &new.columns {
            let rename = renames.columns.iter().find(|rename| rename.table == new.name && rename.name == column.name);
            let before = rename.map_or(&column.name, |rename| &rename.before);
            let Some(old) = old.column(before) else { continue };
            let same =
                ColumnDefinition { name: column.name.clone(), references: column.references.clone(), ..old.clone() };
            if is_kept(from, from_name, before) || is_kept(to, &new.name, &column.name) {
                continue;
            }
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
            let json: Vec<_> = table.columns.iter().filter(|column| column.storage() == Storage::Json).collect();
            table.indexes.retain(|index| json.iter().all(|column| !index.covers(&column.name)));
            // What is null is let in there.
            for check in &mut table.checks {
                let bare = check.condition.strip_prefix('(').and_then(|rest| rest.strip_suffix(") IS NOT FALSE"));
                check.condition = bare.unwrap_or(&check.condition).to_owned();
            }
            // Some lists are asked for their values.
            for column in table.columns.iter().filter(|column| column.name.ends_with(['1', '4', '7'])) {
                let is_list = matches!(column.holds, Holds::Texts | Holds::Integers);
                let name = format!("{}_{}_has", table.name, column.name);
                let keys = dialect.schema().list_key(&column.name).filter(|_| is_list);
                let made = keys.map(|key| IndexDefinition {
                    name,
                    unique: false,
                    inverted: true,
                    keys: vec![key],
                    only: None,
                });
                table.indexes.extend(made);
            }
        }
    }
    schema
}

/// What a case is made of.
#[derive(Debug)]
struct Case {
    drafts: Vec<Vec<Draft>>,
    /// What is done before there are rows.
    first: Vec<Op>,
    ops: Vec<Op>,
    seeds: Vec<u8>,
}

fn case() -> impl Strategy<Value = Case> {
    let drafts = prop::collection::vec(prop::collection::vec(draft(), 0..4), 1..4);
    let (first, ops) = (prop::collection::vec(op(), 0..6), prop::collection::vec(op(), 1..6));
    let seeds = prop::collection::vec(any::<u8>(), 1..40);
    (drafts, first, ops, seeds).prop_map(|(drafts, first, ops, seeds)| Case { drafts, first, ops, seeds })
}

/// All that the database keeps by itself is right, and stays so while rows are written.
async fn check_what_is_kept(bench: &Bench, schema: &Snapshot) {
    check_figures(bench, schema).await;
    check_words(bench, schema).await;
}

async fn check(dialect: Dialect, Case { drafts, first, ops, seeds }: Case) {
    let mut hand = Draughtsman::new(&drafts, &first);
    let from = declared_for(dialect, &hand.schema);
    for op in &ops {
        hand.apply(op);
    }
    let (to, renames) = (declared_for(dialect, &hand.schema), hand.renames());
    let Some(bench) = Bench::on(dialect, &from).await else { return };
    fill(&bench, &from, &seeds).await;
    check_what_is_kept(&bench, &from).await;
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
    check_what_is_kept(&bench, &to).await;
    let whole = bench.dump().await;
    match bench.go(&to, &from, &renames.inverse(), Direction::Down).await {
        Ok(()) => {}
        Err(MigrateError::Offends { .. }) => {
            assert_eq!(bench.dump().await, whole);
            fill(&bench, &to, &seeds).await;
            return check_what_is_kept(&bench, &to).await;
        }
        Err(other) => panic!("down: {other}"),
    }
    check_schema(&bench, &from).await;
    check_rows(&returned, &bench).await;
    check_what_is_kept(&bench, &from).await;
    fill(&bench, &from, &seeds).await;
    check_what_is_kept(&bench, &from).await;
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, max_shrink_iters: 200, max_shrink_time: 60_000, ..ProptestConfig::default() })]

    #[test]
    fn any_schema_becomes_any_other_and_comes_back(case in case()) {
        run_async(check(Dialect::Sqlite, case));
    }
}

proptest! {
    // Each case makes several databases on a server.
    #![proptest_config(ProptestConfig { cases: 16, max_shrink_iters: 40, max_shrink_time: 60_000, ..ProptestConfig::default() })]

    #[test]
    fn any_schema_becomes_any_other_and_comes_back_on_a_server(case in case()) {
        run_async(check(Dialect::Postgres, case));
    }
}
