//! `POST`: a row comes into being, if the rule allows the row as it would be.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use futures_util::FutureExt;

use super::{
    Pipeline,
    engine::Engine,
    hooked::{Hooked, Hooking, Turn},
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
        self.insert(self.creation(resource, parent, who, body)?).await
    }

    /// What creates a row.
    ///
    /// # Errors
    /// What stands against it whatever the database holds, but for what is wrong with the body.
    pub(super) fn creation(
        &self,
        resource: usize,
        parent: Option<i64>,
        who: &Principal,
        body: &Object<'_>,
    ) -> Result<New, Error> {
        let engine = self.engine(resource)?;
        let plan = engine.plan(CallerRole::of(who));
        let (plan, along) = (plan.and_then(|plan| plan.create.as_ref()), plan.map(|plan| plan.along.as_slice()));
        let along = along.unwrap_or_default();
        let Some(plan) = plan else { return Err(refusal::forbidden_all(who, Verb::Create, engine.schema)) };
        check_may_create(engine, plan, who)?;
        self.read_new(Attempt { engine, plan, along, parent, who, now_us: clock::now_us() }, body)
    }

    fn read_new(&self, attempt: Attempt<'_>, body: &Object<'_>) -> Result<New, Error> {
        let input = Input::read(attempt.engine.schema, Purpose::Create, body);
        self.new_of(attempt, input, body)
    }

    pub(super) fn new_of(&self, attempt: Attempt<'_>, input: Input, body: &Object<'_>) -> Result<New, Error> {
        let guards = &attempt.plan.insert.guards;
        input.refuse_fields(|key| guards.iter().any(|guard| guard.key == key && guard.policy.is_never()))?;
        let brought = self.brought(attempt.along, attempt.who, body, attempt.now_us)?;
        Ok(New::of(attempt, input, brought))
    }

    /// Does what can be done for a new row before its transaction.
    ///
    /// # Errors
    /// What stands against it, where that is known already; 503.
    pub(super) async fn ready(&self, new: &mut New) -> Result<(), Error> {
        if new.is_faulty() {
            return Err(new.refuse(Executor::Db(&self.db), new.is_final()).await);
        }
        hash_passwords(new.engine.schema, &mut new.row, self.options.bcrypt_cost).await?;
        for brought in &mut new.brought {
            brought.hash_passwords(self.options.bcrypt_cost).await?;
        }
        let turn = self.hooking.turn(new.followed()).await?;
        new.follow(&self.hooking, turn.as_ref())
    }

    pub(super) async fn insert(&self, mut new: New) -> Result<Vec<u8>, Error> {
        self.ready(&mut new).await?;
        if !new.is_plain() {
            return self.db.write(move |tx| async move { new.apply(tx).await }.boxed()).await;
        }
        let created = self.db.insert(Arc::clone(&new.plan) as Arc<dyn RowPlan>, new.row.clone()).await;
        match created {
            Ok(Some(json)) => Ok(json),
            // What it refers to can go between the look and the insertion.
            Ok(None) | Err(DbError::ForeignKey) => Err(new.refuse(Executor::Db(&self.db), true).await),
            Err(error) => Err(refusal::database(new.engine.schema, error)),
        }
    }
}

