//! The forms of a list, and which one is answered.

use serde_json::{Value, json};

use crate::driver::{CSV, NDJSON, Person, TestApp, exchange, request_head, shared};

/// A project with tasks of every kind, and somebody who may see it.
fn board(app: &TestApp) -> (Person, String) {
    let (owner, other) = (app.person(), app.person());
    let path = format!("/projects/{}/tasks", app.project(&owner));
    for index in 0..130 {
        let title = ["Zebra", "apple, \"ripe\"", "two\r\nlines", "é😀", "=1+1", " x"][index % 6];
        let mut body = json!({ "title": format!("{title}"), "description": "d".repeat(index % 7) });
        body["status"] = json!(["done", "todo", "in_progress"][index % 3]);
        body["priority"] = json!(["high", "low", "medium"][index / 3 % 3]);
        if index % 4 == 0 {
            body["assignee_id"] = json!(other.id);
        }
        app.post(&path, &body).by(&owner).created();
    }
    (owner, path)
}

#[test]
fn every_form_has_the_rows_of_the_pages() {
    let app = shared();
    let (owner, path) = board(app);
    for query in [
        "",
        "?sort=-id",
        "?sort=title,-priority",
        "?sort=-status,created_at",
        "?status=done&priority[in]=low,high",
        "?assignee_id[null]=true&sort=-updated_at",
        "?title[contains]=A",
        "?q=apple",
        "?q=apple&sort=-relevance",
        "?q=%23&sort=-relevance,title",
        "?expand=assignee,project.owner",
        "?status=todo&status[ne]=todo",
    ] {
        let path = format!("{path}{query}");
        let rows = app.walk(&owner, &path);
        assert_eq!(app.ndjson(&owner, &path), rows, "{path}");
        let table = app.csv(&owner, &path);
        table.check(&rows);
        assert_eq!(table.columns[0], "id");
    }
    let plain = app.csv(&owner, &format!("{path}?status=todo&status[ne]=todo"));
    let columns =
        ["id", "title", "description", "status", "priority", "project_id", "assignee_id", "created_at", "updated_at"];
    assert_eq!((plain.columns.iter().map(String::as_str).collect::<Vec<_>>(), plain.rows.len()), (columns.into(), 0));
    let beside = app.csv(&owner, &format!("{path}?expand=assignee"));
    assert_eq!(beside.columns[6..8], ["assignee_id", "assignee"]);
    for (cell, row) in beside.column("assignee").iter().zip(app.walk(&owner, &format!("{path}?expand=assignee"))) {
        let shown = if cell.is_empty() { Value::Null } else { serde_json::from_str(cell).unwrap() };
        assert_eq!(shown, row["assignee"]);
    }
}

#[test]
fn every_other_list_has_them_as_well() {
    let app = shared();
    let (person, other) = (app.person(), app.person());
    let project = app.project(&other);
    for _ in 0..3 {
        app.login(&person.email, &person.password);
        app.task(&other, project, &json!({ "assignee_id": person.id }));
    }
    for path in ["/auth/sessions", "/notifications"] {
        for sort in ["", "?sort=-id"] {
            let path = format!("{path}{sort}");
            let rows = app.walk(&person, &path);
            assert!(rows.len() >= 3, "{path}: {rows:?}");
            assert_eq!(app.ndjson(&person, &path), rows, "{path}");
            app.csv(&person, &path).check(&rows);
        }
    }
    let admin = app.admin();
    let rows = app.walk(admin, "/users?email[contains]=person1");
    assert_eq!(app.ndjson(admin, "/users?email[contains]=person1"), rows);
    let comments = format!("/tasks/{}/comments", app.task(&other, project, &json!({})));
    assert_eq!(app.ndjson(&other, &comments), [] as [Value; 0]);
    assert_eq!(app.csv(&other, &comments).columns, ["id", "body", "task_id", "author_id", "created_at"]);
}

#[test]
fn what_a_spreadsheet_would_run_is_defused_in_tables_alone() {
    let app = shared();
    let owner = app.person();
    let project = app.project(&owner);
    let titles = ["=1+1", "+1", "-1", "@SUM(A1:A9)", "\t=1", "\r=1", "=cmd|' /c calc'!A1,\"x\"", "'=1", "1-1"];
    for title in titles {
        app.task(&owner, project, &json!({ "title": title }));
    }
    let path = format!("/projects/{project}/tasks");
    let shown: Vec<_> = app.ndjson(&owner, &path).iter().map(|row| row["title"].as_str().unwrap().to_owned()).collect();
    assert_eq!(shown, titles);
    let expected = titles
        .iter()
        .map(|title| if title.starts_with(['\'', '1']) { (*title).to_owned() } else { format!("'{title}") });
    assert_eq!(app.csv(&owner, &path).column("title"), expected.collect::<Vec<_>>());
}

