//! `POST /auth/password`

use serde_json::json;

use crate::driver::shared;

#[test]
fn a_new_password_ends_every_other_session() {
    let app = shared();
    let person = app.person();
    let others = [app.login(&person.email, &person.password), app.login(&person.email, &person.password)];
    let body = json!({ "current_password": person.password, "new_password": "the new password" });
    app.post("/auth/password", &body).by(&person).done();

    for other in &others {
        app.get("/users/me").token(&other.access).refused(401);
        app.post("/auth/refresh", &json!({ "refresh_token": other.refresh })).refused(401);
    }
    app.get("/users/me").by(&person).ok();
    app.post("/auth/login", &json!({ "email": person.email, "password": person.password })).refused(401);
    app.login(&person.email, "the new password");
    app.post("/auth/refresh", &json!({ "refresh_token": person.pair.refresh })).ok();
}

#[test]
fn the_current_password_has_to_be_right() {
    let app = shared();
    let person = app.person();
    let other = app.login(&person.email, &person.password);
    let body = json!({ "current_password": "a wrong password", "new_password": "the new password" });
    app.post("/auth/password", &body).by(&person).refused(401);
    app.get("/users/me").token(&other.access).ok();
    app.login(&person.email, &person.password);
}

#[test]
fn bodies_are_checked() {
    let app = shared();
    let person = app.person();
    let current = person.password.as_str();
    for (body, fields) in [
        (json!({}), &["current_password", "new_password"][..]),
        (json!({ "current_password": current }), &["new_password"]),
        (json!({ "current_password": current, "new_password": "seven77" }), &["new_password"]),
        (json!({ "current_password": current, "new_password": "p".repeat(1025) }), &["new_password"]),
        (json!({ "current_password": current, "new_password": "nul\u{0} in it" }), &["new_password"]),
        (json!({ "current_password": current, "new_password": null }), &["new_password"]),
        (json!({ "current_password": 1, "new_password": true }), &["current_password", "new_password"]),
        (json!({ "current_password": current, "new_password": "long enough", "x": 1 }), &["x"]),
        (json!({ "current_password": 1, "new_password": "short", "x": 1 }), &["current_password", "new_password", "x"]),
    ] {
        app.post("/auth/password", &body).by(&person).faulty(fields);
    }
    app.login(&person.email, current);
}

#[test]
fn long_passwords_differ_in_their_last_byte() {
    let app = shared();
    let person = app.person();
    let long = "y".repeat(1023);
    let body = json!({ "current_password": person.password, "new_password": format!("{long}1") });
    app.post("/auth/password", &body).by(&person).done();
    app.post("/auth/login", &json!({ "email": person.email, "password": format!("{long}2") })).refused(401);
    app.login(&person.email, &format!("{long}1"));
}
