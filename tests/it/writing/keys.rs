//! `Idempotency-Key`: what is sent twice is done once, and answered twice alike.

use std::thread;

use serde_json::{Value, json};

use crate::driver::{Person, Reply, Settings, TestApp, server_only, shared, unique};

/// A request with a key.
fn send(app: &TestApp, who: &Person, (method, path, body): (&str, &str, Option<&Value>), key: &str) -> Reply {
    let call = app.api(method, path).by(who).header("idempotency-key", key);
    match body {
        Some(body) => call.json(body).send(),
        None => call.send(),
    }
}

/// Whether an answer was given before, and all of it but what names the request and the limiter.
#[track_caller]
fn compare(first: &Reply, again: &Reply) {
    assert_eq!(
        (first.header("idempotency-replayed"), again.header("idempotency-replayed")),
        (None, Some("true")),
        "{again}"
    );
    assert_eq!(first.status, again.status, "{again}");
    for name in ["etag", "location", "content-type"] {
        assert_eq!(first.header(name), again.header(name), "{name}: {again}");
    }
    let named = |reply: &Reply| reply.text().replace(reply.header("x-request-id").unwrap(), "?");
    assert_eq!(named(first), named(again));
    if again.status >= 400 {
        again.problem(again.status);
    }
}

/// How many projects somebody has.
fn count(app: &TestApp, who: &Person) -> usize {
    app.walk(who, "/projects?limit=100").len()
}

#[test]
fn every_change_is_made_once_and_answered_twice() {
    let app = shared();
    let person = app.person();
    let project = format!("/projects/{}", app.project(&person));
    let tasks = format!("{project}/tasks");
    let comment = format!("/comments/{}", app.comment(&person, app.task(&person, app.project(&person), &json!({}))));
    let (named, titled, empty) = (json!({ "name": "once" }), json!({ "title": "once" }), json!({}));
    for (request, status) in [
        (("POST", "/projects", Some(&named)), 201),
        (("POST", tasks.as_str(), Some(&titled)), 201),
        (("PATCH", project.as_str(), Some(&named)), 200),
        (("PATCH", project.as_str(), Some(&empty)), 200),
        (("PATCH", "/users/me", Some(&json!({ "display_name": "Once" }))), 200),
        (("DELETE", comment.as_str(), None), 204),
        // What is refused is kept, whether it is known before the transaction or in it.
        (("POST", "/projects", Some(&empty)), 422),
        (("POST", "/projects", Some(&json!([]))), 422),
        (("POST", tasks.as_str(), Some(&json!({ "title": "x", "assignee_id": 999_999 }))), 422),
        (("PATCH", project.as_str(), Some(&json!({ "name": "" }))), 422),
        (("PATCH", "/users/me", Some(&json!({ "role": "admin" }))), 403),
        (("PATCH", "/users/1", Some(&empty)), 403),
        (("POST", "/projects/999999/tasks", Some(&titled)), 404),
        (("DELETE", "/tasks/999999", None), 404),
    ] {
        let key = unique("a key of ");
        let first = send(app, &person, request, &key).expect(status);
        let again = send(app, &person, request, &key);
        compare(&first, &again);
        compare(&first, &send(app, &person, request, &key));
    }
    let malformed = || {
        let call = app.api("POST", "/projects").by(&person).body("application/json", "{");
        call.header("idempotency-key", "m").send()
    };
    compare(&malformed().expect(400), &malformed());
    assert_eq!(count(app, &person), 3, "what was sent twice was done twice");
}

