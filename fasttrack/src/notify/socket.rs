//! The conversation with one client: messages out, pings both ways, and the reasons to close.
//!
//! One task does it all, and never waits for a single thing: while the client does not read, the socket can still be closed
//! for any of the other reasons. Messages wait in the hub's queue meanwhile, not here.

use std::{borrow::Cow, future::pending, pin::Pin, sync::Arc, time::Duration};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use serde::Deserialize;
use tokio::time::{Instant, Sleep, sleep_until};

use super::{
    Messages, Subscription,
    feed::{Fed, Feed},
    subscription::Raised,
    wire::{Broken, Incoming, Line, Outgoing, Step, Wire},
};
use crate::{auth::Auth, clock, error::Error, principal::Caller};

/// The token does not let the client in, or no longer.
pub const UNAUTHENTICATED: u16 = 4001;
/// The client reads too slowly to keep up.
pub const TOO_SLOW: u16 = 4008;
/// The server stops (RFC 6455, section 7.4.1).
pub const GOING_AWAY: u16 = 1001;
/// The client does what it may not (the same).
pub const POLICY: u16 = 1008;
/// A message is too long (the same).
pub const TOO_LONG: u16 = 1009;

/// How often the server pings, and asks again whether the session still holds.
const PING_EVERY: Duration = Duration::from_secs(30);
/// How long a client may be silent.
const SILENCE_LIMIT: Duration = Duration::from_secs(75);
/// Pause after a question about the session that could not be answered.
const RECHECK_PAUSE: Duration = Duration::from_millis(250);
/// How long a goodbye is offered to a client that does not read: at least 5 s.
const OFFER: Duration = Duration::from_millis(5_500);
/// How long it is offered while the server stops, or after what cannot be read past.
const SHORT_OFFER: Duration = Duration::from_secs(1);

const PONG: &[u8] = br#"{"type":"pong"}"#;
const RESYNC: &[u8] = br#"{"type":"resync"}"#;

/// Whoever knows whether somebody may stay.
pub trait SessionCheck: Send + Sync {
    /// Whether a caller who was let in before still would be.
    fn recheck(self: Arc<Self>, caller: Caller) -> BoxFuture<'static, Result<Caller, Error>>;
}

impl SessionCheck for Auth {
    fn recheck(self: Arc<Self>, caller: Caller) -> BoxFuture<'static, Result<Caller, Error>> {
        Box::pin(async move { Self::recheck(&self, &caller).await })
    }
}

/// Who comes, and for what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connection {
    /// Who.
    pub caller: Caller,
    /// When the token expires, in microseconds since the Unix epoch.
    pub expires_at_us: i64,
    /// The number after which messages are wanted.
    pub after: i64,
    /// Whether that was the newest one, so that nothing was missed.
    pub is_newest: bool,
}

/// What a conversation stands on.
#[derive(Clone)]
pub struct Services {
    /// For what was missed.
    pub messages: Arc<dyn Messages>,
    /// For who may stay.
    pub sessions: Arc<dyn SessionCheck>,
}

/// Talks with a client until one of both ends it.
pub async fn converse(wire: impl Wire, subscription: Subscription, connection: Connection, services: Services) {
    let mut conversation = Conversation::begin(wire, subscription, connection, services);
    let ending = loop {
        conversation.fill();
        let event = conversation.event().await;
        if let Some(ending) = conversation.handle(event) {
            break ending;
        }
    };
    conversation.end(ending).await;
}

/// Closes a socket that was opened only to be told why not.
pub async fn refuse(wire: impl Wire, code: u16, reason: Cow<'static, str>) {
    Line::new(wire).close(code, reason, OFFER).await;
}

