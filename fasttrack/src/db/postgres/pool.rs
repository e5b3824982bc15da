//! The pool: connections that are lent, and what is done before one is lent again.
//!
//! Ours is a few lines over slots that another database uses as well. `deadpool-postgres` was looked at and left out: a
//! connection is back in it the moment it is dropped, whatever runs on it, and what it keeps prepared has no bound; around
//! it the same lines would stand.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::{
    sync::OwnedSemaphorePermit,
    time::{Instant, sleep, timeout, timeout_at},
};

use super::{
    super::{
        DbError, Row, Statement,
        slots::{NoSlot, Slots},
    },
    connect::Connector,
    connection::{PgConnection, Ran},
    error::{CLOSED, Failure, Remedy},
    hosts::Refused,
    trouble::Trouble,
};

/// After how long without use a connection is asked whether it still lives: what is between here and there forgets quiet
/// ones.
const QUIET: Duration = Duration::from_secs(30);

/// How long one has to answer that.
const PING_LIMIT: Duration = Duration::from_secs(1);

/// How long a statement that nobody waits for has to come to its end by itself, before it is cancelled.
const GRACE: Duration = Duration::from_millis(20);

/// How long it is waited, where the server takes no further connection, for one that comes back.
const FULL_PAUSE: Duration = Duration::from_millis(250);

/// How old a connection has to be for another one to be worth a try where its server takes nothing that is written.
const NEW: Duration = Duration::from_secs(1);

/// Connections to one database. A clone is the same ones.
#[derive(Debug, Clone)]
pub(super) struct Pool(Arc<Lender>);

#[derive(Debug)]
struct Lender {
    slots: Slots<Pooled>,
    connector: Arc<Connector>,
    /// Connections of another generation than this one are not lent again.
    generation: AtomicU64,
    /// When it was last heard that the server does not answer; connections from before are asked first.
    doubted_at: Mutex<Option<Instant>>,
    /// As many as there are connections, and one.
    open: Arc<()>,
    trouble: Trouble,
    /// How long a connection that came back in the middle of something has to become idle, before it is given up.
    patience: Duration,
}

/// A connection of the pool.
struct Pooled {
    connection: PgConnection,
    generation: u64,
    /// Counts it.
    _open: Arc<()>,
}

/// A connection on loan. It goes back when dropped, whatever state it is in: what runs is cancelled, and what was begun
/// is rolled back.
pub(super) struct Lease {
    /// `None` only while it is being dropped.
    pooled: Option<Pooled>,
    /// It leads nowhere, or where nothing can be done.
    is_lost: bool,
    /// Something was sent whose answer was not waited for.
    is_running: bool,
    /// A transaction was begun, and its end not heard of.
    in_transaction: bool,
    lender: Arc<Lender>,
    permit: Option<OwnedSemaphorePermit>,
}

impl Pool {
    /// A pool of at most `size` connections.
    pub(super) fn new(connector: Arc<Connector>, size: u32, patience: Duration) -> Self {
        Self(Arc::new(Lender {
            slots: Slots::new(size),
            connector,
            generation: AtomicU64::new(0),
            doubted_at: Mutex::default(),
            open: Arc::default(),
            trouble: Trouble::default(),
            patience,
        }))
    }

    /// Takes a connection, waiting at most `wait` for one.
    ///
    /// # Errors
    /// [`DbError::Busy`] when none was free, or none could be opened.
    pub(super) async fn take(&self, wait: Duration) -> Result<Lease, DbError> {
        let taken = self.try_take(wait).await;
        match &taken {
            Ok(_) => self.0.trouble.is_over(),
            Err(_) if self.is_closed() => {}
            Err(error) => self.0.trouble.met(error),
        }
        // Whatever it says, it is the database that is away, and no request is to blame.
        taken.map_err(|error| match error {
            DbError::Other(why) => DbError::Busy(why.into()),
            error => error,
        })
    }

    /// Takes the first connection, waiting so long for a server that does not take any yet, or is full.
    ///
    /// # Errors
    /// What the server says, or that there is none.
    pub(super) async fn take_first(&self, wait: Duration, patience: Duration) -> Result<Lease, DbError> {
        let deadline = Instant::now() + patience;
        loop {
            match self.try_take(wait).await {
                Err(DbError::Busy(why)) if Instant::now() < deadline => {
                    self.0.trouble.met(&DbError::Busy(why));
                    sleep(FULL_PAUSE).await;
                }
                taken => return taken,
            }
        }
    }

