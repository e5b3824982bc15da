//! `POST …/restore`: a row that was deleted and is kept is there again, and with it what went in the same deletion.

use std::sync::Arc;

use futures_util::FutureExt;

use super::{
    Changed, Pipeline,
    engine::{self, Engine},
    hooked::{Hooked, Hooking, Turn},
    kept::Astray,
    refusal, values,
};
use crate::{
    clock,
    db::{Arg, Row, Tx},
    error::Error,
    job::RawChange,
    principal::Principal,
    schema::{Catalog, LinkError, Model, Verb},
    sql::{self, CallerRole, Predicate, Template},
    words::{with_article, words},
};

/// Whether everybody sees what he may restore.
#[must_use]
pub fn what_returns_is_seen(catalog: &Catalog, model: &Model) -> bool {
    let is_seen = |role| -> Result<bool, LinkError> {
        let policy = |verb| engine::policy(catalog, model, verb, role);
        let seen = Predicate::any([policy(Verb::Read)?, policy(Verb::List)?]);
        let restore = policy(Verb::Restore)?;
        Ok(restore.is_never() || restore.implies(&seen))
    };
    CallerRole::every(catalog).into_iter().all(|role| is_seen(role).unwrap_or(false))
}

impl Pipeline {
    /// Restores a row, and returns it as JSON for whoever may see it.
    ///
    /// # Errors
    /// 401, 403, 404; 409 for a row that is not deleted, while what it refers to is, and where a value that is unique has
    /// been taken meanwhile; 503.
    pub async fn restore(&self, resource: usize, id: i64, who: &Principal) -> Result<Changed, Error> {
        let mut revival = self.revival(resource, id, who)?;
        let turn = self.hooking.turn(revival.followed()).await?;
        revival.follow(&self.hooking, turn.as_ref())?;
        self.db.write(move |tx| async move { revival.apply(tx).await }.boxed()).await
    }

    /// What restores a row.
    ///
    /// # Errors
    /// What stands against it whatever the database holds.
    pub(super) fn revival(&self, resource: usize, id: i64, who: &Principal) -> Result<Revival, Error> {
        let engine = self.engine(resource)?;
        let Some(plan) = engine.plan(CallerRole::of(who)) else { return Err(refusal::log_in()) };
        if plan.restore.is_never() && !(engine.schema.conceal && who.caller().is_some()) {
            return Err(refusal::forbidden(who, Verb::Restore.name(), engine.schema, id));
        }
        let look = sql::restorable(&engine.table, &plan.restore, &plan.read);
        let look = look.ok_or_else(|| Error::Internal(format!("{} keeps no deleted rows", engine.schema.name)))?;
        let engine = Arc::clone(engine);
        let (seen, shown) = (plan.seen.clone(), plan.shown.clone());
        Ok(Revival { engine, resource, who: who.clone(), id, look, seen, shown, hooked: None })
    }
}

/// A row that is to be there again.
#[derive(Clone)]
pub(super) struct Revival {
    engine: Arc<Engine>,
    resource: usize,
    who: Principal,
    id: i64,
    look: Template,
    seen: Predicate,
    /// What reads the row for its answer, where not all of it is shown.
    shown: Option<Template>,
    hooked: Option<Hooked>,
}

impl Revival {
    /// How many resources have hooks of which it restores rows itself.
    pub(super) fn followed(&self) -> usize {
        usize::from(self.engine.schema.hooks.is_some())
    }

    /// Has its hooks run in this turn.
    ///
    /// # Errors
    /// As [`Hooking::of`].
    pub(super) fn follow(&mut self, hooking: &Hooking, turn: Option<&Turn>) -> Result<(), Error> {
        self.hooked = hooking.of(self.engine.schema, turn)?;
        Ok(())
    }

    /// Restores the row.
    ///
    /// # Errors
    /// What stands against it. Where nothing else is to be undone, the transaction can go on.
    pub(super) async fn apply(mut self, tx: &mut Tx) -> Result<Changed, Error> {
        let hooked = self.hooked.take();
        let mut row = self.look(tx).await?;
        let (at, json) = (row.text(3).map(str::to_owned), row.take_bytes(4).unwrap_or_default());
        let noun = words(self.engine.schema.name);
        let Some(at) = at else { return Err(Error::Conflict(format!("{noun} {} is not deleted", self.id).into())) };
        if let Some(hooked) = &hooked {
            hooked.before_restore(tx, &self.who, &json).await?;
            // It may have changed what the rule asks.
            self.look(tx).await?;
        }
        let actor = self.who.caller().map_or(Arg::Null, |caller| Arg::Int(caller.id));
        let cascade = &self.engine.cascade;
        let stands_against = cascade.bring_back(tx, (self.resource, self.id), &at, &actor).await;
        let refused = |error| refusal::any(cascade.tables.iter().map(|table| table.schema), error);
        if let Some(astray) = stands_against.map_err(refused)? {
            return Err(self.refer_to_what_is_deleted(astray));
        }
        let json =
            self.read(tx, &Predicate::Always).await?.ok_or_else(|| Error::Internal("it did not return".into()))?;
        let is_seen = self.seen.is_always() || self.read(tx, &self.seen).await?.is_some();
        if let Some(hooked) = hooked {
            let actor = self.who.caller().map(|caller| caller.id);
            let change = RawChange { id: self.id, old: None, new: Some(json.clone()), actor, at: clock::now() };
            hooked.after_commit(tx, change);
        }
        let json = match &self.shown {
            Some(shown) => first(tx.query(shown.fill(values(self.id, &self.who))).await?).unwrap_or_default(),
            None => json,
        };
        Ok(Changed { json, is_seen })
    }

    /// Reads the row (three verdicts, when it was deleted, JSON) and decides whether the caller may restore it.
    async fn look(&self, tx: &mut Tx) -> Result<Row, Error> {
        let schema = self.engine.schema;
        let found = tx.query(self.look.fill(values(self.id, &self.who))).await?;
        let Some(row) = found.into_iter().next() else { return Err(refusal::not_found(schema, self.id)) };
        // Who would be let if what the rule goes through were there is told what is in the way, and nobody else.
        if row.int(0) != Some(1) && row.int(2) == Some(1) {
            let noun = words(schema.name);
            let why = format!("what {noun} {} hangs on is deleted; restore that first", self.id);
            return Err(Error::Conflict(why.into()));
        }
        refusal::judge(&row, &self.who, Verb::Restore.name(), schema, self.id)?;
        Ok(row)
    }

    async fn read(&self, tx: &mut Tx, policy: &Predicate) -> Result<Option<Vec<u8>>, Error> {
        let statement = sql::read(&self.engine.table, policy).fill(values(self.id, &self.who));
        Ok(first(tx.query(statement).await?))
    }

    fn refer_to_what_is_deleted(&self, Astray { from, column }: Astray) -> Error {
        let what = words(column.name);
        let whose = if from.name == self.engine.schema.name {
            format!("{} {}", words(from.name), self.id)
        } else {
            format!("{} that went with it", with_article(&words(from.name)))
        };
        Error::Conflict(format!("the {what} of {whose} is deleted; restore that first").into())
    }
}

/// The only cell of the only row.
fn first(mut rows: Vec<Row>) -> Option<Vec<u8>> {
    rows.first_mut().and_then(|row| row.take_bytes(0))
}
