//! Receivers that take nothing: for how long they are called, and when they are disabled. By a clock that is moved.

use std::time::Duration;

use fasttrack::testing::{Login, TestApp as Kit, json};
use resources::user::Role;
use serde_json::Value;

use crate::driver::{Answer, Receiver};

const DAY: Duration = Duration::from_hours(24);

struct Scene {
    app: Kit,
    root: Login,
    ada: Login,
    receiver: Receiver,
    id: i64,
    secret: String,
}

impl Scene {
    fn begin() -> Self {
        let app = Kit::setup(resources::application())
            .set("WEBHOOKS_ALLOW_PRIVATE", "true")
            // Who is logged in stays so while weeks pass.
            .set("ACCESS_TOKEN_EXPIRE_MINUTES", "525600")
            .set("REFRESH_TOKEN_EXPIRE_DAYS", "3650")
            .start();
        let (root, ada, receiver) = (app.account_as("root", Role::Admin), app.account("ada"), Receiver::start());
        let body = json!({ "url": receiver.url("/"), "events": ["task_assigned"] });
        let made = app.as_(&root).call("POST", "/webhooks").json(&body).send().json();
        let (id, secret) = (made["id"].as_i64().unwrap(), made["secret"].as_str().unwrap().to_owned());
        Self { app, root, ada, receiver, id, secret }
    }

    /// Gives somebody a task.
    #[track_caller]
    fn assign(&self) {
        let call = |path: &str, body: &Value| self.app.as_(&self.ada).call("POST", path).json(body).send().json();
        let project = call("/projects", &json!({ "name": "p" }))["id"].clone();
        let me = self.app.as_(&self.ada).call("GET", "/users/me").send().json()["id"].clone();
        let task = call(&format!("/projects/{project}/tasks"), &json!({ "title": "t", "assignee_id": me }));
        assert!(task["id"].is_i64(), "{task}");
    }

    fn ask(&self, method: &str, path: &str, body: &Value) -> Value {
        let call = self.app.as_(&self.root).call(method, &format!("/webhooks/{}{path}", self.id));
        let call = if method == "GET" { call } else { call.json(body) };
        call.send().json()
    }

    fn webhook(&self) -> Value {
        self.ask("GET", "", &json!({}))
    }

    fn deliveries(&self) -> Vec<Value> {
        self.ask("GET", "/deliveries", &json!({}))["items"].as_array().unwrap().clone()
    }
}

#[test]
fn a_receiver_that_takes_nothing_for_five_days_is_disabled_and_somebody_is_told() {
    let scene = Scene::begin();
    scene.receiver.usually(Answer::Status(503));
    scene.assign();
    assert_eq!(scene.app.post_webhooks(), 1);
    let failing = scene.webhook();
    assert!(failing["failing_since"].is_string() && failing["active"] == true, "{failing}");
    for _ in 0..4 {
        scene.app.advance(DAY);
        assert_eq!(scene.app.post_webhooks(), 1);
    }
    assert_eq!(scene.webhook()["active"], true);
    scene.app.advance(DAY);
    assert_eq!(scene.app.post_webhooks(), 1);
    let disabled = scene.webhook();
    assert_eq!(disabled["active"], false, "{disabled}");
    assert_eq!(disabled["disabled_reason"], "it has taken nothing for 5 days; last: it answered 503");
    assert!(disabled["disabled_at"].is_string());
    scene.app.run_jobs();
    let mails = scene.app.mails_to(&scene.root);
    assert_eq!(mails.len(), 1, "{mails:?}");
    assert!(mails[0].text.contains(&scene.receiver.url("/")) && mails[0].text.contains("5 days"), "{mails:?}");

    // What happens meanwhile is not kept for it; what was waiting is.
    scene.assign();
    scene.app.advance(DAY);
    assert_eq!(scene.app.post_webhooks(), 0);
    scene.receiver.usually(Answer::Status(204));
    let taken_up = scene.ask("PATCH", "", &json!({ "active": true }));
    assert_eq!(
        (&taken_up["active"], &taken_up["disabled_reason"], &taken_up["failing_since"]),
        (&json!(true), &Value::Null, &Value::Null)
    );
    assert_eq!(scene.app.post_webhooks(), 1);
    let sent = scene.deliveries();
    assert_eq!((sent.len(), &sent[0]["state"], &sent[0]["attempts"]), (1, &json!("delivered"), &json!(7)));
    let ids: Vec<_> = scene.receiver.posts().iter().map(|posted| posted.id().to_owned()).collect();
    assert!(ids.len() == 7 && ids.iter().all(|id| *id == ids[0]), "{ids:?}");
}

