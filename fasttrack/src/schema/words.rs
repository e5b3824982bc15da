//! Rules as people read them: `project.owner, assignee or role admin`.
//!
//! Named rules are spelled out with the path in front, so that the sentence needs no second page. Renders, judges nothing.

use super::{Catalog, Column, Comparison, Kind, Path, Rule, Schema, Verb};

/// Who may, in words, for a rule declared on `schema`.
#[must_use]
pub fn rule_in_words(rule: &Rule, schema: &Schema, catalog: &Catalog) -> String {
    Place::of(schema, catalog).phrase(rule).text
}

/// Who may use `verb`, in words; `None` where nobody may. Of `update` also what is asked besides: of the row as it would
/// be, or again where a relation would lead.
#[must_use]
pub fn verb_in_words(verb: Verb, schema: &Schema, catalog: &Catalog) -> Option<String> {
    let rule = schema.rule(verb)?;
    let who = rule_in_words(rule, schema, catalog);
    let moves = if verb == Verb::Update { asked_again(rule, schema, catalog) } else { Vec::new() };
    Some(match (schema.afterwards, moves.as_slice()) {
        (Some(after), _) if verb == Verb::Update => {
            format!("{who}; of the row as it would be: {}", rule_in_words(&after, schema, catalog))
        }
        (_, []) => who,
        (_, keys) => format!("{who}; also where a new {} leads", keys.join(" or ")),
    })
}

/// The keys of relations to other resources than the account that a client may change, and of which the rule of `update`
/// speaks: it is asked again of where a new one leads.
#[must_use]
pub fn asked_again(rule: &Rule, schema: &Schema, catalog: &Catalog) -> Vec<&'static str> {
    let leads_to_account = |target: &str| catalog.find(target).is_some_and(|target| target.schema.account);
    let may_move = |column: &&Column| {
        let is_input = !(column.write_once || column.read_only || column.actor);
        is_input && matches!(column.kind, Kind::Relation(target) | Kind::Many(target) if !leads_to_account(target))
    };
    let speaks_of = |column: &&Column| goes_through(rule, column.name, schema, MAX_DEPTH);
    schema.columns.iter().filter(may_move).filter(speaks_of).map(|column| column.key).collect()
}

/// Whether a path of the rule begins with the relation.
fn goes_through(rule: &Rule, relation: &str, schema: &Schema, depth: usize) -> bool {
    let begins = |path: &Path| path.steps().first() == Some(&relation);
    match rule {
        Rule::Any(rules) | Rule::All(rules) => rules.iter().any(|rule| goes_through(rule, relation, schema, depth)),
        Rule::Not(rule) => goes_through(rule, relation, schema, depth),
        Rule::Named { path, rule } if path.steps().is_empty() => {
            let named = schema.named_rule(rule).filter(|_| depth > 0);
            named.is_some_and(|rule| goes_through(rule, relation, schema, depth - 1))
        }
        Rule::LikeCaller { path, field, .. } if path.steps().is_empty() => *field == relation,
        Rule::LikeCaller { path, .. }
        | Rule::Related(path)
        | Rule::Compare { path, .. }
        | Rule::Moment { path, .. }
        | Rule::AnyOf { path, .. }
        | Rule::Named { path, .. } => begins(path),
        Rule::Anyone | Rule::Authenticated | Rule::Role(_) | Rule::Oneself | Rule::OfCaller(_) => false,
    }
}

/// The rule that `name` stands for at the end of `path`, and the resource that declares it.
#[must_use]
pub(crate) fn named_rule<'a>(
    catalog: &'a Catalog,
    schema: &'a Schema,
    path: &Path,
    name: &str,
) -> Option<(&'a Schema, &'a Rule)> {
    let schema = catalog.arrive(schema, path)?;
    schema.named_rule(name).map(|rule| (schema, rule))
}

/// Deepest nesting of named rules that is spelled out; below it, or in a circle, the name has to do.
pub(super) const MAX_DEPTH: usize = 8;

/// The row that a rule speaks of.
pub(super) struct Place<'a> {
    pub(super) catalog: &'a Catalog,
    pub(super) schema: &'a Schema,
    pub(super) prefix: String,
    pub(super) depth: usize,
}

/// A rule in words, and how it may be combined.
pub(super) struct Phrase {
    text: String,
    /// The parts, when it is a choice between several.
    alternatives: Vec<String>,
    binding: Binding,
}

