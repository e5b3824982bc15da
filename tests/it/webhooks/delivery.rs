//! What is posted: once for each change, in order, signed, and to nobody else.

use std::time::{Duration, Instant};

use serde_json::json;

use super::{assign, deliveries, register, settings, tasks, wait_until_delivered};
use crate::driver::{Answer, Receiver, Settings, wait_until};

#[test]
fn a_message_is_posted_once_for_each_change_and_signed() {
    let app = settings().start();
    let [receiver, other] = [(); 2].map(|()| Receiver::start());
    let all = ["comment_added", "status_changed", "task_assigned"];
    let (id, secret) = register(&app, &receiver.url("/hooks?x=1"), &all);
    register(&app, &other.url("/"), &["status_changed"]);
    let (owner, assignee) = (app.person(), app.person());
    let project = app.project(&owner);
    let task = app.task(&owner, project, &json!({ "assignee_id": assignee.id }));
    // Two are told of it.
    let comment = app.comment(&owner, task);
    // Nobody is told of it.
    app.patch(&format!("/tasks/{task}"), &json!({ "assignee_id": null })).by(&owner).ok();
    app.patch(&format!("/tasks/{task}"), &json!({ "title": "no event" })).by(&owner).ok();
    app.patch(&format!("/tasks/{task}"), &json!({ "status": "done" })).by(&owner).ok();
    wait_until_delivered(&app, id, 4);
    let posts = receiver.posts();
    let types: Vec<_> = posts.iter().map(|posted| posted.json()["type"].as_str().unwrap().to_owned()).collect();
    assert_eq!(types, ["task_assigned", "comment_added", "task_assigned", "status_changed"], "{posts:#?}");
    for posted in &posts {
        assert_eq!((posted.path.as_str(), posted.header("content-type")), ("/hooks?x=1", "application/json"));
        assert!(posted.header("user-agent").starts_with("fasttrack/"), "{posted:?}");
        assert!(posted.is_signed_by(&secret) && !posted.is_signed_by("whsec_YW5vdGhlcg=="), "{posted:?}");
        let keys: Vec<_> = posted.json().as_object().unwrap().keys().cloned().collect();
        assert_eq!(keys, ["type", "timestamp", "data", "actor_id"], "never who was told");
        assert_eq!(posted.json()["actor_id"], owner.id);
        assert!(posted.id().starts_with("msg_") && posted.id().len() == 36, "{posted:?}");
    }
    let data = posts[1].json()["data"].clone();
    assert_eq!((&data["task_id"], &data["comment_id"]), (&json!(task), &json!(comment)));
    assert_eq!(posts[3].json()["data"], json!({ "task_id": task, "old": "todo", "new": "done" }));
    assert_eq!(other.wait_for(1)[0].json()["data"]["new"], "done");

    let sent = deliveries(&app, id);
    let numbers: Vec<_> = sent.iter().map(|delivery| delivery["n"].as_i64().unwrap()).collect();
    assert!(numbers.iter().rev().is_sorted(), "the newest comes first: {numbers:?}");
    let path = format!("/webhooks/{id}/deliveries");
    assert_eq!(app.walk(app.admin(), &format!("{path}?limit=1")), sent);
    let oldest_first = app.walk(app.admin(), &format!("{path}?limit=3&sort=id"));
    assert!(oldest_first.iter().rev().eq(&sent), "{oldest_first:?}");
    assert_eq!((&sent[0]["event"], &sent[0]["message_id"]), (&json!("status_changed"), &json!(posts[3].id())));
    assert_eq!((&sent[0]["status"], &sent[0]["attempts"], &sent[0]["error"]), (&json!(204), &json!(1), &json!(null)));
    assert!(sent[0]["delivered_at"].is_string() && sent[0]["next_attempt_at"].is_null(), "{}", sent[0]);
    assert_eq!(other.posts().len(), 1);
    let csv = app.get(&path).header("accept", "text/csv").by(app.admin()).send();
    assert_eq!(csv.expect(200).text().lines().count(), 5);
}

