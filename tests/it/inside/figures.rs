//! Figures that are kept of the rows which refer to one: whatever happens to these, counting anew finds the same.
#![expect(dead_code, reason = "declared for what they become: rows are looked at as JSON")]

use fasttrack::{
    db::Statement,
    error::Error,
    pipeline::Target,
    prelude::*,
    principal::Principal,
    schema::{Resource as _, Schema},
    wire::{Object, Params},
};
use serde_json::{Value, json};

use super::{Inside, run};
use crate::driver::{Random, adapted};

/// What a person may do.
#[derive(Choice)]
pub(super) enum Role {
    /// What everybody may.
    User,
}

/// Who has cards.
#[resource(account)]
#[has(cards: Card.holder)]
#[can(read: authenticated)]
#[can(delete: self)]
pub(super) struct Person {
    pub id: Id<Person>,
    #[field(unique)]
    pub email: Email,
    #[field(hidden)]
    pub password: PasswordHash,
    #[field(len = ..=100, default)]
    pub display_name: String,
    #[field(default = User, read_only)]
    pub role: Role,
    #[field(default = true, read_only)]
    pub is_active: bool,
    #[field(count(cards: state == Doing))]
    pub busy: i64,
}

/// What boards stand in.
#[resource]
#[has(boards: Board.shelf)]
#[can(create, list, read, delete: authenticated)]
pub(super) struct Shelf {
    pub id: Id<Shelf>,
    #[field(sum(boards: points))]
    pub points: i64,
    #[field(count(boards: open > 0))]
    pub lively: i64,
}

/// What cards hang on.
#[resource]
#[has(cards: Card.board)]
#[can(create, list, read, update, delete: authenticated)]
#[rule(is_clear: open == 0)]
pub(super) struct Board {
    pub id: Id<Board>,
    #[field(on_delete = cascade)]
    pub shelf: Option<BelongsTo<Shelf>>,
    #[field(count(cards: state != Done), sort, filter)]
    pub open: i64,
    #[field(count(cards))]
    pub all: i64,
    #[field(sum(cards: points), sort)]
    pub points: i64,
    pub updated_at: UpdatedAt,
}

/// What is counted as long as it was not deleted.
#[resource]
#[can(create, list, read, update, delete, restore: authenticated)]
pub(super) struct Note {
    pub id: Id<Note>,
    #[field(on_delete = cascade)]
    pub pad: BelongsTo<Pad>,
    #[field(default)]
    pub pages: i64,
    pub cost: Option<Decimal<2>>,
    pub deleted_at: DeletedAt,
}

/// What notes are on.
#[resource]
#[has(notes: Note.pad)]
#[can(create, list, read, delete, restore: authenticated)]
pub(super) struct Pad {
    pub id: Id<Pad>,
    #[field(count(notes: pages > 1))]
    pub long: i64,
    #[field(sum(notes: pages))]
    pub pages: i64,
    #[field(sum(notes: cost), sort)]
    pub cost: Decimal<2>,
    pub deleted_at: DeletedAt,
}

/// How far a card is.
#[derive(Choice)]
pub(super) enum State {
    /// Nobody does it.
    Todo,
    /// Somebody does it.
    Doing,
    /// It is done.
    Done,
}

/// What is counted.
#[resource]
#[can(create, list, read, update: authenticated)]
#[can(delete: board.is_clear | state != Done)]
pub(super) struct Card {
    pub id: Id<Card>,
    #[field(on_delete = cascade)]
    pub board: BelongsTo<Board>,
    #[field(on_delete = set_null)]
    pub holder: Option<BelongsTo<Person>>,
    #[field(default = Todo)]
    pub state: State,
    pub points: Option<i64>,
}

pub(super) static RESOURCES: &[&Schema] =
    &[&Person::SCHEMA, &Shelf::SCHEMA, &Board::SCHEMA, &Card::SCHEMA, &Note::SCHEMA, &Pad::SCHEMA];

/// Figures that are not what counting anew finds: the figure, the row, what is kept, what there is.
const WRONG: [(&str, &str); 8] = [
    (
        "pads.long",
        "SELECT p.id, p.long, (SELECT count(*) FROM notes n WHERE n.pad_id = p.id AND n.pages > 1 AND n.deleted_at IS NULL) FROM pads p",
    ),
    (
        "pads.pages",
        "SELECT p.id, p.pages, (SELECT CAST(coalesce(sum(n.pages), 0) AS BIGINT) FROM notes n WHERE n.pad_id = p.id AND n.deleted_at IS NULL) FROM pads p",
    ),
    (
        "persons.busy",
        "SELECT p.id, p.busy, (SELECT count(*) FROM cards c WHERE c.holder_id = p.id AND c.state = 'doing') FROM persons p",
    ),
    (
        "shelfs.points",
        "SELECT p.id, p.points, (SELECT CAST(coalesce(sum(b.points), 0) AS BIGINT) FROM boards b WHERE b.shelf_id = p.id) FROM shelfs p",
    ),
    (
        "shelfs.lively",
        "SELECT p.id, p.lively, (SELECT count(*) FROM boards b WHERE b.shelf_id = p.id AND b.open > 0) FROM shelfs p",
    ),
    (
        "boards.open",
        "SELECT p.id, p.open, (SELECT count(*) FROM cards c WHERE c.board_id = p.id AND c.state <> 'done') FROM boards p",
    ),
    ("boards.all", "SELECT p.id, p.\"all\", (SELECT count(*) FROM cards c WHERE c.board_id = p.id) FROM boards p"),
    (
        "boards.points",
        "SELECT p.id, p.points, (SELECT CAST(coalesce(sum(c.points), 0) AS BIGINT) FROM cards c WHERE c.board_id = p.id) FROM boards p",
    ),
];

