//! Who may do what, as lines that can be compared: what `access.lock` holds.
//!
//! A line for each role, each relation of a caller to a row, each resource and each verb, with the fields that this lets him
//! read or send: `user · as project.owner · tasks · update · title status`. What a role may do without a condition is told of
//! `every row`, or of `a new row`. The lines are in a settled order, so that a comparison with what they were shows what declarations let
//! somebody do more or less.

mod changes;
mod never;
mod solver;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

pub use self::{
    changes::changes,
    never::{check_nevers, check_said},
};
use crate::{
    pipeline,
    schema::{
        Catalog, Column, LinkError, Model, Registration, Rule, Schema, Term, Transition, Verb, Way, asked_again, both,
        rule_in_words, verb_in_words, ways, whole_way,
    },
    sql::{self, CallerRole, Predicate},
};

/// What stands between the parts of a line.
const BETWEEN: &str = " · ";

/// What a caller is called who is not logged in.
const ANONYMOUS: &str = "anonymous";

/// Something that callers of one role may do with rows of one resource, and where.
#[derive(Debug, Clone)]
pub struct Granted {
    /// The role.
    pub role: CallerRole,
    /// The resource.
    pub schema: &'static Schema,
    /// What they may do.
    pub act: Act,
    /// What has to hold for that, all of it; of who is allowed one thing in several ways there are several of these.
    pub way: Way,
    /// The fields that it lets one read or send.
    pub fields: Vec<&'static str>,
    /// Whether it is what everybody may do with his own account, whatever the rules say: at `/me`, and not by its number.
    pub is_own_account: bool,
}

/// What somebody may do.
#[derive(Debug, Clone, Copy)]
pub enum Act {
    /// Make himself an account.
    Register,
    /// Use a verb.
    Verb(Verb),
    /// Take a step of a flow that has a rule of its own, as part of an update.
    Step(&'static Column, &'static Transition),
}

impl Act {
    /// What it is called.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Register => "register",
            Self::Verb(verb) => verb.name(),
            Self::Step(..) => "step",
        }
    }

    /// With what it is done: these fields, or its step.
    #[must_use]
    pub fn with(self, fields: &[&'static str]) -> String {
        match self {
            Self::Step(column, Transition { from, to, .. }) => format!("{}: {from} -> {}", column.key, to.join(" | ")),
            Self::Register | Self::Verb(_) => fields.join(" "),
        }
    }

    /// Whether it is about a row that is not there yet.
    const fn makes(self) -> bool {
        matches!(self, Self::Register | Self::Verb(Verb::Create))
    }
}

/// All that the declarations let anybody do, a line each: by role, resource, verb, and relation.
///
/// # Errors
/// [`LinkError`] when the declarations do not fit together.
pub fn lines(catalog: &Catalog) -> Result<Vec<String>, LinkError> {
    let mut models: Vec<_> = catalog.models().iter().collect();
    models.sort_by_key(|model| model.schema.plural);
    let mut lines = Vec::new();
    for role in CallerRole::every(catalog) {
        for model in &models {
            lines.extend(granted(catalog, model, role)?.iter().map(Granted::line));
        }
    }
    Ok(lines)
}

/// What callers of one role may do with the rows of one resource.
///
/// # Errors
/// [`LinkError`] when the declarations do not fit together.
pub fn granted(catalog: &Catalog, model: &Model, role: CallerRole) -> Result<Vec<Granted>, LinkError> {
    let mut found = Vec::new();
    Rights { catalog, model, schema: model.schema, role }.tell(&mut found)?;
    Ok(found)
}

/// Something that nobody of a role may do, though others may.
#[derive(Debug, Clone)]
pub struct Withheld {
    /// What he may not do.
    pub act: Act,
    /// The fields with which he may not, if it is not all of it.
    pub fields: Vec<&'static str>,
    /// For whom it is, in words.
    pub whose: String,
}

/// What callers of one role may not do with any row of one resource, but others may. `granted` is what they may.
#[must_use]
pub fn withheld(catalog: &Catalog, model: &Model, role: CallerRole, granted: &[Granted]) -> Vec<Withheld> {
    let rights = Rights { catalog, model, schema: model.schema, role };
    Verb::ALL.into_iter().flat_map(|verb| rights.withheld(verb, granted)).collect()
}

impl Granted {
    /// The line that says so.
    #[must_use]
    pub fn line(&self) -> String {
        let role = if let CallerRole::Role(word) = self.role { word } else { ANONYMOUS };
        let (relation, with) = (self.relation(), self.with());
        let parts = [role, &relation, self.schema.plural, self.act.name(), &with];
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(BETWEEN)
    }

