//! The connection over which other nodes are heard: one that does nothing but listen, and is opened again whenever it
//! is lost.

use std::{
    collections::HashMap,
    sync::{Arc, OnceLock},
    time::Duration,
};

use tokio::{
    sync::{mpsc, watch},
    time::{interval, sleep, timeout},
};
use tokio_postgres::{Client, Notification};

use super::{
    super::{
        DbError,
        notice::{Notice, Notices, Subscriber},
    },
    connect::Connector,
    error::Failure,
};

/// How long it is waited before the second try to connect; twice as long before each further one.
const FIRST_PAUSE: Duration = Duration::from_millis(50);

/// How long it is waited at most.
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// How often the server is asked whether it is there: one that has gone without a word is not noticed by listening.
const PING_EVERY: Duration = Duration::from_secs(10);

/// How long it has to answer.
const PING_LIMIT: Duration = Duration::from_secs(5);

/// Notifications that have arrived and wait to be told.
const MOST_ARRIVED: usize = 256;

/// Listens, from the first subscription on.
#[derive(Debug)]
pub(super) struct Listener {
    connector: Arc<Connector>,
    started: OnceLock<mpsc::UnboundedSender<Subscription>>,
    is_closed: watch::Sender<bool>,
}

/// Who wants to hear which channel.
struct Subscription {
    channel: String,
    subscriber: Subscriber,
}

impl Listener {
    /// One that opens its connections so.
    pub(super) fn new(connector: Arc<Connector>) -> Self {
        Self { connector, started: OnceLock::new(), is_closed: watch::Sender::new(false) }
    }

    /// What is said on a channel from now on.
    pub(super) fn subscribe(&self, channel: &str) -> Notices {
        let (subscriber, notices) = Notices::pair();
        let to_task = self.started.get_or_init(|| {
            let (sender, subscriptions) = mpsc::unbounded_channel();
            let task = Task { connector: Arc::clone(&self.connector), subscriptions, channels: HashMap::new() };
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
        self.tell_all(&Notice::Connected);
        let ended = self.hear(&client, &mut notifications).await;
        self.tell_all(&Notice::Disconnected);
        ended.map_err(|error| Heard { error, anything: true })
    }

    async fn hear(&mut self, client: &Client, notifications: &mut mpsc::Receiver<Notification>) -> Result<(), DbError> {
        let mut rhythm = interval(PING_EVERY);
        loop {
            tokio::select! {
                notification = notifications.recv() => match notification {
                    Some(notification) => self.tell(&notification),
                    None => return Err(DbError::Busy("the connection was lost".into())),
                },
                subscription = self.subscriptions.recv() => {
                    let Some(Subscription { channel, mut subscriber }) = subscription else { return Ok(()) };
                    listen_to(client, &channel).await?;
                    if subscriber.say(Notice::Connected) {
                        self.channels.entry(channel).or_default().push(subscriber);
                    }
                }
                _ = rhythm.tick() => {
                    let answer = timeout(PING_LIMIT, client.check_connection()).await;
                    answer.map_err(|_| DbError::Busy("the server does not answer".into()))?.map_err(|error| Failure::from(error).error)?;
                }
            }
        }
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

async fn listen_to(client: &Client, channel: &str) -> Result<(), DbError> {
    let name = channel.replace('"', "\"\"");
    client.batch_execute(&format!("LISTEN \"{name}\"")).await.map_err(|error| Failure::from(error).error)
}
