//! `POST`: a row comes into being, if the rule allows the row as it would be.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use futures_util::FutureExt;

use super::{
    Pipeline,
    engine::Engine,
    hooked::Hooked,
    inline::{Along, Brought, Created},
    input::{Input, Purpose},
    refusal,
    rows::{Part, RowsPlan},
    values,
    verdict::{Creation, Executor, Refusals},
};
use crate::{
    clock,
    db::{Arg, DbError, RowPlan, Tx},
    error::Error,
    job::RawChange,
    password,
    principal::Principal,
    schema::{Column, Kind, Schema, Verb},
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
        let plan = engine.plan(CallerRole::of(who));
        let (plan, along) = (plan.and_then(|plan| plan.create.as_ref()), plan.map(|plan| plan.along.as_slice()));
        let along = along.unwrap_or_default();
        let Some(plan) = plan else { return Err(refusal::forbidden_all(who, Verb::Create, engine.schema)) };
        check_may_create(engine, plan, who)?;
        self.insert(Attempt { engine, plan, along, parent, who, now_us: clock::now_us() }, body).await
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
        self.insert_input(Attempt::registration(engine), input, Vec::new()).await
    }

    async fn insert(&self, attempt: Attempt<'_>, body: &Object<'_>) -> Result<Vec<u8>, Error> {
        let input = Input::read(attempt.engine.schema, Purpose::Create, body);
        let guards = &attempt.plan.insert.guards;
        input.refuse_fields(|key| guards.iter().any(|guard| guard.key == key && guard.policy.is_never()))?;
        let brought = self.brought(attempt.along, attempt.who, body, attempt.now_us).await?;
        self.insert_input(attempt, input, brought).await
    }

    async fn insert_input(&self, attempt: Attempt<'_>, input: Input, brought: Vec<Brought>) -> Result<Vec<u8>, Error> {
        let Attempt { engine, plan, parent, who, now_us, .. } = attempt;
        let row = row((engine, plan), parent, who, &input, now_us);
        let mut new = New {
            engine: Arc::clone(engine),
            plan: Arc::clone(plan),
            parent,
            who: who.clone(),
            input,
            row,
            brought,
            together: true,
        };
        let is_final = engine.schema.hooks.is_none();
        if new.is_faulty(is_final) {
            return Err(new.refusal(Executor::Db(&self.db), is_final).await?.unwrap_or_else(changed_meanwhile));
        }
        hash_passwords(engine.schema, &mut new.row, self.options.bcrypt_cost).await?;
        for brought in &mut new.brought {
            brought.hash_passwords(self.options.bcrypt_cost).await?;
        }
        let hooked = self.hooking.of(engine.schema).await?;
        if hooked.is_some() || !new.comes_alone() {
            return self.create_in_unit(new, hooked).await;
        }
        let created = self.db.insert(Arc::clone(plan) as Arc<dyn RowPlan>, new.row.clone()).await;
        match created {
            Ok(Some(json)) => Ok(json),
            // What it refers to can go between the look and the insertion.
            Ok(None) | Err(DbError::ForeignKey) => {
                Err(new.refusal(Executor::Db(&self.db), true).await?.unwrap_or_else(changed_meanwhile))
            }
            Err(error) => Err(refusal::database(engine.schema, error)),
        }
    }

    /// Creates a row in a unit of its own, so that it is never merged with others.
    async fn create_in_unit(&self, new: New, hooked: Option<Hooked>) -> Result<Vec<u8>, Error> {
        let failed = Arc::new(AtomicBool::new(false));
        let unit = |new: New| {
            let (hooked, failed) = (hooked.clone(), Arc::clone(&failed));
            self.db.write(move |tx| async move { new.apply(tx, hooked, &failed).await }.boxed())
        };
        let created = unit(new.clone()).await;
        if created.is_err() && failed.load(Ordering::Relaxed) {
            // One by one it is known which of those that come along it is.
            return unit(New { together: false, ..new }).await;
        }
        created
    }
}

/// Who wants to create what, and where.
#[derive(Clone, Copy)]
struct Attempt<'a> {
    engine: &'a Arc<Engine>,
    plan: &'a Arc<RowsPlan>,
    along: &'a [Arc<Along>],
    parent: Option<i64>,
    who: &'a Principal,
    now_us: i64,
}

impl<'a> Attempt<'a> {
    /// Somebody who has no account yet, and makes one.
    fn registration(engine: &'a Arc<Engine>) -> Self {
        let now_us = clock::now_us();
        Self { engine, plan: &engine.register, along: &[], parent: None, who: &Principal::Anonymous, now_us }
    }
}

/// Refuses who may create none of these rows.
///
/// # Errors
/// [`Error::Forbidden`], or [`Error::Unauthenticated`] where that may change with logging in.
pub(super) fn check_may_create(engine: &Engine, plan: &RowsPlan, who: &Principal) -> Result<(), Error> {
    if plan.insert.policy.is_never() {
        return Err(refusal::forbidden_all(who, Verb::Create, engine.schema));
    }
    if who.caller().is_none() && engine.schema.columns.iter().any(|column| column.actor && !column.nullable) {
        return Err(refusal::log_in());
    }
    Ok(())
}

/// Hashes the passwords that a row to be has.
///
/// # Errors
/// [`Error::Unavailable`] when too many others are being hashed.
pub(super) async fn hash_passwords(schema: &Schema, row: &mut [Arg], cost: u32) -> Result<(), Error> {
    for (arg, column) in row.iter_mut().zip(schema.columns) {
        if let (Kind::PasswordHash, Arg::Text(plain)) = (column.kind, &mut *arg) {
            *arg = Arg::Text(password::hash(std::mem::take(plain), cost).await?);
        }
    }
    Ok(())
}