/// From the loosest to the tightest.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Binding {
    Alternative,
    Conjunction,
    Word,
}

impl<'a> Place<'a> {
    /// A row of this resource itself.
    pub(super) const fn of(schema: &'a Schema, catalog: &'a Catalog) -> Self {
        Self { catalog, schema, prefix: String::new(), depth: 0 }
    }

    pub(super) fn phrase(&self, rule: &Rule) -> Phrase {
        match rule {
            Rule::Any(rules) => self.any(rules),
            Rule::All(rules) => self.all(rules),
            Rule::Not(rule) => Phrase::new(Binding::Word, format!("not {}", self.phrase(rule).inside(Binding::Word))),
            Rule::Anyone => Phrase::new(Binding::Word, "anyone"),
            Rule::Authenticated => Phrase::new(Binding::Word, "anyone logged in"),
            Rule::Role(word) => Phrase::new(Binding::Word, format!("role {word}")),
            Rule::Oneself if self.prefix.is_empty() => Phrase::new(Binding::Word, "oneself"),
            Rule::Oneself => Phrase::new(Binding::Word, self.prefix.trim_end_matches('.')),
            Rule::Related(path) => Phrase::new(Binding::Word, format!("{}{}", self.prefix, path.steps().join("."))),
            Rule::Compare { path, field, op, value } => {
                let (row, how, what) = (dotted(path), compared(*op), value);
                Phrase::new(Binding::Conjunction, format!("{}{row}{field} {how} {what}", self.prefix))
            }
            Rule::Moment { path, field, op, offset_us } => {
                let (row, how, what) = (dotted(path), lies(*op), moment(*offset_us));
                Phrase::new(Binding::Conjunction, format!("{}{row}{field} {how} {what}", self.prefix))
            }
            Rule::OfCaller(rule) => {
                let schema = self.catalog.account().map_or(self.schema, |account| account.schema);
                Place { catalog: self.catalog, schema, prefix: "caller.".to_owned(), depth: self.depth }.phrase(rule)
            }
            Rule::LikeCaller { path, field, op, of, with } => {
                let (row, how, other) = (dotted(path), compared(*op), dotted(of));
                Phrase::new(Binding::Conjunction, format!("{}{row}{field} {how} caller.{other}{with}", self.prefix))
            }
            Rule::AnyOf { path, rule } => self.any_of(path, rule),
            Rule::Named { path, rule } => self.named(path, rule),
        }
    }

    fn any_of(&self, path: &Path, rule: &Rule) -> Phrase {
        let schema = self.catalog.arrive(self.schema, path).unwrap_or(self.schema);
        let inner = Place { catalog: self.catalog, schema, prefix: String::new(), depth: self.depth }.phrase(rule);
        let rows = format!("{}{}", self.prefix, path.steps().join("."));
        Phrase::new(Binding::Word, format!("any of {rows} ({})", inner.text))
    }

    fn any(&self, rules: &[Rule]) -> Phrase {
        if let [only] = rules {
            return self.phrase(only);
        }
        let mut alternatives: Vec<String> = Vec::new();
        for phrase in rules.iter().map(|rule| self.phrase(rule)) {
            let parts = if phrase.binding == Binding::Alternative { phrase.alternatives } else { vec![phrase.text] };
            for part in parts {
                if !alternatives.contains(&part) {
                    alternatives.push(part);
                }
            }
        }
        let text = match alternatives.as_slice() {
            [] => "nobody".to_owned(),
            [only] => only.clone(),
            [first @ .., last] => format!("{} or {last}", first.join(", ")),
        };
        Phrase { text, alternatives, binding: Binding::Alternative }
    }

    fn all(&self, rules: &[Rule]) -> Phrase {
        if let [only] = rules {
            return self.phrase(only);
        }
        let parts: Vec<_> = rules.iter().map(|rule| self.phrase(rule).inside(Binding::Conjunction)).collect();
        if parts.is_empty() {
            return Phrase::new(Binding::Word, "anyone");
        }
        Phrase::new(Binding::Conjunction, parts.join(" and "))
    }

    fn named(&self, path: &Path, name: &str) -> Phrase {
        let prefix = format!("{}{}", self.prefix, dotted(path));
        match named_rule(self.catalog, self.schema, path, name) {
            Some((schema, rule)) if self.depth < MAX_DEPTH => {
                Place { catalog: self.catalog, schema, prefix, depth: self.depth + 1 }.phrase(rule)
            }
            _ => Phrase::new(Binding::Word, prefix + name),
        }
    }
}

