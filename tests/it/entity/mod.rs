//! Adding an entity is adding its file: the application is copied, `reading.rs`, the group `lab/` and the README's `label.rs`
//! dropped into `resources/`, and the result built and used over HTTP.

mod build;
mod constraints;
mod fields;
mod flow;
mod kept;
mod lists;
mod relations;
mod rules;
mod shapes;
mod sittings;

use std::{path::PathBuf, sync::OnceLock};

use serde_json::{Value, json};

use crate::driver::{Person, Settings, TestApp, unique, unique_email};

/// A server that has readings, started on a database that had none.
fn app() -> &'static TestApp {
    static APP: OnceLock<TestApp> = OnceLock::new();
    APP.get_or_init(|| {
        // Which may take longer than a token lives.
        let newer = with_readings();
        let before = Settings::new().start();
        let person = before.person();
        let project = before.project(&person);
        before.get("/readings").by(&person).refused(404);
        let after = before.kill().binary(newer).start();
        // What was there is still there, and the new table beside it.
        after.get(&format!("/projects/{project}")).by(&person).ok();
        assert_eq!(after.walk(&person, "/readings").len(), 0);
        after
    })
}

/// The program that has readings.
pub(crate) fn with_readings() -> PathBuf {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(build::application_with_readings).clone()
}

/// The least that a reading needs, with these members besides.
fn body(members: &Value) -> Value {
    let mut body = json!({
        "label": unique("reading "), "value": 0.5, "taken_at": "2026-11-22T16:10:00.123456Z", "day": "2026-11-22",
        "detail": {}, "contact": unique_email(),
    });
    for (key, value) in members.as_object().expect("members are an object") {
        body[key] = value.clone();
    }
    body
}

/// A new reading with these members.
#[track_caller]
fn reading(keeper: &Person, members: &Value) -> Value {
    app().post("/readings", &body(members)).by(keeper).created()
}

fn path(reading: &Value) -> String {
    format!("/readings/{}", reading["id"])
}

#[test]
fn the_label_of_the_readme_works_as_promised() {
    let [owner, stranger] = [(); 2].map(|()| app().person());
    let label = app().post("/labels", &json!({ "name": "urgent" })).by(&owner).created();
    assert_eq!(label["owner_id"], owner.id);
    let path = format!("/labels/{}", label["id"]);
    app().get(&path).by(&stranger).refused(403);
    app().post("/labels", &json!({ "name": "x".repeat(51) })).by(&owner).refused(422);
    assert_eq!(app().walk(&owner, "/labels?sort=-name&q=URG"), [label]);
    assert_eq!(app().walk(&stranger, "/labels").len(), 0);
    app().patch(&path, &json!({ "name": "later" })).by(&owner).ok();
    let document = app().at("GET", "/openapi.json").ok();
    assert!(document["paths"]["/api/v1/labels"]["post"].is_object());
}

#[test]
fn a_resource_in_a_folder_is_one_like_the_others() {
    let [keeper, stranger] = [(); 2].map(|()| app().person());
    let list = format!("{}/corrections", path(&reading(&keeper, &json!({}))));
    let made = app().post(&list, &json!({ "value": 0.25 })).by(&keeper).created();
    assert_eq!((&made["author_id"], &made["contact"]), (&json!(keeper.id), &Value::Null));
    app().post(&list, &json!({ "value": 1 })).by(&stranger).refused(404);
    assert_eq!(app().walk(&keeper, &format!("{list}?sort=-value")), std::slice::from_ref(&made));
    let own = format!("/corrections/{}", made["id"]);
    app().patch(&own, &json!({ "contact": "ada@example.com" })).by(&keeper).ok();
    app()
        .patch(&own, &json!({ "contact": format!("{}@example.com", "a".repeat(250)) }))
        .by(&keeper)
        .faulty(&["contact"]);
    app().patch(&own, &json!({ "value": 2 })).by(&stranger).refused(403);
    let contact =
        &app().at("GET", "/openapi.json").ok()["components"]["schemas"]["Correction"]["properties"]["contact"];
    assert_eq!(contact["maxLength"], 254, "{contact}");
}

#[test]
fn the_program_without_it_goes_on_beside_its_rows() {
    let newer = Settings::new().binary(with_readings()).start();
    let keeper = newer.person();
    let path = path(&newer.post("/readings", &body(&json!({}))).by(&keeper).created());
    let before = newer.kill();
    let older = before.clone().binary(env!("CARGO_BIN_EXE_fasttrack").into()).start();
    for table in ["corrections", "labels", "readings", "readings_label_ids", "sittings", "steps"] {
        assert!(older.log().contains(&format!("the table `{table}`")), "{}", older.log());
    }
    older.get(&path).by(&keeper).refused(404);
    older.task(&keeper, older.project(&keeper), &json!({ "assignee_id": keeper.id }));
    older.at("GET", "/ready").send().expect(200);
    drop(older);
    let newer = before.start();
    newer.get(&path).by(&keeper).ok();
    assert_eq!(newer.walk(&keeper, "/projects").len(), 1);
}

#[test]
fn the_document_tells_of_the_new_entity() {
    let document = app().at("GET", "/openapi.json").ok();
    let paths = document["paths"].as_object().unwrap();
    let methods = |path: &str| -> Vec<&str> {
        let item = paths
            .iter()
            .find(|(known, _)| known.starts_with(path) && known.matches('/').count() == path.matches('/').count());
        let (_, item) = item.unwrap_or_else(|| panic!("{path} is not in the document"));
        let mut methods: Vec<_> = item.as_object().unwrap().keys().map(String::as_str).collect();
        methods.retain(|key| ["get", "post", "patch", "delete"].contains(key));
        methods.sort_unstable();
        methods
    };
    assert_eq!(methods("/api/v1/readings"), ["get", "post"]);
    assert_eq!(methods("/api/v1/readings/"), ["delete", "get", "patch"]);
    let text = document.to_string();
    for part in
        ["very_exact", "What an instrument said.", "A small integer, under a name that SQL has taken.", "quality"]
    {
        assert!(text.contains(part), "{part:?} is not in the document");
    }
}
