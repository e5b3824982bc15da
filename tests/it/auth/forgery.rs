//! Tokens that the server did not issue, or not for this use.

use std::time::{SystemTime, UNIX_EPOCH};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::login::claims;
use crate::driver::{Algorithm, Settings, TestApp, shared, sign, sign_bytes, sign_with_header};

const KEY: &str = "a secret key that the tests know, of more than 32 bytes";

fn now_s() -> i64 {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).expect("the clock is past 1970");
    i64::try_from(elapsed.as_secs()).expect("seconds fit")
}

#[track_caller]
fn check_refused(app: &TestApp, what: &str, token: &str) {
    let reply = app.get("/users/me").token(token).send();
    assert_eq!(reply.status, 401, "{what}: {reply}");
    reply.problem(401);
}

/// The claims of a live session, changed.
fn altered(claims: &Value, change: impl FnOnce(&mut Value)) -> Value {
    let mut claims = claims.clone();
    change(&mut claims);
    claims
}

#[test]
fn only_what_the_key_signed_in_the_right_way_counts() {
    let app = Settings::new().set("SECRET_KEY", KEY).start();
    let claims = claims(&app.person().pair.access);
    let hs256 = |claims: &Value| sign(claims, Algorithm::Hs256, KEY.as_bytes());
    // The control: signing by hand works, so that the refusals below have the cause they name.
    app.get("/users/me").token(&hs256(&claims)).ok();

    for algorithm in [Algorithm::None, Algorithm::Hs384, Algorithm::Hs512] {
        check_refused(&app, &format!("{algorithm:?}"), &sign(&claims, algorithm, KEY.as_bytes()));
    }
    for key in ["", "another key of more than thirty-two bytes in all", &KEY[1..], "change-me-to-a-random-secret"] {
        check_refused(&app, &format!("key {key:?}"), &sign(&claims, Algorithm::Hs256, key.as_bytes()));
    }
    let token = hs256(&claims);
    let unsigned = token.rsplit_once('.').unwrap().0;
    check_refused(&app, "no signature", &format!("{unsigned}."));
    check_refused(&app, "two parts", unsigned);
    check_refused(&app, "four parts", &format!("{token}.x"));
}

/// RFC 7515, section 4.1.11: what a token calls critical has to be understood, and nothing is.
#[test]
fn what_calls_an_extension_critical_is_refused() {
    let app = Settings::new().set("SECRET_KEY", KEY).start();
    let person = app.person();
    for (members, works) in [
        (json!({ "kid": "1" }), true),
        (json!({ "crit": ["exp"], "exp": 0 }), false),
        (json!({ "crit": ["b64"], "b64": true }), false),
        (json!({ "crit": [] }), false),
        (json!({ "crit": null }), false),
    ] {
        let signed = |pair: &str| sign_with_header(&members, &claims(pair), Algorithm::Hs256, KEY.as_bytes());
        let access = signed(&person.pair.access);
        if works {
            app.get("/users/me").token(&access).ok();
        } else {
            check_refused(&app, &members.to_string(), &access);
            app.post("/auth/refresh", &json!({ "refresh_token": signed(&person.pair.refresh) })).refused(401);
        }
    }
}

/// RFC 8725, section 3.10: what a token says of keys is not looked at.
#[test]
fn a_key_that_a_token_brings_along_is_not_believed() {
    const OWN: &str = "a key of somebody else's making, of more than 32 bytes";
    let app = Settings::new().set("SECRET_KEY", KEY).start();
    let claims = claims(&app.person().pair.access);
    let jwk = json!({ "kty": "oct", "alg": "HS256", "kid": "1", "k": URL_SAFE_NO_PAD.encode(OWN) });
    let own = app.address();
    for members in [
        json!({ "jwk": jwk, "kid": "1" }),
        json!({ "jku": format!("http://{own}/openapi.json"), "kid": "1" }),
        json!({ "x5u": "https://evil.example/key.pem" }),
        json!({ "x5c": [URL_SAFE_NO_PAD.encode(OWN)] }),
        json!({ "kid": "../../../dev/null" }),
        json!({ "kid": "' UNION SELECT 'x" }),
    ] {
        for key in [OWN, ""] {
            let token = sign_with_header(&members, &claims, Algorithm::Hs256, key.as_bytes());
            check_refused(&app, &members.to_string(), &token);
        }
    }
}

/// RFC 8725, section 3.7: claims are UTF-8.
#[test]
fn claims_that_are_no_utf_8_are_refused() {
    let app = Settings::new().set("SECRET_KEY", KEY).start();
    let text = claims(&app.person().pair.access).to_string();
    let signed = |bytes: &[u8]| sign_bytes(bytes, KEY.as_bytes());
    app.get("/users/me").token(&signed(text.as_bytes())).ok();
    let (head, tail) = text.split_once("user").unwrap();
    let latin = [head.as_bytes(), b"us\xe9r", tail.as_bytes()].concat();
    let wide: Vec<_> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    for (what, bytes) in [("latin-1", latin), ("UTF-16", wide), ("a mark", ["\u{feff}", &text].concat().into_bytes())] {
        check_refused(&app, what, &signed(&bytes));
    }
}