impl Phrase {
    fn new(binding: Binding, text: impl Into<String>) -> Self {
        Self { text: text.into(), alternatives: Vec::new(), binding }
    }

    /// The text where something that binds like `around` stands around it.
    pub(super) fn inside(self, around: Binding) -> String {
        if self.binding < around { format!("({})", self.text) } else { self.text }
    }
}

pub(super) fn dotted(path: &Path) -> String {
    path.steps().iter().flat_map(|step| [step, "."]).collect()
}

const fn compared(op: Comparison) -> &'static str {
    match op {
        Comparison::Eq => "is",
        Comparison::Ne => "is not",
        Comparison::Lt => "is below",
        Comparison::Le => "is at most",
        Comparison::Gt => "is above",
        Comparison::Ge => "is at least",
    }
}

/// How an instant lies to another one.
const fn lies(op: Comparison) -> &'static str {
    match op {
        Comparison::Lt => "is before",
        Comparison::Le => "is not after",
        Comparison::Gt => "is after",
        Comparison::Ge => "is not before",
        Comparison::Eq | Comparison::Ne => compared(op),
    }
}

/// `now`, `now + 24h`: the offset in the largest unit in which it is whole.
#[must_use]
pub(crate) fn moment(offset_us: i64) -> String {
    let Some(length) = span(offset_us.unsigned_abs()) else { return "now".to_owned() };
    format!("now {} {length}", if offset_us < 0 { '-' } else { '+' })
}

/// A stretch of time as declarations write it, `24h`; `None` for none.
#[must_use]
pub(crate) fn span(us: u64) -> Option<String> {
    let seconds = us / 1_000_000;
    let units = [("d", 24 * 60 * 60), ("h", 60 * 60), ("m", 60), ("s", 1)];
    let (unit, length) = units.into_iter().find(|(_, length)| seconds.is_multiple_of(*length))?;
    (seconds > 0).then(|| format!("{}{unit}", seconds / length))
}

#[cfg(test)]
mod tests {
    use super::{super::Literal, *};
    use crate::schema::Column;

    const HERE: Path = Path::HERE;
    const OWNER: Rule = Rule::Related(HERE.then("owner"));
    const PROJECT_OWNER: Rule = Rule::Related(HERE.then("project").then("owner"));
    const ASSIGNEE: Rule = Rule::Related(HERE.then("assignee"));
    const ADMIN: Rule = Rule::Role("admin");
    const ACTIVE: Rule = Rule::Compare {
        path: HERE.then("project"),
        field: "status",
        op: Comparison::Eq,
        value: Literal::Text("active"),
    };
    const MEMBER: Rule = Rule::Named { path: HERE.then("task"), rule: "member" };
    const CIRCLE: Rule = Rule::Named { path: HERE, rule: "circle" };

    const fn relation(name: &'static str, target: &'static str) -> Column {
        Column { kind: Kind::Relation(target), ..Column::new::<i64>(name, name) }
    }

    const USER: Schema = Schema::new("user", "users").account();
    const TASK: Schema = Schema::new("task", "tasks")
        .named_rules(&[("member", Rule::Any(&[PROJECT_OWNER, ASSIGNEE, ADMIN])), ("circle", CIRCLE)]);
    const COMMENT: Schema = Schema::new("comment", "comments").columns(&[relation("task", "task")]);

    #[track_caller]
    fn check(schema: &Schema, rule: &Rule, expected: &str) {
        let catalog = Catalog::link(&[&USER, &TASK, &COMMENT]).unwrap();
        assert_eq!(rule_in_words(rule, schema, &catalog), expected);
    }

    #[test]
    fn rules_read_as_sentences() {
        check(&TASK, &Rule::Anyone, "anyone");
        check(&TASK, &Rule::Authenticated, "anyone logged in");
        check(&USER, &Rule::Oneself, "oneself");
        check(&TASK, &Rule::Any(&[PROJECT_OWNER, ASSIGNEE, ADMIN]), "project.owner, assignee or role admin");
        check(&TASK, &Rule::All(&[OWNER, ACTIVE]), "owner and project.status is active");
        check(&TASK, &Rule::Any(&[]), "nobody");
        check(&TASK, &Rule::All(&[]), "anyone");
        check(
            &TASK,
            &Rule::Any(&[Rule::All(&[OWNER, ACTIVE]), ADMIN]),
            "owner and project.status is active or role admin",
        );
    }

