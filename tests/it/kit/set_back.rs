//! The clock on the wall is set, and nothing is put in order by it.

use fasttrack::{
    prelude::*,
    testing::{Login, TestApp, Value, json},
};
use resources::{project::Project, task::Task, user::User};

use super::tracker;

/// So many seconds after the clock of the application, as an instant.
fn instant(app: &TestApp, seconds: i64) -> String {
    let now_us = fasttrack::clock::parse_timestamp_us(&app.now()).unwrap();
    fasttrack::clock::format_us(now_us + seconds * fasttrack::clock::SECOND_US)
}

fn set(app: &TestApp, seconds: i64) {
    app.set_clock(&instant(app, seconds));
}

fn stats(app: &TestApp, ada: &Login, project: Id<Project>) -> Value {
    app.as_(ada).get(&format!("/projects/{}/stats", project.get())).ok()
}

#[track_caller]
fn check_counts(stats: &Value, todo: i64, in_progress: i64, done: i64) {
    assert_eq!(stats["tasks"], json!({ "todo": todo, "in_progress": in_progress, "done": done }));
}

#[test]
fn figures_are_exact_whatever_the_clock_shows() {
    let app = tracker();
    let ada = app.account("ada");
    let project = app.as_(&ada).create::<Project>(&json!({ "name": "Apollo" })).ok();
    let tasks = app.as_(&ada).under(project.id);
    let first = tasks.create::<Task>(&json!({ "title": "Land" })).ok();
    let mut last = stats(&app, &ada, project.id);
    check_counts(&last, 1, 0, 0);
    for (seconds, status) in [(-30, "in_progress"), (-30, "done"), (3_600, "in_progress"), (-7_200, "todo")] {
        set(&app, seconds);
        let ada = app.login(&ada);
        app.as_(&ada).update(first.id, &json!({ "status": status })).ok();
        app.as_(&ada).under(project.id).create::<Task>(&json!({ "title": "Step", "status": "done" })).ok();
        let now = stats(&app, &ada, project.id);
        assert!(now["updated_at"].as_str() >= last["updated_at"].as_str(), "{now} after {last}");
        last = now;
    }
    check_counts(&last, 1, 0, 4);
    let ada = app.login(&ada);
    app.as_(&ada).delete(first.id).ok();
    check_counts(&stats(&app, &ada, project.id), 0, 0, 4);
}

#[test]
fn a_row_was_never_changed_before_it_was_made() {
    let app = tracker();
    let ada = app.account("ada");
    let made = app.as_(&ada).create::<Project>(&json!({ "name": "Apollo" })).ok();
    let mut last = made.updated_at.0.clone();
    for (name, seconds) in [("Apollo 2", -30), ("Apollo 3", -600), ("Apollo 4", 5), ("Apollo 5", 86_400)] {
        set(&app, seconds);
        let ada = app.login(&ada);
        let changed = app.as_(&ada).update(made.id, &json!({ "name": name })).ok();
        assert!(
            changed.updated_at.0 > last && changed.created_at.0 == made.created_at.0,
            "{last}: {}",
            changed.updated_at.0
        );
        let again = app.as_(&ada).update(made.id, &json!({ "name": name })).ok();
        assert_eq!(again.updated_at.0, changed.updated_at.0, "nothing changed");
        last = changed.updated_at.0;
    }
    let ada = app.login(&ada);
    let before = app.as_(&ada).me::<User>().ok().updated_at.0;
    set(&app, -86_400);
    let ada = app.login(&ada);
    let password = json!({ "current_password": ada.password, "new_password": "another good one" });
    app.as_(&ada).post("/auth/password", &password).ok();
    assert!(app.as_(&ada).me::<User>().ok().updated_at.0 >= before);
}

#[test]
fn who_is_logged_in_stays_so_when_the_clock_is_set_back_a_little() {
    let app = tracker();
    let ada = app.account("ada");
    set(&app, -30);
    app.as_(&ada).me::<User>().ok();
    let mut socket = app.as_(&ada).socket();
    socket.say(r#"{"type": "ping"}"#);
    assert_eq!(socket.next().kind, "pong");
    let pair = app.anonymous().post("/auth/refresh", &json!({ "refresh_token": ada.refresh_token })).ok();
    app.with_token(pair["access_token"].as_str().unwrap()).me::<User>().ok();
    set(&app, -3_600);
    app.with_token(pair["access_token"].as_str().unwrap()).me::<User>().refused(401).says("not valid yet");
    let refused =
        app.anonymous().post("/auth/refresh", &json!({ "refresh_token": pair["refresh_token"] })).refused(401);
    refused.says("not valid yet");
    app.as_(&app.login(&ada)).me::<User>().ok();
}

#[test]
fn messages_come_in_the_order_of_their_numbers() {
    let app = tracker();
    let ada = app.account("ada");
    let project = app.as_(&ada).create::<Project>(&json!({ "name": "Apollo" })).ok();
    let assign = |ada: &Login| {
        let task = json!({ "title": "Land", "assignee_id": ada.id });
        app.as_(ada).under(project.id).create::<Task>(&task).ok().id
    };
    let first = assign(&ada);
    set(&app, -86_400);
    let ada = app.login(&ada);
    let second = assign(&ada);
    let mut socket = app.as_(&ada).socket_since(0);
    for task in [first, second] {
        assert_eq!(socket.expect("task_assigned")["task_id"], json!(task));
    }
}
