//! `/live`: log in, watch, lose the connection in every way there is, and come back with nothing lost.

use serde_json::{Value, json};

use crate::{
    driver::{Person, Settings, TestApp, shared, wait_until},
    page::{Entry, Page},
};

const MARKUP: &str = r#"<img src=x onerror="document.title='owned'"><script>document.title='owned'</script>"#;

/// What has to hold at the end of every visit.
#[track_caller]
fn check_manners(page: &mut Page) {
    assert_eq!(page.faults(false), Vec::<String>::new(), "errors on the console, or violations of the policy");
    assert_eq!(page.foreign_requests(), Vec::<String>::new(), "the page asked another host");
    assert_eq!(page.evaluate("location.pathname + location.search + location.hash"), "/live", "the page's own URL");
    assert_eq!(page.evaluate("localStorage.length + sessionStorage.length + document.cookie.length"), 0);
}

/// A task of a project of `person`, assigned to `person`: one message.
fn assigned_task(app: &TestApp, person: &Person, project: i64) -> i64 {
    app.task(person, project, &json!({ "assignee_id": person.id }))
}

/// A project with a task assigned to its owner, who has one message then.
fn task_of_ones_own(app: &TestApp, person: &Person) -> i64 {
    assigned_task(app, person, app.project(person))
}

fn set_status(app: &TestApp, person: &Person, task: i64, status: &str) {
    app.patch(&format!("/tasks/{task}"), &json!({ "status": status })).by(person).ok();
}

fn session_count(app: &TestApp, person: &Person) -> usize {
    app.get("/auth/sessions").by(person).ok()["items"].as_array().map_or(0, Vec::len)
}

fn entry(id: i64, origin: &str, sentence: impl Into<String>) -> Entry {
    Entry { id, origin: origin.into(), sentence: sentence.into() }
}

/// The same data, served at the same address again.
fn restart_at(settings: &Settings, address: &str) -> TestApp {
    let port = address.rsplit_once(':').expect("a port").1;
    settings.clone().set("PORT", port).start()
}

#[test]
fn the_page_loads_clean_and_has_a_name_for_everything() {
    let mut page = Page::open(shared());
    assert_eq!(page.faults(true), Vec::<String>::new());
    let controls = page.controls();
    let unnamed = |(role, name): &&(String, String)| name.is_empty() && role != "status";
    assert_eq!(controls.iter().find(unnamed), None, "{controls:?}");
    for expected in ["textbox", "button", "status"] {
        assert!(controls.iter().any(|(role, _)| role == expected), "no {expected}: {controls:?}");
    }
    check_manners(&mut page);
    for scheme in ["light", "dark"] {
        page.prefer(scheme);
        page.picture(&format!("login-{scheme}"));
    }
}

#[test]
fn a_wrong_password_is_said_and_can_be_corrected() {
    let (app, mut page) = (shared(), Page::open(shared()));
    let person = app.person();
    page.log_in(&person.email, "not the password");
    page.wait_for("document.querySelector('[role=alert]').textContent !== ''");
    assert!(page.text("#login-error").to_lowercase().contains("password"), "{}", page.text("#login-error"));
    assert_eq!(page.text("#status"), "Not logged in");
    page.log_in(&person.email, &person.password);
    page.wait_for_status("Live");
    assert_eq!(page.evaluate("document.getElementById('password').value"), "");
    check_manners(&mut page);
}

