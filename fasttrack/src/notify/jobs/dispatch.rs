//! Who takes jobs out of the outbox, has them run, and writes down what became of them.
//!
//! One task, which never waits for a job: a few run at a time, a page of them is held ready, and verdicts are written
//! down together, in the background. A job is claimed from when it is read until its verdict is committed. An attempt is
//! counted before it begins: a job that takes the process with it has had its try, and is dead after the last.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::Arc,
    time::Duration,
};

use tokio::{
    task::JoinSet,
    time::{Instant, sleep_until, timeout, timeout_at},
};
use tracing::Instrument;

use super::{
    Shared,
    attempt::attempt,
    backoff::{MAX_TRIES, delay},
    functions::Functions,
    queue::{self, Due, Verdict},
};
use crate::{
    clock::{self, Steps},
    db::Db,
    error::Error,
    job::{Context, JobError},
    trace,
};

/// Jobs that run at a time.
const AT_ONCE: usize = 8;

/// Most jobs that are claimed; verdicts that cannot be written down, as while the disk is full, hold the rest up.
const MAX_CLAIMED: usize = 1_024;

/// How often the outbox is looked at unasked: another process may have put something there, or made it due.
const POLL: Duration = Duration::from_secs(3);

/// For how long jobs may still come that were made while the clock had not been set back.
const UNDER_WAY: Duration = Duration::from_mins(1);

/// How often it is said that jobs are still in hand, where other nodes would take them otherwise.
const RENEW: Duration = Duration::from_secs(5);

/// How long to wait before something at the database is tried again.
const PAUSE: Duration = Duration::from_secs(1);

/// How long jobs that run may take to end after the order to stop.
const DRAIN_LIMIT: Duration = Duration::from_secs(10);

/// How long the last verdicts may take to be written down.
const LAST_WORDS: Duration = Duration::from_secs(5);

/// A job that could not be begun, and waits as before.
pub(super) struct NotBegun {
    id: i64,
    pub(super) error: Error,
}

pub(super) struct Dispatcher {
    db: Db,
    functions: Functions,
    context: Context,
    shared: Arc<Shared>,
    claimed: HashSet<i64>,
    ready: VecDeque<Due>,
    running: JoinSet<Result<Verdict, NotBegun>>,
    /// Those that run, with the numbers of their attempts.
    begun: HashMap<i64, i64>,
    verdicts: Vec<Verdict>,
    /// At most one task, which says whether `written` is.
    settling: JoinSet<bool>,
    written: Vec<Verdict>,
    /// At most one task.
    renewing: JoinSet<()>,
    look_at: Instant,
    settle_at: Instant,
    renew_at: Instant,
    /// Notices when the clock is set.
    steps: Steps,
    /// Until when jobs may wait for a time that the clock was set back from.
    astray_until: Instant,
}

impl Dispatcher {
    pub(super) fn new(db: Db, functions: Functions, context: Context, shared: Arc<Shared>) -> Self {
        let now = Instant::now();
        Self {
            db,
            functions,
            context,
            shared,
            claimed: HashSet::new(),
            ready: VecDeque::new(),
            running: JoinSet::new(),
            begun: HashMap::new(),
            verdicts: Vec::new(),
            settling: JoinSet::new(),
            written: Vec::new(),
            renewing: JoinSet::new(),
            look_at: now,
            settle_at: now,
            renew_at: now + RENEW,
            steps: Steps::begin(),
            astray_until: now + UNDER_WAY,
        }
    }

    /// Runs jobs until `stop` is ready, and takes leave.
    pub(super) async fn run(mut self, stop: impl Future<Output = ()>) {
        let mut stop = std::pin::pin!(stop);
        let shared = Arc::clone(&self.shared);
        self.take_up().await;
        loop {
            if self.has_room() && self.look_at <= Instant::now() {
                self.look().await;
            }
            self.begin();
            self.settle();
            self.renew();
            let (has_room, owes) = (self.has_room(), !self.verdicts.is_empty() && self.settling.is_empty());
            tokio::select! {
                () = &mut stop => break,
                Some(ended) = self.running.join_next() => self.ended(ended.ok()),
                Some(is_written) = self.settling.join_next() => self.settled(is_written.unwrap_or(false)),
                () = shared.wake.notified() => self.look_at = Instant::now(),
                () = sleep_until(self.look_at), if has_room => {}
                () = sleep_until(self.settle_at), if owes => {}
                () = sleep_until(self.renew_at) => {}
            }
        }
        self.take_leave().await;
    }

    /// Looks after what another program left.
    async fn take_up(&self) {
        match queue::revive(&self.db, self.functions.names()).await {
            Ok(0) => {}
            Ok(jobs) => tracing::info!(target: "fasttrack::job", jobs, "a program before this one did not know them"),
            Err(error) => tracing::warn!(target: "fasttrack::job", %error, "jobs of a program before stay as they are"),
        }
    }

