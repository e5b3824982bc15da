//! The same windows in Redis, where several servers count as one.
//!
//! One script does it, so that no two servers see the same room, by the clock of Redis. A key goes with its window.

use super::{Quota, Verdict};
use crate::redis::{PREFIX, Redis, Script};

const SCRIPT: &str = include_str!("shared.lua");

/// Windows that are shared with other servers.
#[derive(Debug)]
pub(in super::super) struct SharedWindows {
    redis: Redis,
    script: Script,
    quota: Quota,
}

impl SharedWindows {
    pub(in super::super) const fn new(redis: Redis, quota: Quota) -> Self {
        Self { redis, script: Script::new(SCRIPT), quota }
    }

    /// Counts a hit of `key`, if its window has room; `None` while Redis is away.
    pub(in super::super) async fn hit(&self, key: &str) -> Option<Verdict> {
        let key = format!("{PREFIX}:limit:{key}");
        let arguments = [u64::from(self.quota.hits), self.quota.window_us(), self.quota.grain_us()];
        let (allowed, remaining, reset_s): (u8, u32, u64) =
            self.redis.run(&self.script, &key, &arguments).await.ok()?;
        Some(Verdict { remaining, reset_s, allowed: allowed == 1 })
    }
}

#[cfg(test)]
mod tests;