    /// Which rows it is about, in words: `as project.owner where status is draft`, `every row`.
    #[must_use]
    pub fn relation(&self) -> String {
        let joined = |is_of_row: bool| {
            let terms = self.way.iter().filter(|term| term.is_of_row == is_of_row);
            terms.map(|term| term.words.as_str()).collect::<Vec<_>>().join(" and ")
        };
        match (joined(false), joined(true)) {
            (relation, row) if relation.is_empty() && row.is_empty() => {
                (if self.act.makes() { "a new row" } else { "every row" }).to_owned()
            }
            (relation, row) if row.is_empty() => format!("as {relation}"),
            (relation, row) if relation.is_empty() => format!("where {row}"),
            (relation, row) => format!("as {relation} where {row}"),
        }
    }

    /// The fields, or the step.
    #[must_use]
    pub fn with(&self) -> String {
        self.act.with(&self.fields)
    }
}

/// What callers of one role may do with the rows of one resource.
struct Rights<'a> {
    catalog: &'a Catalog,
    model: &'a Model,
    schema: &'static Schema,
    role: CallerRole,
}

impl Rights<'_> {
    fn tell(&self, told: &mut Vec<Granted>) -> Result<(), LinkError> {
        self.tell_registration(told);
        for verb in Verb::ALL {
            let Some(rule) = self.schema.rule(verb) else { continue };
            let mut found = self.ways(verb, rule)?;
            if verb == Verb::Update {
                found = self.asked_twice(rule, found)?;
            }
            let by_way = self.by_way(verb, &found)?;
            told.extend(by_way.into_iter().map(|(way, fields)| self.granted(Act::Verb(verb), way, fields)));
            if verb == Verb::Update {
                self.tell_steps(&found, told)?;
            }
        }
        self.tell_oneself(told)
    }

    /// Whoever is logged in reads his own account and changes it, whatever the rules say of others: but for fields that have a
    /// rule of their own.
    fn tell_oneself(&self, told: &mut Vec<Granted>) -> Result<(), LinkError> {
        let CallerRole::Role(_) = self.role else { return Ok(()) };
        if !self.schema.account {
            return Ok(());
        }
        let own = whole_way(&Rule::Oneself, self.schema, self.catalog);
        for verb in [Verb::Read, Verb::Update] {
            let found = self.schema.rule(verb).map_or_else(|| Ok(Vec::new()), |rule| self.ways(verb, rule))?;
            if found.iter().any(|way| way.is_subset(&own)) {
                continue;
            }
            let is_free = |column: &&Column| verb == Verb::Read || column.write.is_none();
            let fields = self.schema.columns.iter().filter(|column| self.concerns(verb, column)).filter(is_free);
            let mut free = Vec::new();
            for column in fields {
                let guard = column.read.as_ref().filter(|_| verb == Verb::Read);
                let ways = guard.map_or_else(|| Ok(vec![Way::new()]), |rule| self.ways(Verb::Read, rule))?;
                free.extend(ways.iter().any(|way| way.is_subset(&own)).then_some(column.key));
            }
            let own = self.granted(Act::Verb(verb), own.clone(), free);
            told.push(Granted { is_own_account: true, ..own });
        }
        Ok(())
    }

    /// Whoever is not logged in may make himself an account, unless that is off.
    fn tell_registration(&self, told: &mut Vec<Granted>) {
        let opens = self.schema.account && self.schema.registration == Registration::Open;
        if opens && self.role == CallerRole::Anonymous {
            let fields = self.schema.columns.iter().filter(|column| pipeline::registers(self.schema, column));
            let fields = fields.map(|column| column.key).collect();
            told.push(self.granted(Act::Register, Way::new(), fields));
        }
    }

    /// The steps of flows that have a rule of their own.
    fn tell_steps(&self, update: &[Way], told: &mut Vec<Granted>) -> Result<(), LinkError> {
        for column in self.schema.columns {
            for step in column.flow.unwrap_or_default() {
                let Some(rule) = &step.rule else { continue };
                let ways = self.together(update, (Verb::Update, rule))?;
                told.extend(ways.into_iter().map(|way| self.granted(Act::Step(column, step), way, Vec::new())));
            }
        }
        Ok(())
    }

    /// The ways in which a rule lets these callers use a verb. Whether it lets them at all, the predicate says by which they are
    /// asked.
    fn ways(&self, verb: Verb, rule: &Rule) -> Result<Vec<Way>, LinkError> {
        let fold = if verb.changes() { sql::fold_change } else { sql::fold };
        if matches!(fold(self.catalog, self.model, rule, self.role)?, Predicate::Never) {
            return Ok(Vec::new());
        }
        let known = if let CallerRole::Role(word) = self.role { Some(word) } else { None };
        Ok(ways(rule, self.schema, self.catalog, known))
    }

    /// Each way with the fields that it lets one read or send. Fields that have a rule of their own come where both hold.
    fn by_way(&self, verb: Verb, found: &[Way]) -> Result<BTreeMap<Way, Vec<&'static str>>, LinkError> {
        let mut told: BTreeMap<_, _> = found.iter().map(|way| (way.clone(), Vec::new())).collect();
        for column in self.schema.columns.iter().filter(|column| self.concerns(verb, column)) {
            let guard = if verb.changes() { &column.write } else { &column.read };
            let ways = match guard {
                Some(rule) => self.together(found, (Verb::Read, rule))?,
                None => found.to_vec(),
            };
            for way in ways {
                told.entry(way).or_insert_with(Vec::new).push(column.key);
            }
        }
        let along = self.schema.taken_along().filter(|_| verb == Verb::Create);
        for (has, _) in along {
            for way in found {
                told.entry(way.clone()).or_default().push(has.name);
            }
        }
        Ok(told)
    }

    /// Of an update something is asked of the row as it would be, too: what the declaration says of that, or its rule once more
    /// where a new relation would lead.
    fn asked_twice(&self, rule: &Rule, found: Vec<Way>) -> Result<Vec<Way>, LinkError> {
        let words = match &self.schema.afterwards {
            Some(after) if self.ways(Verb::Update, after)?.is_empty() => return Ok(Vec::new()),
            Some(after) => format!("afterwards {}", rule_in_words(after, self.schema, self.catalog)),
            None => match asked_again(rule, self.schema, self.catalog).as_slice() {
                [] => return Ok(found),
                keys => format!("the same where a new {} leads", keys.join(" or ")),
            },
        };
        let more = Term { is_of_row: true, words, asked: None };
        let is_free = |way: &Way| way.is_empty() && self.schema.afterwards.is_none();
        let asked = |mut way: Way| {
            if !is_free(&way) {
                way.insert(more.clone());
            }
            way
        };
        Ok(found.into_iter().map(asked).collect())
    }

    /// The ways in which a rule lets them as well; said in words where that has very many.
    fn together(&self, found: &[Way], (verb, rule): (Verb, &Rule)) -> Result<Vec<Way>, LinkError> {
        let ways = self.ways(verb, rule)?;
        let in_words = || both(found, &[whole_way(rule, self.schema, self.catalog)]).unwrap_or_default();
        Ok(both(found, &ways).unwrap_or_else(in_words))
    }

    /// Whether a verb shows a field, or takes it.
    fn concerns(&self, verb: Verb, column: &Column) -> bool {
        match verb {
            Verb::Create | Verb::Update => pipeline::takes(self.schema, verb, column),
            Verb::List | Verb::Read | Verb::History | Verb::Show => !column.hidden,
            Verb::Delete | Verb::Restore => false,
        }
    }

    /// What of a verb there is for others alone: all of it, or fields and steps.
    fn withheld(&self, verb: Verb, granted: &[Granted]) -> Vec<Withheld> {
        let (schema, catalog) = (self.schema, self.catalog);
        let act = Act::Verb(verb);
        let Some(whose) = verb_in_words(verb, schema, catalog) else { return Vec::new() };
        let mut own = granted.iter().filter(|one| matches!(one.act, Act::Verb(other) if other == verb)).peekable();
        if own.peek().is_none() {
            return vec![Withheld { act, fields: Vec::new(), whose }];
        }
        let known: Vec<_> = own.flat_map(|one| &one.fields).collect();
        let fields =
            schema.columns.iter().filter(|column| self.concerns(verb, column) && !known.contains(&&column.key));
        let mut by_rule: BTreeMap<String, Vec<&'static str>> = BTreeMap::new();
        for column in fields {
            let guard = if verb.changes() { &column.write } else { &column.read };
            let whose = guard.as_ref().map_or_else(|| whose.clone(), |rule| rule_in_words(rule, schema, catalog));
            by_rule.entry(whose).or_default().push(column.key);
        }
        let fields = by_rule.into_iter().map(|(whose, fields)| Withheld { act, fields, whose });
        let is_taken = |column: &Column, from: &str| {
            granted
                .iter()
                .any(|one| matches!(one.act, Act::Step(other, step) if other.key == column.key && step.from == from))
        };
        let flows = schema.columns.iter().filter(|_| verb == Verb::Update);
        let steps = flows.flat_map(|column| column.flow.unwrap_or_default().iter().map(move |step| (column, step)));
        let steps = steps.filter(|(column, step)| !is_taken(column, step.from)).filter_map(|(column, step)| {
            let whose = rule_in_words(step.rule.as_ref()?, schema, catalog);
            Some(Withheld { act: Act::Step(column, step), fields: Vec::new(), whose })
        });
        fields.chain(steps).collect()
    }

    fn granted(&self, act: Act, way: Way, fields: Vec<&'static str>) -> Granted {
        Granted { role: self.role, schema: self.schema, act, way, fields, is_own_account: false }
    }
}
