//! The pool: connections that are lent, and what is done before one is lent again.
//!
//! Ours is a few lines over slots that another database uses as well. `deadpool-postgres` was looked at and left out: a
//! connection is back in it the moment it is dropped, whatever runs on it, and what it keeps prepared has no bound; around
//! it the same lines would stand.

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::OwnedSemaphorePermit,
    time::{Instant, timeout, timeout_at},
};

use super::{
    super::{
        DbError, Row, Statement,
        slots::{NoSlot, Slots},
    },
    connect::Connector,
    connection::{PgConnection, Ran},
    error::{CLOSED, Failure},
};

/// After how long without use a connection is asked whether it still lives: what is between here and there forgets quiet
/// ones.
const QUIET: Duration = Duration::from_secs(30);

/// How long one has to answer that.
const PING_LIMIT: Duration = Duration::from_secs(1);

/// How long a statement that nobody waits for has to come to its end by itself, before it is cancelled.
const GRACE: Duration = Duration::from_millis(20);

/// Connections to one database. A clone is the same ones.
#[derive(Debug, Clone)]
pub(super) struct Pool(Arc<Lender>);

#[derive(Debug)]
struct Lender {
    slots: Slots<PgConnection>,
    connector: Arc<Connector>,
    /// How long a connection that came back in the middle of something has to become idle, before it is given up.
    patience: Duration,
}

/// A connection on loan. It goes back when dropped, whatever state it is in: what runs is cancelled, and what was begun
/// is rolled back.
pub(super) struct Lease {
    /// `None` only while it is being dropped.
    connection: Option<PgConnection>,
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
        Self(Arc::new(Lender { slots: Slots::new(size), connector, patience }))
    }

    /// Takes a connection, waiting at most `wait` for one.
    ///
    /// # Errors
    /// [`DbError::Busy`] when none was free, or none could be opened.
    pub(super) async fn take(&self, wait: Duration) -> Result<Lease, DbError> {
        let deadline = Instant::now() + wait;
        let permit = self.0.slots.permit(wait).await.map_err(|why| match why {
            NoSlot::TimedOut => DbError::Busy("every connection is in use".into()),
            NoSlot::Closed => DbError::Busy(CLOSED.into()),
        })?;
        let connection = timeout_at(deadline, async {
            match self.take_idle().await {
                Some(connection) => Ok(connection),
                None => self.0.connector.connect().await,
            }
        });
        let late = || DbError::Busy("no connection could be opened in time".into());
        let connection = connection.await.unwrap_or_else(|_| Err(late()))?;
        Ok(Lease {
            connection: Some(connection),
            is_running: false,
            in_transaction: false,
            lender: Arc::clone(&self.0),
            permit: Some(permit),
        })
    }

    async fn take_idle(&self) -> Option<PgConnection> {
        while let Some(connection) = self.0.slots.take_idle() {
            if connection.is_closed() {
                continue;
            }
            let is_fresh = connection.used_at().elapsed() < QUIET;
            if is_fresh || matches!(timeout(PING_LIMIT, connection.drain()).await, Ok(Ok(()))) {
                return Some(connection);
            }
            connection.abort();
        }
        None
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

impl Lease {
    fn connection(&self) -> Result<&PgConnection, Failure> {
        self.connection.as_ref().ok_or_else(|| Failure::from(DbError::Other("the connection was given back".into())))
    }

    /// Runs a statement outside of any transaction.
    ///
    /// # Errors
    /// What the server says.
    pub(super) async fn query(&mut self, statement: &Statement) -> Result<Vec<Row>, Failure> {
        self.is_running = true;
        let rows = self.connection()?.query(statement).await;
        self.is_running = false;
        rows
    }

    /// Runs a statement of a transaction, with what goes before and behind it.
    pub(super) async fn query_between(
        &mut self,
        before: Option<&str>,
        statement: &Statement,
        after: Option<&Statement>,
    ) -> Result<Ran, Failure> {
        (self.is_running, self.in_transaction) = (true, true);
        let ran = self.connection()?.query_between(before, statement, after).await;
        self.is_running = false;
        Ok(ran)
    }

    /// Runs a statement that might write, and sees to it that it does not.
    ///
    /// # Errors
    /// What the server says.
    pub(super) async fn query_read_only(&mut self, statement: &Statement) -> Result<Vec<Row>, Failure> {
        let ran = self.query_between(Some("BEGIN READ ONLY"), statement, None).await?;
        self.end("ROLLBACK").await?;
        ran.before?;
        ran.rows
    }

    /// Says words of ours, which may begin a transaction.
    ///
    /// # Errors
    /// What the server says.
    pub(super) async fn control(&mut self, words: &str) -> Result<Vec<Row>, Failure> {
        (self.is_running, self.in_transaction) = (true, true);
        let rows = self.connection()?.control(words).await;
        self.is_running = false;
        rows
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
        if let Some(connection) = &self.connection {
            connection.forget_statements();
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let Some(mut connection) = self.connection.take().filter(|connection| !connection.is_closed()) else { return };
        if !self.is_running && !self.in_transaction {
            connection.rest();
            self.lender.slots.put(connection);
            return;
        }
        // Only a runtime can tidy up; without one the connection is closed, which rolls back as well.
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        runtime.spawn(settle(connection, Arc::clone(&self.lender), self.permit.take()));
    }
}

/// Waits for what still runs, or stops it, rolls back, and gives the connection back. One on which something was cancelled
/// is closed instead: the cancellation may arrive late, and would meet what runs next.
async fn settle(mut connection: PgConnection, lender: Arc<Lender>, permit: Option<OwnedSemaphorePermit>) {
    let settled = timeout(GRACE, async {
        connection.drain().await?;
        connection.control("ROLLBACK").await.map(drop)
    });
    if let Ok(Ok(())) = settled.await {
        connection.rest();
        lender.slots.put(connection);
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
    drop(connection);
    drop(permit);
}