#[test]
fn what_is_rolled_back_is_not_posted() {
    let app = settings().start();
    let receiver = Receiver::start();
    let (id, _) = register(&app, &receiver.url("/"), &["task_assigned"]);
    let owner = app.person();
    let project = app.project(&owner);
    let path = format!("/projects/{project}/tasks");
    let create =
        |assignee: i64| json!({ "method": "POST", "path": path, "body": { "title": "t", "assignee_id": assignee } });
    let batch = json!({ "operations": [create(owner.id), create(owner.id), create(i64::MAX)] });
    app.post("/batch", &batch).by(&owner).send().problem(422);
    let task = app.task(&owner, project, &json!({ "assignee_id": owner.id }));
    wait_until_delivered(&app, id, 1);
    assert_eq!(tasks(&receiver.posts()), [task]);
}

#[test]
fn one_that_is_not_taken_holds_up_those_behind_it_and_nobody_else() {
    let app = settings().start();
    let [failing, hanging, well] = [(); 3].map(|()| Receiver::start());
    failing.first([Answer::Status(503), Answer::Status(302)].into_iter().take(1));
    hanging.usually(Answer::Nothing);
    let (id, _) = register(&app, &failing.url("/"), &["task_assigned"]);
    let (hung, _) = register(&app, &hanging.url("/"), &["task_assigned"]);
    register(&app, &well.url("/"), &["task_assigned"]);
    let owner = app.person();
    let begun = Instant::now();
    let made = assign(&app, &owner, 5);
    assert_eq!(tasks(&well.wait_for(5)), made);
    assert!(begun.elapsed() < Duration::from_secs(10), "others were waited for: {:?}", begun.elapsed());
    wait_until_delivered(&app, id, 5);
    let posts = failing.posts();
    assert_eq!(tasks(&posts), [&made[..1], &made].concat(), "in order, and the first one twice");
    assert_eq!(posts[0].id(), posts[1].id());
    assert_eq!(posts[0].body, posts[1].body);
    assert_eq!(hanging.posts().len(), 1);
    let waits = deliveries(&app, hung);
    assert!(waits.iter().all(|delivery| delivery["state"] == "pending"), "{waits:?}");
    let first = deliveries(&app, id).pop().unwrap();
    assert_eq!((&first["attempts"], &first["state"]), (&json!(2), &json!("delivered")));
}

#[test]
fn what_was_under_way_when_the_server_was_killed_is_posted_again_as_the_same() {
    let app = settings().start();
    let receiver = Receiver::start();
    receiver.first([Answer::Nothing]);
    let (id, secret) = register(&app, &receiver.url("/"), &["task_assigned"]);
    let made = assign(&app, &app.person(), 2);
    receiver.wait_for(1);
    let app = app.kill().start();
    let posts = receiver.wait_for(3);
    assert_eq!(tasks(&posts), [made[0], made[0], made[1]]);
    assert_eq!(posts[0].id(), posts[1].id());
    assert!(posts.iter().all(|posted| posted.is_signed_by(&secret)));
    wait_until_delivered(&app, id, 2);
}

#[test]
fn what_was_sent_is_sent_again_when_asked_for() {
    let app = settings().start();
    let receiver = Receiver::start();
    let (id, _) = register(&app, &receiver.url("/"), &["task_assigned"]);
    assign(&app, &app.person(), 1);
    wait_until_delivered(&app, id, 1);
    let number = deliveries(&app, id)[0]["n"].clone();
    let again = format!("/webhooks/{id}/deliveries/{number}/retry");
    let reply = app.api("POST", &again).by(app.admin()).send().expect(202);
    assert!(reply.body.is_empty(), "{reply}");
    let posts = receiver.wait_for(2);
    assert_eq!((posts[0].id(), &posts[0].body), (posts[1].id(), &posts[1].body));
    wait_until("it is written down", || deliveries(&app, id)[0]["attempts"] == 2);
    let (other, _) = register(&app, &receiver.url("/"), &["comment_added"]);
    app.api("POST", &format!("/webhooks/{other}/deliveries/{number}/retry")).by(app.admin()).refused(404);
    app.patch(&format!("/webhooks/{id}"), &json!({ "active": false })).by(app.admin()).ok();
    app.api("POST", &again).by(app.admin()).refused(409);
    assert_eq!(deliveries(&app, id)[0]["state"], "delivered");
}

