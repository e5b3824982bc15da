//! Accounts and calls.

use fasttrack::testing::{TestApp, Value, json};
use resources::{
    comment::Comment,
    project::Project,
    task::{Status, Task},
    user::{Role, User},
};

use super::tracker;

#[test]
fn rows_are_made_read_listed_changed_and_deleted_as_what_they_are() {
    let app = tracker();
    let (ada, bob) = (app.account("ada"), app.account("bob"));
    let ada = app.as_(&ada);
    let project = ada.create::<Project>(&json!({ "name": "Apollo" })).ok();
    for (title, status) in [("Land", Status::Todo), ("Return", Status::Done), ("Rest", Status::Done)] {
        ada.under(project.id).create::<Task>(&json!({ "title": title, "status": status })).ok();
    }
    let done = ada.under(project.id).list::<Task>("?status=done&limit=1").ok();
    assert_eq!((done.len(), done.has_more, done.next_cursor.is_some()), (1, true, true));
    let done: Vec<_> =
        ada.under(project.id).walk::<Task>("?status=done&limit=1").into_iter().map(|t| t.title).collect();
    assert_eq!(done, ["Return", "Rest"]);
    assert_eq!(ada.under(project.id).walk::<Task>("").len(), 3);

    let task = ada.under(project.id).list::<Task>("limit=1").ok().into_iter().next().unwrap();
    let task = ada.update(task.id, &json!({ "assignee_id": bob.id })).ok();
    assert_eq!(app.as_(&bob).read(task.id).ok().title, "Land");
    assert_eq!(app.as_(&bob).read(task.project).expect(403).status, 403);
    ada.under(task.id).create::<Comment>(&json!({ "body": "At last" })).ok();
    ada.delete(task.id).ok();
    ada.read::<Task>(task.id).refused(404).says("does not exist");
    ada.delete::<Project>(project.id.get()).ok();
    assert!(ada.list::<Project>("").ok().is_empty());
}

#[test]
fn accounts_have_the_role_and_the_fields_that_a_test_gives_them() {
    let app = tracker();
    let (ada, root) = (app.account("ada"), app.account_as("root", Role::Admin));
    app.as_(&ada).list::<User>("").refused(403);
    let listed: Vec<_> = app.as_(&root).walk::<User>("").into_iter().map(|user| user.email.0).collect();
    assert_eq!(listed, ["ada@example.com", "root@example.com"]);
    let me = app.as_(&ada).me::<User>().ok();
    assert_eq!((me.id.get(), me.display_name.as_str(), me.role.into_word()), (ada.id, "ada", "user"));

    let named =
        app.account_with("eve", &json!({ "display_name": "Eve E.", "email": "e@example.org", "role": "admin" }));
    let me = app.as_(&named).me::<User>().ok();
    assert_eq!(
        (me.display_name.as_str(), me.email.0.as_str(), me.role.into_word()),
        ("Eve E.", "e@example.org", "admin")
    );
    let gone = app.account_with("gone", &json!({ "is_active": false }));
    app.as_(&gone).me::<User>().refused(401);

    let again = app.login(&ada);
    app.as_(&again).call("POST", "/auth/logout").ok();
    app.as_(&again).me::<User>().refused(401);
    app.as_(&ada).me::<User>().ok();
    app.with_token(&ada.access_token).me::<User>().ok();
    app.anonymous().post("/auth/login", &json!({ "email": ada.email, "password": ada.password })).ok();
}

trait Word {
    fn into_word(self) -> &'static str;
}

impl Word for Role {
    fn into_word(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Admin => "admin",
        }
    }
}

#[test]
fn raw_calls_send_what_they_are_told() {
    let app = tracker();
    let ada = app.account("ada");
    let client = app.as_(&ada);
    let made: Value = client.post("/projects", &json!({ "name": "Apollo" })).ok();
    let path = format!("/projects/{}", made["id"]);
    assert_eq!(client.patch(&path, &json!({ "name": "Gemini" })).ok()["name"], "Gemini");
    assert_eq!(client.get("/projects?q=gemini").ok()["items"][0]["id"], made["id"]);
    assert_eq!(client.call("DELETE", &path).ok(), Value::Null);
    let reply = client.get(&path).header("x-request-id", "mine").send();
    assert_eq!((reply.status, reply.header("X-Request-Id")), (404, Some("mine")));
    assert_eq!(reply.problem(404).request_id, "mine");
    client.call("POST", "/projects").body("text/plain", "name").refused(415);
    client.call("POST", "/projects").refused(400);
    client.call("BREW", "/projects").refused(405);
    assert_eq!(app.anonymous().at("GET", "/health").ok(), json!({ "status": "ok" }));
    assert!(app.anonymous().at("GET", "/metrics").expect(200).text().contains("fasttrack_requests_total"));
    assert!(app.url("/ready").starts_with("http://127.0.0.1:"));
}

#[test]
fn settings_are_those_of_the_environment() {
    let app = TestApp::setup(resources::application()).set("RATE_LIMIT_REQUESTS", "2").start();
    let ada = app.account("ada");
    for _ in 0..2 {
        app.as_(&ada).get("/projects").ok();
    }
    let refused = app.as_(&ada).get("/projects").expect(429);
    refused.problem(429).says("too many requests");
    let wait_s = refused.header("retry-after").unwrap().parse().unwrap();
    app.advance(std::time::Duration::from_secs(wait_s));
    app.set_clock("2001-01-01T00:00:00Z");
    app.as_(&app.login(&ada)).get("/projects").ok();
}

#[test]
fn what_is_wrong_with_an_input_is_told_by_field_and_code() {
    let app = tracker();
    let ada = app.account("ada");
    let problem = app.as_(&ada).create::<Project>(&json!({ "name": "", "colour": "red" })).refused(422);
    problem.fault("name", "too_short").fault("colour", "unknown");
    problem.faults(&[("colour", "unknown"), ("name", "too_short")]);
    assert_eq!(problem.errors.len(), 2);
}

#[test]
fn applications_of_one_process_share_nothing() {
    let (one, other) = (tracker(), tracker());
    let (ada, eve) = (one.account("ada"), other.account("eve"));
    one.as_(&ada).create::<Project>(&json!({ "name": "Apollo" })).ok();
    assert_eq!(ada.id, eve.id);
    assert!(other.as_(&eve).list::<Project>("").ok().is_empty());
    one.advance(std::time::Duration::from_hours(1));
    one.as_(&ada).me::<User>().refused(401);
    other.as_(&eve).me::<User>().ok();
}
