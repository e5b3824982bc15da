//! Who is calling: logging in and out, and what makes a token good.
//!
//! An access token names its session, a row that lives from a login to a logout. A request costs one signature check and
//! two look-ups in memory; what is there was loaded from the database once, and is dropped by the very write that
//! changes it, so that nothing revoked works on the next request. Nothing here knows HTTP, nor who may do what.

mod account;
mod api_keys;
mod cache;
mod gate;
mod identities;
mod jws;
mod keys;
mod links;
mod listener;
mod login;
mod notices;
mod operator;
mod recovery;
mod refresh;
mod rotation;
mod seal;
mod self_service;
pub mod sessions;
mod throttle;
mod token;
mod totp;

use std::{fmt, sync::Arc};

use self::{
    account::AccountTable, listener::AccountListener, sessions::SessionTable, throttle::Throttle, token::Tokens,
};
pub use self::{
    account::SetupError,
    api_keys::{KeyDraft, MadeKey},
    gate::Admission,
    identities::Elsewhere,
    keys::Keys,
    links::{Issued, Links, Purpose},
    operator::Known,
    totp::{Enrolment, sealed_for, totp_code},
};
use crate::{clock, db::Db, schema::Schema};

/// What may be other than it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Changed {
    /// The account with this id, or sessions of it.
    Account(i64),
    /// What receivers of webhooks listen to.
    Webhooks,
    /// Anything, at any moment, until it is [`Self::Anything`].
    Unknown,
    /// Anything, until now.
    Anything,
}

/// Whoever hears of changes to accounts and sessions.
pub type OnChange = Arc<dyn Fn(Changed) + Send + Sync>;

/// What authentication is told at start.
#[derive(Clone)]
pub struct Settings {
    /// The keys.
    pub keys: Keys,
    /// How long an access token lives, in seconds.
    pub access_lifetime_s: i64,
    /// How long a refresh token lives, and with it a session that is not refreshed, in seconds.
    pub refresh_lifetime_s: i64,
    /// How long a session lives at most, however often it is refreshed, in seconds; 0 for as long as it is.
    pub session_max_s: i64,
    /// For how many seconds after its use a refresh token gets the same pair again, as long as no token of that pair has
    /// been presented; 0 for never.
    pub refresh_grace_s: i64,
    /// The cost of new password hashes, 4 to 15.
    pub bcrypt_cost: u32,
    /// Tells the time, in microseconds since the Unix epoch.
    pub clock: Arc<dyn Fn() -> i64 + Send + Sync>,
    /// The roles of which one active account has to remain.
    pub managers: Vec<&'static str>,
    /// Told after the commit that an account was changed, or sessions of it have ended, whatever did it. It must not block.
    pub on_change: OnChange,
}

/// Where a login comes from, for its owner to recognise.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Client {
    /// Its address.
    pub ip: Option<String>,
    /// What it calls itself; cut to 512 characters when it is kept.
    pub user_agent: Option<String>,
}

/// Everything that decides who is calling.
pub struct Auth {
    db: Db,
    account: AccountTable,
    account_schema: &'static Schema,
    sessions: SessionTable,
    settings: Settings,
    tokens: Tokens,
    throttle: Throttle,
    /// What is remembered; shared with the writer, which has it dropped.
    listener: Arc<AccountListener>,
}

impl Settings {
    /// The defaults of the API: 15 minutes, 7 days, no end of a session that is refreshed, no grace, cost 12, the clock of the machine.
    #[must_use]
    pub fn new(keys: Keys) -> Self {
        Self {
            keys,
            access_lifetime_s: 15 * 60,
            refresh_lifetime_s: 7 * 24 * 60 * 60,
            session_max_s: 0,
            refresh_grace_s: 0,
            bcrypt_cost: 12,
            clock: Arc::new(clock::now_us),
            managers: Vec::new(),
            on_change: Arc::new(|_| {}),
        }
    }
}

impl Auth {
    /// Authentication against the rows of `account`, with the tables of [`sessions::ddl`] in place. From now on the
    /// database tells of every change to accounts and sessions, and keeps the last account that may change others.
    ///
    /// # Errors
    /// [`SetupError`] when `account` has no field to log in with, or the database cannot tell of changes.
    pub async fn new(db: Db, account: &'static Schema, settings: Settings) -> Result<Self, SetupError> {
        let table = AccountTable::of(db.dialect(), account)?;
        let listener = Arc::new(AccountListener::new(account, &settings.managers, Arc::clone(&settings.on_change)));
        db.capture_changes(listener.capture(db.dialect(), account, &settings.managers)).await?;
        let sessions = SessionTable(db.dialect());
        let (tokens, throttle) = (Tokens::new(&settings), Throttle::new(db.clone(), settings.keys.clone()));
        Ok(Self { db, account: table, account_schema: account, sessions, tokens, throttle, settings, listener })
    }

    fn now_us(&self) -> i64 {
        (self.settings.clock)()
    }
}

impl fmt::Debug for Auth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Auth").field("account", &self.account).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
