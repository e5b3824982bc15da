//! The client in TypeScript: compiled as strictly as there is, and run in Node and in Chromium against real servers.
//!
//! A target of its own, outside `cargo test`, because it needs Node 20 or newer, the compiler of TypeScript and Chromium:
//! `cargo test --test client`. It looks for `node`, `tsc` and `chromium`, or for what `NODE`, `TSC` and `CHROMIUM` name, and
//! fails where there is none.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a test reports a broken expectation by panicking"
)]

#[path = "../browser/chromium.rs"]
mod chromium;
#[path = "../it/driver/mod.rs"]
#[expect(dead_code, reason = "this target needs less of the driver than the one it belongs to")]
#[expect(unused_imports, reason = "as above")]
#[expect(unused_macros, reason = "as above")]
mod driver;
#[path = "../it/worlds/library.rs"]
mod library;
mod project;
mod script;
mod tabs;

use fasttrack::testing;
use serde_json::json;

use self::{
    driver::{Person, Settings, TestApp, shared},
    project::{Project, compiled},
    script::Script,
};

/// What roles in the declarations of this program are those of.
type __FasttrackAccount = library::Reader;

/// Runs a script against the server that tests share, for somebody new there.
fn run(case: &str) {
    let person = shared().person();
    Script::start(&compiled("tracker"), case, &url(shared()), &person).ends_well();
}

fn url(app: &TestApp) -> String {
    format!("http://{}", app.address())
}

#[test]
fn every_application_has_a_client_that_compiles() {
    Project::new(&library::application()).compile(&[("uses.ts", "export * from \"./client.js\";\n")]);
    for name in ["tracker", "workspace"] {
        compiled(name);
    }
}

/// Blocks of the pages that are TypeScript, as a user would have them.
#[test]
fn what_the_pages_show_compiles() {
    let pages = [include_str!("../../docs/client.md"), include_str!("../../README.md")];
    let blocks =
        pages.iter().flat_map(|page| page.split("```ts\n").skip(1)).filter_map(|rest| rest.split("```").next());
    let (of_workspace, of_tracker): (Vec<_>, Vec<_>) = blocks.partition(|block| block.contains(".documents."));
    for (application, blocks) in [(resources::application(), of_tracker), (workspace::application(), of_workspace)] {
        assert!(!blocks.is_empty(), "no page shows any");
        let given = "import type { Client } from \"./client.js\";\ndeclare const client: Client;\n";
        let whole =
            |block: &&str| if block.contains("new Client(") { (*block).to_owned() } else { given.to_owned() + block };
        let files = blocks.iter().enumerate().map(|(number, block)| (format!("block_{number}.ts"), whole(block)));
        let files: Vec<_> = files.collect();
        let files: Vec<_> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
        Project::new(&application).compile(&files);
    }
}

/// That the compiler looks at all, and is as strict as it is said to be.
#[test]
fn what_is_wrong_does_not_compile() {
    let project = Project::new(&resources::application());
    for (wrong, expected) in [
        (
            "import { Client } from \"./client.js\"; new Client().projects.list({ filter: { owner_id: 1 } });",
            "owner_id",
        ),
        ("export const x: number = [1][0];", "undefined"),
        ("// @ts-expect-error\nexport const x = 1;", "Unused '@ts-expect-error'"),
    ] {
        let said = project.refuses(wrong);
        assert!(said.contains(expected), "{expected:?} is not in {said}");
    }
}

#[test]
fn the_command_writes_what_is_compiled_here() {
    let settings = Settings::new();
    let printed = settings.run(&["client", "typescript"], "");
    let text = String::from_utf8(printed.stdout).unwrap();
    assert_eq!(text, resources::application().typescript().unwrap());
    for _ in 0..2 {
        let written = settings.run(&["client", "typescript", "client.ts"], "");
        assert!(written.status.success() && written.stdout.is_empty(), "{written:?}");
        assert_eq!(std::fs::read_to_string(settings.directory().join("client.ts")).unwrap(), text);
    }
    let failed = settings.run(&["client", "typescript", "away/client.ts"], "");
    let said = String::from_utf8_lossy(&failed.stderr).into_owned();
    assert!(!failed.status.success() && said.contains("away/client.ts cannot be written"), "{said}");
}

