//! Receivers, as administrators see them: registered, changed, deleted, and what each was sent.

use std::collections::BTreeSet;

use futures_util::FutureExt;

use super::{STEP, Webhooks, address, signature};
use crate::{
    clock::{self, SECOND_US},
    db::{Reads, Statement},
    error::{Error, Fault},
    principal::Caller,
    query::{FoundById, PageById},
    sql::{self, Lock, NewWebhook, WebhookChange},
};

/// Most receivers of an application: as many are called at a time.
pub const MAX_WEBHOOKS: i64 = 50;

/// What a secret is sealed for.
pub(crate) const SEALED_FOR: &[u8] = b"webhook";

/// For how long signatures are made with an older secret as well, in microseconds.
const ROTATION_US: i64 = 24 * 60 * 60 * SECOND_US;

/// What a receiver is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// Where it is.
    pub url: String,
    /// What it listens to.
    pub events: Vec<String>,
}

/// What is to be other of one.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Patch {
    /// Where it is.
    pub url: Option<String>,
    /// What it listens to.
    pub events: Option<Vec<String>>,
    /// Whether it is sent anything.
    pub active: Option<bool>,
    /// Whether it gets another secret.
    pub rotates_secret: bool,
}

/// A receiver, with its secret where that is new.
#[derive(Debug)]
pub struct Registered {
    /// What a list shows of it, as JSON.
    pub json: Vec<u8>,
    /// The secret, which nobody is told again.
    pub secret: Option<String>,
}

impl Webhooks {
    /// Lets those on who may see and change receivers.
    ///
    /// # Errors
    /// [`Error::Forbidden`] for the others.
    pub fn check_may(&self, caller: &Caller) -> Result<(), Error> {
        let offer = &self.shared.offer;
        if offer.roles.contains(&caller.role) {
            return Ok(());
        }
        Err(Error::Forbidden(format!("webhooks are for {}", offer.who()).into()))
    }

    /// Registers a receiver.
    ///
    /// # Errors
    /// [`Error::Invalid`]; [`Error::Conflict`] when there are too many; [`Error::Unavailable`] when the database is busy.
    pub async fn register(&self, caller: &Caller, draft: Draft) -> Result<Registered, Error> {
        let Draft { url, events } = draft;
        self.check(Some(&url), Some(&events))?;
        let secret = signature::new_secret()?;
        let sealed = self.shared.keys.seal(SEALED_FOR, &secret)?;
        let new = NewWebhook { account: caller.id, url, events: json(&events), secret: sealed, now: clock::now() };
        let add = sql::add_webhook(self.shared.db.dialect(), new, MAX_WEBHOOKS);
        let adding = self.shared.db.write(move |tx| {
            async move {
                if let Some(lock) = Lock::Receivers.take(tx.dialect()) {
                    tx.query(lock).await?;
                }
                Ok(tx.query(add).await?)
            }
            .boxed()
        });
        let made = adding.await?;
        let full = || Error::Conflict(format!("there are {MAX_WEBHOOKS} receivers already; delete one first").into());
        let json = made.into_iter().next().and_then(|mut row| row.take_bytes(1)).ok_or_else(full)?;
        Ok(Registered { json, secret: Some(signature::told(&secret)) })
    }

    /// A receiver.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is none of this number.
    pub async fn find(&self, id: i64) -> Result<Vec<u8>, Error> {
        let mut rows = self.shared.db.read(sql::find_webhook(self.shared.db.dialect(), id)).await?;
        rows.first_mut().and_then(|row| row.take_bytes(0)).ok_or_else(|| none(id))
    }

    /// One page of the receivers, from there.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the database is busy.
    pub async fn list_in(&self, reads: Option<Reads<'_>>, page: &PageById) -> Result<FoundById, Error> {
        self.listing(reads, sql::webhooks(self.shared.db.dialect(), page), page).await
    }

    /// One page of what a receiver was sent, from there.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is no such receiver; [`Error::Unavailable`] when the database is busy.
    pub async fn deliveries_in(&self, reads: Option<Reads<'_>>, id: i64, page: &PageById) -> Result<FoundById, Error> {
        self.find(id).await?;
        self.listing(reads, sql::deliveries(self.shared.db.dialect(), id, page), page).await
    }

    async fn listing(
        &self,
        reads: Option<Reads<'_>>,
        statement: Statement,
        page: &PageById,
    ) -> Result<FoundById, Error> {
        Ok(page.found(reads.unwrap_or(Reads::Now(&self.shared.db)).read(statement).await?))
    }

