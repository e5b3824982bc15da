//! Query parameters that are unknown, repeated, empty or cannot be decoded: a fault on every route.

use serde_json::{Value, json};

use crate::driver::{Person, TestApp, shared};

/// Queries that no route takes.
const BAD: [&str; 14] = [
    "bogus=1",
    "bogus",
    "=1",
    "bogus=",
    "%62ogus=1",
    "limit=5&limit=5",
    "limit=5&limit=6",
    "limit=",
    "limit",
    "a%zz=1",
    "limit=%f",
    "limit=%ff",
    "q=%C3",
    "bogus%00=1",
];

/// Every route with what it needs to be in order, but for its query.
fn routes(app: &TestApp, person: &Person) -> Vec<(&'static str, String, Option<Value>)> {
    let project = app.project(person);
    let task = app.task(person, project, &json!({}));
    let comment = app.comment(person, task);
    let login = json!({ "email": person.email, "password": person.password });
    let register = json!({ "email": crate::driver::unique_email(), "password": "long enough" });
    let password = json!({ "current_password": person.password, "new_password": person.password });
    vec![
        ("POST", "/api/v1/auth/register".into(), Some(register)),
        ("POST", "/api/v1/auth/login".into(), Some(login)),
        ("POST", "/api/v1/auth/refresh".into(), Some(json!({ "refresh_token": person.pair.refresh }))),
        ("POST", "/api/v1/auth/logout".into(), None),
        ("POST", "/api/v1/auth/password".into(), Some(password)),
        ("GET", "/api/v1/auth/sessions".into(), None),
        ("GET", "/api/v1/users/me".into(), None),
        ("PATCH", "/api/v1/users/me".into(), Some(json!({ "display_name": "x" }))),
        ("POST", "/api/v1/projects".into(), Some(json!({ "name": "n" }))),
        ("GET", "/api/v1/projects".into(), None),
        ("GET", format!("/api/v1/projects/{project}"), None),
        ("PATCH", format!("/api/v1/projects/{project}"), Some(json!({ "name": "x" }))),
        ("DELETE", format!("/api/v1/projects/{project}"), None),
        ("POST", format!("/api/v1/projects/{project}/tasks"), Some(json!({ "title": "t" }))),
        ("GET", format!("/api/v1/projects/{project}/tasks"), None),
        ("GET", format!("/api/v1/tasks/{task}"), None),
        ("PATCH", format!("/api/v1/tasks/{task}"), Some(json!({ "title": "x" }))),
        ("DELETE", format!("/api/v1/tasks/{task}"), None),
        ("POST", format!("/api/v1/tasks/{task}/comments"), Some(json!({ "body": "b" }))),
        ("GET", format!("/api/v1/tasks/{task}/comments"), None),
        ("DELETE", format!("/api/v1/comments/{comment}"), None),
        ("GET", "/health".into(), None),
        ("GET", "/ready".into(), None),
        ("GET", "/metrics".into(), None),
        ("GET", "/openapi.json".into(), None),
        ("GET", "/docs".into(), None),
        ("GET", "/live".into(), None),
        ("GET", "/live/page.js".into(), None),
        ("GET", "/admin".into(), None),
        ("GET", "/admin/page.js".into(), None),
    ]
}

#[test]
fn no_route_ignores_a_parameter() {
    let app = shared();
    let person = app.person();
    let before = app.get("/users/me").by(&person).ok();
    for (method, target, body) in routes(app, &person) {
        for query in BAD {
            let mut call = app.at(method, &format!("{target}?{query}")).by(&person);
            if let Some(body) = &body {
                call = call.json(body);
            }
            let reply = call.send();
            assert_eq!(reply.status, 422, "{reply}");
            reply.problem(422);
        }
    }
    assert_eq!(app.get("/users/me").by(&person).ok(), before, "a refused request did its work");
    assert_eq!(app.walk(&person, "/projects").len(), 1);
}

#[test]
fn routes_that_are_no_lists_take_no_parameters() {
    let app = shared();
    let person = app.person();
    for (method, target, body) in routes(app, &person) {
        let is_list =
            method == "GET" && ["projects", "tasks", "comments", "sessions"].iter().any(|end| target.ends_with(end));
        for query in ["limit=5", "sort=id", "q=a", "status=todo"].iter().filter(|_| !is_list) {
            let mut call = app.at(method, &format!("{target}?{query}")).by(&person);
            if let Some(body) = &body {
                call = call.json(body);
            }
            call.refused(422);
        }
    }
}

#[test]
fn faults_name_their_parameter() {
    let app = shared();
    let person = app.person();
    app.get("/projects?bogus=1").by(&person).faulty(&["bogus"]);
    app.get("/projects?limit=5&limit=5").by(&person).faulty(&["limit"]);
    app.get("/projects?q=").by(&person).faulty(&["q"]);
    app.get("/projects?status=active&status=active").by(&person).faulty(&["status"]);
    app.get("/projects?one=1&two=2").by(&person).faulty(&["one", "two"]);
}

#[test]
fn limits_are_1_to_100() {
    let app = shared();
    let person = app.person();
    for limit in ["1", "20", "100"] {
        app.get(&format!("/projects?limit={limit}")).by(&person).ok();
    }
    for limit in
        ["0", "101", "-1", "1.0", "1e1", "%2B5", "x", "%205", "5%20", "99999999999999999999", "null", "5,6", "0x5"]
    {
        app.get(&format!("/projects?limit={limit}")).by(&person).faulty(&["limit"]);
    }
}
