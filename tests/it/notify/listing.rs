//! `GET /notifications`, and what is no longer kept.

use std::time::{Duration, Instant};

use fasttrack::db::{Arg, Statement};
use serde_json::{Value, json};

use crate::driver::{Heard, Settings, encode, shared, wait_until};

fn ids(rows: &[Value]) -> Vec<i64> {
    rows.iter().map(|row| row["id"].as_i64().unwrap()).collect()
}

#[test]
fn notifications_are_a_list_like_any_other() {
    let app = shared();
    let (person, stranger) = (app.person(), app.person());
    let project = app.project(&person);
    for _ in 0..7 {
        app.task(&person, project, &json!({"assignee_id": person.id}));
    }
    let all: Vec<i64> = (1..=7).collect();
    let walk = |query: &str| ids(&app.walk(&person, &format!("/notifications{query}")));
    for query in ["", "?limit=1", "?limit=3&sort=id", "?limit=7", "?limit=100"] {
        assert_eq!(walk(query), all, "{query}");
    }
    assert_eq!(walk("?limit=2&sort=-id"), all.iter().rev().copied().collect::<Vec<_>>());
    assert_eq!(app.walk(&stranger, "/notifications"), [Value::Null; 0]);

    let page = app.get("/notifications?limit=2").by(&person).ok();
    let cursor = encode(page["next_cursor"].as_str().unwrap());
    app.get(&format!("/notifications?cursor={cursor}")).by(&stranger).refused(400);
    app.get(&format!("/notifications?cursor={cursor}&sort=-id")).by(&person).refused(400);
    app.get(&format!("/auth/sessions?cursor={cursor}")).by(&person).refused(400);
    for (query, field) in [("?limit=0", "limit"), ("?type=x", "type"), ("?sort=type", "sort"), ("?q=a", "q")] {
        app.get(&format!("/notifications{query}")).by(&person).faulty(&[field]);
    }
    app.get("/notifications").refused(401);
}

#[test]
fn what_is_withheld_ends_no_page() {
    let app = shared();
    let (owner, helper) = (app.person(), app.person());
    let project = app.project(&owner);
    let tasks: Vec<_> = (0..9).map(|_| app.task(&owner, project, &json!({"assignee_id": helper.id}))).collect();
    for task in &tasks[1..7] {
        app.patch(&format!("/tasks/{task}"), &json!({"assignee_id": null})).by(&owner).ok();
    }
    for limit in 1..4 {
        assert_eq!(ids(&app.walk(&helper, &format!("/notifications?limit={limit}"))), [1, 8, 9]);
    }
}

/// Runs SQL on the database of a server that does not run.
fn tamper(settings: &Settings, sql: &'static str) {
    settings.execute(Statement::new(sql, vec![Arg::Text("2020-01-01T00:00:00.000000Z".into())]));
}

#[test]
fn old_messages_go_and_whoever_missed_them_is_told_so() {
    let mut app = Settings::new().start();
    let person = app.person();
    let project = app.project(&person);
    for _ in 0..6 {
        app.task(&person, project, &json!({"assignee_id": person.id}));
    }
    app.terminate();
    assert_eq!(app.wait(), Some(0));
    let settings = app.settings().clone();
    drop(app);
    tamper(&settings, "UPDATE outbox SET created_at = $1 WHERE number <= 4");
    let app = settings.start();
    wait_until("old messages are deleted", || ids(&app.walk(&person, "/notifications")) == [5, 6]);
    let mut late = app.socket_since(&person, 2);
    assert_eq!(late.message(), json!({"type": "resync"}));
    assert_eq!(late.ids(2), [5, 6]);
    let mut early = app.socket_since(&person, 0);
    assert_eq!(early.message(), json!({"type": "resync"}));
    assert_eq!(app.socket_since(&person, 4).ids(2), [5, 6]);
    app.task(&person, project, &json!({"assignee_id": person.id}));
    assert_eq!(late.ids(1), [7], "numbers go on from where they were");
}

#[test]
fn replays_that_nobody_reads_hold_nothing_up() {
    let mut app = Settings::new().start();
    let (person, other) = (app.person(), app.person());
    let project = app.project(&person);
    app.task(&person, project, &json!({"assignee_id": person.id}));
    app.terminate();
    assert_eq!(app.wait(), Some(0));
    let settings = app.settings().clone();
    drop(app);
    tamper(
        &settings,
        "INSERT INTO outbox SELECT account_id, number + n, type, resource, row_id, row_is_gone, \
         data, actor_id, created_at FROM outbox, \
         (WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 20000) SELECT n FROM c) AS more \
         WHERE number = 1",
    );
    let app = settings.start();
    // More than there are connections to read with, all of them in the middle of it when the session ends.
    let mut sockets: Vec<_> = (0..24).map(|_| app.socket_since(&person, 0)).collect();
    app.post("/auth/logout", &json!({})).by(&person).done();
    let asked = Instant::now();
    app.get("/users/me").by(&person).send().expect(401);
    app.get("/projects").by(&other).ok();
    assert!(asked.elapsed() < Duration::from_secs(2), "a replay held the database up: {:?}", asked.elapsed());
    for socket in &mut sockets {
        loop {
            match socket.hear_within(Duration::from_secs(5)) {
                Heard::Message(_) => {}
                heard => break assert!(matches!(heard, Heard::Closed(4001, _)), "{heard:?}"),
            }
        }
    }
}