/// Who wants to create what, and where.
#[derive(Clone, Copy)]
pub(super) struct Attempt<'a> {
    pub(super) engine: &'a Arc<Engine>,
    pub(super) plan: &'a Arc<RowsPlan>,
    pub(super) along: &'a [Arc<Along>],
    pub(super) parent: Option<i64>,
    pub(super) who: &'a Principal,
    pub(super) now_us: i64,
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
        // None is what an account has whose owner is to choose one.
        if let (Kind::PasswordHash, Arg::Text(plain)) = (column.kind, &mut *arg)
            && !plain.is_empty()
        {
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
pub(super) struct New {
    pub(super) engine: Arc<Engine>,
    pub(super) plan: Arc<RowsPlan>,
    parent: Option<i64>,
    who: Principal,
    input: Input,
    pub(super) row: Vec<Arg>,
    brought: Vec<Brought>,
    hooked: Option<Hooked>,
    /// Whether those that come along are written together.
    together: bool,
}

impl New {
    pub(super) fn of(attempt: Attempt<'_>, input: Input, brought: Vec<Brought>) -> Self {
        let Attempt { engine, plan, parent, who, now_us, .. } = attempt;
        let row = row((engine, plan), parent, who, &input, now_us);
        let (engine, plan, who) = (Arc::clone(engine), Arc::clone(plan), who.clone());
        Self { engine, plan, parent, who, input, row, brought, hooked: None, together: true }
    }

    fn comes_alone(&self) -> bool {
        self.brought.iter().all(Brought::is_empty)
    }

    /// Whether it is a row and nothing else, which can be written with others that are alike.
    pub(super) fn is_plain(&self) -> bool {
        self.engine.schema.hooks.is_none() && self.comes_alone()
    }

    /// Whether the row is as it is going to be; a hook may change it otherwise.
    fn is_final(&self) -> bool {
        self.engine.schema.hooks.is_none()
    }

    /// Whether something is wrong, as far as that can be told without the database.
    pub(super) fn is_faulty(&self) -> bool {
        let is_broken = || !self.creation(self.is_final()).broken(&self.row).is_empty();
        !self.input.faults.is_empty() || is_broken() || self.brought.iter().any(Brought::is_faulty)
    }

    /// How many resources have hooks of which it has rows.
    pub(super) fn followed(&self) -> usize {
        usize::from(!self.is_final()) + self.brought.iter().filter(|brought| brought.is_followed()).count()
    }

    /// Has its hooks run in this turn.
    ///
    /// # Errors
    /// [`Error::Internal`] where it needs one, and there is none.
    pub(super) fn follow(&mut self, hooking: &Hooking, turn: Option<&Turn>) -> Result<(), Error> {
        self.hooked = hooking.of(self.engine.schema, turn)?;
        self.brought.iter_mut().try_for_each(|brought| brought.follow(hooking, turn))
    }

    /// Creates the row, and what comes along with it.
    ///
    /// # Errors
    /// What stands against it. Where nothing else is to be undone, the transaction can go on.
    pub(super) async fn apply(self, tx: &mut Tx) -> Result<Vec<u8>, Error> {
        if self.is_faulty() {
            return Err(self.refuse(Executor::Tx(tx), self.is_final()).await);
        }
        let failed = Arc::new(AtomicBool::new(false));
        if self.comes_alone() {
            return self.write(tx, &failed).await;
        }
        let (together, has_failed) = (self.clone(), Arc::clone(&failed));
        let created = tx.part(move |tx| async move { together.write(tx, &has_failed).await }.boxed()).await;
        if created.is_err() && failed.load(Ordering::Relaxed) {
            // One by one it is known which of those that come along it is.
            return Self { together: false, ..self }.write(tx, &failed).await;
        }
        created
    }

    async fn write(mut self, tx: &mut Tx, failed: &AtomicBool) -> Result<Vec<u8>, Error> {
        let hooked = self.hooked.take();
        if let Some(hooked) = &hooked {
            self.ask_hook(tx, hooked).await?;
        }
        let schema = self.engine.schema;
        let refused = |error| refusal::written(schema, error);
        let rows = [self.row.clone()];
        let mut written = self.plan.write(tx, &rows).await.map_err(refused)?;
        let Some(&(id, _)) = written.created.first() else {
            return Err(self.refuse(Executor::Tx(tx), true).await);
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
            return Err(self.refuse(Executor::Tx(tx), true).await);
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

    /// Why it is not created, which something is known to stand against.
    pub(super) async fn refuse(&self, executor: Executor<'_>, is_final: bool) -> Error {
        match self.refusal(executor, is_final).await {
            Ok(refusal) => refusal.unwrap_or_else(changed_meanwhile),
            Err(error) => error,
        }
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
