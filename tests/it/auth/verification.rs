//! `POST /auth/verify`, `POST /auth/verify/send`: that an address is confirmed.

use std::time::Duration;

use fasttrack::testing::{TestApp as Kit, json};

use super::{UNVERIFIED, letters, newest_token, with_mail};
use crate::driver::{Person, Settings, TestApp, unique_email};

fn is_verified(app: &TestApp, person: &Person) -> bool {
    app.get("/users/me").by(person).ok()["email_verified"].as_bool().unwrap()
}

#[test]
fn who_registers_is_asked_whether_the_address_is_his() {
    let (app, sink) = with_mail();
    let person = app.person();
    assert!(!is_verified(&app, &person));
    let token = newest_token(&app, &sink, (&person.email, UNVERIFIED), 1);
    let [letter] = &letters(&app, &sink, &person.email, UNVERIFIED)[..] else { panic!("not one mail") };
    let link = format!("https://x.example/tracker/verify#token={token}");
    assert!(letter.data.lines().any(|line| line == link), "{}", letter.data);
    app.post("/auth/verify", &json!({ "token": token })).done();
    assert!(is_verified(&app, &person));
    // It ends no session, and is good once.
    app.post("/auth/verify", &json!({ "token": token })).refused(401);
    app.post("/auth/reset", &json!({ "token": token, "password": "long enough" })).refused(401);

    // Who has confirmed his address is asked no more.
    app.api("POST", "/auth/verify/send").by(&person).send().expect(202);
    assert_eq!(letters(&app, &sink, &person.email, UNVERIFIED).len(), 1);
}

#[test]
fn the_mail_is_sent_once_more_but_not_for_ever() {
    let (app, sink) = with_mail();
    let person = app.person();
    let first = newest_token(&app, &sink, (&person.email, UNVERIFIED), 1);
    for _ in 0..7 {
        let sent = app.api("POST", "/auth/verify/send").by(&person).send().expect(202);
        assert!(sent.body.is_empty(), "{sent}");
    }
    let newest = newest_token(&app, &sink, (&person.email, UNVERIFIED), 5);
    app.post("/auth/verify", &json!({ "token": first })).refused(401);
    app.api("POST", "/auth/verify/send").refused(401);
    app.api("POST", "/auth/verify/send").json(&json!({ "x": 1 })).by(&person).faulty(&["x"]);
    // Mails go out side by side, so that another one may have been the last.
    let _ = newest;
    assert!(!is_verified(&app, &person));
}

#[test]
fn nobody_says_it_of_himself() {
    let (app, _sink) = with_mail();
    let person = app.person();
    let claimed = json!({ "email_verified": true });
    app.patch("/users/me", &claimed).by(&person).faulty(&["email_verified"]);
    app.patch(&format!("/users/{}", person.id), &claimed).by(app.admin()).faulty(&["email_verified"]);
    let body = json!({ "email": unique_email(), "password": "long enough", "email_verified": true });
    app.post("/auth/register", &body).faulty(&["email_verified"]);
}

#[test]
fn an_account_that_the_operator_makes_has_his_word_for_its_address() {
    let (app, sink) = with_mail();
    let admin = app.new_admin();
    assert!(is_verified(&app, &admin));
    assert!(letters(&app, &sink, &admin.email, UNVERIFIED).is_empty());
}

#[test]
fn a_link_is_good_for_a_day() {
    let app = Kit::start(resources::application());
    let follow = |name: &str, hours: u64| {
        let email = format!("{name}@example.com");
        let body = json!({ "email": email, "password": "long enough" });
        app.anonymous().call("POST", "/auth/register").json(&body).expect(201);
        app.run_jobs();
        let mail = app.mails_to(email.as_str()).pop().unwrap();
        let token = mail.text.lines().find_map(|line| line.strip_prefix("/verify#token=")).unwrap().to_owned();
        app.advance(Duration::from_secs(hours * 3_600 - 1));
        app.anonymous().call("POST", "/auth/verify").json(&json!({ "token": token })).send().status
    };
    assert_eq!((follow("ada", 24), follow("bob", 25)), (204, 401));
}

#[test]
fn links_lead_where_the_settings_say() {
    let sink = crate::driver::Sink::start();
    let app = crate::jobs::mailing(&sink).set("VERIFY_URL", "https://app.example/#/verify/{token}/now").start();
    let person = app.person();
    let mut found = Vec::new();
    crate::driver::wait_until("the mail arrives", || {
        found = letters(&app, &sink, &person.email, UNVERIFIED);
        !found.is_empty()
    });
    let link = found[0].data.lines().find_map(|line| line.strip_prefix("https://app.example/#/verify/"));
    let token = link.and_then(|rest| rest.strip_suffix("/now")).unwrap_or_else(|| panic!("{}", found[0].data));
    app.post("/auth/verify", &json!({ "token": token })).done();
    for value in ["https://app.example/reset", "javascript:alert({token})"] {
        let refusal = Settings::new().set("RESET_URL", value).refused();
        assert!(refusal.stderr.contains("RESET_URL") && refusal.stderr.contains("{token}"), "{}", refusal.stderr);
    }
}
