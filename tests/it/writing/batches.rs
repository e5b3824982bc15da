//! `POST /batch`: many operations in one transaction, all or nothing.

use serde_json::{Value, json};

use crate::driver::{Person, Reply, Settings, TestApp, shared};

/// Sends a batch.
fn send(app: &TestApp, who: &Person, operations: &Value) -> Reply {
    app.post("/batch", &json!({ "operations": operations })).by(who).send()
}

/// What came of each.
#[track_caller]
fn results(app: &TestApp, who: &Person, operations: &Value) -> Vec<Value> {
    let body = send(app, who, operations).expect(200).json();
    let results = body["results"].as_array().unwrap();
    assert_eq!(results.len(), operations.as_array().unwrap().len());
    results.clone()
}

fn operation(method: &str, path: &str, body: &Value) -> Value {
    let mut operation = json!({ "method": method, "path": path });
    if !body.is_null() {
        operation["body"] = body.clone();
    }
    operation
}

fn count(app: &TestApp, who: &Person) -> usize {
    app.walk(who, "/projects?limit=100").len()
}

#[test]
fn operations_stand_on_what_earlier_ones_answer() {
    let app = shared();
    let person = app.person();
    let results = results(
        app,
        &person,
        &json!([
            operation("POST", "/projects", &json!({ "name": "Apollo", "description": "$$0.name" })),
            operation("POST", "/projects/$0.id/tasks", &json!({ "title": "$0.name", "assignee_id": "$0.owner_id" })),
            operation("POST", "/api/v1/projects/$1.project_id/tasks", &json!({ "title": "costs $5.00" })),
            operation("PATCH", "/tasks/$1.id", &json!({ "status": "done" })),
            operation("GET", "/tasks/$1.id", &Value::Null),
            operation("POST", "/tasks/$3.id/comments", &json!({ "body": "$3.status" })),
            operation("DELETE", "/tasks/$2.id", &Value::Null),
            operation("GET", "/projects/$0.id", &Value::Null),
            operation("GET", "/users/me", &Value::Null),
            operation("PATCH", "/users/me", &json!({ "display_name": "$8.email" })),
        ]),
    );
    let statuses: Vec<_> = results.iter().map(|result| result["status"].as_i64().unwrap()).collect();
    assert_eq!(statuses, [201, 201, 201, 200, 200, 201, 204, 200, 200, 200]);
    let body = |place: usize| &results[place]["body"];
    assert_eq!((&body(0)["description"], &body(1)["title"]), (&json!("$0.name"), &json!("Apollo")));
    assert_eq!((&body(1)["assignee_id"], &body(1)["project_id"]), (&json!(person.id), &body(0)["id"]));
    assert_eq!(
        (&body(4)["status"], &body(5)["body"]),
        (&json!("done"), &json!("done")),
        "it reads what was written before"
    );
    assert_eq!((body(6), &results[6]["etag"]), (&Value::Null, &Value::Null));
    assert_eq!(body(9)["display_name"], person.email);
    // Each answers what its route would, with the version that it has then.
    for (place, path) in [(0, format!("/projects/{}", body(0)["id"])), (3, format!("/tasks/{}", body(1)["id"]))] {
        let reply = app.get(&path).by(&person).send().expect(200);
        assert_eq!((reply.header("etag"), &reply.json()), (results[place]["etag"].as_str(), body(place)));
    }
    app.get(&format!("/tasks/{}", body(2)["id"])).by(&person).refused(404);
}

