//! Conversations over a wire that is none, in time that is none.

mod catching_up;
mod conversation;

use std::{
    collections::VecDeque,
    pin::Pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll, Waker},
    time::Duration,
};

use bytes::Bytes;
use futures_util::{Sink, Stream, future::BoxFuture};
use tokio::{task::JoinHandle, time::Instant};

use super::{
    Hub, Limits, Messages, Page,
    outbox::Delivery,
    socket::{self, Connection, Services, SessionCheck},
    wire::{Broken, Incoming, Outgoing},
};
use crate::{clock, error::Error, outbox::OutboxListener, principal::Caller};

const ACCOUNT: i64 = 7;

/// The client's end of a wire.
#[derive(Clone, Default)]
struct Client(Arc<Mutex<Ends>>);

#[derive(Default)]
struct Ends {
    to_server: VecDeque<Result<Incoming, Broken>>,
    /// What came, and when.
    from_server: Vec<(Instant, Outgoing)>,
    is_gone: bool,
    /// Whether the client reads nothing.
    is_stalled: bool,
    /// Whether the server has hung up.
    was_dropped: bool,
    wakers: Vec<Waker>,
}

/// The server's end.
struct Wire(Client);

impl Client {
    fn with<T>(&self, act: impl FnOnce(&mut Ends) -> T) -> T {
        let mut ends = self.0.lock().unwrap();
        let outcome = act(&mut ends);
        let wakers = std::mem::take(&mut ends.wakers);
        drop(ends);
        wakers.into_iter().for_each(Waker::wake);
        outcome
    }

    fn send(&self, frame: Result<Incoming, Broken>) {
        self.with(|ends| ends.to_server.push_back(frame));
    }

    fn say(&self, text: &'static str) {
        self.send(Ok(Incoming::Text(Bytes::from_static(text.as_bytes()))));
    }

    fn hang_up(&self) {
        self.with(|ends| ends.is_gone = true);
    }

    fn stall(&self, is_stalled: bool) {
        self.with(|ends| ends.is_stalled = is_stalled);
    }

    /// Takes what has come.
    fn heard(&self) -> Vec<(Instant, Outgoing)> {
        self.with(|ends| std::mem::take(&mut ends.from_server))
    }

    /// The same, as text.
    fn texts(&self) -> Vec<String> {
        let frames = self.heard().into_iter().map(|(_, frame)| frame);
        frames
            .map(|frame| match frame {
                Outgoing::Text(text) => String::from_utf8(text.to_vec()).unwrap(),
                Outgoing::Ping => "ping frame".to_owned(),
                Outgoing::Close { code, .. } => format!("close {code}"),
            })
            .collect()
    }

    fn was_dropped(&self) -> bool {
        self.with(|ends| ends.was_dropped)
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.0.with(|ends| ends.was_dropped = true);
    }
}

impl Stream for Wire {
    type Item = Result<Incoming, Broken>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let mut ends = self.0.0.lock().unwrap();
        match ends.to_server.pop_front() {
            Some(frame) => Poll::Ready(Some(frame)),
            None if ends.is_gone => Poll::Ready(None),
            None => {
                ends.wakers.push(cx.waker().clone());
                Poll::Pending
            }
        }
    }
}

impl Sink<Outgoing> for Wire {
    type Error = Broken;

