//! Who may do what, as lines that can be compared: what `access.lock` holds.
//!
//! A line for each role, each relation of a caller to a row, each resource and each verb, with the fields that this lets him
//! read or send: `user · as project.owner · tasks · update · title status`. What a role may do without a condition is told of
//! `every row`, or of `a new row`. The lines are in a settled order, so that a comparison with what they were shows what declarations let
//! somebody do more or less.

use std::collections::BTreeMap;

use crate::{
    pipeline,
    schema::{
        Catalog, Column, LinkError, Model, Registration, Rule, Schema, Term, Transition, Verb, Way, asked_again, both,
        rule_in_words, ways, whole_way,
    },
    sql::{self, CallerRole, Predicate},
};

/// What stands between the parts of a line.
const BETWEEN: &str = " · ";

/// What it is called that somebody makes himself an account.
const REGISTER: &str = "register";

/// What a caller is called who is not logged in.
const ANONYMOUS: &str = "anonymous";

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
            Rights { catalog, model, schema: model.schema, role }.tell(&mut lines)?;
        }
    }
    Ok(lines)
}

/// What callers of one role may do with the rows of one resource.
struct Rights<'a> {
    catalog: &'a Catalog,
    model: &'a Model,
    schema: &'static Schema,
    role: CallerRole,
}

impl Rights<'_> {
    fn tell(&self, lines: &mut Vec<String>) -> Result<(), LinkError> {
        self.tell_registration(lines);
        for verb in Verb::ALL {
            let Some(rule) = self.schema.rule(verb) else { continue };
            let mut found = self.ways(verb, rule)?;
            if verb == Verb::Update {
                found = self.asked_twice(rule, found)?;
            }
            let told = self.by_way(verb, &found)?;
            lines.extend(told.into_iter().map(|(way, fields)| self.line(&way, verb.name(), &fields.join(" "))));
            if verb == Verb::Update {
                self.tell_steps(&found, lines)?;
            }
        }
        self.tell_oneself(lines)
    }

    /// Whoever is logged in reads his own account and changes it, whatever the rules say of others: but for fields that have a
    /// rule of their own.
    fn tell_oneself(&self, lines: &mut Vec<String>) -> Result<(), LinkError> {
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
            let mut told = Vec::new();
            for column in fields {
                let guard = column.read.as_ref().filter(|_| verb == Verb::Read);
                let ways = guard.map_or_else(|| Ok(vec![Way::new()]), |rule| self.ways(Verb::Read, rule))?;
                told.extend(ways.iter().any(|way| way.is_subset(&own)).then_some(column.key));
            }
            lines.push(self.line(&own, verb.name(), &told.join(" ")));
        }
        Ok(())
    }

    /// Whoever is not logged in may make himself an account, unless that is off.
    fn tell_registration(&self, lines: &mut Vec<String>) {
        let opens = self.schema.account && self.schema.registration == Registration::Open;
        if opens && self.role == CallerRole::Anonymous {
            let fields = self.schema.columns.iter().filter(|column| pipeline::registers(self.schema, column));
            let fields: Vec<_> = fields.map(|column| column.key).collect();
            lines.push(self.line(&Way::new(), REGISTER, &fields.join(" ")));
        }
    }

    /// The steps of flows that have a rule of their own.
    fn tell_steps(&self, update: &[Way], lines: &mut Vec<String>) -> Result<(), LinkError> {
        for column in self.schema.columns {
            for Transition { from, to, rule } in column.flow.unwrap_or_default() {
                let Some(rule) = rule else { continue };
                let step = format!("{}: {from} -> {}", column.key, to.join(" | "));
                for way in self.together(update, (Verb::Update, rule))? {
                    lines.push(self.line(&way, "step", &step));
                }
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
        let more = Term { is_of_row: true, words };
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

    fn line(&self, way: &Way, verb: &str, fields: &str) -> String {
        let role = if let CallerRole::Role(word) = self.role { word } else { ANONYMOUS };
        let joined = |is_of_row: bool| {
            let terms = way.iter().filter(|term| term.is_of_row == is_of_row);
            terms.map(|term| term.words.as_str()).collect::<Vec<_>>().join(" and ")
        };
        let relation = match (joined(false), joined(true)) {
            (relation, row) if relation.is_empty() && row.is_empty() => {
                (if ["create", REGISTER].contains(&verb) { "a new row" } else { "every row" }).to_owned()
            }
            (relation, row) if row.is_empty() => format!("as {relation}"),
            (relation, row) if relation.is_empty() => format!("where {row}"),
            (relation, row) => format!("as {relation} where {row}"),
        };
        let parts = [role, &relation, self.schema.plural, verb, fields];
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(BETWEEN)
    }
}
