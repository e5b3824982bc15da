//! JSON Web Signatures in their compact form (RFC 7515), with HS256 (RFC 7518, section 3.2) and nothing else: what is not
//! computed here cannot be confused with it.
//!
//! By hand over `hmac`, since the library for tokens keeps one cryptography for the whole process: a program around an
//! application that uses it too would decide for us, or we for it. What a token says is not looked at here.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use hmac::Mac;
use serde::{Deserialize, de::IgnoredAny};

use crate::mac::HmacSha256;

/// The header of every token that is signed here.
const HEADER: &str = r#"{"typ":"JWT","alg":"HS256"}"#;

/// What is wrong with a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flaw {
    /// It is not three parts in base64url, the first of which is a header.
    Malformed,
    /// It is signed in another way.
    Algorithm,
    /// It asks for extensions: whoever does not understand every one that `crit` names has to refuse the token (RFC 7515,
    /// section 4.1.11), and none is understood here.
    Critical,
    /// None of the keys has signed it.
    Signature,
}

/// What of a header counts.
#[derive(Deserialize)]
struct Header {
    alg: String,
    /// Whatever it is, `null` too.
    #[serde(default, deserialize_with = "present")]
    crit: bool,
}

fn present<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    IgnoredAny::deserialize(deserializer).map(|_| true)
}

/// Signs a payload. The same one gives the same token.
pub(super) fn sign(payload: &[u8], key: &HmacSha256) -> String {
    let mut token = BASE64_URL_SAFE_NO_PAD.encode(HEADER);
    token.push('.');
    BASE64_URL_SAFE_NO_PAD.encode_string(payload, &mut token);
    let code = key.clone().chain_update(&token).finalize().into_bytes();
    token.push('.');
    BASE64_URL_SAFE_NO_PAD.encode_string(code, &mut token);
    token
}

/// The payload of a token that one of these keys has signed. Which one, or where the code differs, takes no time that
/// would tell.
///
/// # Errors
/// [`Flaw`], of several the first in the order of reading: form, header, signature.
pub(super) fn verify<'k>(token: &str, keys: impl IntoIterator<Item = &'k HmacSha256>) -> Result<Vec<u8>, Flaw> {
    let (message, code) = token.rsplit_once('.').ok_or(Flaw::Malformed)?;
    let (header, payload) = message.split_once('.').ok_or(Flaw::Malformed)?;
    let header: Header = serde_json::from_slice(&decode(header)?).map_err(|_| Flaw::Malformed)?;
    if header.crit {
        return Err(Flaw::Critical);
    }
    if header.alg != "HS256" {
        return Err(Flaw::Algorithm);
    }
    let (payload, code) = (decode(payload)?, decode(code)?);
    let signed = |key: &HmacSha256| key.clone().chain_update(message).verify_slice(&code).is_ok();
    let is_known = keys.into_iter().fold(false, |known, key| known | signed(key));
    if is_known { Ok(payload) } else { Err(Flaw::Signature) }
}

/// Only the one spelling of bytes: no padding, no spare bits.
fn decode(part: &str) -> Result<Vec<u8>, Flaw> {
    BASE64_URL_SAFE_NO_PAD.decode(part).map_err(|_| Flaw::Malformed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mac;

    /// The key of RFC 7515, appendix A.1.
    const RFC_KEY: &str = "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";
    const RFC_TOKEN: &str = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

    fn rfc_key() -> HmacSha256 {
        mac::keyed(&BASE64_URL_SAFE_NO_PAD.decode(RFC_KEY).unwrap())
    }

    #[test]
    fn the_example_of_the_standard_is_read() {
        let payload = verify(RFC_TOKEN, [&rfc_key()]).unwrap();
        assert!(payload.starts_with(br#"{"iss":"joe","#), "{payload:?}");
        assert_eq!(verify(RFC_TOKEN, [&mac::keyed(b"another")]), Err(Flaw::Signature));
        assert!(verify(RFC_TOKEN, [&mac::keyed(b"another"), &rfc_key()]).is_ok());
        assert_eq!(verify(RFC_TOKEN, []), Err(Flaw::Signature));
    }

    #[test]
    fn what_is_signed_is_read_back_and_no_bit_of_it_can_change() {
        let key = mac::keyed(b"a key");
        let token = sign(b"{}", &key);
        assert_eq!(token.split('.').next(), Some("eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9"));
        assert_eq!((verify(&token, [&key]), sign(b"{}", &key)), (Ok(b"{}".to_vec()), token.clone()));
        for at in 0..token.len() {
            for other in "Aa0-_.= ".chars().filter(|other| !token[at..].starts_with(*other)) {
                let mut changed = token.clone();
                changed.replace_range(at..=at, &other.to_string());
                assert!(verify(&changed, [&key]).is_err(), "{changed}");
            }
        }
    }

    #[test]
    fn flaws_are_told_apart() {
        let key = mac::keyed(b"a key");
        let with = |header: &str| {
            let message = format!("{}.e30", BASE64_URL_SAFE_NO_PAD.encode(header));
            let code = key.clone().chain_update(&message).finalize().into_bytes();
            format!("{message}.{}", BASE64_URL_SAFE_NO_PAD.encode(code))
        };
        for (token, expected) in [
            (with(HEADER), Ok(b"{}".to_vec())),
            (with(r#"{"alg":"HS256","kid":"1"}"#), Ok(b"{}".to_vec())),
            (with(r#"{"alg":"none"}"#), Err(Flaw::Algorithm)),
            (with(r#"{"alg":"hs256"}"#), Err(Flaw::Algorithm)),
            (with(r#"{"alg":"HS256","crit":["x"]}"#), Err(Flaw::Critical)),
            (with(r#"{"alg":"HS256","crit":null}"#), Err(Flaw::Critical)),
            (with(r#"{"alg":"RS256","crit":[]}"#), Err(Flaw::Critical)),
            (with(r#"{"alg":"HS256","alg":"HS256"}"#), Err(Flaw::Malformed)),
            (with(r#"{"typ":"JWT"}"#), Err(Flaw::Malformed)),
            (with(""), Err(Flaw::Malformed)),
            (format!("{}=", with(HEADER)), Err(Flaw::Malformed)),
            (format!("{}.", with(HEADER)), Err(Flaw::Malformed)),
            (format!(".{}", with(HEADER)), Err(Flaw::Malformed)),
            (String::new(), Err(Flaw::Malformed)),
            ("..".to_owned(), Err(Flaw::Malformed)),
        ] {
            assert_eq!(verify(&token, [&key]), expected, "{token}");
        }
    }
}
