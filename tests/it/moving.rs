//! `fasttrack move`: from a file to an empty database on a server, which goes on where the file was left.

use std::{fs, process::Output};

use fasttrack::db::Statement;
use serde_json::{Value, json};

use crate::driver::{Pair, Person, Settings, TestApp, server_only, wait_until};

/// Text that is easily taken for something else, or cut.
const TEXTS: [&str; 12] = [
    "null",
    "{}",
    "[1, 2]",
    "it's \"quoted\" \\ 'n' $1 ? %s",
    "line\nbreak\r\n\ttab",
    " blanks ",
    "שלום",
    "e\u{301} é ﷽ 👩\u{200d}👧",
    "\u{1}\u{7f}\u{80}\u{feff}",
    "\u{10FFFF}",
    "\\x00 \\u0000",
    "-- ; DROP TABLE users",
];

/// Checks a failure: not zero, and one sentence that says this, without the password.
#[track_caller]
fn check_refused(output: &Output, mentions: &str) {
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success(), "it succeeded: {output:?}");
    assert!(said.contains(mentions) && said.trim().lines().count() == 1, "{mentions:?} is not what it says: {said}");
    assert!(!said.contains("s3cret"), "{said}");
}

fn stop(mut app: TestApp) -> Settings {
    app.terminate();
    app.wait();
    app.settings().clone()
}

/// The bytes of the first page of these lists, and of what the jobs are.
fn seen(app: &TestApp, people: &[Person]) -> Vec<String> {
    let lists = [
        "/projects?limit=100",
        "/projects?limit=3&sort=-name",
        "/projects/1/tasks?limit=100",
        "/projects/1/tasks?limit=5&sort=-priority,title",
        "/projects/1/tasks?q=null",
        "/tasks/1/comments?limit=100",
        "/notifications?limit=100",
        "/users/me",
        "/users?limit=100",
    ];
    let mut seen = Vec::new();
    for person in people {
        seen.extend(lists.iter().map(|path| format!("{path}: {}", app.get(path).by(person).send().text())));
    }
    let jobs = app.run(&["jobs", "--dead"], "");
    assert!(jobs.status.success(), "{jobs:?}");
    seen.push(String::from_utf8(jobs.stdout).unwrap());
    // Of a problem its own number is another one each time.
    seen.retain(|text| !text.contains("\"request_id\""));
    seen
}

/// A database with something of everything in it, and who is logged in.
fn filled(app: &TestApp) -> Vec<Person> {
    let people = vec![app.admin().clone(), app.person(), app.person()];
    let [_, owner, assignee] = &people[..] else { panic!("three people") };
    let project = app.project(owner);
    assert_eq!(project, 1);
    for text in TEXTS {
        app.post("/projects", &json!({ "name": text, "description": text })).by(owner).created();
        let members = json!({ "title": text, "description": text, "assignee_id": assignee.id, "priority": "high" });
        let task = app.task(owner, project, &members);
        app.post(&format!("/tasks/{task}/comments"), &json!({ "body": text })).by(assignee).created();
    }
    app.task(owner, project, &json!({ "title": "long", "description": "ä".repeat(10_000) }));
    let last = app.task(owner, project, &json!({}));
    app.delete(&format!("/tasks/{last}")).by(owner).done();
    let job = "INSERT INTO outbox_jobs (name, resource, row_id, old, created_at, due_at) VALUES ('jobs::forgotten', 'task', \
               7, '{\"id\":7}', '2026-01-01T00:00:00.000001Z', '2026-01-01T00:00:00.000002Z')";
    app.settings().execute(Statement::new(job, Vec::new()));
    wait_until("it is dead", || {
        let jobs = app.run(&["jobs", "--dead"], "");
        String::from_utf8_lossy(&jobs.stdout).contains("jobs::forgotten")
    });
    crate::jobs::wait_for_the_jobs(app);
    people
}

fn numbers(app: &TestApp, person: &Person) -> Vec<i64> {
    app.walk(person, "/notifications").iter().filter_map(|message| message["id"].as_i64()).collect()
}

#[test]
fn what_was_in_the_file_goes_on_on_the_server() {
    server_only!("what a file is moved to");
    let (file, server) = (Settings::on_a_file(), Settings::new());
    let app = file.start();
    let people = filled(&app);
    let before = seen(&app, &people);
    assert!(before.len() > 20, "{before:?}");
    let told = numbers(&app, &people[2]);
    let last = app.walk(&people[1], "/projects/1/tasks").iter().filter_map(|task| task["id"].as_i64()).max().unwrap();
    stop(app);
    let bytes = fs::read(file.directory().join("t.db")).unwrap();

    let output = file.run(&["move", "--to", server.database_url()], "");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    let password = server.database_url().split(['/', ':', '@']).nth(4).unwrap_or("none");
    assert!(!said.contains(&format!(":{password}@")), "{said}");
    for word in ["moved sqlite://t.db to postgres://", "the key of tokens and cursors was copied", "set DATABASE_URL"] {
        assert!(said.contains(word), "{word:?} is not in {said}");
    }
    assert!(bytes == fs::read(file.directory().join("t.db")).unwrap(), "the file is another one");

    // In the directory of the file, where the key is.
    let app = file.clone().set("DATABASE_URL", server.database_url()).start();
    for (before, after) in before.iter().zip(seen(&app, &people)) {
        assert_eq!(*before, after);
    }
    let [_, owner, assignee] = &people[..] else { panic!("three people") };
    let next = app.task(owner, 1, &json!({ "assignee_id": assignee.id }));
    assert_eq!(next, last + 2, "the id of the one that was deleted is not given out again");
    let mut expected = told;
    expected.push(expected.last().unwrap() + 1);
    assert_eq!(numbers(&app, assignee), expected);
    let reply = app.post("/auth/refresh", &json!({ "refresh_token": owner.pair.refresh })).ok();
    app.get("/users/me").token(&Pair::of(&reply).access).ok();
    let sessions = app.get("/auth/sessions").by(assignee).ok();
    assert!(sessions["items"].as_array().is_some_and(|items| !items.is_empty()), "{sessions}");
    drop(app);
    check_refused(&file.run(&["move", "--to", server.database_url()], ""), "is not empty");
}

