//! `GET` on a row.

use std::sync::Arc;

use super::{
    Pipeline, Target,
    engine::Engine,
    expand,
    precondition::{self, Asked},
    refusal, values,
};
use crate::{
    db::Tx,
    error::Error,
    precondition::{Preconditions, Shown},
    principal::Principal,
    query::Shape,
    schema::Verb,
    sql::{self, CallerRole, Leaf, Predicate, Template},
};

/// A row that was read, as the caller is shown it.
#[derive(Debug)]
pub struct Found {
    /// Its plain representation, as JSON.
    pub plain: Vec<u8>,
    /// What is shown of it instead, where that was asked for.
    pub shown: Option<Vec<u8>>,
    /// Whether something is shown in it that changes without it: rows of others, and what may be done.
    pub holds_others: bool,
}

impl Pipeline {
    /// A row as JSON, as the caller is shown it.
    ///
    /// # Errors
    /// 401, 403 or 404 as the rule and the table say, 503.
    pub async fn read(&self, resource: usize, target: Target, who: &Principal) -> Result<Vec<u8>, Error> {
        self.read_shaped(resource, target, who, &Shape::default()).await.map(|found| found.plain)
    }

    /// The same, also with what is asked for besides or instead.
    ///
    /// # Errors
    /// As for [`read`](Self::read).
    pub async fn read_shaped(
        &self,
        resource: usize,
        target: Target,
        who: &Principal,
        asked: &Shape,
    ) -> Result<Found, Error> {
        let engine = self.engine(resource)?;
        let Some(plan) = engine.plan(CallerRole::of(who)) else { return Err(refusal::log_in()) };
        let template = match target {
            Target::Oneself => &plan.read_oneself,
            Target::Id(id) if plan.read.is_never() => return Err(refuse_unseen(engine, who, id)),
            Target::Id(_) => &plan.read_one,
        };
        if asked.is_plain() {
            return self.find(engine, target, who, template).await;
        }
        let oneself = target == Target::Oneself;
        let policy = if oneself { &Predicate::Always } else { &plan.read };
        let known = if oneself { &Predicate::Leaf(Leaf::Oneself) } else { &plan.read };
        let shown = expand::Shown { resource, plan, known, oneself, reads_only: who.reads_only() };
        let shape = self.shape(CallerRole::of(who), &shown, asked)?;
        let template = sql::read_shaped(plan.showing(Some(target)), policy, &shape);
        let holds_others = asked.can || !asked.expand.is_empty();
        Ok(Found { holds_others, ..self.find(engine, target, who, &template).await? })
    }

    /// The same with the fields that the caller is not shown, for code of the application.
    ///
    /// # Errors
    /// As for [`read`](Self::read).
    pub async fn read_whole(&self, resource: usize, id: i64, who: &Principal) -> Result<Vec<u8>, Error> {
        let engine = self.engine(resource)?;
        let plan = engine.plan(CallerRole::of(who)).filter(|plan| !plan.alone.view.is_whole() && !plan.read.is_never());
        let Some(plan) = plan else { return self.read(resource, Target::Id(id), who).await };
        self.find(engine, Target::Id(id), who, &sql::read(&engine.table, &plan.read)).await.map(|found| found.plain)
    }

    async fn find(
        &self,
        engine: &Engine,
        target: Target,
        who: &Principal,
        template: &Template,
    ) -> Result<Found, Error> {
        let id = target.id(who)?;
        let mut found = self.db.read(template.fill(values(id, who))).await?;
        let row = found.first_mut();
        match row.and_then(|row| Some((row.take_bytes(0)?, row.take_bytes(1)))) {
            Some((plain, None)) => Ok(Found { plain, shown: None, holds_others: false }),
            Some((shown, Some(plain))) => Ok(Found { plain, shown: Some(shown), holds_others: false }),
            None => Err(self.explain_unseen(engine, who, id, Verb::Read).await?),
        }
    }

    /// Why a row was not found: it is not there, or it is not for the caller.
    pub(super) async fn explain_unseen(
        &self,
        engine: &Engine,
        who: &Principal,
        id: i64,
        verb: Verb,
    ) -> Result<Error, Error> {
        if who.caller().is_none() {
            return Ok(refusal::log_in());
        }
        let there = self.db.read(sql::read(&engine.table, &Predicate::Always).fill(values(id, who))).await?;
        Ok(unseen(engine, who, (id, verb), !there.is_empty()))
    }

    /// What reads a row in a transaction, for who may read it.
    ///
    /// # Errors
    /// What stands against it whatever the database holds.
    pub(super) fn reading(&self, asked: Asked<'_>, target: Target) -> Result<Reading, Error> {
        let Asked { resource, who, preconditions } = asked;
        let (engine, id) = (self.engine(resource)?, target.id(who)?);
        let Some(plan) = engine.plan(CallerRole::of(who)) else { return Err(refusal::log_in()) };
        let template = match target {
            Target::Oneself => &plan.read_oneself,
            Target::Id(id) if plan.read.is_never() => return Err(refuse_unseen(engine, who, id)),
            Target::Id(_) => &plan.read_one,
        };
        let (engine, who, template) = (Arc::clone(engine), who.clone(), template.clone());
        Ok(Reading { engine, who, id, template, preconditions: preconditions.clone() })
    }
}

/// A row that is to be read in a transaction.
#[derive(Clone)]
pub(super) struct Reading {
    engine: Arc<Engine>,
    who: Principal,
    id: i64,
    template: Template,
    preconditions: Preconditions,
}

impl Reading {
    /// Reads it.
    ///
    /// # Errors
    /// What `GET` would answer.
    pub(super) async fn apply(self, tx: &mut Tx) -> Result<Vec<u8>, Error> {
        let values = values(self.id, &self.who);
        let found = tx.query(self.template.fill(values)).await?.first_mut().and_then(|row| row.take_bytes(0));
        let Some(json) = found else {
            let there = tx.query(sql::read(&self.engine.table, &Predicate::Always).fill(values)).await?;
            return Err(unseen(&self.engine, &self.who, (self.id, Verb::Read), !there.is_empty()));
        };
        let updated_at = precondition::updated_at(self.engine.schema);
        self.preconditions.check(Some(Shown { json: &json, updated_at })).map(|()| json)
    }
}

/// Why somebody is not shown a row.
fn unseen(engine: &Engine, who: &Principal, (id, verb): (i64, Verb), is_there: bool) -> Error {
    if is_there && !engine.schema.conceal {
        refusal::forbidden(who, verb.name(), engine.schema, id)
    } else {
        refusal::not_found(engine.schema, id)
    }
}

/// No row could be read: the answer is the same whether the row exists or not.
pub(super) fn refuse_unseen(engine: &Engine, who: &Principal, id: i64) -> Error {
    if engine.schema.conceal && who.caller().is_some() {
        return refusal::not_found(engine.schema, id);
    }
    refusal::forbidden(who, Verb::Read.name(), engine.schema, id)
}
