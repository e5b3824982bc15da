//! A rule as the ways in which a caller of one role may: each a set of conditions that hold together.
//!
//! Named rules are resolved, and roles decided; what is left is in words. Of who is not logged in neither holds what a rule
//! says of the caller, nor its opposite, as where rules become predicates.

use std::{cmp::Ordering, collections::BTreeSet};

use super::{
    Catalog, Path, Rule, Schema,
    words::{Binding, MAX_DEPTH, Place, dotted, named_rule},
};

/// Something that has to hold of the row, or between it and the caller. Those that say the same in words are the same.
#[derive(Debug, Clone)]
pub struct Term {
    /// Whether it does not say who the caller is to the row.
    pub is_of_row: bool,
    /// In words: `project.owner`, `status is draft`.
    pub words: String,
    /// What is asked; `None` of what is not asked of the row as it is.
    pub asked: Option<Asked>,
}

/// A condition of a rule, and the row of which it is asked.
#[derive(Debug, Clone)]
pub struct Asked {
    /// The relations that lead there, a path for each rule that was found by name: to one row, or none.
    pub at: Vec<Path>,
    /// The condition.
    pub rule: Rule,
    /// Whether it must not hold.
    pub negated: bool,
}

impl Asked {
    /// The names of the relations that lead to what it looks at, and last that of the field; empty, where it looks at no single
    /// field. A relation to the account is one.
    #[must_use]
    pub fn trail(&self) -> Vec<&'static str> {
        let (path, field) = match &self.rule {
            Rule::Related(path) => (*path, None),
            Rule::Oneself => (Path::HERE, self.at.is_empty().then_some("id")),
            Rule::Compare { path, field, .. }
            | Rule::Moment { path, field, .. }
            | Rule::LikeCaller { path, field, .. } => (*path, Some(*field)),
            _ => return Vec::new(),
        };
        let steps = self.at.iter().chain([&path]).flat_map(|path| path.steps().iter().copied());
        steps.chain(field).collect()
    }
}

impl PartialEq for Term {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Term {}

impl PartialOrd for Term {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Term {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.is_of_row, &self.words).cmp(&(other.is_of_row, &other.words))
    }
}

/// What has to hold together for somebody to be let; nothing, where he always is.
pub type Way = BTreeSet<Term>;

/// Most ways that are told apart.
const MOST: usize = 64;

/// The ways in which a rule of `schema` lets a caller with this role, or one who is not logged in. A rule of very many ways is
/// one, in its own words.
#[must_use]
pub fn ways(rule: &Rule, schema: &Schema, catalog: &Catalog, caller: Option<&str>) -> Vec<Way> {
    let folder = Folder::of(schema, catalog, caller);
    folder.ways(rule, false).map_or_else(|| vec![Way::from([folder.condition(rule, false)])], least)
}

/// The ways in which a rule lets such a caller that a condition says by its name; nothing where it says none, or not of the row
/// itself.
#[must_use]
pub fn ways_of_named(asked: &Asked, schema: &Schema, catalog: &Catalog, caller: Option<&str>) -> Vec<Way> {
    match &asked.rule {
        Rule::Named { path, rule } if asked.at.is_empty() => {
            Folder::of(schema, catalog, caller).by_name(&asked.rule, (path, rule), false).unwrap_or_default()
        }
        _ => Vec::new(),
    }
}

/// The same as one way, whatever ways there are.
#[must_use]
pub fn whole_way(rule: &Rule, schema: &Schema, catalog: &Catalog) -> Way {
    Way::from([Folder::of(schema, catalog, None).condition(rule, false)])
}

/// The ways in which both let somebody; `None` where there are very many.
#[must_use]
pub fn both(one: &[Way], other: &[Way]) -> Option<Vec<Way>> {
    if one.len().saturating_mul(other.len()) > MOST {
        return None;
    }
    Some(least(one.iter().flat_map(|way| other.iter().map(move |other| way | other)).collect()))
}

