//! What follows from what is heard, and from what is not. Pure: time comes in as an argument.
//!
//! While a carrier is not heard it is looked for messages every so often, and once when it is heard again. That Redis is
//! heard is proven by what this node says there itself. A node that falls silent there without having said good-bye may
//! have committed what it could not tell of any more, and its last commit may still be under way: it is looked for that
//! for a while. A node that tells of messages over another Redis than ours, or over one where we have none, is never heard:
//! it is looked for messages for as long as it says so.

use std::{collections::HashMap, sync::Arc, time::Duration};

use tokio::time::Instant;

use super::{
    NOTE, POLL, SILENCE,
    words::{Said, parse},
};
use crate::db::Notice;

/// How long it is looked for what a node has left that fell silent.
const LOOK_AFTER: Duration = Duration::from_secs(10);

/// What brings word of other nodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Carrier {
    Database,
    Redis,
}

/// Where there may be new messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Look {
    Nowhere,
    At(Vec<i64>),
    Everywhere,
}

/// What is known of who is heard.
#[derive(Debug)]
pub(super) struct Hearing {
    own: Arc<str>,
    hears_database: bool,
    redis: Option<OverRedis>,
    /// Until when it is looked for what silent nodes have left.
    look_until: Instant,
    /// Until when there are nodes that tell of messages where they are not heard.
    elsewhere_until: Option<Instant>,
    looked: Instant,
}

/// What is known of Redis, and of the nodes that are there.
#[derive(Debug, Default)]
struct OverRedis {
    is_connected: bool,
    /// When this node heard itself.
    echo: Option<Instant>,
    /// When each of the others was heard.
    others: HashMap<String, Instant>,
}

impl OverRedis {
    fn is_heard(&self, now: Instant) -> bool {
        self.is_connected && self.echo.is_some_and(|echo| now < echo + SILENCE)
    }
}

impl Hearing {
    /// Nobody is heard yet.
    pub(super) fn new(own: Arc<str>, has_redis: bool, now: Instant) -> Self {
        let redis = has_redis.then(OverRedis::default);
        Self { own, hears_database: false, redis, look_until: now, elsewhere_until: None, looked: now }
    }

    /// Takes what was heard.
    pub(super) fn hear(&mut self, carrier: Carrier, notice: Notice, now: Instant) -> Look {
        match (carrier, notice) {
            (Carrier::Database, Notice::Payload(payload)) => match parse(&payload) {
                Some((node, Said::OverRedis)) => self.note_elsewhere(node, now),
                _ => self.take(&payload),
            },
            (Carrier::Redis, Notice::Payload(payload)) => {
                self.note(&payload, now);
                self.take(&payload)
            }
            (_, Notice::Connected) => {
                self.set_connected(carrier, true);
                // Whatever was said until now may have gone unheard.
                self.look(now)
            }
            (_, Notice::Disconnected) => {
                self.set_connected(carrier, false);
                self.look(now)
            }
        }
    }

    /// Whether the database tells of what others do.
    pub(super) const fn hears_database(&self) -> bool {
        self.hears_database
    }

    /// Whether it depends on time whether it is to be looked for messages.
    pub(super) const fn has_to_watch(&self) -> bool {
        self.redis.is_some() || !self.hears_database || self.elsewhere_until.is_some()
    }

    /// Whether it is to be looked for messages now, because of what is not heard.
    pub(super) fn watch(&mut self, now: Instant) -> bool {
        let mut is_heard = self.hears_database;
        if let Some(redis) = &mut self.redis {
            is_heard &= redis.is_heard(now);
            let before = redis.others.len();
            redis.others.retain(|_, heard| now < *heard + SILENCE);
            if redis.others.len() < before {
                self.look_until = now + LOOK_AFTER;
                return self.look(now) == Look::Everywhere;
            }
        }
        self.elsewhere_until = self.elsewhere_until.filter(|until| now < *until);
        let has_to_look = !is_heard || now < self.look_until || self.elsewhere_until.is_some();
        has_to_look && now >= self.looked + POLL && self.look(now) == Look::Everywhere
    }

    fn look(&mut self, now: Instant) -> Look {
        self.looked = now;
        Look::Everywhere
    }

    /// A node tells of messages over Redis; whether it is heard there.
    fn note_elsewhere(&mut self, node: &str, now: Instant) -> Look {
        let heard = self.redis.as_ref().filter(|redis| redis.is_heard(now));
        if *node == *self.own || heard.is_some_and(|redis| redis.others.contains_key(node)) {
            return Look::Nowhere;
        }
        // While Redis is away it is looked for messages anyway.
        if self.elsewhere_until.is_none() && (self.redis.is_none() || heard.is_some()) {
            tracing::warn!(
                "another server on this database has a REDIS_URL that is not ours, so that its messages come late; set the \
                 same one on all, or none"
            );
        }
        self.elsewhere_until = Some(now + 3 * NOTE);
        self.look(now)
    }

    fn set_connected(&mut self, carrier: Carrier, is_connected: bool) {
        match (carrier, &mut self.redis) {
            (Carrier::Redis, Some(redis)) => redis.is_connected = is_connected,
            (Carrier::Redis, None) => {}
            (Carrier::Database, _) => self.hears_database = is_connected,
        }
    }

    /// Where messages are, as one node says.
    fn take(&self, payload: &str) -> Look {
        match parse(payload) {
            Some((node, _)) if *node == *self.own => Look::Nowhere,
            Some((_, Said::Messages(accounts))) => Look::At(accounts),
            Some((_, Said::Here | Said::Bye | Said::OverRedis)) => Look::Nowhere,
            None => Look::Everywhere,
        }
    }

