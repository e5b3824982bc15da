//! Webhooks: who may have receivers, what they are posted, and what becomes of those that take nothing.

mod delivery;
mod failing;
mod nodes;
mod registry;

use serde_json::{Value, json};

use crate::driver::{Person, Posted, Settings, TestApp, wait_until};

/// A server that posts to receivers of the test's own.
fn settings() -> Settings {
    Settings::new().set("WEBHOOKS_ALLOW_PRIVATE", "true")
}

/// A receiver that is registered: its id, and its secret.
#[track_caller]
fn register(app: &TestApp, url: &str, events: &[&str]) -> (i64, String) {
    let made = app.post("/webhooks", &json!({ "url": url, "events": events })).by(app.admin()).created();
    let secret = made["secret"].as_str().unwrap_or_else(|| panic!("no secret in {made}"));
    (made["id"].as_i64().expect("an id"), secret.to_owned())
}

/// What a receiver was sent, newest first.
#[track_caller]
fn deliveries(app: &TestApp, id: i64) -> Vec<Value> {
    app.walk(app.admin(), &format!("/webhooks/{id}/deliveries"))
}

/// Gives somebody tasks in a new project of his own, one after the other, each of which is an event.
#[track_caller]
fn assign(app: &TestApp, owner: &Person, count: usize) -> Vec<i64> {
    let project = app.project(owner);
    (0..count).map(|_| app.task(owner, project, &json!({ "assignee_id": owner.id }))).collect()
}

/// The tasks that posts are about, in order.
fn tasks(posts: &[Posted]) -> Vec<i64> {
    posts.iter().map(|posted| posted.json()["data"]["task_id"].as_i64().expect("the task")).collect()
}

/// Waits until a receiver has been sent nothing but what was taken.
#[track_caller]
fn wait_until_delivered(app: &TestApp, id: i64, count: usize) {
    wait_until("all is delivered", || {
        let all = deliveries(app, id);
        all.len() == count && all.iter().all(|delivery| delivery["state"] == "delivered")
    });
}
