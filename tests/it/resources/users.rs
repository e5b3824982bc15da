//! `/users` and `/users/me`

use serde_json::{Value, json};

use crate::driver::{encode, shared, unique, unique_email};

#[test]
fn users_me_is_the_caller() {
    let app = shared();
    let person = app.person();
    let me = app.get("/users/me").by(&person).ok();
    assert_eq!((&me["id"], &me["email"]), (&json!(person.id), &json!(person.email)));
    assert_eq!(app.get(&format!("/users/{}", person.id)).by(app.admin()).ok(), me);
    let mut changed = me;
    for name in ["null", "[1]", "", "{}"] {
        changed = app.patch("/users/me", &json!({ "display_name": name })).by(&person).ok();
        assert_eq!(changed["display_name"], name);
        let listed = app.get(&format!("/users?email={}", encode(&person.email))).by(app.admin()).ok();
        assert_eq!(listed["items"], json!([changed]));
    }
    assert_eq!(app.get("/users/me").by(&person).ok(), changed);
    assert_eq!(app.patch("/users/me", &json!({})).by(&person).ok(), changed);
}

#[test]
fn an_address_is_stored_as_given_but_for_the_domain() {
    let app = shared();
    let person = app.person();
    let local = unique("O'Neil+Tag.");
    let with = |email: String, password: &str| json!({ "email": email, "current_password": password });
    let body = with(format!("{local}@Mail.EXAMPLE.com"), &person.password);
    let changed = app.patch("/users/me", &body).by(&person).ok();
    assert_eq!(changed["email"], format!("{local}@mail.example.com").as_str());
    let other = app.person();
    let taken = |password: &str| with(format!("{}@mail.example.com", local.to_uppercase()), password);
    app.patch("/users/me", &taken(&other.password)).by(&other).refused(409);
    let admin = app.admin();
    app.patch(&format!("/users/{}", other.id), &taken(&admin.password)).by(admin).refused(409);
    // One's own address in another case is not taken.
    let own = app.patch("/users/me", &taken(&person.password)).by(&person).ok();
    assert_eq!(own["email"], taken("")["email"]);
}

#[test]
fn nobody_changes_his_own_role() {
    let app = shared();
    let person = app.person();
    let before = app.get("/users/me").by(&person).ok();
    for body in [
        json!({ "role": "admin" }),
        json!({ "role": "user" }),
        json!({ "is_active": false }),
        json!({ "display_name": "x", "role": "admin" }),
    ] {
        app.patch("/users/me", &body).by(&person).refused(403);
    }
    assert_eq!(app.get("/users/me").by(&person).ok(), before);
}

#[test]
fn faults_of_a_patch() {
    let app = shared();
    let person = app.person();
    let path = format!("/users/{}", person.id);
    let check = |body: &Value, fields: &[&str]| {
        app.patch("/users/me", body).by(&person).faulty(fields);
        app.patch(&path, body).by(app.admin()).faulty(fields);
    };
    check(&json!({ "email": null }), &["email"]);
    check(&json!({ "email": "plain" }), &["email"]);
    check(&json!({ "email": format!("{}@example.com", "a".repeat(255)) }), &["email"]);
    check(&json!({ "display_name": null }), &["display_name"]);
    check(&json!({ "display_name": "n".repeat(101) }), &["display_name"]);
    check(&json!({ "display_name": "\u{0}" }), &["display_name"]);
    check(&json!({ "id": 1 }), &["id"]);
    check(&json!({ "created_at": "x", "updated_at": "x", "nick": "x" }), &["created_at", "updated_at", "nick"]);
    check(&json!({ "email": 1, "display_name": 2, "x": 3 }), &["email", "display_name", "x"]);
    for (body, fields) in [
        (json!({ "role": "owner" }), &["role"][..]),
        (json!({ "role": null }), &["role"]),
        (json!({ "is_active": null }), &["is_active"]),
        (json!({ "is_active": 1 }), &["is_active"]),
        (json!({ "is_active": "true" }), &["is_active"]),
        (
            json!({ "role": 1, "is_active": 0, "email": "x", "display_name": [] }),
            &["role", "is_active", "email", "display_name"],
        ),
    ] {
        app.patch(&path, &body).by(app.admin()).faulty(fields);
    }
    assert_eq!(app.patch("/users/me", &json!({ "display_name": "😀".repeat(100) })).by(&person).send().status, 200);
}

#[test]
fn an_admin_changes_what_the_contract_says() {
    let app = shared();
    let person = app.person();
    let path = format!("/users/{}", person.id);
    let email = unique_email();
    let body = json!({ "email": email, "display_name": "Grace", "role": "admin", "is_active": true });
    let mut sent = body.clone();
    sent["current_password"] = json!(app.admin().password);
    let user = app.patch(&path, &sent).by(app.admin()).ok();
    for (field, value) in body.as_object().unwrap() {
        assert_eq!(&user[field], value);
    }
    assert_eq!(app.get(&path).by(app.admin()).ok(), user);
    app.login(&email, &person.password);
}
