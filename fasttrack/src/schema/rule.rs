//! Who may do what, as a tree.

use super::{Schema, laws::equal};
use crate::types::Literal;

/// What a caller can ask of a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verb {
    /// `POST` on the collection.
    Create,
    /// `GET` on the collection.
    List,
    /// `GET` on a row.
    Read,
    /// `PATCH` on a row.
    Update,
    /// `DELETE` on a row.
    Delete,
    /// `POST` on a row that was deleted and is kept.
    Restore,
    /// `GET` on what changed in a row.
    History,
    /// `?expand=` on what refers to a row: it has no route of its own.
    Show,
}

/// A verb and who may use it.
#[derive(Debug, Clone, Copy)]
pub struct Grant {
    /// The verb.
    pub verb: Verb,
    /// Who may.
    pub rule: Rule,
}

/// Relations to follow, starting at the row: fields, or names of many rows that refer here ([`Has`](super::Has)). Empty: the
/// row itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Path {
    steps: [&'static str; Self::MAX_STEPS],
    len: usize,
}

/// How a field is compared with a constant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// `==`
    Eq,
    /// `!=`
    Ne,
    /// `<`
    Lt,
    /// `<=`
    Le,
    /// `>`
    Gt,
    /// `>=`
    Ge,
}

/// Who may. A missing parent or a null relation never matches.
#[derive(Debug, Clone, Copy)]
pub enum Rule {
    /// `a | b`
    Any(&'static [Rule]),
    /// `a & b`
    All(&'static [Rule]),
    /// `!a`
    Not(&'static Rule),
    /// Whoever, logged in or not.
    Anyone,
    /// Whoever is logged in.
    Authenticated,
    /// Whoever has the role with this word.
    Role(&'static str),
    /// The account that the row is; on the account only.
    Oneself,
    /// The account at the end of these relations.
    Related(Path),
    /// A field of the row at the end of these relations compares so with a constant.
    Compare {
        /// Where the row is.
        path: Path,
        /// Name of its field.
        field: &'static str,
        /// How.
        op: Comparison,
        /// With what.
        value: Literal,
    },
    /// An instant or a day of the row at the end of these relations lies so to the present.
    Moment {
        /// Where the row is.
        path: Path,
        /// Name of its field.
        field: &'static str,
        /// How: before, or after.
        op: Comparison,
        /// By how much the present is moved, in microseconds.
        offset_us: i64,
    },
    /// `caller.…`: this holds of the account that is calling, as of a row of its own.
    OfCaller(&'static Rule),
    /// A field of the row at the end of these relations holds the same as one of the account that is calling, or not.
    LikeCaller {
        /// Where the row is.
        path: Path,
        /// Name of its field.
        field: &'static str,
        /// The same, or not.
        op: Comparison,
        /// Where the other row is, from the account on.
        of: Path,
        /// Name of its field.
        with: &'static str,
    },
    /// `any(members: rule)`: of the rows at the end of these relations, the last of which leads to many, there is one of
    /// which the rule holds.
    AnyOf {
        /// Where the rows are.
        path: Path,
        /// What has to hold of one of them, all of it of the same.
        rule: &'static Rule,
    },
    /// What the rule of this name, which may be that of a verb, says of the row at the end of these relations.
    Named {
        /// Where the row is.
        path: Path,
        /// Name of the rule on its resource, or of its verb.
        rule: &'static str,
    },
}

impl Verb {
    /// All verbs, in the order in which they are documented.
    pub const ALL: [Self; 8] =
        [Self::Create, Self::List, Self::Read, Self::Update, Self::Delete, Self::Restore, Self::History, Self::Show];

    /// The word of the declaration language.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::List => "list",
            Self::Read => "read",
            Self::Update => "update",
            Self::Delete => "delete",
            Self::Restore => "restore",
            Self::History => "history",
            Self::Show => "show",
        }
    }

    /// Whether rows are other ones after it.
    #[must_use]
    pub const fn changes(self) -> bool {
        matches!(self, Self::Create | Self::Update | Self::Delete | Self::Restore)
    }
}

impl Schema {
    /// The rule of `verb`, if it has one. Who may read a row may know its history, unless that is said otherwise.
    #[must_use]
    pub fn rule(&self, verb: Verb) -> Option<&'static Rule> {
        let said = self.grants.iter().find(|grant| grant.verb == verb).map(|grant| &grant.rule);
        match verb {
            Verb::History if said.is_none() && self.history => self.rule(Verb::Read),
            _ => said,
        }
    }

    /// Who is shown a row inside one that refers to it: whoever may read it, unless that is said otherwise.
    #[must_use]
    pub fn rule_of_showing(&self) -> Option<&'static Rule> {
        self.rule(Verb::Show).or_else(|| self.rule(Verb::Read))
    }

    /// The rule of this name: one that is said by `#[rule]`, or that of a verb.
    #[must_use]
    pub const fn named_rule(&self, name: &str) -> Option<&'static Rule> {
        let mut rest = self.named_rules;
        while let [(known, rule), others @ ..] = rest {
            if equal(known, name) {
                return Some(rule);
            }
            rest = others;
        }
        let mut rest = self.grants;
        while let [grant, others @ ..] = rest {
            if equal(grant.verb.name(), name) {
                return Some(&grant.rule);
            }
            rest = others;
        }
        None
    }

    /// Every rule that is said here.
    pub fn rules(&'static self) -> impl Iterator<Item = &'static Rule> {
        let grants = self.grants.iter().map(|grant| &grant.rule);
        let guards = self.columns.iter().flat_map(|column| column.write.iter().chain(&column.read));
        let steps = self.columns.iter().filter_map(|column| column.flow).flatten();
        let guards = guards.chain(steps.filter_map(|step| step.rule.as_ref()));
        grants.chain(&self.afterwards).chain(self.named_rules.iter().map(|(_, rule)| rule)).chain(guards)
    }
}

/// What generated code builds it with.
#[doc(hidden)]
impl Grant {
    /// Lets those use `verb` whom `rule` lets.
    #[must_use]
    pub const fn new(verb: Verb, rule: Rule) -> Self {
        Self { verb, rule }
    }
}

impl Path {
    /// Most relations that a path may follow.
    pub const MAX_STEPS: usize = 8;

    /// The row itself.
    pub const HERE: Self = Self { steps: [""; Self::MAX_STEPS], len: 0 };

    /// Follows one more relation.
    ///
    /// # Panics
    /// At compile time, when the path has more than [`Self::MAX_STEPS`] relations.
    #[must_use]
    #[expect(clippy::indexing_slicing, reason = "runs at compile time only")]
    pub const fn then(mut self, step: &'static str) -> Self {
        assert!(self.len < Self::MAX_STEPS, "a path follows at most 8 relations");
        self.steps[self.len] = step;
        self.len += 1;
        self
    }

    /// The relation fields in order.
    #[must_use]
    pub const fn steps(&self) -> &[&'static str] {
        match self.steps.split_at_checked(self.len) {
            Some((steps, _)) => steps,
            None => &[],
        }
    }
}
