//! `DELETE`: a row goes, and with it what hangs on it.

use std::sync::Arc;

use futures_util::FutureExt;

use super::{
    Pipeline,
    change::arguments,
    engine::Engine,
    history::{self, Note},
    hooked::Hooked,
    outbox::{self, Act},
    refusal, sets, timetable, values,
};
use crate::{
    clock,
    db::{Arg, DbError, Row, Tx},
    error::Error,
    job::RawChange,
    principal::Principal,
    schema::{Change, Verb},
    sql::{self, CallerRole, Predicate},
};

impl Pipeline {
    /// Deletes a row.
    ///
    /// # Errors
    /// 401, 403, 404; 409 while something refers to it that may not lose it; 503.
    pub async fn delete(&self, resource: usize, id: i64, who: &Principal) -> Result<(), Error> {
        let engine = self.engine(resource)?;
        let Some(plan) = engine.plan(CallerRole::of(who)) else { return Err(refusal::log_in()) };
        if plan.delete.is_never() && !(engine.schema.conceal && who.caller().is_some()) {
            return Err(refusal::forbidden(who, Verb::Delete.name(), engine.schema, id));
        }
        let hooked = self.hooking.of(engine.schema).await?;
        let removal = Removal {
            engine: Arc::clone(engine),
            resource,
            who: who.clone(),
            id,
            policy: plan.delete.clone(),
            read: plan.read.clone(),
        };
        self.db.write(move |tx| async move { removal.apply(tx, hooked).await }.boxed()).await
    }
}

#[derive(Clone)]
struct Removal {
    engine: Arc<Engine>,
    resource: usize,
    who: Principal,
    id: i64,
    policy: Predicate,
    read: Predicate,
}

impl Removal {
    async fn apply(self, tx: &mut Tx, hooked: Option<Hooked>) -> Result<(), Error> {
        let mut before = self.look(tx).await?;
        let json = before.take_bytes(2).unwrap_or_default();
        if let Some(hooked) = &hooked {
            hooked.before_delete(tx, &self.who, &json).await?;
            // It may have changed what the rule asks.
            self.look(tx).await?;
        }
        self.tell(tx, &before).await?;
        let actor = self.who.caller().map_or(Arg::Null, |caller| Arg::Int(caller.id));
        let schema = self.engine.schema;
        let refuse = |error| refusal::database(schema, error);
        let (at, is_cleared) = self.clear(tx, &actor).await.map_err(refuse)?;
        let policy = if is_cleared { &Predicate::Always } else { &self.policy };
        let statement = sql::delete(&self.engine.table, policy, &at).fill(values(self.id, &self.who));
        let gone = tx.query(statement).await.map_err(refuse)?;
        if gone.is_empty() {
            return Err(refusal::forbidden(&self.who, Verb::Delete.name(), schema, self.id));
        }
        if let Some(hooked) = hooked {
            let actor = self.who.caller().map(|caller| caller.id);
            let change = RawChange { id: self.id, old: Some(json), new: None, actor, at: clock::now() };
            hooked.after_commit(tx, change);
        }
        Ok(())
    }

    /// Takes along what hangs on the row; says at which instant it goes, and whether anything was done.
    async fn clear(&self, tx: &mut Tx, actor: &Arg) -> Result<(String, bool), DbError> {
        let Engine { schema, cascade, effects, .. } = &*self.engine;
        if schema.deleted().is_some() {
            let withdrawn = cascade.withdraw(tx, (self.resource, self.id), actor).await?;
            timetable::suspend(tx, effects, self.id).await?;
            history::write(tx, schema, [Note::moved(self.id, actor.clone(), Verb::Delete)]).await?;
            return Ok(withdrawn);
        }
        let is_cleared = cascade.clear(tx, self.resource, self.id, actor).await?;
        timetable::forget(tx, effects, self.id).await?;
        history::forget(tx, schema, self.id).await?;
        Ok((clock::now(), is_cleared))
    }

    /// Reads the row (two verdicts, JSON, every column) and decides whether the caller may delete it.
    async fn look(&self, tx: &mut Tx) -> Result<Row, Error> {
        let schema = self.engine.schema;
        self.engine.effects.counted.hold(tx, self.id).await?;
        sets::hold(tx, &self.engine.table, self.id, true).await?;
        let statement =
            sql::locked_state(&self.engine.table, &[&self.policy, &self.read], true).fill(values(self.id, &self.who));
        let Some(row) = tx.query(statement).await?.into_iter().next() else {
            return Err(refusal::not_found(schema, self.id));
        };
        refusal::judge(&row, &self.who, Verb::Delete.name(), schema, self.id)?;
        Ok(row)
    }

    async fn tell(&self, tx: &mut Tx, before: &Row) -> Result<(), Error> {
        for plan in self.engine.effects.plans.iter().filter(|plan| plan.change == Change::Deleted) {
            let act = Act {
                id: self.id,
                actor: self.who.caller().map_or(Arg::Null, |caller| Arg::Int(caller.id)),
                at: clock::now(),
                old: arguments(self.engine.schema.columns, before.0.get(3..).unwrap_or_default()),
            };
            outbox::write(tx, &self.engine.effects.listener, plan, vec![act]).await?;
        }
        Ok(())
    }
}
