//! API keys, which machines call with.

use std::time::Duration;

use fasttrack::testing::{TestApp as Kit, json};
use serde_json::Value;

use crate::driver::{Person, Settings, TestApp, server_only, shared, wait_until};

/// A new key of somebody.
#[track_caller]
fn key(app: &TestApp, person: &Person, body: &Value) -> (i64, String) {
    let made = app.post("/auth/keys", body).by(person).created();
    let key = made["key"].as_str().unwrap_or_else(|| panic!("{made}")).to_owned();
    assert!(key.starts_with("ft_") && key.len() == 46, "{made}");
    (made["id"].as_i64().unwrap(), key)
}

#[test]
fn a_key_is_its_account_on_every_route_but_those_of_accounts() {
    let app = shared();
    let person = app.person();
    let made = app.post("/auth/keys", &json!({ "name": "ci" })).by(&person).send().expect(201);
    assert_eq!(made.header("cache-control"), Some("no-store"), "{made}");
    let made = made.json();
    let keys: Vec<_> = made.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(keys, ["id", "name", "key", "read_only", "created_at", "expires_at", "last_used_at"]);
    let key = made["key"].as_str().unwrap();
    assert_eq!(app.get("/users/me").token(key).ok()["id"], person.id);
    let project = app.post("/projects", &json!({ "name": "by a machine" })).token(key).created();
    assert_eq!(project["owner_id"], person.id);
    app.get("/users").token(key).refused(403);
    let batch = json!({ "operations": [{ "method": "GET", "path": "/users/me" }] });
    app.post("/batch", &batch).token(key).ok();

    for (method, path) in [("GET", "/auth/sessions"), ("GET", "/auth/keys"), ("POST", "/auth/logout")] {
        app.api(method, path).token(key).refused(401);
    }
    app.post("/auth/keys", &json!({ "name": "more" })).token(key).refused(401);
    let change = json!({ "current_password": person.password, "new_password": "another good one" });
    app.post("/auth/password", &change).token(key).refused(401);
    // Nobody is told the key again.
    let page = app.get("/auth/keys").by(&person).ok();
    assert_eq!(page["items"].as_array().unwrap().len(), 1);
    assert_eq!((&page["items"][0]["id"], page["items"][0].get("key")), (&made["id"], None));
    assert!(!page.to_string().contains(key) && !app.log().contains(key));
}

#[test]
fn half_of_the_rights_are_those_of_reading() {
    let app = shared();
    let person = app.person();
    let project = app.project(&person);
    let (_, key) = key(app, &person, &json!({ "name": "dashboard", "read_only": true }));
    let path = format!("/projects/{project}");
    app.get(&path).token(&key).ok();
    app.get(&format!("{path}/stats")).token(&key).ok();
    app.api("HEAD", &path).token(&key).send().expect(200);
    app.patch(&path, &json!({ "name": "x" })).token(&key).refused(403);
    app.post("/projects", &json!({ "name": "x" })).token(&key).refused(403);
    app.delete(&path).token(&key).refused(403);
    let batch = json!({ "operations": [{ "method": "GET", "path": "/users/me" }] });
    app.post("/batch", &batch).token(&key).refused(403);
    // It says what the key is good for, and not what the account is.
    let can = |path: &str, key: Option<&str>| {
        let request = app.get(&format!("{path}?expand=can"));
        let body = if let Some(key) = key { request.token(key).ok() } else { request.by(&person).ok() };
        let row = if body["items"].is_array() { &body["items"][0] } else { &body };
        row["can"].clone()
    };
    for path in [path.as_str(), "/projects", "/users/me"] {
        assert_eq!(can(path, Some(&key)), json!([]), "{path}");
        assert!(can(path, None).as_array().unwrap().contains(&json!("update")), "{path}");
    }
    let mut socket = app.socket_with(&format!("?token={key}"));
    app.task(&person, project, &json!({ "assignee_id": person.id }));
    assert_eq!(socket.message()["type"], "task_assigned");
}

