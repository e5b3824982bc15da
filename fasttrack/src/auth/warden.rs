//! What becomes of accounts and sessions that a transaction touched, however it touched them.
//!
//! The one place that hears of them all: of requests, of rows that went because others did, of jobs and hooks that write
//! SQL, of commands beside the server. It ends the sessions of who is disabled, keeps the last account that may manage
//! others, drops what is remembered, and has connections that stay open ask again.

use std::sync::Arc;

use futures_util::{FutureExt, future::BoxFuture};

use super::{Changed, OnChange, account::Account, cache::Cache, notices, sessions::Live};
use crate::{
    db::{DbError, Row, Statement, Tx, Watch, Witness},
    schema::Schema,
    sql::{self, Note},
};

/// What is remembered of accounts and sessions, and who else is to hear of their changes.
pub(super) struct Warden {
    pub(super) accounts: Cache<Arc<Account>>,
    /// `None` for one that has ended.
    pub(super) sessions: Cache<Option<Arc<Live>>>,
    on_change: OnChange,
    /// Finds an account that may manage others, and says what is wrong where there is none; nothing, where the
    /// declaration names no role that may.
    guardian: Option<(Statement, String)>,
}

/// Most sessions, and most accounts, that are kept in memory: some 30 MB.
const MOST_CACHED: u64 = 100_000;

impl Warden {
    /// `guardians` are the roles of which one active account has to remain.
    pub(super) fn new(account: &Schema, guardians: &[&str], on_change: OnChange) -> Self {
        let (what, names) = (account.name.replace('_', " "), guardians.join(" or "));
        let why =
            format!("this would leave no active {what} with the role {names}, the last one; make another one first");
        Self {
            accounts: Cache::new(MOST_CACHED),
            sessions: Cache::new(MOST_CACHED),
            on_change,
            guardian: sql::any_guardian(account, guardians).map(|statement| (statement, why)),
        }
    }

    /// Has every change told to `self`.
    pub(super) fn watch(self: &Arc<Self>, account: &Schema, guardians: &[&str]) -> Watch {
        let sql::NoteBook { setup, collect, clear } = sql::notes(account, guardians);
        Watch { setup, collect, clear, witness: Arc::clone(self) as Arc<dyn Witness> }
    }

    async fn check_a_guardian_remains(&self, tx: &mut Tx) -> Result<(), DbError> {
        let Some((statement, why)) = &self.guardian else { return Ok(()) };
        if tx.query(statement.clone()).await?.is_empty() {
            return Err(DbError::Invariant(why.clone()));
        }
        Ok(())
    }
}

impl Witness for Warden {
    fn vouch<'a>(&'a self, tx: &'a mut Tx, notes: &'a [Row]) -> BoxFuture<'a, Result<(), DbError>> {
        async move {
            let notes: Vec<_> = notes.iter().filter_map(Note::read).collect();
            for note in &notes {
                if let Note::Disabled(account) = note {
                    tx.query(sql::end_sessions(*account)).await?;
                }
            }
            if notes.iter().any(|note| matches!(note, Note::Guardian(_))) {
                self.check_a_guardian_remains(tx).await?;
            }
            Ok(())
        }
        .boxed()
    }

    fn committed(&self, notes: &[Row]) {
        let (mut accounts, mut sessions, mut told) = (Vec::new(), Vec::new(), Vec::new());
        for note in notes.iter().filter_map(Note::read) {
            match note {
                Note::Account(id) | Note::Guardian(id) | Note::Disabled(id) => {
                    accounts.push(id);
                    told.push(id);
                }
                Note::Session { id, .. } => sessions.push(id),
                Note::Ended { account, id } => {
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
        told.sort_unstable();
        told.dedup();
        for account in told {
            (self.on_change)(Changed::Account(account));
        }
    }

    fn lose_sight(&self) {
        self.accounts.distrust();
        self.sessions.distrust();
    }

    fn see_again(&self) {
        self.accounts.begin_anew();
        self.sessions.begin_anew();
        (self.on_change)(Changed::Anything);
    }

    /// Tells commands that wait for it that what they did is heard of.
    fn answer<'a>(&'a self, tx: &'a mut Tx) -> BoxFuture<'a, Result<(), DbError>> {
        async move {
            let left = tx.query(notices::newest()).await?;
            let Some(newest) = left.first().and_then(|row| row.int(0)) else { return Ok(()) };
            // Nobody else writes now: whatever these notices are about is older than what is loaded from here on.
            self.see_again();
            tx.query(notices::take_down(newest)).await.map(drop)
        }
        .boxed()
    }
}
