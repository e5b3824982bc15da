//! `/health`, `/ready`, `/metrics`, request ids, and the orderly end.

use std::{collections::BTreeSet, io::Write};

use serde_json::json;

use crate::driver::{Settings, parse_reply, request_head, shared};

#[test]
fn the_server_is_alive_and_ready() {
    let app = shared();
    assert_eq!(app.at("GET", "/health").ok(), json!({ "status": "ok" }));
    app.at("GET", "/ready").send().expect(200);
}

#[test]
fn metrics_are_prometheus_text() {
    let reply = shared().at("GET", "/metrics").send().expect(200);
    assert!(reply.header("content-type").is_some_and(|kind| kind.starts_with("text/plain")), "{reply}");
    let text = reply.text();
    let samples: Vec<_> = text.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty()).collect();
    assert!(!samples.is_empty(), "{text}");
    for sample in samples {
        let value = sample.rsplit(' ').next().and_then(|word| word.parse::<f64>().ok());
        let name = sample.split(['{', ' ']).next().unwrap_or_default();
        let is_name = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == ':');
        assert!(value.is_some() && is_name && !name.is_empty(), "no sample: {sample}");
    }
}

#[test]
fn every_answer_has_an_id_of_its_own() {
    let app = shared();
    let person = app.person();
    let mut ids = BTreeSet::new();
    for (method, target) in [
        ("GET", "/health"),
        ("GET", "/docs"),
        ("GET", "/openapi.json"),
        ("GET", "/bogus"),
        ("PUT", "/health"),
        ("GET", "/api/v1/projects"),
        ("GET", "/api/v1/projects/0"),
        ("GET", "/api/v1/users"),
        ("POST", "/api/v1/auth/logout"),
    ] {
        let reply = app.at(method, target).by(&person).send();
        let id = reply.header("x-request-id").unwrap_or_else(|| panic!("no id: {reply}")).to_owned();
        assert!(!id.is_empty() && ids.insert(id), "not an id of its own: {reply}");
    }
}

#[test]
fn a_stop_answers_what_was_asked() {
    let mut app = Settings::new().start();
    let person = app.person();
    let authorization = format!("Bearer {}", person.pair.access);
    let body = json!({ "name": "at the very end" }).to_string();
    let head = request_head(
        "POST",
        "/api/v1/projects",
        &[
            ("authorization", &authorization),
            ("content-type", "application/json"),
            ("content-length", &body.len().to_string()),
        ],
    );
    let mut stream = app.connect();
    // A head that was sent need not have arrived: the first half of the body is sent after an answer on another
    // connection, which shows that the server has been reading since.
    stream.write_all(head.as_bytes()).unwrap();
    app.get("/users/me").by(&person).ok();
    stream.write_all(&body.as_bytes()[..5]).unwrap();
    app.get("/users/me").by(&person).ok();
    app.terminate();
    stream.write_all(&body.as_bytes()[5..]).unwrap();
    let reply = parse_reply(&mut stream);
    assert!([201, 503].contains(&reply.status), "{reply:?}");
    assert_eq!(app.wait(), Some(0));

    let created = reply.status == 201;
    let app = app.kill().start();
    assert_eq!(app.walk(&person, "/projects").len(), usize::from(created));
}

#[test]
fn an_idle_server_stops_at_once() {
    let mut app = Settings::new().start();
    let _idle = app.connect();
    app.terminate();
    assert_eq!(app.wait(), Some(0));
}
