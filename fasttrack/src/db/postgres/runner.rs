//! A unit of work, from its beginning to what follows its commit.
//!
//! One that stood in the way of another transaction, or lost its connection before it was committed, is run again. One
//! whose connection was lost over the commit is asked for by its number.

use std::{panic::AssertUnwindSafe, sync::Arc, time::Duration};

use futures_util::FutureExt;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{sleep, timeout},
};

use super::{
    super::{
        Arg, Busy, DbError, Statement, Tx,
        tx::{Hook, run_hook},
        unit::{Again, Unit},
    },
    capture::{Captures, Doubt},
    connect::SERVER,
    error::{Failure, Remedy},
    hearing::Hearing,
    pool::Pool,
    session::{CommitFailure, Number, PostgresSession, Terms},
};

/// How often a unit is run at most.
const TRIES: u32 = 5;

/// How long it is waited before the second time, about; twice as long before each further one.
const PAUSE: Duration = Duration::from_millis(10);

/// How long it stands in line behind others that are run again, before it is run beside them.
const LINE_LIMIT: Duration = Duration::from_secs(3);

/// How long those who wait for a commit of which nothing is known go on waiting.
const DOUBT_LIMIT: Duration = Duration::from_secs(10);

/// How a server ends its answer that has never given out the number (`invalid_parameter_value`): the transaction is none
/// of its own.
const FUTURE: &str = "(22023)";

/// How often it is asked for.
const ASK_EVERY: Duration = Duration::from_millis(100);

/// Runs units.
#[derive(Debug, Clone)]
pub(super) struct Runner {
    pub(super) pool: Pool,
    pub(super) captures: Captures,
    pub(super) hearing: Hearing,
    /// Units that run at a time, at most.
    pub(super) writers: Arc<Semaphore>,
    /// Those that stood in the way of another one, one at a time: who is run again beside others meets the next deadlock.
    pub(super) line: Arc<Semaphore>,
    /// How long a unit waits for a connection.
    pub(super) wait: Duration,
}

/// The right to run, for as long as this lives.
pub(super) struct Turn(#[expect(dead_code, reason = "held, not read")] OwnedSemaphorePermit);

/// What came of a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Committed,
    Aborted,
    /// The server does not know it, not any more, or is another one than it was asked of.
    Unknown,
}

impl Runner {
    /// Takes a unit whose turn it is through its transaction, and answers. One that failed and has parts is taken apart.
    pub(super) async fn run(&self, turn: Result<Turn, DbError>, unit: Box<dyn Unit>, terms: Terms, tries: u32) {
        let mut waiting = vec![unit];
        while let Some(mut unit) = waiting.pop() {
            let outcome = match &turn {
                Ok(_) => self.try_often(unit.as_mut(), terms, tries).await,
                Err(late) => Err(late.clone()),
            };
            let Err(error) = outcome else {
                unit.answer();
                continue;
            };
            unit.fail(&error);
            // What is busy would be for the halves as well.
            let parts = if matches!(error, DbError::Busy(_)) { None } else { unit.split() };
            match parts {
                Some((first, second)) => waiting.extend([second, first]),
                None => unit.answer(),
            }
        }
    }

    /// Waits until a unit may run, as long as it would for a connection.
    ///
    /// # Errors
    /// [`DbError::Busy`] when that was too long.
    pub(super) async fn turn(&self) -> Result<Turn, DbError> {
        let turn = timeout(self.wait, Arc::clone(&self.writers).acquire_owned()).await;
        let Ok(Ok(turn)) = turn else { return Err(DbError::Busy("every connection that may write is in use".into())) };
        Ok(Turn(turn))
    }

    /// As often as a unit may be run that does it no harm.
    pub(super) const fn tries() -> u32 {
        TRIES
    }

