//! What becomes of the bytes of files that no row has: taken out soon after the commit that let go of them, and, should the
//! process have ended before it could say so, by the sweep.

use std::{
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use tokio::{
    sync::Notify,
    time::{Instant, timeout},
};

use crate::{
    clock::{self, Steps},
    error::Error,
    files::{Key, Store},
    pipeline::Pipeline,
};

/// How often all files are looked through.
const SWEEP_EVERY: Duration = Duration::from_hours(1);

/// How long bytes are spared that no row has, in microseconds: so that none lies for longer than a day until the sweep comes.
/// Whoever puts some has told the row long before.
const SPARED_US: i64 = 23 * 60 * 60 * clock::SECOND_US;

/// How often it is looked unasked what rows have let go of: another node may have ended before it did.
const LOOK_EVERY: Duration = Duration::from_mins(1);

/// How far the clock may be set forward without anybody asking, in microseconds: what was just put would look old.
const LEAP_US: i64 = 60 * 60 * clock::SECOND_US;

/// Keys that are dealt with at a time.
const STEP: u16 = 500;

/// Takes out of a store what no row has. A clone does the same.
#[derive(Clone)]
pub struct FileKeeper {
    store: Store,
    pipeline: Arc<Pipeline>,
    unused: Arc<Notify>,
}

impl FileKeeper {
    /// Keeps this store; `unused` tells that rows have let go of something.
    #[must_use]
    pub fn new(store: Store, pipeline: Arc<Pipeline>, unused: Arc<Notify>) -> Self {
        Self { store, pipeline, unused }
    }

    /// The store.
    #[must_use]
    pub const fn store(&self) -> &Store {
        &self.store
    }

    /// Does so for as long as the server runs, and all of it once it begins. What could not be taken out is tried again.
    pub async fn keep(self) {
        let (mut steps, mut sweep_at) = (Steps::begin(), Instant::now());
        loop {
            if let Err(error) = self.remove_unused().await {
                tracing::warn!(%error, "files that no row has any more were not taken out; they will be");
            }
            if Instant::now() >= sweep_at {
                sweep_at = Instant::now() + SWEEP_EVERY;
                if steps.take_us() > LEAP_US {
                    tracing::warn!("the clock was set forward; files are looked through later, should it be set back");
                } else if let Err(error) = self.sweep().await {
                    tracing::warn!(%error, "files were not looked through to the end; they will be");
                }
            }
            // Whichever comes first is a reason to look.
            let _ = timeout(LOOK_EVERY, self.unused.notified()).await;
        }
    }

    /// The same without the sweep, which a test has when it says so.
    #[cfg(feature = "testing")]
    pub(crate) async fn keep_up(self) {
        loop {
            if let Err(error) = self.remove_unused().await {
                tracing::warn!(%error, "files that no row has any more were not taken out");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            let _ = timeout(LOOK_EVERY, self.unused.notified()).await;
        }
    }

    /// Takes out what rows have let go of.
    ///
    /// # Errors
    /// What the database or the store says; what was not taken out is known still.
    pub async fn remove_unused(&self) -> Result<(), Error> {
        loop {
            let unused = self.pipeline.unused_files(STEP).await?;
            if unused.is_empty() {
                return Ok(());
            }
            let keys: Vec<_> = unused.iter().filter_map(|key| Key::parse(key)).collect();
            self.remove_all_but_used(&keys).await?;
            self.pipeline.forget_files(&unused).await?;
        }
    }

    /// Takes out what has lain for about a day and no row has, and says how many files that were. Nothing is taken out that the
    /// database was not asked about.
    ///
    /// # Errors
    /// What the database or the store says; the rest is left for the next time.
    pub async fn sweep(&self) -> Result<usize, Error> {
        let before_us = clock::now_us().saturating_sub(SPARED_US);
        let before = UNIX_EPOCH + Duration::from_micros(u64::try_from(before_us).unwrap_or_default());
        self.sweep_before(before).await
    }

    async fn sweep_before(&self, before: SystemTime) -> Result<usize, Error> {
        self.store.forget_received(before).await?;
        let (mut walk, mut removed) = (self.store.walk(before), 0);
        while let Some(keys) = walk.next(usize::from(STEP)).await? {
            removed += self.remove_all_but_used(&keys).await?;
        }
        if removed > 0 {
            tracing::info!(files = removed, "files were taken out that no row has had for a day");
        }
        Ok(removed)
    }

    async fn remove_all_but_used(&self, keys: &[Key]) -> Result<usize, Error> {
        let rows: Vec<_> = keys.iter().map(Key::row).collect();
        let used = self.pipeline.files_in_use(&rows).await?;
        let mut removed = 0;
        for key in keys.iter().filter(|key| !used.contains(key.as_str())) {
            self.store.remove(key).await?;
            removed += 1;
        }
        Ok(removed)
    }
}

impl std::fmt::Debug for FileKeeper {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("FileKeeper").field("store", &self.store).finish_non_exhaustive()
    }
}
