//! `POST /auth/refresh`: a refresh token works once; what a used one does to its session.

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
fn a_used_token_is_refused_and_at_once_taken_for_a_race() {
    let app = shared();
    let first = app.person().pair;
    let second = rotate(app, &first.refresh);
    refresh(app, &first.refresh).problem(401);
    app.get("/users/me").token(&second.access).ok();
    refresh(app, &first.refresh).problem(401);
    let third = rotate(app, &second.refresh);
    refresh(app, &second.refresh).problem(401);
    app.get("/users/me").token(&third.access).ok();
}

#[test]
fn a_token_used_before_the_last_one_ends_the_session() {
    let app = shared();
    let first = app.person().pair;
    let second = rotate(app, &first.refresh);
    let third = rotate(app, &second.refresh);
    refresh(app, &first.refresh).problem(401);
    check_revoked(app, &[&third, &second, &first]);
}

#[test]
fn after_ten_seconds_it_is_no_race() {
    let app = shared();
    let first = app.person().pair;
    let second = rotate(app, &first.refresh);
    // The passing of time is what is tested; the leeway is for clocks that are read in whole seconds.
    thread::sleep(Duration::from_millis(11_500));
    refresh(app, &first.refresh).problem(401);
    check_revoked(app, &[&second, &first]);
}

#[test]
fn reuse_ends_its_own_session_only() {
    let app = shared();
    let person = app.person();
    let other = app.login(&person.email, &person.password);
    let second = rotate(app, &person.pair.refresh);
    let third = rotate(app, &second.refresh);
    refresh(app, &person.pair.refresh).problem(401);
    check_revoked(app, &[&third]);
    app.get("/users/me").token(&other.access).ok();
    rotate(app, &other.refresh);
}

#[test]
fn of_many_at_once_one_gets_a_pair() {
    let app = shared();
    let first = app.person().pair;
    let replies = thread::scope(|scope| {
        let callers: Vec<_> = (0..20).map(|_| scope.spawn(|| refresh(app, &first.refresh))).collect();
        callers.into_iter().map(|caller| caller.join().unwrap()).collect::<Vec<_>>()
    });
    let (given, refused): (Vec<_>, Vec<_>) = replies.iter().partition(|reply| reply.status == 200);
    assert_eq!((given.len(), refused.len()), (1, 19));
    for reply in refused {
        reply.problem(401);
    }
    rotate(app, &Pair::of(&given.first().unwrap().json()).refresh);
}

#[test]
fn within_a_grace_a_lost_answer_is_given_again() {
    let app = Settings::new().set("REFRESH_GRACE_SECONDS", "60").start();
    let first = app.person().pair;
    let second = rotate(&app, &first.refresh);
    assert_eq!(rotate(&app, &first.refresh), second);
    assert_eq!(rotate(&app, &first.refresh), second, "as long as the child is unused");
    let app = app.kill().start();
    assert_eq!(rotate(&app, &first.refresh), second, "the answer that got lost may be the server's own end");
    app.get("/users/me").token(&second.access).ok();
    refresh(&app, &first.refresh).problem(401);
    app.get("/users/me").token(&second.access).ok();
    let third = rotate(&app, &second.refresh);
    assert_eq!(rotate(&app, &second.refresh), third, "every generation has its own grace");
    let fourth = rotate(&app, &third.refresh);
    refresh(&app, &second.refresh).problem(401);
    check_revoked(&app, &[&fourth, &third]);
}

#[test]
fn a_pair_that_is_given_again_says_what_is_left_of_it() {
    let app = Settings::new().set("REFRESH_GRACE_SECONDS", "60").start();
    let first = app.person().pair;
    let expires_in = || refresh(&app, &first.refresh).expect(200).json()["expires_in"].as_i64().expect("seconds");
    assert_eq!(expires_in(), 900);
    thread::sleep(Duration::from_millis(1_100));
    let left = expires_in();
    assert!((880..900).contains(&left), "{left}");
}

#[test]
fn within_a_grace_many_at_once_get_one_child() {
    let app = Settings::new().set("REFRESH_GRACE_SECONDS", "60").start();
    let first = app.person().pair;
    let pairs = thread::scope(|scope| {
        let callers: Vec<_> = (0..20).map(|_| scope.spawn(|| rotate(&app, &first.refresh))).collect();
        callers.into_iter().map(|caller| caller.join().unwrap().refresh).collect::<BTreeSet<_>>()
    });
    assert_eq!(pairs.len(), 1, "the children differ");
    rotate(&app, pairs.first().unwrap());
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
fn what_was_used_stays_used_across_a_restart() {
    let app = Settings::new().start();
    let first = app.person().pair;
    let second = rotate(&app, &first.refresh);
    let app = app.kill().start();
    refresh(&app, &first.refresh).problem(401);
    let third = rotate(&app, &second.refresh);
    let app = app.kill().start();
    refresh(&app, &first.refresh).problem(401);
    check_revoked(&app, &[&third, &second]);
}
