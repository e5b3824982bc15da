//! The pool behind rbatis: a fixed number of slots, handed out in the order of asking, without a ping.
//!
//! A connection is opened when a slot is taken and none is idle; one that broke is simply not given back. What comes
//! back in a transaction is rolled back before anyone else gets it, and a statement that still runs is stopped.

use std::{sync::Arc, time::Duration};

use rbatis::RBatis;
use rbdc::{
    Error as DriverError,
    db::{Connection, Driver},
    pool::{ConnectionManager, Pool},
};
use tokio::time::timeout;

use super::{
    super::{
        DbError,
        slots::{NoSlot, Slots},
    },
    connection::SingleConnection,
    error::{self, CLOSED},
    lease::{Lease, Lender},
};

/// How long somebody waits who does not say.
const WAIT: Duration = Duration::from_secs(30);

/// How long a connection may take to open.
const CONNECT_LIMIT: Duration = Duration::from_secs(10);

/// A pool of connections of one kind.
#[derive(Debug)]
pub(super) struct SlotPool {
    manager: ConnectionManager,
    lender: Arc<Lender>,
}

impl SlotPool {
    /// A pool of at most `size` connections.
    fn sized(manager: ConnectionManager, size: u32, patience: Duration) -> Self {
        Self { manager, lender: Arc::new(Lender { slots: Slots::new(size), patience }) }
    }

    async fn connect(&self) -> Result<SingleConnection, DriverError> {
        match timeout(CONNECT_LIMIT, SingleConnection::open(&self.manager)).await {
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
    ) -> Result<ConnectionPool, DbError> {
        let pool = Self::sized(manager, size, patience);
        let lender = Arc::clone(&pool.lender);
        let rbatis = RBatis::default();
        rbatis.init_pool(pool).map_err(|error| error::meaning(&error))?;
        Ok(ConnectionPool { rbatis, lender })
    }
}

/// A pool that is installed.
#[derive(Debug, Clone)]
pub(super) struct ConnectionPool {
    rbatis: RBatis,
    lender: Arc<Lender>,
}

impl ConnectionPool {
    /// Takes a connection, waiting at most `wait` for one to be free.
    ///
    /// # Errors
    /// [`DbError::Busy`] when none was, or none could be opened.
    pub(super) async fn take(&self, wait: Duration) -> Result<Box<dyn Connection>, DbError> {
        let pool = self.rbatis.get_pool().map_err(|error| error::meaning(&error))?;
        pool.get_timeout(wait).await.map_err(|error| error::meaning(&error))
    }

    /// Waits for what is out, at most `wait`, and closes every connection. What comes back later is closed then.
    pub(super) async fn close(&self, wait: Duration) {
        let all = timeout(wait, self.lender.slots.all()).await;
        self.lender.slots.close();
        while let Some(mut connection) = self.lender.slots.take_idle() {
            if let Err(error) = connection.close().await {
                tracing::warn!(%error, "a database connection did not close well");
            }
        }
        drop(all);
    }
}

#[rbatis::async_trait]
impl Pool for SlotPool {
    fn new(manager: ConnectionManager) -> Result<Self, DriverError> {
        Ok(Self::sized(manager, 1, WAIT))
    }

    async fn get(&self) -> Result<Box<dyn Connection>, DriverError> {
        self.get_timeout(WAIT).await
    }

    async fn get_timeout(&self, wait: Duration) -> Result<Box<dyn Connection>, DriverError> {
        let permit = self.lender.slots.permit(wait).await.map_err(refusal)?;
        let connection =
            if let Some(connection) = self.lender.slots.take_idle() { connection } else { self.connect().await? };
        Ok(Box::new(Lease::new(connection, Arc::clone(&self.lender), permit)))
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

fn refusal(why: NoSlot) -> DriverError {
    DriverError::from(match why {
        NoSlot::TimedOut => "get_timeout: every connection is in use",
        NoSlot::Closed => CLOSED,
    })
}
