//! A rule as the ways in which a caller of one role may: each a set of conditions that hold together.
//!
//! Named rules are resolved, and roles decided; what is left is in words. Of who is not logged in neither holds what a rule
//! says of the caller, nor its opposite, as where rules become predicates.

use std::collections::BTreeSet;

use super::{
    Catalog, Path, Rule, Schema,
    words::{Binding, MAX_DEPTH, Place, dotted, named_rule},
};

/// Something that has to hold of the row, or between it and the caller.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Term {
    /// Whether it does not say who the caller is to the row.
    pub is_of_row: bool,
    /// In words: `project.owner`, `status is draft`.
    pub words: String,
}

/// What has to hold together for somebody to be let; nothing, where he always is.
pub type Way = BTreeSet<Term>;

/// Most ways that are told apart.
const MOST: usize = 64;

/// The ways in which a rule of `schema` lets a caller with this role, or one who is not logged in. A rule of very many ways is
/// one, in its own words.
#[must_use]
pub fn ways(rule: &Rule, schema: &Schema, catalog: &Catalog, caller: Option<&str>) -> Vec<Way> {
    let folder = Folder { place: Place::of(schema, catalog), caller };
    folder.ways(rule, false).map_or_else(|| vec![Way::from([folder.condition(rule, false)])], least)
}

/// The same as one way, whatever ways there are.
#[must_use]
pub fn whole_way(rule: &Rule, schema: &Schema, catalog: &Catalog) -> Way {
    Way::from([Folder { place: Place::of(schema, catalog), caller: None }.condition(rule, false)])
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
    /// His role; `None` for who is not logged in.
    caller: Option<&'a str>,
}

impl Folder<'_> {
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
            Rule::Named { path, rule: name } => match self.named(path, name) {
                Some((folder, rule)) => folder.ways(rule, negated)?,
                None => self.one(rule, negated),
            },
            Rule::Anyone => decided(true),
            Rule::Authenticated => decided(known),
            Rule::Role(word) if known => decided(self.caller == Some(word)),
            Rule::Oneself | Rule::Related(_) | Rule::OfCaller(_) | Rule::LikeCaller { .. } if known => {
                self.one(rule, negated)
            }
            Rule::Role(_) | Rule::Oneself | Rule::Related(_) | Rule::OfCaller(_) | Rule::LikeCaller { .. } => {
                Vec::new()
            }
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
        Term { is_of_row: negated || !is_relation, words }
    }

    /// The rule of this name at the end of a path, unless that goes too deep.
    fn named(&self, path: &Path, name: &str) -> Option<(Folder<'_>, &Rule)> {
        let Place { catalog, schema, prefix, depth } = &self.place;
        let (schema, rule) = named_rule(catalog, schema, path, name).filter(|_| *depth < MAX_DEPTH)?;
        let prefix = format!("{prefix}{}", dotted(path));
        Some((Folder { place: Place { catalog, schema, prefix, depth: depth + 1 }, caller: self.caller }, rule))
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
