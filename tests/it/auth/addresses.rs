//! A change of the address, with which one gets a new password.

use fasttrack::testing::json;

use super::{UNVERIFIED, letters, newest_token, with_mail};
use crate::driver::{shared, unique_email};

const CHANGED: &str = "Your address was changed";

#[test]
fn a_new_address_is_confirmed_by_mail_and_the_old_one_hears_of_it() {
    let (app, sink) = with_mail();
    let person = app.person();
    let first = newest_token(&app, &sink, (&person.email, UNVERIFIED), 1);
    app.post("/auth/verify", &json!({ "token": first })).done();
    let email = unique_email();
    let change = json!({ "email": email, "current_password": person.password });
    let changed = app.patch("/users/me", &change).by(&person).ok();
    assert_eq!((&changed["email"], &changed["email_verified"]), (&json!(email), &json!(false)));

    let token = newest_token(&app, &sink, (&email, UNVERIFIED), 1);
    let [notice] = &letters(&app, &sink, &person.email, CHANGED)[..] else { panic!("not one notice") };
    assert!(notice.data.contains(&email) && !notice.data.contains(&token), "{}", notice.data);
    assert!(letters(&app, &sink, &person.email, UNVERIFIED).len() == 1, "the old address gets no link");
    app.post("/auth/verify", &json!({ "token": token })).done();
    assert_eq!(app.get("/users/me").by(&person).ok()["email_verified"], true);

    // The same address is no change.
    let again = app.patch("/users/me", &json!({ "email": email })).by(&person).ok();
    assert_eq!(again["email_verified"], true);
}

#[test]
fn whoever_changes_an_address_shows_who_he_is() {
    let app = shared();
    let (person, other) = (app.person(), app.person());
    let path = format!("/users/{}", person.id);
    let with = |password: &str| json!({ "email": unique_email(), "current_password": password });
    let before = app.get("/users/me").by(&person).ok();

    app.patch("/users/me", &json!({ "email": unique_email() })).by(&person).faulty(&["current_password"]);
    app.patch(&path, &json!({ "email": unique_email() })).by(app.admin()).faulty(&["current_password"]);
    app.patch("/users/me", &json!({ "email": unique_email(), "current_password": 7 }))
        .by(&person)
        .faulty(&["current_password"]);
    app.patch("/users/me", &json!({ "email": "none", "current_password": "x", "nick": 1 }))
        .by(&person)
        .faulty(&["email", "nick"]);
    app.patch("/users/me", &with("not the password")).by(&person).refused(401);
    app.patch("/users/me", &with(&other.password)).by(&person).refused(401);
    // An admin shows that he is himself; whose account it is does not matter.
    app.patch(&path, &with(&person.password)).by(app.admin()).refused(401);
    app.patch(&path, &with(&app.admin().password)).by(&person).refused(403);
    assert_eq!(app.get("/users/me").by(&person).ok(), before);

    let moved = app.patch(&path, &with(&app.admin().password)).by(app.admin()).ok();
    assert_ne!(moved["email"], before["email"]);
    // One that is sent along without need has to be right as well.
    let named = json!({ "display_name": "Ada", "current_password": "not the password" });
    app.patch("/users/me", &named).by(&person).refused(401);
    let named = json!({ "display_name": "Ada", "current_password": person.password });
    assert_eq!(app.patch("/users/me", &named).by(&person).ok()["display_name"], "Ada");
}

#[test]
fn a_batch_asks_for_the_same() {
    let app = shared();
    let person = app.person();
    let change = |email: &str, password: Option<&str>| {
        let mut body = json!({ "email": email });
        if let Some(password) = password {
            body["current_password"] = json!(password);
        }
        json!({ "method": "PATCH", "path": "/users/me", "body": body })
    };
    let run = |operations: serde_json::Value| app.post("/batch", &json!({ "operations": operations })).by(&person);
    let [first, second] = [unique_email(), unique_email()];
    run(json!([change(&first, None)])).refused(422);
    run(json!([change(&first, Some("not the password"))])).refused(401);
    run(json!([change(&first, Some(&person.password)), change(&second, Some("$0.display_name"))])).refused(401);
    run(json!([change(&first, Some(&person.password)), change(&second, None)])).refused(422);
    assert_eq!(app.get("/users/me").by(&person).ok()["email"], person.email.as_str());
    run(json!([change(&first, Some(&person.password)), change(&second, Some(&person.password))])).ok();
    assert_eq!(app.get("/users/me").by(&person).ok()["email"], second.as_str());
}
