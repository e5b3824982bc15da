//! Registering receivers: who may, what is answered, and what is refused.

use fasttrack::db::Statement;
use serde_json::{Value, json};

use super::{assign, register, settings, wait_until_delivered};
use crate::driver::{Receiver, TestApp, encode, shared};

fn keys(object: &Value) -> Vec<&str> {
    object.as_object().expect("an object").keys().map(String::as_str).collect()
}

const ROUTES: [(&str, &str); 7] = [
    ("POST", "/webhooks"),
    ("GET", "/webhooks"),
    ("GET", "/webhooks/1"),
    ("PATCH", "/webhooks/1"),
    ("DELETE", "/webhooks/1"),
    ("GET", "/webhooks/1/deliveries"),
    ("POST", "/webhooks/1/deliveries/1/retry"),
];

#[track_caller]
fn api_key(app: &TestApp, reads_only: bool) -> String {
    let body = json!({ "name": "machine", "read_only": reads_only });
    app.post("/auth/keys", &body).by(app.admin()).created()["key"].as_str().expect("a key").to_owned()
}

#[test]
fn only_administrators_have_receivers() {
    let app = settings().start();
    let (person, receiver) = (app.person(), Receiver::start());
    for (method, path) in ROUTES {
        let call = || app.api(method, path).json(&json!({ "url": "x", "events": [], "odd": 1 }));
        call().send().problem(401);
        let refused = call().by(&person).send().problem(403);
        assert!(refused["detail"].as_str().unwrap().contains("role admin"), "{refused}");
        let streamed = app.api(method, path).header("accept", "text/csv").by(&person).send();
        assert!(method != "GET" || streamed.status == 403, "{streamed}");
    }
    let (id, _) = register(&app, &receiver.url("/"), &["task_assigned"]);
    let (whole, reading) = (api_key(&app, false), api_key(&app, true));
    for path in ["/webhooks".to_owned(), format!("/webhooks/{id}"), format!("/webhooks/{id}/deliveries")] {
        app.get(&path).token(&reading).ok();
        app.get(&path).token(&whole).ok();
    }
    let change = json!({ "events": ["comment_added"] });
    app.patch(&format!("/webhooks/{id}"), &change).token(&reading).refused(403);
    app.patch(&format!("/webhooks/{id}"), &change).token(&whole).ok();
    app.delete(&format!("/webhooks/{id}")).token(&whole).done();
}

#[test]
fn a_secret_is_told_once() {
    let app = settings().start();
    let receiver = Receiver::start();
    let body = json!({ "url": receiver.url("/a?b=c"), "events": ["task_assigned", "comment_added"] });
    let made = app.post("/webhooks", &body).by(app.admin()).send().expect(201);
    assert_eq!(made.header("cache-control"), Some("no-store"));
    let (location, made) = (made.header("location").unwrap().to_owned(), made.json());
    let shown = [
        "id",
        "url",
        "events",
        "active",
        "disabled_at",
        "disabled_reason",
        "failing_since",
        "creator_id",
        "created_at",
        "updated_at",
    ];
    let mut with_secret = shown.to_vec();
    with_secret.insert(3, "secret");
    assert_eq!(keys(&made), with_secret);
    let secret = made["secret"].as_str().unwrap().to_owned();
    assert!(secret.starts_with("whsec_") && secret.len() == 6 + 44, "{secret}");
    let (id, path) = (made["id"].as_i64().unwrap(), format!("/webhooks/{}", made["id"]));
    assert_eq!(location, format!("/api/v1{path}"));

    let found = app.get(&path).by(app.admin()).ok();
    assert_eq!((keys(&found), &found["url"], &found["events"]), (shown.to_vec(), &body["url"], &body["events"]));
    assert_eq!((&found["active"], &found["creator_id"]), (&json!(true), &json!(app.admin().id)));
    assert_eq!(app.walk(app.admin(), "/webhooks"), std::slice::from_ref(&found));
    assert_eq!(app.patch(&path, &json!({})).by(app.admin()).ok(), found);
    let changed = app.patch(&path, &json!({ "events": ["status_changed"] })).by(app.admin()).ok();
    assert_eq!((keys(&changed), &changed["events"]), (shown.to_vec(), &json!(["status_changed"])));

    let rotated = app.patch(&path, &json!({ "rotate_secret": true })).by(app.admin()).send().expect(200);
    assert_eq!(rotated.header("cache-control"), Some("no-store"));
    let another = rotated.json()["secret"].as_str().unwrap().to_owned();
    assert_ne!(another, secret);
    for page in [app.get("/webhooks").by(app.admin()).ok(), app.get(&path).by(app.admin()).ok()] {
        let page = page.to_string();
        assert!(!page.contains(&secret) && !page.contains(&another) && !page.contains("whsec_"), "{page}");
    }
    assert!(!app.log().contains("whsec_"), "{}", app.log());
    app.delete(&path).by(app.admin()).done();
    app.get(&path).by(app.admin()).refused(404);
    app.delete(&path).by(app.admin()).refused(404);
    app.patch(&path, &json!({ "active": true })).by(app.admin()).refused(404);
    app.get(&format!("/webhooks/{id}/deliveries")).by(app.admin()).refused(404);
}

