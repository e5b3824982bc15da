//! How often somebody may be wrong about a password.

use std::{thread, time::Duration};

use fasttrack::testing::{TestApp as Kit, json};

use super::{FORGOTTEN, newest_token, with_mail};
use crate::driver::{Reply, Settings, TestApp, server_only, unique_email};

/// Logs in from an address.
fn log_in(app: &TestApp, email: &str, password: &str, from: &str) -> Reply {
    app.post("/auth/login", &json!({ "email": email, "password": password })).header("x-forwarded-for", from).send()
}

fn behind_a_proxy() -> TestApp {
    Settings::new().set("TRUSTED_PROXIES", "127.0.0.1").start()
}

/// How long somebody is told to wait.
#[track_caller]
fn wait_s(reply: &Reply) -> u64 {
    reply.problem(429);
    reply.header("retry-after").and_then(|value| value.parse().ok()).unwrap_or_else(|| panic!("{reply}"))
}

#[test]
fn five_wrong_passwords_make_further_log_ins_wait_from_any_address() {
    let app = behind_a_proxy();
    let (person, other) = (app.person(), app.person());
    for place in 1..=5 {
        log_in(&app, &person.email, "not the password", &format!("192.0.2.{place}")).problem(401);
    }
    for (email, from) in [(&person.email, "192.0.2.1"), (&person.email.to_uppercase(), "198.51.100.7")] {
        for password in [&person.password, "not the password"] {
            let reply = log_in(&app, email, password, from);
            assert!((1..=60).contains(&wait_s(&reply)), "{reply}");
        }
    }
    // Others, and whoever is logged in already, notice nothing of it.
    log_in(&app, &other.email, &other.password, "192.0.2.1").expect(200);
    app.get("/users/me").by(&person).ok();
    app.post("/auth/refresh", &json!({ "refresh_token": person.pair.refresh })).ok();
}

#[test]
fn nobody_learns_so_whether_there_is_an_account() {
    let app = behind_a_proxy();
    let person = app.person();
    let answers = |email: &str| -> Vec<_> {
        let ask = |_| {
            let reply = log_in(&app, email, "not the password", "192.0.2.1");
            let mut problem: serde_json::Value = serde_json::from_slice(&reply.body).unwrap();
            problem["request_id"] = json!("");
            let detail = problem["detail"].as_str().unwrap().replace(char::is_numeric, "");
            problem["detail"] = json!(detail);
            (reply.status, problem)
        };
        (0..7).map(ask).collect()
    };
    let (known, unknown) = (answers(&person.email), answers(&unique_email()));
    assert_eq!(known, unknown);
    assert_eq!(known.iter().map(|(status, _)| *status).collect::<Vec<_>>(), [401, 401, 401, 401, 401, 429, 429]);
}

#[test]
fn whoever_is_right_gets_in_after_a_minute_however_often_others_are_wrong() {
    let app = Kit::start(resources::application());
    let ada = app.account("ada");
    let log_in = |password: &str| {
        let body = json!({ "email": ada.email, "password": password });
        app.anonymous().call("POST", "/auth/login").json(&body).send()
    };
    for _ in 0..5 {
        assert_eq!(log_in("not the password").status, 401);
        app.advance(Duration::from_secs(1));
    }
    // What is not compared counts for nothing.
    for _ in 0..20 {
        assert_eq!(log_in("not the password").status, 429);
    }
    let refused = log_in(&ada.password);
    assert_eq!((refused.status, refused.header("retry-after")), (429, Some("55")));
    app.advance(Duration::from_secs(54));
    assert_eq!(log_in(&ada.password).status, 429);
    app.advance(Duration::from_secs(1));
    assert_eq!(log_in(&ada.password).status, 200);
    // One of the five is a minute old, so one more may be wrong.
    assert_eq!((log_in("not the password").status, log_in(&ada.password).status), (401, 429));
}

#[test]
fn who_is_right_is_not_counted() {
    let app = Settings::new().start();
    let person = app.person();
    for _ in 0..8 {
        app.login(&person.email, &person.password);
    }
    let statuses: Vec<_> = thread::scope(|scope| {
        let ask =
            || app.post("/auth/login", &json!({ "email": person.email, "password": person.password })).send().status;
        let threads: Vec<_> = (0..24).map(|_| scope.spawn(ask)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(statuses, vec![200; 24]);
}

#[test]
fn of_many_wrong_ones_at_a_time_five_are_compared() {
    let app = Settings::new().start();
    let person = app.person();
    check_five_are_compared(&[&app], &person.email);
}

#[test]
fn nodes_count_together() {
    server_only!("several processes on one database");
    let settings = Settings::new();
    let [one, other] = [settings.start(), settings.start()];
    let person = one.person();
    check_five_are_compared(&[&one, &other], &person.email);
    one.post("/auth/login", &json!({ "email": person.email, "password": person.password })).refused(429);
}

#[track_caller]
fn check_five_are_compared(apps: &[&TestApp], email: &str) {
    let statuses: Vec<_> = thread::scope(|scope| {
        let ask = |place: usize| {
            let body = json!({ "email": email, "password": "not the password" });
            apps[place % apps.len()].post("/auth/login", &body).send().status
        };
        let threads: Vec<_> = (0..40).map(|place| scope.spawn(move || ask(place))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let count = |wanted: u16| statuses.iter().filter(|&&status| status == wanted).count();
    assert_eq!((count(401), count(429)), (5, 35), "{statuses:?}");
}

#[test]
fn the_current_password_is_no_way_around() {
    let app = Settings::new().start();
    let person = app.person();
    let change = |current: &str| json!({ "current_password": current, "new_password": "another good one" });
    let moved = |current: &str| json!({ "email": unique_email(), "current_password": current });
    for place in 0..5 {
        if place % 2 == 0 {
            app.post("/auth/password", &change("not the password")).by(&person).refused(401);
        } else {
            app.patch("/users/me", &moved("not the password")).by(&person).refused(401);
        }
    }
    wait_s(&app.post("/auth/password", &change(&person.password)).by(&person).send());
    wait_s(&app.patch("/users/me", &moved(&person.password)).by(&person).send());
    let batch = json!({ "operations": [{ "method": "PATCH", "path": "/users/me", "body": moved(&person.password) }] });
    assert_eq!(app.post("/batch", &batch).by(&person).send().status, 429);
    // It does not keep the owner from logging in.
    app.login(&person.email, &person.password);
}

#[test]
fn a_password_that_is_set_with_a_link_begins_anew() {
    let (app, sink) = with_mail();
    let person = app.person();
    let wrong = json!({ "email": person.email, "password": "not the password" });
    for _ in 0..5 {
        app.post("/auth/login", &wrong).refused(401);
    }
    app.post("/auth/login", &wrong).refused(429);
    app.post("/auth/forgot", &json!({ "email": person.email })).send().expect(202);
    let token = newest_token(&app, &sink, (&person.email, FORGOTTEN), 1);
    app.post("/auth/reset", &json!({ "token": token, "password": "a password that is new" })).done();
    app.login(&person.email, "a password that is new");
}
