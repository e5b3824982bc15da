//! What every request passes: from an `Authorization` header to the caller.

use std::sync::{Arc, atomic::Ordering};

use super::{
    Auth,
    account::Account,
    api_keys,
    sessions::{Live, Record, SessionTable},
    token::{Token, Use, not_valid_yet},
};
use crate::{
    clock::SECOND_US,
    error::Error,
    principal::{Caller, Principal},
};

/// Somebody who came with an access token, or an API key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Admission {
    /// Who.
    pub caller: Caller,
    /// When the token expires, or the session before it, in microseconds since the Unix epoch.
    pub expires_at_us: i64,
}

/// How often at most the use of a session is written down.
const TOUCH_EVERY_US: i64 = 60 * SECOND_US;

impl Auth {
    /// Who is calling, by the value of the `Authorization` header (RFC 6750, section 2.1).
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] for anything but a good access token of a live session of an active account;
    /// [`Error::Unavailable`] when the database had to be asked and could not answer.
    pub async fn authenticate(&self, authorization: Option<&str>) -> Result<Principal, Error> {
        let Some(header) = authorization else { return Ok(Principal::Anonymous) };
        Ok(Principal::Account(self.admit_bearer(header).await?.caller))
    }

    /// Who is calling, by the value of the `Authorization` header, and until when.
    ///
    /// # Errors
    /// As [`Self::authenticate`].
    pub async fn admit_bearer(&self, authorization: &str) -> Result<Admission, Error> {
        self.admit(bearer(authorization)?).await
    }

    /// Who is calling, by the access token itself, and until when.
    ///
    /// # Errors
    /// As [`Self::authenticate`].
    pub async fn admit(&self, token: &str) -> Result<Admission, Error> {
        if api_keys::is_key(token) {
            return self.admit_key(token).await;
        }
        let now_us = self.now_us();
        let token = self.tokens.verify(token, now_us.div_euclid(SECOND_US))?;
        let (account, session) = self.standing(token.user, token.session, now_us).await?;
        check_issue(&token, &session)?;
        self.note_presented(&token, &session, now_us).await?;
        if token.kind != Use::Access {
            return Err(Error::Unauthenticated("this is a refresh token; send the access token".into()));
        }
        self.note_use(token.session, &session, now_us);
        let caller = Caller { id: token.user, role: account.role, session: token.session, reads_only: false };
        // The session may have an end of its own (`SESSION_MAX_DAYS`), which connections that stay open do not outlive either.
        let expires_at_us = token.expires_at_s.saturating_mul(SECOND_US).min(session.expires_at_us);
        Ok(Admission { caller, expires_at_us })
    }

    /// Whether somebody who was admitted before still would be, and with which role: for connections that stay open.
    ///
    /// # Errors
    /// As [`Self::authenticate`]. The expiry of the token is not looked at.
    pub async fn recheck(&self, caller: &Caller) -> Result<Caller, Error> {
        if let Some(key) = caller.key() {
            return Ok(self.recheck_key(key).await?.caller);
        }
        let (account, _) = self.standing(caller.id, caller.session, self.now_us()).await?;
        Ok(Caller { role: account.role, ..caller.clone() })
    }

    /// The account and its session, if both are as they should be.
    pub(super) async fn standing(
        &self,
        user: i64,
        session: i64,
        now_us: i64,
    ) -> Result<(Arc<Account>, Arc<Live>), Error> {
        let account = self.account(user).await?;
        if !account.is_active {
            return Err(Error::Unauthenticated("the account is disabled".into()));
        }
        match self.session(session, account.version).await? {
            Some(live) if live.user == user && now_us < live.expires_at_us => Ok((account, live)),
            _ => Err(session_ended()),
        }
    }

    /// Notes the first presentation of a token of the last pair, before the request is answered: from then on the
    /// parent's refresh token gets nothing any more.
    pub(super) async fn note_presented(&self, token: &Token, session: &Arc<Live>, now_us: i64) -> Result<(), Error> {
        if token.pair != session.pair || session.used.load(Ordering::Acquire) {
            return Ok(());
        }
        let statement = self.sessions.mark_used(token.session, &token.pair, now_us);
        let session = Arc::clone(session);
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    tx.query(statement).await?;
                    // Not before the commit: others that come with this pair must not be answered before it either.
                    tx.after_commit(move || session.used.store(true, Ordering::Release));
                    Ok(())
                })
            })
            .await
    }

    /// Writes down now and then that the session is in use. The request does not wait for it, and nothing depends on it.
    fn note_use(&self, id: i64, session: &Live, now_us: i64) {
        let last_us = session.last_used_at_us.load(Ordering::Relaxed);
        if now_us.saturating_sub(last_us) < TOUCH_EVERY_US {
            return;
        }
        let turn = session.last_used_at_us.compare_exchange(last_us, now_us, Ordering::Relaxed, Ordering::Relaxed);
        if turn.is_err() {
            return;
        }
        let db = self.db.clone();
        let statement = SessionTable::touch(id, now_us);
        tokio::spawn(async move {
            let written = db.write(move |tx| Box::pin(async move { Ok(tx.query(statement).await.map(drop)?) })).await;
            if let Err(error) = written {
                tracing::debug!(%error, session = id, "the use of a session was not written down");
            }
        });
    }

    pub(super) async fn account(&self, id: i64) -> Result<Arc<Account>, Error> {
        if let Some(account) = self.listener.accounts.get(id) {
            return Ok(account);
        }
        let epoch = self.listener.accounts.epoch();
        let rows = self.db.read(self.account.select_standing(id)).await?;
        let account = Arc::new(self.account.account(rows.first(), epoch.number()));
        self.listener.accounts.keep(id, Arc::clone(&account), epoch);
        Ok(account)
    }

    /// The session, if it has not ended. One that has is remembered too: it never comes back.
    async fn session(&self, id: i64, account_version: u64) -> Result<Option<Arc<Live>>, Error> {
        match self.listener.sessions.get(id) {
            Some(Some(live)) if live.account_version == account_version => return Ok(Some(live)),
            Some(None) => return Ok(None),
            _ => {}
        }
        let epoch = self.listener.sessions.epoch();
        let rows = self.db.read(self.sessions.select(id)).await?;
        let record = rows.first().and_then(|row| Record::of(id, row));
        let live = record.map(|record| Arc::new(record.into_live(account_version)));
        self.listener.sessions.keep(id, live.clone(), epoch);
        Ok(live)
    }
}

