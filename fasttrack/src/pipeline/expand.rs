//! Rows that are shown inside those that refer to them, as whoever asks is shown them.

use super::{
    Pipeline,
    engine::{self, Engine},
};
use crate::{
    error::Error,
    principal::Principal,
    query::{self, Expand},
    schema::{Catalog, Column, LinkError, Model, Verb},
    sql::{self, CallerRole, Expansion, Leaf, Predicate},
    wire::Params,
};

impl Pipeline {
    /// Takes what is to be expanded out of the parameters of a request for rows of a resource; what is wrong with it is
    /// among their faults then.
    pub fn take_expand(&self, resource: usize, who: &Principal, params: &mut Params) -> Vec<Expand> {
        let role = CallerRole::of(who);
        let relations = |position: usize| {
            let engine = self.engines.get(position);
            engine.map(|engine| relations_shown(engine, role)).unwrap_or_default()
        };
        query::take_expand(&relations, resource, params)
    }

    /// What that is in the database, for callers of one role.
    pub(super) fn expansions(&self, role: CallerRole, expand: &[Expand]) -> Result<Vec<Expansion<'_>>, Error> {
        let expansion = |expand: &Expand| {
            let engine = self.engine(expand.target)?;
            let plan = engine.plan(role).ok_or_else(|| Error::Internal("a caller has no known role".into()))?;
            let beneath = self.expansions(role, &expand.beneath)?;
            Ok(Expansion { column: expand.column, table: &plan.beside, policy: &plan.show, beneath })
        };
        expand.iter().map(expansion).collect()
    }
}

/// Whether whoever sees a row of a resource is shown a field of it, in every answer that is about it.
#[must_use]
pub fn shown_wherever_seen(catalog: &Catalog, model: &Model, column: &Column) -> bool {
    let answers = |role| -> Result<Vec<Predicate>, LinkError> {
        let is_own = model.schema.account && role != CallerRole::Anonymous;
        let own = is_own.then_some(Ok(Predicate::Leaf(Leaf::Oneself)));
        let verbs = [Verb::Read, Verb::List, Verb::Create].map(|verb| engine::policy(catalog, model, verb, role));
        verbs.into_iter().chain(own).collect()
    };
    shown_given(catalog, model, column, answers)
}

/// Whether whoever is shown a row inside another is shown a field of it there.
#[must_use]
pub fn shown_inside_others(catalog: &Catalog, model: &Model, column: &Column) -> bool {
    let show = |role| {
        let rule = model.schema.rule_of_showing();
        rule.map(|rule| sql::fold(catalog, model, rule, role)).into_iter().collect::<Result<Vec<_>, _>>()
    };
    shown_given(catalog, model, column, show)
}

/// Whether the rule of a field lets everybody whom one of the others lets.
fn shown_given(
    catalog: &Catalog,
    model: &Model,
    column: &Column,
    lets: impl Fn(CallerRole) -> Result<Vec<Predicate>, LinkError>,
) -> bool {
    let Some(rule) = &column.read else { return true };
    let is_shown = |role| -> Result<bool, LinkError> {
        let shown = sql::fold(catalog, model, rule, role)?;
        Ok(lets(role)?.iter().all(|seen| seen.implies(&shown)))
    };
    CallerRole::every(catalog).into_iter().all(|role| is_shown(role).unwrap_or(false))
}

/// The relations of a resource that callers of one role may know of.
fn relations_shown(engine: &Engine, role: CallerRole) -> Vec<(&'static Column, usize)> {
    let Some(plan) = engine.plan(role) else { return Vec::new() };
    engine.relations.iter().copied().filter(|(column, _)| plan.table.view.may_show(column)).collect()
}
