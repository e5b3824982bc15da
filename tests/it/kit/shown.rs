//! What `docs/testing.md` shows, run.

use std::time::Duration;

use fasttrack::{
    assert_never,
    testing::{TestApp, json},
};
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
    let (ada, eve) = (app.as_(&ada), app.as_(&eve));

    let apollo = json!({ "name": "Apollo" });
    let project = ada.create::<Project>(&apollo).ok();
    eve.read(project.id).refused(403);
    eve.update(project.id, &apollo).refused(403);
    app.anonymous().get("/projects").refused(401);
}

#[test]
fn nobody_does_what_is_not_his() {
    assert_never!(application(), anonymous: read, update, delete);
    assert_never!(application(), User, role(User): update.role);
    assert_never!(application(), Task, role(User) & !project.owner: delete);
}

#[test]
fn accounts() {
    let app = TestApp::start(application());
    let ada = app.account("ada");
    let root = app.account_as("root", Role::Admin);
    let gone = app.account_with("gone", &json!({ "is_active": false }));

    let me = app.as_(&ada).me::<User>().ok();
    assert_eq!(me.email.0, "ada@example.com");
    assert_eq!(me.display_name, "ada");
    let active = app.as_(&root).list::<User>("?is_active=true").ok();
    assert_eq!(active.len(), 2);
    app.as_(&gone).me::<User>().refused(401);
    app.with_token(&ada.refresh_token).me::<User>().refused(401);
}

#[test]
fn calls() {
    let app = TestApp::start(application());
    let ada = app.account("ada");
    let ada = app.as_(&ada);
    let project = ada.create::<Project>(&json!({ "name": "Apollo" })).ok();

    let tasks = ada.under(project.id);
    let land = json!({ "title": "Land", "status": Status::Done });
    let task = tasks.create::<Task>(&land).ok();
    let task = ada.update(task.id, &json!({ "title": "Return" })).ok();
    assert_eq!((task.title.as_str(), task.status), ("Return", Status::Done));
    let page = tasks.list::<Task>("?status=done&limit=1").ok();
    assert_eq!((page.len(), page.has_more), (1, false));
    ada.delete(task.id).ok();

    let refused = tasks.create::<Task>(&json!({ "title": "" })).refused(422);
    refused.fault("title", "too_short");
    ada.read(task.id).refused(404).says("does not exist");

    let stats = ada.get("/projects/1/stats").header("accept-language", "en");
    let stats = stats.send();
    assert_eq!(stats.status, 200);
    assert_eq!(stats.header("content-type"), Some("application/json"));
}

#[test]
fn what_follows() {
    let app = TestApp::start(application());
    let (ada, bob) = (app.account("ada"), app.account("bob"));
    let mut socket = app.as_(&bob).socket();
    let project = app.as_(&ada).create::<Project>(&json!({ "name": "Apollo" })).ok();
    let assigned = json!({ "title": "Land", "assignee_id": bob.id });
    let task = app.as_(&ada).under(project.id).create::<Task>(&assigned).ok();

    let told = json!({ "task_id": task.id, "project": "Apollo" });
    assert_eq!(socket.expect("task_assigned"), told);
    socket.expect_silence();

    app.run_jobs();
    assert_eq!(app.mails_to(&bob)[0].subject, "[Apollo] Land");

    app.advance(Duration::from_mins(20));
    app.as_(&bob).me::<User>().refused(401).says("expired");
}

/// Checks that the Rust which a page shows stands in a file of tests; how it is broken into lines does not count, since the
/// tests are formatted as this repository is, and pages as projects are.
#[track_caller]
pub(crate) fn check_page(page: &str, here: &str, blocks: usize) {
    let here = flat(here);
    // What a block ends with may stand before a bracket where it runs.
    let block = |rest: &str| Some(flat(rest.split_once("```")?.0).trim_end_matches(';').to_owned());
    let shown = page.split("```rust\n").skip(1).filter_map(block);
    let shown: Vec<_> = shown.collect();
    for block in &shown {
        assert!(here.contains(block), "the page shows what the tests have otherwise:\n{block}");
    }
    assert!(shown.len() >= blocks, "the page shows {} blocks", shown.len());
}

fn flat(code: &str) -> String {
    let code: String = code.split_whitespace().collect();
    // What stands before a closing bracket goes by whether that has a line of its own.
    [(",)", ")"), (",}", "}"), (",]", "]"), (";}", "}")].iter().fold(code, |code, (from, to)| code.replace(from, to))
}

#[test]
fn what_the_page_shows_is_what_runs_here() {
    check_page(include_str!("../../../docs/testing.md"), include_str!("shown.rs"), 5);
}