/// Those that do not ask more than another one, each once and in order.
fn least(ways: Vec<Way>) -> Vec<Way> {
    let ways: BTreeSet<_> = ways.into_iter().collect();
    let asks_more = |way: &Way| ways.iter().any(|other| other != way && other.is_subset(way));
    ways.iter().filter(|way| !asks_more(way)).cloned().collect()
}

struct Folder<'a> {
    place: Place<'a>,
    /// By which paths that place was reached.
    at: Vec<Path>,
    /// His role; `None` for who is not logged in.
    caller: Option<&'a str>,
}

/// What a path may lead to besides one row.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reach {
    One,
    OneOrNone,
    Many,
}

impl<'a> Folder<'a> {
    const fn of(schema: &'a Schema, catalog: &'a Catalog, caller: Option<&'a str>) -> Self {
        Self { place: Place::of(schema, catalog), at: Vec::new(), caller }
    }
    /// `None` where there are very many.
    fn ways(&self, rule: &Rule, negated: bool) -> Option<Vec<Way>> {
        let decided = |holds: bool| if holds == negated { Vec::new() } else { vec![Way::new()] };
        let known = self.caller.is_some();
        Some(match rule {
            Rule::Any(parts) if negated => self.all(parts, negated)?,
            Rule::All(parts) if negated => self.any(parts, negated)?,
            Rule::Any(parts) => self.any(parts, negated)?,
            Rule::All(parts) => self.all(parts, negated)?,
            Rule::Not(inner) => self.ways(inner, !negated)?,
            Rule::Named { path, rule: name } => self.by_name(rule, (path, name), negated)?,
            Rule::Anyone => decided(true),
            Rule::Authenticated => decided(known),
            Rule::Role(word) if known => decided(self.caller == Some(word)),
            Rule::Oneself | Rule::Related(_) | Rule::OfCaller(_) | Rule::LikeCaller { .. } if known => {
                self.one(rule, negated)
            }
            Rule::Role(_) | Rule::Oneself | Rule::Related(_) | Rule::OfCaller(_) | Rule::LikeCaller { .. } => {
                Vec::new()
            }
            // Who is not logged in is none of many either, nor is it known that he is not.
            Rule::AnyOf { path, rule: inner } if !known && self.is_never(path, inner, negated) => Vec::new(),
            Rule::Compare { .. } | Rule::Moment { .. } | Rule::AnyOf { .. } => self.one(rule, negated),
        })
    }

    fn any(&self, parts: &[Rule], negated: bool) -> Option<Vec<Way>> {
        let mut ways = Vec::new();
        for part in parts {
            ways.extend(self.ways(part, negated)?);
        }
        (ways.len() <= MOST).then(|| least(ways))
    }

    fn all(&self, parts: &[Rule], negated: bool) -> Option<Vec<Way>> {
        parts.iter().try_fold(vec![Way::new()], |ways, part| both(&ways, &self.ways(part, negated)?))
    }

    fn one(&self, rule: &Rule, negated: bool) -> Vec<Way> {
        vec![Way::from([self.condition(rule, negated)])]
    }

    fn condition(&self, rule: &Rule, negated: bool) -> Term {
        let phrase = self.place.phrase(rule);
        let words =
            if negated { format!("not {}", phrase.inside(Binding::Word)) } else { phrase.inside(Binding::Conjunction) };
        let is_relation = matches!(rule, Rule::Oneself | Rule::Related(_) | Rule::AnyOf { .. } | Rule::Named { .. });
        let asked = Asked { at: self.at.clone(), rule: *rule, negated };
        Term { is_of_row: negated || !is_relation, words, asked: Some(asked) }
    }

