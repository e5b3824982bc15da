//! What an application does to accounts by itself: no rule is asked, and no hook runs. Everything else is as after a
//! request; what follows from it for sessions is not decided here.
//!
//! And what is asked of who changes the address of one: his own password, which [`Reauthentication`] compares.

use std::sync::Arc;

use futures_util::{FutureExt, future::BoxFuture};

use super::{
    Pipeline,
    cascade::Cascade,
    engine::{Engine, Setup},
    update,
};
use crate::{
    clock,
    db::{Arg, Db, Tx},
    error::Error,
    job::Letter,
    outbox::OutboxListener,
    principal::Caller,
    schema::{Catalog, Column, LinkError},
    sql,
};

/// Compares the password of whoever is calling.
pub trait Reauthentication: Send + Sync {
    /// The hash that the password was compared with, if it is the right one.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] for another one; [`Error::Unavailable`] when too many passwords are being compared.
    fn reauthenticate<'a>(&'a self, caller: &'a Caller, password: &'a str) -> BoxFuture<'a, Result<String, Error>>;
}

/// Notes that the address of an account is confirmed, where its declaration has a place for that.
#[derive(Clone)]
pub struct Confirmation {
    engine: Arc<Engine>,
    verified: Option<&'static Column>,
}

impl Confirmation {
    /// Notes it, in the transaction of what shows it.
    ///
    /// # Errors
    /// What the triggers meet.
    pub async fn confirm(&self, tx: &mut Tx, account: i64) -> Result<(), Error> {
        let Some(verified) = self.verified else { return Ok(()) };
        update::set(&self.engine, tx, account, vec![(verified, Arg::Int(1))]).await.map(drop)
    }
}

impl Pipeline {
    /// What notes that addresses are confirmed.
    ///
    /// # Errors
    /// [`Error::Internal`] without an account.
    pub fn confirmation(&self) -> Result<Confirmation, Error> {
        let engine = Arc::clone(self.engine(self.account)?);
        Ok(Confirmation { verified: engine.schema.verified(), engine })
    }

    /// Has a mail written to an account, some time soon; `asked` is JSON that says more of what for. Whether there is such an
    /// account is not looked at.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the database is busy.
    pub async fn post(&self, letter: Letter, account: i64, asked: Option<String>) -> Result<(), Error> {
        let engine = self.engine(self.account)?;
        let (resource, listener) = (engine.schema.name, Arc::clone(&engine.effects.listener));
        let now_us = clock::now_us();
        // What follows the request is not to be told from it by how long the next one takes.
        let due_us = now_us.saturating_add(some_of(self.options.letters_within_us));
        let instants = [now_us, due_us].map(clock::format_us);
        let enqueue = sql::enqueue_letter((resource, letter.job()), account, asked, instants);
        self.db
            .write(move |tx| {
                async move {
                    tx.query(enqueue).await?;
                    tx.wake(move || listener.jobs_written());
                    Ok(())
                }
                .boxed()
            })
            .await
    }
}

/// A number from 0 to `most`, which nobody can guess; 0 where there is no randomness.
fn some_of(most: i64) -> i64 {
    let mut bytes = [0; 4];
    match getrandom::fill(&mut bytes) {
        Ok(()) => i64::from(u32::from_be_bytes(bytes)).checked_rem(most.saturating_add(1)).unwrap_or_default(),
        Err(_) => 0,
    }
}

/// The accounts of an application.
pub struct Accounts {
    db: Db,
    engine: Arc<Engine>,
}

impl Accounts {
    /// Prepares everything that does not depend on who asks.
    ///
    /// # Errors
    /// [`LinkError`] when the declarations do not fit together.
    pub fn new(catalog: &Catalog, db: Db, listener: &Arc<dyn OutboxListener>) -> Result<Self, LinkError> {
        let account = catalog.account().ok_or_else(|| LinkError::unresolved("application", "account"))?;
        let setup = Setup { dialect: db.dialect(), catalog, listener };
        let cascade = Arc::new(Cascade::of(setup)?);
        Ok(Self { db, engine: Arc::new(Engine::new(setup, account, cascade)?) })
    }

    /// Disables an account; whether there was an active one with this id.
    ///
    /// # Errors
    /// [`Error::Conflict`] for the last one that may manage others; [`Error::Unavailable`] when the database is busy.
    pub async fn disable(&self, id: i64) -> Result<bool, Error> {
        let engine = Arc::clone(&self.engine);
        self.db.write(move |tx| async move { disable(&engine, tx, id).await }.boxed()).await
    }
}

/// The same as part of a unit.
pub(super) async fn disable(engine: &Arc<Engine>, tx: &mut Tx, id: i64) -> Result<bool, Error> {
    let cannot = || Error::Internal(format!("{} cannot be disabled: it has no `is_active`", engine.schema.name));
    let is_active = engine.schema.column("is_active").ok_or_else(cannot)?;
    match update::set(engine, tx, id, vec![(is_active, Arg::Int(0))]).await {
        Err(Error::NotFound(_)) => Ok(false),
        outcome => outcome,
    }
}
