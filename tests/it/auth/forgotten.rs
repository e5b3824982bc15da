//! `POST /auth/forgot`, `POST /auth/reset`

use std::{thread, time::Duration};

use fasttrack::testing::{TestApp as Kit, json};

use super::{FORGOTTEN, letters, newest_token, token, with_mail};
use crate::{
    driver::{Person, Sink, TestApp, shared, unique_email},
    jobs::wait_for_the_jobs,
};

/// Asks for a link, and follows the mail.
#[track_caller]
fn forgotten(app: &TestApp, sink: &Sink, person: &Person, count: usize) -> String {
    let asked = app.post("/auth/forgot", &json!({ "email": person.email })).send().expect(202);
    assert!(asked.body.is_empty(), "{asked}");
    newest_token(app, sink, (&person.email, FORGOTTEN), count)
}

fn reset(token: &str, password: &str) -> serde_json::Value {
    json!({ "token": token, "password": password })
}

#[test]
fn a_link_sets_a_password_once_and_ends_every_session() {
    let (app, sink) = with_mail();
    let person = app.person();
    let other = app.login(&person.email, &person.password);
    app.post("/auth/forgot", &json!({ "email": person.email.to_uppercase() })).send().expect(202);
    let token = newest_token(&app, &sink, (&person.email, FORGOTTEN), 1);
    let [letter] = &letters(&app, &sink, &person.email, FORGOTTEN)[..] else { panic!("not one mail") };
    let link = format!("https://x.example/tracker/reset#token={token}");
    assert!(letter.data.lines().any(|line| line == link), "{}", letter.data);
    assert_eq!(letter.from, "tracker@example.com");

    // What is wrong with the password does not use the link up.
    app.post("/auth/reset", &reset(&token, "short")).faulty(&["password"]);
    app.post("/auth/reset", &reset(&token, "a password that is new")).done();
    app.post("/auth/reset", &reset(&token, "a password that is newer")).refused(401);
    for pair in [&person.pair, &other] {
        app.get("/users/me").token(&pair.access).refused(401);
        app.post("/auth/refresh", &json!({ "refresh_token": pair.refresh })).refused(401);
    }
    app.post("/auth/login", &json!({ "email": person.email, "password": person.password })).refused(401);
    let pair = app.login(&person.email, "a password that is new");
    // Whoever has followed the link reads mail there.
    assert_eq!(app.get("/users/me").token(&pair.access).ok()["email_verified"], true);
    assert!(!app.log().contains(&token), "the token is in the log");
}

/// Whoever made an account may only have typed the address: what lets him in without a password ends with that of its owner.
#[test]
fn a_key_from_before_anybody_confirmed_the_address_ends_with_the_password() {
    let (app, sink) = with_mail();
    let person = app.person();
    let key = |pair: &crate::driver::Pair| {
        let made = app.post("/auth/keys", &json!({ "name": "ci" })).token(&pair.access).created();
        made["key"].as_str().unwrap().to_owned()
    };
    let unconfirmed = key(&person.pair);
    app.get("/users/me").token(&unconfirmed).ok();
    let token = forgotten(&app, &sink, &person, 1);
    app.post("/auth/reset", &reset(&token, "a password that is new")).done();
    app.get("/users/me").token(&unconfirmed).refused(401);
    let confirmed = key(&app.login(&person.email, "a password that is new"));
    let token = forgotten(&app, &sink, &person, 2);
    app.post("/auth/reset", &reset(&token, "a password that is newer")).done();
    app.get("/users/me").token(&confirmed).ok();
}

#[test]
fn a_newer_link_ends_the_one_before() {
    let (app, sink) = with_mail();
    let person = app.person();
    let older = forgotten(&app, &sink, &person, 1);
    let newer = forgotten(&app, &sink, &person, 2);
    app.post("/auth/reset", &reset(&older, "a password that is new")).refused(401);
    app.post("/auth/reset", &reset(&newer, "a password that is new")).done();
}

#[test]
fn a_link_ends_with_what_it_was_for() {
    let (app, sink) = with_mail();
    let change = |person: &Person, what: &str| match what {
        "password" => {
            let body = json!({ "current_password": person.password, "new_password": "another good one" });
            app.post("/auth/password", &body).by(person).done();
        }
        "address" => {
            let body = json!({ "email": unique_email(), "current_password": person.password });
            app.patch("/users/me", &body).by(person).ok();
        }
        "standing" => {
            app.disable(person);
            app.patch(&format!("/users/{}", person.id), &json!({ "is_active": true })).by(app.admin()).ok();
        }
        "operator" => {
            let output = app.run(&["user", "password", &person.email], "set by the operator\n");
            assert!(output.status.success(), "{output:?}");
        }
        _ => {}
    };
    for what in ["password", "address", "standing", "operator", "nothing"] {
        let person = app.person();
        let token = forgotten(&app, &sink, &person, 1);
        change(&person, what);
        let reply = app.post("/auth/reset", &reset(&token, "a password that is new")).send();
        assert_eq!(reply.status, if what == "nothing" { 204 } else { 401 }, "{what}: {reply}");
    }
}

