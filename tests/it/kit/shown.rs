//! What `docs/testing.md` shows, run.

use std::time::Duration;

use fasttrack::testing::{TestApp, json};
use resources::{
    application,
    project::Project,
    task::{Status, Task},
    user::{Role, User},
};

#[test]
fn a_project_is_its_owners() {
    let app = TestApp::start(application());
    let (ada, eve) = (app.account("ada"), app.account("eve"));

    let project = app.as_(&ada).create::<Project>(&json!({ "name": "Apollo" })).ok();
    app.as_(&eve).read(project.id).refused(403);
    app.as_(&eve).update(project.id, &json!({ "name": "Mine" })).refused(403);
    app.anonymous().get("/projects").refused(401);
}

#[test]
fn accounts() {
    let app = TestApp::start(application());
    let ada = app.account("ada");
    let root = app.account_as("root", Role::Admin);
    let gone = app.account_with("gone", &json!({ "is_active": false, "display_name": "Gone" }));

    assert_eq!(app.as_(&ada).me::<User>().ok().email.0, "ada@example.com");
    assert_eq!(app.as_(&root).list::<User>("?is_active=true").ok().len(), 2);
    app.as_(&gone).me::<User>().refused(401);
    app.with_token(&ada.refresh_token).me::<User>().refused(401);
}

#[test]
fn calls() {
    let app = TestApp::start(application());
    let ada = app.account("ada");
    let ada = app.as_(&ada);
    let project = ada.create::<Project>(&json!({ "name": "Apollo" })).ok();

    let task = ada.under(project.id).create::<Task>(&json!({ "title": "Land", "status": Status::Done })).ok();
    let task = ada.update(task.id, &json!({ "title": "Return" })).ok();
    let page = ada.under(project.id).list::<Task>("?status=done&limit=1").ok();
    assert_eq!((task.title, page.len(), page.has_more), ("Return".to_owned(), 1, false));
    ada.delete(task.id).ok();

    ada.under(project.id).create::<Task>(&json!({ "title": "" })).refused(422).fault("title", "too_short");
    ada.read(task.id).refused(404).says("does not exist");

    let stats = ada.get("/projects/1/stats").header("accept-language", "en").send();
    assert_eq!((stats.status, stats.header("content-type")), (200, Some("application/json")));
}

#[test]
fn what_follows() {
    let app = TestApp::start(application());
    let (ada, bob) = (app.account("ada"), app.account("bob"));
    let mut socket = app.as_(&bob).socket();
    let project = app.as_(&ada).create::<Project>(&json!({ "name": "Apollo" })).ok();
    let assigned = json!({ "title": "Land", "assignee_id": bob.id });
    let task = app.as_(&ada).under(project.id).create::<Task>(&assigned).ok();

    assert_eq!(socket.expect("task_assigned"), json!({ "task_id": task.id, "project": "Apollo" }));
    socket.expect_silence();

    app.run_jobs();
    assert_eq!(app.mails_to(&bob)[0].subject, "[Apollo] Land");

    app.advance(Duration::from_mins(20));
    app.as_(&bob).me::<User>().refused(401).says("expired");
}

/// Checks that the Rust which a page shows stands in a file of tests; neither how it is indented nor a comment behind it
/// counts.
#[track_caller]
pub(crate) fn check_page(page: &str, here: &str, blocks: usize) {
    let here = flat(here);
    let shown = page.split("```rust\n").skip(1).filter_map(|rest| Some(flat(rest.split_once("```")?.0)));
    let shown: Vec<_> = shown.collect();
    for block in &shown {
        assert!(here.contains(block), "the page shows what the tests have otherwise:\n{block}");
    }
    assert!(shown.len() >= blocks, "the page shows {} blocks", shown.len());
}

fn flat(code: &str) -> String {
    let lines = code.lines().map(|line| line.split("  // ").next().unwrap_or_default().trim());
    // How a chain is broken into lines is the formatter's affair.
    lines.collect::<String>()
}

#[test]
fn what_the_page_shows_is_what_runs_here() {
    check_page(include_str!("../../../docs/testing.md"), include_str!("shown.rs"), 4);
}
