//! What was loaded from the database, kept until a write changes it.
//!
//! A load that began before a write committed may end after the write dropped the entry; kept, it would be stale for
//! ever. So a load notes the epoch first, and what it found is kept only if no drop has begun a new one since. Memory is
//! bounded: what is over the bound is loaded again.

use std::sync::{Mutex, MutexGuard, PoisonError};

use moka::sync::Cache as Entries;

/// Entries by id.
pub(super) struct Cache<V> {
    entries: Entries<i64, V>,
    epoch: Mutex<u64>,
}

/// The time of a load, in drops so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Epoch(u64);

impl<V: Clone + Send + Sync + 'static> Cache<V> {
    /// A cache of at most `most` entries.
    pub(super) fn new(most: u64) -> Self {
        Self { entries: Entries::new(most), epoch: Mutex::new(0) }
    }

    pub(super) fn get(&self, id: i64) -> Option<V> {
        self.entries.get(&id)
    }

    /// To be asked before a load begins.
    pub(super) fn epoch(&self) -> Epoch {
        Epoch(*self.lock())
    }

    /// Keeps what a load found that began at `epoch`, unless anything was dropped since.
    pub(super) fn keep(&self, id: i64, value: V, epoch: Epoch) {
        let current = self.lock();
        if *current == epoch.0 {
            self.entries.insert(id, value);
        }
    }

    /// Drops entries; to be called when the write that changed them has committed, and before it is answered.
    pub(super) fn drop_all(&self, ids: &[i64]) {
        let mut current = self.lock();
        *current += 1;
        for id in ids {
            self.entries.invalidate(id);
        }
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
    fn the_number_of_entries_is_bounded() {
        let cache = Cache::new(10);
        for id in 0..1_000 {
            cache.keep(id, id, cache.epoch());
        }
        cache.entries.run_pending_tasks();
        assert!(cache.entries.entry_count() <= 10);
    }
}
