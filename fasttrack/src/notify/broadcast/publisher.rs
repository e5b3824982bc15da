//! What a node says over Redis, after the commits that it tells of: and by the database after all where that fails.

use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use futures_util::FutureExt;
use tokio::{
    sync::Notify,
    time::{Instant, MissedTickBehavior, interval, interval_at},
};

use super::{
    BEAT, NOTE, SILENCE,
    words::{CHANNEL, bye, here, over_redis, payloads},
};
use crate::{
    db::{Db, Notices},
    error::Error,
    redis::{PREFIX, Redis},
};

/// Says what waits to be said.
pub(super) struct Publisher {
    own: Arc<str>,
    db: Db,
    redis: Redis,
    channel: String,
    waiting: Mutex<Waiting>,
    added: Notify,
    /// The last that was said over Redis got there.
    is_through: AtomicBool,
}

/// Accounts that others are to be told of.
#[derive(Default)]
struct Waiting {
    next: BTreeSet<i64>,
    /// Those that are being told of: until that is done they are not done with.
    in_hand: BTreeSet<i64>,
}

impl Publisher {
    pub(super) fn new(own: Arc<str>, db: Db, redis: Redis) -> Self {
        // Channels know no databases, and those who share a Redis are kept apart by theirs.
        let channel = format!("{PREFIX}:{}:messages", redis.url().database());
        let (waiting, added, is_through) = (Mutex::default(), Notify::new(), AtomicBool::new(false));
        Self { own, db, redis, channel, waiting, added, is_through }
    }

    /// Whether Redis takes what is said, as far as is known.
    pub(super) fn carries(&self) -> bool {
        self.is_through.load(Ordering::Relaxed) && self.redis.is_up()
    }

    /// Has others told of these accounts. Does not block.
    pub(super) fn publish(&self, accounts: Vec<i64>) {
        self.waiting().next.extend(accounts);
        self.added.notify_one();
    }

    /// What is said, by this node too.
    pub(super) fn listen(&self) -> Notices {
        self.redis.listen(self.channel.clone(), SILENCE)
    }

    /// Says it, and that this node is there, until it is dropped.
    pub(super) async fn run(&self) {
        let mut rhythm = interval(BEAT);
        rhythm.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut notes = interval_at(Instant::now() + 2 * BEAT, NOTE);
        notes.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = self.added.notified() => {}
                _ = rhythm.tick() => drop(self.say(&here(&self.own)).await),
            }
            if notes.tick().now_or_never().is_some() && self.carries() {
                // Those who hear this node over Redis as well have nothing to learn, and the others hear the next one.
                self.tell_by_database(vec![over_redis(&self.own)]).await.ok();
            }
            // What nobody could be told of waits for the next beat.
            self.flush().await.ok();
        }
    }

    /// Says the last of it, and good-bye if nothing is left to be said.
    pub(super) async fn leave(&self) {
        if self.flush().await.is_ok() {
            self.say(&bye(&self.own)).await;
        }
    }

    /// Whether it got to Redis.
    async fn say(&self, payload: &str) -> bool {
        let is_through = self.redis.publish(&self.channel, payload).await.is_ok();
        self.is_through.store(is_through, Ordering::Relaxed);
        is_through
    }

    /// Tells of what waits. What was not told of waits still.
    async fn flush(&self) -> Result<(), Error> {
        let accounts: Vec<_> = {
            let Waiting { next, in_hand } = &mut *self.waiting();
            in_hand.append(next);
            in_hand.iter().copied().collect()
        };
        if accounts.is_empty() {
            return Ok(());
        }
        let mut untold = Vec::new();
        for payload in payloads(&self.own, &accounts) {
            if !self.say(&payload).await {
                untold.push(payload);
            }
        }
        if !untold.is_empty() {
            self.tell_by_database(untold).await?;
        }
        self.waiting().in_hand.clear();
        Ok(())
    }

    async fn tell_by_database(&self, payloads: Vec<String>) -> Result<(), Error> {
        let told = self.db.write(move |tx| {
            for payload in payloads {
                tx.notify(CHANNEL, payload);
            }
            Box::pin(async { Ok(()) })
        });
        told.await.inspect_err(|error| tracing::warn!(%error, "other nodes could not be told of messages yet"))
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
