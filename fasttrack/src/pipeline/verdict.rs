//! Why a row was not created: what the rule and the references say of it, and what was wrong with the values.

use std::collections::HashSet;

use super::{check, engine::Engine, input::Input, refusal, rows::RowsPlan, values};
use crate::{
    db::{Arg, Db, DbError, Row, Statement, Tx},
    error::{Error, Fault},
    principal::Principal,
    schema::{Column, Verb},
    sql::{self, CallerRole, Guard, Predicate},
};

/// What runs a statement that reads: a reader, or the transaction under way.
pub(super) enum Executor<'a> {
    Db(&'a Db),
    Tx(&'a mut Tx),
}

impl Executor<'_> {
    /// The same, for a further statement.
    pub(super) const fn again(&mut self) -> Executor<'_> {
        match self {
            Self::Db(db) => Executor::Db(db),
            Self::Tx(tx) => Executor::Tx(tx),
        }
    }

    async fn rows(&mut self, statement: Statement) -> Result<Vec<Row>, DbError> {
        match self {
            Self::Db(db) => db.read(statement).await,
            Self::Tx(tx) => tx.query(statement).await,
        }
    }
}

/// A row that is to be created.
#[derive(Clone, Copy)]
pub(super) struct Creation<'a> {
    pub engine: &'a Engine,
    pub plan: &'a RowsPlan,
    pub parent: Option<i64>,
    pub who: &'a Principal,
    pub input: &'a Input,
    /// Whether the row is as it is going to be; a hook may change it otherwise.
    pub is_final: bool,
}

impl Creation<'_> {
    /// What is wrong with fields of the row together.
    pub(super) fn broken(self, row: &[Arg]) -> Vec<Fault> {
        let columns = self.engine.schema.columns;
        let value = |column: &Column| {
            let position = columns.iter().position(|other| other.key == column.key);
            position.and_then(|position| row.get(position)).cloned().unwrap_or(Arg::Null)
        };
        let faults = || check::faults(self.engine.schema, &value, &|key| self.input.is_faulty(key));
        if self.is_final { faults() } else { Vec::new() }
    }

    /// Why it is not created, `row` being what it would hold; `None` when nothing stands against it.
    ///
    /// # Errors
    /// Those of the database.
    pub(super) async fn refusal(self, mut executor: Executor<'_>, row: Vec<Arg>) -> Result<Option<Error>, Error> {
        let Self { engine, plan, parent, who, input, .. } = self;
        let broken = self.broken(&row);
        let verdicts = executor.rows(Statement::new(plan.insert.check(), row)).await?;
        let verdicts = verdicts.first().cloned().unwrap_or_default();
        let holds = |position: usize| verdicts.int(position) == Some(1);
        let guards = &plan.insert.guards;
        let mut faults = input.faults.clone();
        faults.extend(broken);
        for (position, reference) in plan.insert.references.iter().enumerate() {
            match (&engine.parent, parent) {
                _ if holds(1 + guards.len() + position) => {}
                (Some(above), Some(id)) if reference.parent => return Ok(Some(refusal::not_found(above.schema, id))),
                _ => faults.push(refusal::bad_reference(reference.key, reference.target, reference.account)),
            }
        }
        let unclear = plan.insert.policy.depends_on(&|key| input.is_faulty(key));
        if !holds(0) && !unclear {
            return refuse(engine, parent, who, executor).await.map(Some);
        }
        let is_clear = |guard: &Guard| !guard.policy.depends_on(&|key| input.is_faulty(key));
        let forbidden: Vec<_> = guards
            .iter()
            .enumerate()
            .filter(|(position, guard)| !holds(1 + position) && is_clear(guard))
            .map(|(_, guard)| guard.key)
            .collect();
        if !forbidden.is_empty() {
            return Ok(Some(refusal::forbidden_fields(&forbidden)));
        }
        Ok(if faults.is_empty() { None } else { Some(Error::Invalid(dedup(faults))) })
    }
}

/// Why several rows are not created that come together: everything that is wrong with any of them, unless something else
/// stands against one.
#[derive(Default)]
pub(super) struct Refusals {
    faults: Vec<Fault>,
    other: Option<Error>,
}

impl Refusals {
    /// Adds what stands against one of them, which has this place in the body.
    pub(super) fn add(&mut self, place: Option<&str>, refusal: Option<Error>) {
        let Some(refusal) = refusal else { return };
        let refusal = match place {
            Some(place) => refusal::at(place, refusal),
            None => refusal,
        };
        match refusal {
            Error::Invalid(faults) => self.faults.extend(faults),
            other if self.other.is_none() => self.other = Some(other),
            _ => {}
        }
    }

    /// Whether a further fault would be told.
    pub(super) const fn is_open(&self) -> bool {
        self.other.is_none()
    }

    /// What is answered; `None` where nothing stands against any.
    pub(super) fn into_error(self) -> Option<Error> {
        let faults = (!self.faults.is_empty()).then(|| Error::Invalid(dedup(self.faults)));
        self.other.or(faults)
    }
}

async fn refuse(engine: &Engine, parent: Option<i64>, who: &Principal, executor: Executor<'_>) -> Result<Error, Error> {
    if let (Some(above), Some(id)) = (&engine.parent, parent)
        && above.schema.conceal
        && !may_read_parent(engine, id, who, executor).await?
    {
        return Ok(refusal::not_found(above.schema, id));
    }
    Ok(refusal::forbidden_all(who, Verb::Create, engine.schema))
}

/// Whether the caller may read the row that a nested resource lies under.
///
/// # Errors
/// Those of the database.
pub(super) async fn may_read_parent(
    engine: &Engine,
    id: i64,
    who: &Principal,
    mut executor: Executor<'_>,
) -> Result<bool, Error> {
    let policy = engine.plan(CallerRole::of(who)).map(|plan| &plan.parent_read);
    match (&engine.parent, policy) {
        (Some(_), None | Some(Predicate::Never)) | (None, _) => Ok(false),
        (Some(above), Some(policy)) => {
            let found = executor.rows(sql::read(&above.table, policy).fill(values(id, who))).await?;
            Ok(!found.is_empty())
        }
    }
}

/// A field that is faulty in itself is not told of twice.
fn dedup(faults: Vec<Fault>) -> Vec<Fault> {
    // A body may have many thousands.
    let mut seen = HashSet::new();
    faults.into_iter().filter(|fault| seen.insert(fault.clone())).collect()
}