    #[test]
    fn an_update_is_asked_twice() {
        use crate::schema::Grant;
        const GRANTS: &[Grant] = &[Grant::new(Verb::Update, MEMBER), Grant::new(Verb::Read, MEMBER)];
        const MOVED: Schema = Schema::new("comment", "comments").columns(&[relation("task", "task")]).grants(GRANTS);
        const FIXED: Schema =
            Schema::new("comment", "comments").columns(&[relation("task", "task").write_once()]).grants(GRANTS);
        const SAID: Schema = MOVED.afterwards(ACTIVE);
        const OWN: Schema = MOVED
            .grants(&[Grant::new(Verb::Update, OWNER)])
            .columns(&[relation("task", "task"), relation("owner", "user")]);
        const NAMED: Schema = MOVED
            .named_rules(&[("writer", MEMBER)])
            .grants(&[Grant::new(Verb::Update, Rule::Not(&Rule::Named { path: HERE, rule: "writer" }))]);
        const WHO: &str = "task.project.owner, task.assignee or role admin";
        for (schema, verb, expected) in [
            (&MOVED, Verb::Update, Some(format!("{WHO}; also where a new task leads"))),
            (&MOVED, Verb::Read, Some(WHO.to_owned())),
            (&MOVED, Verb::Delete, None),
            (&FIXED, Verb::Update, Some(WHO.to_owned())),
            (&SAID, Verb::Update, Some(format!("{WHO}; of the row as it would be: project.status is active"))),
            (&SAID, Verb::Read, Some(WHO.to_owned())),
            (&OWN, Verb::Update, Some("owner".to_owned())),
            (&NAMED, Verb::Update, Some(format!("not ({WHO}); also where a new task leads"))),
        ] {
            let catalog = Catalog::link(&[&USER, &TASK, &COMMENT]).unwrap();
            assert_eq!(verb_in_words(verb, schema, &catalog), expected);
        }
    }

    #[test]
    fn the_present_is_moved_by_the_largest_whole_unit() {
        const SECOND_US: i64 = 1_000_000;
        for (op, offset_s, expected) in [
            (Comparison::Le, 0, "is not after now"),
            (Comparison::Gt, 24 * 60 * 60, "is after now + 1d"),
            (Comparison::Ge, -25 * 60 * 60, "is not before now - 25h"),
            (Comparison::Lt, 90 * 60, "is before now + 90m"),
            (Comparison::Lt, 61, "is before now + 61s"),
        ] {
            let rule = Rule::Moment { path: HERE.then("task"), field: "due_at", op, offset_us: offset_s * SECOND_US };
            check(&COMMENT, &rule, &format!("task.due_at {expected}"));
        }
    }

    #[test]
    fn parentheses_stand_where_the_meaning_needs_them() {
        check(
            &TASK,
            &Rule::All(&[Rule::Any(&[OWNER, ASSIGNEE]), ACTIVE]),
            "(owner or assignee) and project.status is active",
        );
        check(&TASK, &Rule::Not(&ACTIVE), "not (project.status is active)");
        check(&TASK, &Rule::Not(&Rule::Any(&[OWNER, ADMIN])), "not (owner or role admin)");
        check(&TASK, &Rule::Not(&OWNER), "not owner");
        check(&TASK, &Rule::All(&[Rule::Any(&[OWNER])]), "owner");
    }

    #[test]
    fn named_rules_are_spelled_out_once_each() {
        check(&COMMENT, &MEMBER, "task.project.owner, task.assignee or role admin");
        check(&COMMENT, &Rule::Any(&[ADMIN, MEMBER]), "role admin, task.project.owner or task.assignee");
        check(&COMMENT, &Rule::All(&[MEMBER, OWNER]), "(task.project.owner, task.assignee or role admin) and owner");
    }

    #[test]
    fn a_name_that_leads_nowhere_or_in_a_circle_stands_for_itself() {
        check(&TASK, &CIRCLE, "circle");
        check(&COMMENT, &Rule::Named { path: HERE.then("nothing"), rule: "member" }, "nothing.member");
    }
}