#[test]
fn rows_are_made_read_changed_and_listed() {
    run("rows");
}

#[test]
fn a_version_is_asked_for_and_answered() {
    run("versions");
}

#[test]
fn failures_are_told_apart() {
    run("failures");
}

#[test]
fn many_callers_refresh_once() {
    run("refresh");
}

#[test]
fn two_clients_of_one_store_refresh_once_or_one_after_the_other() {
    run("shared");
}

#[test]
fn a_change_is_made_once_however_often_it_is_sent() {
    run("retry");
}

#[test]
fn a_session_that_is_over_is_told_of() {
    run("ended");
}

#[test]
fn a_route_by_hand_and_a_batch_are_called() {
    run("others");
}

#[test]
fn events_are_told_by_name() {
    let app = shared();
    let (person, other) = (app.person(), app.person());
    let project = app.project(&other);
    let mut script = Script::start(&compiled("tracker"), "events", &url(app), &person);
    script.until("open");
    let task = app.task(&other, project, &json!({ "assignee_id": person.id }));
    script.until(&format!("assigned {task} by {}", other.id));
    let own = app.project(&person);
    let task = app.task(&person, own, &json!({}));
    let comment = app.comment(&person, task);
    script.until(&format!("comment {comment}"));
    script.ends_well();
}

fn titles(titles: &[&str]) -> String {
    format!("rows {}", json!(titles))
}

/// What is told changes the list; what is not is seen after the gap.
#[test]
fn a_live_list_is_kept_current_over_a_restart() {
    let mut app = Settings::new().start();
    let (address, person) = (app.address().to_owned(), app.person());
    let project = app.project(&person);
    let first = app.task(&person, project, &json!({ "title": "one", "assignee_id": person.id }));
    let mut script = Script::start(&compiled("tracker"), &format!("live {project}"), &url(&app), &person);
    script.until(&titles(&["one"]));
    script.until("status live");
    app.task(&person, project, &json!({ "title": "two", "assignee_id": person.id }));
    script.until(&titles(&["one", "two"]));
    app.terminate();
    assert_eq!(app.wait(), Some(0));
    script.until("status stale");
    let elsewhere = app.kill().start();
    elsewhere.patch(&format!("/tasks/{first}"), &json!({ "title": "changed, which nobody is told" })).by(&person).ok();
    let port = address.rsplit_once(':').expect("a port").1;
    let app = elsewhere.kill().set("PORT", port).start();
    script.until(&titles(&["changed, which nobody is told", "two"]));
    script.until("status live");
    app.task(&person, project, &json!({ "title": "three", "assignee_id": person.id }));
    script.until(&titles(&["changed, which nobody is told", "two", "three"]));
    script.say("stop");
    script.until("status ended");
    script.ends_well();
}

#[test]
fn a_live_list_ends_with_its_session() {
    let app = shared();
    let person = app.person();
    let project = app.project(&person);
    let mut script = Script::start(&compiled("tracker"), &format!("live {project}"), &url(app), &person);
    script.until("status live");
    let sessions = app.get("/auth/sessions").by(&person).ok();
    let theirs = sessions["items"].as_array().unwrap().iter().find(|session| session["current"] == false).unwrap();
    app.delete(&format!("/auth/sessions/{}", theirs["id"])).by(&person).done();
    script.until("status ended");
    script.ends_well();
}

/// Files, what is deleted and comes back, histories: what the tracker has not.
#[test]
fn the_rest_of_the_language_works_in_another_application() {
    let app = testing::TestApp::setup(workspace::application()).set("MIGRATIONS_DIR", "none").start();
    let login = app.account("ada");
    let person = Person {
        id: login.id,
        email: login.email.clone(),
        password: login.password.clone(),
        pair: driver::Pair { access: String::new(), refresh: String::new() },
    };
    Script::start(&compiled("workspace"), "documents", &app.url(""), &person).ends_well();
}

#[test]
fn tabs_of_one_browser_refresh_once() {
    tabs::refresh_once();
}
