//! Of many who write beside one another, none waits for another one in a circle.
#![expect(dead_code, reason = "declared for what they become: rows are looked at as JSON")]

use std::time::Duration;

use fasttrack::{
    db::Dialect,
    pipeline::Target,
    prelude::*,
    schema::{Resource as _, Schema},
    wire::Object,
};
use serde_json::json;

use super::{
    Inside,
    figures::{RESOURCES, check},
    person::Person,
    run,
};

/// What papers lie on.
#[resource]
#[can(create, read, delete: authenticated)]
pub(super) struct Pile {
    pub id: Id<Pile>,
}

/// What is remarked upon.
#[resource]
#[can(create, read: authenticated)]
pub(super) struct Paper {
    pub id: Id<Paper>,
    #[field(on_delete = cascade)]
    pub pile: BelongsTo<Pile>,
}

/// What is said of a paper.
#[resource]
#[can(create, read: authenticated)]
pub(super) struct Remark {
    pub id: Id<Remark>,
    #[field(on_delete = cascade)]
    pub paper: BelongsTo<Paper>,
}

static PILES: &[&Schema] = &[&Person::SCHEMA, &Pile::SCHEMA, &Paper::SCHEMA, &Remark::SCHEMA];

/// Fails where two have waited for one another. Whoever does waits for a second, at least, until the database notices.
pub(super) async fn assert_nobody_waited_in_a_circle(app: &Inside) {
    let deadlocks = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()";
    if app.db.dialect() == Dialect::Postgres {
        // What sessions have seen is told a second later, or when they end.
        for _ in 0..30 {
            assert_eq!(app.rows(deadlocks, Vec::new()).await[0].int(0), Some(0));
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

#[test]
fn nobody_waits_in_a_circle_for_what_rows_refer_to() {
    const WRITERS: usize = 200;
    run(async {
        let app = Inside::new(PILES).await;
        let who = app.register("ada").await;
        for _ in 0..10 {
            let pile = app.create("pile", None, &who, "{}").await.unwrap();
            let mut papers = Vec::new();
            for _ in 0..100 {
                papers.push(app.create("paper", None, &who, &json!({ "pile_id": pile }).to_string()).await.unwrap());
            }
            let mut writers = tokio::task::JoinSet::new();
            for writer in 0..WRITERS {
                if writer == WRITERS / 2 {
                    let (pipeline, who, index) = (app.pipeline.clone(), who.clone(), app.index("pile"));
                    writers.spawn(async move { pipeline.delete(index, pile, &who).await.unwrap() });
                }
                let (pipeline, who, index) = (app.pipeline.clone(), who.clone(), app.index("remark"));
                // The last comes first.
                let text = json!({ "paper_id": papers[(WRITERS - 1 - writer) % papers.len()] }).to_string();
                writers.spawn(async move {
                    // What is deleted meanwhile is not there any more.
                    pipeline.create(index, None, &who, &Object::parse(text.as_bytes()).unwrap()).await.ok();
                });
            }
            while let Some(done) = writers.join_next().await {
                done.unwrap();
            }
        }
        assert_nobody_waited_in_a_circle(&app).await;
    });
}

#[test]
fn nobody_waits_in_a_circle_for_what_rows_are_counted_into() {
    run(async {
        let app = Inside::new(RESOURCES).await;
        let who = app.register("ada").await;
        let body = |board: i64| json!({ "board_id": board, "state": "doing" }).to_string();
        for round in 0..3 {
            let (mut boards, mut cards) = (Vec::new(), Vec::new());
            for board in 0..10 {
                if board % 2 == 0 {
                    app.create("shelf", None, &who, "{}").await.unwrap();
                }
                let body = json!({ "shelf_id": round * 5 + board / 2 + 1 }).to_string();
                boards.push(app.create("board", None, &who, &body).await.unwrap());
            }
            let doomed = boards[round];
            for _ in 0..40 {
                cards.push(app.create("card", None, &who, &body(doomed)).await.unwrap());
            }
            let mut writers = tokio::task::JoinSet::new();
            for writer in 0..40 {
                let (pipeline, who, index) = (app.pipeline.clone(), who.clone(), app.index("card"));
                let text = body(boards[(writer * 7 + round) % 10]);
                let (card, state) = (cards[writer], ["todo", "done"][writer % 2]);
                writers.spawn(async move {
                    // What is deleted meanwhile is not there any more.
                    pipeline.create(index, None, &who, &Object::parse(text.as_bytes()).unwrap()).await.ok();
                    let text = json!({ "state": state }).to_string();
                    pipeline.update(index, Target::Id(card), &who, &Object::parse(text.as_bytes()).unwrap()).await.ok();
                });
            }
            let (pipeline, who, index) = (app.pipeline.clone(), who.clone(), app.index("board"));
            writers.spawn(async move { pipeline.delete(index, doomed, &who).await.unwrap() });
            while let Some(done) = writers.join_next().await {
                done.unwrap();
            }
        }
        check(&app, "many writers").await;
        assert_nobody_waited_in_a_circle(&app).await;
    });
}
