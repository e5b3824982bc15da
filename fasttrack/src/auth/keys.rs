//! What is derived from `SECRET_KEY`: the key of the tokens and the one of the cursors.

use std::fmt;

use hmac::Mac;

use crate::mac::{self, HmacSha256};

/// The keys of an application. `Debug` shows none of them.
#[derive(Clone)]
pub struct Keys {
    /// What tokens are signed with.
    pub(super) token: HmacSha256,
    /// What is believed besides, while an older key is being replaced.
    pub(super) previous: Option<HmacSha256>,
    cursor: HmacSha256,
    request: HmacSha256,
    previous_cursor: Option<HmacSha256>,
    /// What secrets are sealed with that have to be read again.
    pub(super) seal: [u8; 32],
    pub(super) previous_seal: Option<[u8; 32]>,
}

impl Keys {
    /// Derives the keys. Tokens are signed with the bytes of `secret` themselves, as the API promises.
    #[must_use]
    pub fn new(secret: &[u8]) -> Self {
        let request = mac::keyed(&mac::code(secret, b"request"));
        Self {
            token: mac::keyed(secret),
            previous: None,
            cursor: cursor_key(secret),
            request,
            previous_cursor: None,
            seal: mac::code(secret, SEAL),
            previous_seal: None,
        }
    }

    /// The same keys, that also believe what an older `secret` has signed. Nothing new is signed with it.
    #[must_use]
    pub fn with_previous(self, secret: &[u8]) -> Self {
        Self {
            previous: Some(mac::keyed(secret)),
            previous_cursor: Some(cursor_key(secret)),
            previous_seal: Some(mac::code(secret, SEAL)),
            ..self
        }
    }

    /// Authenticates the parts of a cursor: HMAC-SHA-256, cut to 128 bits (RFC 2104, section 5). Where one part ends and
    /// the next begins matters.
    #[must_use]
    pub fn cursor_tag(&self, parts: &[&[u8]]) -> [u8; 16] {
        let [tag @ .., _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _] =
            <[u8; 32]>::from(over(&self.cursor, parts).finalize().into_bytes());
        tag
    }

    /// Tells requests from each other that are kept for a while: HMAC-SHA-256 of their parts.
    #[must_use]
    pub fn request_tag(&self, parts: &[&[u8]]) -> [u8; 32] {
        over(&self.request, parts).finalize().into_bytes().into()
    }

    /// Whether `tag` is the one of these parts; takes the same time wherever they differ.
    #[must_use]
    pub fn is_cursor_tag(&self, parts: &[&[u8]], tag: &[u8; 16]) -> bool {
        let keys = std::iter::once(&self.cursor).chain(&self.previous_cursor);
        keys.fold(false, |known, key| known | over(key, parts).verify_truncated_left(tag).is_ok())
    }
}

const SEAL: &[u8] = b"seal";

fn cursor_key(secret: &[u8]) -> HmacSha256 {
    mac::keyed(&mac::code(secret, b"cursor"))
}

fn over(key: &HmacSha256, parts: &[&[u8]]) -> HmacSha256 {
    let mut mac = key.clone();
    for part in parts {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part);
    }
    mac
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keys(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_depends_on_the_secret_and_on_every_part() {
        let keys = Keys::new(b"0123456789abcdef0123456789abcdef");
        let tag = keys.cursor_tag(&[b"tasks", b"7"]);
        assert_eq!(tag, keys.cursor_tag(&[b"tasks", b"7"]));
        assert!(keys.is_cursor_tag(&[b"tasks", b"7"], &tag));
        for parts in [&[b"tasks".as_slice(), b"8"][..], &[b"tasks7"], &[b"task", b"s7"], &[b"tasks", b"7", b""], &[]] {
            assert_ne!(keys.cursor_tag(parts), tag, "{parts:?}");
            assert!(!keys.is_cursor_tag(parts, &tag), "{parts:?}");
        }
        let other = Keys::new(b"0123456789abcdef0123456789abcdeF");
        assert!(!other.is_cursor_tag(&[b"tasks", b"7"], &tag));
        assert!((0..128).all(|bit| {
            let mut changed = tag;
            changed[bit / 8] ^= 1 << (bit % 8);
            !keys.is_cursor_tag(&[b"tasks", b"7"], &changed)
        }));
    }

    #[test]
    fn what_the_key_before_has_signed_is_believed_and_nothing_new_is_signed_with_it() {
        let (old, new) = (b"the key before, of more than 32 bytes", b"the key that is in use, of over 32 bytes");
        let rotated = Keys::new(new).with_previous(old);
        let tag = Keys::new(old).cursor_tag(&[b"tasks"]);
        assert!(rotated.is_cursor_tag(&[b"tasks"], &tag));
        assert!(!Keys::new(new).is_cursor_tag(&[b"tasks"], &tag));
        assert_eq!(rotated.cursor_tag(&[b"tasks"]), Keys::new(new).cursor_tag(&[b"tasks"]));
    }

    #[test]
    fn debug_shows_no_key() {
        assert_eq!(format!("{:?}", Keys::new(b"0123456789abcdef0123456789abcdef")), "Keys(…)");
    }
}
