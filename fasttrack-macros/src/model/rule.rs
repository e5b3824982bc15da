//! Who may, as it was written.

use proc_macro2::{Ident, Span};
use syn::ext::IdentExt as _;

use super::Constant;

/// What nobody may do of whom the rule holds: `#[never(RULE: VERB.FIELD)]`.
pub(crate) struct Never {
    pub(crate) rule: Rule,
    pub(crate) acts: Vec<Forbidden>,
}

/// `VERB` or `VERB.FIELD`
pub(crate) struct Forbidden {
    pub(crate) verb: Ident,
    pub(crate) field: Option<Ident>,
}

/// Who may.
#[derive(Clone)]
pub(crate) enum Rule {
    Any(Vec<Self>),
    All(Vec<Self>),
    Not(Box<Self>),
    Anyone,
    Authenticated,
    Oneself(Span),
    Role(Ident),
    /// The same by the word that the role is stored as, where the account is not known.
    RoleWord(Ident),
    Path(Path),
    Compare {
        path: Path,
        op: Operator,
        value: Constant,
    },
    Moment {
        path: Path,
        op: Operator,
        now: Now,
    },
    /// `caller.…`: of the account that is calling.
    OfCaller(Span, Box<Self>),
    /// `path == caller.path`
    LikeCaller {
        path: Path,
        op: Operator,
        at: Span,
        /// From the account that is calling.
        with: Path,
    },
    /// Of one of the rows at the end of the path.
    AnyOf {
        path: Path,
        rule: Box<Self>,
    },
}

/// `now`, `now + 24h`
#[derive(Clone)]
pub(crate) struct Now {
    pub(crate) span: Span,
    /// By how much it is moved, in microseconds.
    pub(crate) offset_us: i64,
}

/// A comparison operator.
#[derive(Clone)]
pub(crate) struct Operator {
    pub(crate) span: Span,
    /// The variant of `fasttrack::schema::Comparison`.
    pub(crate) variant: &'static str,
    /// Whether it asks for more than equality.
    pub(crate) orders: bool,
}

/// `project.owner`; never empty.
#[derive(Clone)]
pub(crate) struct Path {
    pub(crate) head: Vec<Ident>,
    pub(crate) last: Ident,
}

impl Rule {
    /// With every part that asks nothing in turn replaced.
    pub(crate) fn map(self, change: &impl Fn(Self) -> Self) -> Self {
        let each = |parts: Vec<Self>| parts.into_iter().map(|part| part.map(change)).collect();
        match self {
            Self::Any(parts) => Self::Any(each(parts)),
            Self::All(parts) => Self::All(each(parts)),
            Self::Not(part) => Self::Not(Box::new(part.map(change))),
            Self::OfCaller(at, part) => Self::OfCaller(at, Box::new(part.map(change))),
            Self::AnyOf { path, rule } => Self::AnyOf { path, rule: Box::new(rule.map(change)) },
            other => change(other),
        }
    }
}

impl Path {
    /// The first name.
    pub(crate) fn first(&self) -> &Ident {
        self.head.first().unwrap_or(&self.last)
    }

    /// How many names.
    pub(crate) const fn len(&self) -> usize {
        self.head.len() + 1
    }

    /// As it was written.
    pub(crate) fn text(&self) -> String {
        let names: Vec<String> = self.head.iter().chain([&self.last]).map(|name| name.unraw().to_string()).collect();
        names.join(".")
    }
}