#[test]
fn a_refusal_stays_one_and_what_it_did_is_undone() {
    let app = shared();
    let person = app.person();
    let path = format!("/projects/{}", app.project(&person));
    let tag = app.get(&path).by(&person).send().header("etag").unwrap().to_owned();
    let stale = || {
        let call = app.patch(&path, &json!({ "name": "stale" })).by(&person).header("if-match", "\"x\"");
        call.header("idempotency-key", "stale").send()
    };
    compare(&stale().expect(412), &stale());
    // Whatever becomes of the row.
    app.delete(&path).by(&person).done();
    compare(
        &send(app, &person, ("DELETE", &path, None), "gone").expect(404),
        &send(app, &person, ("DELETE", &path, None), "gone"),
    );
    assert_eq!(stale().status, 412);
    // Preconditions are part of a request.
    let other = app.patch(&path, &json!({ "name": "stale" })).by(&person).header("if-match", &tag);
    other.header("idempotency-key", "stale").faulty(&["Idempotency-Key"]);
    // The last administrator stays, which is asked of all changes of a transaction together.
    let alone = Settings::new().start();
    let admin = alone.new_admin();
    let (path, role) = (format!("/users/{}", admin.id), json!({ "role": "user" }));
    let demote = ("PATCH", path.as_str(), Some(&role));
    let first = send(&alone, &admin, demote, "demote").expect(409);
    compare(&first, &send(&alone, &admin, demote, "demote"));
    assert_eq!(alone.get("/users/me").by(&admin).ok()["role"], "admin");
}

