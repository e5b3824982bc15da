//! Preconditions (RFC 9110, section 13): every row has a version, and is changed in the one that its reader knows.

use std::thread;

use serde_json::json;

use crate::driver::{Person, Reply, Settings, TestApp, server_only, shared, unique_email};

/// The tag of an answer.
#[track_caller]
fn tag(reply: &Reply) -> String {
    let tag = reply.header("etag").unwrap_or_else(|| panic!("no ETag: {reply}"));
    assert!(tag.starts_with('"') && tag.ends_with('"') && tag.len() > 10, "{tag}");
    tag.to_owned()
}

fn read(app: &TestApp, person: &Person, path: &str) -> (String, String) {
    let reply = app.get(path).by(person).send().expect(200);
    (tag(&reply), reply.text())
}

#[test]
fn what_a_change_answers_has_the_version_that_is_read_afterwards() {
    let app = shared();
    let person = app.person();
    let created = app.post("/projects", &json!({ "name": "Apollo" })).by(&person).send().expect(201);
    let path = format!("/projects/{}", created.json()["id"]);
    assert_eq!(created.header("location"), Some(format!("/api/v1{path}").as_str()));
    assert_eq!((tag(&created), created.text()), read(app, &person, &path));
    let changed = app.patch(&path, &json!({ "name": "Gemini" })).by(&person).send().expect(200);
    assert_ne!(tag(&changed), tag(&created));
    assert_eq!((tag(&changed), changed.text()), read(app, &person, &path));
    let same = app.patch(&path, &json!({})).by(&person).send().expect(200);
    assert_eq!(tag(&same), tag(&changed), "nothing has changed");
    let own = app.patch("/users/me", &json!({ "display_name": "Ada" })).by(&person).send().expect(200);
    assert_eq!((tag(&own), own.text()), read(app, &person, "/users/me"));
    let account = json!({ "email": unique_email(), "password": "long enough" });
    let registered = app.post("/auth/register", &account).send().expect(201);
    let (id, admin) = (registered.json()["id"].clone(), app.admin());
    assert_eq!(tag(&registered), read(app, admin, &format!("/users/{id}")).0);
    for list in ["/projects", "/users", "/auth/sessions"] {
        assert_eq!(app.get(list).by(admin).send().expect(200).header("etag"), None, "{list}");
    }
}

#[test]
fn whoever_has_a_row_is_not_sent_it_again() {
    let app = shared();
    let person = app.person();
    let path = format!("/tasks/{}", app.task(&person, app.project(&person), &json!({})));
    let (tag, text) = read(app, &person, &path);
    for (if_none_match, status) in [
        (vec![tag.clone()], 304),
        (vec![format!("W/{tag}")], 304),
        (vec![format!("\"x\", {tag}")], 304),
        (vec!["\"x\"".to_owned(), tag.clone()], 304),
        (vec!["*".to_owned()], 304),
        (vec!["\"x\"".to_owned()], 200),
        (vec![tag.trim_matches('"').to_owned()], 200),
    ] {
        for method in ["GET", "HEAD"] {
            let call = if_none_match
                .iter()
                .fold(app.api(method, &path).by(&person), |call, line| call.header("if-none-match", line));
            let reply = call.send().expect(status);
            assert_eq!(reply.header("etag"), Some(tag.as_str()), "{reply}");
            let shown = if status == 200 && method == "GET" { text.as_str() } else { "" };
            assert_eq!(reply.text(), shown, "{method} {if_none_match:?}");
        }
    }
    app.get(&path).by(&person).header("if-match", &tag).send().expect(200);
    app.get(&path).by(&person).header("if-match", "\"x\"").refused(412);
    app.get(&path).by(&person).header("if-match", "x").faulty(&["If-Match"]);
    // What is shown inside may have changed, and the row has its version all the same.
    let expanded =
        app.get(&format!("{path}?expand=project")).by(&person).header("if-none-match", &tag).send().expect(200);
    assert_eq!((expanded.header("etag"), expanded.json()["project"].is_object()), (Some(tag.as_str()), true));
    for query in ["expand=can", "fields=id", "fields=title&expand=can,project"] {
        let shaped = app.get(&format!("{path}?{query}")).by(&person).send().expect(200);
        assert_eq!(shaped.header("etag"), Some(tag.as_str()), "{query}");
        let again = app.get(&format!("{path}?{query}")).by(&person).header("if-none-match", &tag).send();
        assert_eq!(again.status, if query.contains("expand") { 200 } else { 304 }, "{query}");
    }
    let stranger = app.person();
    app.get(&path).by(&stranger).header("if-none-match", &tag).refused(403);
    app.get(&path).header("if-none-match", "*").refused(401);
}