#[test]
fn one_that_fails_undoes_all() {
    let app = shared();
    let (person, other) = (app.person(), app.person());
    let mut socket = app.socket(&person);
    let project = app.project(&person);
    let foreign = format!("/projects/{}", app.project(&other));
    let tag = app.get(&format!("/projects/{project}")).by(&person).send().header("etag").unwrap().to_owned();
    let begin = json!([
        operation("POST", "/projects", &json!({ "name": "gone" })),
        operation("POST", &format!("/projects/{project}/tasks"), &json!({ "title": "gone", "assignee_id": person.id })),
        operation("PATCH", &format!("/projects/{project}"), &json!({ "name": "gone" })),
    ]);
    let stale = json!({ "method": "DELETE", "path": format!("/projects/{project}"), "if_match": tag });
    for (last, status) in [
        (operation("PATCH", &foreign, &json!({})), 403),
        (operation("GET", &foreign, &Value::Null), 403),
        (operation("GET", "/tasks/999999", &Value::Null), 404),
        (operation("POST", "/projects/999999/tasks", &json!({ "title": "t" })), 404),
        (operation("POST", "/projects", &json!({ "name": "" })), 422),
        (operation("POST", "/projects", &json!({ "name": "a", "colour": 1 })), 422),
        // The row is another one since the operation before.
        (stale, 412),
    ] {
        let mut operations = begin.clone();
        operations.as_array_mut().unwrap().push(last.clone());
        let reply = send(app, &person, &operations);
        let problem = reply.problem(status);
        assert_eq!(problem["operation"], 3, "{last}: {reply}");
        // It is the problem that it would be alone.
        if status == 422 {
            let alone = app.post("/projects", &last["body"]).by(&person).refused(422);
            assert_eq!((&problem["errors"], &problem["detail"]), (&alone["errors"], &alone["detail"]));
        }
    }
    assert_eq!(count(app, &person), 1);
    assert_eq!(app.get(&format!("/projects/{project}/tasks")).by(&person).ok()["items"], json!([]));
    assert_eq!(app.get(&format!("/projects/{project}")).by(&person).send().header("etag"), Some(tag.as_str()));
    // Nobody was told of what was undone: the first message is of what was done.
    let task = app.task(&person, project, &json!({ "assignee_id": person.id }));
    assert_eq!(socket.message()["data"]["task_id"], task);
}

#[test]
fn the_shape_is_looked_at_before_anything_is_done() {
    let app = shared();
    let person = app.person();
    let create = operation("POST", "/projects", &json!({ "name": "a" }));
    check_faults(&person, &json!([]), &["operations"]);
    check_faults(&person, &json!({}), &["operations"]);
    check_faults(&person, &Value::Array(vec![create.clone(); 101]), &["operations"]);
    app.post("/batch", &json!({})).by(&person).faulty(&["operations"]);
    app.post("/batch", &json!({ "operations": [create], "atomic": true })).by(&person).faulty(&["atomic"]);
    check_faults(&person, &json!([1, create, "x"]), &["operations[0]", "operations[2]"]);
    let duplicate = r#"{"operations":[{"method":"POST","method":"GET","path":"/projects","body":{"name":"a"}}]}"#;
    app.api("POST", "/batch").by(&person).body("application/json", duplicate).faulty(&["operations[0].method"]);
    let inside = r#"{"operations":[{"method":"POST","path":"/projects","body":{"name":"a","name":"b"}}]}"#;
    let reply = app.api("POST", "/batch").by(&person).body("application/json", inside).send();
    assert_eq!((reply.problem(422)["operation"].as_i64(), reply.faults()), (Some(0), ["name".to_owned()].into()));
    app.post("/batch", &json!({ "operations": [create] })).refused(401);
    app.get("/batch").by(&person).refused(405);
    assert_eq!(count(app, &person), 0);
}

/// Has a batch refused for these faults of its shape, and the first operation named that has one.
#[track_caller]
fn check_faults(person: &Person, operations: &Value, fields: &[&str]) {
    let reply = send(shared(), person, operations);
    let problem = reply.problem(422);
    assert_eq!(reply.faults(), fields.iter().map(ToString::to_string).collect(), "{reply}");
    let first = fields.first().and_then(|field| field.strip_prefix("operations[")?.split(']').next()?.parse().ok());
    assert_eq!(problem["operation"], json!(first.map(|first: usize| first)), "{reply}");
}

#[test]
fn every_fault_of_the_shape_is_told() {
    let person = shared().person();
    let create = operation("POST", "/projects", &json!({ "name": "a" }));
    check_faults(
        &person,
        &json!([
            create,
            { "method": "PUT", "path": 1, "verb": "x", "if_match": 7 },
            { "path": "/bogus", "method": "GET" },
            operation("GET", "/projects", &Value::Null),
            operation("POST", "/auth/logout", &Value::Null),
            operation("POST", "/batch", &json!({})),
            operation("GET", "/projects/1/stats", &Value::Null),
            operation("GET", "/projects/01", &Value::Null),
            operation("GET", "/projects/1?expand=owner", &Value::Null),
            operation("DELETE", "/projects/1", &json!({})),
            operation("POST", "/projects", &Value::Null),
            operation("PATCH", "/projects/1", &json!([])),
            { "method": "POST", "path": "/projects", "body": {}, "if_match": "*" },
            { "method": "DELETE", "path": "/projects/1", "if_match": "x" },
            operation("POST", "projects", &json!({})),
            operation("PATCH", "/projects", &json!({})),
            { "method": "PUT", "path": "zz" },
            { "path": "/bogus" },
        ]),
        &[
            "operations[1].method",
            "operations[1].path",
            "operations[1].verb",
            "operations[1].if_match",
            "operations[2].path",
            "operations[3].path",
            "operations[4].path",
            "operations[5].path",
            "operations[6].path",
            "operations[7].path",
            "operations[8].path",
            "operations[9].body",
            "operations[10].body",
            "operations[11].body",
            "operations[12].if_match",
            "operations[13].if_match",
            "operations[14].path",
            "operations[15].path",
            "operations[16].method",
            "operations[16].path",
            "operations[17].method",
            "operations[17].path",
        ],
    );
    assert_eq!(count(shared(), &person), 0);
}

