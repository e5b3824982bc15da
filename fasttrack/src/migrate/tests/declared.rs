//! From declarations to migrations, and both ways of making tables on one database.

use super::*;
use crate::{
    migrate::{Composed, Migrator, Missing, Request, Source, compose},
    schema::{Catalog, Check, Column, Comparison, Condition, Email, Exclusive, Id, Kind, Operand, Schema, Unique},
};

pub(super) const fn relation_to(target: &'static str, name: &'static str, key: &'static str) -> Column {
    Column {
        kind: Kind::Relation(target),
        nullable: true,
        ..Column::new::<i64>(name, key).on_delete(OnDelete::SetNull)
    }
}

pub(super) const ID: Column = Column::new::<Id<()>>("id", "id");
const EMAIL: Column = Column::new::<Email>("email", "email").unique();

pub(super) static USER: Schema = Schema::new("user", "users").account().columns(&[ID, EMAIL]);
static PERSON: Schema = Schema::new("person", "people").account().was("users").columns(&[ID, EMAIL]);

pub(super) static NOTE: Schema = Schema::new("note", "notes").columns(&[
    ID,
    Column::new::<String>("text", "text").index(),
    relation_to("user", "owner", "owner_id"),
]);
static CARD: Schema = Schema::new("card", "cards").was("notes").columns(&[
    ID,
    Column::new::<String>("title", "title").index().was("text"),
    relation_to("person", "author", "author_id").was("owner_id"),
]);
pub(super) static LABEL: Schema = Schema::new("label", "labels").columns(&[ID]);
static TAG: Schema = Schema::new("tag", "tags").columns(&[ID]);

pub(super) const FIRST: [&Schema; 2] = [&NOTE, &USER];
pub(super) const LABELLED: [&Schema; 3] = [&LABEL, &NOTE, &USER];
const SECOND: [&Schema; 3] = [&CARD, &LABEL, &PERSON];

/// A database that programs with other declarations come to, one after the other.
pub(super) struct World {
    pub(super) bench: Bench,
    folder: TempDir,
}

impl World {
    pub(super) async fn new() -> Self {
        let directory = TempDir::new().unwrap();
        let db = Db::open(&directory.path().join("t.db"), DbOptions::default()).await.unwrap();
        Self { bench: Bench { db, _place: Place::Directory(directory) }, folder: TempDir::new().unwrap() }
    }

    fn source(&self) -> Source {
        Source::of_folder(DIALECT, self.folder.path()).unwrap()
    }

