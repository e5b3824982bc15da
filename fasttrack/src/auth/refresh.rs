//! From a refresh token to the next pair of tokens.
//!
//! What is to become of the session is decided in [`rotation`](super::rotation); here it is read, and the decision
//! carried out, in one transaction, so that of many requests with one token exactly one makes a new pair.

use super::{
    Auth,
    account::AccountTable,
    gate::{check_issue, session_ended},
    rotation::Decision,
    sessions::{Record, SessionTable, latest_end_us},
    token::{Pair, Token, Use, random_id},
};
use crate::{clock::SECOND_US, db::Tx, error::Error};

/// A refresh token on its way through the transaction.
#[derive(Clone)]
struct Rotation {
    token: Token,
    /// The id of the pair that it would lead to.
    child: String,
    now_us: i64,
    issued_at_s: i64,
    expires_at_us: i64,
    /// How long the session lives at most, however often it is refreshed; 0 for as long as it is.
    session_max_s: i64,
    grace_us: i64,
}

/// What a refresh token led to.
enum Outcome {
    /// This pair: a new one, or the same again.
    Pair(Pair),
    /// Nothing: the token was used a moment ago, by the client itself as it seems.
    Raced,
    /// The end of the session: the token had been used before.
    Reused,
    /// Nothing: the session is over.
    Ended,
}

impl Auth {
    /// Uses a refresh token up: the JSON of the next pair of tokens.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] for anything but the refresh token that is due. One that was used before ends its
    /// session, but for the one used last when that was less than 10 s ago, or is still within
    /// [`Settings::refresh_grace_s`](super::Settings).
    pub async fn refresh(&self, refresh_token: &str) -> Result<Vec<u8>, Error> {
        let now_us = self.now_us();
        let token = self.tokens.verify(refresh_token, now_us.div_euclid(SECOND_US))?;
        if token.issued_later_s.is_some() {
            let (_, session) = self.standing(token.user, token.session, now_us).await?;
            check_issue(&token, &session)?;
        }
        if token.kind != Use::Refresh {
            let (_, session) = self.standing(token.user, token.session, now_us).await?;
            self.note_presented(&token, &session, now_us).await?;
            return Err(Error::Unauthenticated("this is an access token; send the refresh token".into()));
        }
        match self.rotate(token, now_us).await? {
            Outcome::Pair(pair) => self.tokens.render(&pair, now_us.div_euclid(SECOND_US)),
            Outcome::Ended => Err(session_ended()),
            Outcome::Raced => Err(Error::Unauthenticated(
                "the refresh token was used a moment ago; go on with the tokens that were answered then".into(),
            )),
            Outcome::Reused => Err(Error::Unauthenticated(
                "the refresh token was used before, so its session has been ended; log in again".into(),
            )),
        }
    }

    async fn rotate(&self, token: Token, now_us: i64) -> Result<Outcome, Error> {
        let issued_at_s = now_us.div_euclid(SECOND_US);
        let expires_at_us = self.tokens.refresh_expiry_s(issued_at_s).saturating_mul(SECOND_US);
        let grace_us = self.settings.refresh_grace_s.saturating_mul(SECOND_US);
        let (child, session_max_s) = (random_id()?, self.settings.session_max_s);
        let rotation = Rotation { token, child, now_us, issued_at_s, expires_at_us, session_max_s, grace_us };
        let account = self.account;
        self.db.write(move |tx| Box::pin(async move { rotation.carry_out(tx, &account).await })).await
    }
}

impl Rotation {
    /// A refusal is an outcome and no error, since what led to it has to be committed.
    async fn carry_out(self, tx: &mut Tx, accounts: &AccountTable) -> Result<Outcome, Error> {
        let id = self.token.session;
        let sessions = SessionTable(tx.dialect());
        let rows = tx.query(sessions.lock(id)).await?;
        let record = rows.first().and_then(|row| Record::of(id, row)).filter(|own| own.pair.user == self.token.user);
        let Some(record) = record else { return Ok(Outcome::Ended) };
        let rows = tx.query(accounts.select_standing(self.token.user)).await?;
        let account = accounts.account(rows.first(), 0);
        if !account.is_active {
            return Ok(Outcome::Ended);
        }
        match record.state.decide(&self.token.pair, self.now_us, self.grace_us) {
            Decision::Expired => Ok(Outcome::Ended),
            Decision::Refuse => Ok(Outcome::Raced),
            Decision::Repeat => Ok(Outcome::Pair(record.pair)),
            Decision::Revoke => {
                tx.query(SessionTable::end(id)).await?;
                Ok(Outcome::Reused)
            }
            Decision::Rotate => {
                let Self { child, issued_at_s, .. } = self;
                let child = Pair { id: child, role: account.role.into(), issued_at_s, ..record.pair };
                let latest_us = latest_end_us(record.opened_at_us, self.session_max_s);
                if latest_us <= self.now_us {
                    // The setting is newer than the session.
                    tx.query(SessionTable::end(id)).await?;
                    return Ok(Outcome::Ended);
                }
                tx.query(sessions.rotate(&child, self.now_us, self.expires_at_us.min(latest_us))).await?;
                Ok(Outcome::Pair(child))
            }
        }
    }
}
