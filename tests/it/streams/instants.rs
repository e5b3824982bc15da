//! One instant, whatever is written meanwhile.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    thread,
};

use fasttrack::db::Statement;
use serde_json::{Value, json};

use super::{LONG, fill, long_list};
use crate::driver::{CSV, NDJSON, Person, Settings, Table, TestApp, rows_of};

fn execute(settings: &Settings, sql: &str) {
    settings.execute(Statement::new(sql, Vec::new()));
}

#[test]
fn what_is_written_while_a_list_is_read_is_not_in_it() {
    let settings = Settings::new();
    let (app, owner, path) = long_list(&settings);
    let path = format!("{path}?sort=title,-id");
    let before = app.ndjson(&owner, &path);
    assert_eq!(before.len(), LONG);
    let [lines, table] = [NDJSON, CSV].map(|accept| app.stream(&owner, &path, accept));
    assert_eq!((lines.status, table.status), (200, 200));
    execute(&settings, "UPDATE tasks SET title = 'changed ' || title, description = ''");
    execute(&settings, "DELETE FROM tasks WHERE id % 2 = 0");
    for _ in 0..3 {
        app.post(path.split('?').next().unwrap(), &json!({ "title": "new" })).by(&owner).created();
    }
    let now = app.walk(&owner, &format!("{path}&limit=100"));
    assert_eq!(now.len(), LONG / 2 + 3);
    assert_eq!(rows_of(&String::from_utf8(lines.finish().expect("a whole list")).unwrap()), before);
    Table::read(&table.finish().expect("a whole table")).check(&before);
    assert_eq!(app.ndjson(&owner, &path), now, "a list that begins now is of now");
}

/// Counts two tasks up, the first one before the last, until told to stop; others come and go.
fn count_up(app: &TestApp, owner: &Person, path: &str, [first, last]: [i64; 2], stop: &AtomicBool) {
    let mut count = 0;
    while !stop.load(Ordering::Relaxed) {
        count += 1;
        for id in [first, last] {
            app.patch(&format!("/tasks/{id}"), &json!({ "title": format!("{count}") })).by(owner).ok();
        }
        let passing = app.post(path, &json!({ "title": "passing" })).by(owner).created();
        app.delete(&format!("/tasks/{}", passing["id"])).by(owner).done();
    }
}

#[test]
fn a_list_that_is_read_among_writers_is_one_that_there_was() {
    let settings = Settings::new();
    let app = settings.start();
    let owner = app.person();
    let project = app.project(&owner);
    let path = format!("/projects/{project}/tasks");
    let first = app.task(&owner, project, &json!({ "title": "0" }));
    // More than a statement brings.
    fill(&settings, project, 2_000, 100);
    let last = app.task(&owner, project, &json!({ "title": "0" }));
    let steady: Vec<_> = app.ndjson(&owner, &path).iter().map(|row| row["id"].clone()).collect();
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        let writer = scope.spawn(|| count_up(&app, &owner, &path, [first, last], &stop));
        let outcome = thread::scope(|inner| {
            let read = || (0..12).map(|_| check(&app, &owner, &path, [first, last], &steady)).max();
            inner.spawn(read).join()
        });
        stop.store(true, Ordering::Relaxed);
        let highest = outcome.unwrap_or_else(|cause| std::panic::resume_unwind(cause));
        assert!(highest > Some(0), "nothing was written meanwhile");
        writer.join().unwrap();
    });
}

/// Reads the list, and gives how far the first task was counted.
#[track_caller]
fn check(app: &TestApp, owner: &Person, path: &str, [first, last]: [i64; 2], steady: &[Value]) -> u32 {
    let rows = app.ndjson(owner, path);
    let count = |id: i64| {
        let row = rows.iter().find(|row| row["id"] == id).expect("a task that is there throughout");
        row["title"].as_str().unwrap().parse::<u32>().unwrap()
    };
    let counts = [first, last].map(count);
    assert!(counts[0] == counts[1] || counts[0] == counts[1] + 1, "never at one instant: {counts:?}");
    let seen: Vec<_> = rows.iter().map(|row| row["id"].clone()).filter(|id| steady.contains(id)).collect();
    assert_eq!(seen, steady, "what was there throughout is seen once, in order");
    counts[0]
}
