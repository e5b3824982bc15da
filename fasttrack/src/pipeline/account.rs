//! What an application does to accounts by itself: no rule is asked, and no hook runs. Everything else is as after a
//! request; what follows from it for sessions is not decided here.

use std::sync::Arc;

use futures_util::FutureExt;

use super::{
    cascade::Cascade,
    engine::{Engine, Setup},
    update,
};
use crate::{
    db::{Arg, Db, Tx},
    error::Error,
    outbox::OutboxListener,
    schema::{Catalog, LinkError},
};

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
