//! Signatures as Standard Webhooks (1.0) has them: HMAC-SHA-256 of id, instant and body.
//!
//! Ten lines over the `hmac` that signs all else here; the crate `standardwebhooks` would bring an older copy of it, and of
//! `sha2`.

use base64::{Engine, prelude::BASE64_STANDARD};
use hmac::Mac;

use crate::{error::Error, mac};

/// What every secret begins with.
const MARK: &str = "whsec_";

/// Bytes of a secret.
const BYTES: usize = 32;

/// A secret that nobody has seen.
///
/// # Errors
/// [`Error::Internal`] without randomness.
pub(super) fn new_secret() -> Result<[u8; BYTES], Error> {
    let mut secret = [0; BYTES];
    getrandom::fill(&mut secret).map_err(|error| Error::Internal(format!("no randomness: {error}")))?;
    Ok(secret)
}

/// A secret as its receiver is told it.
pub(super) fn told(secret: &[u8]) -> String {
    format!("{MARK}{}", BASE64_STANDARD.encode(secret))
}

/// The value of `webhook-signature`: a signature by each secret, with blanks between them.
pub(super) fn sign<'a>(secrets: impl Iterator<Item = &'a [u8]>, id: &str, at_s: i64, body: &str) -> String {
    let signed = format!("{id}.{at_s}.{body}");
    let by = |secret| mac::keyed(secret).chain_update(signed.as_bytes()).finalize().into_bytes();
    secrets.map(|secret| format!("v1,{}", BASE64_STANDARD.encode(by(secret)))).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the specification, which its libraries are tested with.
    #[test]
    fn a_signature_is_the_one_of_the_specification() {
        let secret = BASE64_STANDARD.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let (id, at_s, body) = ("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, r#"{"test": 2432232314}"#);
        let expected = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
        assert_eq!(sign([secret.as_slice()].into_iter(), id, at_s, body), expected);
        assert_eq!(told(&secret), "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
        let two = sign([secret.as_slice(), b"another"].into_iter(), id, at_s, body);
        assert!(two.starts_with(&format!("{expected} v1,")) && two.split(' ').count() == 2, "{two}");
        assert_ne!(sign([secret.as_slice()].into_iter(), id, at_s + 1, body), expected);
        assert!(new_secret().unwrap() != new_secret().unwrap());
    }
}