#[test]
fn what_cannot_be_moved_is_left_as_it_is() {
    let nowhere = "postgres://u:s3cret@127.0.0.1:1/d";
    let file = Settings::on_a_file();
    let to = |settings: &Settings, to: &str| settings.run(&["move", "--to", to], "");
    check_refused(&to(&file, nowhere), "there is no database at t.db");
    assert!(!file.directory().join("t.db").exists(), "a file was made");
    let app = file.start();
    check_refused(&to(&file, nowhere), "another server runs on t.db");
    stop(app);
    for (target, mentions) in [
        (nowhere, "cannot be opened"),
        ("sqlite://other.db", "--to names a SQLite file"),
        ("mysql://u:s3cret@h/d", "--to has to be an address"),
        ("postgres://u:s3cret@h/d?sslmode=perhaps", "--to has to be an address"),
    ] {
        check_refused(&to(&file, target), mentions);
    }
    check_refused(&file.run(&["move", nowhere], ""), "--help");
    check_refused(&to(&file.clone().set("DATABASE_URL", "postgres://u:s3cret@h/d"), nowhere), "is PostgreSQL already");
    for (statement, mentions) in [
        ("DROP INDEX outbox_by_age", "migrate up"),
        ("ALTER TABLE tasks ADD COLUMN more TEXT", "`tasks` is not as it was made"),
    ] {
        let file = Settings::on_a_file();
        stop(file.start());
        file.execute(Statement::new(statement, Vec::new()));
        check_refused(&to(&file, nowhere), mentions);
    }
    let foreign = Settings::on_a_file();
    foreign.execute(Statement::new("CREATE TABLE theirs (x)", Vec::new()));
    check_refused(&to(&foreign, nowhere), "cannot be opened");
    fs::write(foreign.directory().join("t.db"), "no database at all, but longer than nothing").unwrap();
    check_refused(&to(&foreign, nowhere), "cannot be opened");
}

/// How many tables there are.
fn tables(server: &Settings) -> i64 {
    let sql = "SELECT count(*) FROM pg_class WHERE relnamespace = current_schema()::regnamespace";
    server.execute(Statement::new(sql, Vec::new()))[0].int(0).unwrap()
}

#[test]
fn a_move_that_is_killed_leaves_an_empty_database_and_the_file_as_it_was() {
    server_only!("what a file is moved to");
    let (file, server) = (Settings::on_a_file(), Settings::new());
    let output = file.run(&["demo", "--tasks", "12000"], "");
    assert!(output.status.success(), "{output:?}");
    let bytes = fs::read(file.directory().join("t.db")).unwrap();
    let busy = |what: &str| {
        let sql = format!(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() \
             AND {what}"
        );
        server.execute(Statement::new(sql, Vec::new()))[0].int(0).unwrap()
    };
    let mut child = file.begin(&["move", "--to", server.database_url()]);
    wait_until("tasks are written", || busy("query LIKE 'INSERT INTO \"tasks\"%'") > 0);
    child.kill().unwrap();
    assert!(!child.wait().unwrap().success(), "it was done already");
    wait_until("the server has noticed", || busy("backend_type = 'client backend'") == 0);
    assert_eq!(tables(&server), 0);
    assert!(bytes == fs::read(file.directory().join("t.db")).unwrap(), "the file is another one");
    let output = file.run(&["move", "--to", server.database_url()], "");
    assert!(output.status.success(), "{output:?}");
    let count = server.execute(Statement::new("SELECT count(*) FROM tasks", Vec::new()))[0].int(0);
    assert_eq!(count, Some(12_000));
}

#[test]
fn every_kind_of_field_is_moved() {
    server_only!("what a file is moved to");
    let (file, server) = (Settings::on_a_file().binary(crate::entity::with_readings()), Settings::new());
    let app = file.start();
    let keeper = app.person();
    for number in [0.1 + 0.2, -0.5, 1e-7, 123_456_789.125, 0.0] {
        let body = json!({
            "label": format!("reading {number}"), "value": number, "taken_at": "1969-12-31T23:59:59.000001Z",
            "day": "2024-02-29", "contact": "Ada@example.com",
            "detail": { "b": { " a ": ["\u{1} {}", Value::Null, "é \\ \""] }, "a": {} },
        });
        app.post("/readings", &body).by(&keeper).created();
    }
    let before = app.get("/readings?limit=100").by(&keeper).send().text();
    stop(app);
    let output = file.run(&["move", "--to", server.database_url()], "");
    assert!(output.status.success(), "{output:?}");
    let app = file.set("DATABASE_URL", server.database_url()).start();
    assert_eq!(app.get("/readings?limit=100").by(&keeper).send().text(), before);
}