    async fn try_often(&self, unit: &mut dyn Unit, terms: Terms, tries: u32) -> Result<(), DbError> {
        let mut left = tries;
        let mut in_line = None;
        loop {
            left = left.saturating_sub(1);
            let again = if left > 0 { Again::Possible } else { Again::Never };
            let failure = match self.try_once(unit, terms, again).await {
                Ok(()) => return Ok(()),
                Err(failure) => failure,
            };
            if left == 0 || failure.remedy == Remedy::None {
                return Err(failure.error);
            }
            tracing::debug!(error = %failure.error, left, "a unit of work is run again");
            if failure.remedy == Remedy::Transaction && in_line.is_none() {
                in_line = timeout(LINE_LIMIT, self.line.acquire()).await.ok();
            }
            sleep(pause(tries - left)).await;
        }
    }

    async fn try_once(&self, unit: &mut dyn Unit, terms: Terms, again: Again) -> Result<(), Failure> {
        let lease = self.pool.take(self.wait).await?;
        let mut tx = Tx::new(PostgresSession::new(lease, terms, self.captures.get()));
        let ran = timeout(terms.unit, AssertUnwindSafe(run(unit, &mut tx, again)).catch_unwind()).await;
        let verdict = match (ran, tx.session.fatal()) {
            (Ok(Ok(_)), Some(fatal)) => Err(fatal.clone()),
            (Ok(Ok(Ok(true))), None) if tx.session.is_cut_off() => {
                Err(DbError::Busy("a statement was not waited for".into()).into())
            }
            (Ok(Ok(Ok(true))), None) => Ok(()),
            // What it says itself is the better reason.
            (Ok(Ok(Ok(false))), None) => Err(DbError::Other("the unit of work failed".into()).into()),
            (Ok(Ok(Err(refused))), None) => Err(refused.into()),
            (Ok(Err(_)), _) => Err(DbError::Other("a unit of work panicked".into()).into()),
            (Err(_), _) => Err(DbError::Busy("a unit of work took too long".into()).into()),
        };
        if let Err(failure) = verdict {
            tx.session.roll_back().await;
            return Err(failure);
        }
        match tx.session.commit().await {
            Ok(()) => {
                self.follow(tx).await;
                Ok(())
            }
            Err(CommitFailure::Refused(failure)) => {
                tx.session.roll_back().await;
                Err(failure)
            }
            Err(CommitFailure::InDoubt(error)) => self.find_out(tx, error).await,
        }
    }

    /// What follows a commit that stands.
    async fn follow(&self, mut tx: Tx<PostgresSession>) {
        let awaited = self.captures.committed(tx.session.take_changes());
        let (wakes, hooks) = tx.take_hooks();
        wakes.into_iter().chain(hooks).for_each(run_hook);
        drop(tx);
        if let Some(channel) = awaited {
            self.hearing.wait(channel).await;
        }
    }

    /// Asks what came of a commit over which the connection was lost, and does what follows.
    async fn find_out(&self, mut tx: Tx<PostgresSession>, error: DbError) -> Result<(), Failure> {
        let Some(number) = tx.session.number().cloned() else { return Err(error.into()) };
        tracing::warn!(%error, number = number.number, "the connection was lost over a commit");
        let doubt = self.captures.doubt();
        match timeout(DOUBT_LIMIT, self.ask(&number)).await {
            Ok(Outcome::Committed) => {
                self.follow(tx).await;
                drop(doubt);
                Ok(())
            }
            // As if it had been lost before.
            Ok(Outcome::Aborted) => Err(Failure { error, remedy: Remedy::Connection }),
            Ok(Outcome::Unknown) => {
                let (wakes, _) = tx.take_hooks();
                wakes.into_iter().for_each(run_hook);
                Err(in_doubt(&error).into())
            }
            Err(_) => {
                let (wakes, _) = tx.take_hooks();
                drop(tx);
                tokio::spawn(self.clone().keep_asking(number, doubt, wakes));
                Err(in_doubt(&error).into())
            }
        }
    }

    /// Whoever only goes and looks is woken when the commit is over, whatever came of it.
    async fn keep_asking(self, number: Number, doubt: Doubt, wakes: Vec<Hook>) {
        let outcome = self.ask(&number).await;
        tracing::warn!(number = number.number, ?outcome, "what came of a commit is known");
        wakes.into_iter().for_each(run_hook);
        drop(doubt);
    }