#[test]
fn what_cannot_be_a_receiver_is_refused() {
    let app = shared();
    let check = |body: Value, fields: &[&str]| app.post("/webhooks", &body).by(app.admin()).faulty(fields);
    let at = |url: &str| json!({ "url": url, "events": ["task_assigned"] });
    for url in [
        "http://example.com/",
        "https://me:secret@example.com/",
        "https://127.0.0.1/",
        "https://0x7f.1/",
        "https://[::ffff:10.0.0.1]/",
        "https://169.254.169.254/latest/meta-data",
        "https://localhost/",
        "ftp://example.com/",
        "nowhere",
        "",
    ] {
        check(at(url), &["url"]);
    }
    check(at(&format!("https://example.com/{}", "a".repeat(2_048))), &["url"]);
    let of = |events: Value| json!({ "url": "https://example.com/", "events": events });
    check(of(json!([])), &["events"]);
    check(of(json!(["task_assigned", "task_assigned"])), &["events"]);
    check(of(json!("task_assigned")), &["events"]);
    let unknown = app.post("/webhooks", &of(json!(["task_moved"]))).by(app.admin()).send().problem(422);
    let message = unknown["errors"][0]["message"].as_str().unwrap();
    assert_eq!(message, "must be some of comment_added, status_changed, task_assigned");
    check(json!({ "url": 1, "secret": "x" }), &["url", "events", "secret"]);
    app.post("/webhooks", &json!({})).header("idempotency-key", "k").by(app.admin()).send().problem(422);
    for path in ["/webhooks/0", "/webhooks/x", "/webhooks/999999", "/webhooks/999999/deliveries"] {
        app.get(path).by(app.admin()).refused(404);
    }
    for path in ["/webhooks/1/deliveries/0/retry", "/webhooks/1/deliveries/x/retry", "/webhooks/1/deliveries/9/retry"] {
        app.post(path, &json!({})).by(app.admin()).refused(404);
    }
}

#[test]
fn lists_are_walked_and_streamed_and_there_are_fifty_receivers_at_most() {
    let app = settings().start();
    let receiver = Receiver::start();
    let ids: Vec<_> = (0..50).map(|_| register(&app, &receiver.url("/"), &["comment_added"]).0).collect();
    let more = json!({ "url": receiver.url("/"), "events": ["comment_added"] });
    app.post("/webhooks", &more).by(app.admin()).refused(409);
    let walked: Vec<_> =
        app.walk(app.admin(), "/webhooks?limit=20").iter().map(|row| row["id"].as_i64().unwrap()).collect();
    assert_eq!(walked, ids);
    let some = app.get(&format!("/webhooks?id[in]={},{}", ids[1], ids[3])).by(app.admin()).ok();
    assert_eq!(some["items"].as_array().map(Vec::len), Some(2));
    let csv = app.get("/webhooks").header("accept", "text/csv").by(app.admin()).send().expect(200).text();
    assert_eq!((csv.lines().count(), csv.contains("whsec_")), (51, false));
    assert!(csv.starts_with("id,url,events,active,"), "{csv}");
    let cursor = app.get("/webhooks?limit=1").by(app.admin()).ok()["next_cursor"].as_str().unwrap().to_owned();
    let other = format!("/webhooks/{}/deliveries?cursor={}", ids[0], encode(&cursor));
    app.get(&other).by(app.admin()).refused(400);
    app.delete(&format!("/webhooks/{}", ids[0])).by(app.admin()).done();
    app.post("/webhooks", &more).by(app.admin()).created();
}

#[test]
fn a_database_from_before_there_were_webhooks_is_brought_along() {
    let before = settings().start().kill();
    for table in ["fasttrack_deliveries", "fasttrack_webhooks"] {
        before.execute(Statement::new(format!("DROP TABLE {table}"), Vec::new()));
    }
    let (app, receiver) = (before.start(), Receiver::start());
    let (id, _) = register(&app, &receiver.url("/"), &["task_assigned"]);
    assign(&app, &app.person(), 1);
    wait_until_delivered(&app, id, 1);
}
