//! How nodes on one database hear of each other's messages: by the numbers of the accounts that have some.
//!
//! What is said goes out with the transaction that wrote the messages, so that nobody hears of what was not committed; or
//! after its commit over Redis, where there is one and it is there, so that commits need not queue for the one lock that
//! the database has for what is said in transactions. What is not heard is looked for ([`Hearing`](hearing::Hearing)).
//! While the database is not heard, so is whether the sessions of sockets still hold, which it would tell as well.

mod hearing;
mod publisher;
mod words;

use std::{fmt, sync::Arc, time::Duration};

use tokio::time::{Instant, MissedTickBehavior, interval, timeout};

use self::{
    hearing::{Carrier, Hearing, Look},
    publisher::Publisher,
    words::{CHANNEL, payloads},
};
use super::Hub;
use crate::{
    db::{Db, Notice, Notices, Tx},
    redis::Redis,
};

/// How often it is looked for messages while other nodes are not heard.
const POLL: Duration = Duration::from_millis(500);

/// How often it is asked meanwhile, at most, whether the sessions of sockets still hold.
const ASK: Duration = Duration::from_secs(1);

/// How many sessions are asked for in a second.
const ASKED_A_SECOND: usize = 1_000;

/// How often a node says over Redis that it is there.
const BEAT: Duration = Duration::from_millis(300);

/// How often a node says in the database that Redis is where it tells of messages, for those who do not hear it there.
const NOTE: Duration = Duration::from_secs(5);

/// After how long a node that says nothing there is taken to be gone, and Redis itself to be lost.
const SILENCE: Duration = Duration::from_secs(1);

/// How long a node that stops tries to say what is left.
const LEAVE_LIMIT: Duration = Duration::from_secs(1);

/// What other nodes are told by, and heard by. A clone is the same.
#[derive(Clone)]
pub struct Broadcast {
    /// What this process is called among the nodes, so that it does not listen to itself.
    own: Arc<str>,
    db: Db,
    publisher: Option<Arc<Publisher>>,
}

impl Broadcast {
    /// The nodes that share a database, and perhaps a Redis.
    #[must_use]
    pub fn new(db: Db, redis: Option<Redis>) -> Self {
        let own: Arc<str> = words::name().into();
        let publisher = redis.map(|redis| Arc::new(Publisher::new(Arc::clone(&own), db.clone(), redis)));
        Self { own, db, publisher }
    }

    /// Tells other nodes, once `tx` is committed, that there are new messages for these accounts.
    pub fn announce(&self, tx: &mut Tx, accounts: &[i64]) {
        match &self.publisher {
            Some(publisher) if publisher.carries() => {
                let (publisher, accounts) = (Arc::clone(publisher), accounts.to_vec());
                // They go and look: so they may hear also of what is not known to be committed.
                tx.wake(move || publisher.publish(accounts));
            }
            _ => {
                for payload in payloads(&self.own, accounts) {
                    tx.notify(CHANNEL, payload);
                }
            }
        }
    }

    /// Says what is to be said over Redis, for as long as the server runs. Returns at once where there is none.
    pub async fn publish(self) {
        if let Some(publisher) = self.publisher {
            publisher.run().await;
        }
    }

    /// Says the last of it, and that this node goes; after [`Self::publish`] was ended.
    pub async fn leave(&self) {
        if let Some(publisher) = &self.publisher {
            // Whoever goes without a word is looked after.
            timeout(LEAVE_LIMIT, publisher.leave()).await.ok();
        }
    }

    /// Hears other nodes, for as long as the server runs, and has the hub look for what they tell of. Returns at once where
    /// there are no others.
    pub async fn hear(self, hub: Arc<Hub>) {
        let Some(mut by_database) = self.db.listen(CHANNEL) else { return };
        let mut by_redis = self.publisher.as_ref().map(|publisher| publisher.listen());
        let mut hearing = Hearing::new(self.own, by_redis.is_some(), Instant::now());
        let mut rhythm = interval(POLL / 2);
        rhythm.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut ask_at = Instant::now() + ASK;
        loop {
            let heard = tokio::select! {
                notice = by_database.next() => notice.map(|notice| (Carrier::Database, notice)),
                notice = next(&mut by_redis) => notice.map(|notice| (Carrier::Redis, notice)),
                now = rhythm.tick(), if hearing.has_to_watch() => {
                    if hearing.watch(now) {
                        hub.mark_all_pending();
                    }
                    if !hearing.hears_database() && ask_at <= now {
                        hub.recheck_all();
                        ask_at = now + pause_between_questions(hub.open());
                    }
                    continue;
                }
            };
            let Some((carrier, notice)) = heard else { return };
            match hearing.hear(carrier, notice, Instant::now()) {
                Look::Nowhere => {}
                Look::At(accounts) => hub.mark_pending(accounts),
                Look::Everywhere => hub.mark_all_pending(),
            }
        }
    }
}

/// What is heard next; nothing ever where nobody listens.
async fn next(notices: &mut Option<Notices>) -> Option<Notice> {
    match notices {
        Some(notices) => notices.next().await,
        None => std::future::pending().await,
    }
}

impl fmt::Debug for Broadcast {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Broadcast").field("own", &self.own).finish_non_exhaustive()
    }
}

/// How long to wait before sessions are asked for again, with so many sockets open.
fn pause_between_questions(sockets: usize) -> Duration {
    ASK.max(ASK * u32::try_from(sockets / ASKED_A_SECOND).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sessions_are_asked_for_as_often_as_the_database_bears() {
        for (sockets, expected_s) in [(0, 1), (1_000, 1), (2_500, 2), (10_000, 10)] {
            assert_eq!(pause_between_questions(sockets), Duration::from_secs(expected_s), "{sockets}");
        }
    }
}