#[test]
fn what_stands_for_nothing_is_told() {
    let person = shared().person();
    let create = operation("POST", "/projects", &json!({ "name": "a" }));
    check_faults(
        &person,
        &json!([
            operation("PATCH", "/projects/$0.id", &json!({ "name": "$1.name", "description": "$9.id" })),
            create,
            operation("DELETE", "/projects/$1.id", &Value::Null),
            operation("POST", "/projects/$1.name/tasks", &json!({ "title": "$2.title", "status": ["$1.colour"] })),
            operation("POST", "/projects/$2.id/tasks", &json!({ "title": "$1.name", "x": { "y": ["$7.z", "$1.id"] } })),
        ]),
        &[
            "operations[0].path",
            "operations[0].body.name",
            "operations[0].body.description",
            "operations[3].path",
            "operations[3].body.title",
            "operations[3].body.status[0]",
            "operations[4].path",
            "operations[4].body.x.y[0]",
        ],
    );
    assert_eq!(count(shared(), &person), 0);
}

#[test]
fn what_is_filled_in_counts_as_if_it_had_been_sent() {
    let person = shared().person();
    let text = "\u{1F600}".repeat(9_000);
    let project =
        shared().post("/projects", &json!({ "name": "a", "description": text })).by(&person).send().expect(201).json();
    let project = &project["id"];
    let read = operation("GET", &format!("/projects/{project}"), &Value::Null);
    let create = |body: &Value| json!([read, operation("POST", "/projects", body)]);
    // Once it fits into what a body may have, twice it would not.
    let once = results(shared(), &person, &create(&json!({ "name": "b", "description": "$0.description" })));
    assert_eq!(once[1]["body"]["description"], json!(text));
    for refers in [json!(["$0.description", "$0.description"]), json!(vec!["$0.description"; 3_000])] {
        let reply = send(shared(), &person, &create(&json!({ "name": "c", "description": refers })));
        assert_eq!(reply.problem(413)["operation"], json!(1), "{reply}");
    }
    // Thousands of short ones are looked up in one reading of the row.
    let short = create(&json!({ "name": "d", "description": vec!["$0.id"; 7_000] }));
    assert_eq!(send(shared(), &person, &short).problem(422)["operation"], json!(1));
    assert_eq!(count(shared(), &person), 2);
}

#[test]
fn what_was_answered_as_null_names_no_row() {
    let person = shared().person();
    let operations = json!([
        operation("POST", "/projects", &json!({ "name": "a" })),
        operation("POST", "/projects/$0.id/tasks", &json!({ "title": "b" })),
        operation("GET", "/users/$1.assignee_id", &Value::Null),
    ]);
    let reply = send(shared(), &person, &operations);
    let problem = reply.problem(422);
    assert_eq!(problem["operation"], json!(2));
    assert!(problem["errors"][0]["message"].as_str().unwrap().contains("null"), "{reply}");
}

#[test]
fn rows_alike_are_created_together_or_not_at_all() {
    let app = shared();
    let person = app.person();
    let task =
        |title: &str| operation("POST", "/projects/$0.id/tasks", &json!({ "title": title, "assignee_id": person.id }));
    let begin = operation("POST", "/projects", &json!({ "name": "a" }));
    let tasks = (0..99).map(|number| task(&format!("task {number}")));
    let mut operations: Vec<_> = std::iter::once(begin).chain(tasks).collect();
    let results = results(app, &person, &json!(operations));
    let ids: Vec<_> = results[1..].iter().map(|result| result["body"]["id"].as_i64().unwrap()).collect();
    assert!(ids.is_sorted(), "in their order");
    for (number, result) in results[1..].iter().enumerate() {
        assert_eq!(result["body"]["title"], format!("task {number}"));
        assert_eq!(result["body"]["project_id"], results[0]["body"]["id"]);
    }
    let project = results[0]["body"]["id"].as_i64().unwrap();
    let stats = app.get(&format!("/projects/{project}/stats")).by(&person).ok();
    assert_eq!(stats["tasks"]["todo"], 99, "what is kept of them is kept");
    assert_eq!(app.walk(&person, "/notifications?limit=100").len(), 99, "each is told of");
    // Of many that are alike it is said which one it is.
    for place in [1, 57, 99] {
        let sound = std::mem::replace(&mut operations[place], task(""));
        assert_eq!(send(app, &person, &json!(operations)).problem(422)["operation"], place);
        operations[place] =
            operation("POST", "/projects/$0.id/tasks", &json!({ "title": "t", "assignee_id": 999_999 }));
        let reply = send(app, &person, &json!(operations));
        assert_eq!(
            (&reply.problem(422)["operation"], reply.faults()),
            (&json!(place), ["assignee_id".to_owned()].into())
        );
        operations[place] = sound;
    }
    assert_eq!(count(app, &person), 1);
}

