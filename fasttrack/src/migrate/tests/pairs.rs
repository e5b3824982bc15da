//! A field of many rows comes, is renamed with its table, and goes, with what it holds.

use super::{
    declared::{ID, LABEL, USER, World},
    *,
};
use crate::{
    migrate::Missing,
    schema::{Column, Entity, Kind, Many, Schema, pairs},
};

struct Note;
struct Card;
struct Label;

impl Entity for Note {
    const ENTITY: &'static str = "note";
}

impl Entity for Card {
    const ENTITY: &'static str = "card";
}

impl Entity for Label {
    const ENTITY: &'static str = "label";
}

const fn many(name: &'static str, key: &'static str, pairs: &'static Schema) -> Column {
    Column { kind: Kind::Many("label"), ..Column::new::<i64>(name, key).max(5).pairs(pairs) }
}

static PLAIN: Schema = Schema::new("note", "notes").columns(&[ID]);
static LABELLED: Schema = Schema::new("note", "notes")
    .columns(&[ID, many("labels", "label_ids", const { &pairs::<Note, Many<Label>>("notes_label_ids") })]);
static RENAMED: Schema = Schema::new("card", "cards").was("notes").columns(&[
    ID,
    many("tags", "tag_ids", const { &pairs::<Card, Many<Label>>("cards_tag_ids").was("notes_label_ids") })
        .was("label_ids"),
]);

#[test]
fn what_a_field_of_many_rows_holds_goes_where_it_goes() {
    run_async(async {
        const BEFORE: [&Schema; 3] = [&LABEL, &PLAIN, &USER];
        const AFTER: [&Schema; 3] = [&LABEL, &LABELLED, &USER];
        const RENAMED_AFTER: [&Schema; 3] = [&RENAMED, &LABEL, &USER];
        let world = World::new().await;
        let held_in = |table: &'static str| {
            let bench = &world.bench;
            async move { bench.values(table, &["from_id".into(), "to_id".into()]).await }
        };
        world.start(&BEFORE, Missing::Make).await.unwrap();
        world.bench.execute("INSERT INTO labels (id) VALUES (1), (2)").await;
        world.bench.execute("INSERT INTO notes (id) VALUES (1), (2)").await;
        // What only adds, a start makes.
        world.start(&AFTER, Missing::Make).await.unwrap();
        assert!(held_in("notes_label_ids").await.is_empty());
        world.bench.execute("INSERT INTO notes_label_ids (from_id, to_id) VALUES (1, 1), (1, 2), (2, 1)").await;
        for refused in ["(1, 1)", "(3, 1)", "(1, 3)"] {
            let insert = format!("INSERT INTO notes_label_ids (from_id, to_id) VALUES {refused}");
            assert!(world.bench.try_execute(&insert).await.is_err(), "{refused}");
        }
        world.new_migration(&AFTER, "initial").await;
        let held = held_in("notes_label_ids").await;
        assert_eq!(held.len(), 3);

        assert_eq!(world.new_migration(&RENAMED_AFTER, "renamed").await, ["0002_renamed"]);
        let done = world.start(&RENAMED_AFTER, Missing::Make).await.unwrap();
        assert_eq!(done, ["0001_initial (its tables were there)", "0002_renamed"]);
        assert_eq!(held_in("cards_tag_ids").await, held);
        world.bench.execute("DELETE FROM cards WHERE id = 2").await;
        assert_eq!(held_in("cards_tag_ids").await.len(), 2);
        assert_eq!(world.down(&RENAMED_AFTER, Some(1)).await.unwrap(), ["0002_renamed, undone"]);
        assert_eq!(held_in("notes_label_ids").await.len(), 2);

        // What would lose them is said, and not done by itself.
        world.forget("0002_renamed");
        let refused = world.try_new_migration(&BEFORE, "plain").await.unwrap_err();
        assert!(refused.contains("notes_label_ids"), "{refused}");
    });
}