#[test]
fn the_form_is_the_one_that_is_wanted_most() {
    let app = shared();
    let owner = app.person();
    let path = format!("/projects/{}/tasks", app.project(&owner));
    let check = |accept: &str, expected: &str| {
        let reply = app.get(&path).by(&owner).header("accept", accept).send().expect(200);
        assert_eq!(reply.header("content-type"), Some(expected), "{accept}");
        assert_eq!(reply.header("vary"), Some("accept, origin"), "{accept}");
        assert_eq!(reply.header("content-disposition").is_some(), expected != "application/json", "{accept}");
    };
    let csv = "text/csv; charset=utf-8; header=present";
    check("*/*", "application/json");
    check("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "application/json");
    check("image/png", "application/json");
    check("text/csv, application/json", "application/json");
    check("text/csv, application/json;q=0.9", csv);
    check("text/csv, */*;q=0.1", csv);
    check("application/x-ndjson, application/json;q=0.5", NDJSON);
    let reply = app.get(&path).by(&owner).header("accept", CSV).send();
    assert_eq!(reply.header("content-disposition"), Some("attachment; filename=\"tasks.csv\""));
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    // Of what is no list there is one form.
    let project = app.project(&owner);
    app.get(&format!("/projects/{project}")).by(&owner).header("accept", CSV).ok();
}

#[test]
fn what_is_wrong_is_told_as_it_is_of_a_page() {
    let app = shared();
    let (owner, other) = (app.person(), app.person());
    let project = app.project(&owner);
    let path = format!("/projects/{project}/tasks");
    for accept in [CSV, NDJSON] {
        let ask = |path: &str| app.get(path).by(&owner).header("accept", accept);
        ask(&format!("{path}?limit=5&cursor=x&colour=red&status=lost&count=true"))
            .faulty(&["limit", "cursor", "colour", "status", "count"]);
        ask("/notifications?limit=5&sort=name").faulty(&["limit", "sort"]);
        ask("/projects/987654321/tasks").refused(404);
        ask("/projects/x/tasks").refused(404);
        ask("/users").refused(403);
        app.get(&path).by(&other).header("accept", accept).refused(403);
        app.get(&path).header("accept", accept).refused(401);
        app.post(&path, &json!({ "title": "t" })).by(&owner).header("accept", accept).created();
    }
    let reply = app.get(&path).header("accept", CSV).send();
    assert_eq!(reply.header("vary"), Some("accept, origin"));
}

#[test]
fn head_answers_the_headers_alone() {
    let app = shared();
    let (owner, other) = (app.person(), app.person());
    let project = app.project(&owner);
    app.task(&owner, project, &json!({}));
    let path = format!("/projects/{project}/tasks");
    let head = |person: &Person, path: &str| app.api("HEAD", path).by(person).header("accept", CSV).send();
    let reply = head(&owner, &path).expect(200);
    assert_eq!(reply.header("content-type"), Some("text/csv; charset=utf-8; header=present"));
    assert_eq!(reply.header("content-disposition"), Some("attachment; filename=\"tasks.csv\""));
    assert_eq!(reply.header("content-length"), None, "{reply}");
    assert!(reply.body.is_empty());
    head(&other, &path).expect(403);
    head(&owner, &format!("{path}?limit=1")).expect(422);
    head(&owner, "/projects/987654321/tasks").expect(404);
}

#[test]
fn a_body_that_could_end_unnoticed_is_not_sent() {
    let app = shared();
    let owner = app.person();
    let token = format!("Bearer {}", owner.pair.access);
    let headers = |accept| [("authorization", token.clone()), ("accept", accept)];
    for (accept, status) in [("text/csv", 426), ("application/json", 200)] {
        let headers = headers(accept.to_owned());
        let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let head = request_head("GET", "/api/v1/projects", &headers).replace("HTTP/1.1", "HTTP/1.0");
        let reply = exchange(app, head.as_bytes());
        assert_eq!(reply.status, status, "{reply:?}");
        if status == 426 {
            reply.expect_problem(426);
            assert_eq!(reply.header("upgrade"), Some("HTTP/1.1"));
        }
    }
}