#[test]
fn nobody_learns_whether_there_is_an_account() {
    let (app, sink) = with_mail();
    let (known, disabled) = (app.person(), app.person());
    app.disable(&disabled);
    let ask = |email: &str| app.post("/auth/forgot", &json!({ "email": email })).send().expect(202);
    let names = |reply: &crate::driver::Reply| {
        reply.headers.keys().map(ToString::to_string).collect::<std::collections::BTreeSet<_>>()
    };
    let expected = ask(&known.email);
    let unknown = unique_email();
    for email in [unknown.as_str(), &disabled.email, "no address", "a@b\u{20ac}.example"] {
        let reply = ask(email);
        assert_eq!((&reply.body, names(&reply)), (&expected.body, names(&expected)), "{email}");
    }
    wait_for_the_jobs(&app);
    assert_eq!(letters(&app, &sink, &known.email, FORGOTTEN).len(), 1);
    for email in [&unknown, &disabled.email] {
        assert!(letters(&app, &sink, email, FORGOTTEN).is_empty(), "{email}");
    }
}

#[test]
fn nobody_is_flooded_with_mail() {
    let (app, sink) = with_mail();
    let (person, other) = (app.person(), app.person());
    for _ in 0..8 {
        app.post("/auth/forgot", &json!({ "email": person.email })).send().expect(202);
    }
    let found = letters(&app, &sink, &person.email, FORGOTTEN);
    assert_eq!(found.len(), 5);
    // The last one that was sent is good, and others are sent theirs.
    forgotten(&app, &sink, &other, 1);
    let good: Vec<_> = found
        .iter()
        .map(|letter| app.post("/auth/reset", &reset(&token(letter), "a password that is new")).send().status)
        .collect();
    assert_eq!(good.iter().filter(|&&status| status == 204).count(), 1, "{good:?}");
}

#[test]
fn a_mail_that_was_not_sent_is_sent_later_and_not_counted() {
    let (app, sink) = with_mail();
    let person = app.person();
    wait_for_the_jobs(&app);
    sink.refuse(1);
    let token = forgotten(&app, &sink, &person, 1);
    assert_eq!(sink.refused(), 1);
    let count = "SELECT count(*) FROM fasttrack_links WHERE purpose = 'reset'";
    let rows = app.settings().execute(fasttrack::db::Statement::new(count, Vec::new()));
    assert_eq!(rows[0].int(0), Some(1));
    app.post("/auth/reset", &reset(&token, "a password that is new")).done();
}

#[test]
fn of_many_who_follow_a_link_one_gets_there() {
    let (app, sink) = with_mail();
    let person = app.person();
    let token = forgotten(&app, &sink, &person, 1);
    let statuses: Vec<_> = thread::scope(|scope| {
        let follow = |place: usize| {
            let body = reset(&token, &format!("the password of number {place}"));
            app.post("/auth/reset", &body).send().status
        };
        let threads: Vec<_> = (0..16).map(|place| scope.spawn(move || follow(place))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(statuses.iter().filter(|&&status| status == 204).count(), 1, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|&&status| status == 401).count(), 15, "{statuses:?}");
}

#[test]
fn what_is_kept_of_a_link_opens_nothing() {
    let (app, sink) = with_mail();
    let person = app.person();
    let token = forgotten(&app, &sink, &person, 1);
    let kept = if crate::driver::dialect() == fasttrack::db::Dialect::Sqlite {
        "SELECT CAST(digest AS BLOB) FROM fasttrack_links WHERE purpose = 'reset'"
    } else {
        "SELECT digest::text FROM fasttrack_links WHERE purpose = 'reset'"
    };
    let rows = app.settings().execute(fasttrack::db::Statement::new(kept, Vec::new()));
    let digest = rows[0].text(0).unwrap().to_owned();
    assert_ne!(digest, token);
    for wrong in [digest.as_str(), "", "x", &token[1..], &format!("{token}="), &token.to_lowercase()] {
        let problem = app.post("/auth/reset", &reset(wrong, "a password that is new")).refused(401);
        assert!(problem["detail"].as_str().unwrap().contains("ask for a new one"), "{problem}");
        app.post("/auth/verify", &json!({ "token": wrong })).refused(401);
    }
    // A link is for one purpose.
    app.post("/auth/verify", &json!({ "token": token })).refused(401);
    app.post("/auth/reset", &reset(&token, "a password that is new")).done();
}

#[test]
fn a_link_is_good_for_half_an_hour() {
    let app = Kit::start(resources::application());
    let ada = app.account("ada");
    let follow = |minutes: u64| {
        let asked = app.anonymous().call("POST", "/auth/forgot").json(&json!({ "email": ada.email }));
        asked.expect(202);
        app.run_jobs();
        let mail = app.mails_to(&ada).pop().unwrap();
        let token = mail.text.lines().find_map(|line| line.strip_prefix("/reset#token=")).unwrap().to_owned();
        app.advance(Duration::from_secs(minutes * 60 - 1));
        let body = json!({ "token": token, "password": format!("a password after {minutes} minutes") });
        app.anonymous().call("POST", "/auth/reset").json(&body).send().status
    };
    assert_eq!((follow(30), follow(31)), (204, 401));
}

#[test]
fn faults_are_told_before_anything_else() {
    let app = shared();
    app.post("/auth/forgot", &json!({})).faulty(&["email"]);
    app.post("/auth/forgot", &json!({ "email": 1, "x": 2 })).faulty(&["email", "x"]);
    app.post("/auth/reset", &json!({ "token": null, "password": "short" })).faulty(&["token", "password"]);
    app.post("/auth/verify", &json!({ "token": [] })).faulty(&["token"]);
    app.get("/auth/forgot").refused(405);
}