    /// Who was heard over Redis.
    fn note(&mut self, payload: &str, now: Instant) {
        let Some(redis) = &mut self.redis else { return };
        match parse(payload) {
            Some((node, _)) if *node == *self.own => redis.echo = Some(now),
            Some((node, Said::Bye)) => _ = redis.others.remove(node),
            Some((node, _)) => _ = redis.others.insert(node.to_owned(), now),
            None => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Something that happens so many milliseconds after the beginning, and where it is looked then.
    enum Step {
        Hear(u64, Carrier, Notice, Look),
        Watch(u64, bool),
    }
    use Carrier::{Database, Redis};
    use Notice::{Connected, Disconnected};
    use Step::{Hear, Watch};

    fn said(payload: &str) -> Notice {
        Notice::Payload(payload.into())
    }

    #[track_caller]
    fn check(has_redis: bool, steps: Vec<Step>) {
        let begun = Instant::now();
        let mut hearing = Hearing::new("me".into(), has_redis, begun);
        for (number, step) in steps.into_iter().enumerate() {
            let at = |ms| begun + Duration::from_millis(ms);
            match step {
                Hear(ms, carrier, notice, look) => assert_eq!(hearing.hear(carrier, notice, at(ms)), look, "{number}"),
                Watch(ms, looks) => assert_eq!(hearing.watch(at(ms)), looks, "{number}"),
            }
        }
    }

    #[test]
    fn what_is_said_over_the_database_is_looked_for_and_everything_while_it_is_not_heard() {
        check(
            false,
            vec![
                Watch(400, false),
                Watch(500, true),
                Watch(900, false),
                Watch(1_000, true),
                Hear(1_100, Database, Connected, Look::Everywhere),
                Watch(5_000, false),
                Hear(5_000, Database, said("you:1,2"), Look::At(vec![1, 2])),
                Hear(5_000, Database, said("me:3"), Look::Nowhere),
                Hear(5_000, Database, said("nonsense"), Look::Everywhere),
                Hear(6_000, Database, Disconnected, Look::Everywhere),
                Watch(6_400, false),
                Watch(6_500, true),
            ],
        );
    }

    #[test]
    fn redis_is_heard_for_as_long_as_a_node_hears_itself() {
        check(
            true,
            vec![
                Hear(0, Database, Connected, Look::Everywhere),
                Watch(500, true),
                Hear(600, Redis, Connected, Look::Everywhere),
                Hear(600, Redis, said("me:"), Look::Nowhere),
                Watch(1_500, false),
                Hear(1_500, Redis, said("me:7"), Look::Nowhere),
                Hear(1_500, Redis, said("you:7"), Look::At(vec![7])),
                Hear(1_500, Redis, said("you:bye"), Look::Nowhere),
                Watch(2_400, false),
                // Others may be heard: what this node says goes another way.
                Watch(2_500, true),
                Watch(3_000, true),
                Hear(3_100, Redis, Disconnected, Look::Everywhere),
                Watch(3_600, true),
                Hear(3_700, Redis, Connected, Look::Everywhere),
                Hear(3_700, Redis, said("me:"), Look::Nowhere),
                Watch(4_600, false),
            ],
        );
    }

    #[test]
    fn what_is_told_over_another_redis_is_looked_for() {
        check(
            false,
            vec![
                Hear(0, Database, Connected, Look::Everywhere),
                Watch(1_000, false),
                Hear(1_000, Database, said("me:redis"), Look::Nowhere),
                Watch(2_000, false),
                Hear(2_000, Database, said("you:redis"), Look::Everywhere),
                Watch(2_400, false),
                Watch(2_500, true),
                Watch(16_900, true),
                Watch(17_500, false),
            ],
        );
        check(
            true,
            vec![
                Hear(0, Database, Connected, Look::Everywhere),
                Hear(0, Redis, Connected, Look::Everywhere),
                Hear(0, Redis, said("me:"), Look::Nowhere),
                Hear(0, Redis, said("you:"), Look::Nowhere),
                Hear(500, Database, said("you:redis"), Look::Nowhere),
                Watch(600, false),
                Hear(700, Database, said("he:redis"), Look::Everywhere),
                Hear(900, Redis, said("me:"), Look::Nowhere),
                Hear(900, Redis, said("you:"), Look::Nowhere),
                Watch(1_200, true),
            ],
        );
    }

    #[test]
    fn a_node_that_falls_silent_is_looked_after_and_one_that_takes_leave_is_not() {
        let beat = |ms, other: &str| {
            let others = if other.is_empty() { vec![] } else { vec![Hear(ms, Redis, said(other), Look::Nowhere)] };
            others.into_iter().chain([Hear(ms, Redis, said("me:"), Look::Nowhere)]).collect::<Vec<_>>()
        };
        let mut steps =
            vec![Hear(0, Database, Connected, Look::Everywhere), Hear(0, Redis, Connected, Look::Everywhere)];
        steps.extend(beat(0, "you:"));
        steps.extend(beat(0, "he:"));
        steps.extend(beat(900, "he:bye"));
        steps.extend([Watch(999, false), Watch(1_000, true), Watch(1_400, false), Watch(1_500, true)]);
        steps.extend(beat(10_900, ""));
        steps.extend([Watch(10_999, true), Watch(11_499, false)]);
        steps.extend(beat(11_500, ""));
        steps.extend([Watch(11_500, false), Watch(12_400, false)]);
        check(true, steps);
    }
}
