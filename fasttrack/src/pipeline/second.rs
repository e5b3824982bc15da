//! The second question of an update: may the row hang where it would, or be as it would be?
//!
//! `update: RULE` is asked of the row as it is, and once more where the change makes relations lead to rows of other
//! resources: who moves a task needs the right there too. The row's own fields and its relations to accounts count as
//! they were, so that a rule can speak of a state and let it be left, and of an assignee and let him hand on.
//! `update: BEFORE -> AFTER` asks `AFTER` of the row as it would be instead. Decides nothing about the first question.

use std::sync::Arc;

use super::{engine, refusal};
use crate::{
    db::Arg,
    error::Error,
    principal::Principal,
    schema::{Catalog, Column, LinkError, Model, Schema, Verb},
    sql::{CallerRole, Predicate, fold},
    words,
};

/// What is asked of an update besides its rule of the row as it is.
#[derive(Debug, Clone)]
pub(super) enum Second {
    /// Nothing: one's own account is one's own, whatever becomes of it.
    Nothing,
    /// The rule itself, with those of these relations that change leading where they would.
    Hangs(Arc<[&'static str]>),
    /// What the declaration asks of the row as it would be.
    AsItWouldBe(Predicate),
}

impl Second {
    /// What the declaration asks of a caller.
    ///
    /// # Errors
    /// [`LinkError`] when a path does not resolve.
    pub(super) fn of(catalog: &Catalog, model: &Model, caller: CallerRole) -> Result<Self, LinkError> {
        Ok(match &model.schema.afterwards {
            // Who may change a row at all is for the first question; this one speaks of the row.
            Some(rule) => Self::AsItWouldBe(fold(catalog, model, rule, caller)?),
            None => Self::Hangs(hangs_by(catalog, model).map(|column| column.key).collect()),
        })
    }

    /// Whether nothing that could be changed would pass.
    pub(super) const fn is_never(&self) -> bool {
        matches!(self, Self::AsItWouldBe(Predicate::Never))
    }

    /// The columns among those that change by which the row would hang elsewhere, as far as `policy` speaks of what it hangs on.
    pub(super) fn moved(&self, policy: &Predicate, changed: &[&'static str]) -> Vec<&'static str> {
        let Self::Hangs(relations) = self else { return Vec::new() };
        let keys = changed.iter().copied().filter(|key| relations.contains(key));
        keys.filter(|key| policy.depends_on(&|other| other == *key)).collect()
    }

    /// What is asked, and of which of the changed columns what they would hold counts; `None` where nothing is.
    pub(super) fn question<'a>(
        &'a self,
        policy: &'a Predicate,
        changes: &[(&'static Column, Arg)],
    ) -> Option<(&'a Predicate, Vec<(&'static str, Arg)>)> {
        let would_hold = |keep: &dyn Fn(&str) -> bool| {
            changes
                .iter()
                .filter(|(column, _)| keep(column.key))
                .map(|(column, arg)| (column.key, arg.clone()))
                .collect()
        };
        match self {
            Self::Nothing => None,
            Self::Hangs(_) => {
                let moved = self.moved(policy, &keys(changes));
                (!moved.is_empty()).then(|| (policy, would_hold(&|key| moved.contains(&key))))
            }
            Self::AsItWouldBe(after) => Some((after, would_hold(&|_| true))),
        }
    }

    /// Why a change is refused that the first question lets through.
    pub(super) fn refusal(who: &Principal, schema: &Schema, id: i64, moved: &[&str]) -> Error {
        match who {
            Principal::Anonymous => refusal::log_in(),
            Principal::Account(_) if moved.is_empty() => {
                Error::Forbidden("the row as it would be is not one that you may update".into())
            }
            Principal::Account(_) => {
                let (noun, keys) = (words::words(schema.name), moved.join(" and "));
                Error::Forbidden(format!("you may update {noun} {id}, but not with this {keys}").into())
            }
        }
    }

    /// Whether who may update a row (`policy`) is known to see it afterwards (`seen`), whatever became of the columns for
    /// which `changed` holds.
    pub(super) fn leaves_seen(
        &self,
        policy: &Predicate,
        seen: &Predicate,
        schema: &Schema,
        changed: &impl Fn(&str) -> bool,
    ) -> bool {
        let hangs = |key: &str| matches!(self, Self::Hangs(relations) if relations.contains(&key));
        let is_as_it_was = |column: &Column| hangs(column.key) || !changed(column.key);
        let is_told_by_first = policy.implies(seen)
            && !seen.depends_on(&|key| schema.columns.iter().any(|column| column.key == key && !is_as_it_was(column)))
            // By a path that comes back to the row itself it is seen as it has become.
            && !seen.looks_into(schema.plural);
        is_told_by_first
            || match self {
                Self::Nothing => true,
                Self::Hangs(_) => false,
                Self::AsItWouldBe(after) => after.implies(seen),
            }
    }
}

/// Which columns change.
pub(super) fn keys(changes: &[(&'static Column, Arg)]) -> Vec<&'static str> {
    changes.iter().map(|(column, _)| column.key).collect()
}

/// The relations by which a row hangs on rows of resources other than the account.
fn hangs_by(catalog: &Catalog, model: &Model) -> impl Iterator<Item = &'static Column> {
    let is_account = |column: &Column| catalog.target(column).is_some_and(|target| target.schema.account);
    let relations = model.schema.columns.iter().filter(|column| catalog.target(column).is_some());
    relations.filter(move |column| !is_account(column))
}

/// Whether everybody sees afterwards what he may change.
#[must_use]
pub fn changes_are_seen(catalog: &Catalog, model: &Model) -> bool {
    let schema = model.schema;
    let may_change = |key: &str| {
        let column = schema.column_of_key(key);
        column.is_some_and(|column| {
            let by_hook = schema.hooks.is_some();
            !(column.is_automatic() || column.actor || column.write_once || column.read_only && !by_hook)
        })
    };
    let is_seen = |role| -> Result<bool, LinkError> {
        let policy = |verb| engine::policy(catalog, model, verb, role);
        let (update, seen) = (policy(Verb::Update)?, Predicate::any([policy(Verb::Read)?, policy(Verb::List)?]));
        let second = Second::of(catalog, model, role)?;
        let as_it_is = update.implies(&seen);
        Ok(update.is_never() || as_it_is && second.leaves_seen(&update, &seen, schema, &may_change))
    };
    CallerRole::every(catalog).into_iter().all(|role| is_seen(role).unwrap_or(false))
}