/// Puts what a hook has changed into a row to be.
pub(super) fn apply(schema: &Schema, row: &mut [Arg], edits: Vec<(&'static Column, Arg)>) {
    for (column, arg) in edits {
        for (cell, _) in row.iter_mut().zip(schema.columns).filter(|(_, other)| other.key == column.key) {
            *cell = arg.clone();
        }
    }
}

pub(super) fn changed_meanwhile() -> Error {
    Error::Unavailable("the row changed meanwhile; try again".into())
}

/// A row to be, and what comes along with it.
#[derive(Clone)]
struct New {
    engine: Arc<Engine>,
    plan: Arc<RowsPlan>,
    parent: Option<i64>,
    who: Principal,
    input: Input,
    row: Vec<Arg>,
    brought: Vec<Brought>,
    /// Whether those that come along are written together.
    together: bool,
}

impl New {
    fn comes_alone(&self) -> bool {
        self.brought.iter().all(Brought::is_empty)
    }

    /// Whether something is wrong, as far as that can be told without the database.
    fn is_faulty(&self, is_final: bool) -> bool {
        let is_broken = || !self.creation(is_final).broken(&self.row).is_empty();
        !self.input.faults.is_empty() || is_broken() || self.brought.iter().any(Brought::is_faulty)
    }

    async fn apply(mut self, tx: &mut Tx, hooked: Option<Hooked>, failed: &AtomicBool) -> Result<Vec<u8>, Error> {
        if let Some(hooked) = &hooked {
            self.ask_hook(tx, hooked).await?;
        }
        let schema = self.engine.schema;
        let refused = |error| refusal::written(schema, error);
        let rows = [self.row.clone()];
        let mut written = self.plan.write(tx, &rows).await.map_err(refused)?;
        let Some(&(id, _)) = written.created.first() else {
            return Err(self.refusal(Executor::Tx(tx), true).await?.unwrap_or_else(changed_meanwhile));
        };
        if self.comes_alone() {
            self.plan.tell(tx, &rows, &written, Part::All).await.map_err(refused)?;
        } else {
            // What triggers add may be what lets the others be created.
            self.plan.tell(tx, &rows, &written, Part::Added).await.map_err(refused)?;
            let created = self.create_along(tx, id, failed).await?;
            self.plan.tell(tx, &rows, &written, Part::Told).await.map_err(refused)?;
            for created in created {
                created.tell(tx, &self.who).await?;
            }
        }
        self.plan.show(tx, &rows, &mut written).await.map_err(refused)?;
        let json = written.answers.into_iter().next().flatten().ok_or_else(changed_meanwhile)?;
        if let Some(hooked) = hooked {
            let change = self.told(tx, id, &json).await?;
            hooked.after_commit(tx, change);
        }
        Ok(json)
    }

    /// Lets the hook change the row as it would be.
    async fn ask_hook(&mut self, tx: &mut Tx, hooked: &Hooked) -> Result<(), Error> {
        let alone = self.creation(false).refusal(Executor::Tx(tx), self.row.clone()).await?;
        if let Some(error) = alone {
            return Err(error);
        }
        let edits = hooked.before_create(tx, &self.who, (Purpose::Create, &self.row)).await?;
        apply(self.engine.schema, &mut self.row, edits);
        if !self.creation(true).broken(&self.row).is_empty() {
            return Err(self.refusal(Executor::Tx(tx), true).await?.unwrap_or_else(changed_meanwhile));
        }
        Ok(())
    }

    /// Creates what comes along with the row `id`; says if it `failed` for a reason that is one row's, and not known whose.
    async fn create_along(&mut self, tx: &mut Tx, id: i64, failed: &AtomicBool) -> Result<Vec<Created>, Error> {
        let mut all = Vec::new();
        for brought in &mut self.brought {
            let created = brought.create(tx, id, &self.who, self.together).await;
            let is_taken = |error: &Error| matches!(error, Error::Conflict(_) | Error::OverLimit { .. });
            if let Some(error) = created.as_ref().err() {
                failed.store(self.together && is_taken(error), Ordering::Relaxed);
            }
            all.push(created?);
        }
        Ok(all)
    }

    /// The creation as `after_commit` hears of it.
    async fn told(&self, tx: &mut Tx, id: i64, json: &[u8]) -> Result<RawChange, Error> {
        let whole = if self.plan.shows_all() {
            json.to_vec()
        } else {
            let row = sql::read(&self.engine.table, &Predicate::Always).fill(values(id, &self.who));
            tx.query(row).await?.first_mut().and_then(|row| row.take_bytes(0)).unwrap_or_default()
        };
        let actor = self.who.caller().map(|caller| caller.id);
        Ok(RawChange { id, old: None, new: Some(whole), actor, at: clock::now() })
    }

    /// What stands against the row, and against those that come along as far as that is known before it is there.
    async fn refusal(&self, mut executor: Executor<'_>, is_final: bool) -> Result<Option<Error>, Error> {
        let mut found = Refusals::default();
        found.add(None, self.creation(is_final).refusal(executor.again(), self.row.clone()).await?);
        for brought in &self.brought {
            if found.is_open() {
                brought.refusals(executor.again(), &self.who, None, &mut found).await?;
            }
        }
        Ok(found.into_error())
    }

    fn creation(&self, is_final: bool) -> Creation<'_> {
        let Self { engine, plan, parent, who, input, .. } = self;
        Creation { engine, plan, parent: *parent, who, input, is_final }
    }
}

/// The arguments of a row to be; the id is filled in by the writer.
pub(super) fn row(
    (engine, plan): (&Engine, &RowsPlan),
    parent: Option<i64>,
    who: &Principal,
    input: &Input,
    now_us: i64,
) -> Vec<Arg> {
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
