//! Sliding windows: how often each key called lately, in bounded memory. Pure: time comes in as an argument.
//!
//! A window is exact up to [`EXACT_HITS`] hits. Above, hits close to each other are kept as one group that leaves as a
//! whole with its last hit, so that no window ever holds more hits than allowed, at a bounded number of groups.

use std::{
    collections::{HashMap, VecDeque},
    hash::{BuildHasher, Hash, RandomState},
};

/// Most hits that are kept one by one.
const EXACT_HITS: u32 = 256;

/// Windows that keys share when there is no room for one of their own.
const SHARED_WINDOWS: usize = 1_024;

const MICROS_PER_S: u64 = 1_000_000;

/// How many hits a key has in how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Quota {
    /// Hits in any window; at least 1.
    pub(super) hits: u32,
    /// Length of the window.
    pub(super) window_s: u32,
}

/// What became of a hit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Verdict {
    /// Hits that are left at this moment.
    pub(super) remaining: u32,
    /// Whole seconds after which there is at least one more.
    pub(super) reset_s: u64,
    /// Whether the hit was counted; one that was refused does not count.
    pub(super) allowed: bool,
}

/// The windows of many keys.
#[derive(Debug)]
pub(super) struct Windows<K> {
    quota: Quota,
    max_keys: usize,
    own: HashMap<K, Window>,
    shared: Vec<Window>,
    hasher: RandomState,
    next_sweep_us: u64,
}

#[derive(Debug, Clone, Default)]
struct Window {
    groups: VecDeque<Group>,
    count: u32,
}

#[derive(Debug, Clone, Copy)]
struct Group {
    first_us: u64,
    last_us: u64,
    count: u32,
}

impl<K: Hash + Eq> Windows<K> {
    pub(super) fn new(quota: Quota, max_keys: usize) -> Self {
        Self {
            quota,
            max_keys,
            own: HashMap::new(),
            shared: vec![Window::default(); SHARED_WINDOWS],
            hasher: RandomState::new(),
            next_sweep_us: 0,
        }
    }

    /// Counts a hit of `key` at `now_us`, if its window has room. Time must not run backwards.
    pub(super) fn hit(&mut self, key: K, now_us: u64) -> Verdict {
        let quota = self.quota;
        self.window(key, now_us).hit(quota, now_us)
    }

    /// The key's own window. A key that has none yet gets one while there is room; what has hits left in it is never
    /// thrown out to make some, since that would forgive whoever is blocked.
    fn window(&mut self, key: K, now_us: u64) -> &mut Window {
        if self.own.len() >= self.max_keys && !self.own.contains_key(&key) {
            self.sweep(now_us);
            if self.own.len() >= self.max_keys {
                let slot = usize::try_from(self.hasher.hash_one(&key)).unwrap_or(0) % SHARED_WINDOWS;
                if let Some(shared) = self.shared.get_mut(slot) {
                    return shared;
                }
            }
        }
        self.own.entry(key).or_default()
    }

    /// Forgets idle keys; at most sixteen times per window, so that a flood of keys does not pay for it each time.
    fn sweep(&mut self, now_us: u64) {
        if now_us >= self.next_sweep_us {
            let window_us = self.quota.window_us();
            self.own.retain(|_, window| window.groups.back().is_some_and(|group| group.is_live(window_us, now_us)));
            self.next_sweep_us = now_us + window_us / 16;
        }
    }
}

impl Window {
    fn hit(&mut self, quota: Quota, now_us: u64) -> Verdict {
        let window_us = quota.window_us();
        while let Some(group) = self.groups.front().filter(|group| !group.is_live(window_us, now_us)) {
            self.count -= group.count;
            self.groups.pop_front();
        }
        let allowed = self.count < quota.hits;
        if allowed {
            self.count += 1;
            self.push(quota, now_us);
        }
        let oldest_us = self.groups.front().map_or(now_us, |group| group.last_us);
        let wait_us = (oldest_us + window_us).saturating_sub(now_us);
        Verdict {
            remaining: quota.hits.saturating_sub(self.count),
            reset_s: wait_us.div_ceil(MICROS_PER_S).max(1),
            allowed,
        }
    }

    fn push(&mut self, quota: Quota, now_us: u64) {
        match self.groups.back_mut() {
            Some(group) if now_us - group.first_us < quota.grain_us() => {
                group.last_us = now_us;
                group.count += 1;
            }
            _ => self.groups.push_back(Group { first_us: now_us, last_us: now_us, count: 1 }),
        }
    }
}

