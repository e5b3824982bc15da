//! `POST`: a row comes into being, if the rule allows the row as it would be.

use std::sync::Arc;

use futures_util::FutureExt;

use super::{
    Pipeline,
    engine::Engine,
    hooked::Hooked,
    input::{Input, Purpose},
    refusal,
    rows::RowsPlan,
    values,
    verdict::{Creation, Executor},
};
use crate::{
    clock,
    db::{Arg, DbError, RowPlan, Tx},
    error::Error,
    job::RawChange,
    password,
    principal::Principal,
    schema::{Column, Kind, Verb},
    sql::{self, CallerRole, Predicate},
    wire::Object,
};

impl Pipeline {
    /// Creates a row and returns it as JSON.
    ///
    /// # Errors
    /// Whatever of [`Error`] the contract names for it: 401, 403, 404 (the parent), 409, 422, 503.
    pub async fn create(
        &self,
        resource: usize,
        parent: Option<i64>,
        who: &Principal,
        body: &Object<'_>,
    ) -> Result<Vec<u8>, Error> {
        let engine = self.engine(resource)?;
        let plan = engine.plan(CallerRole::of(who)).and_then(|plan| plan.create.as_ref());
        let Some(plan) = plan.filter(|plan| !plan.insert.policy.is_never()) else {
            return Err(refusal::forbidden_all(who, Verb::Create, engine.schema));
        };
        if who.caller().is_none() && engine.schema.columns.iter().any(|column| column.actor && !column.nullable) {
            return Err(refusal::log_in());
        }
        self.insert(Attempt { engine, plan, parent, who }, body).await
    }

    /// Creates an account for whoever asks, without a rule, and returns it as JSON.
    ///
    /// # Errors
    /// As [`create`](Self::create); a field that only some may set is a 403.
    pub async fn register(&self, body: &Object<'_>) -> Result<Vec<u8>, Error> {
        let engine = self.engine(self.account)?;
        self.insert(Attempt::registration(engine), body).await
    }

    /// Creates an account on behalf of whoever runs the server, with these fields whatever rule they have.
    ///
    /// # Errors
    /// As [`create`](Self::create).
    pub async fn register_as(&self, body: &Object<'_>, fields: &[(&str, Arg)]) -> Result<Vec<u8>, Error> {
        let engine = self.engine(self.account)?;
        let mut input = Input::read(engine.schema, Purpose::Create, body);
        for (key, arg) in fields {
            input.fields.extend(engine.schema.column_of_key(key).map(|column| (column, arg.clone())));
        }
        self.insert_input(Attempt::registration(engine), input).await
    }

    async fn insert(&self, attempt: Attempt<'_>, body: &Object<'_>) -> Result<Vec<u8>, Error> {
        let input = Input::read(attempt.engine.schema, Purpose::Create, body);
        let guards = &attempt.plan.insert.guards;
        input.refuse_fields(|key| guards.iter().any(|guard| guard.key == key && guard.policy.is_never()))?;
        self.insert_input(attempt, input).await
    }

    async fn insert_input(&self, attempt: Attempt<'_>, input: Input) -> Result<Vec<u8>, Error> {
        let Attempt { engine, plan, parent, who } = attempt;
        let mut row = row(engine, plan, parent, who, &input);
        let is_final = engine.schema.hooks.is_none();
        let creation = Creation { engine, plan, parent, who, input: &input, is_final };
        if !input.faults.is_empty() || !creation.broken(&row).is_empty() {
            return Err(creation.refusal(Executor::Db(&self.db), row).await?.unwrap_or_else(changed_meanwhile));
        }
        for (arg, column) in row.iter_mut().zip(engine.schema.columns) {
            if let (Kind::PasswordHash, Arg::Text(plain)) = (column.kind, &mut *arg) {
                *arg = Arg::Text(password::hash(std::mem::take(plain), self.options.bcrypt_cost).await?);
            }
        }
        if let Some(hooked) = self.hooking.of(engine.schema).await? {
            let (engine, plan, who) = (Arc::clone(engine), Arc::clone(plan), who.clone());
            let creation = HookedCreation { engine, plan, parent, who, input, row };
            return self.db.write(move |tx| async move { creation.apply(tx, hooked).await }.boxed()).await;
        }
        let created = self.db.insert(Arc::clone(plan) as Arc<dyn RowPlan>, row.clone()).await;
        match created {
            Ok(Some(json)) => Ok(json),
            // What it refers to can go between the look and the insertion.
            Ok(None) | Err(DbError::ForeignKey) => {
                Err(creation.refusal(Executor::Db(&self.db), row).await?.unwrap_or_else(changed_meanwhile))
            }
            Err(error) => Err(refusal::database(engine.schema, error)),
        }
    }
}

