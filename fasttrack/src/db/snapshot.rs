//! One instant of the database, to be read from by statement after statement.
//!
//! Whoever holds one keeps the database from forgetting what was there: the log of a file cannot be copied past it, and a
//! server keeps the versions of rows that it can see. So it ends by itself, and there are only so many.

use std::time::Duration;

use prometheus::IntGauge;
use tokio::time::{Instant, timeout_at};

use super::{Db, DbError, Dialect, Row, Statement, backend::Reader, gauge::Gauges, meter::metered};
use crate::trace;

/// An instant of the database; let go when it is dropped, and what runs is stopped then.
pub struct Snapshot {
    /// `None` once a statement has failed, or time is up.
    reader: Option<Box<dyn Reader>>,
    ends_at: Instant,
    statement_limit: Duration,
    dialect: Dialect,
    gauges: Gauges,
    _held: Held,
}

/// What is read from.
pub enum Reads<'a> {
    /// The database as it is with each statement.
    Now(&'a Db),
    /// The database as it was at one instant.
    At(&'a mut Snapshot),
}

/// Counts a snapshot for as long as it lives.
struct Held(IntGauge);

impl Snapshot {
    pub(super) fn new(
        reader: Box<dyn Reader>,
        ends_at: Instant,
        statement_limit: Duration,
        dialect: Dialect,
        gauges: &Gauges,
    ) -> Self {
        gauges.snapshots.inc();
        let held = Held(gauges.snapshots.clone());
        Self { reader: Some(reader), ends_at, statement_limit, dialect, gauges: gauges.clone(), _held: held }
    }

    /// Until when it may be read from.
    #[must_use]
    pub const fn ends_at(&self) -> Instant {
        self.ends_at
    }

    /// Runs a statement that reads, and collects its rows. After an error nothing more is read.
    ///
    /// # Errors
    /// [`DbError::Busy`] when it took too long, or the snapshot was held too long; else what the database says.
    pub async fn read(&mut self, statement: Statement) -> Result<Vec<Row>, DbError> {
        let span = trace::reading(self.dialect, &statement.sql);
        let is_held = Instant::now() < self.ends_at;
        let Some(mut reader) = self.reader.take().filter(|_| is_held) else { return Err(over()) };
        let deadline = (Instant::now() + self.statement_limit).min(self.ends_at);
        let read = async {
            let read = timeout_at(deadline, reader.read(statement)).await;
            read.unwrap_or_else(|_| Err(if deadline == self.ends_at { over() } else { too_long() }))
        };
        let rows = metered(&self.gauges.reading, span, read).await?;
        self.reader = Some(reader);
        Ok(rows)
    }
}

impl Reads<'_> {
    /// Runs a statement that reads, and collects its rows.
    ///
    /// # Errors
    /// As [`Db::read`] and [`Snapshot::read`].
    pub async fn read(&mut self, statement: Statement) -> Result<Vec<Row>, DbError> {
        match self {
            Self::Now(db) => db.read(statement).await,
            Self::At(snapshot) => snapshot.read(statement).await,
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.0.dec();
    }
}

fn too_long() -> DbError {
    DbError::Busy("the statement took too long".into())
}

fn over() -> DbError {
    DbError::Busy("this instant of the database is not held any more".into())
}
