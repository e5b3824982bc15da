//! What a token looks like, and every way in which one can be wrong.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use crate::{
    auth::{
        Keys, Settings,
        token::{MAX_BYTES, Pair, Token, Tokens, Use},
    },
    error::Error,
    mac,
};

const SECRET: &[u8] = b"a secret of more than thirty-two bytes";
const NOW_S: i64 = 1_800_000_000;

fn tokens() -> Tokens {
    Tokens::new(&Settings::new(Keys::new(SECRET)))
}

fn pair() -> Pair {
    Pair { id: "0a".repeat(16), session: 5, user: 7, role: "admin".into(), issued_at_s: NOW_S }
}

fn body() -> Value {
    serde_json::from_slice(&tokens().render(&pair(), NOW_S).unwrap()).unwrap()
}

fn claims(typ: &str) -> Value {
    let lifetime_s = if typ == "access" { 900 } else { 604_800 };
    json!({
        "sub": "7", "sid": 5, "typ": typ, "role": "admin", "iss": "fasttrack", "aud": "fasttrack",
        "iat": NOW_S, "nbf": NOW_S, "exp": NOW_S + lifetime_s, "jti": format!("{}.{typ}", "0a".repeat(16)),
    })
}

/// A token signed as it should be, whatever it says.
fn forge(header: &Value, claims: &str, secret: &[u8]) -> String {
    let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(header.to_string()), URL_SAFE_NO_PAD.encode(claims));
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(mac::code(secret, message.as_bytes())))
}

fn hs256() -> Value {
    json!({ "typ": "JWT", "alg": "HS256" })
}

fn with(key: &str, value: Value) -> String {
    let mut claims = claims("access");
    claims[key] = value;
    forge(&hs256(), &claims.to_string(), SECRET)
}

fn without(key: &str) -> String {
    let mut claims = claims("access");
    claims.as_object_mut().unwrap().remove(key);
    forge(&hs256(), &claims.to_string(), SECRET)
}

#[track_caller]
fn refuses(token: &str, expected: &str) {
    let error = tokens().verify(token, NOW_S).unwrap_err();
    assert!(matches!(&error, Error::Unauthenticated(reason) if reason.contains(expected)), "{error}: {token}");
}

#[test]
fn a_pair_is_what_the_api_says() {
    let body = body();
    assert_eq!((&body["token_type"], &body["expires_in"]), (&json!("bearer"), &json!(900)));
    assert_eq!(body.as_object().unwrap().len(), 4);
    for (key, typ) in [("access_token", "access"), ("refresh_token", "refresh")] {
        let parts: Vec<_> = body[key].as_str().unwrap().split('.').map(|part| URL_SAFE_NO_PAD.decode(part)).collect();
        let json = |index: usize| serde_json::from_slice::<Value>(parts[index].as_ref().unwrap()).unwrap();
        assert_eq!((json(0), json(1)), (hs256(), claims(typ)));
    }
}

#[test]
fn the_same_pair_is_signed_the_same_and_verifies() {
    assert_eq!(body(), body());
    for (key, kind, lifetime_s) in [("access_token", Use::Access, 900), ("refresh_token", Use::Refresh, 604_800)] {
        let (expires_at_s, issued_later_s) = (NOW_S + lifetime_s, None);
        let expected = Token { kind, user: 7, session: 5, pair: pair().id, expires_at_s, issued_later_s };
        assert_eq!(tokens().verify(body()[key].as_str().unwrap(), NOW_S).unwrap(), expected);
    }
}

