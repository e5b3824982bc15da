//! Who is calling: logging in and out, and what makes a token good.
//!
//! An access token names its session, a row that lives from a login to a logout. A request costs one signature check and
//! two look-ups in memory; what is there was loaded from the database once, and is dropped by the very write that
//! changes it, so that nothing revoked works on the next request. Nothing here knows HTTP, nor who may do what.

mod account;
mod cache;
mod gate;
mod keys;
mod login;
mod provider;
mod refresh;
mod rotation;
mod self_service;
pub mod sessions;
mod token;

use std::{fmt, sync::Arc};

pub use self::{account::SetupError, gate::Admission, keys::Keys, self_service::SessionPage};
use self::{
    account::{Account, AccountTable},
    cache::Cache,
    sessions::Live,
    token::Tokens,
};
use crate::{
    clock,
    db::{Db, Statement},
    principal::AccountWatch,
    schema::Schema,
};

/// Whoever hears of changes to an account, by its id.
pub type OnChange = Arc<dyn Fn(i64) + Send + Sync>;

/// What authentication is told at start.
#[derive(Clone)]
pub struct Settings {
    /// The keys.
    pub keys: Keys,
    /// How long an access token lives, in seconds.
    pub access_lifetime_s: i64,
    /// How long a refresh token lives, and with it a session that is not refreshed, in seconds.
    pub refresh_lifetime_s: i64,
    /// For how many seconds after its use a refresh token gets the same pair again, as long as no token of that pair has
    /// been presented; 0 for never.
    pub refresh_grace_s: i64,
    /// The cost of new password hashes, 4 to 15.
    pub bcrypt_cost: u32,
    /// Tells the time, in microseconds since the Unix epoch.
    pub clock: Arc<dyn Fn() -> i64 + Send + Sync>,
    /// Told after the commit that an account was changed, or sessions of it have ended. It must not block.
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
    settings: Settings,
    tokens: Tokens,
    accounts: Cache<Arc<Account>>,
    /// Shared with the writes that change sessions; `None` for one that has ended.
    sessions: Arc<Cache<Option<Arc<Live>>>>,
}

/// Most sessions, and most accounts, that are kept in memory: some 30 MB.
const MOST_CACHED: u64 = 100_000;

impl Settings {
    /// The defaults of the API: 15 minutes, 7 days, no grace, cost 12, the clock of the machine.
    #[must_use]
    pub fn new(keys: Keys) -> Self {
        Self {
            keys,
            access_lifetime_s: 15 * 60,
            refresh_lifetime_s: 7 * 24 * 60 * 60,
            refresh_grace_s: 0,
            bcrypt_cost: 12,
            clock: Arc::new(clock::now_us),
            on_change: Arc::new(|_| {}),
        }
    }
}

impl Auth {
    /// Authentication against the rows of `account`, with the tables of [`sessions::ddl`] in place.
    ///
    /// # Errors
    /// [`SetupError`] when `account` has no field to log in with.
    pub fn new(db: Db, account: &'static Schema, settings: Settings) -> Result<Self, SetupError> {
        Ok(Self {
            db,
            account: AccountTable::of(account)?,
            tokens: Tokens::new(&settings),
            settings,
            accounts: Cache::new(MOST_CACHED),
            sessions: Arc::new(Cache::new(MOST_CACHED)),
        })
    }

    /// What a write that has ended sessions of an account calls with their ids after its commit.
    fn forget(&self, account: i64) -> impl FnOnce(&[i64]) + Send + use<> {
        let (cache, on_change) = (Arc::clone(&self.sessions), Arc::clone(&self.settings.on_change));
        move |sessions| {
            cache.drop_all(sessions);
            on_change(account);
        }
    }

    fn now_us(&self) -> i64 {
        (self.settings.clock)()
    }
}

impl AccountWatch for Auth {
    fn end_sessions(&self, account: i64) -> Vec<Statement> {
        sessions::end_all_sql(account)
    }

    /// Drops the account, and thereby the trust in what is known of its sessions.
    fn account_changed(&self, id: i64) {
        self.accounts.drop_all(&[id]);
        (self.settings.on_change)(id);
    }
}

impl fmt::Debug for Auth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Auth").field("account", &self.account).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
