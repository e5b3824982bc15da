//! The database as everybody else has it.

use std::{path::PathBuf, sync::Arc, time::Duration};

use futures_util::{FutureExt, future::BoxFuture};
use tokio::{sync::Semaphore, time::timeout};

use super::{
    super::{
        Arg, ChangeCapture, DbError, DbOptions, Dialect, Notices, Row, Statement,
        backend::{Backend, Reader},
        gauge::Gauges,
        text,
        unit::{NewRow, Unit},
    },
    PostgresUrl,
    batch::Batches,
    capture::Captures,
    connect::Connector,
    error::{Failure, Remedy},
    hearing::Hearing,
    listen::Listener,
    pool::{Lease, Pool},
    runner::Runner,
    session::Terms,
};

/// How long a unit may take that runs alone: a large table is copied in it.
const ALONE_LIMIT: Duration = Duration::from_hours(24);

/// How often a statement that reads is run at most: connections that were lost in a row cost one time each.
const READ_TRIES: u32 = 3;

/// How often a snapshot is begun at most, for the same reason.
const SNAPSHOT_TRIES: u32 = READ_TRIES;

/// The number that whoever sets up the capture of changes locks, so that one does at a time.
const SETUP_LOCK: i64 = 0x6661_7374_0001;

/// A database on a server.
#[derive(Debug)]
pub(in crate::db) struct Postgres {
    pool: Pool,
    /// Connections for snapshots alone, which are held for long: nobody else waits for one.
    snapshots: Pool,
    snapshot_limit: Duration,
    captures: Captures,
    runner: Runner,
    batches: Batches,
    /// Units that wait or run: the right to be one more.
    queue: Arc<Semaphore>,
    queue_size: u32,
    terms: Terms,
    listener: Arc<Listener>,
    /// Whether what other nodes do is heard.
    hears: bool,
    gauges: Gauges,
}

impl Postgres {
    /// Connects to a server.
    ///
    /// # Errors
    /// What it says, or that there is none; also when the database is one of another application.
    pub(in crate::db) async fn open(url: &PostgresUrl, options: &DbOptions, gauges: Gauges) -> Result<Self, DbError> {
        let size = u32::try_from(options.pool).unwrap_or(u32::MAX).max(1);
        let connector = Arc::new(Connector::new(url, options)?);
        let snapshots = u32::try_from(options.snapshots).unwrap_or(u32::MAX).max(1);
        let [pool, snapshots] =
            [size, snapshots].map(|size| Pool::new(Arc::clone(&connector), size, options.statement_limit * 2));
        // Asked now, so that a wrong password is told at the start.
        let wait = options.reader_wait.max(Duration::from_secs(10));
        let mut first = pool.take_first(wait, options.start_wait).await?;
        check_server(&mut first).await?;
        if let Some(marker) = &options.marker {
            check_marker(&mut first, marker).await?;
        }
        drop(first);
        let captures = Captures::default();
        let listener = Arc::new(Listener::new(connector, [pool.clone(), snapshots.clone()]));
        // A unit waits for its connection as long as the client waits for the answer, or nearly.
        let runner = Runner {
            pool: pool.clone(),
            captures: captures.clone(),
            hearing: Hearing::new(pool.clone(), Arc::clone(&listener)),
            // A quarter of the connections, and one at least, is always there for those who read.
            writers: Arc::new(Semaphore::new(options.pool.saturating_sub((options.pool / 4).max(1)).max(1))),
            line: Arc::new(Semaphore::new(1)),
            wait: options.busy_timeout * 3,
        };
        let terms = Terms { statement: options.write_limit, unit: options.unit_limit, is_unlimited: false };
        let batches = Batches::start(runner.clone(), terms, options, gauges.clone());
        Ok(Self {
            listener,
            pool,
            snapshots,
            snapshot_limit: options.snapshot_limit,
            captures,
            runner,
            batches,
            queue: Arc::new(Semaphore::new(options.queue.max(1))),
            queue_size: u32::try_from(options.queue.max(1)).unwrap_or(u32::MAX),
            terms,
            hears: !options.beside,
            gauges,
        })
    }

