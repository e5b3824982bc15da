//! HMAC-SHA-256 (RFC 2104, FIPS 180-4), as everything that is authenticated here uses it.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// A computation under way. Its comparison (`verify_slice`) takes the same time wherever the difference is.
pub(crate) type HmacSha256 = Hmac<Sha256>;

/// Starts a computation under `key`.
#[expect(clippy::expect_used, reason = "HMAC takes a key of any length")]
pub(crate) fn keyed(key: &[u8]) -> HmacSha256 {
    HmacSha256::new_from_slice(key).expect("HMAC takes a key of any length")
}

/// Whether two codes are the same, in a time that does not tell where they differ.
pub(crate) fn equal(one: &[u8], other: &[u8]) -> bool {
    one.len() == other.len() && one.iter().zip(other).fold(0, |difference, (a, b)| difference | (a ^ b)) == 0
}

/// The code of one message under `key`.
pub(crate) fn code(key: &[u8], message: &[u8]) -> [u8; 32] {
    keyed(key).chain_update(message).finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_is_the_one_of_rfc_4231() {
        let expected = [
            0x5b, 0xdc, 0xc1, 0x46, 0xbf, 0x60, 0x75, 0x4e, 0x6a, 0x04, 0x24, 0x26, 0x08, 0x95, 0x75, 0xc7, 0x5a, 0x00,
            0x3f, 0x08, 0x9d, 0x27, 0x39, 0x83, 0x9d, 0xec, 0x58, 0xb9, 0x64, 0xec, 0x38, 0x43,
        ];
        assert_eq!(code(b"Jefe", b"what do ya want for nothing?"), expected);
    }
}
