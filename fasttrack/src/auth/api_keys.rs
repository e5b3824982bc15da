//! API keys: what machines call with instead of logging in, on behalf of the account that made them.
//!
//! A key holds 256 random bits; a digest of it is kept. What is known of one is remembered like a session, and dropped by the
//! write that changes it, on every node. It has the role and the standing of its account, as they are at each request.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use futures_util::FutureExt;
use sha2::{Digest, Sha256};

use super::{Admission, Auth, links::hex};
use crate::{
    clock::{self, SECOND_US},
    db::{Reads, Row},
    error::Error,
    principal::Caller,
    query::{FoundById, PageById},
    sql::{self, NewKey},
};

/// What every key begins with, so that one that was published by mistake is known for what it is.
const MARK: &str = "ft_";

/// Bytes of the random part.
const BYTES: usize = 32;

/// Most keys of an account.
const MOST: i64 = 100;

/// How often at most the use of a key is written down.
const TOUCH_EVERY_US: i64 = 60 * SECOND_US;

/// For how long a connection that stays open is let in by a key that does not end: it asks again whenever something changes.
const OPEN_US: i64 = 365 * 24 * 60 * 60 * SECOND_US;

/// A key as every request needs it.
#[derive(Debug)]
pub(super) struct LiveKey {
    id: i64,
    account: i64,
    digest: String,
    reads_only: bool,
    expires_at_us: Option<i64>,
    last_used_at_us: AtomicI64,
}

/// A key that was just made.
#[derive(Debug)]
pub struct MadeKey {
    /// The key, which nobody is told again.
    pub key: String,
    /// What a list shows of it, as JSON.
    pub json: Vec<u8>,
}

/// What a new key is to be.
#[derive(Debug, Clone)]
pub struct KeyDraft {
    /// What its owner calls it.
    pub name: String,
    /// When it ends, in microseconds since the Unix epoch, if it does.
    pub expires_at_us: Option<i64>,
    /// Whether it is for reading alone.
    pub reads_only: bool,
}

/// Whether this would be a key, and no token.
pub(super) fn is_key(token: &str) -> bool {
    token.starts_with(MARK)
}

impl Auth {
    /// Makes a key for the caller's account.
    ///
    /// # Errors
    /// [`Error::Invalid`] on `expires_at`; [`Error::Conflict`] when there are too many; [`Error::Unavailable`] when the
    /// database is busy.
    pub async fn make_key(&self, caller: &Caller, draft: KeyDraft) -> Result<MadeKey, Error> {
        let KeyDraft { name, expires_at_us, reads_only } = draft;
        let now_us = self.now_us();
        if expires_at_us.is_some_and(|expires_at_us| expires_at_us <= now_us) {
            return Err(Error::fault("expires_at", "too_early", "has to lie ahead"));
        }
        let mut bytes = [0; BYTES];
        getrandom::fill(&mut bytes).map_err(|error| Error::Internal(format!("no randomness: {error}")))?;
        let key = format!("{MARK}{}", URL_SAFE_NO_PAD.encode(bytes));
        let (digest, tag) = digest(&key);
        let (now, expires) = (clock::format_us(now_us), expires_at_us.map(clock::format_us));
        let new = NewKey { account: caller.id, name, digest, tag, reads_only, now, expires };
        let add = sql::add_key(self.db.dialect(), self.account_schema, new, MOST);
        let made = self.db.write(move |tx| async move { Ok(tx.query(add).await?) }.boxed()).await?;
        let json = made.into_iter().next().and_then(|mut row| row.take_bytes(1));
        let full = || Error::Conflict(format!("an account has {MOST} keys at most; delete one first").into());
        Ok(MadeKey { key, json: json.ok_or_else(full)? })
    }

    /// One page of the caller's keys, from there.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the database is busy.
    pub async fn keys_in(
        &self,
        reads: Option<Reads<'_>>,
        caller: &Caller,
        page: &PageById,
    ) -> Result<FoundById, Error> {
        let mut reads = reads.unwrap_or(Reads::Now(&self.db));
        Ok(page.found(reads.read(sql::keys(self.db.dialect(), caller.id, page)).await?))
    }