#[test]
fn redirects_are_not_followed_and_answers_without_end_are_left() {
    let app = settings().start();
    let [receiver, elsewhere, endless] = [(); 3].map(|()| Receiver::start());
    receiver.usually(Answer::Redirect(elsewhere.url("/secret")));
    endless.usually(Answer::Endless);
    let (id, _) = register(&app, &receiver.url("/"), &["task_assigned"]);
    let (unending, _) = register(&app, &endless.url("/"), &["task_assigned"]);
    assign(&app, &app.person(), 2);
    wait_until_delivered(&app, unending, 2);
    let answer = deliveries(&app, unending)[0]["answer"].as_str().unwrap().to_owned();
    assert_eq!(answer, "more".repeat(256));
    wait_until("it has failed", || deliveries(&app, id)[1]["attempts"] != 0);
    let failed = deliveries(&app, id)[1].clone();
    assert_eq!((&failed["status"], &failed["state"]), (&json!(307), &json!("pending")));
    assert_eq!(failed["error"], "it answered 307, and redirects are not followed");
    assert!(failed["next_attempt_at"].is_string());
    assert_eq!(elsewhere.posts().len(), 0);
}

#[test]
fn a_name_that_leads_to_this_machine_is_not_called() {
    let receiver = Receiver::start();
    let app = settings().start();
    let url = format!("https://localhost:{}/", receiver.port());
    let (id, _) = register(&app, &url, &["task_assigned"]);
    let (plain, _) = register(&app, &receiver.url("/"), &["task_assigned"]);
    let settings: Settings = app.kill().set("WEBHOOKS_ALLOW_PRIVATE", "false");
    let app = settings.start();
    assign(&app, &app.person(), 1);
    for (id, why) in [(id, "must lead to a public address"), (plain, "must begin with https://")] {
        wait_until("it has failed", || deliveries(&app, id)[0]["attempts"] != 0);
        let failed = deliveries(&app, id)[0].clone();
        assert_eq!(failed["error"], format!("the address {why}"), "{failed}");
        assert!(failed["status"].is_null() && failed["answer"].is_null(), "{failed}");
    }
    assert_eq!(receiver.posts().len(), 0);
}

#[test]
fn what_is_not_listened_to_is_not_kept() {
    let app = settings().start();
    let receiver = Receiver::start();
    let (id, _) = register(&app, &receiver.url("/"), &["task_assigned"]);
    let owner = app.person();
    assign(&app, &owner, 1);
    wait_until_delivered(&app, id, 1);
    app.patch(&format!("/webhooks/{id}"), &json!({ "events": ["comment_added"] })).by(app.admin()).ok();
    assign(&app, &owner, 2);
    app.patch(&format!("/webhooks/{id}"), &json!({ "events": ["task_assigned"], "active": false }))
        .by(app.admin())
        .ok();
    assign(&app, &owner, 2);
    app.patch(&format!("/webhooks/{id}"), &json!({ "active": true })).by(app.admin()).ok();
    let made = assign(&app, &owner, 1);
    wait_until_delivered(&app, id, 2);
    assert_eq!(tasks(&receiver.posts()[1..]), made);
    app.delete(&format!("/webhooks/{id}")).by(app.admin()).done();
    assign(&app, &owner, 1);
    assert_eq!(receiver.posts().len(), 2);
}
