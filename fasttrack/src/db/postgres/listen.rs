//! The connection over which other nodes are heard: one that does nothing but listen, and is opened again whenever it
//! is lost.
//!
//! A connection that is dead without a word is not noticed by listening. So the server is asked on it, twice a second,
//! whether it is there ([`BEAT`]); whoever depends on what is heard may rely on it that a silence of more than [`BEAT`] and
//! [`BEAT_LIMIT`] is told. And a pooler that lends connections by the transaction takes `LISTEN`, answers, and passes
//! nothing on: that it is heard what is said is proven by saying something on another connection, first of all and then
//! from time to time.

use std::{
    collections::HashMap,
    sync::{Arc, OnceLock},
    time::Duration,
};

use futures_util::pin_mut;
use tokio::{
    sync::{Notify, mpsc, watch},
    time::{sleep, timeout},
};
use tokio_postgres::{Client, Notification, SimpleQueryMessage};

use super::{
    super::{
        Arg, DbError, Statement,
        notice::{Notice, NoticeSender, Notices},
    },
    connect::Connector,
    error::Failure,
    pool::Pool,
};

/// How long it is waited before the second try to connect; twice as long before each further one.
const FIRST_PAUSE: Duration = Duration::from_millis(50);

/// How long it is waited at most.
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// How long after an answer the server is asked again whether it is there.
const BEAT: Duration = Duration::from_millis(500);

/// How long it has to answer.
const BEAT_LIMIT: Duration = Duration::from_secs(1);

/// How long it takes at most until it is noticed that nothing is heard.
pub(super) const LONGEST_SILENCE: Duration = Duration::from_millis(1_500);

/// The first number of the locks that those hold who listen; the second is that of the channel.
pub(super) const LOCKS: i32 = 0x6661_7374;

/// How often it is proven that what is said is heard.
const PROVE_EVERY: Duration = Duration::from_secs(10);

/// How long it takes at most until what was said is heard.
const PROOF_LIMIT: Duration = Duration::from_secs(5);

/// Notifications that have arrived and wait to be told.
const MOST_ARRIVED: usize = 256;

/// Listens, from the first subscription on.
#[derive(Debug)]
pub(super) struct Listener {
    connector: Arc<Connector>,
    /// Where the proof is said.
    pool: Pool,
    /// Others that lead to the same server.
    others: Pool,
    started: OnceLock<mpsc::UnboundedSender<Subscription>>,
    is_closed: watch::Sender<bool>,
}

/// Who wants to hear which channel.
struct Subscription {
    channel: String,
    subscriber: NoticeSender,
}

impl Listener {
    /// One that opens its connections so, and has others in these pools: it speaks over those of the first.
    pub(super) fn new(connector: Arc<Connector>, [pool, others]: [Pool; 2]) -> Self {
        Self { connector, pool, others, started: OnceLock::new(), is_closed: watch::Sender::new(false) }
    }

    /// What is said on a channel from now on.
    pub(super) fn subscribe(&self, channel: &str) -> Notices {
        let (subscriber, notices) = Notices::pair();
        let to_task = self.started.get_or_init(|| {
            let (sender, subscriptions) = mpsc::unbounded_channel();
            let task = Task {
                connector: Arc::clone(&self.connector),
                pool: self.pool.clone(),
                others: self.others.clone(),
                probe: probe(),
                subscriptions,
                channels: HashMap::new(),
            };
            let mut closed = self.is_closed.subscribe();
            tokio::spawn(async move {
                tokio::select! {
                    () = task.run() => {}
                    _ = closed.wait_for(|closed| *closed) => {}
                }
            });
            sender
        });
        // A task that has ended says nothing any more, and what is subscribed to ends.
        to_task.send(Subscription { channel: channel.to_owned(), subscriber }).ok();
        notices
    }

    /// Ends the connection.
    pub(super) fn close(&self) {
        self.is_closed.send_replace(true);
    }
}