    /// The ways of the rule that a name stands for. Where it is asked of one of many rows it is one condition, since all of it
    /// has to hold of the same; and so is its opposite where there may be no row, which that holds of as well.
    fn by_name(&self, whole: &Rule, (path, name): (&Path, &str), negated: bool) -> Option<Vec<Way>> {
        let Some((folder, rule)) = self.named(path, name) else { return Some(self.one(whole, negated)) };
        let ways = folder.ways(rule, negated)?;
        let known = self.caller.is_some();
        Some(match self.reach(path) {
            Reach::Many if known && negated || !ways.is_empty() => self.one(whole, negated),
            Reach::OneOrNone if known && negated => self.one(whole, negated),
            Reach::OneOrNone if ways.iter().any(Way::is_empty) => vec![Way::from([self.presence(whole, path)])],
            _ => ways,
        })
    }

    /// Whether a rule lets nobody of these of the rows at the end of a path, or none of them is known not to be let.
    fn is_never(&self, path: &Path, rule: &Rule, negated: bool) -> bool {
        let Place { catalog, schema, prefix, depth } = &self.place;
        let end = catalog.find(schema.name).and_then(|model| catalog.walk(model, path).ok());
        let Some((_, end)) = end.filter(|_| *depth < MAX_DEPTH) else { return false };
        let place = Place { catalog, schema: end.schema, prefix: prefix.clone(), depth: depth + 1 };
        Folder { place, at: self.at.clone(), caller: self.caller }
            .ways(rule, negated)
            .is_some_and(|ways| ways.is_empty())
    }

    fn reach(&self, path: &Path) -> Reach {
        let Place { catalog, schema, .. } = &self.place;
        let walked = catalog.find(schema.name).and_then(|model| catalog.walk(model, path).ok());
        let steps = walked.map(|(steps, _)| steps).unwrap_or_default();
        if steps.iter().any(super::Step::is_many) {
            Reach::Many
        } else if steps.iter().any(|step| step.nullable || step.deleted.is_some()) {
            Reach::OneOrNone
        } else {
            Reach::One
        }
    }

    /// That there is a row at the end of a path, of which `whole` holds then.
    fn presence(&self, whole: &Rule, path: &Path) -> Term {
        let words = format!("{}{} is there", self.place.prefix, path.steps().join("."));
        Term { is_of_row: true, words, asked: Some(Asked { at: self.at.clone(), rule: *whole, negated: false }) }
    }

