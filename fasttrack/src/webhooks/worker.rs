//! Who posts: one task that looks what is due, and one for each receiver that something is due for.
//!
//! A receiver's deliveries are made one after the other, and the first that is not taken holds up the others until it is its
//! turn again. There are as many tasks as receivers, so that one that hangs or fails holds up nobody else. What became of
//! an attempt is written down before the next; one that was cut off in between is made again, under the same id. Where there
//! are other nodes, a receiver is one's at a time (`sql::hold_webhook`).

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use futures_util::FutureExt;
use tokio::{
    task::JoinSet,
    time::{Instant, sleep_until, timeout_at},
};

use super::{
    Shared, Webhooks,
    attempt::{Attempt, Pending},
    outcome::{Outcome, Verdict},
};
use crate::{
    clock::{self, SECOND_US, Steps},
    error::Error,
    job::Letter,
    sql::{self, Attempted},
};

/// How often it is looked unasked: another node may have written something, or have ended.
const POLL: Duration = Duration::from_secs(3);

/// After something at the database went wrong.
const PAUSE: Duration = Duration::from_secs(1);

/// How long what is under way may take after the order to stop.
const DRAIN_LIMIT: Duration = Duration::from_secs(5);

/// When a node says again that a receiver is its own: well before its lease ends.
const HELD: Duration = Duration::from_secs(10);

/// No pause is longer; what waits longer waits for a clock that was set back.
const LONGEST_US: i64 = 3 * 60 * 60 * SECOND_US;

impl Webhooks {
    /// Posts what is due until `stop` is ready; then gives what is under way a while to end.
    pub async fn run(self, stop: impl Future<Output = ()>) {
        if self.shared.offer.events.is_empty() {
            return;
        }
        let mut stop = std::pin::pin!(stop);
        let (mut busy, mut posting, mut steps) = (HashSet::new(), JoinSet::new(), Steps::begin());
        let mut names = HashMap::new();
        let mut look_at = Instant::now();
        self.pull_in().await;
        loop {
            if look_at <= Instant::now() {
                if steps.take_us() < 0 {
                    self.pull_in().await;
                }
                let (due, next) = self.look(&busy).await;
                look_at = next;
                for id in due {
                    busy.insert(id);
                    let shared = Arc::clone(&self.shared);
                    let task = posting.spawn(async move { shared.post_all(id).await });
                    names.insert(task.id(), id);
                }
            }
            tokio::select! {
                () = &mut stop => break,
                Some(ended) = posting.join_next_with_id() => {
                    let task = match ended { Ok((task, ())) => task, Err(error) => error.id() };
                    names.remove(&task).into_iter().for_each(|id: i64| _ = busy.remove(&id));
                    look_at = Instant::now();
                }
                () = self.shared.wake.notified() => look_at = Instant::now(),
                () = sleep_until(look_at) => {}
            }
        }
        let deadline = Instant::now() + DRAIN_LIMIT;
        while let Ok(Some(_)) = timeout_at(deadline, posting.join_next()).await {}
    }

    /// Posts what is due, and all that becomes due by it, one after the other: for a test. Gives how many attempts that were.
    ///
    /// # Errors
    /// What the database says.
    #[cfg(feature = "testing")]
    pub(crate) async fn run_out(&self) -> Result<usize, Error> {
        let mut attempts = 0;
        loop {
            let rows = self.shared.db.read(sql::pending_webhooks(self.shared.db.dialect())).await?;
            let mut has_posted = false;
            for id in rows.iter().filter_map(|row| row.int(0)) {
                while let Some(was_taken) = self.shared.post_one(id).await? {
                    attempts += 1;
                    has_posted = true;
                    if !was_taken {
                        break;
                    }
                }
            }
            if !has_posted {
                return Ok(attempts);
            }
        }
    }

    /// The receivers that something is due for, but the busy ones, and when to look again.
    async fn look(&self, busy: &HashSet<i64>) -> (Vec<i64>, Instant) {
        self.learn().await;
        let (now, now_us) = (Instant::now(), clock::now_us());
        let rows = match self.shared.db.read(sql::pending_webhooks(self.shared.db.dialect())).await {
            Ok(rows) => rows,
            Err(error) => {
                tracing::warn!(target: "fasttrack::webhooks", %error, "what is to be posted cannot be read; trying again");
                return (Vec::new(), now + PAUSE);
            }
        };
        let (mut due, mut next) = (Vec::new(), now + POLL);
        for row in rows {
            let (Some(id), Some(at)) = (row.int(0), row.text(1).and_then(clock::parse_timestamp_us)) else { continue };
            if busy.contains(&id) {
                continue;
            }
            match u64::try_from(at.saturating_sub(now_us)) {
                Ok(wait_us) if wait_us > 0 => next = next.min(now + Duration::from_micros(wait_us)),
                _ => due.push(id),
            }
        }
        (due, next)
    }

    /// Learns which events anybody listens to, where that is not known.
    async fn learn(&self) {
        let Some(epoch) = self.shared.listened.epoch() else { return };
        if let Ok(rows) = self.shared.db.read(sql::listened_events(self.shared.db.dialect())).await {
            let lists = rows.iter().filter_map(|row| serde_json::from_str::<Vec<String>>(row.text(0)?).ok());
            self.shared.listened.keep(lists.flatten().collect(), epoch);
        }
    }

    async fn pull_in(&self) {
        let now_us = clock::now_us();
        let [now, latest] = [now_us, now_us.saturating_add(LONGEST_US)].map(clock::format_us);
        let pull_in = sql::pull_deliveries_in(now, latest);
        let done = self.shared.db.write(move |tx| async move { Ok(tx.query(pull_in).await?.len()) }.boxed()).await;
        if let Err(error) = done {
            tracing::warn!(target: "fasttrack::webhooks", %error, "webhooks may wait longer than they should");
        }
    }
}