    async fn try_take(&self, wait: Duration) -> Result<Lease, DbError> {
        let deadline = Instant::now() + wait;
        let permit = self.0.slots.permit(wait).await.map_err(|why| match why {
            NoSlot::TimedOut => DbError::Busy("every connection is in use".into()),
            NoSlot::Closed => DbError::Busy(CLOSED.into()),
        })?;
        let late = |_| Err(DbError::Busy("no connection could be opened in time".into()));
        let pooled = timeout_at(deadline, self.idle_or_new()).await.unwrap_or_else(late)?;
        Ok(Lease {
            pooled: Some(pooled),
            is_lost: false,
            is_running: false,
            in_transaction: false,
            lender: Arc::clone(&self.0),
            permit: Some(permit),
        })
    }

    async fn idle_or_new(&self) -> Result<Pooled, DbError> {
        loop {
            if let Some(pooled) = self.take_idle().await {
                return Ok(pooled);
            }
            let (open, generation) = (Arc::clone(&self.0.open), self.0.generation.load(Ordering::Acquire));
            match self.0.connector.connect().await {
                Ok(connection) => return Ok(Pooled { connection, generation, _open: open }),
                // One that is lent comes back. This counts itself, and the pool.
                Err(Refused { is_full: true, .. }) if Arc::strong_count(&open) > 2 => {
                    drop(open);
                    sleep(FULL_PAUSE).await;
                }
                Err(Refused { error, .. }) => return Err(error),
            }
        }
    }

    async fn take_idle(&self) -> Option<Pooled> {
        while let Some(pooled) = self.0.slots.take_idle() {
            let connection = &pooled.connection;
            if connection.is_closed() || self.0.is_left(&pooled) {
                continue;
            }
            let doubted_at = *self.0.doubted_at.lock().unwrap_or_else(PoisonError::into_inner);
            let is_doubted = doubted_at.is_some_and(|at| connection.used_at() < at);
            if !is_doubted && connection.used_at().elapsed() < QUIET {
                return Some(pooled);
            }
            match timeout(PING_LIMIT, connection.drain()).await {
                Ok(Ok(())) => return Some(pooled),
                Ok(Err(_)) => {}
                // The others would be as silent.
                Err(_) => self.0.leave(&pooled),
            }
            pooled.connection.abort();
        }
        None
    }

    /// Asks connections that are lent from now on first whether they still live.
    pub(super) fn doubt(&self) {
        *self.0.doubted_at.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    /// Lends none of the connections any more that there are.
    pub(super) fn leave_all(&self) {
        self.0.leave_generation(self.0.generation.load(Ordering::Acquire));
    }

    /// Whether there is nothing to be taken any more.
    pub(super) fn is_closed(&self) -> bool {
        self.0.slots.is_closed()
    }

    /// Waits for what is out, at most `wait`, and closes every connection. What comes back later is closed then.
    pub(super) async fn close(&self, wait: Duration) {
        let all = timeout(wait, self.0.slots.all()).await;
        self.0.slots.close();
        while self.0.slots.take_idle().is_some() {}
        drop(all);
    }
}

impl Lender {
    fn is_left(&self, pooled: &Pooled) -> bool {
        pooled.generation != self.generation.load(Ordering::Acquire)
    }

    /// Leaves the server to which this connection leads, once.
    fn leave(&self, pooled: &Pooled) {
        self.leave_generation(pooled.generation);
    }

    fn leave_generation(&self, generation: u64) {
        let (ours, next) = (generation, generation.wrapping_add(1));
        if self.generation.compare_exchange(ours, next, Ordering::AcqRel, Ordering::Acquire).is_ok() {
            while self.slots.take_idle().is_some() {}
        }
    }
}

impl Lease {
    fn connection(&self) -> Result<&PgConnection, Failure> {
        let pooled = self.pooled.as_ref().map(|pooled| &pooled.connection);
        pooled.ok_or_else(|| Failure::from(DbError::Other("the connection was given back".into())))
    }

    /// The server that it leads to, where that is known.
    pub(super) fn server(&self) -> Option<&str> {
        self.connection().ok().and_then(PgConnection::server)
    }

