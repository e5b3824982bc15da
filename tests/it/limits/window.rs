//! How many requests pass, and when the next one does.

use std::{
    thread,
    time::{Duration, Instant},
};

use super::{limited, statuses};
use serde_json::json;

use crate::driver::{Person, Settings, TestApp};

const WINDOW_S: u32 = 2;

#[test]
fn requests_over_the_limit_wait_as_told() {
    let app = limited(4, WINDOW_S).start();
    let person = app.person(); // Two requests of the address, none of the user.
    for round in 0..3 {
        let mut passed = 0;
        let refused = loop {
            let reply = app.get("/users/me").by(&person).send();
            if reply.status != 200 {
                break reply;
            }
            passed += 1;
            assert!(passed <= 4, "round {round}: the limit does not hold");
        };
        refused.problem(429);
        assert!(round > 0 || passed == 4, "{passed} requests passed at first");
        let wait_s = refused.retry_after_s().unwrap();
        assert!((1..=u64::from(WINDOW_S) + 1).contains(&wait_s), "round {round}: {refused}");
        // What the header promises: so long, and not one instant longer.
        thread::sleep(Duration::from_secs(wait_s));
        app.get("/users/me").by(&person).ok();
    }
}

/// When a request was sent and its answer was there.
fn timed(app: &TestApp, person: &Person) -> (Instant, Instant, u16) {
    let start = Instant::now();
    let status = app.get("/users/me").by(person).send().status;
    (start, Instant::now(), status)
}

#[test]
fn the_window_slides() {
    let limit = 4;
    let app = limited(4, WINDOW_S).start();
    let person = app.person();
    let mut passed = Vec::new();
    let begin = Instant::now();
    while begin.elapsed() < Duration::from_secs(7) {
        let (start, end, status) = timed(&app, &person);
        if status == 200 {
            passed.push((start, end));
        }
        // An uneven rhythm, so that requests fall on both sides of any fixed boundary.
        thread::sleep(Duration::from_millis(if passed.len().is_multiple_of(3) { 170 } else { 20 }));
    }
    assert!(passed.len() >= 2 * limit, "only {} requests passed in 7 s", passed.len());
    for pair in passed.windows(limit + 1) {
        let span = pair[limit].1 - pair[0].0;
        assert!(span >= Duration::from_secs(u64::from(WINDOW_S)), "{} requests passed in {span:?}", limit + 1);
    }
}

#[test]
fn everybody_has_a_limit_of_his_own() {
    let app = limited(6, 60).start();
    let (one, other) = (app.person(), app.person());
    for _ in 0..6 {
        app.get("/users/me").by(&one).ok();
    }
    app.get("/users/me").by(&one).refused(429);
    app.get("/users/me").by(&other).ok();
    // Four requests of the address made the accounts; a second login of the same user has no budget of its own.
    let again = app.login(&one.email, &one.password);
    app.get("/users/me").token(&again.access).refused(429);
    assert_eq!(statuses(&app, 2, None), [401, 429]);
    app.get("/users/me").by(&other).ok();
}

#[test]
fn service_routes_are_not_limited() {
    let app = limited(2, 60).start();
    assert_eq!(statuses(&app, 3, None), [401, 401, 429]);
    for target in [
        "/health",
        "/ready",
        "/metrics",
        "/openapi.json",
        "/docs",
        "/live",
        "/live/page.js",
        "/admin",
        "/admin/page.js",
    ] {
        for _ in 0..5 {
            let status = app.at("GET", target).send().status;
            assert!(status < 400, "{target}: {status}");
        }
    }
    assert_eq!(statuses(&app, 1, None), [429]);
}

#[test]
fn refused_tokens_count_against_their_address() {
    let app = limited(5, 60).start();
    let person = app.person();
    for token in ["garbage", "a.b.c", &format!("{}x", person.pair.access)] {
        app.get("/users/me").token(token).refused(401);
    }
    for token in ["garbage", "another"] {
        app.get("/users/me").token(token).refused(429);
    }
    assert_eq!(statuses(&app, 1, None), [429]);
    app.get("/users/me").by(&person).ok();
}

#[test]
fn a_refusal_after_the_token_counts_against_the_address_too() {
    let app = limited(4, 60).start();
    let person = app.person();
    let body = json!({ "current_password": "a wrong guess", "new_password": "long enough" });
    for _ in 0..2 {
        app.post("/auth/password", &body).by(&person).refused(401);
    }
    // Two requests of the address made the account, and two were refused.
    assert_eq!(statuses(&app, 1, None), [429]);
    app.get("/users/me").by(&person).ok();
}

#[test]
fn a_limited_answer_is_readable_from_another_origin() {
    let app = limited(1, 60).start();
    statuses(&app, 1, None);
    let reply = app.get("/projects").header("origin", "http://localhost:3000").send();
    reply.problem(429);
    assert_eq!(reply.header("access-control-allow-origin"), Some("http://localhost:3000"));
}

#[test]
fn zero_is_no_limit() {
    let app = Settings::new().set("RATE_LIMIT_REQUESTS", "0").set("RATE_LIMIT_WINDOW", "60").start();
    assert_eq!(statuses(&app, 200, None), [401; 200]);
}

#[test]
fn a_hundred_a_minute_unless_told() {
    let app = Settings::new().unset("RATE_LIMIT_REQUESTS").start();
    let found = statuses(&app, 101, None);
    assert_eq!((&found[..100], found[100]), (&[401; 100][..], 429));
}
