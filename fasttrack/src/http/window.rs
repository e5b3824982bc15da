//! Sliding windows: how often each key called lately, in bounded memory. Pure: time comes in as an argument.
//!
//! A window is exact up to [`EXACT_HITS`] hits. Above, hits close to each other are kept as one group that leaves as a
//! whole with its last hit, so that no window ever holds more hits than allowed, at a bounded number of groups. The less
//! room there is for groups, the more hits make one: that is stricter for whoever calls much, and never laxer.

use std::{
    collections::{HashMap, VecDeque},
    hash::{BuildHasher, Hash, RandomState},
};

mod shared;

pub(super) use self::shared::SharedWindows;

/// Most hits that are kept one by one.
const EXACT_HITS: u32 = 256;

/// Groups that a window is divided into when half of the room is taken, and when three quarters are.
const COARSE_GROUPS: [u32; 2] = [32, 8];

/// Windows that keys share when there is no room for one of their own.
const SHARED_WINDOWS: usize = 1_024;

/// What a window with more than one group takes beside these, in groups.
const OVERHEAD: usize = 4;

/// What one more group can take, since room grows by doubling.
const MAX_STEP: usize = 2 * EXACT_HITS as usize + OVERHEAD;

const MICROS_PER_S: u64 = 1_000_000;

/// How many hits a key has in how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Quota {
    /// Hits in any window; at least 1.
    pub(super) hits: u32,
    /// Length of the window.
    pub(super) window_s: u32,
}

/// How much is remembered: about 41 bytes a key and 16 a group.
#[derive(Debug, Clone, Copy)]
pub(super) struct Room {
    /// Keys that have a window of their own.
    pub(super) keys: usize,
    /// Groups beyond the first of each key, in all.
    pub(super) groups: usize,
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
    room: Room,
    own: HashMap<K, Window>,
    shared: Vec<Window>,
    /// Room for groups that is taken.
    taken: usize,
    hasher: RandomState,
    next_sweep_us: u64,
}

/// Most keys call once or twice, so that the first group stands here and the others elsewhere.
#[derive(Debug, Clone, Default)]
struct Window {
    oldest: Group,
    /// Those after the oldest.
    #[expect(clippy::box_collection, reason = "most windows have none, and are 24 bytes smaller so")]
    later: Option<Box<VecDeque<Group>>>,
    /// Hits in all groups; 0 when there is no group.
    count: u32,
}

#[derive(Debug, Clone, Copy, Default)]
struct Group {
    last_us: u64,
    /// From the first hit to the last.
    span_us: u32,
    count: u32,
}

impl<K: Hash + Eq> Windows<K> {
    pub(super) fn new(quota: Quota, room: Room) -> Self {
        Self {
            quota,
            room,
            own: HashMap::new(),
            shared: vec![Window::default(); SHARED_WINDOWS],
            taken: 0,
            hasher: RandomState::new(),
            next_sweep_us: 0,
        }
    }

    /// Counts a hit of `key` at `now_us`, if its window has room. Time must not run backwards.
    pub(super) fn hit(&mut self, key: K, now_us: u64) -> Verdict {
        let (quota, grain_us) = (self.quota, self.grain_us(now_us));
        let window = self.window(key, now_us);
        let before = window.room_taken();
        let verdict = window.hit(quota, grain_us, now_us);
        let after = window.room_taken();
        self.taken = (self.taken + after).saturating_sub(before);
        verdict
    }

    /// Hits closer than this to the first of a group join it.
    fn grain_us(&mut self, now_us: u64) -> u64 {
        if self.taken >= self.room.groups / 2 {
            self.sweep(now_us);
        }
        let [coarse, coarsest] = COARSE_GROUPS;
        let quarters = self.taken.saturating_mul(4) / self.room.groups.max(1);
        match quarters {
            0 | 1 => self.quota.grain_us(),
            2 => self.quota.window_us() / u64::from(coarse),
            _ if self.taken + MAX_STEP <= self.room.groups => self.quota.window_us() / u64::from(coarsest),
            _ => u64::MAX,
        }
    }

