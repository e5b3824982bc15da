//! Of many who write what is counted into the same rows, none waits for another one in a circle.

use std::time::Duration;

use fasttrack::{db::Dialect, pipeline::Target, wire::Object};
use serde_json::json;

use super::{
    Inside,
    figures::{RESOURCES, check},
    run,
};

/// Whoever waits for another one in a circle waits for a second, at least, until the database notices.
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
        let deadlocks = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()";
        if app.db.dialect() == Dialect::Postgres {
            // What sessions have seen is told a second later, or when they end.
            for _ in 0..30 {
                assert_eq!(app.rows(deadlocks, Vec::new()).await[0].int(0), Some(0));
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    });
}