pub(super) async fn check(app: &Inside, after: &str) {
    for (figure, counted) in WRONG {
        let rows = app.rows(counted, vec![]).await;
        for row in rows {
            assert_eq!(row.int(1), row.int(2), "{figure} of {:?} after {after}", row.int(0));
        }
    }
}

async fn write(app: &Inside, sql: &str) -> Result<(), Error> {
    let statement = Statement::new(adapted(sql), vec![]);
    app.db.write(move |tx| Box::pin(async move { Ok(tx.query(statement).await.map(drop)?) })).await
}

async fn row(app: &Inside, name: &str, id: i64, who: &Principal) -> Value {
    serde_json::from_slice(&app.pipeline.read(app.index(name), Target::Id(id), who).await.unwrap()).unwrap()
}

#[test]
fn figures_hold_whatever_happens_to_the_rows() {
    run(async {
        let app = Inside::new(RESOURCES).await;
        let who = app.register("ada").await;
        let mut random = Random(20_261_128);
        let some = |random: &mut Random, ids: &[i64]| random.maybe(ids);
        let (mut shelves, mut boards, mut cards) = (Vec::new(), Vec::new(), Vec::new());
        for turn in 0..300 {
            let state = random.of(&["todo", "doing", "done"]);
            let points = random.of(&[None, Some(-3), Some(0), Some(7)]);
            let holder = if random.one_in(3) { json!(1) } else { json!(null) };
            let card = |board: i64| {
                json!({ "board_id": board, "state": state, "points": points, "holder_id": holder }).to_string()
            };
            let (shelf, board, one) =
                (some(&mut random, &shelves), some(&mut random, &boards), some(&mut random, &cards));
            let kind = random.below(12);
            let after = format!("turn {turn}, {kind}");
            match (kind, shelf, board, one) {
                (0, ..) => shelves.push(app.create("shelf", None, &who, "{}").await.unwrap()),
                (1, shelf, ..) => {
                    boards.push(
                        app.create("board", None, &who, &json!({ "shelf_id": shelf }).to_string()).await.unwrap(),
                    );
                }
                (2..=4, _, Some(board), _) => cards.push(app.create("card", None, &who, &card(board)).await.unwrap()),
                (5 | 6, _, Some(board), Some(one)) => drop(app.update("card", one, &who, &card(board)).await.unwrap()),
                (7, _, _, Some(one)) => {
                    if app.pipeline.delete(app.index("card"), one, &who).await.is_ok() {
                        cards.retain(|card| *card != one);
                    }
                }
                (8, shelf, Some(board), _) => {
                    drop(app.update("board", board, &who, &json!({ "shelf_id": shelf }).to_string()).await.unwrap());
                }
                (9, _, Some(board), _) if random.one_in(3) => {
                    app.pipeline.delete(app.index("board"), board, &who).await.unwrap();
                }
                (10, Some(shelf), ..) if random.one_in(4) => {
                    app.pipeline.delete(app.index("shelf"), shelf, &who).await.unwrap();
                }
                (11, _, Some(board), _) => {
                    let by_hand =
                        format!("INSERT INTO cards (board_id, state, points) SELECT {board}, state, points FROM cards");
                    write(&app, &by_hand).await.unwrap();
                    write(&app, "DELETE FROM cards WHERE id > (SELECT min(id) + 20 FROM cards)").await.unwrap();
                    write(&app, &format!("UPDATE cards SET state = '{state}' WHERE id % 3 = 1")).await.unwrap();
                }
                _ => continue,
            }
            for (table, ids) in [("shelfs", &mut shelves), ("boards", &mut boards), ("cards", &mut cards)] {
                let there = app.rows(&format!("SELECT id FROM {table}"), vec![]).await;
                *ids = there.iter().filter_map(|row| row.int(0)).collect();
            }
            check(&app, &after).await;
        }
        assert!(!cards.is_empty() && !shelves.is_empty());
    });
}