    /// Asks until it is known, or there is nobody left to ask.
    async fn ask(&self, number: &Number) -> Outcome {
        // One that only follows does not know yet.
        let words = format!("SELECT pg_xact_status($1::xid8), {SERVER} WHERE NOT pg_is_in_recovery()");
        let ask = Statement::new(words, vec![Arg::Text(number.number.clone())]);
        loop {
            if self.pool.is_closed() {
                return Outcome::Unknown;
            }
            if let Ok(mut lease) = self.pool.take(self.wait).await {
                match timeout(self.wait, lease.query(&ask)).await {
                    Ok(Ok(rows)) => {
                        let told = rows.first().map(|row| (row.text(0), row.text(1)));
                        let known = told.and_then(|told| outcome(told, number.server.as_deref()));
                        if let Some(outcome) = known {
                            return outcome;
                        }
                    }
                    Ok(Err(Failure { error: DbError::Other(why), .. })) if why.ends_with(FUTURE) => {
                        return Outcome::Aborted;
                    }
                    Ok(Err(Failure { error: DbError::Other(_), .. })) => return Outcome::Unknown,
                    Ok(Err(_)) | Err(_) => {}
                }
            }
            sleep(ASK_EVERY).await;
        }
    }
}

/// What is told of a transaction of `server`; nothing, while it goes on.
///
/// A server that has crashed, or another one that has taken its place, may give the same number to another transaction, if
/// what it knows ends before the first one. Then that one was not committed; and where it was, its number is not given
/// again. So of another server only that nothing was committed is believed.
fn outcome((status, now): (Option<&str>, Option<&str>), server: Option<&str>) -> Option<Outcome> {
    let is_same = server.is_some() && server == now;
    match status {
        Some("committed") if is_same => Some(Outcome::Committed),
        Some("committed") | None => Some(Outcome::Unknown),
        Some("aborted") => Some(Outcome::Aborted),
        // Of ours nothing goes on where the connection cannot lead.
        Some(_) if server.is_some() && now.is_some() && !is_same => Some(Outcome::Aborted),
        Some(_) => None,
    }
}

/// What those are told of whose commit nothing is known.
fn in_doubt(error: &DbError) -> DbError {
    DbError::Busy(Busy::with_advice(error.to_string(), IN_DOUBT))
}

const IN_DOUBT: &str =
    "the database went away while this was being done, and it may have been; look before you try again";

/// Runs a unit, and asks whether what it did may be, and is still wanted.
async fn run(unit: &mut dyn Unit, tx: &mut Tx<PostgresSession>, again: Again) -> Result<bool, DbError> {
    if !unit.run(tx, again).await {
        return Ok(false);
    }
    tx.before_commit().await?;
    Ok(unit.hold())
}

/// How long to wait before the next try: each time another while, so that two do not meet again.
fn pause(tried: u32) -> Duration {
    let mut random = [0];
    // Without randomness the wait is still a wait.
    let jitter = getrandom::fill(&mut random).map_or(0.5, |()| f64::from(random[0]) / 255.0);
    (PAUSE * 2_u32.saturating_pow(tried.saturating_sub(1))).mul_f64(0.5 + jitter)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_server_that_was_asked_to_commit_is_believed_that_it_did() {
        use Outcome::{Aborted, Committed, Unknown};
        for (status, now, server, expected) in [
            (Some("committed"), Some("a"), Some("a"), Some(Committed)),
            (Some("committed"), Some("b"), Some("a"), Some(Unknown)),
            (Some("committed"), None, None, Some(Unknown)),
            (Some("aborted"), Some("a"), Some("a"), Some(Aborted)),
            (Some("aborted"), Some("b"), Some("a"), Some(Aborted)),
            (Some("in progress"), Some("a"), Some("a"), None),
            (Some("in progress"), Some("b"), Some("a"), Some(Aborted)),
            (Some("in progress"), Some("b"), None, None),
            (None, Some("a"), Some("a"), Some(Unknown)),
        ] {
            assert_eq!(outcome((status, now), server), expected, "{status:?} of {now:?} for {server:?}");
        }
    }
}