/// Who wants to create what, and where.
#[derive(Clone, Copy)]
struct Attempt<'a> {
    engine: &'a Arc<Engine>,
    plan: &'a Arc<RowsPlan>,
    parent: Option<i64>,
    who: &'a Principal,
}

impl<'a> Attempt<'a> {
    /// Somebody who has no account yet, and makes one.
    fn registration(engine: &'a Arc<Engine>) -> Self {
        Self { engine, plan: &engine.register, parent: None, who: &Principal::Anonymous }
    }
}

fn changed_meanwhile() -> Error {
    Error::Unavailable("the row changed meanwhile; try again".into())
}

/// A creation whose hooks run in its own unit; so it is never merged with others.
#[derive(Clone)]
struct HookedCreation {
    engine: Arc<Engine>,
    plan: Arc<RowsPlan>,
    parent: Option<i64>,
    who: Principal,
    input: Input,
    row: Vec<Arg>,
}

impl HookedCreation {
    async fn apply(mut self, tx: &mut Tx, hooked: Hooked) -> Result<Vec<u8>, Error> {
        let schema = self.engine.schema;
        if let Some(error) = self.refusal(tx, false).await? {
            return Err(error);
        }
        for (column, arg) in hooked.before_create(tx, &self.who, &self.row).await? {
            let cells = self.row.iter_mut().zip(schema.columns);
            for (cell, _) in cells.filter(|(_, other)| other.key == column.key) {
                *cell = arg.clone();
            }
        }
        if !self.creation(true).broken(&self.row).is_empty() {
            return Err(self.refusal(tx, true).await?.unwrap_or_else(changed_meanwhile));
        }
        let rows = std::slice::from_ref(&self.row);
        let created = self.plan.insert(tx, rows).await.map_err(|error| refusal::written(schema, error))?;
        let Some(json) = created.into_iter().next().flatten() else {
            return Err(self.refusal(tx, true).await?.unwrap_or_else(changed_meanwhile));
        };
        let id = id_of(&json)?;
        let whole = if self.plan.shows_all() {
            json.clone()
        } else {
            let row = sql::read(&self.engine.table, &Predicate::Always).fill(values(id, &self.who));
            tx.query(row).await?.first_mut().and_then(|row| row.take_bytes(0)).unwrap_or_default()
        };
        let change = RawChange {
            id,
            old: None,
            new: Some(whole),
            actor: self.who.caller().map(|caller| caller.id),
            at: clock::now(),
        };
        hooked.after_commit(tx, change);
        Ok(json)
    }

    async fn refusal(&self, tx: &mut Tx, is_final: bool) -> Result<Option<Error>, Error> {
        self.creation(is_final).refusal(Executor::Tx(tx), self.row.clone()).await
    }

    fn creation(&self, is_final: bool) -> Creation<'_> {
        let Self { engine, plan, parent, who, input, .. } = self;
        Creation { engine, plan, parent: *parent, who, input, is_final }
    }
}

/// The id of a row that was rendered.
fn id_of(json: &[u8]) -> Result<i64, Error> {
    #[derive(serde::Deserialize)]
    struct WithId {
        id: i64,
    }
    let row: WithId = serde_json::from_slice(json).map_err(|cause| Error::Internal(cause.to_string()))?;
    Ok(row.id)
}

/// The arguments of a row to be; the id is filled in by the writer.
fn row(engine: &Engine, plan: &RowsPlan, parent: Option<i64>, who: &Principal, input: &Input) -> Vec<Arg> {
    let now_us = clock::now_us();
    let now = clock::format_us(now_us);
    let caller = who.caller().map_or(Arg::Null, |caller| Arg::Int(caller.id));
    let value = |column: &Column| match column.kind {
        Kind::Id | Kind::DeletedAt => Arg::Null,
        Kind::CreatedAt | Kind::UpdatedAt => Arg::Text(now.clone()),
        _ if column.actor => caller.clone(),
        _ if engine.parent.as_ref().is_some_and(|parent| parent.key == column.key) => {
            parent.map_or(Arg::Null, Arg::Int)
        }
        _ => input.value_of(column),
    };
    let flags = plan.insert.guards.iter().map(|guard| Arg::Int(i64::from(input.sent.contains(&guard.key))));
    let columns = engine.schema.columns.iter().map(value);
    let moments = plan.insert.moments.iter().map(|moment| moment.at(now_us));
    columns.chain(std::iter::once(caller.clone())).chain(flags).chain(moments).collect()
}