    /// Runs a unit in a task of its own.
    fn start(&self, unit: Box<dyn Unit>, terms: Terms, tries: u32) -> Result<(), DbError> {
        let place = Arc::clone(&self.queue).try_acquire_owned().map_err(|_| DbError::QueueFull)?;
        self.gauges.waiting.inc();
        let (runner, gauges) = (self.runner.clone(), self.gauges.clone());
        tokio::spawn(async move {
            let turn = runner.turn().await;
            gauges.waiting.dec();
            gauges.group.observe(1.0);
            runner.run(turn, unit, terms, tries).await;
            drop(place);
        });
        Ok(())
    }

    /// Begins a transaction that reads, and has the server keep this instant: the first statement does, not `BEGIN`. Whoever
    /// holds it may be waiting for somebody else longer than a unit may.
    async fn begin_snapshot(&self, wait: Duration) -> Result<Lease, DbError> {
        let idle_ms = (self.snapshot_limit + Duration::from_secs(5)).as_millis();
        let words = format!(
            "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL idle_in_transaction_session_timeout = {idle_ms}; \
             SELECT 1"
        );
        let mut tries = SNAPSHOT_TRIES;
        loop {
            tries -= 1;
            let mut lease = self.snapshots.take(wait).await?;
            match lease.control(&words).await {
                Ok(_) => return Ok(lease),
                Err(Failure { remedy: Remedy::Connection | Remedy::Server, .. }) if tries > 0 => {}
                Err(failure) => return Err(failure.error),
            }
        }
    }

    async fn set_up(&self, capture: ChangeCapture) -> Result<(), DbError> {
        let mut lease = self.pool.take(self.runner.wait).await?;
        let words = format!("BEGIN; SELECT pg_advisory_xact_lock({SETUP_LOCK})");
        let setup = [words].into_iter().chain(capture.setup.iter().cloned());
        for words in setup {
            lease.control(&words).await.map_err(|failure| failure.error)?;
        }
        lease.end("COMMIT").await.map_err(|failure| failure.error)?;
        match capture.channel.filter(|_| self.hears) {
            Some(channel) => {
                // Nothing is believed until the others are heard.
                let doubt = self.captures.doubt();
                self.captures.set(Arc::new(capture));
                let hearing = self.runner.hearing.clone();
                hearing.begin();
                tokio::spawn(self.captures.clone().hear(self.listener.subscribe(channel), doubt, hearing));
            }
            None => self.captures.set(Arc::new(capture)),
        }
        Ok(())
    }
}

/// Whether the server is one that the statements are written for, and the database one that holds every text.
async fn check_server(lease: &mut Lease) -> Result<(), DbError> {
    let settings = "SELECT current_setting('server_version_num')::bigint, current_setting('server_encoding')";
    let rows = lease.query(&Statement::new(settings, Vec::new())).await.map_err(|failure| failure.error)?;
    let told = rows.first().and_then(|row| row.int(0).zip(row.text(1)));
    match told {
        Some((version, _)) if version < OLDEST => {
            let major = version / 10_000;
            Err(DbError::Other(format!("this is PostgreSQL {major}; it has to be 14 or newer")))
        }
        Some((_, encoding)) if encoding != "UTF8" => Err(DbError::Other(format!(
            "the encoding of the database is {encoding}; it has to be UTF8: CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0"
        ))),
        _ => Ok(()),
    }
}

/// The oldest version of the server.
const OLDEST: i64 = 140_000;

/// Whether there is nothing yet, or what an application of ours has made.
async fn check_marker(lease: &mut Lease, marker: &str) -> Result<(), DbError> {
    let tables = "SELECT count(*), count(*) FILTER (WHERE table_name = $1) FROM information_schema.tables \
                  WHERE table_schema = current_schema() AND table_type = 'BASE TABLE'";
    let statement = Statement::new(tables, vec![Arg::Text(marker.to_owned())]);
    let rows = lease.query(&statement).await.map_err(|failure| failure.error)?;
    match rows.first().map(|row| (row.int(0), row.int(1))) {
        Some((Some(tables), Some(0))) if tables > 0 => {
            Err(DbError::Other(format!("the database belongs to another application: it has no table {marker}")))
        }
        _ => Ok(()),
    }
}

impl Backend for Postgres {
    fn dialect(&self) -> Dialect {
        Dialect::Postgres
    }

