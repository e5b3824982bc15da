//! `/projects`

use serde_json::{Value, json};

use super::{JSON, check_timestamp};
use crate::driver::shared;

#[track_caller]
fn check_faults(body: &Value, fields: &[&str]) {
    let person = shared().person();
    shared().post("/projects", body).by(&person).faulty(fields);
    assert_eq!(shared().walk(&person, "/projects").len(), 0, "a refused project was made");
}

#[test]
fn a_project_has_its_members_and_defaults() {
    let app = shared();
    let person = app.person();
    let project = app.post("/projects", &json!({ "name": "Apollo" })).by(&person).created();
    let mut keys: Vec<_> = project.as_object().unwrap().keys().map(String::as_str).collect();
    keys.sort_unstable();
    assert_eq!(keys, ["created_at", "description", "id", "name", "owner_id", "status", "updated_at"]);
    assert_eq!(project["name"], "Apollo");
    assert_eq!((&project["description"], &project["status"]), (&json!(""), &json!("active")));
    assert_eq!(project["owner_id"], person.id);
    assert_eq!(project["created_at"], project["updated_at"]);
    check_timestamp(&project["created_at"]);
    let path = format!("/projects/{}", project["id"]);
    assert_eq!(app.get(&path).by(&person).ok(), project);
    assert_eq!(app.walk(&person, "/projects"), [project]);
}

#[test]
fn faults_of_creation() {
    let long = "d".repeat(10_001);
    check_faults(&json!({}), &["name"]);
    check_faults(&json!({ "name": "" }), &["name"]);
    check_faults(&json!({ "name": "n".repeat(201) }), &["name"]);
    check_faults(&json!({ "name": "😀".repeat(201) }), &["name"]);
    check_faults(&json!({ "name": null }), &["name"]);
    check_faults(&json!({ "name": 1 }), &["name"]);
    check_faults(&json!({ "name": ["n"] }), &["name"]);
    check_faults(&json!({ "name": { "n": 1 } }), &["name"]);
    check_faults(&json!({ "name": true }), &["name"]);
    check_faults(&json!({ "name": "nul \u{0} inside" }), &["name"]);
    check_faults(&json!({ "name": "n", "description": null }), &["description"]);
    check_faults(&json!({ "name": "n", "description": long }), &["description"]);
    check_faults(&json!({ "name": "n", "description": "\u{0}" }), &["description"]);
    for status in [json!("Active"), json!("done"), json!(""), json!(null), json!(0), json!("active ")] {
        check_faults(&json!({ "name": "n", "status": status }), &["status"]);
    }
    for (field, value) in
        [("id", json!(1)), ("owner_id", json!(1)), ("created_at", json!("x")), ("updated_at", json!(null))]
    {
        check_faults(&json!({ "name": "n", field: value }), &[field]);
    }
    for unknown in ["Name", "name ", "naïve", "owner", "tasks", "__proto__", "name_id", "user_id"] {
        check_faults(&json!({ "name": "n", unknown: 1 }), &[unknown]);
    }
    check_faults(
        &json!({ "name": "", "description": long, "status": "x", "owner_id": 1, "id": 1, "bogus": null }),
        &["name", "description", "status", "owner_id", "id", "bogus"],
    );
}

#[test]
fn the_fault_of_the_contracts_example() {
    let app = shared();
    let person = app.person();
    let path = format!("/projects/{}/tasks", app.project(&person));
    let problem = app.post(&path, &json!({ "title": "t".repeat(301) })).by(&person).refused(422);
    let expected = json!([{ "field": "title", "code": "too_long", "message": "at most 300 characters" }]);
    assert_eq!(problem["errors"], expected);
}