#[test]
fn a_key_that_is_ended_is_good_for_nothing_on_the_next_request_and_closes_its_sockets() {
    let app = shared();
    let (person, other) = (app.person(), app.person());
    let (id, ended) = key(app, &person, &json!({ "name": "one" }));
    let (_, kept) = key(app, &person, &json!({ "name": "two" }));
    app.get("/users/me").token(&ended).ok();
    let mut socket = app.socket_with(&format!("?token={ended}"));
    app.delete(&format!("/auth/keys/{id}")).by(&other).refused(404);
    app.delete(&format!("/auth/keys/{id}")).by(&person).done();
    app.get("/users/me").token(&ended).refused(401);
    socket.expect_close(4001);
    app.get("/users/me").token(&kept).ok();
    app.delete(&format!("/auth/keys/{id}")).by(&person).refused(404);
    for wrong in ["ft_", "ft_x", &ended[..45], &format!("{kept}x"), &kept.to_uppercase()] {
        app.get("/users/me").token(wrong).refused(401);
    }
}

#[test]
fn a_key_stands_and_falls_with_its_account() {
    let app = shared();
    let person = app.person();
    let (_, key) = key(app, &person, &json!({ "name": "ci" }));
    app.get("/users").token(&key).refused(403);
    let path = format!("/users/{}", person.id);
    app.patch(&path, &json!({ "role": "admin" })).by(app.admin()).ok();
    app.get("/users").token(&key).ok();
    app.disable(&person);
    app.get("/users/me").token(&key).refused(401);
    app.patch(&path, &json!({ "is_active": true })).by(app.admin()).ok();
    app.get("/users/me").token(&key).ok();
}

#[test]
fn every_node_knows_at_once() {
    server_only!("several processes on one database");
    let settings = Settings::new();
    let [one, other] = [settings.start(), settings.start()];
    let person = one.person();
    for _ in 0..5 {
        let (id, key) = key(&one, &person, &json!({ "name": "ci" }));
        one.get("/users/me").token(&key).ok();
        other.get("/users/me").token(&key).ok();
        let mut socket = other.socket_with(&format!("?token={key}"));
        one.delete(&format!("/auth/keys/{id}")).by(&person).done();
        socket.expect_close(4001);
        wait_until("the other node has heard", || other.get("/users/me").token(&key).send().status == 401);
    }
}

#[test]
fn a_key_ends_when_it_was_said_to() {
    let app = Kit::start(resources::application());
    let ada = app.account("ada");
    let ask = |body: &Value| app.as_(&ada).call("POST", "/auth/keys").json(body).send();
    assert_eq!(ask(&json!({ "name": "old", "expires_at": "2020-01-01T00:00:00Z" })).status, 422);
    let expires_at = fasttrack::clock::parse_timestamp_us(&app.now()).map(|now_us| now_us + 3_600_000_000).unwrap();
    let made = ask(&json!({ "name": "hour", "expires_at": fasttrack::clock::format_us(expires_at) })).json();
    let key = made["key"].as_str().unwrap().to_owned();
    assert_eq!(made["expires_at"], fasttrack::clock::format_us(expires_at));
    let status = || app.with_token(&key).call("GET", "/users/me").send().status;
    assert_eq!(status(), 200);
    app.advance(Duration::from_mins(59));
    assert_eq!(status(), 200);
    app.advance(Duration::from_mins(1));
    assert_eq!(status(), 401);
}

#[test]
fn that_it_is_used_is_written_down_and_lists_are_walked() {
    let app = shared();
    let person = app.person();
    let made: Vec<_> = (0..3).map(|place| key(app, &person, &json!({ "name": format!("key {place}") }))).collect();
    app.get("/users/me").token(&made[1].1).ok();
    wait_until("its use is written down", || {
        app.walk(&person, "/auth/keys?limit=1").iter().filter(|key| key["last_used_at"].is_string()).count() == 1
    });
    let ids: Vec<_> = app.walk(&person, "/auth/keys?limit=2").iter().map(|key| key["id"].as_i64().unwrap()).collect();
    assert_eq!(ids, made.iter().map(|(id, _)| *id).collect::<Vec<_>>());
    let csv = app.get("/auth/keys").header("accept", "text/csv").by(&person).send().expect(200).text();
    assert_eq!(csv.lines().next(), Some("id,name,read_only,created_at,expires_at,last_used_at"));
    assert_eq!(csv.lines().count(), 4);
}

#[test]
fn an_account_has_a_hundred_keys_at_most() {
    let app = shared();
    let person = app.person();
    (0..100).for_each(|_| drop(key(app, &person, &json!({ "name": "one of many" }))));
    app.post("/auth/keys", &json!({ "name": "one too many" })).by(&person).refused(409);
}
