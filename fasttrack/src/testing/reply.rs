//! An answer.

use std::fmt;

use serde::de::DeserializeOwned;
use serde_json::Value;
use ureq::{
    Body,
    http::{HeaderMap, Response},
};

use super::{Problem, fail::OrFail};

/// Longest answer that is read, in bytes.
const MAX_BYTES: u64 = 64 << 20;

/// How much of an answer a message shows, in characters.
const SHOWN_CHARS: usize = 2_000;

/// An answer.
#[derive(Debug, Clone)]
pub struct Reply {
    /// The status.
    pub status: u16,
    /// The body as it came.
    pub body: Vec<u8>,
    headers: HeaderMap,
    /// Method, target and caller, for messages.
    request: String,
}

impl Reply {
    #[track_caller]
    pub(super) fn read(mut response: Response<Body>, request: String) -> Self {
        let body = response.body_mut().with_config().limit(MAX_BYTES).read_to_vec();
        let body = body.or_fail(|error| format!("{request}: the answer breaks off: {error}"));
        Self { status: response.status().as_u16(), headers: response.headers().clone(), body, request }
    }

    /// The first header of this name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The body as text.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    ///
    /// # Panics
    /// When it is none.
    #[must_use]
    #[track_caller]
    pub fn json(&self) -> Value {
        self.parse()
    }

    /// The body, read as a `T`; one that is empty reads as `null`.
    ///
    /// # Panics
    /// When it does not read as one.
    #[must_use]
    #[track_caller]
    pub fn parse<T: DeserializeOwned>(&self) -> T {
        let json = if self.body.is_empty() { b"null" } else { self.body.as_slice() };
        serde_json::from_slice(json).or_fail(|error| {
            format!("{}: the answer is no {}: {error}: {}", self.request, std::any::type_name::<T>(), self.shown())
        })
    }

    /// The problem that it is.
    ///
    /// # Panics
    /// When it is none, or of another status.
    #[must_use]
    #[track_caller]
    pub fn problem(&self, status: u16) -> Problem {
        self.check(status);
        let kind = self.header("content-type").unwrap_or_default();
        assert!(kind == "application/problem+json", "{}: {status}, but no problem: {}", self.request, self.shown());
        Problem { request: self.request.clone(), ..self.parse() }
    }

    #[track_caller]
    pub(super) fn check(&self, status: u16) {
        assert!(self.status == status, "{}: expected {status}, got {self}", self.request);
    }

    #[track_caller]
    pub(super) fn check_success(&self) {
        assert!((200..300).contains(&self.status), "{}: expected success, got {self}", self.request);
    }

    /// The body, as much of it as a message bears.
    fn shown(&self) -> String {
        self.text().chars().take(SHOWN_CHARS).collect()
    }
}

/// `422: title: too_long (at most 300 characters)`; what is no problem is shown as it is.
impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match serde_json::from_slice::<Problem>(&self.body) {
            Ok(problem) => write!(f, "{}: {problem}", self.status),
            Err(_) if self.body.is_empty() => write!(f, "{}, without a body", self.status),
            Err(_) => write!(f, "{}: {}", self.status, self.shown()),
        }
    }
}
