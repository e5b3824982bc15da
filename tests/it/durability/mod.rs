//! What was acknowledged stays, whatever happens to clients and servers.

use std::{
    collections::BTreeSet,
    io::Write,
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use serde_json::{Value, json};

use crate::driver::{Person, Settings, TestApp, request_head, shared, unique_email, wait_until};

fn ids(rows: &[Value]) -> BTreeSet<i64> {
    rows.iter().map(|row| row["id"].as_i64().expect("a row has an id")).collect()
}

/// A request that creates a project, as bytes.
fn creation(person: &Person, name: &str) -> (String, String) {
    let body = json!({ "name": name }).to_string();
    let authorization = format!("Bearer {}", person.pair.access);
    let length = body.len().to_string();
    let headers =
        [("authorization", authorization.as_str()), ("content-type", "application/json"), ("content-length", &length)];
    (request_head("POST", "/api/v1/projects", &headers), body)
}

/// Sends a creation with a key, and does not wait for the answer.
pub(crate) fn send_and_go(app: &TestApp, person: &Person, key: &str, body: &Value) {
    let (authorization, body) = (format!("Bearer {}", person.pair.access), body.to_string());
    let length = body.len().to_string();
    let headers = [
        ("authorization", authorization.as_str()),
        ("content-type", "application/json"),
        ("content-length", &length),
        ("idempotency-key", key),
    ];
    let mut stream = app.connect();
    stream.write_all((request_head("POST", "/api/v1/projects", &headers) + &body).as_bytes()).ok();
}

#[test]
fn clients_that_vanish_leave_nothing_broken() {
    let app = Settings::new().start();
    let person = app.person();
    thread::scope(|scope| {
        for worker in 0..10 {
            let (app, person) = (&app, &person);
            scope.spawn(move || {
                for index in 0..50 {
                    let (head, body) = creation(person, &format!("vanished {worker} {index}"));
                    let mut stream = app.connect();
                    // Some go before the body has been sent, some half-way through it, most right after.
                    let sent = match index % 5 {
                        0 => 0,
                        1 => body.len() / 2,
                        _ => body.len(),
                    };
                    stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&body.as_bytes()[..sent])).ok();
                }
            });
        }
    });
    let kept: Vec<_> = (0..50).map(|_| app.project(&person)).collect();
    let rows = app.walk(&person, "/projects?limit=100");
    assert!(ids(&rows).is_superset(&kept.iter().copied().collect()), "a later write was lost");
    assert!(rows.len() <= 50 + 500, "more rows than requests");
    for row in rows.iter().take(20) {
        let path = format!("/projects/{}", row["id"]);
        app.patch(&path, &json!({ "description": "still here" })).by(&person).ok();
        app.delete(&path).by(&person).done();
    }
    app.person();
    app.at("GET", "/ready").send().expect(200);
}

#[test]
fn one_of_many_gets_an_address() {
    let app = shared();
    let email = unique_email();
    let statuses = thread::scope(|scope| {
        let register = |index: usize| {
            let email = if index.is_multiple_of(2) { email.clone() } else { email.to_uppercase() };
            app.post("/auth/register", &json!({ "email": email, "password": "long enough" })).send()
        };
        let callers: Vec<_> = (0..50).map(|index| scope.spawn(move || register(index))).collect();
        callers.into_iter().map(|caller| caller.join().unwrap()).collect::<Vec<_>>()
    });
    let count = |status: u16| statuses.iter().filter(|reply| reply.status == status).count();
    assert_eq!(
        (count(201), count(409)),
        (1, 49),
        "{:?}",
        statuses.iter().map(|reply| reply.status).collect::<Vec<_>>()
    );
    for reply in statuses.iter().filter(|reply| reply.status == 409) {
        reply.problem(409);
    }
    app.login(&email, "long enough");
}

