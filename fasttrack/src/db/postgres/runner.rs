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
        Arg, DbError, Statement, Tx,
        tx::{Hook, run_hook},
        unit::{Again, Unit},
    },
    capture::{Captures, Doubt},
    error::{Failure, Remedy},
    pool::Pool,
    session::{CommitFailure, PostgresSession, Terms},
};

/// How often a unit is run at most.
const TRIES: u32 = 5;

/// How long it is waited before the second time, about; twice as long before each further one.
const PAUSE: Duration = Duration::from_millis(10);

/// How long those who wait for a commit of which nothing is known go on waiting.
const DOUBT_LIMIT: Duration = Duration::from_secs(10);

/// How often it is asked for.
const ASK_EVERY: Duration = Duration::from_millis(100);

/// Runs units.
#[derive(Debug, Clone)]
pub(super) struct Runner {
    pub(super) pool: Pool,
    pub(super) captures: Captures,
    /// Units that run at a time, at most.
    pub(super) writers: Arc<Semaphore>,
    /// How long a unit waits for a connection.
    pub(super) wait: Duration,
}

/// What came of a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Committed,
    Aborted,
    /// The server does not know it, or not any more.
    Unknown,
}

impl Runner {
    /// Takes a unit through its transaction, and answers. One that failed and has parts is taken apart.
    pub(super) async fn run(&self, unit: Box<dyn Unit>, terms: Terms, tries: u32) {
        let mut waiting = vec![unit];
        while let Some(mut unit) = waiting.pop() {
            let Err(error) = self.try_often(unit.as_mut(), terms, tries).await else {
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

    /// Waits until a unit may run.
    pub(super) async fn turn(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.writers).acquire_owned().await.ok()
    }

    /// As often as a unit may be run that does it no harm.
    pub(super) const fn tries() -> u32 {
        TRIES
    }

    async fn try_often(&self, unit: &mut dyn Unit, terms: Terms, tries: u32) -> Result<(), DbError> {
        let mut left = tries;
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
                self.follow(&mut tx);
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
    fn follow(&self, tx: &mut Tx<PostgresSession>) {
        self.captures.committed(tx.session.take_changes());
        let (wakes, hooks) = tx.take_hooks();
        wakes.into_iter().chain(hooks).for_each(run_hook);
    }

    /// Asks what came of a commit over which the connection was lost, and does what follows.
    async fn find_out(&self, mut tx: Tx<PostgresSession>, error: DbError) -> Result<(), Failure> {
        let Some(number) = tx.session.number().map(str::to_owned) else { return Err(error.into()) };
        tracing::warn!(%error, number, "the connection was lost over a commit");
        let doubt = self.captures.doubt();
        match timeout(DOUBT_LIMIT, self.ask(&number)).await {
            Ok(Outcome::Committed) => {
                self.follow(&mut tx);
                drop(doubt);
                Ok(())
            }
            Ok(Outcome::Aborted) => Err(error.into()),
            Ok(Outcome::Unknown) => {
                let (wakes, _) = tx.take_hooks();
                wakes.into_iter().for_each(run_hook);
                Err(error.into())
            }
            Err(_) => {
                let (wakes, _) = tx.take_hooks();
                drop(tx);
                tokio::spawn(self.clone().keep_asking(number, doubt, wakes));
                Err(error.into())
            }
        }
    }

    /// Whoever only goes and looks is woken when the commit is over, whatever came of it.
    async fn keep_asking(self, number: String, doubt: Doubt, wakes: Vec<Hook>) {
        let outcome = self.ask(&number).await;
        tracing::warn!(number, ?outcome, "what came of a commit is known");
        wakes.into_iter().for_each(run_hook);
        drop(doubt);
    }

    /// Asks until it is known, or there is nobody left to ask.
    async fn ask(&self, number: &str) -> Outcome {
        let ask = Statement::new("SELECT pg_xact_status($1::xid8)", vec![Arg::Text(number.to_owned())]);
        loop {
            if self.pool.is_closed() {
                return Outcome::Unknown;
            }
            if let Ok(mut lease) = self.pool.take(self.wait).await {
                match timeout(self.wait, lease.query(&ask)).await {
                    Ok(Ok(rows)) => match rows.first().and_then(|row| row.text(0)) {
                        Some("committed") => return Outcome::Committed,
                        Some("aborted") => return Outcome::Aborted,
                        Some(_) => {}
                        None => return Outcome::Unknown,
                    },
                    // A server that has never come that far: another one has taken the place of the one that had.
                    Ok(Err(Failure { error: DbError::Other(_), .. })) => return Outcome::Unknown,
                    Ok(Err(_)) | Err(_) => {}
                }
            }
            sleep(ASK_EVERY).await;
        }
    }
}

/// Runs a unit, and asks whether what it did may be.
async fn run(unit: &mut dyn Unit, tx: &mut Tx<PostgresSession>, again: Again) -> Result<bool, DbError> {
    if !unit.run(tx, again).await {
        return Ok(false);
    }
    tx.before_commit().await.map(|()| true)
}

/// How long to wait before the next try: each time another while, so that two do not meet again.
fn pause(tried: u32) -> Duration {
    let mut random = [0];
    // Without randomness the wait is still a wait.
    let jitter = getrandom::fill(&mut random).map_or(0.5, |()| f64::from(random[0]) / 255.0);
    (PAUSE * 2_u32.saturating_pow(tried.saturating_sub(1))).mul_f64(0.5 + jitter)
}
