//! What a rule means for the answers of a route: may one call it without a token, and can it answer 403?
//!
//! Looks at the shape of the rule alone, before any row or caller is known.

use crate::schema::{Catalog, Model, Path, Rule, Schema, Verb, named_rule};

/// What a rule says before the row and the caller are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Access {
    /// How it treats a caller without a token.
    pub(super) anonymous: Anonymous,
    /// Whether it can refuse a caller that is logged in.
    pub(super) refuses: bool,
}

/// How a route treats a caller without a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Anonymous {
    /// Never lets it in.
    Refused,
    /// Lets it in to some rows.
    Sometimes,
    /// Always lets it in.
    Welcome,
}

/// Judges the rule of a verb; a verb without a rule refuses everybody.
pub(super) fn access(catalog: &Catalog, model: &Model, verb: Verb) -> Access {
    let Some(rule) = model.schema.rule(verb) else { return Access { anonymous: Anonymous::Refused, refuses: true } };
    let judge = |who| Judge { catalog, schema: model.schema, who, depth: 0 }.outcome(rule);
    let undecided = (verb == Verb::List).then_some(Undecided { but_for: model.schema.under });
    let anonymous = judge(Who::Anonymous);
    Access {
        anonymous: match (anonymous.may_hold, anonymous.may_fail) {
            (false, _) => Anonymous::Refused,
            (true, true) => Anonymous::Sometimes,
            (true, false) => Anonymous::Welcome,
        },
        refuses: judge(Who::Account(undecided)).may_fail,
    }
}

/// Deepest nesting of named rules that is followed.
const MAX_DEPTH: usize = 8;

#[derive(Clone, Copy)]
enum Who {
    Anonymous,
    Account(Option<Undecided>),
}

/// In a list the rows are not known beforehand: what speaks of them scopes the list and refuses nobody. What speaks of
/// the parent alone is decided first.
#[derive(Clone, Copy)]
struct Undecided {
    but_for: Option<&'static str>,
}

#[derive(Clone, Copy)]
struct Outcome {
    may_hold: bool,
    may_fail: bool,
}

const HOLDS: Outcome = Outcome { may_hold: true, may_fail: false };
const FAILS: Outcome = Outcome { may_hold: false, may_fail: true };
const OPEN: Outcome = Outcome { may_hold: true, may_fail: true };
const UNDECIDED: Outcome = Outcome { may_hold: false, may_fail: false };

struct Judge<'a> {
    catalog: &'a Catalog,
    schema: &'a Schema,
    who: Who,
    depth: usize,
}

impl Judge<'_> {
    fn outcome(&self, rule: &Rule) -> Outcome {
        match rule {
            Rule::Any(rules) => rules.iter().map(|rule| self.outcome(rule)).fold(FAILS, |all, one| Outcome {
                may_hold: all.may_hold || one.may_hold,
                may_fail: all.may_fail && one.may_fail,
            }),
            Rule::All(rules) => rules.iter().map(|rule| self.outcome(rule)).fold(HOLDS, |all, one| Outcome {
                may_hold: all.may_hold && one.may_hold,
                may_fail: all.may_fail || one.may_fail,
            }),
            Rule::Not(rule) => {
                let Outcome { may_hold, may_fail } = self.outcome(rule);
                Outcome { may_hold: may_fail, may_fail: may_hold }
            }
            Rule::Anyone => HOLDS,
            Rule::Authenticated => {
                if matches!(self.who, Who::Anonymous) {
                    FAILS
                } else {
                    HOLDS
                }
            }
            Rule::Role(_) => {
                if matches!(self.who, Who::Anonymous) {
                    FAILS
                } else {
                    OPEN
                }
            }
            Rule::Oneself => self.row(&Path::HERE, FAILS),
            Rule::Related(path) => self.row(path, FAILS),
            Rule::Compare { path, .. } => self.row(path, OPEN),
            Rule::Named { path, rule } => self.named(path, rule),
        }
    }

    fn row(&self, path: &Path, of_anonymous: Outcome) -> Outcome {
        match self.who {
            Who::Anonymous => of_anonymous,
            Who::Account(Some(undecided)) if !undecided.is_decided(path) => UNDECIDED,
            Who::Account(_) => OPEN,
        }
    }

    fn named(&self, path: &Path, name: &str) -> Outcome {
        let Some((schema, rule)) = named_rule(self.catalog, self.schema, path, name) else { return OPEN };
        if self.depth == MAX_DEPTH {
            return OPEN;
        }
        let who = match self.who {
            // The whole rule speaks of the parent.
            Who::Account(Some(undecided)) if undecided.is_decided(path) => Who::Account(None),
            // Its paths start at another row, so that none of them is the list's parent.
            Who::Account(Some(_)) if !path.steps().is_empty() => Who::Account(Some(Undecided { but_for: None })),
            who => who,
        };
        Judge { catalog: self.catalog, schema, who, depth: self.depth + 1 }.outcome(rule)
    }
}

impl Undecided {
    fn is_decided(self, path: &Path) -> bool {
        self.but_for.is_some() && path.steps().first().copied() == self.but_for
    }
}
