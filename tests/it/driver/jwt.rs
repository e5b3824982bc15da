//! Tokens made by hand (RFC 7515), to see which ones the server takes.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::{Sha256, Sha384, Sha512};

/// What a token says it was signed with, and is.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Algorithm {
    None,
    Hs256,
    Hs384,
    Hs512,
}

/// A token with these claims.
pub(crate) fn sign(claims: &Value, algorithm: Algorithm, key: &[u8]) -> String {
    sign_with_header(&json!({}), claims, algorithm, key)
}

/// A token with these claims, and these members of the header besides its own.
pub(crate) fn sign_with_header(members: &Value, claims: &Value, algorithm: Algorithm, key: &[u8]) -> String {
    let name = match algorithm {
        Algorithm::None => "none",
        Algorithm::Hs256 => "HS256",
        Algorithm::Hs384 => "HS384",
        Algorithm::Hs512 => "HS512",
    };
    let mut header = json!({ "alg": name, "typ": "JWT" });
    for (member, value) in members.as_object().expect("members of a header") {
        header[member] = value.clone();
    }
    let header = URL_SAFE_NO_PAD.encode(header.to_string());
    let text = format!("{header}.{}", URL_SAFE_NO_PAD.encode(claims.to_string()));
    let signature = match algorithm {
        Algorithm::None => Vec::new(),
        Algorithm::Hs256 => mac::<Hmac<Sha256>>(key, &text),
        Algorithm::Hs384 => mac::<Hmac<Sha384>>(key, &text),
        Algorithm::Hs512 => mac::<Hmac<Sha512>>(key, &text),
    };
    format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature))
}

/// A token with these bytes in the place of claims, signed as the server signs.
pub(crate) fn sign_bytes(payload: &[u8], key: &[u8]) -> String {
    let header = json!({ "alg": "HS256", "typ": "JWT" }).to_string();
    let text = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload));
    let signature = mac::<Hmac<Sha256>>(key, &text);
    format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature))
}

fn mac<M: Mac + KeyInit>(key: &[u8], text: &str) -> Vec<u8> {
    let mut mac = <M as KeyInit>::new_from_slice(key).expect("a key of any length");
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}