/// A token whose time is still to come was given out by this server before its clock was set back, or by nobody.
pub(super) fn check_issue(token: &Token, session: &Live) -> Result<(), Error> {
    let Some(issued_at_s) = token.issued_later_s else { return Ok(()) };
    if token.pair == session.pair && issued_at_s == session.issued_at_s { Ok(()) } else { Err(not_valid_yet()) }
}

pub(super) fn session_ended() -> Error {
    Error::Unauthenticated("the session has ended; log in again".into())
}

fn bearer(header: &str) -> Result<&str, Error> {
    let (scheme, token) = header.split_once(' ').unwrap_or((header, ""));
    let token = token.trim_matches(' ');
    if !scheme.eq_ignore_ascii_case("bearer") || token.is_empty() {
        return Err(Error::Unauthenticated("the Authorization header has to be `Bearer <access token>`".into()));
    }
    Ok(token)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scheme_is_bearer_in_any_case() {
        for (header, token) in [
            ("Bearer a.b.c", Some("a.b.c")),
            ("bearer a.b.c", Some("a.b.c")),
            ("BEARER   a.b.c ", Some("a.b.c")),
            ("Bearer", None),
            ("Bearer ", None),
            ("", None),
            (" ", None),
            ("a.b.c", None),
            ("Basic YTpi", None),
            ("Bearera.b.c", None),
            ("Bearer\ta.b.c", None),
        ] {
            assert_eq!(bearer(header).ok(), token, "{header:?}");
        }
    }
}
