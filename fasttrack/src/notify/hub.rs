//! The sockets of this server, by account, and how far each account has been told.
//!
//! An account has a position: the number up to which its sockets have been handed everything that it may see. It moves only
//! with what was read from the outbox after it, so that a failure loses nothing. An account without sockets costs nothing.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use tokio::{
    sync::{Notify, mpsc},
    time::{Instant, timeout},
};

use super::{
    Subscription,
    outbox::Delivery,
    subscription::{Raised, Signals},
};
use crate::outbox::OutboxListener;

/// Messages that may wait for one socket.
pub(super) const QUEUE: usize = 512;

/// How many sockets there may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Of one account.
    pub per_account: usize,
    /// Of all together.
    pub in_total: usize,
}

/// Why there is no place for a further socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// The account has as many as it may have.
    AccountFull,
    /// The server has as many as it can have.
    ServerFull,
    /// The server is stopping.
    Stopping,
}

/// The sockets of this server.
#[derive(Debug)]
pub struct Hub {
    limits: Limits,
    state: Mutex<State>,
    /// Accounts are pending.
    pending_added: Notify,
    /// The last socket has gone.
    emptied: Notify,
    delivered: AtomicU64,
    too_slow: AtomicU64,
}

#[derive(Debug, Default)]
struct State {
    accounts: HashMap<i64, Subscribers>,
    /// Connected accounts that may have new messages, and since when.
    pending: BTreeMap<i64, Instant>,
    /// Since when the longest of those that are being read for has waited.
    in_hand: Option<Instant>,
    open: usize,
    next_id: u64,
    stopping: bool,
}

/// The sockets of one account.
#[derive(Debug, Default)]
struct Subscribers {
    /// Means something while any of them is live.
    position: i64,
    all: Vec<Subscriber>,
}

#[derive(Debug)]
struct Subscriber {
    id: u64,
    signals: Arc<Signals>,
    /// None while the socket catches up by itself.
    live: Option<Live>,
}

#[derive(Debug)]
struct Live {
    after: i64,
    queue: mpsc::Sender<Bytes>,
}

