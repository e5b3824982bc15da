//! `SECRET_KEY` is changed: what is kept sealed is sealed anew, so that the key before it can be forgotten.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::json;

use crate::driver::{Receiver, Settings, wait_until};

const OLD: &str = "an older secret key that the tests know, of over 32 bytes";
const NEW: &str = "a newer secret key that the tests know, of over 32 bytes";

/// The code that a device shows, half a minute from now or now.
fn code(secret: &str, ahead_s: i64) -> String {
    let now_s = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs().cast_signed();
    fasttrack::auth::totp_code(secret, now_s + ahead_s).unwrap()
}

#[test]
fn what_is_sealed_is_sealed_anew_by_the_first_start_that_knows_both() {
    let receiver = Receiver::start();
    let app = Settings::new().set("SECRET_KEY", OLD).set("WEBHOOKS_ALLOW_PRIVATE", "true").start();
    let (person, root) = (app.person(), app.new_admin());
    let secret = app.api("POST", "/auth/totp").by(&person).ok()["secret"].as_str().unwrap().to_owned();
    app.post("/auth/totp/confirm", &json!({ "code": code(&secret, 0) })).by(&person).ok();
    let body = json!({ "url": receiver.url("/"), "events": ["task_assigned"] });
    let made = app.post("/webhooks", &body).by(&root).created();
    let path = format!("/webhooks/{}", made["id"]);
    let rotated = app.patch(&path, &json!({ "rotate_secret": true })).by(&root).ok();
    let secrets = [&made, &rotated].map(|shown| shown["secret"].as_str().unwrap().to_owned());

    let app = app.kill().set("SECRET_KEY", NEW).set("SECRET_KEY_PREVIOUS", OLD).start();
    assert!(app.log().contains("secrets=3"), "{}", app.log());
    let app = app.kill().unset("SECRET_KEY_PREVIOUS").start();
    let mut body = json!({ "email": person.email, "password": person.password });
    app.post("/auth/login", &body).refused(401);
    body["code"] = json!(code(&secret, 30));
    app.post("/auth/login", &body).ok();
    let other = app.person();
    let project = app.project(&other);
    app.task(&other, project, &json!({ "assignee_id": other.id }));
    wait_until("a message is posted", || !receiver.posts().is_empty());
    let posted = receiver.posts().pop().unwrap();
    assert!(secrets.iter().all(|secret| posted.is_signed_by(secret)), "{posted:?}");
}

#[test]
fn a_secret_that_nobody_can_read_any_more_is_rotated_once() {
    let receiver = Receiver::start();
    let app = Settings::new().set("SECRET_KEY", OLD).set("WEBHOOKS_ALLOW_PRIVATE", "true").start();
    let root = app.new_admin();
    let body = json!({ "url": receiver.url("/"), "events": ["task_assigned"] });
    let made = app.post("/webhooks", &body).by(&root).created();
    let app = app.kill().set("SECRET_KEY", NEW).start();
    let pair = app.login(&root.email, &root.password);
    let path = format!("/webhooks/{}", made["id"]);
    let rotated = app.patch(&path, &json!({ "rotate_secret": true })).token(&pair.access).ok();
    let person = app.person();
    let project = app.project(&person);
    app.task(&person, project, &json!({ "assignee_id": person.id }));
    wait_until("a message is posted", || !receiver.posts().is_empty());
    let posted = receiver.posts().pop().unwrap();
    assert!(posted.is_signed_by(rotated["secret"].as_str().unwrap()), "{posted:?}");
}