    fn poll_ready(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Broken>> {
        let mut ends = self.0.0.lock().unwrap();
        if ends.is_stalled {
            ends.wakers.push(cx.waker().clone());
            return Poll::Pending;
        }
        Poll::Ready(Ok(()))
    }

    fn start_send(self: Pin<&mut Self>, frame: Outgoing) -> Result<(), Broken> {
        self.0.0.lock().unwrap().from_server.push((Instant::now(), frame));
        Ok(())
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Broken>> {
        self.poll_ready(cx)
    }

    fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Broken>> {
        self.poll_ready(cx)
    }
}

/// An outbox of one account, in memory; message 3 is `{"id":3}`.
#[derive(Default)]
struct Told(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    last: i64,
    pruned: i64,
    withheld: Vec<i64>,
    failures: usize,
}

fn text(number: i64) -> String {
    format!("{{\"id\":{number}}}")
}

impl Told {
    fn read(&self, after: i64, most: usize) -> Page {
        let kept = self.0.lock().unwrap();
        let numbers = (after.max(kept.pruned) + 1..=kept.last).filter(|number| !kept.withheld.contains(number));
        let messages: Vec<_> = numbers.take(most).map(|number| (number, Bytes::from(text(number)))).collect();
        Page { last: kept.last, pruned: kept.pruned, is_full: messages.len() >= most, messages }
    }
}

impl Messages for Told {
    fn after(&self, _: i64, number: i64, limit: u16) -> BoxFuture<'static, Result<Page, Error>> {
        let is_away = {
            let mut kept = self.0.lock().unwrap();
            let is_away = kept.failures > 0;
            kept.failures = kept.failures.saturating_sub(1);
            is_away
        };
        if is_away {
            return Box::pin(async { Err(Error::Unavailable("away".into())) });
        }
        Box::pin(std::future::ready(Ok(self.read(number, usize::from(limit)))))
    }
}

/// Says what it was told to say of the session.
#[derive(Default)]
struct Door {
    verdicts: Mutex<VecDeque<Error>>,
    asked: AtomicU64,
}

impl SessionCheck for Door {
    fn recheck(self: Arc<Self>, caller: Caller) -> BoxFuture<'static, Result<Caller, Error>> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        let verdict = self.verdicts.lock().unwrap().pop_front().map_or(Ok(caller), Err);
        Box::pin(std::future::ready(verdict))
    }
}

/// A hub, its outbox, and who guards it.
struct House {
    hub: Arc<Hub>,
    told: Arc<Told>,
    sessions: Arc<Door>,
}

impl House {
    fn new() -> Self {
        let hub = Arc::new(Hub::new(Limits { per_account: 8, in_total: 12 }));
        Self { hub, told: Arc::default(), sessions: Arc::default() }
    }

    /// A client that connects with these messages seen, and a token of so long a life.
    fn connect(&self, since: Option<i64>, life: Duration) -> (Client, JoinHandle<()>) {
        let last = self.told.0.lock().unwrap().last;
        let after = since.map_or(last, |since| since.min(last));
        let caller = Caller { id: ACCOUNT, role: "user", session: 1, reads_only: false };
        let expires_at_us = clock::now_us() + i64::try_from(life.as_micros()).unwrap();
        let connection = Connection { caller, expires_at_us, after, is_newest: after == last };
        let services = Services { messages: Arc::clone(&self.told) as _, sessions: Arc::clone(&self.sessions) as _ };
        let client = Client::default();
        let subscription = self.hub.reserve(ACCOUNT).unwrap();
        let task = tokio::spawn(socket::converse(Wire(client.clone()), subscription, connection, services));
        (client, task)
    }

    /// A client that stays.
    async fn guest(&self, since: Option<i64>) -> (Client, JoinHandle<()>) {
        let guest = self.connect(since, Duration::from_hours(24));
        settle().await;
        guest
    }

    /// Commits so many messages, and rings for them.
    fn tell(&self, count: i64) {
        self.told.0.lock().unwrap().last += count;
        self.hub.messages_written(vec![ACCOUNT]);
    }

    /// What the dispatcher does when it is marked for.
    fn dispatch(&self) {
        loop {
            let seen = self.hub.take_pending(100);
            if seen.is_empty() {
                return;
            }
            for (account, after) in seen {
                let page = self.told.read(after, usize::MAX);
                let delivery = Delivery { account, after, up_to: page.last, has_more: false, messages: page.messages };
                self.hub.deliver(&delivery);
            }
        }
    }
}

/// Lets everybody do what there is to do now.
async fn settle() {
    for _ in 0..2_000 {
        tokio::task::yield_now().await;
    }
}

/// Lets time pass, in steps short enough that every timer rings when it is due.
async fn pass(time: Duration) {
    let end = Instant::now() + time;
    while Instant::now() < end {
        tokio::time::sleep((end - Instant::now()).min(Duration::from_millis(100))).await;
        settle().await;
    }
}
