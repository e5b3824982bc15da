//! `POST /auth/login`: the token pair, and who gets none.

use std::time::Duration;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use fasttrack::testing::TestApp as Kit;
use serde_json::{Value, json};

use crate::driver::{Pair, shared, unique_email};

/// The claims of a token, unverified.
pub(super) fn claims(token: &str) -> Value {
    let part = token.split('.').nth(1).expect("a token has three parts");
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).expect("base64url")).expect("claims are JSON")
}

#[test]
fn a_pair_has_what_the_contract_says() {
    let person = shared().person();
    let body = json!({ "email": person.email, "password": person.password });
    let pair = shared().post("/auth/login", &body).ok();
    let mut keys: Vec<_> = pair.as_object().unwrap().keys().map(String::as_str).collect();
    keys.sort_unstable();
    assert_eq!(keys, ["access_token", "expires_in", "refresh_token", "token_type"]);
    assert_eq!((&pair["token_type"], &pair["expires_in"]), (&json!("bearer"), &json!(900)));

    let Pair { access, refresh } = Pair::of(&pair);
    for (token, kind, lifetime_s) in [(access, "access", 900), (refresh, "refresh", 7 * 24 * 3600)] {
        let claims = claims(&token);
        assert_eq!(claims["sub"], person.id.to_string().as_str(), "{claims}");
        assert_eq!((&claims["typ"], &claims["role"]), (&json!(kind), &json!("user")), "{claims}");
        assert_eq!((&claims["iss"], &claims["aud"]), (&json!("fasttrack"), &json!("fasttrack")), "{claims}");
        let (issued, expires) = (claims["iat"].as_i64().unwrap(), claims["exp"].as_i64().unwrap());
        assert_eq!(expires - issued, lifetime_s, "{claims}");
        assert!(claims["nbf"].as_i64().is_some_and(|not_before| not_before <= issued), "{claims}");
        assert!(!claims["sid"].is_null() && !claims["jti"].is_null(), "{claims}");
    }
}

#[test]
fn two_logins_are_two_sessions() {
    let person = shared().person();
    let other = shared().login(&person.email, &person.password);
    assert_ne!(person.pair, other);
    assert_ne!(claims(&person.pair.access)["sid"], claims(&other.access)["sid"]);
}

#[test]
fn unknown_address_and_wrong_password_look_alike() {
    let person = shared().person();
    let answer = |email: &str, password: &str| {
        let body = json!({ "email": email, "password": password });
        let mut problem = shared().post("/auth/login", &body).refused(401);
        problem["request_id"].take();
        problem
    };
    let wrong = answer(&person.email, "not the password");
    assert_eq!(wrong, answer(&unique_email(), "not the password"));
    assert_eq!(wrong, answer(&unique_email(), &person.password));
}

#[test]
fn a_disabled_account_gets_403_for_the_right_password_only() {
    let person = shared().person();
    shared().disable(&person);
    let login = |password: &str| shared().post("/auth/login", &json!({ "email": person.email, "password": password }));
    login(&person.password).refused(403);
    login("not the password").refused(401);
}

#[test]
fn a_password_holds_until_it_is_changed() {
    let app = Kit::start(resources::application());
    let ada = app.account("ada");
    app.advance(Duration::from_hours(10 * 365 * 24));
    let body = json!({ "email": ada.email, "password": ada.password });
    app.anonymous().post("/auth/login", &body).expect(200);
}

#[test]
fn bodies_are_checked() {
    for (body, fields) in [
        (json!({}), &["email", "password"][..]),
        (json!({ "email": null, "password": "long enough" }), &["email"]),
        (json!({ "email": "a@example.com" }), &["password"]),
        (json!({ "email": "a@example.com", "password": 1 }), &["password"]),
        (json!({ "email": "a@example.com", "password": "long enough", "remember": true }), &["remember"]),
        (json!({ "email": 1, "password": [], "x": {} }), &["email", "password", "x"]),
        (json!([]), &[""]),
    ] {
        shared().post("/auth/login", &body).faulty(fields);
    }
}
