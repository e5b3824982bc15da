//! What a test is told when something is not as it expects: one sentence, at its own line.

use std::{
    cell::RefCell,
    panic::{self, AssertUnwindSafe},
    sync::Once,
    time::Duration,
};

use fasttrack::testing::{TestApp, json};
use resources::{comment::Comment, project::Project, task::Task};

use super::tracker;

thread_local! {
    static FILE: RefCell<String> = RefCell::default();
}

/// What a test panics with; the panic has to name a line of this file.
fn told(test: impl FnOnce()) -> String {
    static HOOKED: Once = Once::new();
    HOOKED.call_once(|| {
        let others = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            FILE.set(info.location().map(|place| place.file().to_owned()).unwrap_or_default());
            others(info);
        }));
    });
    let cause = panic::catch_unwind(AssertUnwindSafe(test)).expect_err("it fails");
    let words = cause.downcast::<String>().map_or_else(|_| "no words".to_owned(), |words| *words);
    assert_eq!(FILE.take(), file!(), "{words}");
    words
}

#[test]
fn a_message_that_does_not_come_is_waited_for_as_long_as_is_said() {
    let setup = TestApp::setup(resources::application());
    assert!(format!("{setup:?}").contains("patience: 5s"), "{setup:?}");
    let app = setup.patience(Duration::from_millis(50)).start();
    let ada = app.account("ada");
    let mut socket = app.as_(&ada).socket();
    let words = told(|| drop(socket.expect("task_assigned")));
    assert_eq!(words, "expected the message task_assigned, but nothing came within 50ms");
    assert_eq!(told(|| drop(socket.next())), "expected a message, but nothing came within 50ms");
}

#[test]
fn another_message_than_the_one_expected_is_told_at_once() {
    let app = tracker();
    let (ada, bob) = (app.account("ada"), app.account("bob"));
    let mut socket = app.as_(&bob).socket();
    let project = app.as_(&ada).create::<Project>(&json!({ "name": "Apollo" })).ok();
    let task = json!({ "title": "Land", "assignee_id": bob.id });
    let task = app.as_(&ada).under(project.id).create::<Task>(&task).ok();
    let words = told(|| drop(socket.expect("comment_added")));
    let expected = format!("expected the message comment_added, got task_assigned: {{\"task_id\":{}", task.id);
    assert!(words.starts_with(&expected), "{words}");
    socket.expect_silence();
}

#[test]
fn a_broken_expectation_is_one_sentence() {
    let app = tracker();
    let (ada, eve) = (app.account("ada"), app.account("eve"));
    let client = app.as_(&ada);
    let project = client.create::<Project>(&json!({ "name": "Apollo" })).ok();
    let path = format!("/api/v1/projects/{}", project.id.get());
    let misspelt = TestApp::setup(resources::application()).set("RATE_LIMIT", "5");
    let missing = TestApp::setup(resources::application()).set("PORT", "none");
    for (words, expected) in [
        (
            told(|| drop(client.create::<Project>(&json!({ "name": "", "size": 3 })).ok())),
            "POST /api/v1/projects by ada@example.com: expected 201, got 422: name: too_short (at least 1 character); \
             size: unknown (there is no such field; there are name, description, status)"
                .to_owned(),
        ),
        (
            told(|| drop(app.as_(&eve).read(project.id).ok())),
            format!("GET {path} by eve@example.com: expected 200, got 403: you may not read project 1"),
        ),
        (
            told(|| drop(client.read(project.id).refused(404))),
            format!("GET {path} by ada@example.com: expected 404, got 200: {{\"id\":{}", project.id.get()),
        ),
        (
            told(|| _ = client.create::<Project>(&json!({ "name": "" })).refused(422).fault("name", "too_long")),
            "POST /api/v1/projects by ada@example.com: expected the fault name: too_long, got name: too_short (at least \
             1 character)"
                .to_owned(),
        ),
        (told(|| drop(client.list::<Task>(""))), "tasks lie under a project: say which one, `.under(id)`".to_owned()),
        (told(|| drop(client.under(1).list::<Project>(""))), "projects lie under nothing".to_owned()),
        (told(|| drop(client.under(99).list::<Comment>("").ok())), "expected 200, got 404: ".to_owned()),
        (told(|| drop(client.get("projects"))), "a path begins with a slash: `projects`".to_owned()),
        (told(|| drop(app.account("ada"))), "no account `ada`: ".to_owned()),
        (told(|| drop(app.account_as("x", "owner"))), "role: owner is none of [\"user\", \"admin\"]".to_owned()),
        (told(|| drop(app.account_with("x", &json!({ "plan": 1 })))), "a user has no field `plan`".to_owned()),
        (told(|| app.set_clock("tomorrow")), "`tomorrow` is no RFC 3339 instant".to_owned()),
        (told(|| drop(misspelt.start())), "there is no variable RATE_LIMIT to be set".to_owned()),
        (told(|| drop(missing.start())), "PORT has to be a port number".to_owned()),
    ] {
        assert!(words.contains(&expected), "expected {expected:?}, got {words:?}");
    }
}