impl Hub {
    /// A hub without sockets.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            state: Mutex::default(),
            pending_added: Notify::new(),
            emptied: Notify::new(),
            delivered: AtomicU64::new(0),
            too_slow: AtomicU64::new(0),
        }
    }

    /// A place for a socket of this account.
    ///
    /// # Errors
    /// [`Refused`] when there is none.
    pub fn reserve(self: &Arc<Self>, account: i64) -> Result<Subscription, Refused> {
        let mut state = self.state();
        if state.stopping {
            return Err(Refused::Stopping);
        }
        if state.accounts.get(&account).is_some_and(|subscribers| subscribers.all.len() >= self.limits.per_account) {
            return Err(Refused::AccountFull);
        }
        if state.open >= self.limits.in_total {
            return Err(Refused::ServerFull);
        }
        let (id, signals) = (state.next_id, Arc::new(Signals::default()));
        state.next_id += 1;
        state.open += 1;
        let subscriber = Subscriber { id, signals: Arc::clone(&signals), live: None };
        state.accounts.entry(account).or_default().all.push(subscriber);
        drop(state);
        Ok(Subscription::new(Arc::clone(self), account, id, signals))
    }

    /// Has the sockets of an account look again whether they may stay.
    pub fn recheck(&self, account: i64) {
        if let Some(subscribers) = self.state().accounts.get(&account) {
            subscribers.raise(Raised::RECHECK);
        }
    }

    /// Has all sockets look again whether they may stay.
    pub fn recheck_all(&self) {
        self.state().accounts.values().for_each(|subscribers| subscribers.raise(Raised::RECHECK));
    }

    /// Closes every socket, and takes no more.
    pub fn stop(&self) {
        let mut state = self.state();
        state.stopping = true;
        state.accounts.values().for_each(|subscribers| subscribers.raise(Raised::STOP));
    }

    /// Waits until there is no socket any more, for at most `limit`.
    pub async fn emptied(&self, limit: Duration) {
        let empty = async {
            while self.open() > 0 {
                self.emptied.notified().await;
            }
        };
        if timeout(limit, empty).await.is_err() {
            tracing::warn!(sockets = self.open(), "sockets did not close in time");
        }
    }

    /// Sockets that are open.
    #[must_use]
    pub fn open(&self) -> usize {
        self.state().open
    }

    /// Messages that were handed to sockets so far.
    #[must_use]
    pub fn delivered(&self) -> u64 {
        self.delivered.load(Ordering::Relaxed)
    }

    /// Sockets that were closed because they read too slowly, so far.
    #[must_use]
    pub fn too_slow(&self) -> u64 {
        self.too_slow.load(Ordering::Relaxed)
    }

    /// How long the account has waited that has waited longest for its messages to be read; zero when none waits.
    #[must_use]
    pub fn lag(&self) -> Duration {
        let state = self.state();
        state.pending.values().copied().chain(state.in_hand).min().map_or(Duration::ZERO, |since| since.elapsed())
    }

    pub(super) fn count_delivered(&self) {
        self.delivered.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn count_too_slow(&self) {
        self.too_slow.fetch_add(1, Ordering::Relaxed);
    }

    /// Waits until accounts are pending.
    pub(super) async fn pending_added(&self) {
        self.pending_added.notified().await;
    }

    /// Takes some pending accounts, each with its position. Those that were taken before have been served, or put back.
    pub(super) fn take_pending(&self, most: usize) -> Vec<(i64, i64)> {
        let mut state = self.state();
        let mut taken = Vec::new();
        state.in_hand = None;
        while taken.len() < most
            && let Some((account, since)) = state.pending.pop_first()
        {
            state.in_hand = Some(state.in_hand.map_or(since, |oldest| oldest.min(since)));
            let subscribers = state.accounts.get(&account).filter(|subscribers| subscribers.is_live());
            taken.extend(subscribers.map(|subscribers| (account, subscribers.position)));
        }
        taken
    }

    /// Notes that accounts may have new messages, if they have sockets.
    pub(super) fn mark_pending(&self, accounts: impl IntoIterator<Item = i64>) {
        self.note(&mut self.state(), accounts, Instant::now());
    }

    /// Notes that any account may have new messages, if it has sockets.
    pub(super) fn mark_all_pending(&self) {
        let mut state = self.state();
        let all: Vec<_> = state.accounts.keys().copied().collect();
        self.note(&mut state, all, Instant::now());
    }

    /// Puts back accounts that were taken, and could not be read for: they have waited since they were marked.
    pub(super) fn put_back(&self, accounts: impl IntoIterator<Item = i64>) {
        let mut state = self.state();
        let since = state.in_hand.take().unwrap_or_else(Instant::now);
        self.note(&mut state, accounts, since);
    }

    fn note(&self, state: &mut State, told: impl IntoIterator<Item = i64>, since: Instant) {
        let State { accounts, pending, .. } = state;
        let before = pending.len();
        for account in told {
            if accounts.get(&account).is_some_and(Subscribers::is_live) {
                let noted = pending.entry(account).or_insert(since);
                *noted = since.min(*noted);
            }
        }
        if pending.len() > before {
            self.pending_added.notify_one();
        }
    }

    /// Hands messages to the sockets of their account.
    pub(super) fn deliver(&self, delivery: &Delivery) {
        let mut state = self.state();
        let State { accounts, pending, .. } = &mut *state;
        let Some(subscribers) = accounts.get_mut(&delivery.account).filter(|subscribers| subscribers.is_live()) else {
            return;
        };
        // The sockets that were asked for have gone, and one has come that has seen less: it is for that one to ask anew.
        if subscribers.position < delivery.after || delivery.has_more {
            pending.entry(delivery.account).or_insert_with(Instant::now);
            self.pending_added.notify_one();
        }
        if subscribers.position >= delivery.after {
            for (number, message) in &delivery.messages {
                subscribers.push(*number, message);
            }
            subscribers.position = subscribers.position.max(delivery.up_to);
        }
    }

    pub(super) fn join(&self, account: i64, id: u64, after: i64) -> Option<mpsc::Receiver<Bytes>> {
        let mut state = self.state();
        let subscribers = state.accounts.get_mut(&account)?;
        if !subscribers.is_live() {
            subscribers.position = after;
        } else if subscribers.position > after {
            return None;
        }
        let (queue, receiver) = mpsc::channel(QUEUE);
        subscribers.subscriber(id)?.live = Some(Live { after, queue });
        // For what was committed since the socket last looked, and was not told to anybody.
        state.pending.entry(account).or_insert_with(Instant::now);
        drop(state);
        self.pending_added.notify_one();
        Some(receiver)
    }

    pub(super) fn leave(&self, account: i64, id: u64) {
        if let Some(subscriber) =
            self.state().accounts.get_mut(&account).and_then(|subscribers| subscribers.subscriber(id))
        {
            subscriber.live = None;
        }
    }

    pub(super) fn free(&self, account: i64, id: u64) {
        let mut state = self.state();
        if let Some(subscribers) = state.accounts.get_mut(&account) {
            subscribers.all.retain(|subscriber| subscriber.id != id);
            if subscribers.all.is_empty() {
                state.accounts.remove(&account);
            }
            state.open -= 1;
        }
        if state.open == 0 {
            self.emptied.notify_one();
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl OutboxListener for Hub {
    fn messages_written(&self, accounts: Vec<i64>) {
        self.mark_pending(accounts);
    }

    fn jobs_written(&self) {}
}

impl Subscribers {
    fn is_live(&self) -> bool {
        self.all.iter().any(|subscriber| subscriber.live.is_some())
    }

    fn subscriber(&mut self, id: u64) -> Option<&mut Subscriber> {
        self.all.iter_mut().find(|subscriber| subscriber.id == id)
    }

    fn raise(&self, what: Raised) {
        self.all.iter().for_each(|subscriber| subscriber.signals.raise(what));
    }

    /// Nobody waits for a socket whose queue is full: it is cut off, and reads on from the outbox when it comes back.
    fn push(&mut self, number: i64, message: &Bytes) {
        if number <= self.position {
            return;
        }
        for subscriber in &mut self.all {
            let Some(live) = subscriber.live.as_ref().filter(|live| number > live.after) else { continue };
            if live.queue.try_send(message.clone()).is_err() {
                subscriber.live = None;
                subscriber.signals.raise(Raised::SLOW);
            }
        }
    }
}
