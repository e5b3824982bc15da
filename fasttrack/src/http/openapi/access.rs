//! What a rule means for the answers of a route: may one call it without a token, and can it answer 403?
//!
//! Looks at the rule alone, before any row or caller is known.

use crate::{
    schema::{Catalog, Model, Path, Rule, Schema, Verb, named_rule},
    sql::{CallerRole, fold, fold_change},
};

/// What a rule says before the row and the caller are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Access {
    /// How it treats a caller without a token.
    pub(super) anonymous: Anonymous,
    /// Whether it can refuse a caller that is logged in.
    pub(super) refuses: bool,
    /// Whether it leaves rows of a list out.
    pub(super) scopes: bool,
}

/// How a route treats a caller without a token, from the strictest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
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
    let access = model.schema.rule(verb).map_or(NOBODY, |rule| access_by(catalog, model, rule, verb));
    match &model.schema.afterwards {
        // Of the row as it would be a rule is asked as if to read it: who may change it was asked before.
        Some(rule) if verb == Verb::Update => access.and(access_by(catalog, model, rule, Verb::Read)),
        _ => access,
    }
}

/// Judges a rule as if it were that of `verb`.
pub(super) fn access_by(catalog: &Catalog, model: &Model, rule: &Rule, verb: Verb) -> Access {
    let undecided = (verb == Verb::List).then_some(Undecided { but_for: model.schema.under });
    let account = Judge { catalog, schema: model.schema, undecided, depth: 0 }.outcome(rule);
    let anonymous = match verb {
        Verb::List | Verb::Read | Verb::History | Verb::Show => fold(catalog, model, rule, CallerRole::Anonymous),
        Verb::Create | Verb::Update | Verb::Delete | Verb::Restore => {
            fold_change(catalog, model, rule, CallerRole::Anonymous)
        }
    };
    // Who created a row has to be somebody.
    let needs_actor =
        verb == Verb::Create && model.schema.columns.iter().any(|column| column.actor && !column.nullable);
    Access {
        anonymous: match anonymous {
            _ if needs_actor => Anonymous::Refused,
            Ok(predicate) if predicate.is_never() => Anonymous::Refused,
            Ok(predicate) if predicate.is_always() => Anonymous::Welcome,
            _ => Anonymous::Sometimes,
        },
        refuses: account.may_fail,
        scopes: account.speaks_of_rows,
    }
}

impl Access {
    /// What both let.
    pub(super) fn and(self, other: Self) -> Self {
        Self {
            anonymous: self.anonymous.min(other.anonymous),
            refuses: self.refuses || other.refuses,
            scopes: self.scopes || other.scopes,
        }
    }
}

const NOBODY: Access = Access { anonymous: Anonymous::Refused, refuses: true, scopes: false };

/// Deepest nesting of named rules that is followed.
const MAX_DEPTH: usize = 8;

/// In a list the rows are not known beforehand: what speaks of them scopes the list and refuses nobody. What speaks of
/// the parent alone is decided first.
#[derive(Clone, Copy)]
struct Undecided {
    but_for: Option<&'static str>,
}

#[derive(Clone, Copy)]
struct Outcome {
    /// It can turn out to hold before the rows are looked at.
    may_hold: bool,
    /// It can turn out not to hold before the rows are looked at.
    may_fail: bool,
    /// Some of it is left to the rows.
    speaks_of_rows: bool,
}

const HOLDS: Outcome = Outcome { may_hold: true, may_fail: false, speaks_of_rows: false };
const FAILS: Outcome = Outcome { may_hold: false, may_fail: true, speaks_of_rows: false };
const OPEN: Outcome = Outcome { may_hold: true, may_fail: true, speaks_of_rows: false };
const UNDECIDED: Outcome = Outcome { may_hold: false, may_fail: false, speaks_of_rows: true };

/// Judges a rule for whoever is logged in.
struct Judge<'a> {
    catalog: &'a Catalog,
    schema: &'a Schema,
    undecided: Option<Undecided>,
    depth: usize,
}

