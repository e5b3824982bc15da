//! Rules of the steps of a flow: whether anybody could take them.
//!
//! A step is for whom both its own rule and that of `update` let, of a row that is what the step starts from. What of that is
//! told by roles, choices and truth values alone is tried out; whatever else a rule asks may hold.

use std::collections::HashMap;

use proc_macro2::Ident;

use crate::{
    errors::Errors,
    model::{ConstantValue, Declaration, Field, Path, Rule, StepRule, Transition, Value},
};

pub(super) fn check(declaration: &Declaration, errors: &mut Errors) {
    for field in &declaration.fields {
        let Some(Value::Flow(flow)) = field.option("flow").map(|option| &option.value) else { continue };
        for step in flow {
            if let Some(said) = &step.rule
                && let Some(why) = nobody_passes(declaration, field, step, said)
            {
                errors.push(said.at, why);
            }
        }
    }
}

/// Why nobody could take a step; `None` where somebody may.
fn nobody_passes(declaration: &Declaration, field: &Field, step: &Transition, said: &StepRule) -> Option<String> {
    if field.has("read_only") {
        let name = &field.name;
        return Some(format!("no client sets `{name}`, so nobody would be asked; take the rule or `read_only` away"));
    }
    let updates = declaration.grants.iter().find(|grant| grant.verb == "update");
    if updates.is_none() && declaration.account.is_none() && declaration.reads_every_can() {
        return Some(
            "nobody may update a row, so that nobody could pass this; say who: `#[can(update: …)]`".to_owned(),
        );
    }
    let from = &step.from;
    let is_stuck = |to: &&Ident| {
        // One's own account is one's own to change, whatever the rule of `update` says.
        let updates = updates.filter(|_| declaration.account.is_none() || field.has("write"));
        let guard = match field.option("write").map(|option| &option.value) {
            Some(Value::Rule(rule)) => Some(rule),
            _ => None,
        };
        let before = [Some(&said.rule), updates.map(|grant| &grant.rule), guard];
        let after = updates.and_then(|grant| grant.afterwards.as_ref()).map(|afterwards| &afterwards.rule);
        let asked = |rule, state: &Ident, when| Asked { rule, state: state.to_string(), when };
        let mut all: Vec<Asked<'_>> = before.into_iter().flatten().map(|rule| asked(rule, from, "before")).collect();
        all.extend(after.map(|rule| asked(rule, to, "after")));
        !Question { declaration, field }.may_hold(&all)
    };
    let to = step.to.iter().find(is_stuck)?;
    Some(format!(
        "nobody could take the step from `{from}` to `{to}`: this and what else is asked of an update exclude each other; say \
         a rule that somebody passes"
    ))
}

/// A rule, asked of a row.
struct Asked<'a> {
    rule: &'a Rule,
    /// What the flow's own field holds then.
    state: String,
    when: &'static str,
}

/// Most worlds that are tried; where there are more, somebody is taken to pass.
const MAX_WORLDS: usize = 10_000;

/// Deepest nesting of named rules that is followed; below it, a rule may hold.
const MAX_DEPTH: usize = 16;

/// What can differ from world to world, with the values that it may have.
type Unknowns = Vec<(String, Vec<String>)>;

/// One value for everything that is unknown.
type World<'a> = HashMap<&'a str, &'a str>;

/// Who is calling, among what is unknown.
const ROLE: &str = "role";

/// Nobody who is known.
const ANONYMOUS: &str = "(anonymous)";

/// Whatever is not named.
const OTHER: &str = "(other)";

struct Question<'a> {
    declaration: &'a Declaration,
    field: &'a Field,
}

