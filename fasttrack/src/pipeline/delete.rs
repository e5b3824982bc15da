//! `DELETE`: a row goes, and with it what hangs on it.

use std::sync::Arc;

use futures_util::FutureExt;

use super::{
    Pipeline,
    change::arguments,
    engine::Engine,
    files,
    history::{self, Note},
    hooked::{Hooked, Hooking, Turn},
    outbox::{self, Act},
    precondition::{self, Asked},
    refusal, sets, timetable, values,
};
use crate::{
    clock,
    db::{Arg, DbError, Row, Tx},
    error::Error,
    job::RawChange,
    precondition::Preconditions,
    principal::Principal,
    schema::{Change, Verb},
    sql::{self, CallerRole, Predicate, Template},
};

impl Pipeline {
    /// Deletes a row.
    ///
    /// # Errors
    /// 401, 403, 404; 409 while something refers to it that may not lose it; 503.
    pub async fn delete(&self, resource: usize, id: i64, who: &Principal) -> Result<(), Error> {
        self.remove(Asked { resource, who, preconditions: &Preconditions::default() }, id).await
    }

    /// The same, where the row is as is asked.
    ///
    /// # Errors
    /// As [`delete`](Self::delete); [`Error::PreconditionFailed`].
    pub(super) async fn remove(&self, asked: Asked<'_>, id: i64) -> Result<(), Error> {
        let mut removal = self.removal(asked, id)?;
        let turn = self.hooking.turn(removal.followed()).await?;
        removal.follow(&self.hooking, turn.as_ref())?;
        self.db.write(move |tx| async move { removal.apply(tx).await }.boxed()).await
    }

    /// What deletes a row.
    ///
    /// # Errors
    /// What stands against it whatever the database holds.
    pub(super) fn removal(&self, asked: Asked<'_>, id: i64) -> Result<Removal, Error> {
        let Asked { resource, who, preconditions } = asked;
        let engine = self.engine(resource)?;
        let Some(plan) = engine.plan(CallerRole::of(who)) else { return Err(refusal::log_in()) };
        if plan.delete.is_never() && !(engine.schema.conceal && who.caller().is_some()) {
            return Err(refusal::forbidden(who, Verb::Delete.name(), engine.schema, id));
        }
        Ok(Removal {
            engine: Arc::clone(engine),
            resource,
            who: who.clone(),
            id,
            policy: plan.delete.clone(),
            read: plan.read.clone(),
            seen: (!plan.seen.is_always()).then(|| plan.seen.clone()),
            shown: plan.shown.clone(),
            preconditions: preconditions.clone(),
            hooked: None,
        })
    }
}

/// A row that is to go.
#[derive(Clone)]
pub(super) struct Removal {
    engine: Arc<Engine>,
    resource: usize,
    who: Principal,
    id: i64,
    policy: Predicate,
    read: Predicate,
    /// Which rows the caller may see; `None` where it may see any.
    seen: Option<Predicate>,
    /// What reads the row as the caller is shown it, where that is not all of it.
    shown: Option<Template>,
    preconditions: Preconditions,
    hooked: Option<Hooked>,
}

impl Removal {
    /// How many resources have hooks of which it deletes rows itself.
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

    /// Deletes the row.
    ///
    /// # Errors
    /// What stands against it. Where nothing else is to be undone, the transaction can go on.
    pub(super) async fn apply(mut self, tx: &mut Tx) -> Result<(), Error> {
        let hooked = self.hooked.take();
        let mut before = self.look(tx).await?;
        let json = before.take_bytes(2).unwrap_or_default();
        self.check_preconditions(tx, &json).await?;
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
        files::let_go(tx, effects, self.id).await?;
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

    async fn check_preconditions(&self, tx: &mut Tx, whole: &[u8]) -> Result<(), Error> {
        let seen = self.seen.as_ref().filter(|seen| !self.policy.implies(seen));
        let row = precondition::Row { engine: &self.engine, id: self.id, whole, seen, shown: self.shown.as_ref() };
        precondition::check(&self.preconditions, tx, &self.who, row).await
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