    /// Ends one of the caller's keys.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the caller has no key of this id.
    pub async fn end_key(&self, caller: &Caller, id: i64) -> Result<(), Error> {
        let end = sql::end_key(id, caller.id);
        let ended = self.db.write(move |tx| async move { Ok(tx.query(end).await?) }.boxed()).await?;
        if ended.is_empty() { Err(Error::NotFound(format!("key {id} does not exist").into())) } else { Ok(()) }
    }

    /// Who is calling with a key.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] for anything but a good key of an active account.
    pub(super) async fn admit_key(&self, key: &str) -> Result<Admission, Error> {
        let now_us = self.now_us();
        let (digest, tag) = digest(key);
        let live = match self.listener.keys.get(tag).filter(|live| live.digest == digest) {
            Some(live) => live,
            None => self.load_key(digest, tag).await?,
        };
        let admission = self.admit_live(&live, now_us).await?;
        self.note_use_of_key(&live, now_us);
        Ok(admission)
    }

    /// Whether somebody who was let in with the key of this id still would be.
    pub(super) async fn recheck_key(&self, id: i64) -> Result<Admission, Error> {
        let rows = self.db.read(sql::find_key_by_id(self.db.dialect(), id)).await?;
        let live = rows.first().and_then(|row| LiveKey::of(row, String::new())).ok_or_else(no_key)?;
        self.admit_live(&live, self.now_us()).await
    }

    async fn admit_live(&self, live: &LiveKey, now_us: i64) -> Result<Admission, Error> {
        if live.expires_at_us.is_some_and(|expires_at_us| expires_at_us <= now_us) {
            return Err(no_key());
        }
        let account = self.account(live.account).await?;
        if !account.is_active {
            return Err(Error::Unauthenticated("the account is disabled".into()));
        }
        let caller = Caller::by_key(live.account, account.role, live.id, live.reads_only);
        let expires_at_us = live.expires_at_us.unwrap_or_else(|| now_us.saturating_add(OPEN_US));
        Ok(Admission { caller, expires_at_us })
    }

    async fn load_key(&self, digest: String, tag: i64) -> Result<Arc<LiveKey>, Error> {
        let epoch = self.listener.keys.epoch();
        let rows = self.db.read(sql::find_key(self.db.dialect(), digest.clone())).await?;
        let live = Arc::new(rows.first().and_then(|row| LiveKey::of(row, digest)).ok_or_else(no_key)?);
        self.listener.keys.keep(tag, Arc::clone(&live), epoch);
        Ok(live)
    }

    /// Writes down now and then that the key is in use. The request does not wait for it, and nothing depends on it.
    fn note_use_of_key(&self, live: &LiveKey, now_us: i64) {
        let last_us = live.last_used_at_us.load(Ordering::Relaxed);
        if now_us.saturating_sub(last_us) < TOUCH_EVERY_US
            || live.last_used_at_us.compare_exchange(last_us, now_us, Ordering::Relaxed, Ordering::Relaxed).is_err()
        {
            return;
        }
        let (db, touch) = (self.db.clone(), sql::touch_key(live.id, clock::format_us(now_us)));
        tokio::spawn(async move {
            let written = db.write(move |tx| async move { Ok(tx.query(touch).await.map(drop)?) }.boxed()).await;
            if let Err(error) = written {
                tracing::debug!(%error, "the use of a key was not written down");
            }
        });
    }
}

impl LiveKey {
    fn of(row: &Row, digest: String) -> Option<Self> {
        let instant_us = |place| row.text(place).and_then(clock::parse_timestamp_us);
        Some(Self {
            id: row.int(0)?,
            account: row.int(1)?,
            digest,
            reads_only: row.int(2)? != 0,
            expires_at_us: instant_us(3),
            last_used_at_us: AtomicI64::new(instant_us(4).unwrap_or_default()),
        })
    }
}

/// What is kept of a key, and a number that is made of it.
fn digest(key: &str) -> (String, i64) {
    let digest = Sha256::digest(key.as_bytes());
    let tag = digest.iter().take(8).fold(0_u64, |tag, &byte| (tag << 8) | u64::from(byte));
    (hex(&digest), tag.cast_signed())
}

fn no_key() -> Error {
    Error::Unauthenticated("the API key is not good, or not any more".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_and_its_number_go_together() {
        let (digest, tag) = digest("abc");
        assert_eq!(digest, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert_eq!(tag, 0xba78_16bf_8f01_cfea_u64.cast_signed());
        assert!(is_key("ft_x") && !is_key("eyJ.a.b") && !is_key("FT_x"));
    }
}