#[test]
fn parallel_writers_lose_nothing() {
    let app = shared();
    let person = app.person();
    let made = thread::scope(|scope| {
        let write = || (0..40).map(|_| app.project(&person)).collect::<Vec<_>>();
        let writers: Vec<_> = (0..16).map(|_| scope.spawn(write)).collect();
        writers.into_iter().flat_map(|writer| writer.join().unwrap()).collect::<Vec<_>>()
    });
    let unique: BTreeSet<_> = made.iter().copied().collect();
    assert_eq!(unique.len(), 640, "an id was given twice");
    assert_eq!(ids(&app.walk(&person, "/projects?limit=100")), unique);
}

#[test]
fn parallel_changes_of_one_row_all_happen() {
    let app = shared();
    let person = app.person();
    let path = format!("/projects/{}", app.project(&person));
    thread::scope(|scope| {
        for index in 0..16 {
            let (path, person) = (&path, &person);
            scope.spawn(move || {
                let name = format!("name {index}");
                let row = app.patch(path, &json!({ "name": name })).by(person).ok();
                assert_eq!(row["name"], name.as_str(), "an answer shows another's change");
                let description = format!("description {index}");
                app.patch(path, &json!({ "description": description })).by(person).ok();
            });
        }
    });
    let row = app.get(&path).by(&person).ok();
    assert!(row["name"].as_str().unwrap().starts_with("name ") && row["description"] != "", "{row}");
}

#[test]
fn one_of_many_deletes_a_row() {
    let app = shared();
    let person = app.person();
    let path = format!("/projects/{}", app.project(&person));
    let mut statuses = thread::scope(|scope| {
        let callers: Vec<_> = (0..10).map(|_| scope.spawn(|| app.delete(&path).by(&person).send().status)).collect();
        callers.into_iter().map(|caller| caller.join().unwrap()).collect::<Vec<_>>()
    });
    statuses.sort_unstable();
    assert_eq!(statuses, [204, 404, 404, 404, 404, 404, 404, 404, 404, 404]);
}

/// Creates projects until the server is gone; remembers which ones were acknowledged.
fn write_until_gone(app: &TestApp, person: &Person, acknowledged: &Mutex<Vec<i64>>, stop: &AtomicBool) {
    while !stop.load(Ordering::Relaxed) {
        let (head, body) = creation(person, "acknowledged");
        let Ok(mut stream) = std::net::TcpStream::connect(app.address()) else { return };
        if stream.write_all((head + &body).as_bytes()).is_err() {
            return;
        }
        let mut answer = String::new();
        std::io::Read::read_to_string(&mut stream, &mut answer).ok();
        let Some((head, body)) = answer.split_once("\r\n\r\n") else { return };
        let row: Value = serde_json::from_str(body).unwrap_or_default();
        if let (true, Some(id)) = (head.contains(" 201 "), row["id"].as_i64()) {
            acknowledged.lock().unwrap().push(id);
        }
    }
}

#[test]
fn what_was_acknowledged_survives_a_kill() {
    let mut app = Settings::new().start();
    let person = app.person();
    let mut all = BTreeSet::new();
    for round in 1..=3 {
        let acknowledged = Mutex::new(Vec::new());
        let stop = AtomicBool::new(false);
        let settings = app.settings().clone();
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| write_until_gone(&app, &person, &acknowledged, &stop));
            }
            wait_until("enough is written", || acknowledged.lock().unwrap().len() >= 40 * round);
            app.kill_now();
            stop.store(true, Ordering::Relaxed);
        });
        all.extend(acknowledged.into_inner().unwrap());
        app.wait();
        app = settings.start();
        let found = ids(&app.walk(&person, "/projects?limit=100"));
        let lost: Vec<_> = all.difference(&found).collect();
        assert!(lost.is_empty(), "round {round}: acknowledged and lost: {lost:?}");
        assert!(app.project(&person) > *found.last().unwrap(), "an id came back");
        app.get("/users/me").by(&person).ok();
    }
}