impl Question<'_> {
    fn may_hold(&self, all: &[Asked<'_>]) -> bool {
        let mut unknowns = vec![(ROLE.to_owned(), vec![ANONYMOUS.to_owned(), OTHER.to_owned()])];
        for asked in all {
            self.collect(asked, asked.rule, MAX_DEPTH, &mut unknowns);
        }
        let count = unknowns.iter().try_fold(1_usize, |count, (_, values)| count.checked_mul(values.len()));
        let Some(count) = count.filter(|count| *count <= MAX_WORLDS) else { return true };
        (0..count).any(|number| {
            let world = world(&unknowns, number);
            all.iter().all(|asked| self.holds((asked, &world), asked.rule, false, MAX_DEPTH))
        })
    }

    fn collect(&self, asked: &Asked<'_>, rule: &Rule, depth: usize, unknowns: &mut Unknowns) {
        let mut add = |key: String, values: &[&str]| {
            let at = unknowns.iter().position(|(known, _)| *known == key).unwrap_or_else(|| {
                unknowns.push((key, Vec::new()));
                unknowns.len() - 1
            });
            let Some((_, known)) = unknowns.get_mut(at) else { return };
            for value in values {
                if !known.iter().any(|known| known == value) {
                    known.push((*value).to_owned());
                }
            }
        };
        match rule {
            Rule::Any(parts) | Rule::All(parts) => {
                for part in parts {
                    self.collect(asked, part, depth, unknowns);
                }
            }
            Rule::Not(part) => self.collect(asked, part, depth, unknowns),
            Rule::Anyone | Rule::Authenticated => {}
            Rule::Role(word) | Rule::RoleWord(word) => add(ROLE.to_owned(), &[&word.to_string()]),
            Rule::Compare { path, .. } if self.is_state(path) => {}
            Rule::Compare { path, value, .. } => match &value.value {
                ConstantValue::Variant(variant) => add(of_row(asked, path), &[OTHER, &variant.to_string()]),
                ConstantValue::Bool(_) => add(of_row(asked, path), &["true", "false"]),
                _ => add(by_itself(rule), &["true", "false"]),
            },
            Rule::Path(path) => match self.named(path).filter(|_| depth > 0) {
                Some(named) => self.collect(asked, named, depth - 1, unknowns),
                None => add(of_row(asked, path), &["true", "false"]),
            },
            _ => add(by_itself(rule), &["true", "false"]),
        }
    }

    fn holds(&self, within: (&Asked<'_>, &World<'_>), rule: &Rule, negated: bool, depth: usize) -> bool {
        let (asked, world) = within;
        let holds = |part, negated| self.holds(within, part, negated, depth);
        let is = |key: &str, value: &str| world.get(key).is_none_or(|held| *held == value);
        match rule {
            Rule::Any(parts) if negated => parts.iter().all(|part| holds(part, true)),
            Rule::All(parts) if negated => parts.iter().any(|part| holds(part, true)),
            Rule::Any(parts) => parts.iter().any(|part| holds(part, false)),
            Rule::All(parts) => parts.iter().all(|part| holds(part, false)),
            Rule::Not(part) => holds(part, !negated),
            Rule::Anyone => !negated,
            Rule::Authenticated => is(ROLE, ANONYMOUS) == negated,
            // Of who is not known, neither it nor its opposite holds.
            Rule::Role(said) | Rule::RoleWord(said) => !is(ROLE, ANONYMOUS) && is(ROLE, &said.to_string()) != negated,
            Rule::Compare { path, op, value } => {
                let differs = op.variant == "Ne";
                let held = match &value.value {
                    ConstantValue::Variant(variant) if self.is_state(path) => *variant == asked.state,
                    ConstantValue::Variant(variant) => is(&of_row(asked, path), &variant.to_string()),
                    ConstantValue::Bool(value) => is(&of_row(asked, path), &value.to_string()),
                    _ => return is(&by_itself(rule), "true") != negated,
                };
                (held != differs) != negated
            }
            Rule::Path(path) => match self.named(path).filter(|_| depth > 0) {
                Some(named) => self.holds(within, named, negated, depth - 1),
                None => is(&of_row(asked, path), "true") != negated,
            },
            _ => is(&by_itself(rule), "true") != negated,
        }
    }

    /// Whether a path is the field of the flow.
    fn is_state(&self, path: &Path) -> bool {
        path.head.is_empty() && path.last == self.field.ident
    }

    fn named(&self, path: &Path) -> Option<&Rule> {
        self.declaration.rule(&path.last).flatten().filter(|_| path.head.is_empty())
    }
}

/// A field of the row, or what it leads to: the same wherever it is asked.
fn of_row(asked: &Asked<'_>, path: &Path) -> String {
    format!("{} {}", asked.when, path.text())
}

/// What has nothing to do with anything else.
fn by_itself(rule: &Rule) -> String {
    format!("{:p}", std::ptr::from_ref(rule))
}

/// The world of this number.
fn world(unknowns: &Unknowns, mut number: usize) -> World<'_> {
    let mut world = World::new();
    for (key, values) in unknowns {
        if let Some(value) = values.get(number % values.len()) {
            world.insert(key, value);
        }
        number /= values.len();
    }
    world
}
