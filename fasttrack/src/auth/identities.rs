//! Accounts that log in elsewhere: which account is meant by whom a provider has sent.
//!
//! One is found by the provider and by whom it means. By an e-mail address it is found once, and only where both sides have
//! confirmed that it is his: otherwise whoever has made an account with an address of somebody else's, here or there, would
//! share one with him. An account with a second factor is asked for it here, too.

use futures_util::FutureExt;

use super::{
    Auth, Client,
    account::{AccountTable, Credentials},
    login::{ATTEMPTS, account_in_flux},
};
use crate::{
    clock::{self, SECOND_US},
    db::{Reads, Statement, Tx},
    error::Error,
    oidc::Person,
    pipeline::{Pipeline, Vouched},
    principal::Caller,
    query::{FoundById, PageById},
    sql::{self, Subject},
};

/// What a ticket is sealed for.
const TICKET: &[u8] = b"ticket";

/// How long one is good: as long as it takes to find a telephone.
const TICKET_US: i64 = 5 * 60 * SECOND_US;

/// What a log-in elsewhere comes to.
#[derive(Debug)]
pub enum Elsewhere {
    /// The JSON of the first pair of tokens of a session.
    Open(Vec<u8>),
    /// The account has a second factor: who holds this has shown all but its code.
    CodeAsked(String),
}

impl Auth {
    /// Opens a session for whom a provider, which is called so here, has sent.
    ///
    /// # Errors
    /// [`Error::Conflict`] when the address belongs to an account that has not confirmed it; [`Error::Forbidden`] when there is
    /// no account, and none is made: because the provider has not confirmed the address, or because the application lets nobody
    /// register; when the account is disabled; [`Error::Invalid`] when accounts need what the provider does not know.
    pub async fn log_in_elsewhere(
        &self,
        pipeline: &Pipeline,
        (provider, person): (&str, Person),
        client: Client,
    ) -> Result<Elsewhere, Error> {
        let account = self.find_person(pipeline, provider, person).await?;
        if self.has_second_factor(account).await? {
            return Ok(Elsewhere::CodeAsked(self.ticket(account)?));
        }
        self.open_known(account, client).await.map(Elsewhere::Open)
    }

    /// Opens the session for which a second factor was asked.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] for a ticket that is not good, or not any more, and for a wrong code; [`Error::OverLimit`]
    /// after too many of them.
    pub async fn finish_elsewhere(&self, ticket: &str, code: &str, client: Client) -> Result<Vec<u8>, Error> {
        let account = self.open_ticket(ticket).ok_or_else(|| {
            Error::Unauthenticated("the ticket is not good, or not any more; begin the log-in anew".into())
        })?;
        self.check_second_factor(account, Some(code)).await?;
        self.open_known(account, client).await
    }

    /// One page of what the caller's account is elsewhere.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the database is busy.
    pub async fn identities(&self, caller: &Caller, page: &PageById) -> Result<FoundById, Error> {
        self.identities_in(Reads::Now(&self.db), caller, page).await
    }

    /// The same from there.
    ///
    /// # Errors
    /// As [`Self::identities`].
    pub async fn identities_in(
        &self,
        mut reads: Reads<'_>,
        caller: &Caller,
        page: &PageById,
    ) -> Result<FoundById, Error> {
        Ok(page.found(reads.read(sql::identities(self.db.dialect(), caller.id, page)).await?))
    }

    /// Ends one of them: nobody logs in with it any more.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the caller has none of this id.
    pub async fn end_identity(&self, caller: &Caller, id: i64) -> Result<(), Error> {
        let end = sql::end_identity(id, caller.id);
        let ended = self.db.write(move |tx| async move { Ok(tx.query(end).await?) }.boxed()).await?;
        if ended.is_empty() { Err(Error::NotFound(format!("identity {id} does not exist").into())) } else { Ok(()) }
    }

