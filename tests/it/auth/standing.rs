//! What an admin changes about an account counts from its next request.

use serde_json::json;

use crate::driver::{Settings, shared};

#[test]
fn a_new_role_counts_at_once_and_ends_no_session() {
    let app = shared();
    let person = app.person();
    let path = format!("/users/{}", person.id);
    app.get("/users").by(&person).refused(403);
    app.patch(&path, &json!({ "role": "admin" })).by(app.admin()).ok();
    app.get("/users").by(&person).ok();
    assert_eq!(app.get("/users/me").by(&person).ok()["role"], "admin");
    app.patch(&path, &json!({ "role": "user" })).by(app.admin()).ok();
    app.get("/users").by(&person).refused(403);
    app.get("/users/me").by(&person).ok();
    app.post("/auth/refresh", &json!({ "refresh_token": person.pair.refresh })).ok();
}

#[test]
fn a_disabled_account_is_out_at_once() {
    let app = shared();
    let person = app.person();
    let project = app.project(&person);
    app.disable(&person);
    for (method, path) in [("GET", "/users/me".to_owned()), ("DELETE", format!("/projects/{project}"))] {
        app.api(method, &path).by(&person).refused(401);
    }
    app.post("/auth/refresh", &json!({ "refresh_token": person.pair.refresh })).refused(401);
    app.get(&format!("/projects/{project}")).by(app.admin()).ok();

    app.patch(&format!("/users/{}", person.id), &json!({ "is_active": true })).by(app.admin()).ok();
    // What was ended stays so.
    app.get("/users/me").by(&person).refused(401);
    app.post("/auth/refresh", &json!({ "refresh_token": person.pair.refresh })).refused(401);
    let pair = app.login(&person.email, &person.password);
    app.get(&format!("/projects/{project}")).token(&pair.access).ok();
}

#[test]
fn a_new_address_is_the_one_to_log_in_with() {
    let app = shared();
    let person = app.person();
    let email = crate::driver::unique_email();
    app.patch("/users/me", &json!({ "email": email, "current_password": person.password })).by(&person).ok();
    app.post("/auth/login", &json!({ "email": person.email, "password": person.password })).refused(401);
    app.login(&email, &person.password);
}

#[test]
fn the_last_active_admin_stays() {
    let app = Settings::new().start();
    let (first, second, person) = (app.new_admin(), app.new_admin(), app.person());
    let path = |id: i64| format!("/users/{id}");
    app.patch(&path(second.id), &json!({ "is_active": false })).by(&first).ok();
    for change in
        [json!({ "role": "user" }), json!({ "is_active": false }), json!({ "role": "user", "is_active": false })]
    {
        app.patch(&path(first.id), &change).by(&first).refused(409);
    }
    let me = app.get("/users/me").by(&first).ok();
    assert_eq!((&me["role"], &me["is_active"]), (&json!("admin"), &json!(true)));
    app.patch(&path(first.id), &json!({ "role": "admin", "display_name": "Ada" })).by(&first).ok();

    app.patch(&path(person.id), &json!({ "role": "admin" })).by(&first).ok();
    app.patch(&path(first.id), &json!({ "role": "user" })).by(&first).ok();
    app.patch(&path(person.id), &json!({ "is_active": false })).by(&person).refused(409);
}

#[test]
fn two_admins_cannot_depose_each_other() {
    let app = Settings::new().start();
    let (first, second) = (app.new_admin(), app.new_admin());
    for round in 0..10 {
        let depose = |by, victim: &crate::driver::Person| {
            app.patch(&format!("/users/{}", victim.id), &json!({ "role": "user" })).by(by).send().status
        };
        let statuses = std::thread::scope(|scope| {
            let other = scope.spawn(|| depose(&first, &second));
            [depose(&second, &first), other.join().unwrap()]
        });
        let deposed = statuses.iter().filter(|&&status| status == 200).count();
        assert_eq!(deposed, 1, "round {round}: {statuses:?}");
        let (left, gone) = if statuses[0] == 200 { (&second, &first) } else { (&first, &second) };
        app.patch(&format!("/users/{}", gone.id), &json!({ "role": "admin" })).by(left).ok();
    }
}