#[test]
fn duplicate_keys_are_faults() {
    let person = shared().person();
    for (body, fields) in [
        (r#"{"name":"a","name":"a"}"#, &["name"][..]),
        (r#"{"name":"a","n\u0061me":"b"}"#, &["name"]),
        (r#"{"name":"a","status":"active","status":"archived"}"#, &["status"]),
        (r#"{"name":"","name":"a","description":null}"#, &["name", "description"]),
    ] {
        shared().api("POST", "/projects").body(JSON, body).by(&person).faulty(fields);
    }
}

#[test]
fn json_that_is_no_object_is_a_fault_of_the_whole() {
    let person = shared().person();
    let project = shared().project(&person);
    for body in ["[]", "[{\"name\":\"n\"}]", "\"name\"", "1", "-0.5e3", "null", "true", " false "] {
        shared().api("POST", "/projects").body(JSON, body).by(&person).faulty(&[""]);
        shared().api("PATCH", &format!("/projects/{project}")).body(JSON, body).by(&person).faulty(&[""]);
    }
}

#[test]
fn the_bounds_themselves_pass() {
    let app = shared();
    let person = app.person();
    for (name, description) in [
        ("n".to_owned(), String::new()),
        ("😀".repeat(200), "😀".repeat(10_000)),
        ("n".repeat(200), "d".repeat(10_000)),
    ] {
        let body = json!({ "name": name, "description": description, "status": "archived" });
        let project = app.post("/projects", &body).by(&person).created();
        assert!(project["name"] == name.as_str() && project["description"] == description.as_str());
        assert_eq!(project["status"], "archived");
    }
}

#[test]
fn text_comes_back_as_it_was_sent() {
    let app = shared();
    let person = app.person();
    for text in [
        "null",
        "{}",
        "[1]",
        "[]",
        "{\"a\":1}",
        "\"quoted\"",
        "true",
        "1",
        "1.0",
        "-0",
        " padded ",
        " ",
        "\t\r\n",
        "e\u{301}",
        "é",
        "it's",
        "a\"b",
        "a\\b",
        "%41",
        "?1",
        "$1",
        "${x}",
        "'; DROP TABLE projects; --",
        "<script>",
        "\u{1}\u{7f}",
        "\u{200f}rtl",
        "\u{feff}bom",
        "\u{fffd}",
        "\u{10ffff}",
        "x'00'",
        "\u{2028}",
        "👩‍👩‍👧",
        "/*",
        "--",
        ":name",
        "@name",
    ] {
        let body = json!({ "name": text, "description": text });
        let project = app.post("/projects", &body).by(&person).created();
        let path = format!("/projects/{}", project["id"]);
        assert!(project["name"] == text && project["description"] == text, "{text:?} -> {project}");
        assert_eq!(app.get(&path).by(&person).ok(), project, "{text:?}");
        let changed = app.patch(&path, &json!({ "name": format!("{text}{text}") })).by(&person).ok();
        assert_eq!(changed["name"], format!("{text}{text}").as_str());
        let listed = app.get("/projects?sort=-id&limit=1").by(&person).ok();
        assert_eq!(listed["items"][0], changed, "{text:?}");
        app.delete(&path).by(&person).done();
    }
}

#[test]
fn a_patch_changes_what_it_names() {
    let app = shared();
    let person = app.person();
    let before = app.post("/projects", &json!({ "name": "a", "description": "b" })).by(&person).created();
    let path = format!("/projects/{}", before["id"]);
    assert_eq!(app.patch(&path, &json!({})).by(&person).ok(), before, "nothing is nothing");
    assert_eq!(app.get(&path).by(&person).ok(), before);

    let mut expected = before.clone();
    for (field, value) in [("name", "other"), ("description", ""), ("status", "archived"), ("status", "active")] {
        let after = app.patch(&path, &json!({ field: value })).by(&person).ok();
        expected[field] = json!(value);
        assert!(after["updated_at"].as_str() > expected["updated_at"].as_str(), "{after}");
        check_timestamp(&after["updated_at"]);
        expected["updated_at"] = after["updated_at"].clone();
        assert_eq!(after, expected);
        assert_eq!(app.get(&path).by(&person).ok(), expected);
    }
}

#[test]
fn a_merge_patch_is_a_patch() {
    let app = shared();
    let person = app.person();
    let path = format!("/projects/{}", app.project(&person));
    for kind in ["application/merge-patch+json", "application/json", "application/json; charset=utf-8"] {
        let body = json!({ "name": kind });
        assert_eq!(app.api("PATCH", &path).body(kind, body.to_string()).by(&person).ok()["name"], kind);
    }
}

#[test]
fn faults_of_a_patch() {
    let app = shared();
    let person = app.person();
    let path = format!("/projects/{}", app.project(&person));
    let before = app.get(&path).by(&person).ok();
    for (body, fields) in [
        (json!({ "name": "" }), &["name"][..]),
        (json!({ "name": null }), &["name"]),
        (json!({ "description": null }), &["description"]),
        (json!({ "status": "lost" }), &["status"]),
        (json!({ "owner_id": person.id }), &["owner_id"]),
        (json!({ "id": before["id"] }), &["id"]),
        (json!({ "created_at": before["created_at"] }), &["created_at"]),
        (json!({ "name": "fine", "bogus": 1 }), &["bogus"]),
        (
            json!({ "name": "n".repeat(201), "status": 1, "updated_at": "x", "x": [] }),
            &["name", "status", "updated_at", "x"],
        ),
    ] {
        app.patch(&path, &body).by(&person).faulty(fields);
    }
    app.api("PATCH", &path).body(JSON, r#"{"name":"a","name":"b"}"#).by(&person).faulty(&["name"]);
    assert_eq!(app.get(&path).by(&person).ok(), before, "a refused patch changed something");
}
