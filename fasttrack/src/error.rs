//! Why a request was refused: one vocabulary for the whole runtime.
//!
//! Every layer speaks it; only `http` knows how it looks on the wire (RFC 9457).

use std::borrow::Cow;

/// One thing that is wrong with an input.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Fault {
    /// JSON key or query parameter; empty for the body as a whole.
    pub field: String,
    /// Stable word for programs (`too_long`).
    pub code: &'static str,
    /// Sentence for people.
    pub message: String,
}

/// Why a request was refused.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// 400: the input is not even well-formed.
    #[error("{0}")]
    Malformed(Cow<'static, str>),
    /// 401: who is calling is not known.
    #[error("{0}")]
    Unauthenticated(Cow<'static, str>),
    /// 401: the password is right, and a code is asked for as well.
    #[error("the account has a second factor: send its code, or a recovery code, as `code`")]
    SecondFactor {
        /// What is sent along with the code, where that is not what was sent now.
        ticket: Option<String>,
    },
    /// 403: the caller is known, and no rule allows it.
    #[error("{0}")]
    Forbidden(Cow<'static, str>),
    /// 404: there is no such row or route.
    #[error("{0}")]
    NotFound(Cow<'static, str>),
    /// 409: a unique value is taken, or an invariant would break.
    #[error("{0}")]
    Conflict(Cow<'static, str>),
    /// 412: the row is not as the request wants it to be.
    #[error("{0}")]
    PreconditionFailed(Cow<'static, str>),
    /// 413: the body is longer than this many bytes.
    #[error("the body is over the limit of {max_bytes} bytes")]
    TooLarge {
        /// The limit.
        max_bytes: usize,
    },
    /// 415: the body is of a type that is not taken here.
    #[error("{0}")]
    UnsupportedMediaType(Cow<'static, str>),
    /// 416: there are no such bytes of the file.
    #[error("the file has {bytes} bytes, and none of those that `Range` names")]
    RangeNotSatisfiable {
        /// How many it has.
        bytes: u64,
    },
    /// 422: well-formed, but invalid.
    #[error("the input is invalid")]
    Invalid(Vec<Fault>),
    /// 426: a WebSocket, and no handshake for one.
    #[error("this route is a WebSocket: connect with a client for that")]
    UpgradeRequired,
    /// 426: a body whose end has to be told from that of its connection, over HTTP/1.0.
    #[error("a list is streamed over HTTP/1.1 or newer; behind nginx, say `proxy_http_version 1.1`")]
    HttpTooOld,
    /// 429: the account has as many sockets as it may have.
    #[error("there are {most} sockets of this account already; close one first")]
    TooManySockets {
        /// How many that is.
        most: usize,
    },
    /// 429: too many requests.
    #[error("too many requests")]
    TooManyRequests {
        /// Whole seconds after which a request succeeds.
        retry_after_s: u64,
    },
    /// 429: there are as many new rows, or lists being streamed, as there may be at a time.
    #[error("{why}; try again in {retry_after_s} s")]
    OverLimit {
        /// Which limit that is.
        why: String,
        /// Whole seconds after which a request succeeds.
        retry_after_s: u64,
    },
    /// 503: the database is busy or away, or the server is stopping.
    #[error("{0}")]
    Unavailable(Cow<'static, str>),
    /// What one of many operations was refused with, which were to be carried out together.
    #[error("{error}")]
    InOperation {
        /// Its place, from 0.
        operation: usize,
        /// Why.
        error: Box<Self>,
    },
    /// 500: a fault of ours. The text is for the log alone.
    #[error("{0}")]
    Internal(String),
}

impl Fault {
    /// A fault of one field.
    pub fn new(field: impl Into<String>, code: &'static str, message: impl Into<String>) -> Self {
        Self { field: field.into(), code, message: message.into() }
    }
}

impl Error {
    /// One fault alone.
    pub fn fault(field: impl Into<String>, code: &'static str, message: impl Into<String>) -> Self {
        Self::Invalid(vec![Fault::new(field, code, message)])
    }
}
