//! Deleted rows that are kept: what is unique is so among those that are there, and no migration has the others come back.

use super::{
    declared::{ID, USER, World},
    *,
};
use crate::{
    migrate::Missing,
    schema::{Column, DeletedAt, Exclusive, Schema},
};

const NAME: Column = Column::new::<String>("name", "name").unique();
const LOW: Column = Column::new::<i64>("low", "low");
const HIGH: Column = Column::new::<i64>("high", "high");
const APART: &[Exclusive] = &[Exclusive::new("low_high_excl", "low", "high", &[])];

static PLAIN: Schema = Schema::new("span", "spans").columns(&[ID, NAME, LOW, HIGH]).exclusives(APART);
static KEPT: Schema = Schema::new("span", "spans")
    .columns(&[ID, NAME, LOW, HIGH, Column::new::<DeletedAt>("deleted_at", "deleted_at")])
    .keep_deleted(1)
    .exclusives(APART);
static RENAMED: Schema = Schema::new("span", "spans")
    .columns(&[ID, NAME, LOW, HIGH, Column::new::<DeletedAt>("gone", "gone").was("deleted_at")])
    .keep_deleted(1)
    .exclusives(APART);

#[test]
fn what_is_deleted_does_not_count_and_does_not_come_back() {
    run_async(async {
        let [plain, kept, renamed] = [&PLAIN, &KEPT, &RENAMED].map(|span| [span, &USER]);
        let world = World::new().await;
        world.new_migration(&plain, "initial").await;
        world.start(&plain, Missing::Make).await.unwrap();
        let insert = "INSERT INTO spans (name, low, high) VALUES ('A', 1, 3)";
        world.bench.execute(insert).await;
        assert_eq!(world.new_migration(&kept, "keep").await, ["0002_keep"], "nothing is lost");
        assert_eq!(world.start(&kept, Missing::Make).await.unwrap(), ["0002_keep"]);
        assert!(world.bench.try_execute(insert).await.is_err(), "it is there still");
        world.bench.execute("UPDATE spans SET deleted_at = '2026-01-01T00:00:00.000000Z'").await;
        world.bench.execute(insert).await;
        let back = "UPDATE spans SET name = 'B', deleted_at = NULL WHERE id = 1";
        let refused = world.bench.try_execute(back).await.unwrap_err().to_string();
        assert!(refused.contains("exclusion constraint spans_low_high_excl"), "{refused}");

        assert_eq!(world.new_migration(&renamed, "rename").await, ["0003_rename"]);
        assert_eq!(world.start(&renamed, Missing::Make).await.unwrap(), ["0003_rename"]);
        assert!(world.bench.try_execute(insert).await.is_err());

        world.new_migration_elsewhere(&plain, "forget");
        let refused = world.start(&plain, Missing::Make).await.unwrap_err();
        let words = "a row that is deleted and kept would be there again: erase such rows first, or restore them";
        assert!(refused.contains(words) && refused.contains("it finds 1 (1)"), "{refused}");
        world.bench.execute("DELETE FROM spans WHERE gone IS NOT NULL").await;
        assert_eq!(world.start(&plain, Missing::Make).await.unwrap(), ["0004_forget"]);
        assert!(world.bench.try_execute(insert).await.is_err());
        assert_eq!(world.down(&plain, Some(1)).await.unwrap().len(), 3);
        assert!(world.bench.try_execute(insert).await.is_err());
    });
}