    /// Changes a receiver.
    ///
    /// # Errors
    /// [`Error::Invalid`]; [`Error::NotFound`]; [`Error::Unavailable`] when the database is busy.
    pub async fn change(&self, id: i64, patch: Patch) -> Result<Registered, Error> {
        if patch == Patch::default() {
            return Ok(Registered { json: self.find(id).await?, secret: None });
        }
        let Patch { url, events, active, rotates_secret } = patch;
        self.check(url.as_deref(), events.as_deref())?;
        let (now_us, mut change) = (clock::now_us(), WebhookChange { url, active, ..WebhookChange::default() });
        change.events = events.as_deref().map(json);
        let mut told = None;
        if rotates_secret {
            let secret = signature::new_secret()?;
            let until = clock::format_us(now_us.saturating_add(ROTATION_US));
            change.secret = Some((self.shared.keys.seal(SEALED_FOR, &secret)?, until));
            told = Some(signature::told(&secret));
        }
        let now = clock::format_us(now_us);
        let hasten = (active == Some(true)).then(|| sql::hasten_delivery(id, now.clone()));
        let change = sql::change_webhook(self.shared.db.dialect(), id, change, now);
        let changed = self.shared.db.write(move |tx| {
            async move {
                let changed = tx.query(change).await?;
                if let Some(hasten) = hasten {
                    tx.query(hasten).await?;
                }
                Ok(changed)
            }
            .boxed()
        });
        let json = changed.await?.first_mut().and_then(|row| row.take_bytes(0)).ok_or_else(|| none(id))?;
        self.wake();
        Ok(Registered { json, secret: told })
    }

    /// Deletes a receiver, and what it was sent. It hears of nothing from the beginning on; what is deleted is deleted in
    /// parts, since it may be much.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Unavailable`] when the database is busy.
    pub async fn delete(&self, id: i64) -> Result<(), Error> {
        let run = async |statement: Statement| {
            self.shared.db.write(move |tx| async move { Ok(tx.query(statement).await?.len()) }.boxed()).await
        };
        if run(sql::silence_webhook(id)).await? == 0 {
            return Err(none(id));
        }
        while run(sql::drop_deliveries(id, STEP)).await? == usize::from(STEP) {
            tokio::task::yield_now().await;
        }
        // Somebody else may have been quicker.
        run(sql::end_webhook(id)).await.map(drop)
    }

    /// Has a delivery made once more, or sooner, whatever became of it.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Conflict`] while the receiver is disabled; [`Error::Unavailable`] when the database is
    /// busy.
    pub async fn retry(&self, id: i64, number: i64) -> Result<(), Error> {
        let retry = sql::retry_delivery(id, number, clock::now());
        let retried = self.shared.db.write(move |tx| {
            async move {
                let retried = tx.query(retry).await?;
                match retried.first().and_then(|row| row.int(0)) {
                    Some(0) => Err(Error::Conflict("the receiver is disabled; send `active: true` to it first".into())),
                    found => Ok(found.is_some()),
                }
            }
            .boxed()
        });
        if retried.await? {
            self.wake();
            return Ok(());
        }
        self.find(id).await?;
        Err(Error::NotFound(format!("delivery {number} of receiver {id} does not exist, or is kept no more").into()))
    }

    fn check(&self, url: Option<&str>, events: Option<&[String]>) -> Result<(), Error> {
        let wrong = url.and_then(|url| address::parse(url, self.shared.allows_private).err());
        let mut faults: Vec<_> = wrong.map(|(code, message)| Fault::new("url", code, message)).into_iter().collect();
        if let Some(events) = events {
            faults.extend(self.check_events(events));
        }
        if faults.is_empty() { Ok(()) } else { Err(Error::Invalid(faults)) }
    }

    fn check_events(&self, events: &[String]) -> Option<Fault> {
        let known = &self.shared.offer.events;
        let all = || known.iter().copied().collect::<Vec<_>>().join(", ");
        if events.is_empty() {
            return Some(Fault::new("events", "too_short", format!("at least one of {}", all())));
        }
        if events.iter().any(|event| !known.contains(event.as_str())) {
            return Some(Fault::new("events", "not_a_choice", format!("must be some of {}", all())));
        }
        let distinct: BTreeSet<_> = events.iter().collect();
        (distinct.len() < events.len()).then(|| Fault::new("events", "repeated", "each event may be there once"))
    }
}

fn json(events: &[String]) -> String {
    serde_json::Value::from(events).to_string()
}

fn none(id: i64) -> Error {
    Error::NotFound(format!("receiver {id} does not exist").into())
}
