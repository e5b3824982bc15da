//! What becomes of accounts and sessions that a transaction touched, however it touched them.
//!
//! The one place that hears of them all: of requests, of rows that went because others did, of jobs and hooks that write
//! SQL, of commands beside the server. It ends the sessions of who is disabled, and the links in mails that were
//! sent before what they are good for has changed, keeps the last account that may manage
//! others, drops what is remembered, and has connections that stay open ask again.

use std::sync::Arc;

use futures_util::{FutureExt, future::BoxFuture};

use super::{Changed, OnChange, account::Account, api_keys::LiveKey, cache::Cache, notices, sessions::Live};
use crate::{
    db::{ChangeCapture, ChangeListener, DbError, Dialect, Row, Statement, Tx},
    schema::Schema,
    sql::{self, AccountChange, Lock},
};

/// What is remembered of accounts and sessions, and who else is to hear of their changes.
pub(super) struct AccountListener {
    pub(super) accounts: Cache<Arc<Account>>,
    /// `None` for one that has ended.
    pub(super) sessions: Cache<Option<Arc<Live>>>,
    /// By the number that is made of the digest.
    pub(super) keys: Cache<Arc<LiveKey>>,
    on_change: OnChange,
    /// Finds an account that may manage others, and says what is wrong where there is none; nothing, where the
    /// declaration names no role that may.
    manager: Option<(Statement, String)>,
}

/// Most sessions, and most accounts, that are kept in memory: some 30 MB.
const MOST_CACHED: usize = 100_000;

impl AccountListener {
    /// `managers` are the roles of which one active account has to remain.
    pub(super) fn new(account: &Schema, managers: &[&str], on_change: OnChange) -> Self {
        let (what, names) = (account.name.replace('_', " "), managers.join(" or "));
        let why =
            format!("this would leave no active {what} with the role {names}, the last one; make another one first");
        Self {
            accounts: Cache::new(MOST_CACHED),
            sessions: Cache::new(MOST_CACHED),
            keys: Cache::new(MOST_CACHED),
            on_change,
            manager: sql::any_manager(account, managers).map(|statement| (statement, why)),
        }
    }

    /// Has every change told to `self`.
    pub(super) fn capture(self: &Arc<Self>, dialect: Dialect, account: &Schema, managers: &[&str]) -> ChangeCapture {
        let sql::CaptureStatements { setup, collect, clear, channel } = sql::capture(dialect, account, managers);
        ChangeCapture { setup, collect, clear, channel, listener: Arc::clone(self) as Arc<dyn ChangeListener> }
    }

    async fn check_a_manager_remains(&self, tx: &mut Tx) -> Result<(), DbError> {
        let Some((statement, why)) = &self.manager else { return Ok(()) };
        // Of two that each take one of the last two away, the second one has to see what the first one did.
        if let Some(lock) = Lock::Managers.take(tx.dialect()) {
            tx.query(lock).await?;
        }
        if tx.query(statement.clone()).await?.is_empty() {
            return Err(DbError::Invariant(why.clone()));
        }
        Ok(())
    }
}

impl ChangeListener for AccountListener {
    fn before_commit<'a>(&'a self, tx: &'a mut Tx, changes: &'a [Row]) -> BoxFuture<'a, Result<(), DbError>> {
        async move {
            let changes: Vec<_> = changes.iter().filter_map(AccountChange::read).collect();
            for change in &changes {
                match change {
                    AccountChange::Disabled(account) => {
                        tx.query(sql::end_sessions(*account)).await?;
                        tx.query(sql::end_links(*account)).await?;
                    }
                    AccountChange::Credentials(account) => drop(tx.query(sql::end_links(*account)).await?),
                    _ => {}
                }
            }
            if changes.iter().any(|change| matches!(change, AccountChange::Manager(_))) {
                self.check_a_manager_remains(tx).await?;
            }
            Ok(())
        }
        .boxed()
    }

    fn committed(&self, changes: &[Row]) {
        let (mut accounts, mut sessions, mut keys, mut told) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let mut has_webhooks = false;
        for change in changes.iter().filter_map(AccountChange::read) {
            match change {
                AccountChange::Account(id) | AccountChange::Manager(id) | AccountChange::Disabled(id) => {
                    accounts.push(id);
                    told.push(id);
                }
                AccountChange::Session { id, .. } => sessions.push(id),
                AccountChange::Key { account, tag } => {
                    keys.push(tag);
                    told.push(account);
                }
                AccountChange::Webhooks => has_webhooks = true,
                // That it changed at all is told beside.
                AccountChange::Credentials(_) => {}
                AccountChange::Ended { account, id } => {
                    sessions.push(id);
                    told.push(account);
                }
            }
        }
        if !accounts.is_empty() {
            self.accounts.drop_all(&accounts);
        }
        if !sessions.is_empty() {
            self.sessions.drop_all(&sessions);
        }
        if !keys.is_empty() {
            self.keys.drop_all(&keys);
        }
        if has_webhooks {
            (self.on_change)(Changed::Webhooks);
        }
        told.sort_unstable();
        told.dedup();
        for account in told {
            (self.on_change)(Changed::Account(account));
        }
    }

    /// What was taken from somebody is taken on every node.
    fn is_awaited(&self, changes: &[Row]) -> bool {
        changes.iter().filter_map(AccountChange::read).any(|change| match change {
            AccountChange::Account(_)
            | AccountChange::Manager(_)
            | AccountChange::Disabled(_)
            | AccountChange::Ended { .. }
            | AccountChange::Key { .. } => true,
            AccountChange::Session { .. } | AccountChange::Credentials(_) | AccountChange::Webhooks => false,
        })
    }

    fn suspend(&self) {
        self.accounts.distrust();
        self.sessions.distrust();
        self.keys.distrust();
        (self.on_change)(Changed::Unknown);
    }

    fn resync(&self) {
        self.accounts.begin_anew();
        self.sessions.begin_anew();
        self.keys.begin_anew();
        (self.on_change)(Changed::Anything);
    }

    /// Tells commands that wait for it that what they did is heard of.
    fn answer<'a>(&'a self, tx: &'a mut Tx) -> BoxFuture<'a, Result<(), DbError>> {
        async move {
            let left = tx.query(notices::newest()).await?;
            let Some(newest) = left.first().and_then(|row| row.int(0)) else { return Ok(()) };
            // Nobody else writes now: whatever these notices are about is older than what is loaded from here on.
            self.resync();
            tx.query(notices::take_down(newest)).await.map(drop)
        }
        .boxed()
    }
}
