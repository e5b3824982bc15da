//! Whether somebody may do to a row what the application does itself: asked as a verb asks, but nothing is done.

use super::{Pipeline, refusal, values};
use crate::{
    error::Error,
    principal::Principal,
    schema::{Rule, Schema, Verb},
    sql::{self, CallerRole},
};

/// What a declaration says of who may: the rule of a verb, or one that it gives a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Right {
    /// Whoever may use the verb.
    Verb(Verb),
    /// Whoever the named rule lets.
    Named(&'static str),
}

impl Right {
    /// The rule, if the resource has it.
    #[must_use]
    pub fn rule(self, schema: &Schema) -> Option<&'static Rule> {
        match self {
            Self::Verb(verb) => schema.rule(verb),
            Self::Named(name) => schema.named_rules.iter().find(|(known, _)| *known == name).map(|(_, rule)| rule),
        }
    }
}

impl From<Verb> for Right {
    fn from(verb: Verb) -> Self {
        Self::Verb(verb)
    }
}

impl From<&'static str> for Right {
    fn from(name: &'static str) -> Self {
        Self::Named(name)
    }
}

/// What somebody is about to do to a row.
#[derive(Debug, Clone, Copy)]
pub struct Intent<'a> {
    /// Index of the resource.
    pub resource: usize,
    /// The row.
    pub id: i64,
    /// What he needs for that.
    pub right: Right,
    /// What it is called: a verb in the infinitive.
    pub act: &'a str,
}

impl Pipeline {
    /// A row as JSON, with all its fields, if the caller may do to it what he is about to do.
    ///
    /// # Errors
    /// What the route of the verb would answer: 401, 403 or 404, 503. A named rule is asked as that of `update` is.
    pub async fn permit(&self, intent: Intent<'_>, who: &Principal) -> Result<Vec<u8>, Error> {
        let Intent { resource, id, right, act } = intent;
        if right == Right::Verb(Verb::Read) {
            return self.read_whole(resource, id, who).await;
        }
        let engine = self.engine(resource)?;
        let schema = engine.schema;
        let Some(plan) = engine.plan(CallerRole::of(who)) else { return Err(refusal::log_in()) };
        let unknown = || Error::Internal(format!("no rule of {} is asked for {right:?}", schema.name));
        let policy = plan.policy(right).ok_or_else(unknown)?;
        if policy.is_never() && !(schema.conceal && who.caller().is_some()) {
            return Err(refusal::forbidden(who, act, schema, id));
        }
        let statement = sql::state(&engine.table, &[policy, &plan.read]).fill(values(id, who));
        let Some(mut row) = self.db.read(statement).await?.into_iter().next() else {
            return Err(refusal::not_found(schema, id));
        };
        refusal::judge(&row, who, act, schema, id)?;
        Ok(row.take_bytes(2).unwrap_or_default())
    }
}
