//! That every node has heard of a change before whoever made it is answered: what it takes from somebody is taken everywhere.
//!
//! Whoever listens to a channel holds a lock of its name, by which listeners are counted. After a commit all of them are
//! asked on the channel, behind what was said there of the commit, and say on another one that they have heard. Who does not
//! is not there any more; or it is noticed there within [`LIMIT`] that nothing is heard, and nothing that is remembered is
//! believed.

use std::{
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::{
    sync::{broadcast, watch},
    time::{Instant, sleep_until, timeout_at},
};

use super::{
    super::{Arg, Notice, Notices, Statement},
    listen::{self, Listener},
    pool::Pool,
};

/// How long it is waited for those who say nothing.
const LIMIT: Duration = listen::LONGEST_SILENCE;

/// The channel of the answers.
const HEARD: &str = "fasttrack_heard";

/// How a question begins, as nothing else does on the channel of a capture.
const QUESTION: char = '?';

/// Answers that wait to be read.
const MOST_WAITING: usize = 1024;

/// Counts who listens to `$1`, and asks them `$2`.
const ASK: &str = "SELECT n, CASE WHEN $2::text IS NOT NULL THEN pg_notify($1, $2)::text END FROM (SELECT count(*) AS n FROM pg_locks \
                   WHERE locktype = 'advisory' AND granted AND classid::bigint = $3::bigint \
                   AND objid::bigint = hashtext($1)::bigint & 4294967295 \
                   AND database = (SELECT oid FROM pg_database WHERE datname = current_database())) m";

/// Asks, and answers. A clone is the same one.
#[derive(Debug, Clone)]
pub(super) struct Hearing(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    pool: Pool,
    listener: Arc<Listener>,
    /// What the questions of this process begin with.
    name: String,
    asked: AtomicU64,
    answers: broadcast::Sender<String>,
    /// Whether the answers are heard, once that was begun.
    is_heard: OnceLock<watch::Receiver<bool>>,
}

impl Hearing {
    pub(super) fn new(pool: Pool, listener: Arc<Listener>) -> Self {
        let mut name = [0; 8];
        // Without randomness one takes the answers to others for its own, and waits for some of them too few.
        getrandom::fill(&mut name).ok();
        Self(Arc::new(Inner {
            pool,
            listener,
            name: format!("{:016x}.", u64::from_be_bytes(name)),
            asked: AtomicU64::new(0),
            answers: broadcast::Sender::new(MOST_WAITING),
            is_heard: OnceLock::new(),
        }))
    }

    /// Hears answers from now on.
    pub(super) fn begin(&self) -> watch::Receiver<bool> {
        let begun = self.0.is_heard.get_or_init(|| {
            let (is_heard, heard) = watch::channel(false);
            tokio::spawn(pass_on(self.0.listener.subscribe(HEARD), self.0.answers.clone(), is_heard));
            heard
        });
        begun.clone()
    }

    /// Answers what was said on a channel, if it is a question. Whether it is.
    pub(super) fn answer(&self, said: &str) -> bool {
        let Some(question) = said.strip_prefix(QUESTION) else { return false };
        if question.starts_with(&self.0.name) {
            self.0.answers.send(question.to_owned()).ok();
            return true;
        }
        let (pool, answer) = (self.0.pool.clone(), vec![HEARD.into(), question.into()]);
        tokio::spawn(async move {
            let say = Statement::new("SELECT pg_notify($1, $2)", answer.into_iter().map(Arg::Text).collect());
            let said = async { pool.take(LIMIT).await?.query(&say).await };
            // Who is not answered waits until it does not matter any more.
            if let Err(failure) = said.await {
                tracing::debug!(error = %failure.error, "another node was not answered");
            }
        });
        true
    }

    /// Waits until all who listen to a channel have heard what was said on it until now.
    pub(super) async fn wait(&self, channel: &str) {
        let deadline = Instant::now() + LIMIT;
        let mut answers = self.0.answers.subscribe();
        let question = format!("{}{}", self.0.name, self.0.asked.fetch_add(1, Ordering::Relaxed));
        let heard = timeout_at(deadline, async {
            // Where nobody hears, as behind a pooler that passes nothing on, nobody remembers anything.
            let is_heard = self.0.is_heard.get().is_some_and(|is_heard| *is_heard.borrow());
            if !is_heard && self.ask(channel, None).await? == 0 {
                return Some(());
            }
            self.begin().wait_for(|is_heard| *is_heard).await.ok()?;
            let mut left = self.ask(channel, Some(&question)).await?;
            while left > 0 {
                match answers.recv().await {
                    Ok(answer) => left -= i64::from(answer == question),
                    Err(broadcast::error::RecvError::Lagged(_)) => {}
                    Err(broadcast::error::RecvError::Closed) => return None,
                }
            }
            Some(())
        });
        if !matches!(heard.await, Ok(Some(()))) {
            tracing::debug!(channel, "not every node has said that it heard");
            sleep_until(deadline).await;
        }
    }

    /// Asks all who listen to a channel, if there is something to ask; how many these are.
    async fn ask(&self, channel: &str, question: Option<&str>) -> Option<i64> {
        let question = question.map_or(Arg::Null, |question| Arg::Text(format!("{QUESTION}{question}")));
        let args = vec![Arg::Text(channel.to_owned()), question, Arg::Int(listen::LOCKS.into())];
        let mut lease = self.0.pool.take(LIMIT).await.ok()?;
        let rows = lease.query(&Statement::new(ASK, args)).await.ok()?;
        rows.first().and_then(|row| row.int(0))
    }
}

/// Passes answers on, for as long as the database is open.
async fn pass_on(mut notices: Notices, answers: broadcast::Sender<String>, is_heard: watch::Sender<bool>) {
    while let Some(notice) = notices.next().await {
        match notice {
            Notice::Connected => _ = is_heard.send_replace(true),
            Notice::Disconnected => _ = is_heard.send_replace(false),
            Notice::Payload(answer) => _ = answers.send(answer),
        }
    }
}