    /// A database on a server is never made by opening it.
    fn was_created(&self) -> bool {
        false
    }

    fn reader(&self, wait: Duration) -> BoxFuture<'_, Result<Box<dyn Reader>, DbError>> {
        async move {
            let lease = self.pool.take(wait).await?;
            Ok(Box::new(PooledReader { lease: Some(lease), pool: self.pool.clone(), wait }) as Box<dyn Reader>)
        }
        .boxed()
    }

    fn snapshot(&self, wait: Duration) -> BoxFuture<'_, Result<Box<dyn Reader>, DbError>> {
        async move {
            let lease = self.begin_snapshot(wait).await?;
            Ok(Box::new(SnapshotReader(lease)) as Box<dyn Reader>)
        }
        .boxed()
    }

    fn write(&self, unit: Box<dyn Unit>) -> Result<(), DbError> {
        self.start(unit, self.terms, Runner::tries())
    }

    fn write_alone(&self, unit: Box<dyn Unit>) -> Result<(), DbError> {
        self.start(unit, Terms { statement: ALONE_LIMIT, unit: ALONE_LIMIT, is_unlimited: true }, 1)
    }

    fn insert(&self, row: NewRow) -> Result<(), DbError> {
        self.batches.insert(row)
    }

    fn capture_changes(&self, capture: ChangeCapture) -> BoxFuture<'_, Result<(), DbError>> {
        self.set_up(capture).boxed()
    }

    fn listen(&self, channel: &str) -> Option<Notices> {
        Some(self.listener.subscribe(channel))
    }

    fn copy_to(&self, _: PathBuf) -> BoxFuture<'_, Result<(), DbError>> {
        let advice = "a database on a server is copied with its own tools: pg_dump, or a base backup";
        async move { Err(DbError::Other(advice.into())) }.boxed()
    }

    /// The server checks its pages itself.
    fn find_damage(&self) -> BoxFuture<'_, Result<Option<String>, DbError>> {
        async move { Ok(None) }.boxed()
    }

    fn close(&self, limit: Duration) -> BoxFuture<'_, ()> {
        async move {
            self.listener.close();
            timeout(self.terms.unit, self.batches.close()).await.ok();
            timeout(self.terms.unit, self.queue.acquire_many(self.queue_size)).await.ok();
            self.queue.close();
            self.pool.close(limit).await;
            self.snapshots.close(limit).await;
        }
        .boxed()
    }
}

/// A connection on loan that reads. Another one takes its place when it turns out to be lost.
struct PooledReader {
    lease: Option<Lease>,
    pool: Pool,
    wait: Duration,
}

impl PooledReader {
    async fn run(&mut self, statement: &Statement) -> Result<Vec<Row>, DbError> {
        let mut tries = READ_TRIES;
        loop {
            tries -= 1;
            let lease = match self.lease.take() {
                Some(lease) => lease,
                None => self.pool.take(self.wait).await?,
            };
            let lease = self.lease.insert(lease);
            let read = if text::reads_only(&statement.sql) {
                lease.query(statement).await
            } else {
                lease.query_read_only(statement).await
            };
            let failure = match read {
                Ok(rows) => return Ok(rows),
                Err(failure) => failure,
            };
            match failure.remedy {
                Remedy::Connection | Remedy::Server if tries > 0 => self.lease = None,
                Remedy::Preparation if tries > 0 => lease.forget_statements(),
                _ => return Err(failure.error),
            }
        }
    }
}

impl Reader for PooledReader {
    fn read(&mut self, statement: Statement) -> BoxFuture<'_, Result<Vec<Row>, DbError>> {
        async move { self.run(&statement).await }.boxed()
    }
}

/// A connection on loan that reads in a transaction of its own, which ends when it is given back. No other can take its place.
struct SnapshotReader(Lease);

impl Reader for SnapshotReader {
    fn read(&mut self, statement: Statement) -> BoxFuture<'_, Result<Vec<Row>, DbError>> {
        async move {
            let read = self.0.query(&statement).await;
            read.map_err(|failure| {
                if failure.remedy == Remedy::Preparation {
                    self.0.forget_statements();
                }
                failure.error
            })
        }
        .boxed()
    }
}
