//! What whoever runs the server does to accounts on the command line, also beside the running server.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::{Auth, account::Credentials, notices};
use crate::{clock, error::Error, password, sql};

/// An account as the command line needs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known {
    /// Its id.
    pub id: i64,
    /// Whether it may log in.
    pub is_active: bool,
    /// The word of its role; empty, which no rule names, where it has none.
    pub role: &'static str,
}

/// How often it is looked whether the server has heard.
const LOOK_EVERY: Duration = Duration::from_millis(20);

impl Auth {
    /// The account with this e-mail address.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the database is busy.
    pub async fn known(&self, email: &str) -> Result<Option<Known>, Error> {
        let Some(Credentials { id, is_active, .. }) = self.find(email).await? else { return Ok(None) };
        let rows = self.db.read(self.account.select_standing(id)).await?;
        Ok(Some(Known { id, is_active, role: self.account.account(rows.first(), 0).role }))
    }

    /// Sets the password of an account, whatever it was, and ends all its sessions.
    ///
    /// # Errors
    /// [`Error::Invalid`] on `password`; [`Error::NotFound`] when the account has gone meanwhile.
    pub async fn set_password(&self, account: i64, new: &str) -> Result<(), Error> {
        password::check(new).map_err(|(code, message)| Error::fault("password", code, message))?;
        let hash = password::hash(new.to_owned(), self.settings.bcrypt_cost).await?;
        let (table, now) = (self.account, clock::format_us(self.now_us()));
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    if tx.query(table.select_by_id(account)).await?.is_empty() {
                        return Err(Error::NotFound("the account is there no more".into()));
                    }
                    tx.query(table.change_hash(account, hash, now)).await?;
                    tx.query(sql::end_sessions(account)).await?;
                    Ok(())
                })
            })
            .await
    }

    /// Waits until the server of the same database has heard of what this process did, for at most `limit`; whether it
    /// has.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the database is busy.
    pub async fn await_server(&self, limit: Duration) -> Result<bool, Error> {
        let deadline = Instant::now() + limit;
        let leave = notices::leave();
        let left = self.db.write(move |tx| Box::pin(async move { Ok(tx.query(leave).await?) })).await?;
        let number = left.first().and_then(|row| row.int(0));
        let number = number.ok_or_else(|| Error::Internal("a notice was given no number".into()))?;
        while !self.db.read(notices::find(number)).await?.is_empty() {
            if Instant::now() >= deadline {
                return Ok(false);
            }
            sleep(LOOK_EVERY).await;
        }
        Ok(true)
    }
}