    /// Sees to it that a connection is not lent again that leads nowhere, or where nothing can be done.
    fn heed(&mut self, failure: &mut Failure) {
        let Some(pooled) = &self.pooled else { return };
        match failure.remedy {
            Remedy::Connection => self.is_lost = true,
            // Another server may have been made the one that is written to. Where there is none, it is enough to look
            // from time to time: who reads needs the connections.
            Remedy::Server if pooled.connection.opened_at().elapsed() < NEW => failure.remedy = Remedy::None,
            Remedy::Server => {
                self.lender.leave(pooled);
                self.is_lost = true;
            }
            Remedy::None | Remedy::Transaction | Remedy::Preparation => {}
        }
    }

    fn heeded<T>(&mut self, mut result: Result<T, Failure>) -> Result<T, Failure> {
        if let Err(failure) = &mut result {
            self.heed(failure);
        }
        result
    }

    /// Runs a statement outside of any transaction.
    ///
    /// # Errors
    /// What the server says.
    pub(super) async fn query(&mut self, statement: &Statement) -> Result<Vec<Row>, Failure> {
        self.is_running = true;
        let rows = self.connection()?.query(statement).await;
        self.is_running = false;
        self.heeded(rows)
    }

    /// Runs a statement of a transaction, with what goes before and behind it.
    pub(super) async fn query_between(
        &mut self,
        before: Option<&str>,
        statement: &Statement,
        after: Option<&Statement>,
    ) -> Result<Ran, Failure> {
        (self.is_running, self.in_transaction) = (true, true);
        let Ran { before, rows, after } = self.connection()?.query_between(before, statement, after).await;
        self.is_running = false;
        Ok(Ran { before: self.heeded(before), rows: self.heeded(rows), after: self.heeded(after) })
    }

    /// Runs a statement that might write, and sees to it that it does not.
    ///
    /// # Errors
    /// What the server says.
    pub(super) async fn query_read_only(&mut self, statement: &Statement) -> Result<Vec<Row>, Failure> {
        (self.is_running, self.in_transaction) = (true, true);
        let ran = self.connection()?.query_between(Some("BEGIN READ ONLY"), statement, None).await;
        self.is_running = false;
        self.end("ROLLBACK").await?;
        ran.before?;
        // That it may not write is what was asked for.
        ran.rows.map_err(|failure| match failure.remedy {
            Remedy::Server => failure.error.into(),
            _ => failure,
        })
    }

    /// Says words of ours, which may begin a transaction.
    ///
    /// # Errors
    /// What the server says.
    pub(super) async fn control(&mut self, words: &str) -> Result<Vec<Row>, Failure> {
        (self.is_running, self.in_transaction) = (true, true);
        let rows = self.connection()?.control(words).await;
        self.is_running = false;
        self.heeded(rows)
    }

    /// Says words that end the transaction.
    ///
    /// # Errors
    /// What the server says.
    pub(super) async fn end(&mut self, words: &str) -> Result<(), Failure> {
        self.control(words).await?;
        self.in_transaction = false;
        Ok(())
    }

    /// Forgets what was prepared, which the server has forgotten.
    pub(super) fn forget_statements(&self) {
        if let Some(pooled) = &self.pooled {
            pooled.connection.forget_statements();
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let Some(mut pooled) = self.pooled.take() else { return };
        if self.is_lost || pooled.connection.is_closed() || self.lender.is_left(&pooled) {
            // What was begun there is rolled back.
            pooled.connection.abort();
            return;
        }
        if !self.is_running && !self.in_transaction {
            pooled.connection.rest();
            self.lender.slots.put(pooled);
            return;
        }
        // Only a runtime can tidy up; without one the connection is closed, which rolls back as well.
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        runtime.spawn(settle(pooled, Arc::clone(&self.lender), self.permit.take()));
    }
}

/// Waits for what still runs, or stops it, rolls back, and gives the connection back. One on which something was cancelled
/// is closed instead: the cancellation may arrive late, and would meet what runs next.
async fn settle(mut pooled: Pooled, lender: Arc<Lender>, permit: Option<OwnedSemaphorePermit>) {
    let connection = &mut pooled.connection;
    let settled = timeout(GRACE, async {
        connection.drain().await?;
        connection.control("ROLLBACK").await.map(drop)
    });
    if let Ok(Ok(())) = settled.await {
        connection.rest();
        lender.slots.put(pooled);
        return;
    }
    let stopped = timeout(lender.patience, async {
        lender.connector.cancel(&connection.cancel_token()).await;
        connection.drain().await
    });
    if stopped.await.is_err() {
        tracing::warn!("a database connection does not answer; it is given up");
        connection.abort();
    }
    drop(pooled);
    drop(permit);
}