impl Judge<'_> {
    fn outcome(&self, rule: &Rule) -> Outcome {
        match rule {
            Rule::Any(rules) => rules.iter().map(|rule| self.outcome(rule)).fold(FAILS, Outcome::or),
            Rule::All(rules) => rules.iter().map(|rule| self.outcome(rule).not()).fold(FAILS, Outcome::or).not(),
            Rule::Not(rule) => self.outcome(rule).not(),
            Rule::Anyone | Rule::Authenticated => HOLDS,
            Rule::Role(_) | Rule::OfCaller(_) => OPEN,
            Rule::LikeCaller { path, field, .. } if path.steps().is_empty() => self.row(&Path::HERE.then(field)),
            Rule::Oneself => self.row(&Path::HERE),
            Rule::Related(path)
            | Rule::Compare { path, .. }
            | Rule::Moment { path, .. }
            | Rule::LikeCaller { path, .. }
            | Rule::AnyOf { path, .. } => self.row(path),
            Rule::Named { path, rule } => self.named(path, rule),
        }
    }

    fn row(&self, path: &Path) -> Outcome {
        match self.undecided {
            Some(undecided) if !undecided.is_decided(path) => UNDECIDED,
            _ => OPEN,
        }
    }

    fn named(&self, path: &Path, name: &str) -> Outcome {
        let Some((schema, rule)) = named_rule(self.catalog, self.schema, path, name) else { return OPEN };
        if self.depth == MAX_DEPTH {
            return OPEN;
        }
        let undecided = match self.undecided {
            // The whole rule speaks of the parent.
            Some(undecided) if undecided.is_decided(path) => None,
            // Its paths start at another row, so that none of them is the list's parent.
            Some(_) if !path.steps().is_empty() => Some(Undecided { but_for: None }),
            undecided => undecided,
        };
        Judge { catalog: self.catalog, schema, undecided, depth: self.depth + 1 }.outcome(rule)
    }
}

impl Outcome {
    const fn or(self, other: Self) -> Self {
        Self {
            may_hold: self.may_hold || other.may_hold,
            may_fail: self.may_fail && other.may_fail,
            speaks_of_rows: self.speaks_of_rows || other.speaks_of_rows,
        }
    }

    const fn not(self) -> Self {
        Self { may_hold: self.may_fail, may_fail: self.may_hold, ..self }
    }
}

impl Undecided {
    fn is_decided(self, path: &Path) -> bool {
        self.but_for.is_some() && path.steps().first().copied() == self.but_for
    }
}

#[cfg(test)]
mod tests {
    use super::{super::sample, *};
    use crate::schema::{Column, Grant};

    #[track_caller]
    fn check(resource: &str, verb: Verb, anonymous: Anonymous, refuses: bool, scopes: bool) {
        let catalog = sample::everything();
        let access = access(&catalog, catalog.find(resource).unwrap(), verb);
        assert_eq!(access, Access { anonymous, refuses, scopes }, "{verb:?} {resource}");
    }

    #[test]
    fn a_list_is_refused_only_where_nothing_is_left_to_the_rows() {
        check("user", Verb::List, Anonymous::Refused, true, false);
        check("project", Verb::List, Anonymous::Refused, false, true);
        check("task", Verb::List, Anonymous::Refused, true, false);
        check("comment", Verb::List, Anonymous::Refused, true, false);
        check("problem", Verb::List, Anonymous::Sometimes, false, true);
    }

    #[test]
    fn a_row_is_refused_unless_everybody_may() {
        check("project", Verb::Create, Anonymous::Refused, false, false);
        check("project", Verb::Read, Anonymous::Refused, true, false);
        check("comment", Verb::Create, Anonymous::Refused, true, false);
        check("comment", Verb::Read, Anonymous::Refused, true, false);
        check("problem", Verb::Create, Anonymous::Welcome, false, false);
        check("problem", Verb::Read, Anonymous::Refused, true, false);
        check("problem", Verb::Update, Anonymous::Refused, true, false);
        check("problem", Verb::Delete, Anonymous::Welcome, true, false);
    }

    #[test]
    fn what_an_update_is_to_leave_may_refuse_too() {
        const OPEN: Rule = Rule::Compare {
            path: Path::HERE,
            field: "name",
            op: crate::schema::Comparison::Eq,
            value: crate::schema::Literal::Text("open"),
        };
        const COLUMNS: &[Column] = &[Column::new::<String>("name", "name")];
        const USER: Schema = Schema::new("user", "users").account().columns(COLUMNS);
        const WALL: Schema =
            Schema::new("wall", "walls").columns(COLUMNS).grants(&[Grant::new(Verb::Update, Rule::Anyone)]);
        const SAID: Schema = WALL.afterwards(OPEN);
        const SHUT: Schema = WALL.afterwards(Rule::Role("admin"));
        for (wall, anonymous, refuses) in
            [(&WALL, Anonymous::Welcome, false), (&SAID, Anonymous::Sometimes, true), (&SHUT, Anonymous::Refused, true)]
        {
            let catalog = Catalog::link(&[&USER, wall]).unwrap();
            let access = access(&catalog, catalog.find("wall").unwrap(), Verb::Update);
            assert_eq!(access, Access { anonymous, refuses, scopes: false });
        }
    }

    #[test]
    fn a_circle_of_named_rules_may_come_out_either_way() {
        const CIRCLE: Rule = Rule::Named { path: Path::HERE, rule: "circle" };
        const USER: Schema = Schema::new("user", "users").account().named_rules(&[("circle", CIRCLE)]);
        let catalog = Catalog::link(&[&USER]).unwrap();
        let judge = Judge { catalog: &catalog, schema: &USER, undecided: None, depth: 0 };
        let outcome = judge.outcome(&CIRCLE);
        assert!(outcome.may_hold && outcome.may_fail);
    }
}