#[test]
fn what_a_token_says_of_a_role_gives_none() {
    let app = Settings::new().set("SECRET_KEY", KEY).start();
    let claims = claims(&app.person().pair.access);
    let token = sign(&altered(&claims, |claims| claims["role"] = json!("admin")), Algorithm::Hs256, KEY.as_bytes());
    assert_eq!(app.get("/users/me").token(&token).ok()["role"], "user");
    app.get("/users").token(&token).refused(403);
}

#[test]
fn the_previous_key_is_believed_until_it_is_taken_out() {
    const NEWER: &str = "a newer secret key that the tests know, of over 32 bytes";
    let app = Settings::new().set("SECRET_KEY", KEY).start();
    let person = app.person();
    let admin = app.new_admin();
    let page = app.get("/users?limit=1").token(&admin.pair.access).ok();
    let next = format!("/users?limit=1&cursor={}", page["next_cursor"].as_str().expect("there is more"));

    let app = app.kill().set("SECRET_KEY", NEWER).set("SECRET_KEY_PREVIOUS", KEY).start();
    app.get("/users/me").token(&person.pair.access).ok();
    app.get(&next).token(&admin.pair.access).ok();
    let renewed = app.post("/auth/refresh", &json!({ "refresh_token": person.pair.refresh })).ok();
    let renewed = renewed["access_token"].as_str().expect("a token");
    app.get("/users/me").token(renewed).ok();

    let app = app.kill().unset("SECRET_KEY_PREVIOUS").start();
    app.get("/users/me").token(renewed).ok();
    check_refused(&app, "the old key", &person.pair.access);
}

#[test]
fn every_claim_is_required_and_checked() {
    let app = Settings::new().set("SECRET_KEY", KEY).start();
    let claims = claims(&app.person().pair.access);
    let check = |what: &str, claims: &Value| {
        check_refused(&app, what, &sign(claims, Algorithm::Hs256, KEY.as_bytes()));
    };
    for claim in ["sub", "sid", "typ", "iss", "aud", "exp", "nbf"] {
        check(
            &format!("without {claim}"),
            &altered(&claims, |claims| {
                claims.as_object_mut().unwrap().remove(claim);
            }),
        );
        check(&format!("{claim} null"), &altered(&claims, |claims| claims[claim] = Value::Null));
    }
    for (claim, value) in [
        ("typ", json!("refresh")),
        ("typ", json!("Access")),
        ("typ", json!("")),
        ("iss", json!("somebody")),
        ("aud", json!("another service")),
        ("exp", json!(now_s() - 10)),
        ("exp", json!(0)),
        ("exp", json!(-1)),
        ("exp", json!("tomorrow")),
        ("nbf", json!(now_s() + 60)),
        ("sid", json!("no session")),
        ("sid", json!([])),
        ("sub", json!("not a number")),
        ("sub", json!({})),
    ] {
        check(&format!("{claim} = {value}"), &altered(&claims, |claims| claims[claim] = value));
    }
    check(
        "issued later, and not by this server",
        &altered(&claims, |claims| (claims["iat"], claims["nbf"]) = (json!(now_s() + 60), json!(now_s() + 60))),
    );
    check("no object", &json!([]));
    check("nothing", &json!({}));
}

#[test]
fn an_expired_token_is_refused_as_a_refresh_token_too() {
    let app = Settings::new().set("SECRET_KEY", KEY).start();
    let person = app.person();
    let claims = claims(&person.pair.refresh);
    for (claim, value) in [("exp", json!(now_s() - 10)), ("typ", json!("access")), ("aud", json!("x"))] {
        let token = sign(&altered(&claims, |claims| claims[claim] = value), Algorithm::Hs256, KEY.as_bytes());
        app.post("/auth/refresh", &json!({ "refresh_token": token })).refused(401);
    }
    // Rotation tolerates no token of a session that it has not issued itself, but these were no use of a used one.
    app.post("/auth/refresh", &json!({ "refresh_token": person.pair.refresh })).ok();
}

#[test]
fn a_token_cannot_be_edited() {
    let app = shared();
    let token = app.person().pair.access;
    let parts: Vec<_> = token.split('.').collect();
    let admin = altered(&claims(&token), |claims| claims["role"] = json!("admin"));
    let promoted = format!("{}.{}.{}", parts[0], URL_SAFE_NO_PAD.encode(admin.to_string()), parts[2]);
    check_refused(app, "another role", &promoted);
    let unsecured = URL_SAFE_NO_PAD.encode(json!({ "alg": "none" }).to_string());
    check_refused(app, "alg none over the old signature", &format!("{unsecured}.{}.{}", parts[1], parts[2]));
    for position in (0..token.len()).step_by(7) {
        let mut bytes = token.clone().into_bytes();
        bytes[position] = if bytes[position] == b'A' { b'B' } else { b'A' };
        check_refused(app, &format!("byte {position} changed"), &String::from_utf8(bytes).unwrap());
    }
    app.get("/users/me").token(&token).ok();
}

#[test]
fn the_header_has_to_be_a_bearer_token() {
    let app = shared();
    let person = app.person();
    let token = &person.pair.access;
    for value in [
        "Bearer".to_owned(),
        "Bearer null".to_owned(),
        token.clone(),
        format!("Basic {token}"),
        format!("Token {token}"),
        format!("Bearer {token} {token}"),
        format!("Bearer {}", person.pair.refresh),
        format!("Bearer {}", "x".repeat(4000)),
    ] {
        app.get("/users/me").header("authorization", &value).refused(401);
    }
    app.get("/users/me").refused(401);
}