#[test]
fn texts_that_are_written_together_are_those_that_were_sent() {
    let app = shared();
    let person = app.person();
    let texts =
        ["NULL", "{}", "{\"a\",\"b\"}", "\"", "\\", "a\\b", "\\\"", "a,b", "'", "$1", " ", "\n\t", "é😀", "\u{1}"];
    for text in texts {
        let description = format!("{text}{text}");
        // Each alone with itself: rows that could not be written together are written one by one.
        let creation = operation("POST", "/projects", &json!({ "name": text, "description": description }));
        for result in results(app, &person, &json!([creation, creation])) {
            let there = app.get(&format!("/projects/{}", result["body"]["id"])).by(&person).ok();
            assert_eq!((&there["name"], &there["description"]), (&json!(text), &json!(description)));
            assert_eq!(there, result["body"]);
        }
    }
}

#[test]
fn a_batch_is_one_request() {
    let app = shared();
    let person = app.person();
    let operations = json!([
        operation("POST", "/projects", &json!({ "name": "a" })),
        operation("GET", "/projects/$0.id", &Value::Null)
    ]);
    let keyed = || {
        let call = app.post("/batch", &json!({ "operations": operations })).by(&person);
        call.header("idempotency-key", "batch").send()
    };
    let (first, again) = (keyed().expect(200), keyed().expect(200));
    assert_eq!((again.header("idempotency-replayed"), again.text()), (Some("true"), first.text()));
    assert_eq!(count(app, &person), 1);
    let failing = json!({ "operations": [operations[0], operation("DELETE", "/projects/999999", &Value::Null)] });
    let failed = || app.post("/batch", &failing).by(&person).header("idempotency-key", "failing").send();
    let (first, again) = (failed(), failed());
    assert_eq!(
        (first.problem(404)["operation"].as_i64(), again.problem(404)["operation"].as_i64()),
        (Some(1), Some(1))
    );
    assert_eq!((first.header("idempotency-replayed"), again.header("idempotency-replayed")), (None, Some("true")));
    assert_eq!(count(app, &person), 1, "what failed is undone, and its answer kept");
    let limited = Settings::new().set("RATE_LIMIT_REQUESTS", "20").start();
    let person = limited.person();
    let left = |reply: &Reply| reply.header("ratelimit-remaining").unwrap().parse::<i64>().unwrap();
    let before = left(&limited.get("/users/me").by(&person).send());
    assert_eq!(left(&send(&limited, &person, &operations).expect(200)), before - 1);
    let small = Settings::new().set("MAX_BODY_BYTES", "1024").start();
    let person = small.person();
    let long = json!([operation("POST", "/projects", &json!({ "name": "a", "description": "x".repeat(2000) }))]);
    send(&small, &person, &long).problem(413);
}

#[test]
fn what_holds_of_all_is_asked_of_all() {
    let app = Settings::new().start();
    let (one, other) = (app.new_admin(), app.person());
    let role =
        |person: &Person, role: &str| operation("PATCH", &format!("/users/{}", person.id), &json!({ "role": role }));
    // The last administrator may go where another one comes.
    let reply = send(&app, &one, &json!([role(&other, "user"), role(&one, "user"), role(&other, "user")]));
    assert_eq!(reply.problem(409)["operation"], 1, "{reply}");
    let made = results(&app, &one, &json!([role(&one, "user"), role(&other, "admin")]));
    assert_eq!(made[1]["body"]["role"], "admin");
    send(&app, &one, &json!([role(&other, "user")])).problem(403);
    // Who is disabled by one of them is out by the next request, and not before.
    let disable = operation("PATCH", &format!("/users/{}", other.id), &json!({ "is_active": false }));
    assert_eq!(send(&app, &other, &json!([role(&one, "admin"), disable])).status, 200);
    app.get("/users/me").by(&other).refused(401);
}
