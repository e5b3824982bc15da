//! `/projects/{id}/tasks` and `/tasks/{id}`

use serde_json::{Value, json};

use super::{JSON, check_timestamp};
use crate::driver::{Person, shared};

/// A person with a project, and the path of its tasks.
fn project() -> (Person, String) {
    let person = shared().person();
    let path = format!("/projects/{}/tasks", shared().project(&person));
    (person, path)
}

#[test]
fn a_task_has_its_members_and_defaults() {
    let app = shared();
    let person = app.person();
    let project = app.project(&person);
    let task = app.post(&format!("/projects/{project}/tasks"), &json!({ "title": "Land" })).by(&person).created();
    let mut keys: Vec<_> = task.as_object().unwrap().keys().map(String::as_str).collect();
    keys.sort_unstable();
    let expected = "assignee_id created_at description id priority project_id status title updated_at";
    assert_eq!(keys.join(" "), expected);
    assert_eq!((&task["title"], &task["description"]), (&json!("Land"), &json!("")));
    assert_eq!((&task["status"], &task["priority"]), (&json!("todo"), &json!("medium")));
    assert_eq!((&task["project_id"], &task["assignee_id"]), (&json!(project), &json!(null)));
    assert_eq!(task["created_at"], task["updated_at"]);
    check_timestamp(&task["created_at"]);
    assert_eq!(app.get(&format!("/tasks/{}", task["id"])).by(&person).ok(), task);
    assert_eq!(app.walk(&person, &format!("/projects/{project}/tasks")), [task]);
}

#[test]
fn faults_of_creation() {
    let app = shared();
    let (person, path) = project();
    let check = |body: &Value, fields: &[&str]| app.post(&path, body).by(&person).faulty(fields);
    check(&json!({}), &["title"]);
    check(&json!({ "title": "" }), &["title"]);
    check(&json!({ "title": "t".repeat(301) }), &["title"]);
    check(&json!({ "title": null }), &["title"]);
    check(&json!({ "title": "t", "description": "d".repeat(10_001) }), &["description"]);
    check(&json!({ "title": "t", "description": 1 }), &["description"]);
    for field in ["status", "priority"] {
        for value in [json!(null), json!("urgent"), json!("Todo"), json!(1), json!(["todo"])] {
            check(&json!({ "title": "t", field: value }), &[field]);
        }
    }
    for read_only in ["id", "project_id", "created_at", "updated_at"] {
        check(&json!({ "title": "t", read_only: 1 }), &[read_only]);
    }
    for unknown in ["assignee", "task_status", "owner_id", "author_id"] {
        check(&json!({ "title": "t", unknown: null }), &[unknown]);
    }
    let all = json!({
        "title": "", "description": null, "status": "x", "priority": 3, "assignee_id": 9_007_199_254_740_993_i64,
        "project_id": 1, "bogus": 1,
    });
    check(&all, &["title", "description", "status", "priority", "assignee_id", "project_id", "bogus"]);
    assert_eq!(app.walk(&person, &path).len(), 0, "a refused task was made");
}

#[test]
fn a_reference_is_an_integer() {
    let app = shared();
    let (person, path) = project();
    let id = person.id;
    for value in [
        format!("{id}.0"),
        format!("{id}e0"),
        format!("{id}0e-1"),
        format!("\"{id}\""),
        "0".into(),
        "-1".into(),
        "-0".into(),
        "1.5".into(),
        "9223372036854775808".into(),
        "99999999999999999999999".into(),
        "1e400".into(),
        "true".into(),
        "[]".into(),
        format!("{{\"id\":{id}}}"),
    ] {
        let body = format!("{{\"title\":\"t\",\"assignee_id\":{value}}}");
        app.api("POST", &path).body(JSON, body).by(&person).faulty(&["assignee_id"]);
    }
    let body = format!("{{\"title\":\"t\",\"assignee_id\":{id}}}");
    assert_eq!(app.api("POST", &path).body(JSON, body).by(&person).created()["assignee_id"], id);
}

