//! `POST /auth/register`

use serde_json::{Value, json};

use crate::driver::{Person, shared, unique, unique_email};

#[track_caller]
fn check_faults(body: &Value, fields: &[&str]) {
    shared().post("/auth/register", body).faulty(fields);
}

#[test]
fn a_new_account_is_an_active_user_without_a_name() {
    let email = unique_email();
    let user = shared().post("/auth/register", &json!({ "email": email, "password": "eight888" })).created();
    let keys: Vec<_> = user.as_object().unwrap().keys().map(String::as_str).collect();
    let mut expected =
        vec!["id", "email", "email_verified", "display_name", "role", "is_active", "created_at", "updated_at"];
    expected.sort_unstable();
    let mut sorted = keys.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, expected);
    assert_eq!(user["email"], email.as_str());
    assert_eq!((&user["display_name"], &user["role"], &user["is_active"]), (&json!(""), &json!("user"), &json!(true)));
    assert_eq!(user["created_at"], user["updated_at"]);
}

#[test]
fn every_fault_is_reported_at_once() {
    let email = unique_email();
    let long_email = format!("{}@example.com", "a".repeat(255));
    let long_name = "n".repeat(101);
    check_faults(&json!({}), &["email", "password"]);
    check_faults(&json!({ "email": email }), &["password"]);
    check_faults(&json!({ "password": "long enough" }), &["email"]);
    check_faults(&json!({ "email": email, "password": "seven77" }), &["password"]);
    check_faults(&json!({ "email": email, "password": "ééé" }), &["password"]);
    check_faults(&json!({ "email": email, "password": "p".repeat(1025) }), &["password"]);
    check_faults(&json!({ "email": email, "password": "nul\u{0} in the middle" }), &["password"]);
    check_faults(&json!({ "email": email, "password": null }), &["password"]);
    check_faults(&json!({ "email": email, "password": 12_345_678 }), &["password"]);
    check_faults(&json!({ "email": email, "password": "long enough", "display_name": long_name }), &["display_name"]);
    check_faults(&json!({ "email": email, "password": "long enough", "display_name": null }), &["display_name"]);
    check_faults(&json!({ "email": email, "password": "long enough", "nickname": "x" }), &["nickname"]);
    check_faults(&json!({ "email": email, "password": "long enough", "id": 1 }), &["id"]);
    check_faults(
        &json!({ "email": email, "password": "long enough", "created_at": "2026-01-01T00:00:00Z" }),
        &["created_at"],
    );
    check_faults(
        &json!({ "email": long_email, "password": "short", "display_name": long_name, "x": 1, "updated_at": null }),
        &["email", "password", "display_name", "x", "updated_at"],
    );
    for bad in [json!(""), json!("plain"), json!("@example.com"), json!("a@"), json!("a b@example.com"), json!(7)] {
        check_faults(&json!({ "email": bad, "password": "long enough" }), &["email"]);
    }
    check_faults(&json!({ "email": "nul\u{0}@example.com", "password": "long enough" }), &["email"]);
    check_faults(&json!({ "email": null, "password": "long enough" }), &["email"]);
}

#[test]
fn the_bounds_themselves_pass() {
    for password in ["eight888".to_owned(), "éééé".to_owned(), "p".repeat(1024), "é".repeat(512)] {
        let email = unique_email();
        shared().post("/auth/register", &json!({ "email": email, "password": password })).created();
        shared().login(&email, &password);
    }
    let name = "😀".repeat(100);
    let body = json!({ "email": unique_email(), "password": "long enough", "display_name": name });
    assert_eq!(shared().post("/auth/register", &body).created()["display_name"], name.as_str());
}

#[test]
fn nobody_gives_himself_a_role() {
    for (field, value) in [("role", json!("admin")), ("role", json!("user")), ("is_active", json!(true))] {
        let email = unique_email();
        let body = json!({ "email": email, "password": "long enough", field: value });
        shared().post("/auth/register", &body).refused(403);
        shared().post("/auth/login", &json!({ "email": email, "password": "long enough" })).refused(401);
    }
}

#[test]
fn an_address_is_taken_whatever_its_case() {
    let local = unique("Mixed.Case");
    let body = json!({ "email": format!("{local}@EXAMPLE.Com"), "password": "long enough" });
    let user = shared().post("/auth/register", &body).created();
    assert_eq!(user["email"], format!("{local}@example.com").as_str(), "the case of the domain alone is dropped");
    for taken in [format!("{local}@example.com"), format!("{}@example.com", local.to_uppercase())] {
        shared().post("/auth/register", &json!({ "email": taken, "password": "long enough" })).refused(409);
    }
    shared().login(&format!("{}@Example.COM", local.to_lowercase()), "long enough");
}

#[test]
fn passwords_are_never_truncated() {
    // bcrypt itself looks at 72 bytes only.
    let common = "x".repeat(100);
    let email = unique_email();
    let body = json!({ "email": email, "password": format!("{common}a") });
    shared().post("/auth/register", &body).created();
    for wrong in [format!("{common}b"), common.clone(), "x".repeat(72), format!("{common}aa")] {
        shared().post("/auth/login", &json!({ "email": email, "password": wrong })).refused(401);
    }
    shared().login(&email, &format!("{common}a"));
}

#[test]
fn passwords_are_compared_as_they_were_sent() {
    for (password, others) in [
        ("Correct Horse", &["correct horse", "CORRECT HORSE", "Correct Horse ", "Correct  Horse"][..]),
        (" blanks around ", &["blanks around", " blanks around", "blanks around "]),
        // The same to the eye: one character, and two.
        ("\u{e9}clair, s'il", &["e\u{301}clair, s'il", "eclair, s'il"]),
        ("\ttab\r\nand lines\u{202e}", &["tab\r\nand lines", "\ttab\nand lines\u{202e}"]),
    ] {
        let email = unique_email();
        shared().post("/auth/register", &json!({ "email": email, "password": password })).created();
        // Not more than four of them: after five within a minute none is compared.
        for wrong in others {
            shared().post("/auth/login", &json!({ "email": email, "password": wrong })).refused(401);
        }
        shared().login(&email, password);
    }
}

#[test]
fn the_password_is_shown_nowhere() {
    let app = crate::driver::Settings::new().set("LOG", "trace").start();
    let Person { email, password, pair, .. } = app.person();
    let secret = unique("another password ");
    let mut answers = vec![
        app.post("/auth/register", &json!({ "email": unique_email(), "password": secret })).send().expect(201),
        app.post("/auth/register", &json!({ "email": email, "password": secret })).send().expect(409),
        app.post("/auth/register", &json!({ "email": "bad", "password": secret })).send().expect(422),
        app.post("/auth/login", &json!({ "email": email, "password": secret })).send().expect(401),
        app.get("/users/me").token(&pair.access).send().expect(200),
        app.get("/users").by(app.admin()).send().expect(200),
        app.api("POST", "/auth/login")
            .body("application/json", format!("{{\"password\":\"{secret}\""))
            .send()
            .expect(400),
    ];
    let change = json!({ "current_password": password, "new_password": secret });
    answers.push(app.post("/auth/password", &change).token(&pair.access).send().expect(204));
    for answer in &answers {
        let text = answer.text();
        assert!(!text.contains(&secret) && !text.contains(&password), "{answer}");
        assert!(!text.contains("$2b$") && !text.contains("\"password\":"), "{answer}");
    }
    let log = app.log();
    assert!(!log.contains(&secret) && !log.contains(&password) && !log.contains("$2b$"), "a password is in the log");
}