#[test]
fn a_success_begins_the_five_days_anew() {
    let scene = Scene::begin();
    scene.receiver.first([Answer::Status(503), Answer::Status(204), Answer::Status(503), Answer::Status(503)]);
    scene.assign();
    scene.app.post_webhooks();
    scene.app.advance(4 * DAY);
    scene.app.post_webhooks();
    assert_eq!(scene.webhook()["failing_since"], Value::Null);
    scene.assign();
    scene.app.post_webhooks();
    scene.app.advance(4 * DAY);
    scene.app.post_webhooks();
    assert_eq!(scene.webhook()["active"], true);
}

#[test]
fn one_that_is_gone_is_disabled_at_once() {
    let scene = Scene::begin();
    scene.receiver.usually(Answer::Status(410));
    scene.assign();
    assert_eq!(scene.app.post_webhooks(), 1);
    let gone = scene.webhook();
    assert_eq!((&gone["active"], &gone["disabled_reason"]), (&json!(false), &json!("it answered 410 Gone")));
    assert_eq!(scene.app.post_webhooks(), 0);
}

#[test]
fn a_message_that_is_refused_again_and_again_is_given_up_and_the_next_has_its_turn() {
    let scene = Scene::begin();
    scene.receiver.first([(); 8].map(|()| Answer::Status(422)));
    scene.assign();
    scene.assign();
    let mut attempts = 0;
    while attempts < 9 {
        let more = scene.app.post_webhooks();
        assert!(more > 0, "nothing was due after {attempts} attempts");
        attempts += more;
        scene.app.advance(Duration::from_hours(3));
    }
    let [newer, older] = &scene.deliveries()[..] else { panic!("there are two") };
    assert_eq!((&older["state"], &older["attempts"], &older["status"]), (&json!("failed"), &json!(8), &json!(422)));
    assert_eq!((&older["answer"], &older["error"]), (&json!("why?"), &json!("it answered 422")));
    assert_eq!((&newer["state"], &newer["attempts"]), (&json!("delivered"), &json!(1)));
    // It is kept, and sent again when somebody asks for it.
    scene.ask("POST", &format!("/deliveries/{}/retry", older["n"]), &json!({}));
    assert_eq!(scene.app.post_webhooks(), 1);
    assert_eq!(scene.deliveries()[1]["state"], "delivered");
    scene.app.advance(31 * DAY);
    assert_eq!(scene.deliveries().len(), 0);
}

#[test]
fn both_secrets_are_good_for_a_day() {
    let scene = Scene::begin();
    let rotated = scene.ask("PATCH", "", &json!({ "rotate_secret": true }))["secret"].as_str().unwrap().to_owned();
    for (wait, both) in [(Duration::ZERO, true), (Duration::from_hours(23), true), (Duration::from_hours(1), false)] {
        scene.app.advance(wait);
        scene.assign();
        assert_eq!(scene.app.post_webhooks(), 1);
        let posted = scene.receiver.posts().pop().unwrap();
        assert!(posted.is_signed_by(&rotated), "{posted:?}");
        assert_eq!(posted.is_signed_by(&scene.secret), both, "{posted:?}");
    }
}

#[test]
fn nobody_has_to_wait_for_a_pause() {
    let scene = Scene::begin();
    scene.receiver.first([Answer::Status(503), Answer::Status(503)]);
    scene.assign();
    assert_eq!((scene.app.post_webhooks(), scene.app.post_webhooks()), (1, 0));
    scene.ask("PATCH", "", &json!({ "active": true }));
    assert_eq!((scene.app.post_webhooks(), scene.app.post_webhooks()), (1, 0));
    let number = scene.deliveries()[0]["n"].clone();
    scene.ask("POST", &format!("/deliveries/{number}/retry"), &json!({}));
    assert_eq!((scene.app.post_webhooks(), scene.app.post_webhooks()), (1, 0));
    let sent = &scene.deliveries()[0];
    assert_eq!((&sent["state"], &sent["attempts"]), (&json!("delivered"), &json!(3)), "{sent}");
}
