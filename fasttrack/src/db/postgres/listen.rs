//! The connection over which other nodes are heard: one that does nothing but listen, and is opened again whenever it
//! is lost.
//!
//! That it is heard is proven by saying something on another connection, again and again: a server that has gone without
//! a word is not noticed by listening, and a pooler that lends connections by the transaction takes `LISTEN` and passes
//! nothing on.

use std::{
    collections::HashMap,
    sync::{Arc, OnceLock},
    time::Duration,
};

use tokio::{
    sync::{mpsc, watch},
    time::{Instant, interval_at, sleep, timeout},
};
use tokio_postgres::{Client, Notification};

use super::{
    super::{
        Arg, DbError, Statement,
        notice::{Notice, Notices, Subscriber},
    },
    connect::Connector,
    error::Failure,
    pool::Pool,
};

/// How long it is waited before the second try to connect; twice as long before each further one.
const FIRST_PAUSE: Duration = Duration::from_millis(50);

/// How long it is waited at most.
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// How often that is proven.
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
    started: OnceLock<mpsc::UnboundedSender<Subscription>>,
    is_closed: watch::Sender<bool>,
}

/// Who wants to hear which channel.
struct Subscription {
    channel: String,
    subscriber: Subscriber,
}

impl Listener {
    /// One that opens its connections so, and has others in that pool.
    pub(super) fn new(connector: Arc<Connector>, pool: Pool) -> Self {
        Self { connector, pool, started: OnceLock::new(), is_closed: watch::Sender::new(false) }
    }

    /// What is said on a channel from now on.
    pub(super) fn subscribe(&self, channel: &str) -> Notices {
        let (subscriber, notices) = Notices::pair();
        let to_task = self.started.get_or_init(|| {
            let (sender, subscriptions) = mpsc::unbounded_channel();
            let task = Task {
                connector: Arc::clone(&self.connector),
                pool: self.pool.clone(),
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
    /// The channel on which only this task speaks and listens.
    probe: String,
    subscriptions: mpsc::UnboundedReceiver<Subscription>,
    channels: HashMap<String, Vec<Subscriber>>,
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
        let client = self.connector.connect_listening(arrived).await.map_err(Heard::nothing)?;
        while let Ok(subscription) = self.subscriptions.try_recv() {
            self.channels.entry(subscription.channel).or_default().push(subscription.subscriber);
        }
        for channel in self.channels.keys() {
            listen_to(&client, channel).await.map_err(Heard::nothing)?;
        }
        listen_to(&client, &self.probe).await.map_err(Heard::nothing)?;
        self.prove(&mut notifications).await.map_err(Heard::nothing)?;
        self.tell_all(&Notice::Connected);
        let ended = self.hear(&client, &mut notifications).await;
        self.tell_all(&Notice::Disconnected);
        ended.map_err(|error| Heard { error, anything: true })
    }

    async fn hear(&mut self, client: &Client, notifications: &mut mpsc::Receiver<Notification>) -> Result<(), DbError> {
        let mut rhythm = interval_at(Instant::now() + PROVE_EVERY, PROVE_EVERY);
        loop {
            tokio::select! {
                notification = notifications.recv() => self.tell(&notification.ok_or_else(lost)?),
                subscription = self.subscriptions.recv() => {
                    let Some(Subscription { channel, mut subscriber }) = subscription else { return Ok(()) };
                    listen_to(client, &channel).await?;
                    if subscriber.say(Notice::Connected) {
                        self.channels.entry(channel).or_default().push(subscriber);
                    }
                }
                _ = rhythm.tick() => self.prove(notifications).await?,
            }
        }
    }

    /// Says something elsewhere, and waits until it is heard here; what is heard before is told.
    async fn prove(&mut self, notifications: &mut mpsc::Receiver<Notification>) -> Result<(), DbError> {
        let said = Statement::new("SELECT pg_notify($1, '')", vec![Arg::Text(self.probe.clone())]);
        let proof = timeout(PROOF_LIMIT, async {
            let mut lease = self.pool.take(PROOF_LIMIT).await?;
            lease.query(&said).await.map_err(|failure| failure.error)?;
            drop(lease);
            loop {
                let notification = notifications.recv().await.ok_or_else(lost)?;
                if notification.channel() == self.probe {
                    return Ok(());
                }
                self.tell(&notification);
            }
        });
        proof.await.unwrap_or_else(|_| Err(DbError::Busy(UNHEARD.into())))
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

/// What is wrong where a word is not heard.
const UNHEARD: &str = "what is said is not heard; a pooler in between has to lend connections by the session";

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
