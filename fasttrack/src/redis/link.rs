//! The connection over which Redis is asked: opened again in the background whenever it is lost, and given up at the
//! first question that is not answered in time, so that no second one waits in vain.

use std::{
    fmt,
    sync::{Arc, OnceLock},
    time::Duration,
};

use redis_rs::{Cmd, ErrorKind, FromRedisValue, RedisError, ServerErrorKind, Value, aio::MultiplexedConnection};
use tokio::{
    sync::{mpsc, watch},
    task::AbortHandle,
    time::{Instant, MissedTickBehavior, interval_at, sleep, timeout},
};

use super::{
    Away, FIRST_PAUSE, PATIENCE, RedisUrl,
    connect::{Connector, Driver, reason, slow},
    longer,
};
use crate::db::Notices;

/// How often a connection over which nobody asks is asked whether it lives.
const PROVE_EVERY: Duration = Duration::from_millis(500);

/// A connection that lasted as long was a good one: the next try to connect is made at once.
const GOOD_AFTER: Duration = Duration::from_secs(5);

/// A Redis. A clone is the same one; with the last of them its connections end.
#[derive(Clone)]
pub struct Redis {
    connector: Arc<Connector>,
    live: Arc<watch::Sender<Option<Live>>>,
    _keeper: Arc<Keeper>,
}

/// A script that runs inside of Redis, as one step. It is sent once.
#[derive(Debug)]
pub struct Script {
    text: &'static str,
    digest: OnceLock<String>,
}

/// A connection that is up.
#[derive(Clone)]
struct Live {
    connection: MultiplexedConnection,
    number: u64,
    failed: mpsc::Sender<String>,
}

/// Ends the task when nobody needs it any more.
struct Keeper(AbortHandle);

impl Drop for Keeper {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Script {
    /// A script in Lua.
    #[must_use]
    pub const fn new(text: &'static str) -> Self {
        Self { text, digest: OnceLock::new() }
    }
}

impl Redis {
    /// The Redis at an address. One that is not there is warned of, and looked for from then on.
    ///
    /// # Errors
    /// When connections cannot be encrypted as the address has it.
    pub async fn open(url: &RedisUrl) -> Result<Self, String> {
        let connector = Arc::new(Connector::new(url.clone())?);
        let live = Arc::new(watch::Sender::new(None));
        let first = connector.connect().await;
        let mut task = Task { connector: Arc::clone(&connector), live: Arc::clone(&live), number: 0, is_away: false };
        let first = first.map(|opened| task.begin(opened)).map_err(|error| task.tell_away(&error)).ok();
        let keeper = Arc::new(Keeper(tokio::spawn(task.keep(first)).abort_handle()));
        Ok(Self { connector, live, _keeper: keeper })
    }

    /// Whether it answered the last question.
    #[must_use]
    pub fn is_up(&self) -> bool {
        self.live.borrow().is_some()
    }

    /// Where it is.
    #[must_use]
    pub fn url(&self) -> &RedisUrl {
        self.connector.url()
    }

    /// Runs a script over one key.
    ///
    /// # Errors
    /// [`Away`] when it is not answered in time, or is refused.
    pub async fn run<T: FromRedisValue>(&self, script: &Script, key: &str, arguments: &[u64]) -> Result<T, Away> {
        self.ask(async |connection| {
            let digest = match script.digest.get() {
                Some(digest) => digest,
                None => load(connection, script).await?,
            };
            // What the server refuses is no error of the connection.
            let answer = connection.send_packed_command(&evaluation(digest, key, arguments)).await;
            match answer.and_then(Value::extract_error) {
                // It has been restarted since, or told to forget its scripts.
                Err(error) if error.kind() == ErrorKind::Server(ServerErrorKind::NoScript) => {
                    let digest = load(connection, script).await?;
                    connection.send_packed_command(&evaluation(digest, key, arguments)).await
                }
                answer => answer,
            }
        })
        .await
    }

    /// Says something on a channel.
    ///
    /// # Errors
    /// As [`Self::run`]. It may have been heard nevertheless.
    pub async fn publish(&self, channel: &str, payload: &str) -> Result<(), Away> {
        let mut command = Cmd::new();
        command.arg("PUBLISH").arg(channel).arg(payload);
        self.ask::<i64>(async |connection| connection.send_packed_command(&command).await).await.map(drop)
    }

