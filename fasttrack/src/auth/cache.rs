//! What was loaded from the database, kept until a write changes it.
//!
//! A load that began before a write committed may end after the write dropped the entry; kept, it would be stale for
//! ever. So a load notes the epoch first, and what it found is kept only if no drop has begun a new one since. While it is
//! not known what is being written nothing is kept, and nothing that was is believed. Memory is bounded: what is over the
//! bound is loaded again.

use std::sync::{
    Mutex, MutexGuard, PoisonError,
    atomic::{AtomicU64, Ordering},
};

use quick_cache::sync::Cache as Entries;

/// Entries by id.
pub(super) struct Cache<V> {
    /// By generation and id.
    entries: Entries<(u64, i64), V>,
    /// Drops so far.
    epoch: Mutex<u64>,
    /// Entries of another generation than this one are out of reach: the epoch in which it began, or [`DISTRUSTED`].
    generation: AtomicU64,
}

/// Not a generation: nothing is kept.
const DISTRUSTED: u64 = 0;

/// The first epoch.
const FIRST: u64 = DISTRUSTED + 1;

/// The time of a load, in drops so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Epoch(u64);

impl<V: Clone + Send + Sync + 'static> Cache<V> {
    /// A cache of at most `most` entries.
    pub(super) fn new(most: usize) -> Self {
        Self { entries: Entries::new(most), epoch: Mutex::new(FIRST), generation: AtomicU64::new(FIRST) }
    }

    pub(super) fn get(&self, id: i64) -> Option<V> {
        match self.generation.load(Ordering::Acquire) {
            DISTRUSTED => None,
            generation => self.entries.get(&(generation, id)),
        }
    }

    /// To be asked before a load begins.
    pub(super) fn epoch(&self) -> Epoch {
        Epoch(*self.lock())
    }

    /// Keeps what a load found that began at `epoch`, unless anything was dropped since.
    pub(super) fn keep(&self, id: i64, value: V, epoch: Epoch) {
        let current = self.lock();
        let generation = self.generation.load(Ordering::Acquire);
        if *current == epoch.0 && generation != DISTRUSTED {
            self.entries.insert((generation, id), value);
        }
    }

    /// Drops entries; to be called when the write that changed them has committed, and before it is answered.
    pub(super) fn drop_all(&self, ids: &[i64]) {
        let mut current = self.lock();
        *current += 1;
        let generation = self.generation.load(Ordering::Acquire);
        for id in ids {
            self.entries.remove(&(generation, *id));
        }
    }

    /// Drops every entry, and keeps none until [`Self::begin_anew`].
    pub(super) fn distrust(&self) {
        self.turn(|_| DISTRUSTED);
    }

    /// Drops every entry.
    pub(super) fn begin_anew(&self) {
        self.turn(|epoch| epoch);
    }

    fn turn(&self, to: impl FnOnce(u64) -> u64) {
        let mut current = self.lock();
        *current += 1;
        self.generation.store(to(*current), Ordering::Release);
        // They are out of reach already; this only gives back their memory.
        self.entries.clear();
    }

    fn lock(&self) -> MutexGuard<'_, u64> {
        self.epoch.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Epoch {
    /// A number that is another one after every drop.
    pub(super) const fn number(self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_load_is_kept_only_if_nothing_was_dropped_since_it_began() {
        let cache = Cache::new(10);
        let before = cache.epoch();
        cache.keep(1, "loaded", before);
        assert_eq!(cache.get(1), Some("loaded"));

        cache.drop_all(&[1]);
        assert_eq!(cache.get(1), None);
        cache.keep(1, "stale", before);
        assert_eq!(cache.get(1), None, "what was read before the write must not come back after it");

        cache.keep(1, "fresh", cache.epoch());
        assert_eq!(cache.get(1), Some("fresh"));
        cache.drop_all(&[2]);
        assert_eq!(cache.get(1), Some("fresh"), "others stay");
    }

    #[test]
    fn what_is_distrusted_is_not_kept_until_everything_begins_anew() {
        let cache = Cache::new(10);
        cache.keep(1, "loaded", cache.epoch());
        cache.distrust();
        assert_eq!(cache.get(1), None);
        let amid = cache.epoch();
        cache.keep(1, "doubtful", amid);
        assert_eq!(cache.get(1), None);
        cache.begin_anew();
        cache.keep(1, "stale", amid);
        assert_eq!(cache.get(1), None, "what was read in doubt must not outlive it");
        cache.keep(1, "fresh", cache.epoch());
        assert_eq!(cache.get(1), Some("fresh"));
        cache.begin_anew();
        assert_eq!(cache.get(1), None);
        cache.keep(1, "later", cache.epoch());
        assert_eq!(cache.get(1), Some("later"));
    }

    #[test]
    fn the_number_of_entries_is_bounded() {
        let cache = Cache::new(10);
        for id in 0..1_000 {
            cache.keep(id, id, cache.epoch());
        }
        assert!(cache.entries.len() <= 10);
    }
}