impl Shared {
    /// Posts to a receiver what is due for it, in order, as long as it takes it.
    async fn post_all(&self, id: i64) {
        let mut held_at = None;
        loop {
            let is_held = held_at.is_some_and(|held_at: Instant| held_at.elapsed() < HELD);
            if !is_held {
                match self.hold(id).await {
                    Ok(true) => held_at = Some(Instant::now()),
                    // Another node has it.
                    Ok(false) => return tokio::time::sleep(PAUSE).await,
                    Err(error) => return self.wait(&error).await,
                }
            }
            match self.post_one(id).await {
                Ok(Some(true)) => {}
                Ok(_) => break,
                Err(error) => {
                    self.wait(&error).await;
                    break;
                }
            }
        }
        if let Some(release) = sql::release_webhook(self.db.dialect(), id, self.node) {
            let released = self.db.write(move |tx| async move { Ok(tx.query(release).await.map(drop)?) }.boxed()).await;
            if let Err(error) = released {
                tracing::debug!(target: "fasttrack::webhooks", %error, id, "a receiver is held for some seconds more");
            }
        }
    }

    async fn wait(&self, error: &Error) {
        tracing::warn!(target: "fasttrack::webhooks", %error, "webhooks cannot be posted; trying again");
        tokio::time::sleep(PAUSE).await;
    }

    /// Whether this node has a receiver now.
    async fn hold(&self, id: i64) -> Result<bool, Error> {
        let Some(hold) = sql::hold_webhook(self.db.dialect(), id, self.node) else { return Ok(true) };
        self.db.write(move |tx| async move { Ok(!tx.query(hold).await?.is_empty()) }.boxed()).await
    }

    /// Posts the first of what is due for a receiver, and writes down what became of it: whether the next may follow;
    /// nothing, where nothing is due.
    async fn post_one(&self, id: i64) -> Result<Option<bool>, Error> {
        let rows = self.db.read(sql::first_delivery(self.db.dialect(), id, clock::now())).await?;
        let Some(pending) = rows.first().and_then(Pending::of) else { return Ok(None) };
        let Attempt { outcome, took_ms } = pending.attempt(self).await;
        let now_us = clock::now_us();
        let tries = pending.tries.saturating_add(1);
        let verdict = outcome.verdict(tries, pending.failing_us(now_us));
        self.count(&verdict);
        tell(id, pending.id, &verdict, &outcome);
        let pause_us = match verdict {
            Verdict::Again(pause) => i64::try_from(pause.as_micros()).unwrap_or(i64::MAX),
            _ => 0,
        };
        let was_taken = verdict == Verdict::Delivered;
        let (status, answer) = match &outcome {
            Outcome::Answered(status, answer) => (Some(i64::from(*status)), Some(answer.clone())),
            Outcome::Unanswered(_) => (None, None),
        };
        let attempted = Attempted {
            id: pending.id,
            state: match verdict {
                Verdict::Delivered => "delivered",
                Verdict::GivenUp => "failed",
                Verdict::Again(_) | Verdict::Disabled(_) => "pending",
            },
            delivered: was_taken.then(|| clock::format_us(now_us)),
            due: clock::format_us(now_us.saturating_add(pause_us)),
            status,
            duration_ms: took_ms,
            answer,
            error: (!was_taken).then(|| outcome.in_words()),
        };
        let follows = matches!(verdict, Verdict::Delivered | Verdict::GivenUp);
        self.write_down(id, attempted, verdict, clock::format_us(now_us)).await?;
        Ok(Some(follows))
    }

    async fn write_down(&self, id: i64, attempted: Attempted, verdict: Verdict, now: String) -> Result<(), Error> {
        let account = self.offer.account;
        self.db
            .write(move |tx| {
                async move {
                    tx.query(sql::note_attempt(attempted)).await?;
                    if verdict == Verdict::Delivered {
                        tx.query(sql::webhook_took(id)).await?;
                        return Ok(());
                    }
                    tx.query(sql::webhook_failed(id, now.clone())).await?;
                    if let Verdict::Disabled(reason) = verdict {
                        let disabled = tx.query(sql::disable_webhook(id, reason, now.clone())).await?;
                        if let Some(maker) = disabled.first().and_then(|row| row.int(0)) {
                            let asked = serde_json::json!({ "webhook": id }).to_string();
                            let letter = (account, Letter::WebhookDisabled.job());
                            tx.query(sql::enqueue_letter(letter, maker, Some(asked), [now.clone(), now])).await?;
                        }
                    }
                    Ok(())
                }
                .boxed()
            })
            .await
    }

    fn count(&self, verdict: &Verdict) {
        use std::sync::atomic::Ordering;
        self.posted.fetch_add(1, Ordering::Relaxed);
        self.failed.fetch_add(u64::from(*verdict != Verdict::Delivered), Ordering::Relaxed);
    }
}

/// Says in the log what a failure means. Where a receiver is may hold a token, and is said to administrators alone.
fn tell(webhook: i64, delivery: i64, verdict: &Verdict, outcome: &Outcome) {
    let why = outcome.in_words();
    match verdict {
        Verdict::Delivered => {}
        Verdict::Again(pause) => {
            let again_in_s = pause.as_secs();
            tracing::warn!(target: "fasttrack::webhooks", webhook, delivery, again_in_s, why, "a webhook was not taken");
        }
        Verdict::GivenUp => {
            tracing::error!(target: "fasttrack::webhooks", webhook, delivery, why, "a webhook was given up; it is kept");
        }
        Verdict::Disabled(reason) => {
            tracing::error!(target: "fasttrack::webhooks", webhook, delivery, reason, "a receiver of webhooks is disabled");
        }
    }
}