    /// Looks after what waits, when this begins and once the clock was set back.
    async fn pull_in(&mut self, now: Instant) {
        if self.steps.take_us() < 0 {
            self.astray_until = now + UNDER_WAY;
        }
        if self.astray_until <= now {
            return;
        }
        match queue::pull_in(&self.db).await {
            Ok(0) => {}
            Ok(jobs) => {
                tracing::info!(target: "fasttrack::job", jobs, "the clock was set back; they wait no longer for it");
            }
            Err(error) => {
                tracing::warn!(target: "fasttrack::job", %error, "jobs may wait longer than they should; trying again");
                self.astray_until = self.astray_until.max(now + UNDER_WAY);
            }
        }
    }

    fn has_room(&self) -> bool {
        self.ready.is_empty() && self.running.len() < AT_ONCE && self.claimed.len() < MAX_CLAIMED
    }

    /// Reads what is due, and when to look again.
    async fn look(&mut self) {
        let claimed: Vec<_> = self.claimed.iter().copied().collect();
        let now = Instant::now();
        self.look_at = now + POLL;
        self.pull_in(now).await;
        match queue::due(&self.db, &claimed).await {
            Ok((due, may_be_more)) => {
                self.claimed.extend(due.iter().map(|job| job.id));
                self.ready.extend(due);
                if may_be_more {
                    self.look_at = now;
                    return;
                }
            }
            Err(error) => tracing::warn!(target: "fasttrack::job", %error, "jobs cannot be read; trying again"),
        }
        if let Ok(Some(at)) = queue::next_due(&self.db).await {
            let wait_us = clock::parse_timestamp_us(&at).map_or(0, |at| at - clock::now_us());
            self.look_at = self.look_at.min(now + Duration::from_micros(u64::try_from(wait_us).unwrap_or_default()));
        }
    }

    /// Has as many run as may.
    fn begin(&mut self) {
        while self.running.len() < AT_ONCE
            && let Some(job) = self.ready.pop_front()
        {
            self.begun.insert(job.id, job.tries.saturating_add(1));
            let run = self.run_one(job);
            self.running.spawn(run);
        }
    }

    /// Runs a job, and says what that means.
    pub(super) fn run_one(&self, job: Due) -> impl Future<Output = Result<Verdict, NotBegun>> + Send + use<> {
        let function = self.functions.find(&job);
        let (context, shared, db) = (self.context.clone(), Arc::clone(&self.shared), self.db.clone());
        async move {
            let Due { id, name, resource, tries, was_cut, change } = job;
            if was_cut {
                tracing::warn!(target: "fasttrack::job", id, name, tries, "the process ended while a job ran");
            }
            if tries >= MAX_TRIES {
                let error = JobError::fatal("the process ended while it ran, the last time as well");
                return Ok(verdict(&shared, id, &name, tries, Err(error)));
            }
            let tries = tries + 1;
            let due_at = after(if tries < MAX_TRIES { delay(tries) } else { Duration::ZERO });
            queue::begin(&db, id, tries, due_at).await.map_err(|error| NotBegun { id, error })?;
            let span = trace::job(&name, tries);
            let outcome = match function {
                Some(function) => attempt(move || function.begin(&change, context)).instrument(span.clone()).await,
                None => Err(JobError::fatal(queue::unknown(&name, &resource))),
            };
            if outcome.is_err() {
                trace::fail(&span);
            }
            Ok(verdict(&shared, id, &name, tries, outcome))
        }
    }

    /// Notes what became of an attempt; one that was not begun is looked for again.
    fn ended(&mut self, ended: Option<Result<Verdict, NotBegun>>) {
        match ended {
            None => {}
            Some(Ok(verdict)) => {
                self.begun.remove(&verdict.id());
                self.verdicts.push(verdict);
            }
            Some(Err(NotBegun { id, error })) => {
                tracing::warn!(target: "fasttrack::job", id, %error, "a job cannot be begun; trying again");
                self.begun.remove(&id);
                self.claimed.remove(&id);
                // What is held ready would fare no better.
                for job in self.ready.drain(..) {
                    self.claimed.remove(&job.id);
                }
                self.look_at = Instant::now() + PAUSE;
            }
        }
    }

    /// Writes down what is known, unless that is going on already.
    fn settle(&mut self) {
        if self.verdicts.is_empty() || !self.settling.is_empty() || self.settle_at > Instant::now() {
            return;
        }
        self.written = std::mem::take(&mut self.verdicts);
        let (db, verdicts) = (self.db.clone(), self.written.clone());
        self.settling.spawn(async move {
            let outcome = queue::settle(&db, verdicts).await;
            outcome
                .inspect_err(|error| tracing::warn!(target: "fasttrack::job", %error, "jobs wait to be written down"))
                .is_ok()
        });
    }

