//! A field that is a list comes over rows that are there, is asked for what it has or not, is renamed, and goes; on every
//! database.

use super::{
    declared::{ID, USER},
    *,
};
use crate::schema::{Catalog, Column, Literal, Schema};

const NAME: Column = Column::new::<String>("name", "name").len(0, 9);
const TAGS: Column =
    Column::new::<Vec<String>>("tags", "tags").max(5).len(1, 9).default_value(Literal::Texts(&["a'b", "c d"]));
const CODES: Column = Column::new::<Vec<i64>>("codes", "codes").max(5).default_empty();
const SIZES: Column = Column::new::<Option<Vec<i64>>>("sizes", "sizes").max(5).filter(&[]);

static PLAIN: Schema = Schema::new("note", "notes").columns(&[ID, NAME]);
static ASKED: Schema = Schema::new("note", "notes").columns(&[ID, NAME, TAGS.filter(&[]), CODES, SIZES]);
static UNASKED: Schema = Schema::new("note", "notes").columns(&[ID, NAME, TAGS, CODES, SIZES]);
static RENAMED: Schema = Schema::new("card", "cards").was("notes").columns(&[
    ID,
    NAME,
    Column { name: "words", key: "words", ..TAGS }.was("tags").filter(&[]),
    CODES,
    Column { name: "widths", key: "widths", ..SIZES }.was("sizes"),
]);

struct Step {
    from: Snapshot,
    to: Snapshot,
    renames: Renames,
}

fn step(dialect: Dialect, from: &'static Schema, to: &'static Schema) -> Step {
    let (before, after) = (Catalog::link(&[from, &USER]).unwrap(), Catalog::link(&[to, &USER]).unwrap());
    let [from, to] = [&before, &after].map(|catalog| Snapshot::declared(dialect, catalog).unwrap());
    let renames = Renames::declared(&after, &from);
    Step { from, to, renames }
}

impl Bench {
    async fn up(&self, step: &Step) {
        self.go(&step.from, &step.to, &step.renames, Direction::Up).await.unwrap();
    }

    async fn down(&self, step: &Step) {
        self.go(&step.to, &step.from, &step.renames.inverse(), Direction::Down).await.unwrap();
    }

    /// The names of the indexes over lists.
    async fn indexes(&self) -> Vec<String> {
        let inspected = Inspected::read(&self.db).await.unwrap();
        let names = inspected.objects.keys().filter(|name| name.ends_with("_has"));
        let mut names: Vec<_> = names.cloned().collect();
        names.sort();
        names
    }
}

#[test]
fn lists_keep_their_values_wherever_a_migration_leads() {
    run_async(async {
        for dialect in [Dialect::Sqlite, Dialect::Postgres] {
            let asked = step(dialect, &PLAIN, &ASKED);
            let unasked = step(dialect, &ASKED, &UNASKED);
            let renamed = step(dialect, &UNASKED, &RENAMED);
            let Some(bench) = Bench::on(dialect, &asked.from).await else { continue };
            // An index over lists is what one of the databases has.
            let along = |names: &[&str]| bench.choose(Vec::new(), names.iter().map(ToString::to_string).collect());
            let lists = |table: &'static str, columns: [&'static str; 3]| {
                let columns = columns.map(quote);
                let bench = &bench;
                async move { bench.values(table, &columns).await }
            };
            bench.execute("INSERT INTO notes (id, name) VALUES (1, 'x')").await;
            bench.up(&asked).await;
            assert_eq!(lists("notes", ["tags", "codes", "sizes"]).await, ["'[\"a''b\",\"c d\"]','[]',NULL"]);
            assert_eq!(bench.indexes().await, along(&["notes_sizes_has", "notes_tags_has"]));
            bench
                .execute("INSERT INTO notes (id, name, tags, codes, sizes) VALUES (2, 'y', '[\"b\"]', '[2,1]', '[1]')")
                .await;
            bench.up(&unasked).await;
            assert_eq!(bench.indexes().await, along(&["notes_sizes_has"]));
            bench.down(&unasked).await;
            assert_eq!(bench.indexes().await, along(&["notes_sizes_has", "notes_tags_has"]));
            bench.up(&unasked).await;
            bench.up(&renamed).await;
            let held = ["'[\"a''b\",\"c d\"]','[]',NULL", "'[\"b\"]','[2,1]','[1]'"];
            assert_eq!(lists("cards", ["words", "codes", "widths"]).await, held);
            assert_eq!(bench.indexes().await, along(&["cards_widths_has", "cards_words_has"]));
            bench.down(&renamed).await;
            assert_eq!(lists("notes", ["tags", "codes", "sizes"]).await, held);
            bench.down(&unasked).await;
            bench.down(&asked).await;
            assert_eq!(bench.values("notes", &[quote("name")]).await, ["'x'", "'y'"]);
        }
    });
}
