//! What is shown of rows besides or instead of their fields: rows inside those that refer to them, as whoever asks is shown
//! them, and what he may do with each.

use super::{
    Pipeline, Right, Target,
    engine::{self, Engine, RolePlan},
};
use crate::{
    error::Error,
    principal::Principal,
    query::{self, Expand, Expandable, Shape},
    schema::{Catalog, Column, LinkError, Model, Schema, Verb},
    sql::{self, CallerRole, Expansion, Leaf, Predicate},
    wire::Params,
};

/// Something of the application's own that can be done with a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// Position of the resource.
    pub resource: usize,
    /// What it is called.
    pub name: String,
    /// Who may.
    pub right: Right,
    /// Whether it only reads.
    pub reads: bool,
}

/// Rows of which something is shown.
pub(super) struct Shown<'a> {
    pub resource: usize,
    pub plan: &'a RolePlan,
    /// What is known to hold of each of them.
    pub known: &'a Predicate,
    /// Whether it is the account that is calling, under a path of its own.
    pub oneself: bool,
    /// Whether the caller may read and nothing else.
    pub reads_only: bool,
}

impl Pipeline {
    /// Takes what is to be shown of rows of a resource out of the parameters of a request for a list of them, or for the
    /// `target`; what is wrong with it is among their faults then.
    pub fn take_shape(&self, resource: usize, target: Option<Target>, who: &Principal, params: &mut Params) -> Shape {
        if params.items.is_empty() && params.faults.is_empty() {
            return Shape::default();
        }
        let role = CallerRole::of(who);
        let relations = |position: usize| {
            let engine = self.engines.get(position);
            engine.map(|engine| self.expandable(position, engine, role)).unwrap_or_default()
        };
        let shape = query::take_expand(&relations, resource, params);
        let plan = self.engines.get(resource).and_then(|engine| engine.plan(role));
        let keys = plan.map(|plan| plan.showing(target).view.keys()).unwrap_or_default();
        Shape { fields: query::take_fields(&keys, params), ..shape }
    }

    /// What that is in the database, for callers of one role.
    pub(super) fn shape<'a>(
        &'a self,
        role: CallerRole,
        shown: &Shown<'a>,
        shape: &Shape,
    ) -> Result<sql::Shape<'a>, Error> {
        let mut found = sql::Shape { fields: shape.fields.clone(), ..sql::Shape::default() };
        found.can = shape.can.then(|| self.rights(shown));
        let schema = self.engine(shown.resource)?.schema;
        for Expand { inside, beneath } in &shape.expand {
            let plan = self.engine(inside.target)?.plan(role);
            let plan = plan.ok_or_else(|| Error::Internal("a caller has no known role".into()))?;
            let there = |known| Shown { resource: inside.target, plan, known, oneself: false, ..*shown };
            if let Some(column) = schema.column_of_key(inside.key) {
                let shape = self.shape(role, &there(&plan.show), beneath)?;
                found.expand.push(Expansion { column, table: &plan.beside, policy: &plan.show, shape });
            } else {
                found.along.push((inside.name, self.shape(role, &there(&plan.read), beneath)?));
            }
        }
        Ok(found)
    }

    /// Says what of the application's own can be done with rows, once.
    pub(crate) fn offer(&self, offers: Vec<Offer>) {
        // A second service of one application has the same routes.
        self.offers.get_or_init(|| offers);
    }

    fn offers(&self, resource: usize) -> impl Iterator<Item = &Offer> {
        let offers = self.offers.get().into_iter().flatten();
        offers.filter(move |offer| offer.resource == resource)
    }

    /// What callers may know of a resource.
    fn expandable(&self, position: usize, engine: &Engine, role: CallerRole) -> Expandable {
        let Some(plan) = engine.plan(role) else { return Expandable::default() };
        let relations = engine.relations.iter().filter(|(column, _)| plan.table.view.may_show(column));
        let inside = relations.map(|(_, inside)| *inside).chain(engine.along.iter().copied()).collect();
        let can = rights_of(engine.schema).next().is_some();
        Expandable { inside, can: can || self.offers(position).next().is_some() }
    }

    /// What could be done with rows: by which name, and by whom.
    fn rights<'a>(&'a self, shown: &Shown<'a>) -> Vec<(&'a str, &'a Predicate)> {
        let Shown { resource, plan, known, oneself, reads_only } = *shown;
        let verbs = VERBS.iter().map(|verb| (verb.name(), plan.may(*verb), *verb == Verb::History));
        let own = |(name, policy, reads): (&'static str, &'a Predicate, bool)| {
            let policy = if oneself && name == Verb::Update.name() { &Predicate::Always } else { policy };
            (name, policy, reads)
        };
        let offer = |offer: &'a Offer| Some((offer.name.as_str(), plan.policy(offer.right)?, offer.reads));
        let offers = self.offers(resource).filter_map(offer);
        let given = |(name, policy, reads): (&'a str, &'a Predicate, bool)| match policy {
            _ if reads_only && !reads => (name, &Predicate::Never),
            policy if known.implies(policy) => (name, &Predicate::Always),
            policy => (name, policy),
        };
        verbs.map(own).chain(offers).map(given).collect()
    }
}

/// What is said of whether a caller may do it with a row that he sees.
const VERBS: [Verb; 3] = [Verb::Update, Verb::Delete, Verb::History];

/// Those of them that a resource has routes for; of the account, `/me` is one.
pub fn rights_of(schema: &Schema) -> impl Iterator<Item = Verb> {
    let is_own = |verb: Verb| schema.account && verb == Verb::Update;
    VERBS.into_iter().filter(move |verb| schema.rule(*verb).is_some() || is_own(*verb))
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