struct Task {
    connector: Arc<Connector>,
    pool: Pool,
    others: Pool,
    /// The channel on which only this task speaks and listens.
    probe: String,
    subscriptions: mpsc::UnboundedReceiver<Subscription>,
    channels: HashMap<String, Vec<NoticeSender>>,
}

impl Task {
    async fn run(mut self) {
        let mut pause = FIRST_PAUSE;
        loop {
            match self.listen().await {
                Ok(()) => return,
                Err(Heard { error, anything }) => {
                    tracing::warn!(%error, "other nodes are not heard");
                    if anything {
                        pause = FIRST_PAUSE;
                    }
                }
            }
            sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// Listens for as long as the connection lives. Comes back without an error when nobody can subscribe any more.
    async fn listen(&mut self) -> Result<(), Heard> {
        let (arrived, mut notifications) = mpsc::channel(MOST_ARRIVED);
        let listening = self.connector.connect_listening(arrived).await.map_err(Heard::nothing)?;
        let client = &listening.client;
        while let Ok(subscription) = self.subscriptions.try_recv() {
            self.channels.entry(subscription.channel).or_default().push(subscription.subscriber);
        }
        for channel in self.channels.keys() {
            listen_to(client, channel).await.map_err(Heard::nothing)?;
        }
        listen_to(client, &self.probe).await.map_err(Heard::nothing)?;
        self.prove(&mut notifications).await.map_err(Heard::nothing)?;
        for channel in self.channels.keys() {
            count_in(client, channel).await.map_err(Heard::nothing)?;
        }
        self.tell_all(&Notice::Connected);
        let ended = self.hear(client, &mut notifications).await;
        self.tell_all(&Notice::Disconnected);
        ended.map_err(|error| Heard { error, anything: true })
    }

    async fn hear(&mut self, client: &Client, notifications: &mut mpsc::Receiver<Notification>) -> Result<(), DbError> {
        let proven = Notify::new();
        let silence = fall_silent(client, self.connector.has_to_write());
        let deafness = grow_deaf(self.pool.clone(), self.probe.clone(), &proven);
        pin_mut!(silence, deafness);
        loop {
            tokio::select! {
                notification = notifications.recv() => {
                    let notification = notification.ok_or_else(lost)?;
                    if notification.channel() == self.probe {
                        proven.notify_one();
                    }
                    self.tell(&notification);
                }
                subscription = self.subscriptions.recv() => {
                    let Some(Subscription { channel, mut subscriber }) = subscription else { return Ok(()) };
                    listen_to(client, &channel).await?;
                    count_in(client, &channel).await?;
                    if subscriber.say(Notice::Connected) {
                        self.channels.entry(channel).or_default().push(subscriber);
                    }
                }
                error = &mut silence => {
                    // Whatever is wrong may be wrong with the others, too.
                    for pool in [&self.pool, &self.others] {
                        match error {
                            Silence::Dead(_) => pool.doubt(),
                            Silence::ReadOnly => pool.leave_all(),
                        }
                    }
                    return Err(error.into());
                }
                error = &mut deafness => return Err(error),
            }
        }
    }

    /// Says something elsewhere, and waits until it is heard here; what is heard before is told.
    async fn prove(&mut self, notifications: &mut mpsc::Receiver<Notification>) -> Result<(), DbError> {
        let proof = timeout(PROOF_LIMIT, async {
            say(&self.pool, &self.probe).await?;
            loop {
                let notification = notifications.recv().await.ok_or_else(lost)?;
                if notification.channel() == self.probe {
                    return Ok(());
                }
                self.tell(&notification);
            }
        });
        proof.await.unwrap_or_else(|_| Err(unheard()))
    }

    fn tell(&mut self, notification: &Notification) {
        if let Some(subscribers) = self.channels.get_mut(notification.channel()) {
            subscribers.retain_mut(|subscriber| subscriber.say(Notice::Payload(notification.payload().to_owned())));
        }
    }

    fn tell_all(&mut self, notice: &Notice) {
        for subscribers in self.channels.values_mut() {
            subscribers.retain_mut(|subscriber| subscriber.say(notice.clone()));
        }
    }
}

/// Why it is not listened any more.
struct Heard {
    error: DbError,
    /// Whether it was listened at all.
    anything: bool,
}

impl Heard {
    fn nothing(error: DbError) -> Self {
        Self { error, anything: false }
    }
}

/// What is wrong with a connection that listens.
enum Silence {
    /// The server does not answer on it.
    Dead(DbError),
    /// It may only be read by now, where it was to be written to.
    ReadOnly,
}

impl From<Silence> for DbError {
    fn from(silence: Silence) -> Self {
        match silence {
            Silence::Dead(error) => error,
            Silence::ReadOnly => Self::Busy("the server may only be read".into()),
        }
    }
}

/// Asks the server on a connection whether it is there, for as long as it is.
async fn fall_silent(client: &Client, has_to_write: bool) -> Silence {
    loop {
        sleep(BEAT).await;
        let answer = timeout(BEAT_LIMIT, async {
            if !has_to_write {
                return client.check_connection().await.map(|()| false);
            }
            let told = client.simple_query("SHOW transaction_read_only").await?;
            let is_on = |message: &_| matches!(message, SimpleQueryMessage::Row(row) if row.get(0) == Some("on"));
            Ok(told.iter().any(is_on))
        });
        match answer.await {
            Ok(Ok(false)) => {}
            Ok(Ok(true)) => return Silence::ReadOnly,
            Ok(Err(error)) => return Silence::Dead(Failure::from(error).error),
            Err(_) => return Silence::Dead(DbError::Busy("the server does not answer".into())),
        }
    }
}

/// Says something elsewhere from time to time, for as long as that is heard.
async fn grow_deaf(pool: Pool, probe: String, proven: &Notify) -> DbError {
    loop {
        sleep(PROVE_EVERY).await;
        // What could not be said proves nothing.
        if say(&pool, &probe).await.is_ok() && timeout(PROOF_LIMIT, proven.notified()).await.is_err() {
            return unheard();
        }
    }
}

/// Says something that only this process hears.
async fn say(pool: &Pool, probe: &str) -> Result<(), DbError> {
    let said = Statement::new("SELECT pg_notify($1, '')", vec![Arg::Text(probe.to_owned())]);
    let mut lease = pool.take(PROOF_LIMIT).await?;
    let limited = timeout(PROOF_LIMIT, lease.query(&said)).await;
    limited.map_or_else(|_| Err(unheard()), |said| said.map(drop).map_err(|failure| failure.error))
}

fn unheard() -> DbError {
    DbError::Busy("what is said is not heard; a pooler in between has to lend connections by the session".into())
}

fn lost() -> DbError {
    DbError::Busy("the connection was lost".into())
}

/// A channel that nobody else has.
fn probe() -> String {
    let mut random = [0; 8];
    // Without randomness the processes that have the database prove it to each other.
    getrandom::fill(&mut random).ok();
    format!("fasttrack_probe_{:016x}", u64::from_be_bytes(random))
}

async fn listen_to(client: &Client, channel: &str) -> Result<(), DbError> {
    let name = channel.replace('"', "\"\"");
    client.batch_execute(&format!("LISTEN \"{name}\"")).await.map_err(|error| Failure::from(error).error)
}

/// Takes the lock by which listeners of a channel are counted; once it is proven that what is said is heard, so that no pooler
/// is left with it.
async fn count_in(client: &Client, channel: &str) -> Result<(), DbError> {
    let name = channel.replace('\'', "''");
    let lock = format!("SELECT pg_advisory_lock_shared({LOCKS}, hashtext('{name}'))");
    client.batch_execute(&lock).await.map_err(|error| Failure::from(error).error)
}