struct Conversation<W> {
    line: Line<W>,
    feed: Feed,
    subscription: Subscription,
    caller: Caller,
    sessions: Arc<dyn SessionCheck>,
    /// Whether the session held when it was last asked for; nothing is told while that is not known.
    is_trusted: bool,
    recheck: Option<BoxFuture<'static, Result<Caller, Error>>>,
    recheck_at: Option<Instant>,
    expires_at: Instant,
    expires_at_us: i64,
    heard_at: Instant,
    ping_at: Instant,
    timer: Pin<Box<Sleep>>,
    owes_ping: bool,
    owes_pong: bool,
}

enum Event {
    Called(Raised),
    Time,
    Verdict(Result<Caller, Error>),
    Fed(Fed),
    Line(Step),
}

/// How a conversation ends.
enum Ending {
    /// The client takes leave, and is waited for.
    Left,
    /// The connection is lost.
    Lost,
    /// The client is told why.
    Close(u16, Cow<'static, str>, Duration),
}

impl<W: Wire> Conversation<W> {
    fn begin(
        wire: W,
        subscription: Subscription,
        connection: Connection,
        Services { messages, sessions }: Services,
    ) -> Self {
        let now = Instant::now();
        let life_us = connection.expires_at_us.saturating_sub(clock::now_us());
        let mut conversation = Self {
            line: Line::new(wire),
            feed: Feed::new(messages, connection.after, connection.is_newest),
            subscription,
            caller: connection.caller,
            sessions,
            is_trusted: false,
            recheck: None,
            recheck_at: None,
            expires_at: now + Duration::from_micros(u64::try_from(life_us).unwrap_or(0)),
            expires_at_us: connection.expires_at_us,
            heard_at: now,
            ping_at: now + PING_EVERY,
            timer: Box::pin(sleep_until(now)),
            owes_ping: false,
            owes_pong: false,
        };
        // The session may have ended between the check of the token and the reservation of the subscription.
        conversation.ask_again();
        conversation
    }

    /// Puts on the line what is owed.
    fn fill(&mut self) {
        if !self.line.has_room() {
            return;
        }
        if std::mem::take(&mut self.owes_ping) {
            self.line.put(Outgoing::Ping);
        } else if std::mem::take(&mut self.owes_pong) {
            self.line.put(Outgoing::Text(Bytes::from_static(PONG)));
        }
    }

    async fn event(&mut self) -> Event {
        self.set_timer();
        let can_feed = self.is_trusted && self.line.has_room();
        let Self { line, feed, subscription, recheck, timer, .. } = self;
        let verdict = async {
            match recheck {
                Some(recheck) => recheck.await,
                None => pending().await,
            }
        };
        tokio::select! {
            biased;
            raised = subscription.signals().raised() => Event::Called(raised),
            () = timer => Event::Time,
            verdict = verdict => Event::Verdict(verdict),
            fed = feed.next(subscription), if can_feed => Event::Fed(fed),
            step = line.step() => Event::Line(step),
        }
    }

    fn handle(&mut self, event: Event) -> Option<Ending> {
        match event {
            Event::Called(raised) => return self.called(raised),
            Event::Time => return self.look_at_the_clock(),
            Event::Verdict(verdict) => return self.judge(verdict),
            Event::Fed(Fed::Message(message)) => {
                self.line.put(Outgoing::Text(message));
                self.subscription.hub().count_delivered();
            }
            Event::Fed(Fed::Gap) => self.line.put(Outgoing::Text(Bytes::from_static(RESYNC))),
            Event::Fed(Fed::Cut) => return Some(too_slow()),
            Event::Line(Step::Sent) => {}
            Event::Line(Step::Received(frame)) => return self.hear(&frame),
            Event::Line(Step::Ended(broken)) => return Some(ended(broken)),
        }
        None
    }

    async fn end(mut self, ending: Ending) {
        // Its messages wait for nobody any more, and nothing that is not polled may keep its place at the database.
        self.subscription.leave();
        self.feed.stop();
        self.recheck = None;
        match ending {
            Ending::Lost => {}
            Ending::Left => self.line.linger(SHORT_OFFER).await,
            Ending::Close(code, reason, limit) => {
                if code == TOO_SLOW {
                    self.subscription.hub().count_too_slow();
                }
                tracing::debug!(account = self.caller.id, code, %reason, "a socket is closed");
                self.line.close(code, reason, limit).await;
            }
        }
    }

