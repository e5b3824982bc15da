//! Why a request has no answer.

use std::{error::Error, fmt, time::Duration};

use hyper_util::client::legacy;

/// Why a request has no answer, or not the whole of one; in words that say nothing of what was sent, and no address that a
/// name was found to have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HttpError {
    /// It can be called nowhere.
    #[error("it cannot be called: {0}")]
    Url(String),
    /// It leads where connections may not.
    #[error("it leads to no public address")]
    NotPublic,
    /// Nobody could be connected to.
    #[error("no connection: {0}")]
    Connect(String),
    /// It took too long.
    #[error("no answer within {} s", .0.as_secs_f64())]
    TimedOut(Duration),
    /// There is more of the answer than is taken.
    #[error("the answer is longer than {0} bytes")]
    TooLong(usize),
    /// The connection was lost, or what came over it is no HTTP.
    #[error("the connection broke: {0}")]
    Broken(String),
}

/// All addresses of a host are none that may be connected to.
#[derive(Debug)]
pub(super) struct NotPublic;

impl fmt::Display for NotPublic {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        HttpError::NotPublic.fmt(formatter)
    }
}

impl Error for NotPublic {}

/// A host has no address.
#[derive(Debug)]
pub(super) struct Unknown(pub(super) String);

impl fmt::Display for Unknown {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "the name is not known ({})", self.0)
    }
}

impl Error for Unknown {}

/// A connection was not there in time.
#[derive(Debug)]
pub(super) struct Slow(pub(super) Duration);

impl fmt::Display for Slow {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "none within {} s", self.0.as_secs_f64())
    }
}

impl Error for Slow {}

impl HttpError {
    /// What an error of the client says.
    pub(super) fn of(error: &legacy::Error) -> Self {
        match innermost(error) {
            cause if cause.is::<NotPublic>() => Self::NotPublic,
            cause if error.is_connect() => Self::Connect(cause.to_string()),
            cause => Self::Broken(cause.to_string()),
        }
    }

    /// The same for one that an answer ends with.
    pub(super) fn of_answer(error: &hyper::Error) -> Self {
        Self::Broken(innermost(error).to_string())
    }
}

/// What an error was caused by in the end.
fn innermost<'a>(error: &'a (dyn Error + 'static)) -> &'a (dyn Error + 'static) {
    let mut cause = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    cause
}
