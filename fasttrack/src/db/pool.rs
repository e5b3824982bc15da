//! The pool behind rbatis: a fixed number of places, handed out in the order of asking, without a ping.
//!
//! A connection is opened when a place is taken and none is idle; one that broke is simply not given back. What comes
//! back in a transaction is rolled back before anyone else gets it, and a statement that still runs is stopped.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use rbatis::RBatis;
use rbdc::{
    Error as DriverError,
    db::{Connection, Driver},
    pool::{ConnectionManager, Pool},
};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

use super::{DbError, guard::Guard, link::Link, sqlite};

/// What is said to whom comes after the end.
pub(super) const CLOSED: &str = "the database is closed";

/// How long somebody waits who does not say.
const WAIT: Duration = Duration::from_secs(30);

/// How long a connection may take to open.
const CONNECT_LIMIT: Duration = Duration::from_secs(10);

/// A pool of connections of one kind.
#[derive(Debug)]
pub(super) struct ConnectionPool {
    manager: ConnectionManager,
    places: Arc<Places>,
}

/// What may commit on the connections of a pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Commits {
    /// Whatever does.
    Free,
    /// The word `COMMIT` alone, and nothing by the way: a statement that has lost its transaction is undone.
    Said,
}

/// The places of a pool.
pub(super) struct Places {
    /// A permit is the right to have a connection.
    permits: Arc<Semaphore>,
    /// Last back, first out: few connections stay warm.
    idle: Mutex<Vec<Link>>,
    size: u32,
    /// How long a connection that came back in the middle of something has to become idle, before it is given up.
    patience: Duration,
    commits: Commits,
}

impl std::fmt::Debug for Places {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Places")
            .field("permits", &self.permits)
            .field("size", &self.size)
            .finish_non_exhaustive()
    }
}

impl Places {
    /// How long a connection may take to become idle again.
    pub(super) fn patience(&self) -> Duration {
        self.patience
    }

    /// What may commit.
    pub(super) fn commits(&self) -> Commits {
        self.commits
    }

    /// Takes a connection back.
    pub(super) fn put(&self, connection: Link) {
        if !self.permits.is_closed() {
            self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
        }
    }

    fn take_idle(&self) -> Option<Link> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }

    async fn permit(&self, wait: Duration) -> Result<OwnedSemaphorePermit, DriverError> {
        if let Ok(permit) = Arc::clone(&self.permits).try_acquire_owned() {
            return Ok(permit);
        }
        match timeout(wait, Arc::clone(&self.permits).acquire_owned()).await {
            Ok(Ok(permit)) => Ok(permit),
            Ok(Err(_)) => Err(DriverError::from(CLOSED)),
            Err(_) => Err(DriverError::from("get_timeout: every connection is in use")),
        }
    }
}

impl ConnectionPool {
    /// A pool of at most `size` connections.
    fn sized(manager: ConnectionManager, size: u32, patience: Duration, commits: Commits) -> Self {
        let permits = Arc::new(Semaphore::new(usize::try_from(size).unwrap_or(1)));
        Self { manager, places: Arc::new(Places { permits, idle: Mutex::new(Vec::new()), size, patience, commits }) }
    }

    async fn connect(&self) -> Result<Link, DriverError> {
        match timeout(CONNECT_LIMIT, Link::open(&self.manager)).await {
            Ok(opened) => opened,
            Err(_) => Err(DriverError::from("get_timeout: no connection could be opened")),
        }
    }

    /// Installs the pool behind an rbatis without interceptors: those copy every statement, and log its arguments.
    ///
    /// # Errors
    /// [`DbError::Other`]: never in practice, since the rbatis is a new one.
    pub(super) fn install(
        manager: ConnectionManager,
        size: u32,
        patience: Duration,
        commits: Commits,
    ) -> Result<Pooled, DbError> {
        let pool = Self::sized(manager, size, patience, commits);
        let places = Arc::clone(&pool.places);
        let rbatis = RBatis::default();
        rbatis.init_pool(pool).map_err(|error| sqlite::error(&error))?;
        Ok(Pooled { rbatis, places })
    }
}

/// A pool that is installed.
#[derive(Debug, Clone)]
pub(super) struct Pooled {
    rbatis: RBatis,
    places: Arc<Places>,
}

impl Pooled {
    /// Takes a connection, waiting at most `wait` for one to be free.
    ///
    /// # Errors
    /// [`DbError::Busy`] when none was, or none could be opened.
    pub(super) async fn take(&self, wait: Duration) -> Result<Box<dyn Connection>, DbError> {
        let pool = self.rbatis.get_pool().map_err(|error| sqlite::error(&error))?;
        pool.get_timeout(wait).await.map_err(|error| sqlite::error(&error))
    }

    /// Waits for what is out, at most `wait`, and closes every connection. What comes back later is closed then.
    pub(super) async fn close(&self, wait: Duration) {
        let all = timeout(wait, self.places.permits.acquire_many(self.places.size)).await;
        self.places.permits.close();
        while let Some(mut connection) = self.places.take_idle() {
            if let Err(error) = connection.close().await {
                tracing::warn!(%error, "a database connection did not close well");
            }
        }
        drop(all);
    }
}

#[rbatis::async_trait]
impl Pool for ConnectionPool {
    fn new(manager: ConnectionManager) -> Result<Self, DriverError> {
        Ok(Self::sized(manager, 1, WAIT, Commits::Free))
    }

    async fn get(&self) -> Result<Box<dyn Connection>, DriverError> {
        self.get_timeout(WAIT).await
    }

    async fn get_timeout(&self, wait: Duration) -> Result<Box<dyn Connection>, DriverError> {
        let permit = self.places.permit(wait).await?;
        let connection =
            if let Some(connection) = self.places.take_idle() { connection } else { self.connect().await? };
        Ok(Box::new(Guard::new(connection, Arc::clone(&self.places), permit)))
    }

    /// The size is fixed when the pool is made.
    async fn set_max_idle_conns(&self, _n: u64) {}

    /// The size is fixed when the pool is made.
    async fn set_max_open_conns(&self, _n: u64) {}

    fn driver_type(&self) -> &str {
        self.manager.driver_type()
    }

    fn driver(&self) -> &dyn Driver {
        self.manager.driver_ref()
    }
}