impl Group {
    const fn is_live(&self, window_us: u64, now_us: u64) -> bool {
        now_us < self.last_us + window_us
    }
}

impl Quota {
    fn window_us(self) -> u64 {
        u64::from(self.window_s) * MICROS_PER_S
    }

    /// Hits closer than this to the first of a group join it.
    fn grain_us(self) -> u64 {
        if self.hits <= EXACT_HITS { 0 } else { self.window_us() / u64::from(EXACT_HITS) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: u64 = MICROS_PER_S;

    #[track_caller]
    fn check(quota: (u32, u32), hits: &[(u64, bool, u32, u64)]) {
        let mut windows = Windows::new(Quota { hits: quota.0, window_s: quota.1 }, 8);
        for &(now_us, allowed, remaining, reset_s) in hits {
            assert_eq!(windows.hit("k", now_us), Verdict { remaining, reset_s, allowed }, "at {now_us}");
        }
    }

    #[test]
    fn hits_leave_one_by_one_as_the_window_slides() {
        check(
            (2, 10),
            &[
                (0, true, 1, 10),
                (3 * S, true, 0, 7),
                (3 * S, false, 0, 7),
                (9 * S + 1, false, 0, 1),
                (10 * S - 1, false, 0, 1),
                (10 * S, true, 0, 3),
                (12 * S, false, 0, 1),
                (13 * S, true, 0, 7),
                (100 * S, true, 1, 10),
            ],
        );
        check((1, 1), &[(0, true, 0, 1), (1, false, 0, 1), (S, true, 0, 1)]);
    }

    #[test]
    fn refused_hits_do_not_count() {
        let mut hits = vec![(0, true, 0, 5)];
        hits.extend((1..1000).map(|at| (at, false, 0, 5)));
        hits.push((5 * S, true, 0, 5));
        check((1, 5), &hits);
    }

    /// A small linear congruential generator: the same walk on every run.
    fn walk(seed: u64) -> impl FnMut(u64) -> u64 {
        let mut state = seed;
        move |below| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % below
        }
    }

    #[test]
    fn no_window_holds_more_than_allowed_and_waiting_as_told_succeeds() {
        for (hits, window_s) in [(1, 1), (3, 2), (100, 60), (256, 7), (257, 7), (5_000, 3)] {
            let quota = Quota { hits, window_s };
            let mut next = walk(u64::from(hits));
            let mut windows = Windows::new(quota, 8);
            let mut counted = VecDeque::new();
            let mut now = 0;
            for _ in 0..20_000 {
                now += next(2 * quota.window_us() / u64::from(hits));
                let verdict = windows.hit((), now);
                if !verdict.allowed {
                    assert!(verdict.reset_s <= u64::from(window_s), "{quota:?}");
                    now += verdict.reset_s * S;
                    assert!(windows.hit((), now).allowed, "{quota:?} at {now}");
                }
                counted.push_back(now);
                while counted.front().is_some_and(|&first| first + quota.window_us() <= now) {
                    counted.pop_front();
                }
                assert!(counted.len() <= hits as usize, "{quota:?} at {now}");
            }
            assert!(windows.window((), now).groups.len() <= EXACT_HITS as usize + 2);
        }
    }

    #[test]
    fn keys_do_not_share_while_there_is_room() {
        let mut windows = Windows::new(Quota { hits: 1, window_s: 10 }, 4);
        for key in 0..4 {
            assert!(windows.hit(key, 0).allowed);
            assert!(!windows.hit(key, 1).allowed);
        }
    }

    #[test]
    fn a_flood_of_keys_forgives_nobody_and_takes_no_memory() {
        let mut windows = Windows::new(Quota { hits: 1, window_s: 16 }, 4);
        for key in 0..4 {
            windows.hit(key, 0);
        }
        let allowed = (4..100_000).filter(|&key| windows.hit(key, S).allowed).count();
        assert!(allowed <= SHARED_WINDOWS, "{allowed}");
        assert!((0..4).all(|key| !windows.hit(key, 2 * S).allowed), "who was blocked stays blocked");
        assert_eq!(windows.own.len(), 4);
        assert!(windows.hit(100_000, 17 * S).allowed, "idle keys make room");
        assert_eq!(windows.own.len(), 1);
    }
}