#[test]
fn a_figure_is_the_servers_and_lists_go_by_it() {
    run(async {
        let app = Inside::new(RESOURCES).await;
        let who = app.register("ada").await;
        for body in [r#"{"open": 3}"#, r#"{"points": 0}"#] {
            let refused = app.create("board", None, &who, body).await;
            assert!(matches!(&refused, Err(Error::Invalid(faults)) if faults[0].code == "read_only"), "{refused:?}");
        }
        let mut boards = Vec::new();
        for count in [2, 0, 1] {
            let board = app.create("board", None, &who, "{}").await.unwrap();
            let before = row(&app, "board", board, &who).await;
            for _ in 0..count {
                app.create("card", None, &who, &json!({ "board_id": board, "points": 5 }).to_string()).await.unwrap();
            }
            let after = row(&app, "board", board, &who).await;
            assert_eq!((&after["open"], &after["points"]), (&json!(count), &json!(5 * count)));
            assert_eq!(after["updated_at"], before["updated_at"], "nobody changed the board");
            boards.push(board);
        }
        let page =
            app.pipeline.list(app.index("board"), None, &who, Params::parse(Some("sort=-open&open[gte]=1"))).await;
        let page: Value = serde_json::from_slice(&page.unwrap()).unwrap();
        let found: Vec<_> = page["items"].as_array().unwrap().iter().map(|row| row["id"].as_i64().unwrap()).collect();
        assert_eq!(found, [boards[0], boards[2]]);

        // What would be more than it can hold is refused, and leaves everything as it was.
        let card = |points: i64| json!({ "board_id": boards[1], "points": points }).to_string();
        app.create("card", None, &who, &card(i64::MAX)).await.unwrap();
        let refused = app.create("card", None, &who, &card(1)).await;
        assert!(matches!(&refused, Err(Error::Conflict(_))), "{refused:?}");
        assert_eq!(row(&app, "board", boards[1], &who).await["points"], json!(i64::MAX));
        check(&app, "a sum that is too large").await;
    });
}

#[test]
fn figures_hold_under_many_writers() {
    run(async {
        let app = Inside::new(RESOURCES).await;
        let who = app.register("ada").await;
        let mut boards = Vec::new();
        let shelves = [
            app.create("shelf", None, &who, "{}").await.unwrap(),
            app.create("shelf", None, &who, "{}").await.unwrap(),
        ];
        for board in 0..6 {
            let body = json!({ "shelf_id": shelves[board / 2 % 2] }).to_string();
            boards.push(app.create("board", None, &who, &body).await.unwrap());
        }
        let mut writers = tokio::task::JoinSet::new();
        for writer in 0..50_usize {
            let (pipeline, index, who, boards) = (app.pipeline.clone(), app.index("card"), who.clone(), boards.clone());
            writers.spawn(async move {
                let body = |turn: usize| {
                    let state = if turn.is_multiple_of(2) { "todo" } else { "done" };
                    json!({ "board_id": boards[(writer + turn) % 6], "points": turn, "state": state }).to_string()
                };
                let text = body(0);
                let row = pipeline.create(index, None, &who, &Object::parse(text.as_bytes()).unwrap()).await.unwrap();
                let id = serde_json::from_slice::<Value>(&row).unwrap()["id"].as_i64().unwrap();
                for turn in 1..4 {
                    let text = body(turn);
                    let moved = Object::parse(text.as_bytes()).unwrap();
                    pipeline.update(index, Target::Id(id), &who, &moved).await.unwrap();
                }
                if writer.is_multiple_of(2) {
                    pipeline.delete(index, id, &who).await.ok();
                }
            });
        }
        while let Some(done) = writers.join_next().await {
            done.unwrap();
        }
        check(&app, "fifty writers").await;
    });
}

#[test]
fn what_is_deleted_and_kept_counts_for_nothing_until_it_comes_back() {
    run(async {
        let app = Inside::new(RESOURCES).await;
        let who = app.register("ada").await;
        let (pad, note) = (app.index("pad"), app.index("note"));
        let first = app.create("pad", None, &who, "{}").await.unwrap();
        let other = app.create("pad", None, &who, "{}").await.unwrap();
        let mut notes = Vec::new();
        for pages in 1..=4 {
            let cost = if pages == 2 { json!(null) } else { json!(format!("0.{pages}5")) };
            let body = json!({ "pad_id": first, "pages": pages, "cost": cost }).to_string();
            notes.push(app.create("note", None, &who, &body).await.unwrap());
        }
        app.pipeline.delete(note, notes[3], &who).await.unwrap();
        check(&app, "a deletion").await;
        assert_eq!(row(&app, "pad", first, &who).await["pages"], 6);
        assert_eq!(row(&app, "pad", first, &who).await["cost"], "0.50");
        app.update("note", notes[2], &who, &json!({ "pad_id": other }).to_string()).await.unwrap();
        app.pipeline.delete(pad, first, &who).await.unwrap();
        check(&app, "the pad with its notes").await;
        app.pipeline.restore(pad, first, &who).await.unwrap();
        check(&app, "both are back").await;
        assert_eq!(row(&app, "pad", first, &who).await["pages"], 3);
        app.pipeline.restore(note, notes[3], &who).await.unwrap();
        check(&app, "the first one is back").await;
        assert_eq!(row(&app, "pad", first, &who).await["pages"], 7);
        assert_eq!(row(&app, "pad", first, &who).await["long"], 2);
    });
}
