//! Redis: what several nodes share that may be lost. The limiter counts there, and nodes tell each other there that there
//! are messages; what must not be lost is in the database.
//!
//! Nobody waits for it: a question is answered within a tenth of a second, or Redis is taken to be away, and then everybody is
//! told so at once until it has been reached again in the background. Nothing here knows what is asked or told.
//! `url` is its address, `connect` opens connections, `link` keeps the one that questions go over, and `listen` the one
//! over which others are heard.

mod connect;
mod link;
mod listen;
#[cfg(test)]
pub(crate) mod tests;
mod url;

use std::time::Duration;

pub use self::{
    link::{Redis, Script},
    url::{RedisUrl, RedisUrlError},
};

/// How long an answer may take.
pub(crate) const PATIENCE: Duration = Duration::from_millis(100);

/// What all keys and channels begin with.
pub(crate) const PREFIX: &str = "fasttrack";

/// Redis is away, or refuses to do it. It was logged why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Redis is away")]
pub struct Away;

/// How long it is waited before the second try to connect; twice as long before each further one.
const FIRST_PAUSE: Duration = Duration::from_millis(50);

/// How long it is waited at most.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// The pause after the one before.
fn longer(pause: Duration) -> Duration {
    (pause * 2).min(LONGEST_PAUSE)
}
