//! The same laws for every resource: ids that are none, and paths whose parent is not there.

use serde_json::json;

use crate::driver::shared;

/// What is no positive 64-bit integer, percent-encoded.
const NO_IDS: [&str; 14] = [
    "0",
    "-1",
    "+1",
    "1.0",
    "1e0",
    "0x1",
    "abc",
    "null",
    "9223372036854775808",
    "99999999999999999999",
    "%20",
    "1%20",
    "%00",
    "%EF%BC%91",
];

#[test]
fn what_is_no_id_is_not_found() {
    let app = shared();
    let admin = app.admin();
    let body = json!({ "title": "t", "body": "b", "name": "n" });
    for id in NO_IDS {
        for (method, path) in [
            ("GET", format!("/projects/{id}")),
            ("DELETE", format!("/projects/{id}")),
            ("GET", format!("/projects/{id}/tasks")),
            ("GET", format!("/tasks/{id}")),
            ("DELETE", format!("/tasks/{id}")),
            ("GET", format!("/tasks/{id}/comments")),
            ("DELETE", format!("/comments/{id}")),
            ("GET", format!("/users/{id}")),
            ("DELETE", format!("/auth/sessions/{id}")),
        ] {
            app.api(method, &path).by(admin).refused(404);
        }
        app.patch(&format!("/tasks/{id}"), &json!({ "title": body["title"] })).by(admin).refused(404);
        app.post(&format!("/projects/{id}/tasks"), &json!({ "title": body["title"] })).by(admin).refused(404);
        app.post(&format!("/tasks/{id}/comments"), &json!({ "body": body["body"] })).by(admin).refused(404);
    }
}

#[test]
fn what_is_not_there_is_not_found() {
    let app = shared();
    let (admin, person) = (app.admin(), app.person());
    for id in [i64::MAX, 999_999_999_999] {
        for caller in [admin, &person] {
            for (method, path) in [
                ("GET", format!("/projects/{id}")),
                ("DELETE", format!("/projects/{id}")),
                ("GET", format!("/projects/{id}/tasks")),
                ("GET", format!("/tasks/{id}")),
                ("DELETE", format!("/tasks/{id}")),
                ("GET", format!("/tasks/{id}/comments")),
                ("DELETE", format!("/comments/{id}")),
                ("DELETE", format!("/auth/sessions/{id}")),
            ] {
                let problem = app.api(method, &path).by(caller).refused(404);
                assert!(problem["detail"].as_str().unwrap().len() > 5, "{problem}");
            }
            app.patch(&format!("/projects/{id}"), &json!({ "name": "n" })).by(caller).refused(404);
            app.patch(&format!("/tasks/{id}"), &json!({ "title": "t" })).by(caller).refused(404);
            app.post(&format!("/projects/{id}/tasks"), &json!({ "title": "t" })).by(caller).refused(404);
            app.post(&format!("/tasks/{id}/comments"), &json!({ "body": "b" })).by(caller).refused(404);
        }
    }
    assert_eq!(app.get("/tasks/99999999").by(admin).refused(404)["detail"], "task 99999999 does not exist");
}