#[test]
fn an_assignee_is_an_active_user() {
    let app = shared();
    let (person, path) = project();
    let (active, disabled) = (app.person(), app.person());
    app.disable(&disabled);
    let task = app.post(&path, &json!({ "title": "t", "assignee_id": active.id })).by(&person).created();
    assert_eq!(task["assignee_id"], active.id);
    let own = format!("/tasks/{}", task["id"]);
    for id in [disabled.id, i64::MAX, 999_999_999_999] {
        let body = json!({ "assignee_id": id });
        app.post(&path, &json!({ "title": "t", "assignee_id": id })).by(&person).faulty(&["assignee_id"]);
        app.patch(&own, &body).by(&person).faulty(&["assignee_id"]);
        app.patch(&own, &json!({ "assignee_id": id, "title": "", "x": 1 })).by(&person).faulty(&[
            "assignee_id",
            "title",
            "x",
        ]);
    }
    assert_eq!(app.get(&own).by(&person).ok(), task);
    assert_eq!(app.patch(&own, &json!({ "assignee_id": null })).by(&person).ok()["assignee_id"], json!(null));
    assert_eq!(app.patch(&own, &json!({ "assignee_id": person.id })).by(&person).ok()["assignee_id"], person.id);
}

#[test]
fn a_task_stays_in_its_project() {
    let app = shared();
    let person = app.person();
    let (here, there) = (app.project(&person), app.project(&person));
    let path = format!("/tasks/{}", app.task(&person, here, &json!({})));
    for project in [here, there] {
        app.patch(&path, &json!({ "project_id": project })).by(&person).faulty(&["project_id"]);
    }
    assert_eq!(app.get(&path).by(&person).ok()["project_id"], here);
}

#[test]
fn faults_of_a_patch() {
    let app = shared();
    let (person, path) = project();
    let task = app.post(&path, &json!({ "title": "t" })).by(&person).created();
    let own = format!("/tasks/{}", task["id"]);
    for (body, fields) in [
        (json!({ "title": null }), &["title"][..]),
        (json!({ "title": "", "status": null, "priority": "none" }), &["title", "status", "priority"]),
        (json!({ "description": null }), &["description"]),
        (json!({ "task_status": "done" }), &["task_status"]),
        (json!({ "id": 5, "title": "fine" }), &["id"]),
    ] {
        app.patch(&own, &body).by(&person).faulty(fields);
    }
    assert_eq!(app.get(&own).by(&person).ok(), task);
    let change =
        json!({ "title": "😀".repeat(300), "status": "in_progress", "priority": "high", "description": "null" });
    let changed = app.patch(&own, &change).by(&person).ok();
    for (field, value) in change.as_object().unwrap() {
        assert_eq!(&changed[field], value);
    }
    assert_eq!(app.get(&own).by(&person).ok(), changed);
}

#[test]
fn an_assignee_works_on_a_task_and_hands_it_on() {
    let app = shared();
    let (owner, path) = project();
    let [assignee, next, last] = [(); 3].map(|()| app.person());
    let task = app.post(&path, &json!({ "title": "t", "assignee_id": assignee.id })).by(&owner).created();
    let own = format!("/tasks/{}", task["id"]);
    let hand = |to: &Value| app.patch(&own, &json!({ "assignee_id": to }));
    assert_eq!(app.patch(&own, &json!({ "status": "done" })).by(&assignee).ok()["status"], "done");
    hand(&json!(assignee.id)).by(&assignee).ok();
    // Who gave it away may not read it any more, so that there is nothing to show.
    hand(&json!(next.id)).by(&assignee).done();
    app.get(&own).by(&assignee).refused(403);
    hand(&json!(assignee.id)).by(&assignee).refused(403);
    assert_eq!(app.get(&own).by(&next).ok()["assignee_id"], next.id);
    assert_eq!(hand(&json!(last.id)).by(&owner).ok()["assignee_id"], last.id);
    hand(&Value::Null).by(&last).done();
    assert_eq!(app.get(&own).by(&owner).ok()["assignee_id"], Value::Null);
    // Who owns the project reads it whoever is to do it.
    assert_eq!(hand(&json!(owner.id)).by(&owner).ok()["assignee_id"], owner.id);
    assert_eq!(hand(&Value::Null).by(&owner).ok()["assignee_id"], Value::Null);
}
