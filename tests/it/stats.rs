//! The figures of a project: counted by a hand-written route, under the rules of all others.

use std::thread;

use serde_json::{Value, json};

use crate::driver::{Person, TestApp, shared};

fn path(project: i64) -> String {
    format!("/projects/{project}/stats")
}

#[track_caller]
fn tasks(app: &TestApp, person: &Person, project: i64) -> Value {
    app.get(&path(project)).by(person).ok()["tasks"].clone()
}

#[track_caller]
fn check(person: &Person, project: i64, todo: usize, in_progress: usize, done: usize) {
    let expected = json!({ "todo": todo, "in_progress": in_progress, "done": done });
    assert_eq!(tasks(shared(), person, project), expected);
}

#[test]
fn the_figures_follow_the_tasks() {
    let app = shared();
    let owner = app.person();
    let project = app.project(&owner);
    let row = app.get(&format!("/projects/{project}")).by(&owner).ok();
    let before = app.get(&path(project)).by(&owner).send().expect(200);
    assert_eq!(before.header("content-type"), Some("application/json"));
    let none = json!({ "todo": 0, "in_progress": 0, "done": 0 });
    assert_eq!(before.json(), json!({ "project_id": project, "tasks": none, "updated_at": row["created_at"] }));

    let task = app.task(&owner, project, &json!({}));
    app.task(&owner, project, &json!({ "status": "done" }));
    check(&owner, project, 1, 0, 1);
    app.patch(&format!("/tasks/{task}"), &json!({ "status": "in_progress" })).by(&owner).ok();
    check(&owner, project, 0, 1, 1);
    app.delete(&format!("/tasks/{task}")).by(&owner).done();
    check(&owner, project, 0, 0, 1);

    let counted = app.get(&path(project)).by(&owner).ok();
    assert!(counted["updated_at"].as_str().unwrap() > row["created_at"].as_str().unwrap(), "{counted}");
    assert_eq!(app.get(&path(project)).by(&owner).ok(), counted, "nothing changed");
    assert_eq!(app.get(&format!("/projects/{project}")).by(&owner).ok(), row, "the project itself did not change");
    app.delete(&format!("/projects/{project}")).by(&owner).done();
    app.get(&path(project)).by(&owner).refused(404);
}

#[test]
fn a_storm_is_counted_exactly() {
    let app = shared();
    let owner = app.person();
    let project = app.project(&owner);
    thread::scope(|scope| {
        for worker in 0..8 {
            let owner = &owner;
            scope.spawn(move || {
                for index in 0..25 {
                    let task = app.task(owner, project, &json!({}));
                    let path = format!("/tasks/{task}");
                    match (worker + index) % 4 {
                        0 => app.delete(&path).by(owner).done(),
                        1 => drop(app.patch(&path, &json!({ "status": "done" })).by(owner).ok()),
                        2 => drop(app.patch(&path, &json!({ "status": "in_progress" })).by(owner).ok()),
                        _ => {}
                    }
                }
            });
        }
    });
    check(&owner, project, 50, 50, 50);
}

#[test]
fn the_route_is_like_all_others() {
    let app = shared();
    let owner = app.person();
    let project = app.project(&owner);
    let target = path(project);
    for (id, status) in [("0", 404), ("01", 404), ("me", 404), ("9223372036854775808", 404)] {
        app.get(&format!("/projects/{id}/stats")).by(&owner).refused(status);
    }
    app.get("/projects/0/stats").refused(401);
    app.get(&target).token("no token").refused(401);
    assert_eq!(app.get(&format!("{target}?limit=1")).by(&owner).send().faults(), ["limit".to_owned()].into());
    let refused = app.post(&target, &json!({})).by(&owner).send();
    refused.problem(405);
    assert_eq!(refused.header("allow"), Some("GET, HEAD, OPTIONS"));
    let head = app.api("HEAD", &target).by(&owner).send().expect(200);
    assert!(head.body.is_empty() && head.header("content-length").is_some_and(|length| length != "0"), "{head}");
    let stuffed = app.api("GET", &target).by(&owner).body("application/json", "{\"a\": 1}").send();
    assert_eq!(stuffed.faults(), ["a".to_owned()].into());
}

#[test]
fn the_document_and_the_table_of_routes_have_it() {
    let document = shared().at("GET", "/openapi.json").ok();
    let operation = &document["paths"]["/api/v1/projects/{id}/stats"]["get"];
    assert_eq!(operation["operationId"], "get_project_stats");
    assert_eq!(operation["tags"], json!(["projects"]));
    assert_eq!(operation["parameters"][0]["name"], "id");
    let schema = &operation["responses"]["200"]["content"]["application/json"]["schema"];
    assert_eq!(schema["required"], json!(["project_id", "tasks", "updated_at"]));
    for status in ["401", "403", "404", "422", "429", "500", "503"] {
        assert!(operation["responses"][status].is_object(), "{status}: {operation}");
    }
    let output = shared().run(&["routes"], "");
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.lines().any(|line| line.contains("/api/v1/projects/{id}/stats") && line.contains("owner")), "{text}");
}
