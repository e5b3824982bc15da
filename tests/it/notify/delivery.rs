//! What is told, to whom, and that nothing is lost on the way.

use serde_json::{Value, json};

use crate::driver::{Person, Settings, Socket, TestApp, shared};

/// Checks a message but for its id and instant, and gives the id.
#[track_caller]
fn check(message: &Value, kind: &str, data: &Value, actor: &Person) -> i64 {
    let keys: Vec<_> = message.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(keys.len(), 5, "{message}");
    crate::resources::check_timestamp(&message["timestamp"]);
    assert_eq!((&message["type"], &message["data"], &message["actor_id"]), (&json!(kind), data, &json!(actor.id)));
    message["id"].as_i64().unwrap()
}

fn set(app: &TestApp, by: &Person, task: i64, change: &Value) {
    app.patch(&format!("/tasks/{task}"), change).by(by).ok();
}

#[test]
fn each_event_tells_whom_the_contract_names() {
    let app = shared();
    let (owner, helper) = (app.person(), app.person());
    app.patch("/users/me", &json!({"display_name": "Helper"})).by(&helper).ok();
    let project = app.project(&owner);
    let name = app.get(&format!("/projects/{project}")).by(&owner).ok()["name"].clone();
    let (mut to_owner, mut to_helper) = (app.socket(&owner), app.socket(&helper));

    let task = app.task(&owner, project, &json!({"assignee_id": helper.id}));
    let assigned = json!({"task_id": task, "project": name});
    assert_eq!(check(&to_helper.message(), "task_assigned", &assigned, &owner), 1);
    let comment = app.comment(&helper, task);
    let commented = json!({"task_id": task, "comment_id": comment, "author": "Helper"});
    assert_eq!(check(&to_helper.message(), "comment_added", &commented, &helper), 2);
    assert_eq!(check(&to_owner.message(), "comment_added", &commented, &helper), 1);
    set(app, &helper, task, &json!({"status": "done"}));
    check(&to_owner.message(), "status_changed", &json!({"task_id": task, "old": "todo", "new": "done"}), &helper);

    set(app, &helper, task, &json!({"status": "done", "title": "x"}));
    app.patch(&format!("/tasks/{task}"), &json!({"status": "todo", "title": ""})).by(&owner).refused(422);
    to_owner.expect_silence();
    to_helper.expect_silence();

    set(app, &owner, task, &json!({"assignee_id": owner.id}));
    check(&to_owner.message(), "task_assigned", &assigned, &owner);
    app.comment(&owner, task);
    assert_eq!(to_owner.message()["type"], "comment_added");
    to_owner.expect_silence();
    to_helper.expect_silence();
}

#[test]
fn a_message_has_its_keys_in_order() {
    let app = shared();
    let person = app.person();
    let project = app.project(&person);
    app.task(&person, project, &json!({"assignee_id": person.id}));
    let text = app.get("/notifications").by(&person).send().expect(200).text();
    let places: Vec<_> = ["id", "type", "data", "actor_id", "timestamp"]
        .iter()
        .map(|key| text.find(&format!("\"{key}\":")).unwrap())
        .collect();
    assert!(places.is_sorted(), "{text}");
}

#[test]
fn every_socket_of_a_user_is_told() {
    let app = shared();
    let person = app.person();
    let project = app.project(&person);
    let mut sockets: Vec<Socket> = (0..20).map(|_| app.socket(&person)).collect();
    for _ in 0..5 {
        app.task(&person, project, &json!({"assignee_id": person.id}));
    }
    for socket in &mut sockets {
        assert_eq!(socket.ids(5), [1, 2, 3, 4, 5]);
    }
}

#[test]
fn since_replays_what_was_missed_and_goes_on() {
    let app = shared();
    let person = app.person();
    let project = app.project(&person);
    let assign = || app.task(&person, project, &json!({"assignee_id": person.id}));
    (0..150).for_each(|_| _ = assign());
    let mut all = app.socket_since(&person, 0);
    let mut some = app.socket_since(&person, 147);
    let mut ahead = app.socket_since(&person, 1_000_000);
    let mut new = app.socket(&person);
    assign();
    assert_eq!(all.ids(151), (1..=151).collect::<Vec<_>>());
    assert_eq!(some.ids(4), [148, 149, 150, 151]);
    assert_eq!((ahead.ids(1), new.ids(1)), (vec![151], vec![151]));
    [all, some, ahead, new].iter_mut().for_each(Socket::expect_silence);
}

#[test]
fn whoever_lost_the_right_to_read_is_told_no_more() {
    let app = shared();
    let (owner, helper) = (app.person(), app.person());
    let project = app.project(&owner);
    let task = app.task(&owner, project, &json!({"assignee_id": helper.id}));
    app.comment(&owner, task);
    assert_eq!(app.walk(&helper, "/notifications").len(), 2);
    set(app, &owner, task, &json!({"assignee_id": null}));
    assert_eq!(app.walk(&helper, "/notifications"), [Value::Null; 0]);
    let mut socket = app.socket_since(&helper, 0);
    socket.expect_silence();
    let other = app.task(&owner, project, &json!({"assignee_id": helper.id}));
    let message = socket.message();
    assert_eq!((message["id"].as_i64(), &message["data"]["task_id"]), (Some(3), &json!(other)));
    app.delete(&format!("/tasks/{other}")).by(&owner).done();
    app.socket_since(&helper, 0).expect_silence();
}

#[test]
fn a_crash_between_commit_and_delivery_loses_nothing() {
    let app = Settings::new().start();
    let person = app.person();
    let project = app.project(&person);
    let mut socket = app.socket(&person);
    app.task(&person, project, &json!({"assignee_id": person.id}));
    assert_eq!(socket.ids(1), [1]);
    drop(socket);
    app.task(&person, project, &json!({"assignee_id": person.id}));
    app.kill_now();
    let app = app.kill().start();
    let mut socket = app.socket_since(&person, 1);
    assert_eq!(socket.ids(1), [2]);
    app.task(&person, project, &json!({"assignee_id": person.id}));
    assert_eq!(socket.ids(1), [3]);
    socket.expect_silence();
}
