//! Which value of a choice may follow which, and by whom.

use crate::{
    db::Arg,
    error::{Error, Fault},
    principal::Principal,
    schema::{Catalog, Column, LinkError, Model, Transition},
    sql::{self, CallerRole, Predicate, stored_default},
};

use super::{refusal, value};

/// Refuses a new row that does not begin where its flow does.
///
/// # Errors
/// The fault of the field.
pub(super) fn check_beginning(column: &Column, arg: &Arg) -> Result<(), Fault> {
    let beginning = stored_default(column).map(value::literal);
    match (column.flow, beginning) {
        (Some(_), Some(Arg::Text(beginning))) if *arg != Arg::Text(beginning.clone()) => {
            Err(Fault::new(column.key, "not_a_beginning", format!("begins as {beginning}")))
        }
        _ => Ok(()),
    }
}

/// Refuses a change that the flow does not name.
///
/// # Errors
/// [`Error::Conflict`] that says what may follow.
pub(super) fn check_transition(column: &Column, from: &Arg, to: &Arg) -> Result<(), Error> {
    let (Some(flow), Arg::Text(from), Arg::Text(to)) = (column.flow, from, to) else { return Ok(()) };
    let next: Vec<&str> = next(flow, from).collect();
    if from == to || next.contains(&to.as_str()) {
        return Ok(());
    }
    let may = if next.is_empty() { "stays".to_owned() } else { format!("may become {}", next.join(" or ")) };
    let key = column.key;
    Err(Error::Conflict(format!("{key} cannot go from {from} to {to}; what is {from} {may}").into()))
}

/// What may follow a word.
fn next(flow: &'static [Transition], from: &str) -> impl Iterator<Item = &'static str> {
    flow.iter().filter(move |transition| transition.from == from).flat_map(|transition| transition.to.iter().copied())
}

/// A step that has a rule of its own, for callers of one role.
#[derive(Debug, Clone)]
pub(super) struct Step {
    key: &'static str,
    from: &'static str,
    to: &'static [&'static str],
    policy: Predicate,
}

impl Step {
    /// Those of a resource.
    ///
    /// # Errors
    /// [`LinkError`] when a path does not resolve.
    pub(super) fn of(catalog: &Catalog, model: &Model, caller: CallerRole) -> Result<Vec<Self>, LinkError> {
        let mut steps = Vec::new();
        for column in model.schema.columns {
            for Transition { from, to, rule } in column.flow.unwrap_or_default() {
                let Some(rule) = rule else { continue };
                let policy = sql::fold_change(catalog, model, rule, caller)?;
                steps.push(Self { key: column.key, from, to, policy });
            }
        }
        Ok(steps)
    }

    /// What is asked of these changes of a row that is as `stored`: of each step that they take, its field, and whether it
    /// may be taken.
    pub(super) fn taken<'a>(
        steps: &'a [Self],
        changes: &'a [(&'static Column, Arg)],
        stored: &'a dyn Fn(&Column) -> Arg,
    ) -> impl Iterator<Item = (&'static str, &'a Predicate)> {
        changes.iter().filter_map(move |(column, to)| {
            let (Arg::Text(from), Arg::Text(to)) = (stored(column), to) else { return None };
            let is_taken = |step: &&Self| step.key == column.key && step.from == from && step.to.contains(&to.as_str());
            steps.iter().find(is_taken).map(|step| (step.key, &step.policy))
        })
    }
}

/// Why somebody may not take steps that others may.
pub(super) fn refuse_steps(who: &Principal, keys: &[&str]) -> Error {
    match who {
        Principal::Anonymous => refusal::log_in(),
        Principal::Account(_) => {
            Error::Forbidden(format!("it is not you who may move {} on from what it is", keys.join(" and ")).into())
        }
    }
}
