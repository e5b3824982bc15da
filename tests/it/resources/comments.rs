//! `/tasks/{id}/comments` and `/comments/{id}`

use serde_json::{Value, json};

use super::check_timestamp;
use crate::driver::shared;

#[test]
fn a_comment_has_its_members() {
    let app = shared();
    let (owner, assignee) = (app.person(), app.person());
    let task = app.task(&owner, app.project(&owner), &json!({ "assignee_id": assignee.id }));
    let path = format!("/tasks/{task}/comments");
    let comment = app.post(&path, &json!({ "body": "Done?" })).by(&assignee).created();
    let mut keys: Vec<_> = comment.as_object().unwrap().keys().map(String::as_str).collect();
    keys.sort_unstable();
    assert_eq!(keys, ["author_id", "body", "created_at", "id", "task_id"]);
    assert_eq!((&comment["body"], &comment["task_id"]), (&json!("Done?"), &json!(task)));
    assert_eq!(comment["author_id"], assignee.id);
    check_timestamp(&comment["created_at"]);
    assert_eq!(app.walk(&owner, &path), [comment]);
}

#[test]
fn faults_of_creation() {
    let app = shared();
    let owner = app.person();
    let path = format!("/tasks/{}/comments", app.task(&owner, app.project(&owner), &json!({})));
    let check = |body: &Value, fields: &[&str]| app.post(&path, body).by(&owner).faulty(fields);
    check(&json!({}), &["body"]);
    check(&json!({ "body": "" }), &["body"]);
    check(&json!({ "body": null }), &["body"]);
    check(&json!({ "body": "b".repeat(10_001) }), &["body"]);
    check(&json!({ "body": "\u{0}" }), &["body"]);
    check(&json!({ "body": "b", "author_id": owner.id }), &["author_id"]);
    check(&json!({ "body": "b", "task_id": 1 }), &["task_id"]);
    check(&json!({ "body": "b", "updated_at": "x" }), &["updated_at"]);
    check(&json!({ "body": 1, "id": 1, "created_at": 1, "text": 1 }), &["body", "id", "created_at", "text"]);
    assert_eq!(app.walk(&owner, &path).len(), 0, "a refused comment was made");
    for body in ["b".to_owned(), "😀".repeat(10_000), "null".to_owned(), " ".to_owned()] {
        assert_eq!(app.post(&path, &json!({ "body": body })).by(&owner).created()["body"], body.as_str());
    }
}

#[test]
fn a_comment_can_only_be_deleted() {
    let app = shared();
    let owner = app.person();
    let task = app.task(&owner, app.project(&owner), &json!({}));
    let path = format!("/comments/{}", app.comment(&owner, task));
    for method in ["GET", "PATCH", "PUT", "POST"] {
        let call = app.api(method, &path).by(&owner);
        let call = if method == "GET" { call } else { call.json(&json!({ "body": "changed" })) };
        let reply = call.send();
        reply.problem(405);
        assert!(reply.header("allow").unwrap().contains("DELETE"), "{reply}");
    }
    app.delete(&path).by(&owner).done();
    app.delete(&path).by(&owner).refused(404);
}