    /// The key's own window. A key that has none yet gets one while there is room; what has hits left in it is never
    /// thrown out to make some, since that would forgive whoever is blocked.
    fn window(&mut self, key: K, now_us: u64) -> &mut Window {
        if self.own.len() >= self.room.keys && !self.own.contains_key(&key) {
            self.sweep(now_us);
            if self.own.len() >= self.room.keys {
                let slot = usize::try_from(self.hasher.hash_one(&key)).unwrap_or(0) % SHARED_WINDOWS;
                if let Some(shared) = self.shared.get_mut(slot) {
                    return shared;
                }
            }
        }
        self.own.entry(key).or_default()
    }

    /// Forgets idle keys and what has left their windows; at most sixteen times per window, so that a flood of keys does
    /// not pay for it each time.
    fn sweep(&mut self, now_us: u64) {
        if now_us < self.next_sweep_us {
            return;
        }
        let window_us = self.quota.window_us();
        let mut taken = 0;
        let mut look = |window: &mut Window| {
            window.slide(window_us, now_us);
            taken += window.room_taken();
            window.count > 0
        };
        self.own.retain(|_, window| look(window));
        self.shared.iter_mut().for_each(|window| {
            look(window);
        });
        self.taken = taken;
        self.own.shrink_to(self.own.len().saturating_mul(4));
        self.next_sweep_us = now_us + window_us / 16;
    }
}

impl Window {
    fn hit(&mut self, quota: Quota, grain_us: u64, now_us: u64) -> Verdict {
        let window_us = quota.window_us();
        self.slide(window_us, now_us);
        let allowed = self.count < quota.hits;
        if allowed {
            self.push(grain_us, now_us);
        }
        let oldest_us = if self.count > 0 { self.oldest.last_us } else { now_us };
        let wait_us = (oldest_us + window_us).saturating_sub(now_us);
        Verdict {
            remaining: quota.hits.saturating_sub(self.count),
            reset_s: wait_us.div_ceil(MICROS_PER_S).max(1),
            allowed,
        }
    }

    /// Leaves out the groups that are not in the window any more.
    fn slide(&mut self, window_us: u64, now_us: u64) {
        while self.count > 0 && now_us >= self.oldest.last_us + window_us {
            self.count -= self.oldest.count;
            match self.later.as_mut().and_then(|later| later.pop_front()) {
                Some(next) => self.oldest = next,
                None => self.count = 0,
            }
        }
        if self.later.as_ref().is_some_and(|later| later.is_empty()) {
            self.later = None;
        }
    }

    fn push(&mut self, grain_us: u64, now_us: u64) {
        let hit = Group { last_us: now_us, span_us: 0, count: 1 };
        if self.count == 0 {
            self.oldest = hit;
        } else {
            let newest = self.later.as_mut().and_then(|later| later.back_mut()).unwrap_or(&mut self.oldest);
            let span_us = now_us - newest.last_us + u64::from(newest.span_us);
            if span_us < grain_us {
                newest.last_us = now_us;
                newest.span_us = u32::try_from(span_us).unwrap_or(u32::MAX);
                newest.count += 1;
            } else {
                self.later.get_or_insert_default().push_back(hit);
            }
        }
        self.count += 1;
    }

    /// Room for groups beyond the first.
    fn room_taken(&self) -> usize {
        self.later.as_ref().map_or(0, |later| later.capacity() + OVERHEAD)
    }
}

impl Quota {
    fn window_us(self) -> u64 {
        u64::from(self.window_s) * MICROS_PER_S
    }

    /// Hits closer than this make one group, where there is room enough.
    fn grain_us(self) -> u64 {
        if self.hits <= EXACT_HITS { 0 } else { self.window_us() / u64::from(EXACT_HITS) }
    }
}

#[cfg(test)]
mod tests;
