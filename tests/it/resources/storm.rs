//! Every odd value in every field of every route: refused or taken, never a fault of the server's.

use serde_json::{Value, json};

use super::JSON;
use crate::driver::shared;

/// JSON texts that have broken servers.
const ODD: &[&str] = &[
    "null",
    "true",
    "false",
    "0",
    "-0",
    "-0.0",
    "-1",
    "1",
    "1.0",
    "1e0",
    "1E+2",
    "1e400",
    "-1e400",
    "1e-400",
    "0.1",
    "9223372036854775807",
    "9223372036854775808",
    "-9223372036854775808",
    "-9223372036854775809",
    "18446744073709551616",
    "\"\"",
    "\" \"",
    "\"null\"",
    "\"{}\"",
    "\"[1]\"",
    "\"\\u0000\"",
    "\"a\\u0000b\"",
    "\"\\ud83d\\ude00\"",
    "\"\\u007f\"",
    "\"\\u2028\"",
    "\"'\"",
    "\"\\\\\"",
    "\"%\"",
    "\"--\"",
    "\"$1\"",
    "\"a@b.c\"",
    "\"1\"",
    "\"2026-02-30T25:00:00Z\"",
    "[]",
    "[null]",
    "[[[[[]]]]]",
    "{}",
    "{\"a\":{\"a\":{\"a\":null}}}",
    "{\"$ne\":1}",
    "[\"todo\",\"done\"]",
    "{\"id\":1}",
];

const STATUSES: [u16; 6] = [200, 201, 401, 403, 409, 422];

#[test]
fn odd_values_never_break_the_server() {
    let app = shared();
    let owner = app.person();
    let project = app.project(&owner);
    let task = app.task(&owner, project, &json!({}));
    let routes: [(&str, String, Value, &[&str]); 9] = [
        ("POST", "/projects".into(), json!({ "name": "n" }), &["name", "description", "status", "id"]),
        ("PATCH", format!("/projects/{project}"), json!({}), &["name", "description", "status", "owner_id"]),
        ("POST", format!("/projects/{project}/tasks"), json!({ "title": "t" }), &["title", "priority", "assignee_id"]),
        ("PATCH", format!("/tasks/{task}"), json!({}), &["title", "status", "assignee_id", "project_id"]),
        ("POST", format!("/tasks/{task}/comments"), json!({ "body": "b" }), &["body", "author_id", "task_id"]),
        ("PATCH", "/users/me".into(), json!({}), &["display_name", "role", "is_active", "password"]),
        ("POST", "/auth/register".into(), json!({ "password": "long enough" }), &["email", "display_name"]),
        ("POST", "/auth/login".into(), json!({ "email": owner.email }), &["password"]),
        ("POST", "/auth/refresh".into(), json!({}), &["refresh_token"]),
    ];
    for (method, path, body, fields) in &routes {
        for (field, value) in fields.iter().flat_map(|field| ODD.iter().map(move |value| (field, value))) {
            let mut members: Vec<_> = body.as_object().unwrap().iter().filter(|(key, _)| key != field).collect();
            members.sort_unstable_by_key(|(key, _)| *key);
            let others = members.iter().map(|(key, value)| format!("{}:{value}", json!(key)));
            let all: Vec<_> = std::iter::once(format!("\"{field}\":{value}")).chain(others).collect();
            let text = format!("{{{}}}", all.join(","));
            let reply = app.api(method, path).body(JSON, text.clone()).by(&owner).send();
            // Whoever is wrong for the fifth time has to wait.
            let has_to_wait = path == "/auth/login" && reply.status == 429;
            assert!(has_to_wait || STATUSES.contains(&reply.status), "{text}: {reply}");
            if reply.status >= 400 {
                reply.problem(reply.status);
            }
        }
    }
}

#[test]
fn odd_values_in_queries_never_break_the_server() {
    let app = shared();
    let owner = app.person();
    let project = app.project(&owner);
    app.task(&owner, project, &json!({}));
    let names =
        ["limit", "cursor", "sort", "q", "title", "status", "assignee_id", "created_at", "priority[in]", "bogus"];
    let operators = ["", "[gte]", "[in]", "[ne]", "[contains]", "[null]", "[", "[]", "]", "[[in]]", "[in", "[gte][lt]"];
    let values = [
        "",
        "null",
        "%00",
        "%27",
        "%22",
        "%5C",
        "%25",
        "_",
        "*",
        "0",
        "-1",
        "1e9",
        "%F0%9F%98%80",
        "%ff",
        "%",
        ",",
        ",,",
    ];
    for name in names {
        for operator in operators {
            for value in values {
                let path = format!("/projects/{project}/tasks?{name}{operator}={value}");
                let reply = app.get(&path).by(&owner).send();
                assert!([200, 400, 422].contains(&reply.status), "{reply}");
            }
        }
    }
}