#[test]
fn what_happens_is_told_in_sentences_newest_first() {
    let app = shared();
    let (person, other) = (app.person(), app.person());
    app.patch("/users/me", &json!({ "display_name": "Ada" })).by(&other).ok();
    let project = app.project(&person);
    let task = app.task(&person, project, &json!({ "assignee_id": other.id }));
    let first = app.comment(&other, task);
    let mut page = Page::of(app, &person);
    assert_eq!(page.entries(), [entry(1, "earlier", format!("Ada commented on task {task}"))]);
    set_status(app, &other, task, "in_progress");
    page.wait_for_entries(2);
    let name = app.get(&format!("/projects/{project}")).by(&person).ok()["name"].take();
    let own = assigned_task(app, &person, project);
    page.wait_for_entries(3);
    let expected = [
        entry(3, "live", format!("You were assigned task {own} in “{}”", name.as_str().unwrap())),
        entry(2, "live", format!("Task {task} went from todo to in progress")),
        entry(1, "earlier", format!("Ada commented on task {task}")),
    ];
    assert_eq!(page.entries(), expected);
    let raw = page.evaluate("document.querySelector('[data-id=\"1\"] pre').textContent");
    let raw: Value = serde_json::from_str(raw.as_str().unwrap()).unwrap();
    assert_eq!(raw["data"], json!({ "task_id": task, "comment_id": first, "author": "Ada" }));
    assert!(page.text("[data-id='3'] .facts").contains("by you"));
    assert!(page.text("[data-id='2'] .facts").contains(&format!("by user {}", other.id)));
    assert_eq!(page.received(), [2, 3], "what was there before is read from the list");
    check_manners(&mut page);
}

#[test]
fn markup_is_text() {
    let app = shared();
    let person = app.person();
    app.patch("/users/me", &json!({ "display_name": MARKUP })).by(&person).ok();
    let mut page = Page::of(app, &person);
    let project = app.post("/projects", &json!({ "name": MARKUP })).by(&person).created();
    let task = assigned_task(app, &person, project["id"].as_i64().unwrap());
    app.comment(&person, task);
    page.wait_for_entries(2);
    let entries = page.entries();
    assert_eq!(entries[0].sentence, format!("{} commented on task {task}", MARKUP));
    assert_eq!(entries[1].sentence, format!("You were assigned task {task} in “{MARKUP}”"));
    assert_eq!(page.evaluate("document.querySelectorAll('main img, main script').length"), 0);
    assert_eq!(page.evaluate("document.title"), "Live notifications");
    check_manners(&mut page);
}

#[test]
fn a_restart_is_marked_and_what_was_missed_is_replayed_once_in_order() {
    let mut app = Settings::new().start();
    let (address, person) = (app.address().to_owned(), app.person());
    let mut page = Page::of(&app, &person);
    let task = task_of_ones_own(&app, &person);
    page.wait_for_entries(1);
    app.terminate();
    assert_eq!(app.wait(), Some(0));
    page.wait_for("document.querySelector('.gap')");
    assert!(page.text(".gap").contains("The server is stopping"), "{}", page.text(".gap"));
    let settings = app.kill();
    // The same data elsewhere, where the page does not look: what it misses is certain.
    let elsewhere = settings.start();
    assert_ne!(elsewhere.address(), address);
    set_status(&elsewhere, &person, task, "in_progress");
    elsewhere.comment(&person, task);
    set_status(&elsewhere, &person, task, "done");
    page.picture("away-light");
    let app = restart_at(&elsewhere.kill(), &address);
    page.wait_for("document.querySelector('.line')");
    page.wait_for_status("Live");
    assert!(page.text(".gap .outcome").ends_with(": 3 messages were missed and replayed."), "{}", page.text(".gap"));
    app.comment(&person, task);
    page.wait_for_entries(5);
    let seen: Vec<_> = page.entries().into_iter().map(|entry| (entry.id, entry.origin)).collect();
    let expected = [(5, "live"), (4, "replayed"), (3, "replayed"), (2, "replayed"), (1, "live")];
    assert_eq!(seen, expected.map(|(id, origin)| (id, origin.to_owned())));
    assert_eq!(page.received(), [1, 2, 3, 4, 5], "each came once");
    check_manners(&mut page);
    take_pictures(&mut page);
}

