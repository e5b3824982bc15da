//! The log: one line a request, for people or for machines, and nothing secret in it.

use serde_json::Value;

use crate::driver::{Settings, TestApp, wait_until};

/// The line that this request left.
fn line_of(app: &TestApp, request_id: &str) -> Value {
    let mut found = None;
    wait_until("the request is in the log", || {
        let log = app.log();
        let lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        found = lines.into_iter().find(|line| line["request_id"] == *request_id);
        found.is_some()
    });
    found.unwrap()
}

#[test]
fn a_request_leaves_one_line_that_says_what_it_cost() {
    let app = Settings::new().set("LOG_FORMAT", "json").start();
    let person = app.person();
    let project = app.project(&person);
    let reply = app.get(&format!("/projects/{project}")).by(&person).send();
    let line = line_of(&app, reply.header("x-request-id").expect("a request id"));
    let fields = &line;
    assert_eq!((&fields["method"], &fields["status"]), (&"GET".into(), &200.into()));
    assert_eq!(fields["path"], format!("/api/v1/projects/{project}"));
    assert_eq!(fields["route"], "/api/v1/projects/{id}");
    assert_eq!(fields["user"], person.id);
    assert_eq!(fields["sql_count"], 1, "one statement reads a row: {fields}");
    let ms = |key: &str| fields[key].as_f64().unwrap_or_else(|| panic!("{key} is no number in {fields}"));
    assert!(0.0 < ms("sql_ms") && ms("sql_ms") <= ms("ms"), "{fields}");

    let reply = app.at("GET", "/health").send();
    let line = line_of(&app, reply.header("x-request-id").expect("a request id"));
    assert_eq!(line["sql_count"], 0);
    assert_eq!(line["user"], Value::Null);
}

#[test]
fn a_line_names_the_route_and_never_the_query() {
    let app = Settings::new().set("LOG", "trace").set("LOG_FORMAT", "json").start();
    for (target, route) in [
        ("/health?made=up-query", "/health"),
        ("/api/v1/tasks/7?made=up-query", "/api/v1/tasks/{id}"),
        ("/api/v1/projects?sort=up-query", "/api/v1/projects"),
        ("/nowhere/7?made=up-query", "unmatched"),
    ] {
        let reply = app.at("GET", target).send();
        let line = line_of(&app, reply.header("x-request-id").expect("a request id"));
        assert_eq!(line["route"], route, "{line}");
        assert_eq!(line["path"], target.split('?').next().unwrap());
    }
    assert!(!app.log().contains("up-query"), "a query string is in the log");
}

#[test]
fn nothing_secret_is_logged() {
    let app = Settings::new().set("LOG", "trace").set("LOG_FORMAT", "json").start();
    let person = app.person();
    let query = format!("/health?token={}", person.pair.access);
    app.at("GET", &query).send().expect(422);
    app.get("/users/me").by(&person).ok();
    app.post("/auth/login", &serde_json::json!({ "email": person.email, "password": "wrong-and-secret" })).send();
    wait_until("the last request is in the log", || app.log().contains("\"status\":401"));
    let log = app.log();
    for (what, secret) in [
        ("the access token", person.pair.access.as_str()),
        ("the refresh token", person.pair.refresh.as_str()),
        ("the password", person.password.as_str()),
        ("a wrong password", "wrong-and-secret"),
    ] {
        assert!(!log.contains(secret), "{what} is in the log");
    }
}
