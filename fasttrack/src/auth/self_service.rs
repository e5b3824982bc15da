//! What the owner of an account does with its password and its sessions.

use futures_util::{FutureExt, future::BoxFuture};

use super::{
    Auth,
    account::Credentials,
    gate::session_ended,
    login::{ATTEMPTS, account_in_flux},
    sessions::SessionTable,
    throttle::Proof,
};
use crate::{
    clock,
    db::Reads,
    error::Error,
    password::{self, Verdict},
    pipeline::Reauthentication,
    principal::Caller,
    query::{FoundById, PageById},
};

impl Auth {
    /// Changes the caller's password, and ends all sessions of the account but the caller's own.
    ///
    /// # Errors
    /// [`Error::Invalid`] on `new_password`; [`Error::Unauthenticated`] when `current` is wrong, or the session has
    /// ended meanwhile; [`Error::OverLimit`] after too many wrong ones; [`Error::Unavailable`] when too many passwords are
    /// being checked.
    pub async fn change_password(&self, caller: &Caller, current: &str, new: &str) -> Result<(), Error> {
        password::check(new).map_err(|(code, message)| Error::fault("new_password", code, message))?;
        let cost = self.settings.bcrypt_cost;
        for _ in 0..ATTEMPTS {
            let known = self.compare(caller, current).await?;
            let hash = password::hash(new.to_owned(), cost).await?;
            if self.replace_hash(caller.clone(), known, hash).await? {
                return Ok(());
            }
        }
        Err(account_in_flux())
    }

    /// What the caller logs in with, if this is his password.
    pub(super) async fn compare(&self, caller: &Caller, current: &str) -> Result<Credentials, Error> {
        let attempt = self.throttle.begin(Proof::Password(caller.id)).await?;
        let rows = self.db.read(self.account.select_by_id(caller.id)).await?;
        let known = rows.first().and_then(Credentials::of);
        let hash = known.as_ref().and_then(Credentials::hash);
        let verdict = password::verify(current.to_owned(), hash, self.settings.bcrypt_cost).await?;
        let Some(known) = known.filter(|_| verdict != Verdict::Wrong) else {
            attempt.fail().await?;
            return Err(Error::Unauthenticated("the current password is wrong".into()));
        };
        attempt.succeed().await?;
        Ok(known)
    }

    /// One page of the caller's live sessions.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the database is busy.
    pub async fn sessions(&self, caller: &Caller, page: &PageById) -> Result<FoundById, Error> {
        self.sessions_in(Reads::Now(&self.db), caller, page).await
    }

    /// The same from there.
    ///
    /// # Errors
    /// As [`Self::sessions`].
    pub async fn sessions_in(
        &self,
        mut reads: Reads<'_>,
        caller: &Caller,
        page: &PageById,
    ) -> Result<FoundById, Error> {
        Ok(page.found(reads.read(self.sessions.list(caller, self.now_us(), page)).await?))
    }

    /// Ends one of the caller's live sessions, with all its tokens.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the caller has no live session of this id.
    pub async fn end_session(&self, caller: &Caller, id: i64) -> Result<(), Error> {
        let statement = SessionTable::end_own(id, caller.id, self.now_us());
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    if tx.query(statement).await?.is_empty() {
                        return Err(Error::NotFound(format!("session {id} does not exist").into()));
                    }
                    Ok(())
                })
            })
            .await
    }

    /// Whether it was done: not when the password changed while the current one was being checked.
    async fn replace_hash(&self, caller: Caller, known: Credentials, hash: String) -> Result<bool, Error> {
        let now_us = self.now_us();
        let table = self.account;
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    // A session that was ended while bcrypt was at work must not have the last word.
                    if tx.query(SessionTable::select_own(caller.session, caller.id, now_us)).await?.is_empty() {
                        return Err(session_ended());
                    }
                    if tx.query(table.lock_standing_if(known.id, &known.hash)).await?.is_empty() {
                        return Ok(false);
                    }
                    tx.query(table.change_hash(known.id, hash, clock::format_us(now_us))).await?;
                    tx.query(SessionTable::end_others(caller.id, caller.session)).await?;
                    Ok(true)
                })
            })
            .await
    }
}

impl Reauthentication for Auth {
    fn reauthenticate<'a>(&'a self, caller: &'a Caller, password: &'a str) -> BoxFuture<'a, Result<String, Error>> {
        async move { Ok(self.compare(caller, password).await?.hash) }.boxed()
    }
}
