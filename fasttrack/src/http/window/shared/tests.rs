//! The script against the windows that it shares.

use std::sync::atomic::{AtomicU32, Ordering};

use proptest::{collection::vec, prelude::*};
use tokio::runtime::{Builder, Runtime};

use super::*;
use crate::{
    http::window::{EXACT_HITS, Room, Windows},
    redis::tests::bench,
};

const ROOM: Room = Room { keys: 8, groups: 100_000 };

/// Where the clock of these tests begins, in microseconds.
const BEGUN_US: u64 = 1_700_000_000_000_000;

/// The script, with a clock that it is told of.
fn timed() -> Script {
    let asked = "redis.call('TIME')";
    assert_eq!(SCRIPT.matches(asked).count(), 1);
    Script::new(SCRIPT.replace(asked, "{ARGV[4], ARGV[5]}").leak())
}

/// A Redis, a name for keys, and the script.
struct Bench {
    runtime: Runtime,
    redis: Redis,
    name: String,
    script: Script,
}

impl Bench {
    fn start() -> Option<Self> {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let (redis, name) = runtime.block_on(bench())?;
        Some(Self { runtime, redis, name, script: timed() })
    }

    fn hit(&self, key: u32, quota: Quota, now_us: u64) -> Verdict {
        let clock = BEGUN_US + now_us;
        let clock = [clock / 1_000_000, clock % 1_000_000];
        let arguments = [u64::from(quota.hits), quota.window_us(), quota.grain_us(), clock[0], clock[1]];
        let key = format!("{}:{key}", self.name);
        let answer = self.runtime.block_on(self.redis.run(&self.script, &key, &arguments));
        let (allowed, remaining, reset_s): (u8, _, _) = answer.unwrap();
        Verdict { remaining, reset_s, allowed: allowed == 1 }
    }
}

#[test]
fn the_script_says_what_the_windows_say() {
    let Some(bench) = Bench::start() else { return };
    let keys = AtomicU32::new(1);
    // The hits, and the time between them in parts of what makes the window full.
    let hits = vec(prop_oneof![8 => 0_u64..2_000, 1 => Just(0), 1 => 0_u64..400_000], 1..400);
    let quotas = prop_oneof![4 => 1_u32..6, 2 => 7_u32..256, 1 => 256_u32..258, 2 => 300_u32..5_000];
    proptest!(ProptestConfig::with_cases(48), |(hits in hits, limit in quotas, window_s in 30_u32..100)| {
        let key = keys.fetch_add(1, Ordering::Relaxed);
        let quota = Quota { hits: limit, window_s };
        let mut windows = Windows::new(quota, ROOM);
        let mut now_us = 0;
        for gap in hits {
            now_us += gap * quota.window_us() / u64::from(limit) / 1_000;
            prop_assert_eq!(bench.hit(key, quota, now_us), windows.hit((), now_us), "at {}", now_us);
        }
    });
}

#[test]
fn a_window_of_many_hits_is_small_and_goes_by_itself() {
    let Some(bench) = Bench::start() else { return };
    let quota = Quota { hits: 100_000, window_s: 60 };
    for hit in 0..2_000 {
        assert!(bench.hit(0, quota, hit * quota.window_us() / 2_000).allowed);
    }
    let size = Script::new("return {redis.call('LLEN', KEYS[1]), redis.call('PTTL', KEYS[1])}");
    let key = format!("{}:0", bench.name);
    let (groups, ttl_ms): (u32, u64) = bench.runtime.block_on(bench.redis.run(&size, &key, &[])).unwrap();
    assert!((200..=EXACT_HITS + 1).contains(&groups), "{groups}");
    assert!((1..=60_000).contains(&ttl_ms), "{ttl_ms}");
}

#[test]
fn a_clock_that_is_set_back_blocks_nobody_for_long() {
    let Some(bench) = Bench::start() else { return };
    let (quota, hour_us) = (Quota { hits: 1, window_s: 60 }, 3_600_000_000);
    assert!(bench.hit(0, quota, hour_us).allowed);
    let soon = bench.hit(0, quota, hour_us - 30_000_000);
    assert_eq!(soon, Verdict { remaining: 0, reset_s: 90, allowed: false }, "and waiting that long succeeds");
    assert!(bench.hit(0, quota, 0).allowed, "an hour earlier");
}
