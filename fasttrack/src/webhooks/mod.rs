//! Webhooks: what happens is posted to receivers that administrators register, signed as Standard Webhooks says.
//!
//! What is to be posted is written in the transaction of its change, one delivery for each receiver that listens to the
//! event (`pipeline/outbox.rs`), and nothing here can lose it. [`Webhooks::run`] posts to each receiver what is due, one
//! after the other; no receiver waits for another. Whether anybody listens to an event is remembered here, so that a change
//! costs nothing where nobody does; while it is not known the statement that writes finds out.

mod address;
mod attempt;
mod listened;
mod outcome;
mod registry;
mod signature;
mod worker;

use std::{
    collections::BTreeSet,
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use futures_util::FutureExt;
use tokio::sync::Notify;

use self::listened::Listened;
pub(crate) use self::registry::SEALED_FOR;
pub use self::{
    address::MAX_URL_BYTES,
    registry::{Draft, MAX_WEBHOOKS, Patch, Registered},
};
use crate::{
    auth::{Changed, Keys},
    clock,
    db::{Db, DbError},
    error::Error,
    outgoing::{HttpClient, Options, Reach},
    pipeline,
    schema::{Catalog, Effect},
    sql,
};

/// How long a receiver may take: to be connected to, altogether, and to go on with an answer.
const CONNECT: Duration = Duration::from_secs(5);
const TOTAL: Duration = Duration::from_secs(15);

/// How long a delivery is kept, in microseconds: 30 days.
const KEPT_US: i64 = 30 * 24 * 60 * 60 * clock::SECOND_US;

/// Deliveries that are deleted in one unit of the writer.
const STEP: u16 = 500;

/// The receivers of an application, and what is posted to them. A clone is the same.
#[derive(Clone)]
pub struct Webhooks {
    shared: Arc<Shared>,
}

struct Shared {
    db: Db,
    keys: Keys,
    client: HttpClient,
    allows_private: bool,
    offer: Offer,
    listened: Listened,
    wake: Notify,
    /// What this process is called among those that post.
    node: i64,
    posted: AtomicU64,
    failed: AtomicU64,
}

/// What an application has of webhooks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// The events that can be listened to.
    pub events: BTreeSet<&'static str>,
    /// The roles that may register receivers.
    pub roles: Vec<&'static str>,
    /// The resource that is the account.
    account: &'static str,
}

/// How the webhooks are doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Figures {
    /// Deliveries that are still to be taken.
    pub pending: i64,
    /// Receivers that are sent nothing.
    pub disabled: i64,
    /// Attempts since the start, one way or the other.
    pub posted: u64,
    /// Attempts since the start that failed.
    pub failed: u64,
}

impl Offer {
    /// What an application offers; nothing, where no event is declared, or no role may manage accounts.
    #[must_use]
    pub fn of(catalog: &Catalog) -> Option<Self> {
        let account = catalog.account()?;
        let triggers = catalog.models().iter().flat_map(|model| model.schema.triggers);
        let events: BTreeSet<_> = triggers
            .filter_map(|trigger| if let Effect::Event { name, .. } = trigger.effect { Some(name) } else { None })
            .collect();
        let roles = pipeline::managers(catalog, account).unwrap_or_default();
        let offer = Self { events, roles, account: account.schema.name };
        (!offer.events.is_empty() && !offer.roles.is_empty()).then_some(offer)
    }

    /// Who may register receivers, in the words of rules.
    #[must_use]
    pub fn who(&self) -> String {
        self.roles.iter().map(|role| format!("role {role}")).collect::<Vec<_>>().join(" or ")
    }
}

impl Webhooks {
    /// Those of an application. Nothing is posted before [`Self::run`].
    #[must_use]
    pub fn new(catalog: &Catalog, db: Db, keys: Keys, allows_private: bool) -> Self {
        let reach = if allows_private { Reach::Any } else { Reach::Public };
        let client = HttpClient::new(Options { reach, connect: CONNECT, total: TOTAL, silence: TOTAL });
        let nothing = || Offer { events: BTreeSet::new(), roles: Vec::new(), account: "" };
        let mut node = [0; 8];
        // Without randomness two nodes might be taken for one, and post the same twice.
        if let Err(error) = getrandom::fill(&mut node) {
            tracing::warn!(%error, "no randomness to tell nodes apart by that post webhooks");
        }
        let shared = Shared {
            db,
            keys,
            client,
            allows_private,
            offer: Offer::of(catalog).unwrap_or_else(nothing),
            listened: Listened::default(),
            wake: Notify::new(),
            node: i64::from_be_bytes(node),
            posted: AtomicU64::new(0),
            failed: AtomicU64::new(0),
        };
        Self { shared: Arc::new(shared) }
    }

    /// What it has.
    #[must_use]
    pub fn offer(&self) -> &Offer {
        &self.shared.offer
    }

    /// Whether anybody may listen to this event. Never waits.
    #[must_use]
    pub fn may_be_listened_to(&self, event: &str) -> bool {
        self.shared.listened.may(event)
    }

    /// There is something to be posted. Never waits.
    pub fn wake(&self) {
        self.shared.wake.notify_one();
    }

    /// Hears what others have changed.
    pub fn changed(&self, changed: Changed) {
        match changed {
            Changed::Account(_) => return,
            Changed::Webhooks => self.shared.listened.forget(),
            Changed::Unknown => return self.shared.listened.distrust(),
            Changed::Anything => self.shared.listened.begin_anew(),
        }
        self.wake();
    }

    /// How they are doing.
    ///
    /// # Errors
    /// [`DbError`] when the database cannot say.
    pub async fn figures(&self) -> Result<Figures, DbError> {
        let rows = self.shared.db.read(sql::count_deliveries()).await?;
        let number = |place| rows.first().and_then(|row| row.int(place)).unwrap_or_default();
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let (posted, failed) = (count(&self.shared.posted), count(&self.shared.failed));
        Ok(Figures { pending: number(0), disabled: number(1), posted, failed })
    }

    /// Deletes what was sent so long ago that it is kept no more.
    ///
    /// # Errors
    /// What the database says.
    pub async fn forget_old(&self) -> Result<(), Error> {
        let before = clock::format_us(clock::now_us().saturating_sub(KEPT_US));
        loop {
            let prune = sql::prune_deliveries(self.shared.db.dialect(), before.clone(), STEP);
            let gone = self.shared.db.write(move |tx| async move { Ok(tx.query(prune).await?.len()) }.boxed()).await?;
            if gone < usize::from(STEP) {
                return Ok(());
            }
            tokio::task::yield_now().await;
        }
    }
}

impl fmt::Debug for Webhooks {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Webhooks").field("offer", &self.shared.offer).finish_non_exhaustive()
    }
}