#[test]
fn every_claim_is_required_and_of_its_type() {
    for key in ["sub", "sid", "typ", "role", "iss", "aud", "iat", "nbf", "exp", "jti"] {
        refuses(&without(key), "malformed");
        refuses(&with(key, json!(null)), "malformed");
        refuses(&with(key, json!([])), "malformed");
    }
    for (key, value) in [("sub", json!(7)), ("sub", json!("ada")), ("typ", json!("id")), ("exp", json!("1900000000"))] {
        refuses(&with(key, value), "malformed");
    }
    let twice = claims("access").to_string().replacen('{', r#"{"sub":"1","#, 1);
    refuses(&forge(&hs256(), &twice, SECRET), "malformed");
}

#[test]
fn issuer_and_audience_are_ours() {
    for key in ["iss", "aud"] {
        refuses(&with(key, json!("slowtrack")), "not issued for this API");
        refuses(&with(key, json!("FastTrack")), "not issued for this API");
    }
    refuses(&with("aud", json!(["fasttrack", "slowtrack"])), "malformed");
}

#[test]
fn times_are_exact_but_for_the_clocks_of_other_nodes() {
    for (exp_s, fits) in [(NOW_S + 1, true), (NOW_S, false), (NOW_S - 1, false), (i64::MIN, false)] {
        let token = with("exp", json!(exp_s));
        if fits {
            tokens().verify(&token, NOW_S).unwrap();
        } else {
            refuses(&token, "expired");
        }
    }
    for key in ["nbf", "iat"] {
        tokens().verify(&with(key, json!(NOW_S + 5)), NOW_S).unwrap();
        refuses(&with(key, json!(NOW_S + 6)), "not valid yet");
    }
    let issued = |at_s: i64| {
        let mut claims = claims("access");
        (claims["iat"], claims["nbf"]) = (json!(at_s), json!(at_s));
        forge(&hs256(), &claims.to_string(), SECRET)
    };
    for (later_s, expected) in [(0, None), (5, None), (6, Some(NOW_S + 6)), (900, Some(NOW_S + 900))] {
        assert_eq!(tokens().verify(&issued(NOW_S + later_s), NOW_S).unwrap().issued_later_s, expected, "{later_s}");
    }
    refuses(&issued(NOW_S + 901), "not valid yet");
}

#[test]
fn only_hs256_under_our_key_counts() {
    let claims = claims("access").to_string();
    refuses(&forge(&hs256(), &claims, b"another secret of more than 32 bytes"), "signature");
    refuses(&forge(&hs256(), &claims, b""), "signature");
    for alg in ["HS384", "HS512", "RS256", "ES256", "EdDSA", "none", "None", "hs256", ""] {
        refuses(&forge(&json!({ "typ": "JWT", "alg": alg }), &claims, SECRET), "HS256");
    }
    for alg in [json!(null), json!(1), json!(["HS256"])] {
        refuses(&forge(&json!({ "typ": "JWT", "alg": alg }), &claims, SECRET), "malformed");
    }
    refuses(&forge(&json!({ "typ": "JWT" }), &claims, SECRET), "malformed");
}

#[test]
fn no_extension_is_understood() {
    let claims = claims("access").to_string();
    for crit in [json!(["exp"]), json!(["b64"]), json!([]), json!(null), json!("exp")] {
        let header = json!({ "typ": "JWT", "alg": "HS256", "crit": crit, "exp": 1, "b64": true });
        refuses(&forge(&header, &claims, SECRET), "crit");
    }
    // What names no extension, or a key, is read over (RFC 7515, section 4): it cannot choose how the token is checked.
    let header = json!({ "typ": "JWT", "alg": "HS256", "kid": "../../dev/null", "jku": "https://evil.example" });
    tokens().verify(&forge(&header, &claims, SECRET), NOW_S).unwrap();
    let twice = r#"{"typ":"JWT","alg":"HS256","alg":"none"}"#;
    let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(twice), URL_SAFE_NO_PAD.encode(&claims));
    refuses(&format!("{message}.{}", URL_SAFE_NO_PAD.encode(mac::code(SECRET, message.as_bytes()))), "malformed");
}

#[test]
fn the_key_before_is_believed_and_signs_nothing() {
    const OLDER: &[u8] = b"the secret before, of more than 32 bytes";
    let rotated = Tokens::new(&Settings::new(Keys::new(SECRET).with_previous(OLDER)));
    let claims = claims("access").to_string();
    rotated.verify(&forge(&hs256(), &claims, OLDER), NOW_S).unwrap();
    rotated.verify(&forge(&hs256(), &claims, SECRET), NOW_S).unwrap();
    assert!(rotated.verify(&forge(&hs256(), &claims, b"a third secret of more than 32 bytes"), NOW_S).is_err());
    assert_eq!(rotated.render(&pair(), NOW_S).unwrap(), tokens().render(&pair(), NOW_S).unwrap());
}

#[test]
fn no_more_is_promised_than_is_left() {
    let expires_in = |tokens: &Tokens, now_s| {
        serde_json::from_slice::<Value>(&tokens.render(&pair(), now_s).unwrap()).unwrap()["expires_in"].clone()
    };
    assert_eq!(expires_in(&tokens(), NOW_S + 8), json!(892));
    let mut settings = Settings::new(Keys::new(SECRET));
    settings.refresh_lifetime_s = 60;
    let short = Tokens::new(&settings);
    assert_eq!(expires_in(&short, NOW_S), json!(60));
    let access = serde_json::from_slice::<Value>(&short.render(&pair(), NOW_S).unwrap()).unwrap();
    let token = short.verify(access["access_token"].as_str().unwrap(), NOW_S).unwrap();
    assert_eq!(token.expires_at_s, NOW_S + 60);
}

#[test]
fn any_change_to_the_text_is_noticed() {
    let token = body()["access_token"].as_str().unwrap().to_owned();
    for index in 0..token.len() {
        let mut changed = token.clone().into_bytes();
        changed[index] = if changed[index] == b'A' { b'B' } else { b'A' };
        assert!(tokens().verify(std::str::from_utf8(&changed).unwrap(), NOW_S).is_err(), "{index}");
    }
    let unsigned = token.rsplit_once('.').unwrap().0;
    for text in [
        String::new(),
        "…".into(),
        "a.b".into(),
        "..".into(),
        unsigned.into(),
        format!("{unsigned}."),
        format!("{token}="),
        format!("{token}."),
        format!("{token}.{token}"),
        format!(" {token}"),
        format!("{token}\n"),
        token.to_ascii_lowercase(),
        "x".repeat(MAX_BYTES + 1),
        format!("{token}{}", "A".repeat(MAX_BYTES)),
    ] {
        assert!(tokens().verify(&text, NOW_S).is_err(), "{text:.40}");
    }
}
