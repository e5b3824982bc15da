//! A connection on loan: it goes back to its pool when dropped, whatever state it is in. A statement that still runs is
//! stopped.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use futures_util::{Stream, StreamExt, future::BoxFuture, stream::BoxStream};
use rbdc::{
    Error as DriverError,
    db::{Connection, ExecResult, Row},
};
use rbs::Value;
use tokio::{sync::OwnedSemaphorePermit, time::timeout};

use super::{super::slots::Slots, connection::SingleConnection, error, words};

/// How long a statement has to come to its end before it is told to stop, and then before it is told again: where it is
/// told in between two statements of one text, or the driver runs it once more, it has not heard.
const INTERRUPT_EVERY: Duration = Duration::from_millis(10);

/// The slots of a pool, and on what terms its connections are lent.
#[derive(Debug)]
pub(super) struct Lender {
    pub(super) slots: Slots<SingleConnection>,
    /// How long a connection that came back in the middle of something has to become idle, before it is given up.
    pub(super) patience: Duration,
}

/// A connection on loan.
pub(super) struct Lease {
    /// `None` only while it is being dropped.
    connection: Option<SingleConnection>,
    state: State,
    lender: Arc<Lender>,
    permit: Option<OwnedSemaphorePermit>,
}

/// What is known of the connection.
#[derive(Debug, Default)]
struct State {
    /// A statement may still be running: its rows were not taken to the end. An error counts as that, since the driver
    /// steps on until it notices that nobody listens; a statement that failed for a lock may even succeed then.
    running: bool,
    /// A transaction was begun. Whether it ended is not tracked: rolling back nothing is cheap.
    begun: bool,
    /// The thread behind it is gone.
    broken: bool,
}

impl Lease {
    pub(super) fn new(connection: SingleConnection, lender: Arc<Lender>, permit: OwnedSemaphorePermit) -> Self {
        Self { connection: Some(connection), state: State::default(), lender, permit: Some(permit) }
    }

    fn parts(&mut self) -> Result<(&mut SingleConnection, &mut State), DriverError> {
        match &mut self.connection {
            Some(connection) => Ok((connection, &mut self.state)),
            None => Err(DriverError::from("the connection was given back")),
        }
    }

    /// The parts, for a statement that is about to be sent.
    fn start(&mut self, sql: &str) -> Result<(&mut SingleConnection, &mut State), DriverError> {
        let (connection, state) = self.parts()?;
        state.start(sql);
        Ok((connection, state))
    }
}

impl State {
    fn start(&mut self, sql: &str) {
        self.running = true;
        self.begun |= ["BEGIN", "SAVEPOINT"]
            .iter()
            .any(|word| sql.trim_start().get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word)));
    }

    fn note(&mut self, error: &DriverError) {
        self.broken |= error::is_broken(error);
    }
}

impl Connection for Lease {
    fn exec_rows(
        &mut self,
        sql: &str,
        params: Vec<Value>,
    ) -> BoxFuture<'_, Result<BoxStream<'_, Result<Box<dyn Row>, DriverError>>, DriverError>> {
        let parts = self.start(sql).map(|(connection, state)| (connection.exec_rows(sql, params), state));
        Box::pin(async move {
            let (rows, state) = parts?;
            match rows.await {
                Ok(rows) => Ok(Rows { rows, state }.boxed()),
                Err(error) => {
                    state.note(&error);
                    Err(error)
                }
            }
        })
    }

    fn exec(&mut self, sql: &str, params: Vec<Value>) -> BoxFuture<'_, Result<ExecResult, DriverError>> {
        let parts = self.start(sql).map(|(connection, state)| (connection.exec(sql, params), state));
        Box::pin(async move {
            let (done, state) = parts?;
            done.await.inspect(|_| state.running = false).inspect_err(|error| state.note(error))
        })
    }

    fn ping(&mut self) -> BoxFuture<'_, Result<(), DriverError>> {
        let parts = self.parts().map(|(connection, state)| {
            // Until it has answered: a command that was sent while the thread died is never answered.
            state.broken = true;
            (connection.ping(), state)
        });
        Box::pin(async move {
            let (pong, state) = parts?;
            pong.await.inspect(|()| state.broken = false)
        })
    }

    fn close(&mut self) -> BoxFuture<'_, Result<(), DriverError>> {
        self.state.broken = true;
        let connection = self.connection.take();
        Box::pin(async move {
            match connection {
                Some(mut connection) => connection.close().await,
                None => Ok(()),
            }
        })
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let Some(connection) = self.connection.take().filter(|_| !self.state.broken) else { return };
        if !self.state.running && !self.state.begun {
            self.lender.slots.put(connection);
            return;
        }
        // Only a runtime can tidy up; without one the connection is closed, which rolls back as well.
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        runtime.spawn(settle(connection, Arc::clone(&self.lender), self.permit.take()));
    }
}

/// Stops what still runs, rolls back, and gives the connection back; one that cannot is closed.
///
/// A command that was sent while the connection's thread died is never answered, hence the limit.
async fn settle(mut connection: SingleConnection, lender: Arc<Lender>, permit: Option<OwnedSemaphorePermit>) {
    let settled = timeout(lender.patience, async {
        stop(&mut connection).await.is_ok()
            && match connection.exec(words::ROLLBACK, Vec::new()).await {
                Ok(_) => true,
                Err(error) => error::is_idle(&error),
            }
    });
    if settled.await == Ok(true) {
        lender.slots.put(connection);
    } else {
        tracing::warn!("a database connection could not be rolled back; it is replaced");
    }
    drop(permit);
}

/// Waits for all that was sent, and tells it to stop meanwhile.
async fn stop(connection: &mut SingleConnection) -> Result<(), DriverError> {
    let control = connection.control().clone();
    // Commands are answered in the order in which they were sent.
    let mut pong = connection.ping();
    loop {
        match timeout(INTERRUPT_EVERY, &mut pong).await {
            Ok(pong) => return pong,
            Err(_) => control.interrupt(),
        }
    }
}

/// Rows that note when they have come to their end.
struct Rows<'a> {
    rows: BoxStream<'a, Result<Box<dyn Row>, DriverError>>,
    state: &'a mut State,
}

impl Stream for Rows<'_> {
    type Item = Result<Box<dyn Row>, DriverError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let polled = self.rows.poll_next_unpin(context);
        match &polled {
            Poll::Ready(None) => self.state.running = false,
            Poll::Ready(Some(Err(error))) => self.state.note(error),
            Poll::Ready(Some(Ok(_))) | Poll::Pending => {}
        }
        polled
    }
}
