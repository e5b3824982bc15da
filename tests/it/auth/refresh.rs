//! `POST /auth/refresh`: a refresh token works once, with one forgiveness.

use std::{collections::BTreeSet, thread, time::Duration};

use serde_json::json;

use crate::driver::{Pair, Reply, Settings, TestApp, shared};

fn refresh(app: &TestApp, token: &str) -> Reply {
    app.post("/auth/refresh", &json!({ "refresh_token": token })).send()
}

#[track_caller]
fn rotate(app: &TestApp, token: &str) -> Pair {
    Pair::of(&refresh(app, token).expect(200).json())
}

/// Checks that none of these tokens is worth anything, refresh tokens included.
#[track_caller]
fn check_revoked(app: &TestApp, pairs: &[&Pair]) {
    for pair in pairs {
        app.get("/users/me").token(&pair.access).refused(401);
        refresh(app, &pair.refresh).problem(401);
    }
}

#[test]
fn a_refresh_gives_a_new_pair_that_works() {
    let app = shared();
    let first = app.person().pair;
    let second = rotate(app, &first.refresh);
    assert_ne!(first.access, second.access);
    assert_ne!(first.refresh, second.refresh);
    app.get("/users/me").token(&second.access).ok();
    let third = rotate(app, &second.refresh);
    app.get("/users/me").token(&third.access).ok();
}

#[test]
fn the_access_token_before_a_refresh_lives_until_it_expires() {
    let app = shared();
    let first = app.person().pair;
    rotate(app, &first.refresh);
    app.get("/users/me").token(&first.access).ok();
}

#[test]
fn a_lost_answer_is_forgiven_with_the_same_pair() {
    let app = shared();
    let first = app.person().pair;
    let second = rotate(app, &first.refresh);
    assert_eq!(rotate(app, &first.refresh), second);
    assert_eq!(rotate(app, &first.refresh), second, "as long as the child is unused");
    app.get("/users/me").token(&second.access).ok();
    let third = rotate(app, &second.refresh);
    assert_eq!(rotate(app, &second.refresh), third, "every generation has its own forgiveness");
}

#[test]
fn a_child_whose_access_token_was_used_ends_forgiveness() {
    let app = shared();
    let first = app.person().pair;
    let second = rotate(app, &first.refresh);
    app.get("/users/me").token(&second.access).ok();
    refresh(app, &first.refresh).problem(401);
    check_revoked(app, &[&second, &first]);
}

#[test]
fn a_child_whose_refresh_token_was_used_ends_forgiveness() {
    let app = shared();
    let first = app.person().pair;
    let second = rotate(app, &first.refresh);
    let third = rotate(app, &second.refresh);
    refresh(app, &first.refresh).problem(401);
    check_revoked(app, &[&third, &second, &first]);
}

#[test]
fn reuse_ends_its_own_session_only() {
    let app = shared();
    let person = app.person();
    let other = app.login(&person.email, &person.password);
    let second = rotate(app, &person.pair.refresh);
    app.get("/users/me").token(&second.access).ok();
    refresh(app, &person.pair.refresh).problem(401);
    check_revoked(app, &[&second]);
    app.get("/users/me").token(&other.access).ok();
    rotate(app, &other.refresh);
}

#[test]
fn after_ten_seconds_nothing_is_forgiven() {
    let app = shared();
    let first = app.person().pair;
    let second = rotate(app, &first.refresh);
    // The passing of time is what is tested; the leeway is for clocks that are read in whole seconds.
    thread::sleep(Duration::from_millis(11_500));
    refresh(app, &first.refresh).problem(401);
    check_revoked(app, &[&second, &first]);
}

#[test]
fn many_at_once_get_one_child() {
    let app = shared();
    let first = app.person().pair;
    let pairs = thread::scope(|scope| {
        let callers: Vec<_> = (0..20).map(|_| scope.spawn(|| rotate(app, &first.refresh))).collect();
        callers.into_iter().map(|caller| caller.join().unwrap().refresh).collect::<BTreeSet<_>>()
    });
    assert_eq!(pairs.len(), 1, "the children differ");
    rotate(app, pairs.first().unwrap());
}

#[test]
fn only_a_live_refresh_token_is_taken() {
    let app = shared();
    let person = app.person();
    let tampered = format!("{}x", person.pair.refresh);
    for token in [&person.pair.access, &tampered, &"garbage".to_owned(), &"a.b.c".to_owned(), &"é".to_owned()] {
        refresh(app, token).problem(401);
    }
    app.disable(&person);
    refresh(app, &person.pair.refresh).problem(401);
}

#[test]
fn bodies_are_checked() {
    for (body, fields) in [
        (json!({}), &["refresh_token"][..]),
        (json!({ "refresh_token": null }), &["refresh_token"]),
        (json!({ "refresh_token": 7 }), &["refresh_token"]),
        (json!({ "refresh_token": "x", "token": "y" }), &["token"]),
        (json!("x"), &[""]),
    ] {
        shared().post("/auth/refresh", &body).faulty(fields);
    }
}

#[test]
fn rotation_survives_a_restart() {
    let app = Settings::new().start();
    let first = app.person().pair;
    let second = rotate(&app, &first.refresh);
    let app = app.kill().start();
    assert_eq!(rotate(&app, &first.refresh), second, "the answer that got lost may be the server's own end");
    app.get("/users/me").token(&second.access).ok();
    let app = app.kill().start();
    refresh(&app, &first.refresh).problem(401);
    check_revoked(&app, &[&second]);
}
