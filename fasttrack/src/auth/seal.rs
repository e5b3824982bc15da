//! Secrets that have to be read again: sealed with a key that is derived from `SECRET_KEY`, so that what holds them does not know
//! them.

use data_encoding::BASE64;

use super::Keys;
use crate::error::Error;

impl Keys {
    /// Seals a secret that is for this alone, so that it can be kept, or given away, and read again
    /// (ChaCha20-Poly1305, RFC 8439).
    ///
    /// # Errors
    /// [`Error::Internal`] without randomness.
    pub fn seal(&self, what_for: &[u8], secret: &[u8]) -> Result<String, Error> {
        let mut nonce = [0; ring::aead::NONCE_LEN];
        fill(&mut nonce)?;
        let mut sealed = secret.to_vec();
        let aad = ring::aead::Aad::from(what_for);
        cipher(&self.seal)?
            .seal_in_place_append_tag(ring::aead::Nonce::assume_unique_for_key(nonce), aad, &mut sealed)
            .map_err(|_| Error::Internal("a secret cannot be sealed".into()))?;
        Ok(BASE64.encode(&[nonce.as_slice(), &sealed].concat()))
    }

    /// Whether there is a key before this one.
    #[must_use]
    pub const fn has_previous(&self) -> bool {
        self.previous_seal.is_some()
    }

    /// What was sealed for this with the key before this one, sealed with this one; nothing where it is already, or cannot be
    /// read.
    ///
    /// # Errors
    /// [`Error::Internal`] without randomness.
    pub fn reseal(&self, what_for: &[u8], sealed: &str) -> Result<Option<String>, Error> {
        let by_previous = |key| opened(key, what_for, sealed);
        match (opened(&self.seal, what_for, sealed), self.previous_seal.as_ref().and_then(by_previous)) {
            (None, Some(secret)) => self.seal(what_for, &secret).map(Some),
            _ => Ok(None),
        }
    }

    /// Opens what was sealed for this with this key, or the one before it.
    ///
    /// # Errors
    /// [`Error::Internal`] when it was not.
    pub fn open(&self, what_for: &[u8], sealed: &str) -> Result<Vec<u8>, Error> {
        let mut keys = std::iter::once(&self.seal).chain(&self.previous_seal);
        let unreadable = || Error::Internal("a sealed secret was sealed with another key, or is damaged".into());
        keys.find_map(|key| opened(key, what_for, sealed)).ok_or_else(unreadable)
    }
}

/// What was sealed for this with a key; `None` where it was not.
fn opened(key: &[u8; 32], what_for: &[u8], sealed: &str) -> Option<Vec<u8>> {
    let bytes = BASE64.decode(sealed.as_bytes()).ok()?;
    let (nonce, sealed) = bytes.split_at_checked(ring::aead::NONCE_LEN)?;
    let nonce = ring::aead::Nonce::try_assume_unique_for_key(nonce).ok()?;
    let mut opened = sealed.to_vec();
    let secret = cipher(key).ok()?.open_in_place(nonce, ring::aead::Aad::from(what_for), &mut opened).ok()?;
    Some(secret.to_vec())
}

fn cipher(key: &[u8; 32]) -> Result<ring::aead::LessSafeKey, Error> {
    let key = ring::aead::UnboundKey::new(&ring::aead::CHACHA20_POLY1305, key);
    key.map(ring::aead::LessSafeKey::new).map_err(|_| Error::Internal("a key of another length".into()))
}

/// Fills with what nobody can guess.
pub(super) fn fill(bytes: &mut [u8]) -> Result<(), Error> {
    getrandom::fill(bytes).map_err(|error| Error::Internal(format!("no randomness: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_is_opened_for_what_it_was_sealed_with_its_key() {
        let (old, new) =
            (b"the key before, of more than 32 bytes".as_slice(), b"the key that is in use, of over 32 bytes");
        let keys = Keys::new(old);
        let sealed = keys.seal(b"7", b"secret").unwrap();
        assert!(!sealed.contains("secret") && sealed != keys.seal(b"7", b"secret").unwrap());
        assert_eq!(keys.open(b"7", &sealed).unwrap(), b"secret");
        assert_eq!(Keys::new(new).with_previous(old).open(b"7", &sealed).unwrap(), b"secret");
        let rotated = Keys::new(new).with_previous(old);
        let anew = rotated.reseal(b"7", &sealed).unwrap().unwrap();
        assert_eq!(Keys::new(new).open(b"7", &anew).unwrap(), b"secret");
        assert_eq!(rotated.reseal(b"7", &anew).unwrap(), None, "it is already");
        assert_eq!(rotated.reseal(b"8", &sealed).unwrap(), None, "it cannot be read");
        assert!(rotated.has_previous() && !keys.has_previous());
        assert!(keys.open(b"8", &sealed).is_err() && Keys::new(new).open(b"7", &sealed).is_err());
        assert!(keys.open(b"7", "").is_err() && keys.open(b"7", &sealed[4..]).is_err());
    }
}