    fn called(&mut self, raised: Raised) -> Option<Ending> {
        if raised.has(Raised::STOP) {
            return Some(Ending::Close(GOING_AWAY, "the server is stopping; connect again".into(), SHORT_OFFER));
        }
        if raised.has(Raised::RECHECK) {
            if clock::now_us() >= self.expires_at_us {
                return Some(expired());
            }
            self.is_trusted = false;
            self.ask_again();
        }
        raised.has(Raised::SLOW).then(too_slow)
    }

    fn look_at_the_clock(&mut self) -> Option<Ending> {
        let now = Instant::now();
        // The clock on the wall may have been set, or the machine asleep.
        if now >= self.expires_at || clock::now_us() >= self.expires_at_us {
            return Some(expired());
        }
        if now >= self.heard_at + SILENCE_LIMIT {
            return Some(Ending::Close(POLICY, "nothing was heard from the client for 75 s".into(), SHORT_OFFER));
        }
        if now >= self.ping_at {
            self.ping_at = now + PING_EVERY;
            self.owes_ping = true;
            self.ask_again();
        } else if self.recheck_at.is_some_and(|at| now >= at) {
            self.ask_again();
        }
        None
    }

    fn judge(&mut self, verdict: Result<Caller, Error>) -> Option<Ending> {
        self.recheck = None;
        match verdict {
            Ok(caller) => {
                self.caller = caller;
                self.is_trusted = true;
            }
            Err(Error::Unauthenticated(reason)) => return Some(Ending::Close(UNAUTHENTICATED, reason, OFFER)),
            Err(error) => {
                tracing::debug!(%error, account = self.caller.id, "whether a session still holds is not known");
                self.recheck_at = Some(Instant::now() + RECHECK_PAUSE);
            }
        }
        None
    }

    fn hear(&mut self, frame: &Incoming) -> Option<Ending> {
        self.heard_at = Instant::now();
        match frame {
            Incoming::Close => return Some(Ending::Left),
            Incoming::Text(text) => self.owes_pong |= is_ping(text),
            Incoming::Alive => {}
        }
        None
    }

    /// Asks whether the session still holds. A question that is under way is asked anew: the answer may be an old one.
    fn ask_again(&mut self) {
        self.recheck_at = None;
        self.recheck = Some(Arc::clone(&self.sessions).recheck(self.caller.clone()));
    }

    /// The timer may ring early, never late: most frames move a deadline away, and are not worth a new timer.
    fn set_timer(&mut self) {
        let deadlines = [self.expires_at, self.ping_at, self.heard_at + SILENCE_LIMIT];
        let next = deadlines.into_iter().chain(self.recheck_at).min().unwrap_or(self.ping_at);
        if self.timer.is_elapsed() || next < self.timer.deadline() {
            self.timer.as_mut().reset(next);
        }
    }
}

fn expired() -> Ending {
    Ending::Close(UNAUTHENTICATED, "the access token has expired".into(), OFFER)
}

fn too_slow() -> Ending {
    Ending::Close(TOO_SLOW, "too many messages wait; connect again with since".into(), OFFER)
}

fn ended(broken: Broken) -> Ending {
    match broken {
        Broken::TooLong => Ending::Close(TOO_LONG, "a message may have 4096 bytes at most".into(), SHORT_OFFER),
        Broken::Malformed(code) => Ending::Close(code, "this is no WebSocket protocol".into(), SHORT_OFFER),
        Broken::Gone => Ending::Lost,
    }
}

/// Whether a message is `{"type":"ping"}`; members beside it do not matter.
fn is_ping(text: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct Message<'a> {
        #[serde(borrow)]
        r#type: Cow<'a, str>,
    }
    serde_json::from_slice::<Message<'_>>(text).is_ok_and(|message| message.r#type == "ping")
}
