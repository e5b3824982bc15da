//! `POST`: a row comes into being, if the rule allows the row as it would be.

use std::sync::Arc;

use super::{
    Pipeline,
    engine::Engine,
    input::{Input, Purpose},
    refusal,
    rows::RowsPlan,
};
use crate::{
    clock,
    db::{Arg, Row, RowPlan, Statement},
    error::{Error, Fault},
    password,
    principal::Principal,
    schema::{Column, Kind, Verb},
    sql::{Class, Predicate},
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
        let plan = engine.class(Class::of(who)).and_then(|class| class.create.as_ref());
        let Some(plan) = plan.filter(|plan| !plan.insert.policy.is_never()) else {
            return Err(refusal::forbidden_all(who, Verb::Create, engine.schema));
        };
        if who.caller().is_none() && engine.schema.columns.iter().any(|column| column.actor && !column.nullable) {
            return Err(refusal::log_in());
        }
        self.insert(engine, plan, parent, who, body).await
    }

    /// Creates an account for whoever asks, without a rule, and returns it as JSON.
    ///
    /// # Errors
    /// As [`create`](Self::create); a field that only some may set is a 403.
    pub async fn register(&self, body: &Object<'_>) -> Result<Vec<u8>, Error> {
        let engine = self.engine(self.account)?;
        self.insert(engine, &engine.register, None, &Principal::Anonymous, body).await
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
        self.insert_input(engine, &engine.register, None, &Principal::Anonymous, input).await
    }

    async fn insert(
        &self,
        engine: &Engine,
        plan: &Arc<RowsPlan>,
        parent: Option<i64>,
        who: &Principal,
        body: &Object<'_>,
    ) -> Result<Vec<u8>, Error> {
        let input = Input::read(engine.schema, Purpose::Create, body);
        let guards = &plan.insert.guards;
        input.refuse_fields(|key| guards.iter().any(|guard| guard.key == key && guard.policy.is_never()))?;
        self.insert_input(engine, plan, parent, who, input).await
    }

    async fn insert_input(
        &self,
        engine: &Engine,
        plan: &Arc<RowsPlan>,
        parent: Option<i64>,
        who: &Principal,
        input: Input,
    ) -> Result<Vec<u8>, Error> {
        let mut row = row(engine, plan, parent, who, &input);
        if !input.faults.is_empty() {
            return Err(self.explain(engine, plan, parent, who, &input, row).await?);
        }
        for (arg, column) in row.iter_mut().zip(engine.schema.columns) {
            if let (Kind::PasswordHash, Arg::Text(plain)) = (column.kind, &mut *arg) {
                *arg = Arg::Text(password::hash(std::mem::take(plain), self.options.bcrypt_cost).await?);
            }
        }
        let created = self.db.insert(Arc::clone(plan) as Arc<dyn RowPlan>, row.clone()).await;
        match created.map_err(|error| refusal::database(engine.schema, error))? {
            Some(json) => Ok(json),
            None => Err(self.explain(engine, plan, parent, who, &input, row).await?),
        }
    }

    /// Why a row was not created: what the rule and the references say of it, and what was wrong with the values.
    async fn explain(
        &self,
        engine: &Engine,
        plan: &RowsPlan,
        parent: Option<i64>,
        who: &Principal,
        input: &Input,
        row: Vec<Arg>,
    ) -> Result<Error, Error> {
        let verdicts = self.db.read(Statement::new(plan.insert.check(), row)).await?;
        let verdicts = verdicts.first().cloned().unwrap_or_default();
        let holds = |position: usize| verdicts.int(position) == Some(1);
        let guards = &plan.insert.guards;
        let references = plan
            .insert
            .references
            .iter()
            .enumerate()
            .map(|(position, reference)| (reference, holds(1 + guards.len() + position)));
        let mut faults = input.faults.clone();
        for (reference, fine) in references.filter(|(_, fine)| !fine) {
            debug_assert!(!fine);
            match (&engine.parent, parent) {
                (Some(above), Some(id)) if reference.parent => return Ok(refusal::not_found(above.schema, id)),
                _ => faults.push(refusal::bad_reference(reference.step.key, reference.target, reference.account)),
            }
        }
        let unclear = plan.insert.policy.depends_on(&|key| input.is_faulty(key));
        if !holds(0) && !unclear {
            return self.refuse_creation(engine, parent, who).await;
        }
        let forbidden: Vec<_> = guards
            .iter()
            .enumerate()
            .filter(|(position, _)| !holds(1 + position))
            .map(|(_, guard)| guard.key)
            .collect();
        if !forbidden.is_empty() {
            return Ok(refusal::forbidden_fields(&forbidden));
        }
        Ok(if faults.is_empty() {
            Error::Unavailable("the row changed meanwhile; try again".into())
        } else {
            Error::Invalid(dedup(faults))
        })
    }

    async fn refuse_creation(&self, engine: &Engine, parent: Option<i64>, who: &Principal) -> Result<Error, Error> {
        if let (Some(above), Some(id)) = (&engine.parent, parent)
            && above.schema.conceal
            && !self.may_read_parent(engine, id, who).await?
        {
            return Ok(refusal::not_found(above.schema, id));
        }
        Ok(refusal::forbidden_all(who, Verb::Create, engine.schema))
    }

    /// Whether the caller may read the row that a nested resource lies under.
    pub(super) async fn may_read_parent(&self, engine: &Engine, id: i64, who: &Principal) -> Result<bool, Error> {
        let policy = engine.class(Class::of(who)).map(|class| &class.parent_read);
        match (&engine.parent, policy) {
            (Some(_), None | Some(Predicate::Never)) | (None, _) => Ok(false),
            (Some(above), Some(policy)) => {
                let found: Vec<Row> =
                    self.db.read(crate::sql::read(&above.table, policy).fill(super::values(id, who))).await?;
                Ok(!found.is_empty())
            }
        }
    }
}

/// The arguments of a row to be; the id is filled in by the writer.
fn row(engine: &Engine, plan: &RowsPlan, parent: Option<i64>, who: &Principal, input: &Input) -> Vec<Arg> {
    let now = clock::now();
    let caller = who.caller().map_or(Arg::Null, |caller| Arg::Int(caller.id));
    let value = |column: &Column| match column.kind {
        Kind::Id => Arg::Null,
        Kind::CreatedAt | Kind::UpdatedAt => Arg::Text(now.clone()),
        _ if column.actor => caller.clone(),
        _ if engine.parent.as_ref().is_some_and(|parent| parent.key == column.key) => {
            parent.map_or(Arg::Null, Arg::Int)
        }
        _ => input.value_of(column),
    };
    let flags = plan.insert.guards.iter().map(|guard| Arg::Int(i64::from(input.sent.contains(&guard.key))));
    let columns = engine.schema.columns.iter().map(value);
    columns.chain(std::iter::once(caller.clone())).chain(flags).collect()
}

/// A field that is faulty in itself is not told of twice.
fn dedup(faults: Vec<Fault>) -> Vec<Fault> {
    let mut seen: Vec<Fault> = Vec::new();
    for fault in faults {
        if !seen.contains(&fault) {
            seen.push(fault);
        }
    }
    seen
}
