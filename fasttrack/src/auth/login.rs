//! From credentials to a session and its first pair of tokens, and out again.

use super::{
    Auth, Client,
    account::Credentials,
    sessions::{SessionTable, latest_end_us},
    throttle::Proof,
    token::{Pair, random_id},
};
use crate::{
    clock::SECOND_US,
    db::Tx,
    email,
    error::Error,
    password::{self, Verdict},
    principal::Caller,
};

/// How often credentials are checked again when the account's password changes meanwhile.
pub(super) const ATTEMPTS: usize = 3;

impl Auth {
    /// Opens a session: the JSON of its first pair of tokens.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`], the same and after the same time, for an unknown address and a wrong password;
    /// [`Error::Forbidden`] when the password is right and the account disabled; [`Error::SecondFactor`] when a code is asked
    /// for; [`Error::OverLimit`] after too many wrong passwords; [`Error::Unavailable`] when too many log in at once.
    pub async fn login(&self, email: &str, password: &str, client: Client) -> Result<Vec<u8>, Error> {
        self.login_with([email, password], None, client).await
    }

    /// The same with the code of a second factor.
    ///
    /// # Errors
    /// As [`Self::login`]; [`Error::Unauthenticated`] for a wrong code, too.
    pub async fn login_with(
        &self,
        [email, password]: [&str; 2],
        code: Option<&str>,
        client: Client,
    ) -> Result<Vec<u8>, Error> {
        let mut is_shown = false;
        for _ in 0..ATTEMPTS {
            let (known, renewed) = self.check_password(email, password).await?;
            if !is_shown {
                // A code works once, also where the password is looked at again.
                self.check_second_factor(known.id, code).await?;
                is_shown = true;
            }
            if let Some(pair) = self.open(known, renewed, client.clone()).await? {
                return self.tokens.render(&pair, pair.issued_at_s);
            }
        }
        Err(account_in_flux())
    }

    /// Ends the caller's session, with all its tokens.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the database is busy.
    pub async fn logout(&self, caller: &Caller) -> Result<(), Error> {
        let end = SessionTable::end(caller.session);
        self.db.write(move |tx| Box::pin(async move { Ok(tx.query(end).await.map(drop)?) })).await
    }

    /// Whose password this is, and a new hash of it where the kept one is of another kind.
    async fn check_password(&self, email: &str, password: &str) -> Result<(Credentials, Option<String>), Error> {
        let cost = self.settings.bcrypt_cost;
        let attempt = self.throttle.begin(Proof::LogIn(email)).await?;
        let known = self.find(email).await?;
        let hash = known.as_ref().and_then(Credentials::hash);
        let verdict = password::verify(password.to_owned(), hash, cost).await?;
        let Some(known) = known.filter(|_| verdict != Verdict::Wrong) else {
            attempt.fail().await?;
            return Err(Error::Unauthenticated("wrong e-mail address or password".into()));
        };
        attempt.succeed().await?;
        if !known.is_active {
            return Err(disabled());
        }
        let renewed = match verdict {
            Verdict::Renew => Some(password::hash(password.to_owned(), cost).await?),
            _ => None,
        };
        Ok((known, renewed))
    }

    pub(super) async fn find(&self, email: &str) -> Result<Option<Credentials>, Error> {
        // What cannot be an address is not worth a query.
        if email.len() > email::MAX_CHARS || email.contains('\0') {
            return Ok(None);
        }
        let rows = self.db.read(self.account.select_by_email(email)).await?;
        Ok(rows.first().and_then(Credentials::of))
    }

    /// Opens the session, if the credentials are still what they were when the password was checked; `None` otherwise.
    pub(super) async fn open(
        &self,
        known: Credentials,
        renewed: Option<String>,
        client: Client,
    ) -> Result<Option<Pair>, Error> {
        let now_us = self.now_us();
        let issued_at_s = now_us.div_euclid(SECOND_US);
        let expires_at_us = self.tokens.refresh_expiry_s(issued_at_s).saturating_mul(SECOND_US);
        let expires_at_us = expires_at_us.min(latest_end_us(now_us, self.settings.session_max_s));
        let mut pair = Pair { id: random_id()?, session: 0, user: known.id, role: String::new(), issued_at_s };
        let table = self.account;
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    let rows = tx.query(table.lock_standing_if(known.id, &known.hash)).await?;
                    let Some(row) = rows.first() else { return Ok(None) };
                    let account = table.account(Some(row), 0);
                    if !account.is_active {
                        return Err(disabled());
                    }
                    account.role.clone_into(&mut pair.role);
                    if let Some(hash) = renewed {
                        tx.query(table.renew_hash(known.id, hash)).await?;
                    }
                    pair.session = insert(tx, &pair, client, now_us, expires_at_us).await?;
                    Ok(Some(pair))
                })
            })
            .await
    }
}

async fn insert(tx: &mut Tx, first: &Pair, client: Client, now_us: i64, expires_at_us: i64) -> Result<i64, Error> {
    tx.query(SessionTable(tx.dialect()).purge(now_us)).await?;
    let rows = tx.query(SessionTable::insert(first, client, now_us, expires_at_us)).await?;
    rows.first().and_then(|row| row.int(0)).ok_or_else(|| Error::Internal("a session was given no id".into()))
}

pub(super) fn account_in_flux() -> Error {
    Error::Unavailable("the password of the account is being changed; try again".into())
}

fn disabled() -> Error {
    Error::Forbidden("the account is disabled".into())
}
