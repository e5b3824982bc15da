//! Links in mails: how one comes into being, and what it is good for.
//!
//! A link holds 256 random bits; what is kept of it is a digest, so that nobody who reads the database can follow it. It is
//! good for one purpose, of one account, as long as that has the address that the mail went to, until an instant, once; a new
//! one ends those before it. What ends all of them is in [`listener`](super::listener). Who follows one is in
//! [`recovery`](super::recovery).

use std::fmt::Write as _;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use futures_util::FutureExt;
use sha2::{Digest, Sha256};

use super::{SetupError, account::AccountTable};
use crate::{
    clock::{self, SECOND_US},
    db::{Db, Tx},
    error::Error,
    schema::Schema,
    sql::{self, NewLink},
};

/// What a mail is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// A forgotten password is to be replaced.
    Reset,
    /// An address is to be confirmed.
    Verify,
    /// An account that was made for somebody is to get its first password.
    Invite,
    /// Its address is another one: a mail to the one before, without a link.
    Notice,
}

/// A link that was made, and is nowhere but here.
#[derive(Debug)]
pub struct Issued {
    /// The number of its row.
    id: i64,
    /// What goes into the mail.
    pub token: String,
    /// Where the mail goes.
    pub address: String,
}

/// Makes links.
#[derive(Debug, Clone)]
pub struct Links {
    db: Db,
    account: AccountTable,
}

/// Most mails for one purpose that an account is sent within [`MAILS_WITHIN_US`]: so nobody's mailbox is flooded by who asks
/// for links.
const MOST_MAILS: i64 = 5;

/// See [`MOST_MAILS`].
const MAILS_WITHIN_US: i64 = 60 * 60 * SECOND_US;

/// How long a link that has ended is remembered, to be counted, in microseconds.
const KEEP_ENDED_US: i64 = 24 * 60 * 60 * SECOND_US;

impl Purpose {
    /// How long its link is good, in seconds.
    #[must_use]
    pub const fn lifetime_s(self) -> i64 {
        match self {
            Self::Reset => 30 * 60,
            Self::Verify | Self::Notice => 24 * 60 * 60,
            Self::Invite => 7 * 24 * 60 * 60,
        }
    }

    /// What it is called where it is kept.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Reset => "reset",
            Self::Verify => "verify",
            Self::Invite => "invite",
            Self::Notice => "notice",
        }
    }
}

impl Links {
    /// Links for the rows of `account`.
    ///
    /// # Errors
    /// [`SetupError`] when `account` has no field to log in with.
    pub fn new(db: Db, account: &'static Schema) -> Result<Self, SetupError> {
        let account = AccountTable::of(db.dialect(), account)?;
        Ok(Self { db, account })
    }

    /// The id of the account with this address.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the database is busy.
    pub async fn find(&self, email: &str) -> Result<Option<i64>, Error> {
        let rows = self.db.read(self.account.select_by_email(email)).await?;
        Ok(rows.first().and_then(|row| row.int(0)))
    }

    /// A link for an account, and the end of those before it; none, where the account is not there, disabled, or has no use for
    /// it, or has been sent as many mails as it may.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the database is busy.
    pub async fn issue(&self, purpose: Purpose, account: i64) -> Result<Option<Issued>, Error> {
        let (table, token) = (self.account, token()?);
        self.db.write(move |tx| async move { issue(tx, &table, (purpose, account), token).await }.boxed()).await
    }

    /// Counts a mail to an address that is not the account's any more; whether it may be sent.
    ///
    /// # Errors
    /// As [`Self::issue`].
    pub async fn count_notice(&self, account: i64, address: String) -> Result<bool, Error> {
        let note = move |tx: &mut Tx| {
            let link = new_link(Purpose::Notice, account, None, address);
            let count = sql::count_links(account, link.purpose, since());
            (count, sql::add_link(link), sql::purge_links(tx.dialect(), ended()))
        };
        self.db
            .write(move |tx| {
                async move {
                    let (count, add, purge) = note(tx);
                    if tx.query(count).await?.first().and_then(|row| row.int(0)).unwrap_or_default() >= MOST_MAILS {
                        return Ok(false);
                    }
                    tx.query(purge).await?;
                    tx.query(add).await?;
                    Ok(true)
                }
                .boxed()
            })
            .await
    }

    /// Takes a link back whose mail was not sent.
    ///
    /// # Errors
    /// As [`Self::issue`].
    pub async fn withdraw(&self, link: &Issued) -> Result<(), Error> {
        let take_back = sql::take_link_back(link.id);
        self.db.write(move |tx| async move { Ok(tx.query(take_back).await.map(drop)?) }.boxed()).await
    }
}

async fn issue(
    tx: &mut Tx,
    table: &AccountTable,
    (purpose, account): (Purpose, i64),
    token: String,
) -> Result<Option<Issued>, Error> {
    // Locked, so that of many requests at a time each sees what the others were given.
    let rows = tx.query(table.lock_addressee(account)).await?;
    let Some(addressee) = rows.first().and_then(AccountTable::addressee) else { return Ok(None) };
    let is_of_use = match purpose {
        Purpose::Verify => !addressee.is_verified,
        Purpose::Invite => !addressee.has_password,
        Purpose::Reset | Purpose::Notice => true,
    };
    if !addressee.is_active || !is_of_use {
        return Ok(None);
    }
    let count = tx.query(sql::count_links(account, purpose.word(), since())).await?;
    if count.first().and_then(|row| row.int(0)).unwrap_or_default() >= MOST_MAILS {
        return Ok(None);
    }
    tx.query(sql::end_links_for(account, purpose.word())).await?;
    tx.query(sql::purge_links(tx.dialect(), ended())).await?;
    let link = new_link(purpose, account, Some(digest(&token)), addressee.address.clone());
    let rows = tx.query(sql::add_link(link)).await?;
    let id = rows.first().and_then(|row| row.int(0));
    let id = id.ok_or_else(|| Error::Internal("a link was given no number".into()))?;
    Ok(Some(Issued { id, token, address: addressee.address }))
}

fn new_link(purpose: Purpose, account: i64, digest: Option<String>, address: String) -> NewLink {
    let now_us = clock::now_us();
    let expires_us = now_us.saturating_add(purpose.lifetime_s().saturating_mul(SECOND_US));
    let [now, expires] = [now_us, expires_us].map(clock::format_us);
    NewLink { account, purpose: purpose.word(), digest, address, now, expires }
}

fn since() -> String {
    clock::format_us(clock::now_us().saturating_sub(MAILS_WITHIN_US))
}

fn ended() -> String {
    clock::format_us(clock::now_us().saturating_sub(KEEP_ENDED_US))
}

/// 256 bits that nobody can guess, in the letters of addresses.
fn token() -> Result<String, Error> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|error| Error::Internal(format!("no randomness: {error}")))?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

/// What is kept of a token. It needs neither salt nor stretching: there are too many tokens to be tried.
pub(super) fn digest(token: &str) -> String {
    hex(&Sha256::digest(token.as_bytes()))
}

/// Bytes as text.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a `String` cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_of_256_bits_and_never_the_same() {
        let [one, other] = [token().unwrap(), token().unwrap()];
        assert_ne!(one, other);
        assert_eq!(URL_SAFE_NO_PAD.decode(&one).unwrap().len(), 32);
        assert_eq!(digest("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }
}