#[test]
fn a_row_is_changed_in_the_version_that_is_named() {
    let app = shared();
    let person = app.person();
    let path = format!("/projects/{}", app.project(&person));
    let (stale, _) = read(app, &person, &path);
    app.patch(&path, &json!({ "name": "once" })).by(&person).header("if-match", &stale).send().expect(200);
    let (tag, text) = read(app, &person, &path);
    let change = |body: &str| app.api("PATCH", &path).by(&person).body("application/json", body);
    for (lines, status) in [
        (vec![stale.clone()], 412),
        (vec![format!("W/{tag}")], 412),
        (vec!["\"x\"".to_owned(), "\"y\"".to_owned()], 412),
        (vec![format!("{tag}x")], 422),
        (vec![tag.trim_matches('"').to_owned()], 422),
        (vec![format!("*, {tag}")], 422),
        (vec![String::new()], 422),
        (vec!["*".to_owned()], 200),
        (vec![tag.clone()], 200),
        (vec![format!("\"x\" ,{tag}")], 200),
        (vec!["\"x\"".to_owned(), tag.clone()], 200),
    ] {
        let reply = lines.iter().fold(change("{}"), |call, line| call.header("if-match", line)).send();
        assert_eq!(reply.status, status, "{lines:?}: {reply}");
        if status > 400 {
            reply.problem(status);
        }
        assert_eq!(reply.status == 422, reply.faults().contains("If-Match"), "{reply}");
    }
    // A version comes before what is wrong with the body, and beside it where it is none.
    change(r#"{"name":""}"#).header("if-match", &stale).refused(412);
    change(r#"{"name":""}"#).header("if-match", &tag).faulty(&["name"]);
    change(r#"{"name":""}"#).header("if-match", "x").faulty(&["name", "If-Match"]);
    change(r#"{"name":"x"}"#).header("if-none-match", &tag).refused(412);
    change(r#"{"name":"x"}"#).header("if-none-match", "*").refused(412);
    change("{}").header("if-none-match", &stale).send().expect(200);
    app.delete(&path).by(&person).header("if-match", &stale).refused(412);
    app.delete(&path).by(&person).header("if-match", "\"").faulty(&["If-Match"]);
    assert_eq!(read(app, &person, &path), (tag.clone(), text), "nothing of this has changed it");
    app.delete(&path).by(&person).header("if-match", &tag).done();
    app.delete(&path).by(&person).header("if-match", &tag).refused(404);
    app.patch("/users/me", &json!({})).by(&person).header("if-match", "\"x\"").refused(412);
}

#[test]
fn what_has_no_version_yet_is_asked_for_none() {
    let app = shared();
    let person = app.person();
    for tag in ["*", "\"x\"", "W/\"x\"", ""] {
        let made = app.post("/projects", &json!({ "name": "a" })).by(&person).header("if-match", tag);
        made.faulty(&["If-Match"]);
        let batch = json!({ "operations": [{ "method": "GET", "path": "/users/me" }] });
        app.post("/batch", &batch).by(&person).header("if-match", tag).faulty(&["If-Match"]);
    }
    assert_eq!(app.walk(&person, "/projects").len(), 0);
}

#[test]
fn a_row_is_changed_that_was_not_since() {
    let app = shared();
    let person = app.person();
    let path = format!("/projects/{}", app.project(&person));
    let change = || app.patch(&path, &json!({})).by(&person);
    let (past, future) = ("Sun, 06 Nov 1994 08:49:37 GMT", "Fri, 01 Jan 2100 00:00:00 GMT");
    change().header("if-unmodified-since", past).refused(412);
    app.delete(&path).by(&person).header("if-unmodified-since", "Sunday, 06-Nov-94 08:49:37 GMT").refused(412);
    change().header("if-unmodified-since", future).send().expect(200);
    change().header("if-unmodified-since", "soon").send().expect(200);
    change().header("if-unmodified-since", past).header("if-unmodified-since", past).send().expect(200);
    change().header("if-unmodified-since", past).header("if-match", "*").send().expect(200);
    // Of a comment nothing says when it was changed.
    let task = app.task(&person, app.project(&person), &json!({}));
    let comment = app.comment(&person, task);
    app.delete(&format!("/comments/{comment}")).by(&person).header("if-unmodified-since", past).done();
}

#[test]
fn a_version_tells_nobody_of_what_he_may_not_change() {
    let app = shared();
    let (owner, stranger) = (app.person(), app.person());
    let path = format!("/projects/{}", app.project(&owner));
    let (tag, _) = read(app, &owner, &path);
    for if_match in [tag.as_str(), "\"x\"", "*"] {
        app.patch(&path, &json!({})).by(&stranger).header("if-match", if_match).refused(403);
        app.delete(&path).by(&stranger).header("if-match", if_match).refused(403);
        app.delete(&path).header("if-match", if_match).refused(401);
        app.delete("/projects/999999").by(&owner).header("if-match", if_match).refused(404);
    }
    // A session has no version.
    let session = app.get("/auth/sessions").by(&owner).ok()["items"][0]["id"].clone();
    app.delete(&format!("/auth/sessions/{session}")).by(&owner).header("if-match", "\"x\"").refused(412);
    app.delete(&format!("/auth/sessions/{session}")).by(&owner).header("if-match", "*").done();
}

/// Has fifty change a row in one version, by turns through these servers, and one of them succeed.
#[track_caller]
fn one_of_fifty_changes_it(apps: &[&TestApp]) {
    let owner = apps[0].person();
    for round in 0..3 {
        let path = format!("/projects/{}", apps[0].project(&owner));
        let (tag, _) = read(apps[0], &owner, &path);
        let mut statuses: Vec<_> = thread::scope(|scope| {
            let change = |number: usize| {
                let (app, body) = (apps[number % apps.len()], json!({ "name": format!("{round} {number}") }));
                app.patch(&path, &body).by(&owner).header("if-match", &tag).send().status
            };
            let changing: Vec<_> = (0..50).map(|number| scope.spawn(move || change(number))).collect();
            changing.into_iter().map(|changed| changed.join().unwrap()).collect()
        });
        statuses.sort_unstable();
        assert_eq!((statuses[0], &statuses[1..]), (200, [412; 49].as_slice()), "{statuses:?}");
    }
}

#[test]
fn of_many_who_know_one_version_one_changes_it() {
    one_of_fifty_changes_it(&[shared()]);
}

#[test]
fn of_many_who_know_one_version_one_changes_it_through_whichever_node() {
    server_only!("several processes on one database");
    let settings = Settings::new();
    let apps = [settings.start(), settings.start()];
    one_of_fifty_changes_it(&[&apps[0], &apps[1]]);
}
