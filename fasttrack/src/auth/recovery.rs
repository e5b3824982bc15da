//! Who follows a link in a mail: a password is set, or an address is confirmed.
//!
//! Either says that whoever follows it reads the mail of the address, so a password that was set so confirms the address, too.

use futures_util::FutureExt;

use super::{
    Auth,
    account::AccountTable,
    links::{Purpose, digest},
};
use crate::{clock, db::Tx, error::Error, password, pipeline::Confirmation, sql};

/// The purposes of links that set a password.
const SETS_PASSWORD: [&str; 2] = [Purpose::Reset.word(), Purpose::Invite.word()];

/// Those of links that confirm an address.
const CONFIRMS: [&str; 1] = [Purpose::Verify.word()];

impl Auth {
    /// Sets the password of the account that a link was sent to, whatever it was, ends all its sessions and other links, and
    /// notes that its address is confirmed; where it was not before, all API keys end as well.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] for anything but a good link; [`Error::Invalid`] on `password`; [`Error::Unavailable`] when
    /// too many passwords are being hashed.
    pub async fn reset_password(&self, token: &str, new: &str, confirmation: Confirmation) -> Result<(), Error> {
        password::check(new).map_err(|(code, message)| Error::fault("password", code, message))?;
        let now = clock::format_us(self.now_us());
        // Nobody has a password hashed without a link.
        let look = sql::find_link(self.db.dialect(), &SETS_PASSWORD, digest(token), now.clone());
        if self.db.read(look).await?.is_empty() {
            return Err(no_link());
        }
        let hash = password::hash(new.to_owned(), self.settings.bcrypt_cost).await?;
        let (table, digest, throttle) = (self.account, digest(token), self.throttle.clone());
        self.db
            .write(move |tx| {
                async move {
                    let Followed { account, address, was_verified } =
                        follow(tx, &table, (&SETS_PASSWORD, digest), now.clone()).await?;
                    tx.query(table.change_hash(account, hash, now)).await?;
                    tx.query(sql::end_sessions(account)).await?;
                    if !was_verified {
                        // Whoever made the account may have been somebody else, who has only typed the address.
                        tx.query(sql::end_keys(account)).await?;
                    }
                    for forgive in throttle.forgive(account, &address) {
                        tx.query(forgive).await?;
                    }
                    confirmation.confirm(tx, account).await
                }
                .boxed()
            })
            .await
    }

    /// Notes that the address is confirmed which a link was sent to.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] for anything but a good link.
    pub async fn verify_address(&self, token: &str, confirmation: Confirmation) -> Result<(), Error> {
        let (table, digest, now) = (self.account, digest(token), clock::format_us(self.now_us()));
        self.db
            .write(move |tx| {
                async move {
                    let followed = follow(tx, &table, (&CONFIRMS, digest), now).await?;
                    confirmation.confirm(tx, followed.account).await
                }
                .boxed()
            })
            .await
    }
}

/// Whose link was followed.
struct Followed {
    account: i64,
    address: String,
    /// Whether he had shown before that he reads mail sent there.
    was_verified: bool,
}

/// Uses a link up, if it is good.
async fn follow(
    tx: &mut Tx,
    table: &AccountTable,
    (purposes, digest): (&[&str], String),
    now: String,
) -> Result<Followed, Error> {
    let rows = tx.query(sql::use_link(tx.dialect(), purposes, digest, now)).await?;
    let link = rows.first().and_then(|row| row.int(0).zip(row.text(1).map(str::to_owned)));
    let (account, address) = link.ok_or_else(no_link)?;
    let rows = tx.query(table.lock_addressee(account)).await?;
    let addressee = rows.first().and_then(AccountTable::addressee);
    // What changes either ends the links; they are bound to both nevertheless.
    let addressee = addressee.filter(|addressee| addressee.is_active && addressee.address == address);
    let was_verified = addressee.ok_or_else(no_link)?.is_verified;
    Ok(Followed { account, address, was_verified })
}

fn no_link() -> Error {
    Error::Unauthenticated("the link is not good, or not any more; ask for a new one".into())
}
