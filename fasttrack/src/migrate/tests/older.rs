//! An older program on a database that a newer one has changed.

use std::slice;

use super::{declared::*, *};
use crate::{
    migrate::{Missing, surplus::Surplus},
    schema::{Column, Schema},
};

static TAG: Schema = Schema::new("tag", "tags").columns(&[ID]);
/// The note with more: what may be null, what has a default, an index, and a key over what may be null.
static NOTE_AND_MORE: Schema = Schema::new("note", "notes").columns(&[
    ID,
    Column::new::<String>("text", "text").index(),
    relation_to("user", "owner", "owner_id"),
    Column::new::<Option<String>>("slug", "slug").unique(),
    Column::new::<i64>("stars", "stars").default_empty().index(),
]);
/// The note with what an older program cannot fill.
static NOTE_WITH_MORE_TO_SAY: Schema = Schema::new("note", "notes").columns(&[
    ID,
    Column::new::<String>("text", "text").index(),
    relation_to("user", "owner", "owner_id"),
    Column::new::<String>("tone", "tone"),
]);
static NOTE_WITHOUT_OWNER: Schema =
    Schema::new("note", "notes").columns(&[ID, Column::new::<String>("text", "text").index()]);

const NEWER: [&Schema; 3] = [&NOTE_AND_MORE, &TAG, &USER];

#[track_caller]
fn check_words(there: &[TableDefinition], known: &TableDefinition, words: &[&str]) {
    let (there, known) = (schema(there), schema(slice::from_ref(known)));
    let surplus = Surplus::of(&there, &known);
    assert_eq!(surplus.words(), words);
    if surplus.taken_from(&there).is_same(&known) {
        assert!(surplus.added_to(&known).is_same(&there));
    }
    assert_eq!(surplus.touches(&there), !words.is_empty());
    assert!(!surplus.touches(&known));
}

#[test]
fn what_is_in_nobodys_way_is_a_surplus() {
    let known = table("notes", &[column("x", Holds::Text)]);
    let with = |more: &[ColumnDefinition]| table("notes", &[&[column("x", Holds::Text)], more].concat());
    let text = || column("y", Holds::Text);
    check_words(slice::from_ref(&known), &known, &[]);
    check_words(&[known.clone(), table("tags", &[])], &known, &["the table `tags`"]);
    check_words(&[with(&[nullable(text())])], &known, &["`y` of `notes`"]);
    check_words(&[with(&[with_default(text(), "''")])], &known, &["`y` of `notes`"]);
    check_words(&[with(&[text()])], &known, &[]);
    for (column, key, unique, words) in [
        (None, "x", false, &["the index `notes_x_index`"][..]),
        (None, "x", true, &["the index `notes_x_unique`"]),
        (Some(nullable(text())), "y", true, &["`y` of `notes`", "the index `notes_y_unique`"]),
        (Some(with_default(text(), "''")), "y", false, &["`y` of `notes`", "the index `notes_y_index`"]),
        (Some(with_default(text(), "''")), "y", true, &["`y` of `notes`"]),
    ] {
        let mut there = with(column.as_slice());
        index(&mut there, key, unique);
        check_words(&[there], &known, words);
    }
    for (column, compared, words) in [
        (None, "x", &["the constraint `notes_ck`"][..]),
        (Some(nullable(text())), "y", &["`y` of `notes`", "the constraint `notes_ck`"]),
        (Some(text()), "y", &[]),
    ] {
        let mut there = with(column.as_slice());
        let condition = format!("\"x\" <> \"{compared}\"");
        let columns = vec!["x".to_owned(), compared.to_owned()];
        there.checks.push(CheckDefinition { name: "notes_ck".to_owned(), condition, columns });
        check_words(&[there], &known, words);
    }
}

#[test]
fn an_older_program_goes_on_beside_what_was_added() {
    run_async(async {
        for with_migrations in [false, true] {
            let world = World::new().await;
            if with_migrations {
                world.new_migration(&FIRST, "initial").await;
            }
            world.start(&FIRST, Missing::Make).await.unwrap();
            if with_migrations {
                world.new_migration(&NEWER, "more").await;
            }
            world.start(&NEWER, Missing::Make).await.unwrap();
            world.forget("0002_more");
            let whole = world.bench.dump().await;
            for missing in [Missing::Refuse, Missing::Make] {
                assert_eq!(world.start(&FIRST, missing).await.unwrap(), [""; 0]);
            }
            assert_eq!(world.bench.dump().await, whole, "nothing was changed");
            let mut words = vec!["the table `tags`", "`slug` of `notes`", "`stars` of `notes`"];
            words.extend(["the index `notes_slug_unique`", "the index `notes_stars`"]);
            if with_migrations {
                words.insert(0, "the migration 0002_more");
                let refused = world.down(&FIRST, None).await.unwrap_err();
                assert!(refused.contains("0002_more") && refused.contains("the program that holds it"), "{refused}");
            }
            assert_eq!(world.unknown(&FIRST).await, words);
        }
    });
}