    /// The account of somebody, which is made where there is none.
    async fn find_person(&self, pipeline: &Pipeline, provider: &str, person: Person) -> Result<i64, Error> {
        let Person { issuer, subject, verified_email, name } = person;
        let who = Subject { issuer, subject };
        let now = clock::format_us(self.now_us());
        let mut verified_email = Some(verified_email);
        let mut known_email = None;
        let mut refused = Error::Unavailable("the account is being changed; try again".into());
        for _ in 0..ATTEMPTS {
            let known = sql::use_identity(who.clone(), now.clone());
            let known = self.db.write(move |tx| async move { Ok(tx.query(known).await?) }.boxed()).await?;
            if let Some(account) = known.first().and_then(|row| row.int(0)) {
                return Ok(account);
            }
            if let Some(asked) = verified_email.take() {
                known_email = asked?;
            }
            let Some(email) = &known_email else {
                return Err(Error::Forbidden(
                    "the provider has not confirmed your e-mail address: confirm it there, or register here".into(),
                ));
            };
            let (here, there, since) = (provider.to_owned(), who.clone(), now.clone());
            let link = move |account| sql::add_identity(account, here, there, since);
            let linked = if let Some(known) = self.find(email).await? {
                self.link(known.id, email, link(known.id)).await?
            } else {
                let vouched = Vouched { email, name: name.as_deref() };
                match pipeline.register_vouched(vouched, link).await {
                    // Somebody else has just done the same; or he himself has, twice. Or another field is somebody's.
                    Err(Error::Conflict(why)) => {
                        refused = Error::Conflict(why);
                        None
                    }
                    made => Some(made?),
                }
            };
            if let Some(account) = linked {
                return Ok(account);
            }
        }
        Err(refused)
    }

    /// Notes that an account is somebody's elsewhere, if it has confirmed the address: its id, unless it is other by now.
    async fn link(&self, account: i64, email: &str, link: Statement) -> Result<Option<i64>, Error> {
        let (table, email) = (self.account, email.to_owned());
        self.db.write(move |tx| async move { link_confirmed(tx, table, (account, email), link).await }.boxed()).await
    }

    /// What shows for a while that its holder has logged in to an account, but for the second factor.
    fn ticket(&self, account: i64) -> Result<String, Error> {
        let until_us = self.now_us().saturating_add(TICKET_US);
        self.settings.keys.seal(TICKET, format!("{account} {until_us}").as_bytes())
    }

    /// The account of a ticket that is good.
    fn open_ticket(&self, ticket: &str) -> Option<i64> {
        let bytes = self.settings.keys.open(TICKET, ticket).ok()?;
        let (account, until_us) = std::str::from_utf8(&bytes).ok()?.split_once(' ')?;
        let until_us: i64 = until_us.parse().ok()?;
        account.parse().ok().filter(|_| self.now_us() < until_us)
    }

    /// Opens a session for an account.
    async fn open_known(&self, account: i64, client: Client) -> Result<Vec<u8>, Error> {
        for _ in 0..ATTEMPTS {
            let rows = self.db.read(self.account.select_by_id(account)).await?;
            let known = rows.first().and_then(Credentials::of);
            let known = known.ok_or_else(|| Error::Unauthenticated("the account is gone".into()))?;
            if let Some(pair) = self.open(known, None, client.clone()).await? {
                return self.tokens.render(&pair, pair.issued_at_s);
            }
        }
        Err(account_in_flux())
    }
}

async fn link_confirmed(
    tx: &mut Tx,
    table: AccountTable,
    (account, email): (i64, String),
    link: Statement,
) -> Result<Option<i64>, Error> {
    let rows = tx.query(table.lock_addressee(account)).await?;
    let Some(addressee) = rows.first().and_then(AccountTable::addressee) else { return Ok(None) };
    if !addressee.address.eq_ignore_ascii_case(&email) {
        return Ok(None);
    }
    if !addressee.is_verified {
        return Err(Error::Conflict(
            "there is an account with this e-mail address, which it has not confirmed: log in to it with its password, or set a \
             new one, and confirm the address first"
                .into(),
        ));
    }
    Ok((!tx.query(link).await?.is_empty()).then_some(account))
}