    /// What a start of a program with these declarations does.
    pub(super) async fn start(&self, resources: &[&'static Schema], missing: Missing) -> Result<Vec<String>, String> {
        let catalog = Catalog::link(resources).unwrap();
        let migrator = self.migrator(&catalog);
        migrator.start(missing).await.map_err(|error| error.to_string())
    }

    pub(super) async fn down(&self, resources: &[&'static Schema], to: Option<u32>) -> Result<Vec<String>, String> {
        let catalog = Catalog::link(resources).unwrap();
        self.migrator(&catalog).down(to, false).await.map_err(|error| error.to_string())
    }

    fn migrator<'a>(&'a self, catalog: &'a Catalog) -> Migrator<'a> {
        let sessions = "CREATE TABLE IF NOT EXISTS sessions (id INTEGER PRIMARY KEY, \
                        user_id INTEGER REFERENCES \"users\" (id) ON DELETE CASCADE)";
        Migrator::new(&self.bench.db, catalog, vec![sessions.into()], self.source()).unwrap()
    }

    /// What a program with these declarations does not know of the database.
    pub(super) async fn unknown(&self, resources: &[&'static Schema]) -> Vec<String> {
        let catalog = Catalog::link(resources).unwrap();
        self.migrator(&catalog).unknown().await.unwrap()
    }

    /// Takes the files of a migration away, as they are not there for an older program.
    pub(super) fn forget(&self, title: &str) {
        for ending in [".up.sql", ".down.sql", ".json"] {
            std::fs::remove_file(self.folder.path().join(format!("{title}{ending}"))).ok();
        }
    }

    /// Writes what `migrate new` would where this database is not known.
    pub(super) fn new_migration_elsewhere(&self, resources: &[&'static Schema], name: &str) {
        self.write(resources, None, name, true).unwrap();
    }

    /// Writes what `migrate new` would, and gives the titles.
    pub(super) async fn new_migration(&self, resources: &[&'static Schema], name: &str) -> Vec<String> {
        self.try_new_migration(resources, name).await.unwrap()
    }

    pub(super) async fn try_new_migration(
        &self,
        resources: &[&'static Schema],
        name: &str,
    ) -> Result<Vec<String>, String> {
        let catalog = Catalog::link(resources).unwrap();
        let inspected = self.migrator(&catalog).inspected().await.unwrap();
        self.write(resources, Some(&inspected), name, false)
    }

    fn write(
        &self,
        resources: &[&'static Schema],
        inspected: Option<&Inspected>,
        name: &str,
        may_lose: bool,
    ) -> Result<Vec<String>, String> {
        let (catalog, mut source) = (Catalog::link(resources).unwrap(), self.source());
        let composed = compose(Request {
            source: &source,
            catalog: &catalog,
            inspected,
            rights: &[],
            name,
            version: source.next_version(),
            may_lose,
        })
        .map_err(|error| error.to_string())?;
        let titles = composed.iter().map(|composed| composed.migration.title()).collect();
        for Composed { migration, .. } in composed {
            source.add(migration).unwrap();
        }
        Ok(titles)
    }
}

#[test]
fn a_database_of_starts_goes_on_with_migrations() {
    run_async(async {
        let world = World::new().await;
        assert!(world.start(&FIRST, Missing::Refuse).await.unwrap_err().contains("fasttrack migrate up"));
        assert_eq!(world.start(&FIRST, Missing::Make).await.unwrap(), ["notes: a new table; users: a new table"]);
        assert_eq!(world.start(&FIRST, Missing::Refuse).await.unwrap(), [""; 0]);
        world.bench.execute("INSERT INTO users (email) VALUES ('a@b.example')").await;
        world.bench.execute("INSERT INTO notes (text, owner_id) VALUES ('T', 1)").await;
        world.bench.execute("INSERT INTO sessions (user_id) VALUES (1)").await;
        assert_eq!(world.start(&LABELLED, Missing::Make).await.unwrap(), ["labels: a new table"]);

        let refused = world.start(&SECOND, Missing::Make).await.unwrap_err();
        assert!(refused.contains("notes: the table is called `cards`") && refused.contains("migrate new"), "{refused}");
        assert_eq!(world.new_migration(&SECOND, "rename").await, ["0001_baseline", "0002_rename"]);
        let done = world.start(&SECOND, Missing::Make).await.unwrap();
        assert_eq!(done, ["0001_baseline (its tables were there)", "0002_rename"]);
        assert_eq!(world.bench.values("cards", &["title".into(), "author_id".into()]).await, ["'T',1"]);

        assert_eq!(world.down(&SECOND, None).await.unwrap(), ["0002_rename, undone"], "nothing is lost");
        assert_eq!(world.start(&SECOND, Missing::Make).await.unwrap(), ["0002_rename"]);
        assert!(world.down(&SECOND, Some(0)).await.unwrap_err().contains("the rows of `notes`"));
        world.bench.execute("DELETE FROM notes; DELETE FROM users").await;
        assert_eq!(world.bench.values("sessions", &["id".into()]).await, [""; 0], "sessions follow their account");
        assert_eq!(world.down(&SECOND, Some(0)).await.unwrap(), ["0001_baseline, undone"], "the other was undone");
        assert_eq!(world.start(&SECOND, Missing::Make).await.unwrap(), ["0001_baseline", "0002_rename"]);
    });
}

#[test]
fn what_a_start_added_is_written_down_before_the_next_change() {
    run_async(async {
        let world = World::new().await;
        assert_eq!(world.new_migration(&FIRST, "initial").await, ["0001_initial"]);
        assert_eq!(world.start(&FIRST, Missing::Make).await.unwrap(), ["0001_initial"]);
        assert_eq!(world.start(&LABELLED, Missing::Make).await.unwrap(), ["labels: a new table"]);
        assert!(world.down(&LABELLED, None).await.unwrap_err().contains("`labels` differ"));
        assert_eq!(world.new_migration(&SECOND, "rename").await, ["0002_added_at_start", "0003_rename"]);
        let done = world.start(&SECOND, Missing::Make).await.unwrap();
        assert_eq!(done, ["0002_added_at_start (its tables were there)", "0003_rename"]);
        assert_eq!(world.new_migration(&SECOND, "more").await, [""; 0]);
        assert!(world.start(&LABELLED, Missing::Make).await.unwrap_err().contains("migrate new"), "an older program");
    });
}

#[test]
fn a_database_that_starts_made_in_part_gets_the_rest() {
    run_async(async {
        let world = World::new().await;
        world.start(&FIRST, Missing::Make).await.unwrap();
        world.bench.execute("INSERT INTO users (email) VALUES ('a@b.example')").await;
        world.new_migration_elsewhere(&LABELLED, "initial");
        let refused = world.start(&LABELLED, Missing::Refuse).await.unwrap_err();
        assert!(refused.contains("0001_initial (some of it was there)"), "{refused}");
        world.new_migration_elsewhere(&SECOND, "rename");
        let done = world.start(&SECOND, Missing::Make).await.unwrap();
        assert_eq!(done, ["0001_initial (some of it was there)", "0002_rename"]);
        assert_eq!(world.bench.values("people", &["email".into()]).await, ["'a@b.example'"]);
    });
}

#[test]
fn what_somebody_wrote_into_a_migration_is_never_left_out() {
    run_async(async {
        let world = World::new().await;
        world.new_migration_elsewhere(&FIRST, "initial");
        world.start(&FIRST, Missing::Make).await.unwrap();
        // A start of a program that had the label, and not yet the note beside it.
        world.start(&[&LABEL, &NOTE, &USER], Missing::Make).await.unwrap();
        world.new_migration_elsewhere(&[&LABEL, &NOTE, &USER, &TAG], "more");
        let up = world.folder.path().join("0002_more.up.sql");
        let text = std::fs::read_to_string(&up).unwrap();
        std::fs::write(&up, format!("{text}\nINSERT INTO tags (id) VALUES (7);\n")).unwrap();
        let refused = world.start(&[&LABEL, &NOTE, &USER, &TAG], Missing::Make).await.unwrap_err();
        assert!(refused.contains("0002_more does not start from what the database holds"), "{refused}");
        std::fs::write(&up, text).unwrap();
        let done = world.start(&[&LABEL, &NOTE, &USER, &TAG], Missing::Make).await.unwrap();
        assert_eq!(done, ["0002_more (some of it was there)"]);
    });
}

const LOW: Column = Column::new::<i64>("low", "low");
const HIGH: Column = Column::new::<i64>("high", "high");
static SPAN: Schema = Schema::new("span", "spans").columns(&[ID, LOW, HIGH]);
static BOUND: Schema = Schema::new("span", "spans")
    .columns(&[ID, LOW, HIGH])
    .uniques(&[Unique::new("low_high_unique", &["low", "high"])])
    .checks(&[Check::new("low_le_high_ck", Condition::compare("low", Comparison::Le, Operand::Key("high")))]);

#[test]
fn rows_that_contradict_are_named_and_stay() {
    run_async(async {
        const BEFORE: [&Schema; 2] = [&SPAN, &USER];
        const AFTER: [&Schema; 2] = [&BOUND, &USER];
        let world = World::new().await;
        world.new_migration(&BEFORE, "initial").await;
        world.start(&BEFORE, Missing::Make).await.unwrap();
        world.bench.execute("INSERT INTO spans (low, high) VALUES (1, 2), (5, 2), (1, 2), (3, 3)").await;
        let refused = world.start(&AFTER, Missing::Make).await.unwrap_err();
        assert!(refused.contains("spans: `low <= high` has to hold of every row"), "{refused}");
        assert!(refused.contains("no two rows may hold the same under `spans_low_high_unique`"), "{refused}");
        let refused = world.try_new_migration(&AFTER, "bound").await.unwrap_err();
        assert!(refused.contains("--allow-destructive"), "{refused}");
        world.new_migration_elsewhere(&AFTER, "bound");
        let refused = world.start(&AFTER, Missing::Make).await.unwrap_err();
        let words = "0002_bound was not applied: spans: `low <= high` has to hold of every row; it finds 1 (2)";
        assert!(refused.contains(words), "{refused}");
        world.bench.execute("UPDATE spans SET high = 5 WHERE id = 2").await;
        let refused = world.start(&AFTER, Missing::Make).await.unwrap_err();
        assert!(refused.contains("it finds 2 (1, 3)"), "{refused}");
        world.bench.execute("UPDATE spans SET low = 2 WHERE id = 3").await;
        assert_eq!(world.start(&AFTER, Missing::Make).await.unwrap(), ["0002_bound"]);
        let broken = world.bench.try_execute("UPDATE spans SET high = 0 WHERE id = 1").await.unwrap_err();
        assert!(broken.to_string().contains("CHECK constraint failed: spans_low_le_high_ck"), "{broken}");
        assert_eq!(world.down(&AFTER, None).await.unwrap(), ["0002_bound, undone"]);
        world.bench.execute("UPDATE spans SET high = 0 WHERE id = 1").await;
    });
}

static APART: Schema = Schema::new("span", "spans").columns(&[ID, LOW, HIGH]).exclusives(&[Exclusive::new(
    "low_high_excl",
    "low",
    "high",
    &[],
)]);
static RENAMED: Schema = Schema::new("stretch", "stretches")
    .was("spans")
    .columns(&[ID, Column::new::<i64>("from", "from").was("low"), HIGH])
    .exclusives(&[Exclusive::new("from_high_excl", "from", "high", &[])]);

#[test]
fn rows_that_overlap_are_named_and_what_keeps_them_apart_follows() {
    run_async(async {
        const BEFORE: [&Schema; 2] = [&SPAN, &USER];
        const AFTER: [&Schema; 2] = [&APART, &USER];
        const RENAMED_AFTER: [&Schema; 2] = [&RENAMED, &USER];
        let world = World::new().await;
        world.new_migration(&BEFORE, "initial").await;
        world.start(&BEFORE, Missing::Make).await.unwrap();
        world.bench.execute("INSERT INTO spans (low, high) VALUES (1, 3), (3, 5), (4, 6), (1, 2)").await;
        world.new_migration_elsewhere(&AFTER, "apart");
        let refused = world.start(&AFTER, Missing::Make).await.unwrap_err();
        let words = "spans: no two rows may overlap from `low` to `high`; it finds 2 (";
        assert!(refused.contains(words), "{refused}");
        world.bench.execute("DELETE FROM spans WHERE id > 2").await;
        assert_eq!(world.start(&AFTER, Missing::Make).await.unwrap(), ["0002_apart"]);
        let overlaps = |table: &str| format!("INSERT INTO {table} VALUES (NULL, 2, 4)");
        let refused = world.bench.try_execute(&overlaps("spans")).await.unwrap_err();
        assert!(refused.to_string().contains("exclusion constraint spans_low_high_excl"), "{refused}");

        // What somebody dropped by hand is made again.
        world.bench.execute("DROP TRIGGER spans_low_high_excl_insert").await;
        world.bench.execute("INSERT INTO spans VALUES (7, 8, 10)").await;
        assert_eq!(world.start(&AFTER, Missing::Make).await.unwrap(), ["indexes that were dropped"]);
        assert!(world.bench.try_execute(&overlaps("spans")).await.is_err());

        assert_eq!(world.new_migration(&RENAMED_AFTER, "renamed").await, ["0003_renamed"]);
        assert_eq!(world.start(&RENAMED_AFTER, Missing::Make).await.unwrap(), ["0003_renamed"]);
        let refused = world.bench.try_execute(&overlaps("stretches")).await.unwrap_err();
        assert!(refused.to_string().contains("exclusion constraint stretches_from_high_excl"), "{refused}");
        assert_eq!(world.down(&RENAMED_AFTER, Some(1)).await.unwrap(), ["0003_renamed, undone", "0002_apart, undone"]);
        world.bench.execute(&overlaps("spans")).await;
    });
}

#[test]
fn migrations_come_in_their_order() {
    run_async(async {
        let world = World::new().await;
        world.new_migration(&FIRST, "initial").await;
        world.start(&FIRST, Missing::Make).await.unwrap();
        world.new_migration(&LABELLED, "label").await;
        world.start(&LABELLED, Missing::Make).await.unwrap();
        world.bench.execute("DELETE FROM fasttrack_migrations WHERE version = 1").await;
        let late = world.start(&LABELLED, Missing::Make).await.unwrap_err();
        assert!(late.contains("0001_initial was not applied, and a later one was"), "{late}");
    });
}

#[test]
fn a_migration_that_does_not_leave_what_it_says_is_undone() {
    run_async(async {
        let world = World::new().await;
        world.new_migration(&FIRST, "initial").await;
        let up = world.folder.path().join("0001_initial.up.sql");
        let text = std::fs::read_to_string(&up).unwrap();
        for (part, other) in [("\"text\" TEXT NOT NULL", "\"text\" TEXT"), ("CREATE INDEX \"notes_text\"", "--")] {
            std::fs::write(&up, text.replace(part, other)).unwrap();
            let refused = world.start(&FIRST, Missing::Make).await.unwrap_err();
            assert!(refused.contains("`notes` as its .json says"), "{refused}");
        }
        std::fs::write(&up, text + "\n-- by hand\nINSERT INTO users (email) VALUES ('first@b.example');\n").unwrap();
        world.start(&FIRST, Missing::Make).await.unwrap();
        assert_eq!(world.bench.values("users", &["email".into()]).await, ["'first@b.example'"]);
    });
}
