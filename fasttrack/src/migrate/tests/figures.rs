//! A figure that is kept comes over rows that are there, goes through renames and tables that are made anew, and is right
//! again where somebody took apart what keeps it.

use super::{
    declared::{ID, USER, World, relation_to},
    *,
};
use crate::{
    migrate::Missing,
    schema::{Column, Comparison, Counts, Figure, Has, Kind, Literal, Path, Rule, Schema},
};

const DONE: Rule = Rule::Compare { path: Path::HERE, field: "done", op: Comparison::Eq, value: Literal::Bool(false) };
const BOARD: Column = relation_to("board", "board", "board_id");
const FLAG: Column = Column { kind: Kind::Bool, ..Column::new::<i64>("done", "done") };
const OPEN: Column =
    Column::new::<i64>("open", "open").figure(const { &Figure { has: "cards", counts: Counts::Rows(DONE) } });
const POINTS: Column = Column::new::<i64>("points", "points").default_empty();
const SUM: Column = Column::new::<i64>("total", "total").figure(const { &Figure::sum("cards", "points") });

static CARDS: Schema = Schema::new("card", "cards").columns(&[ID, BOARD, FLAG, POINTS]);
static BOARDS: Schema = Schema::new("board", "boards").columns(&[ID]).has(&[Has::new("cards", "card", "board")]);
static KEPT: Schema =
    Schema::new("board", "boards").columns(&[ID, OPEN, SUM]).has(&[Has::new("cards", "card", "board")]);

static NOTES: Schema = Schema::new("note", "notes").was("cards").columns(&[
    ID,
    relation_to("wall", "wall", "wall_id").was("board_id"),
    Column { nullable: true, ..FLAG },
    Column::new::<i64>("weight", "weight").default_empty().was("points"),
]);
static WALLS: Schema = Schema::new("wall", "walls")
    .was("boards")
    .columns(&[
        ID,
        Column::new::<i64>("left", "left")
            .figure(const { &Figure { has: "notes", counts: Counts::Rows(DONE) } })
            .was("open"),
        Column::new::<i64>("total", "total").figure(const { &Figure::sum("notes", "weight") }),
    ])
    .has(&[Has::new("notes", "note", "wall")]);

#[test]
fn a_figure_is_right_wherever_a_migration_leads() {
    run_async(async {
        const BEFORE: [&Schema; 3] = [&BOARDS, &CARDS, &USER];
        const AFTER: [&Schema; 3] = [&KEPT, &CARDS, &USER];
        const RENAMED: [&Schema; 3] = [&NOTES, &USER, &WALLS];
        let world = World::new().await;
        let figures = |table: &'static str, columns: [&'static str; 2]| {
            let bench = &world.bench;
            async move { bench.values(table, &["id", columns[0], columns[1]].map(str::to_owned)).await }
        };
        world.start(&BEFORE, Missing::Make).await.unwrap();
        world.bench.execute("INSERT INTO boards (id) VALUES (1), (2)").await;
        world.bench.execute("INSERT INTO cards VALUES (1, 1, 0, 5), (2, 1, 1, 3), (3, 2, 1, 1), (4, NULL, 0, 9)").await;
        // What only adds, a start makes, over the rows that are there.
        world.start(&AFTER, Missing::Make).await.unwrap();
        assert_eq!(figures("boards", ["open", "total"]).await, ["1,1,8", "2,0,1"]);
        world.bench.execute("UPDATE cards SET board_id = 2, done = 0 WHERE id = 2").await;
        assert_eq!(figures("boards", ["open", "total"]).await, ["1,1,5", "2,1,4"]);
        world.new_migration(&AFTER, "initial").await;

        // What somebody dropped is made again, and counts anew.
        world.bench.execute("DROP TRIGGER cards_boards_figures_delete").await;
        world.bench.execute("DELETE FROM cards WHERE id = 2").await;
        assert_eq!(figures("boards", ["open", "total"]).await, ["1,1,5", "2,1,4"]);
        world.start(&AFTER, Missing::Make).await.unwrap();
        assert_eq!(figures("boards", ["open", "total"]).await, ["1,1,5", "2,0,1"]);

        // So is what does something else.
        let [dropped, replaced] = world.bench.choose(
            [
                "DROP TRIGGER cards_boards_figures_insert",
                "CREATE TRIGGER cards_boards_figures_insert AFTER INSERT ON cards BEGIN SELECT 1; END",
            ],
            [
                "UPDATE boards SET total = 100",
                "CREATE OR REPLACE FUNCTION cards_boards_figures_insert() RETURNS trigger LANGUAGE plpgsql \
                 AS 'BEGIN RETURN NULL; END'",
            ],
        );
        world.bench.execute(dropped).await;
        world.bench.execute(replaced).await;
        world.bench.execute("UPDATE boards SET total = 100").await;
        world.start(&AFTER, Missing::Make).await.unwrap();
        assert_eq!(figures("boards", ["open", "total"]).await, ["1,1,5", "2,0,1"]);

        // Everything is called otherwise, and one of the tables is made anew.
        assert_eq!(world.new_migration(&RENAMED, "renamed").await, ["0002_renamed"]);
        world.start(&RENAMED, Missing::Make).await.unwrap();
        assert_eq!(figures("walls", ["left", "total"]).await, ["1,1,5", "2,0,1"]);
        world.bench.execute("INSERT INTO notes VALUES (7, 2, NULL, 4), (8, 2, 0, 4)").await;
        world.bench.execute("DELETE FROM notes WHERE id = 1").await;
        assert_eq!(figures("walls", ["left", "total"]).await, ["1,0,0", "2,1,9"]);
        world.bench.execute("DELETE FROM notes WHERE id = 7").await;
        assert_eq!(world.down(&RENAMED, Some(1)).await.unwrap(), ["0002_renamed, undone"]);
        assert_eq!(figures("boards", ["open", "total"]).await, ["1,0,0", "2,1,5"]);
        world.bench.execute("INSERT INTO cards VALUES (9, 1, 0, 2)").await;
        assert_eq!(figures("boards", ["open", "total"]).await, ["1,1,2", "2,1,5"]);
    });
}