/// In light and dark, wide and as narrow as a page has to fit (WCAG 2.2, 1.4.10).
fn take_pictures(page: &mut Page) {
    for scheme in ["light", "dark"] {
        page.prefer(scheme);
        page.resize(1000, 800);
        page.picture(&format!("feed-{scheme}"));
        page.resize(320, 700);
        page.picture(&format!("feed-{scheme}-narrow"));
        assert_eq!(page.evaluate("document.scrollingElement.scrollWidth"), 320, "the page scrolls sideways");
    }
}

#[test]
fn nothing_is_missed_while_disconnected_by_hand() {
    let app = shared();
    let person = app.person();
    let task = task_of_ones_own(app, &person);
    let mut page = Page::of(app, &person);
    page.choose("toggle");
    page.wait_for_status("Disconnected");
    set_status(app, &person, task, "done");
    page.choose("toggle");
    page.wait_for_status("Live");
    page.wait_for_entries(2);
    assert!(page.text(".gap").contains("You disconnected"), "{}", page.text(".gap"));
    assert_eq!(page.entries()[0], entry(2, "replayed", format!("Task {task} went from todo to done")));
    page.choose("logout");
    page.wait_for_status("Not logged in");
    assert_eq!(page.entries(), [], "what one account was told is no other's business");
    wait_until("the page's session has ended on the server too", || session_count(app, &person) == 1);
    check_manners(&mut page);
}

#[test]
fn leaving_the_page_ends_its_session() {
    let app = shared();
    let person = app.person();
    let mut page = Page::of(app, &person);
    assert_eq!(session_count(app, &person), 2);
    page.leave();
    wait_until("the page's session has ended", || session_count(app, &person) == 1);
}

#[test]
fn a_revoked_session_is_said_and_after_another_login_goes_on_where_it_was() {
    let app = shared();
    let person = app.person();
    let task = task_of_ones_own(app, &person);
    let mut page = Page::of(app, &person);
    let sessions = app.get("/auth/sessions").by(&person).ok();
    let of_page = sessions["items"].as_array().unwrap().iter().find(|session| session["current"] == false);
    app.delete(&format!("/auth/sessions/{}", of_page.unwrap()["id"])).by(&person).done();
    page.wait_for_status("Session ended");
    let said = page.text("#login-error");
    assert!(said.contains("session has ended") && said.contains("log in again"), "{said}");
    page.picture("ended-light");
    set_status(app, &person, task, "done");
    page.log_in(&person.email, &person.password);
    page.wait_for_status("Live");
    page.wait_for_entries(2);
    assert_eq!(page.entries()[0], entry(2, "replayed", format!("Task {task} went from todo to done")));
    check_manners(&mut page);
}

#[test]
fn an_expired_access_token_is_renewed_and_the_feed_goes_on() {
    let app = Settings::new().set("ACCESS_TOKEN_EXPIRE_MINUTES", "1").start();
    let person = app.person();
    let mut page = Page::of(&app, &person);
    // The least that can be configured is a minute.
    page.wait_for_long("document.querySelector('.gap .outcome')?.textContent");
    page.wait_for_status("Live");
    assert!(page.text(".gap").contains("A new one was fetched"), "{}", page.text(".gap"));
    let again = app.login(&person.email, &person.password);
    let person = Person { pair: again, ..person };
    task_of_ones_own(&app, &person);
    page.wait_for_entries(1);
    assert_eq!(page.entries()[0].origin, "live");
    check_manners(&mut page);
}

#[test]
fn whatever_closes_the_socket_is_named() {
    let app = shared();
    let mut page = Page::of(app, &app.person());
    for (code, expected) in [
        (4008, "This page read too slowly to keep up"),
        (1001, "The server is stopping"),
        (1006, "The connection broke"),
        (1009, "The server closed the connection with 1009"),
    ] {
        page.wait_for_status("Live");
        page.close_socket(code);
        page.wait_for(&format!("document.querySelector('.gap').textContent.includes('{expected}')"));
    }
    page.wait_for_status("Live");
    check_manners(&mut page);
}