    /// Says from time to time that what is claimed still is.
    fn renew(&mut self) {
        while self.renewing.try_join_next().is_some() {}
        let now = Instant::now();
        if self.renew_at > now {
            return;
        }
        self.renew_at = now + RENEW;
        if self.claimed.is_empty() || !self.renewing.is_empty() {
            return;
        }
        let (db, claimed) = (self.db.clone(), self.claimed.iter().copied().collect::<Vec<_>>());
        self.renewing.spawn(async move {
            if let Err(error) = queue::renew_leases(&db, &claimed).await {
                tracing::warn!(target: "fasttrack::job", %error, "other nodes may take jobs that run here");
            }
        });
    }

    /// What was written down is no longer claimed; what was not, is tried again.
    fn settled(&mut self, is_written: bool) {
        let verdicts = std::mem::take(&mut self.written);
        if !is_written {
            self.settle_at = Instant::now() + PAUSE;
            self.verdicts.extend(verdicts);
            return;
        }
        for verdict in verdicts {
            self.claimed.remove(&verdict.id());
            if matches!(verdict, Verdict::Failed { .. }) {
                // To learn when it is due.
                self.look_at = Instant::now();
            }
        }
    }

    /// Waits for what runs, as long as that may take, and writes down what became of it. The rest stays in the outbox.
    async fn take_leave(mut self) {
        let deadline = Instant::now() + DRAIN_LIMIT;
        while let Ok(Some(ended)) = timeout_at(deadline, self.running.join_next()).await {
            self.ended(ended.ok());
        }
        if !self.running.is_empty() {
            tracing::warn!(target: "fasttrack::job", jobs = self.running.len(), "stopped while jobs ran; they will run again");
            self.running.shutdown().await;
            self.verdicts.extend(self.begun.drain().map(|(id, tries)| Verdict::BrokenOff { id, tries }));
        }
        let rest = async {
            if !self.settling.join_next().await.is_none_or(|is_written| is_written.unwrap_or(false)) {
                self.verdicts.append(&mut self.written);
            }
            queue::settle(&self.db, self.verdicts).await
        };
        if !matches!(timeout(LAST_WORDS, rest).await, Ok(Ok(()))) {
            tracing::warn!(target: "fasttrack::job", "stopped before all jobs were written down; they will run again");
        }
    }
}

/// What the outcome of an attempt, the one with the number `tries`, means: over, to be tried again later, or dead.
fn verdict(shared: &Shared, id: i64, name: &str, tries: i64, outcome: Result<(), JobError>) -> Verdict {
    shared.count(outcome.is_err());
    let Err(error) = outcome else { return Verdict::Done(id) };
    let is_dead = error.is_fatal() || tries >= MAX_TRIES;
    let wait = if is_dead { Duration::ZERO } else { delay(tries) };
    if is_dead {
        tracing::error!(target: "fasttrack::job", id, name, tries, %error, "a job failed for good; it is kept");
    } else {
        let again_in_s = wait.as_secs();
        tracing::warn!(target: "fasttrack::job", id, name, tries, again_in_s, %error, "a job failed; it is tried again");
    }
    Verdict::Failed { id, tries, error: error.to_string(), due_at: after(wait), is_dead }
}

/// The instant after so long.
fn after(wait: Duration) -> String {
    let wait_us = i64::try_from(wait.as_micros()).unwrap_or(i64::MAX);
    clock::format_us(clock::now_us().saturating_add(wait_us))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(tries: i64, error: JobError) -> (bool, i64) {
        let shared = Shared::default();
        let before = clock::now_us();
        let Verdict::Failed { id: 1, error: text, due_at, is_dead, .. } = verdict(&shared, 1, "j", tries, Err(error))
        else {
            panic!("it failed")
        };
        assert_eq!((text.as_str(), shared.failed.into_inner(), shared.run.into_inner()), ("why", 1, 1));
        (is_dead, (clock::parse_timestamp_us(&due_at).unwrap() - before) / clock::SECOND_US)
    }

    #[test]
    fn a_job_is_tried_so_often_and_then_kept() {
        for tries in 1..MAX_TRIES {
            let (is_dead, wait_s) = failed(tries, JobError::new("why"));
            assert!(!is_dead && wait_s >= 1, "after {tries} failures: {wait_s} s");
        }
        assert!(failed(MAX_TRIES, JobError::new("why")).0);
        assert!(failed(1, JobError::fatal("why")).0);
        assert_eq!(verdict(&Shared::default(), 1, "j", 3, Ok(())), Verdict::Done(1));
    }
}