    /// What is said on a channel from now on. One that is silent for as long as `silence` is taken to be lost, and
    /// subscribed to anew: somebody has to speak more often.
    #[must_use]
    pub fn listen(&self, channel: String, silence: Duration) -> Notices {
        super::listen::listen(Arc::clone(&self.connector), channel, silence)
    }

    async fn ask<T: FromRedisValue>(
        &self,
        question: impl AsyncFnOnce(&mut MultiplexedConnection) -> Result<Value, RedisError>,
    ) -> Result<T, Away> {
        // Not held while it is asked.
        let live = self.live.borrow().clone();
        let mut live = live.ok_or(Away)?;
        let error = match timeout(PATIENCE, question(&mut live.connection)).await {
            Ok(answer) => match answer.and_then(Value::extract_error).and_then(|value| Ok(T::from_redis_value(value)?))
            {
                Ok(answer) => return Ok(answer),
                Err(error) => reason(error),
            },
            Err(_) => slow(),
        };
        // Nobody else is to wait as long; those who wait already are let go with the connection.
        self.live.send_if_modified(|current| current.take_if(|current| current.number == live.number).is_some());
        live.failed.try_send(error).ok();
        Err(Away)
    }
}

async fn load<'a>(connection: &mut MultiplexedConnection, script: &'a Script) -> Result<&'a str, RedisError> {
    let mut command = Cmd::new();
    command.arg("SCRIPT").arg("LOAD").arg(script.text);
    let digest: String = redis_rs::from_redis_value(connection.send_packed_command(&command).await?.extract_error()?)?;
    Ok(script.digest.get_or_init(|| digest))
}

fn evaluation(digest: &str, key: &str, arguments: &[u64]) -> Cmd {
    let mut command = Cmd::new();
    command.arg("EVALSHA").arg(digest).arg(1).arg(key).arg(arguments);
    command
}

/// Keeps a connection open.
struct Task {
    connector: Arc<Connector>,
    live: Arc<watch::Sender<Option<Live>>>,
    number: u64,
    is_away: bool,
}

/// A connection that has begun.
struct Begun {
    connection: MultiplexedConnection,
    driver: Driver,
    failed: mpsc::Receiver<String>,
}

impl Task {
    /// From now on questions go over this connection.
    fn begin(&mut self, (connection, driver): (MultiplexedConnection, Driver)) -> Begun {
        let (sender, failed) = mpsc::channel(1);
        self.number += 1;
        self.live.send_replace(Some(Live { connection: connection.clone(), number: self.number, failed: sender }));
        if std::mem::take(&mut self.is_away) {
            tracing::info!(url = %self.connector.url(), "Redis is back");
        }
        Begun { connection, driver, failed }
    }

    fn tell_away(&mut self, error: &str) {
        if !std::mem::replace(&mut self.is_away, true) {
            tracing::warn!(
                url = %self.connector.url(), error,
                "Redis is away: each node counts requests for itself, and messages of other nodes may be a second late"
            );
        }
    }

    async fn keep(mut self, mut begun: Option<Begun>) {
        let mut pause = FIRST_PAUSE;
        loop {
            if let Some(begun) = begun.take() {
                let since = Instant::now();
                let error = drive(begun).await;
                self.live.send_replace(None);
                self.tell_away(&error);
                if since.elapsed() >= GOOD_AFTER {
                    pause = FIRST_PAUSE;
                }
            }
            sleep(pause).await;
            pause = longer(pause);
            match self.connector.connect().await {
                Ok(opened) => begun = Some(self.begin(opened)),
                Err(error) => self.tell_away(&error),
            }
        }
    }
}

/// Drives a connection for as long as it answers, and says why it does not any more.
async fn drive(begun: Begun) -> String {
    let Begun { mut connection, mut driver, mut failed } = begun;
    let mut rhythm = interval_at(Instant::now() + PROVE_EVERY, PROVE_EVERY);
    rhythm.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut ping = Cmd::new();
    ping.arg("PING");
    let prove = async {
        loop {
            rhythm.tick().await;
            match timeout(PATIENCE, connection.send_packed_command(&ping)).await {
                Ok(Ok(_)) => {}
                Ok(Err(error)) => return reason(error),
                Err(_) => return slow(),
            }
        }
    };
    tokio::select! {
        error = failed.recv() => error.unwrap_or_default(),
        () = &mut driver => "the connection was lost".into(),
        error = prove => error,
    }
}

impl fmt::Debug for Redis {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Redis").field("url", self.url()).field("is_up", &self.is_up()).finish()
    }
}