    /// The rule of this name at the end of a path, unless that goes too deep.
    fn named(&self, path: &Path, name: &str) -> Option<(Folder<'_>, &Rule)> {
        let Place { catalog, schema, prefix, depth } = &self.place;
        let (schema, rule) = named_rule(catalog, schema, path, name).filter(|_| *depth < MAX_DEPTH)?;
        let prefix = format!("{prefix}{}", dotted(path));
        let at = self.at.iter().copied().chain((!path.steps().is_empty()).then_some(*path)).collect();
        Some((Folder { place: Place { catalog, schema, prefix, depth: depth + 1 }, at, caller: self.caller }, rule))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{Column, Comparison, Kind, Literal};

    const HERE: Path = Path::HERE;
    const OWNER: Rule = Rule::Related(HERE.then("project").then("owner"));
    const ASSIGNEE: Rule = Rule::Related(HERE.then("assignee"));
    const ADMIN: Rule = Rule::Role("admin");
    const OPEN: Rule = Rule::Compare { path: HERE, field: "status", op: Comparison::Ne, value: Literal::Text("done") };
    const MEMBER: Rule = Rule::Named { path: HERE.then("task"), rule: "member" };
    const USER: Schema = Schema::new("user", "users").account();
    const TASK: Schema = Schema::new("task", "tasks").named_rules(&[
        ("member", Rule::Any(&[OWNER, ASSIGNEE, ADMIN])),
        ("circle", Rule::Named { path: HERE, rule: "circle" }),
    ]);
    const COMMENT: Schema = Schema::new("comment", "comments")
        .columns(&[Column { kind: Kind::Relation("task"), ..Column::new::<i64>("task", "task") }]);

    #[track_caller]
    fn check(schema: &Schema, rule: &Rule, caller: Option<&str>, expected: &[&str]) {
        let catalog = Catalog::link(&[&USER, &TASK, &COMMENT]).unwrap();
        let said = |way: &Way| way.iter().map(|term| term.words.as_str()).collect::<Vec<_>>().join(" + ");
        let ways: Vec<_> = ways(rule, schema, &catalog, caller).iter().map(said).collect();
        assert_eq!(ways, expected);
    }

    #[test]
    fn each_role_has_ways_of_its_own() {
        const RULE: Rule = Rule::Any(&[ADMIN, Rule::All(&[Rule::Any(&[OWNER, ASSIGNEE]), OPEN])]);
        check(&TASK, &RULE, Some("admin"), &[""]);
        check(&TASK, &RULE, Some("user"), &["assignee + status is not done", "project.owner + status is not done"]);
        check(&TASK, &RULE, None, &[]);
        check(&TASK, &Rule::Not(&RULE), Some("admin"), &[]);
        check(&TASK, &Rule::Not(&Rule::Any(&[ADMIN, OPEN])), Some("user"), &["not (status is not done)"]);
        check(&TASK, &Rule::Not(&Rule::All(&[ADMIN, OWNER])), Some("admin"), &["not project.owner"]);
        check(&TASK, &Rule::Not(&ADMIN), None, &[]);
    }

    #[test]
    fn names_are_resolved_and_circles_are_not() {
        check(&COMMENT, &MEMBER, Some("user"), &["task.assignee", "task.project.owner"]);
        check(&COMMENT, &MEMBER, Some("admin"), &[""]);
        let circle = Rule::Named { path: HERE, rule: "circle" };
        check(&TASK, &circle, Some("user"), &["circle"]);
    }

    #[test]
    fn whoever_asks_more_than_another_is_left_out() {
        check(&TASK, &Rule::Any(&[Rule::All(&[OWNER, OPEN]), OWNER, OWNER]), Some("user"), &["project.owner"]);
        check(&TASK, &Rule::Any(&[OPEN, Rule::Anyone]), None, &[""]);
        check(&TASK, &Rule::Any(&[OPEN, Rule::Authenticated]), None, &["status is not done"]);
    }

    #[test]
    fn a_rule_of_very_many_ways_is_one() {
        const PAIR: Rule = Rule::Any(&[OWNER, ASSIGNEE, OPEN]);
        const A: Rule = Rule::Compare { path: HERE, field: "a", op: Comparison::Eq, value: Literal::Int(1) };
        const B: Rule = Rule::Compare { path: HERE, field: "b", op: Comparison::Eq, value: Literal::Int(1) };
        const OTHER: Rule = Rule::Any(&[A, B, OPEN, ASSIGNEE]);
        const MORE: Rule = Rule::Any(&[
            Rule::Compare { path: HERE, field: "c", op: Comparison::Eq, value: Literal::Int(1) },
            Rule::Compare { path: HERE, field: "d", op: Comparison::Eq, value: Literal::Int(1) },
            Rule::Compare { path: HERE, field: "e", op: Comparison::Eq, value: Literal::Int(1) },
            Rule::Compare { path: HERE, field: "f", op: Comparison::Eq, value: Literal::Int(1) },
            Rule::Compare { path: HERE, field: "g", op: Comparison::Eq, value: Literal::Int(1) },
            Rule::Compare { path: HERE, field: "h", op: Comparison::Eq, value: Literal::Int(1) },
            Rule::Compare { path: HERE, field: "i", op: Comparison::Eq, value: Literal::Int(1) },
        ]);
        let catalog = Catalog::link(&[&USER, &TASK, &COMMENT]).unwrap();
        let rule = Rule::All(&[PAIR, Rule::Any(&[A, B]), MORE]);
        let found = ways(&rule, &TASK, &catalog, Some("user"));
        assert_eq!(found.len(), 42);
        let rule = Rule::All(&[PAIR, OTHER, MORE]);
        let found = ways(&rule, &TASK, &catalog, Some("user"));
        assert!(found.len() == 1 || found.len() > 1 && found.len() <= MOST, "{found:?}");
    }
}