#[test]
fn what_it_cannot_serve_is_not_called_lost() {
    run_async(async {
        for changed in [[&NOTE_WITH_MORE_TO_SAY, &USER], [&NOTE_WITHOUT_OWNER, &USER]] {
            let world = World::new().await;
            world.new_migration(&FIRST, "initial").await;
            world.start(&FIRST, Missing::Make).await.unwrap();
            world.new_migration_elsewhere(&changed, "change");
            world.start(&changed, Missing::Make).await.unwrap();
            world.forget("0002_change");
            let whole = world.bench.dump().await;
            let refused = world.start(&FIRST, Missing::Make).await.unwrap_err();
            assert!(refused.contains("0002_change") && refused.contains("`notes`"), "{refused}");
            assert!(!refused.contains("with every row") && !refused.contains("migrate new"), "{refused}");
            assert_eq!(world.bench.dump().await, whole);
        }
    });
}

#[test]
fn what_was_taken_out_of_the_declarations_takes_a_migration() {
    run_async(async {
        let world = World::new().await;
        world.new_migration(&NEWER, "initial").await;
        world.start(&NEWER, Missing::Make).await.unwrap();
        let refused = world.start(&FIRST, Missing::Make).await.unwrap_err();
        assert!(refused.contains("tags: the table is dropped") && refused.contains("migrate new"), "{refused}");
    });
}

#[test]
fn what_may_have_been_renamed_takes_a_migration() {
    run_async(async {
        let world = World::new().await;
        world.start(&[&NOTE_AND_MORE, &USER], Missing::Make).await.unwrap();
        let refused = world.start(&LABELLED, Missing::Make).await.unwrap_err();
        assert!(refused.contains("`slug` is dropped") && refused.contains("migrate new"), "{refused}");
    });
}

#[test]
fn a_migration_goes_past_what_it_does_not_know_and_loses_none_of_it() {
    run_async(async {
        let world = World::new().await;
        world.new_migration(&FIRST, "initial").await;
        world.start(&FIRST, Missing::Make).await.unwrap();
        // By a start of a newer program, which has no migration for it yet.
        world.start(&NEWER, Missing::Make).await.unwrap();
        world.bench.execute("INSERT INTO notes (text, slug, stars) VALUES ('T', 's', 3)").await;
        world.new_migration_elsewhere(&LABELLED, "label");
        assert_eq!(world.start(&LABELLED, Missing::Make).await.unwrap(), ["0002_label"]);
        assert_eq!(world.bench.values("notes", &["slug".into(), "stars".into()]).await, ["'s',3"]);
        assert!(world.unknown(&LABELLED).await.contains(&"`slug` of `notes`".to_owned()));
        assert_eq!(world.start(&[&LABEL, &NOTE_AND_MORE, &TAG, &USER], Missing::Refuse).await.unwrap(), [""; 0]);

        world.new_migration_elsewhere(&[&LABEL, &NOTE_WITHOUT_OWNER, &USER], "orphan");
        let whole = world.bench.dump().await;
        let refused = world.start(&[&LABEL, &NOTE_WITHOUT_OWNER, &USER], Missing::Make).await.unwrap_err();
        assert!(refused.contains("0003_orphan was not applied") && refused.contains("`slug`"), "{refused}");
        assert_eq!(world.bench.dump().await, whole);
    });
}

#[test]
fn a_new_migration_leaves_alone_what_is_not_known() {
    run_async(async {
        let world = World::new().await;
        world.new_migration(&FIRST, "initial").await;
        world.start(&FIRST, Missing::Make).await.unwrap();
        world.start(&NEWER, Missing::Make).await.unwrap();
        assert_eq!(world.new_migration(&FIRST, "nothing").await, [""; 0]);
        let refused = world.try_new_migration(&LABELLED, "label").await.unwrap_err();
        assert!(refused.contains("tags: the table is dropped"), "it may have been renamed: {refused}");
    });
}

#[test]
fn no_migration_is_written_behind_those_of_a_newer_program() {
    run_async(async {
        let world = World::new().await;
        world.new_migration(&FIRST, "initial").await;
        world.new_migration_elsewhere(&NEWER, "more");
        world.start(&NEWER, Missing::Make).await.unwrap();
        world.forget("0002_more");
        let refused = world.try_new_migration(&LABELLED, "label").await.unwrap_err();
        assert!(refused.contains("0002_more"), "{refused}");
        world.new_migration_elsewhere(&LABELLED, "label");
        let refused = world.start(&LABELLED, Missing::Make).await.unwrap_err();
        assert!(refused.contains("0002_more") && refused.contains("0002_label"), "{refused}");
    });
}

#[test]
fn a_table_that_only_a_newer_framework_describes_is_left_alone() {
    run_async(async {
        let world = World::new().await;
        world.start(&[&NOTE, &TAG, &USER], Missing::Make).await.unwrap();
        let shift =
            |table: &str| format!("UPDATE fasttrack_schema SET definition = '{{\"shape\": 7}}' WHERE name = '{table}'");
        world.bench.execute(&shift("tags")).await;
        assert_eq!(world.start(&FIRST, Missing::Refuse).await.unwrap(), [""; 0]);
        assert_eq!(world.unknown(&FIRST).await, ["the table `tags`"]);
        assert_eq!(world.start(&LABELLED, Missing::Make).await.unwrap(), ["labels: a new table"]);
        let kept = world.bench.values("fasttrack_schema", &["name".into()]).await;
        assert_eq!(kept, ["'labels'", "'notes'", "'tags'", "'users'"], "its description is kept");
        world.bench.execute(&shift("notes")).await;
        let refused = world.start(&FIRST, Missing::Make).await.unwrap_err();
        assert!(refused.contains("`notes` was made by a newer version of fasttrack"), "{refused}");
    });
}
