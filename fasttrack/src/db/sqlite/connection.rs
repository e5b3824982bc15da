//! A connection that is opened and closed while no other one in the process is.
//!
//! `SQLite` 3.51.1 takes two of its mutexes in opposite orders when the last connection to a database in WAL mode is
//! closed (`unixLock`) while another one to it is opened or closed (`findReusableFd`, `unixClose`): both stand still for
//! good, and everybody else who opens a database after them.

use std::{
    sync::{Mutex, PoisonError},
    thread,
};

use fasttrack_sqlite::InterruptHandle;
use futures_executor::block_on;
use futures_util::{
    FutureExt,
    future::{BoxFuture, ready},
    stream::BoxStream,
};
use rbdc::{
    Error as DriverError,
    db::{Connection, ExecResult, Row},
    pool::ConnectionManager,
};
use rbs::Value;
use tokio::sync::oneshot;

use super::connect;

/// Whoever opens or closes holds it.
static OPENING: Mutex<()> = Mutex::new(());

/// Opens or closes connections while nobody else does.
pub(super) fn alone<T>(work: impl FnOnce() -> T) -> T {
    let _alone = OPENING.lock().unwrap_or_else(PoisonError::into_inner);
    work()
}

/// A connection; one that is dropped is closed all the same, later.
pub(super) struct SingleConnection {
    /// `None` once it is closed.
    connection: Option<Box<dyn Connection>>,
    control: InterruptHandle,
}

impl SingleConnection {
    /// Opens a connection.
    ///
    /// # Errors
    /// What the driver says.
    pub(super) async fn open(manager: &ConnectionManager) -> Result<Self, DriverError> {
        let manager = manager.clone();
        let opened = tokio::task::spawn_blocking(move || {
            let (connection, control) = alone(|| block_on(connect::open(&manager)))?;
            Ok(Self { connection: Some(connection), control })
        });
        opened.await.unwrap_or_else(|error| Err(DriverError::from(error.to_string())))
    }

    /// What stops a statement that runs, and holds commits.
    pub(super) fn control(&self) -> &InterruptHandle {
        &self.control
    }

    fn connection(&mut self) -> Result<&mut Box<dyn Connection>, DriverError> {
        self.connection.as_mut().ok_or_else(|| DriverError::from("the connection was closed"))
    }

    /// Closes the connection on a thread of its own: it may have to wait for a statement that runs, and the last one to
    /// a file copies the log. Answers when that is done.
    fn end(&mut self) -> Option<oneshot::Receiver<Result<(), DriverError>>> {
        let mut connection = self.connection.take()?;
        let (done, ended) = oneshot::channel();
        let close = move || {
            // The driver's thread lets go of the connection; what closes it is that nobody holds it any more.
            let answer = block_on(connection.close());
            alone(move || drop(connection));
            done.send(answer).ok();
        };
        thread::Builder::new().name("close-database".into()).spawn(close).ok().map(|_| ended)
    }
}

impl Drop for SingleConnection {
    fn drop(&mut self) {
        drop(self.end());
    }
}

impl Connection for SingleConnection {
    fn exec_rows(
        &mut self,
        sql: &str,
        params: Vec<Value>,
    ) -> BoxFuture<'_, Result<BoxStream<'_, Result<Box<dyn Row>, DriverError>>, DriverError>> {
        match self.connection() {
            Ok(connection) => connection.exec_rows(sql, params),
            Err(error) => ready(Err(error)).boxed(),
        }
    }

    fn exec(&mut self, sql: &str, params: Vec<Value>) -> BoxFuture<'_, Result<ExecResult, DriverError>> {
        match self.connection() {
            Ok(connection) => connection.exec(sql, params),
            Err(error) => ready(Err(error)).boxed(),
        }
    }

    fn ping(&mut self) -> BoxFuture<'_, Result<(), DriverError>> {
        match self.connection() {
            Ok(connection) => connection.ping(),
            Err(error) => ready(Err(error)).boxed(),
        }
    }

    fn close(&mut self) -> BoxFuture<'_, Result<(), DriverError>> {
        let ended = self.end();
        Box::pin(async move {
            match ended {
                Some(ended) => ended.await.unwrap_or_else(|_| Err(DriverError::from("the connection was not closed"))),
                None => Ok(()),
            }
        })
    }
}
