//! The name of a request, by which its answer, its log lines and a report about it are found.

use std::{
    hash::{BuildHasher, RandomState},
    sync::{
        LazyLock,
        atomic::{AtomicU64, Ordering},
    },
};

use data_encoding::HEXLOWER;
use salvo::http::{HeaderMap, HeaderName, HeaderValue, Request};

/// The header that carries it both ways.
pub(super) const HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// Longest id that is taken from a client, in bytes.
const MAX_BYTES: usize = 128;

/// A request's id: visible ASCII.
#[derive(Debug, Clone)]
pub(super) struct RequestId(HeaderValue);

impl RequestId {
    /// The id that the client sent, if it is one and fit for headers and logs; else a new one.
    pub(super) fn from_headers(headers: &HeaderMap) -> Self {
        let mut sent = headers.get_all(HEADER).iter();
        let id = sent.next().filter(|id| sent.next().is_none() && is_sane(id.as_bytes()));
        id.cloned().map_or_else(Self::generate, Self)
    }

    /// The id that a request was given when it came in.
    pub(super) fn of(req: &Request) -> Self {
        req.extensions().get::<Self>().cloned().unwrap_or_else(|| Self::from_headers(req.headers()))
    }

    fn generate() -> Self {
        /// Its keys are random at every start, so that ids are neither predictable nor a count of requests.
        static HASHER: LazyLock<RandomState> = LazyLock::new(RandomState::new);
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let halves = [HASHER.hash_one((0, number)), HASHER.hash_one((1, number))].map(u64::to_be_bytes);
        let text = HEXLOWER.encode(halves.as_flattened());
        Self(HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static("unnamed")))
    }

    pub(super) fn as_str(&self) -> &str {
        self.0.to_str().unwrap_or("unnamed")
    }

    pub(super) fn as_header(&self) -> HeaderValue {
        self.0.clone()
    }
}

fn is_sane(id: &[u8]) -> bool {
    (1..=MAX_BYTES).contains(&id.len()) && id.iter().all(u8::is_ascii_graphic)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id_for(sent: &[u8]) -> String {
        let mut headers = HeaderMap::new();
        headers.insert(HEADER, HeaderValue::from_bytes(sent).unwrap());
        RequestId::from_headers(&headers).as_str().to_owned()
    }

    #[test]
    fn sane_ids_are_kept_and_others_replaced() {
        for sane in ["1", "a-b_c.d/e", &"x".repeat(128)] {
            assert_eq!(id_for(sane.as_bytes()), sane);
        }
        for odd in [&b""[..], b"a b", b"caf\xc3\xa9", b"a\tb", &[b'x'; 129]] {
            assert_ne!(id_for(odd).as_bytes(), odd);
            assert_eq!(id_for(odd).len(), 32);
        }
        let twice: HeaderMap = ["a", "b"].map(|id| (HEADER, HeaderValue::from_static(id))).into_iter().collect();
        assert_eq!(RequestId::from_headers(&twice).as_str().len(), 32, "two are none");
    }

    #[test]
    fn made_ids_differ() {
        let ids: std::collections::HashSet<_> = (0..1000).map(|_| id_for(b"")).collect();
        assert_eq!(ids.len(), 1000);
    }
}
