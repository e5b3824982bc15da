//! An index of words comes over rows that are there, goes through renames and tables that are made anew, follows what is
//! looked into, and is made again where somebody took it apart.

use super::{
    declared::{ID, USER, World},
    *,
};
use crate::{
    migrate::{Missing, change::Block, diff::Difference},
    schema::{Catalog, Column, Schema},
    sql::SearchDefinition,
};

const TITLE: Column = Column::new::<String>("title", "title").len(0, 40);
const BODY: Column = Column::new::<Option<String>>("body", "body").len(0, 40);
const PAGES: Column = Column::new::<Option<i64>>("pages", "pages");

static PLAIN: Schema = Schema::new("note", "notes").columns(&[ID, TITLE, BODY]);
static ONE: Schema = Schema::new("note", "notes").columns(&[ID, TITLE.search(), BODY]);
static BOTH: Schema = Schema::new("note", "notes").columns(&[ID, BODY.search(), TITLE.search()]);
static LONGER: Schema = Schema::new("note", "notes").columns(&[ID, TITLE.search(), BODY.search(), PAGES]);
/// Another kind of column, and one that was null somewhere: a file makes the table anew.
static REQUIRED: Schema = Schema::new("note", "notes").columns(&[
    ID,
    TITLE.search(),
    Column::new::<String>("body", "body").len(0, 40).default_empty().search(),
    Column::new::<Option<String>>("pages", "pages").len(0, 40),
]);
static CALLED: Schema = Schema::new("page", "pages").was("notes").columns(&[
    ID,
    Column::new::<String>("rank", "rank").len(0, 40).search().was("title"),
    BODY.search(),
    PAGES,
]);

/// What is found of two rows in each schema: `ship`, which is in titles, and `muller`, which is in bodies.
const STEPS: &[(&Schema, &str, &str)] = &[
    (&ONE, "1,2", ""),
    (&BOTH, "1,2", "1"),
    (&LONGER, "1,2", "1"),
    (&REQUIRED, "1,2", "1"),
    (&LONGER, "1,2", "1"),
    (&CALLED, "1,2", "1"),
    (&LONGER, "1,2", "1"),
    (&ONE, "1,2", ""),
    (&PLAIN, "", ""),
];

fn snapshot(dialect: Dialect, schema: &'static Schema) -> (Snapshot, Catalog) {
    let catalog = Catalog::link(&[schema, &USER]).unwrap();
    (Snapshot::declared(dialect, &catalog).unwrap(), catalog)
}

/// The ids of the rows in which a word is found.
async fn found(bench: &Bench, schema: &Schema, word: &str) -> String {
    let table = schema.plural;
    let columns = schema.columns.iter().filter(|column| column.search).count();
    if columns == 0 {
        return String::new();
    }
    let words: Vec<_> = ["A", "B"].iter().take(columns).map(|mark| format!("'{mark}{word}':*")).collect();
    let which = bench.choose(
        format!("\"id\" IN (SELECT rowid FROM fasttrack_search_{table} ('{word}*'))"),
        format!("fasttrack_search @@ '{}'::tsquery", words.join("|").replace('\'', "''")),
    );
    let sql = format!("SELECT \"id\" FROM {table} WHERE {which} ORDER BY \"id\"");
    let rows = bench.db.read(Statement::new(sql, Vec::new())).await.unwrap();
    rows.iter().map(|row| row.int(0).unwrap().to_string()).collect::<Vec<_>>().join(",")
}

#[test]
fn words_are_found_wherever_a_migration_leads() {
    run_async(async {
        for dialect in [Dialect::Sqlite, Dialect::Postgres] {
            let (mut from, _) = snapshot(dialect, &PLAIN);
            let Some(bench) = Bench::on(dialect, &from).await else { continue };
            bench.execute("INSERT INTO notes (title, body) VALUES ('Ships', 'by Müller'), ('A ship', NULL)").await;
            for &(schema, ship, muller) in STEPS {
                let (to, catalog) = snapshot(dialect, schema);
                let back = from.table("pages").is_some();
                let renames = if back {
                    let (called, catalog) = snapshot(dialect, &CALLED);
                    assert_eq!(called, from);
                    Renames::declared(&catalog, &to).inverse()
                } else {
                    Renames::declared(&catalog, &from)
                };
                bench.go(&from, &to, &renames, Direction::Up).await.unwrap_or_else(|error| panic!("{error}"));
                let named = format!("{dialect:?} {:?}", to.tables);
                assert_eq!(found(&bench, schema, "ship").await, ship, "{named}");
                assert_eq!(found(&bench, schema, "muller").await, muller, "{named}");
                let kept = format!("UPDATE {} SET body = body || ' x'", schema.plural);
                bench.execute(&kept).await;
                assert_eq!(found(&bench, schema, "muller").await, muller, "{named}");
                from = to;
            }
        }
    });
}

#[test]
fn an_index_over_what_stays_is_not_filled_again() {
    for dialect in [Dialect::Sqlite, Dialect::Postgres] {
        let blocks = |from, to| {
            let (from, to) = (snapshot(dialect, from).0, snapshot(dialect, to).0);
            let renames = Renames::default();
            Difference::between(dialect, &from, &to, &renames, Direction::Up).blocks
        };
        let fills = |blocks: &[Block]| {
            blocks.iter().any(|block| block.sql.contains("fts5") || block.sql.contains("GENERATED ALWAYS AS (\"fast"))
        };
        assert!(fills(&blocks(&ONE, &BOTH)));
        assert!(!fills(&blocks(&BOTH, &LONGER)), "{:#?}", blocks(&BOTH, &LONGER));
        assert_eq!(blocks(&BOTH, &BOTH), []);
    }
}

#[test]
fn what_somebody_took_apart_is_made_again() {
    run_async(async {
        let world = World::new().await;
        world.start(&[&PLAIN, &USER], Missing::Make).await.unwrap();
        world.bench.execute("INSERT INTO notes (title, body) VALUES ('Ships', 'by Müller')").await;
        // What only adds, a start makes, over the rows that are there.
        world.start(&[&ONE, &USER], Missing::Make).await.unwrap();
        assert_eq!(found(&world.bench, &ONE, "ship").await, "1");
        for broken in ["DROP TRIGGER fasttrack_search_notes_update", "DROP TABLE fasttrack_search_notes"] {
            world.bench.execute(broken).await;
            let is_refused = world.start(&[&ONE, &USER], Missing::Refuse).await.is_err();
            assert!(is_refused, "{broken} went unnoticed");
            world.start(&[&ONE, &USER], Missing::Make).await.unwrap();
            world.bench.execute("UPDATE notes SET title = 'Boats' WHERE title = 'Ships'").await;
            assert_eq!(found(&world.bench, &ONE, "boat").await, "1");
            world.bench.execute("UPDATE notes SET title = 'Ships'").await;
            assert_eq!(found(&world.bench, &ONE, "boat").await, "");
        }
        // One that is not declared any more goes by itself, as indexes do.
        world.start(&[&PLAIN, &USER], Missing::Make).await.unwrap();
        world.bench.execute("UPDATE notes SET title = 'Gone'").await;
    });
}

#[test]
fn a_definition_follows_the_names_of_its_columns() {
    let mut search = SearchDefinition { name: "x".into(), columns: vec!["a".into(), "b".into()] };
    search.rename("a", "c");
    assert_eq!(search.columns, ["b", "c"]);
}