#[test]
fn a_key_is_for_one_request_of_one_account() {
    let app = shared();
    let (person, other) = (app.person(), app.person());
    let body = json!({ "name": "a" });
    let first = send(app, &person, ("POST", "/projects", Some(&body)), "k").expect(201);
    for request in [
        ("POST", "/projects", Some(&json!({ "name": "b" }))),
        ("POST", "/projects", None),
        ("PATCH", "/users/me", Some(&json!({}))),
        ("DELETE", "/projects/1", None),
    ] {
        let reply = send(app, &person, request, "k");
        reply.problem(422);
        assert!(reply.faults().contains("Idempotency-Key"), "{reply}");
    }
    let spaced = app.api("POST", "/projects").by(&person).body("application/json", r#"{ "name": "a" }"#);
    spaced.header("idempotency-key", "k").faulty(&["Idempotency-Key"]);
    app.at("POST", "/api/v1/projects?x=1")
        .by(&person)
        .json(&body)
        .header("idempotency-key", "k")
        .faulty(&["Idempotency-Key"]);
    compare(&first, &send(app, &person, ("POST", "/projects", Some(&body)), "k"));
    let others = send(app, &other, ("POST", "/projects", Some(&body)), "k").expect(201);
    assert_ne!(others.json()["id"], first.json()["id"]);
    assert_eq!(others.header("idempotency-replayed"), None);
    assert_eq!((count(app, &person), count(app, &other)), (1, 1));
}

#[test]
fn a_key_is_taken_where_the_answer_can_be_kept() {
    let app = shared();
    let person = app.person();
    let body = json!({ "name": "a" });
    for (key, is_one) in [
        ("k".repeat(255), true),
        ("k".repeat(256), false),
        (String::new(), false),
        ("a\tkey".to_owned(), false),
        ("two words: \"quoted\"".to_owned(), true),
    ] {
        let reply = send(app, &person, ("POST", "/projects", Some(&body)), &key);
        assert_eq!(reply.status, if is_one { 201 } else { 422 }, "{key}: {reply}");
        assert_eq!(reply.faults().contains("Idempotency-Key"), !is_one);
    }
    let twice =
        app.post("/projects", &json!({})).by(&person).header("idempotency-key", "a").header("idempotency-key", "b");
    twice.faulty(&["Idempotency-Key", "name"]);
    // Sessions are no rows, and a client that tries again has to know.
    let password = json!({ "current_password": person.password, "new_password": "another password" });
    for (method, path, body) in [
        ("POST", "/auth/logout", None),
        ("POST", "/auth/password", Some(&password)),
        ("DELETE", "/auth/sessions/1", None),
    ] {
        let reply = send(app, &person, (method, path, body), "k");
        reply.problem(422);
        assert!(reply.faults().contains("Idempotency-Key"), "{reply}");
    }
    // Who only reads, or is nobody yet, has no use for it.
    assert_eq!(send(app, &person, ("GET", "/users/me", None), "k").status, 200);
    let login = json!({ "email": person.email, "password": person.password });
    for _ in 0..2 {
        let reply = app.post("/auth/login", &login).header("idempotency-key", "k").send().expect(200);
        assert_eq!(reply.header("idempotency-replayed"), None);
    }
    app.post("/projects", &body).header("idempotency-key", "k").refused(401);
}

#[test]
fn who_is_not_let_in_any_more_is_told_nothing() {
    let app = shared();
    let person = app.person();
    let body = json!({ "name": "a" });
    let request = ("POST", "/projects", Some(&body));
    let first = send(app, &person, request, "k").expect(201);
    let again = Person { pair: app.login(&person.email, &person.password), ..person.clone() };
    app.post("/auth/logout", &json!({})).by(&person).done();
    send(app, &person, request, "k").problem(401);
    compare(&first, &send(app, &again, request, "k"));
    app.disable(&again);
    send(app, &again, request, "k").problem(401);
}

/// Has fifty send one request under one key at once, by turns through these servers.
#[track_caller]
fn fifty_are_one(apps: &[&TestApp]) {
    let person = apps[0].person();
    for round in 0..3 {
        let (key, body) = (format!("round {round}"), json!({ "name": format!("round {round}") }));
        let replies: Vec<_> = thread::scope(|scope| {
            let ask =
                |number: usize| send(apps[number % apps.len()], &person, ("POST", "/projects", Some(&body)), &key);
            let asking: Vec<_> = (0..50).map(|number| scope.spawn(move || ask(number))).collect();
            asking.into_iter().map(|asked| asked.join().unwrap()).collect()
        });
        let first: Vec<_> = replies.iter().filter(|reply| reply.header("idempotency-replayed").is_none()).collect();
        assert_eq!(first.len(), 1, "{:?}", replies.iter().map(|reply| reply.status).collect::<Vec<_>>());
        for reply in &replies {
            assert_eq!((reply.status, reply.text()), (201, first[0].text()), "{reply}");
        }
        assert_eq!(count(apps[0], &person), round + 1);
    }
}

#[test]
fn fifty_at_once_are_one() {
    fifty_are_one(&[shared()]);
}

#[test]
fn fifty_at_once_are_one_through_whichever_node() {
    server_only!("several processes on one database");
    let settings = Settings::new();
    let apps = [settings.start(), settings.start()];
    fifty_are_one(&[&apps[0], &apps[1]]);
}

#[test]
fn an_answer_survives_a_kill() {
    let mut app = Settings::new().start();
    let person = app.person();
    let settings = app.settings().clone();
    let request = |number: usize| (format!("k{number}"), json!({ "name": format!("n{number}") }));
    let mut answered: Vec<(usize, Value)> = Vec::new();
    for round in 0..3 {
        let numbers: Vec<_> = (0..40).map(|number| round * 40 + number).collect();
        // Some of them are committed, and nobody was told.
        thread::scope(|scope| {
            for chunk in numbers.chunks(5) {
                let (app, person) = (&app, &person);
                scope.spawn(move || {
                    for number in chunk {
                        let (key, body) = request(*number);
                        crate::durability::send_and_go(app, person, &key, &body);
                    }
                });
            }
        });
        let (key, body) = request(numbers[0]);
        let first = send(&app, &person, ("POST", "/projects", Some(&body)), &key).expect(201).json();
        answered.push((numbers[0], first));
        app.kill_now();
        app.wait();
        app = settings.start();
        for number in &numbers {
            let (key, body) = request(*number);
            let reply = send(&app, &person, ("POST", "/projects", Some(&body)), &key).expect(201);
            answered.push((*number, reply.json()));
        }
    }
    for (number, row) in &answered {
        let (key, body) = request(*number);
        let reply = send(&app, &person, ("POST", "/projects", Some(&body)), &key).expect(201);
        assert_eq!((reply.header("idempotency-replayed"), &reply.json()), (Some("true"), row));
    }
    assert_eq!(count(&app, &person), 120, "one row for each");
}
