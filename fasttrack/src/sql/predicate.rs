//! A rule for one kind of caller: what is left of it once the caller's role is known.

use super::Moment;
use crate::schema::{Column, Comparison, Literal, Step};

/// What is left of a rule once the caller's role is known.
#[derive(Debug, Clone)]
pub enum Predicate {
    /// Every row.
    Always,
    /// No row.
    Never,
    /// All of these.
    All(Vec<Self>),
    /// Any of these.
    Any(Vec<Self>),
    /// Not this.
    Not(Box<Self>),
    /// A condition over the row.
    Leaf(Leaf),
}

/// A condition over one row.
#[derive(Debug, Clone)]
pub enum Leaf {
    /// The row is the account that is calling.
    Oneself,
    /// The last of these relations holds the caller's id.
    Account(Vec<Step>),
    /// The row at the end of these relations exists.
    Present(Vec<Step>),
    /// This holds of the account that is calling.
    OfCaller {
        /// The table of accounts.
        table: &'static str,
        /// What holds of it.
        inner: Box<Predicate>,
    },
    /// A field of the row at the end of these relations holds the same as one of the account that is calling, or not.
    LikeCaller {
        /// Where the row is; empty: the row itself.
        steps: Vec<Step>,
        /// The field.
        column: &'static Column,
        /// Whether it is to differ.
        differs: bool,
        /// The table of accounts.
        table: &'static str,
        /// Where the other row is, from the account on.
        of: Vec<Step>,
        /// Its field.
        with: &'static Column,
    },
    /// There is a row at the end of these relations, the last of which leads to many, of which this holds.
    Exists {
        /// Where the rows are.
        steps: Vec<Step>,
        /// What holds of one of them.
        inner: Box<Predicate>,
    },
    /// A field of the row at the end of these relations compares so with a constant.
    Compare {
        /// Where the row is; empty: the row itself.
        steps: Vec<Step>,
        /// The field.
        column: &'static Column,
        /// How.
        op: Comparison,
        /// With what.
        value: Literal,
    },
    /// A field of the row at the end of these relations lies so to the present.
    Moment {
        /// Where the row is; empty: the row itself.
        steps: Vec<Step>,
        /// The field.
        column: &'static Column,
        /// How.
        op: Comparison,
        /// To the present, moved by so much.
        moment: Moment,
    },
}

/// What is decided about a leaf before the row is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known {
    /// Nothing: it stays.
    Open,
    /// Taken as true, whatever surrounds it would make of that.
    Granted,
    /// Taken as false.
    Refused,
}

impl Leaf {
    /// The column of the row itself that the condition depends on.
    #[must_use]
    pub fn column(&self) -> &'static str {
        match self {
            Self::Oneself => "id",
            // No row has it.
            Self::OfCaller { .. } => "",
            Self::Account(steps) | Self::Present(steps) | Self::Exists { steps, .. } => {
                steps.first().map_or("id", Step::by)
            }
            Self::Compare { steps, column, .. }
            | Self::Moment { steps, column, .. }
            | Self::LikeCaller { steps, column, .. } => steps.first().map_or(column.key, Step::by),
        }
    }

    /// Whether it reads rows of `table` besides the row itself.
    fn looks_into(&self, table: &str) -> bool {
        let rows = match self {
            Self::Oneself | Self::OfCaller { .. } => &[],
            Self::Account(steps) => steps.split_last().map_or(&[][..], |(_, before)| before),
            Self::Present(steps)
            | Self::Compare { steps, .. }
            | Self::Moment { steps, .. }
            | Self::LikeCaller { steps, .. }
            | Self::Exists { steps, .. } => steps,
        };
        let inside = match self {
            Self::Exists { inner, .. } => inner.looks_into(table),
            Self::OfCaller { table: accounts, inner } => *accounts == table || inner.looks_into(table),
            Self::LikeCaller { table: accounts, of, .. } => {
                *accounts == table || of.iter().any(|step| step.table == table)
            }
            _ => false,
        };
        inside || rows.iter().any(|step| step.table == table)
    }

    fn asks_figures(&self) -> bool {
        match self {
            Self::Compare { column, .. } | Self::Moment { column, .. } => column.figure.is_some(),
            Self::LikeCaller { column, with, .. } => column.figure.is_some() || with.figure.is_some(),
            Self::Exists { inner, .. } | Self::OfCaller { inner, .. } => inner.asks_figures(),
            Self::Oneself | Self::Account(_) | Self::Present(_) => false,
        }
    }

    fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Oneself, Self::Oneself) => true,
            (Self::Account(one), Self::Account(other)) | (Self::Present(one), Self::Present(other)) => one == other,
            (Self::Exists { steps, inner }, Self::Exists { steps: others, inner: other }) => {
                steps == others && inner.implies(other) && other.implies(inner)
            }
            (Self::OfCaller { inner, .. }, Self::OfCaller { inner: other, .. }) => {
                inner.implies(other) && other.implies(inner)
            }
            (
                Self::LikeCaller { steps, column, differs, of, with, .. },
                Self::LikeCaller { steps: others, column: other, differs: same, of: from, with: like, .. },
            ) => steps == others && column.key == other.key && differs == same && of == from && with.key == like.key,
            (
                Self::Compare { steps, column, op, value },
                Self::Compare { steps: others, column: other, op: same, value: like },
            ) => steps == others && column.key == other.key && op == same && value == like,
            (
                Self::Moment { steps, column, op, moment },
                Self::Moment { steps: others, column: other, op: same, moment: like },
            ) => steps == others && column.key == other.key && op == same && moment == like,
            _ => false,
        }
    }
}

impl Predicate {
    /// Whether no row can satisfy it.
    #[must_use]
    pub const fn is_never(&self) -> bool {
        matches!(self, Self::Never)
    }

    /// Whether every row satisfies it.
    #[must_use]
    pub const fn is_always(&self) -> bool {
        matches!(self, Self::Always)
    }

    /// Whether every row that satisfies it is known to satisfy `other`, by the look of the two alone.
    #[must_use]
    pub fn implies(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Never, _) | (_, Self::Always) => true,
            (Self::Any(parts), _) => parts.iter().all(|part| part.implies(other)),
            (_, Self::All(parts)) => parts.iter().all(|part| self.implies(part)),
            (_, Self::Any(parts)) if parts.iter().any(|part| self.implies(part)) => true,
            (Self::All(parts), _) => parts.iter().any(|part| part.implies(other)),
            (Self::Not(one), Self::Not(other)) => other.implies(one),
            (Self::Leaf(one), Self::Leaf(other)) => one.is_same(other),
            _ => false,
        }
    }

    /// All of `parts`, with what is decided taken out.
    #[must_use]
    pub fn all(parts: impl IntoIterator<Item = Self>) -> Self {
        let mut open = Vec::new();
        for part in parts {
            match part {
                Self::Always => {}
                Self::Never => return Self::Never,
                other => open.push(other),
            }
        }
        match open.len() {
            0 => Self::Always,
            1 => open.remove(0),
            _ => Self::All(open),
        }
    }

    /// Any of `parts`, with what is decided taken out.
    #[must_use]
    pub fn any(parts: impl IntoIterator<Item = Self>) -> Self {
        let mut open = Vec::new();
        for part in parts {
            match part {
                Self::Never => {}
                Self::Always => return Self::Always,
                other => open.push(other),
            }
        }
        match open.len() {
            0 => Self::Never,
            1 => open.remove(0),
            _ => Self::Any(open),
        }
    }

    /// The opposite.
    #[must_use]
    pub fn negate(self) -> Self {
        match self {
            Self::Always => Self::Never,
            Self::Never => Self::Always,
            Self::Not(inner) => *inner,
            other => Self::Not(Box::new(other)),
        }
    }

    /// Decides leaves. `polarity` is false under a negation, where what is granted has to be written as false.
    #[must_use]
    pub fn decide(&self, polarity: bool, known: &impl Fn(&Leaf) -> Known) -> Self {
        match self {
            Self::Always => Self::Always,
            Self::Never => Self::Never,
            Self::All(parts) => Self::all(parts.iter().map(|part| part.decide(polarity, known))),
            Self::Any(parts) => Self::any(parts.iter().map(|part| part.decide(polarity, known))),
            Self::Not(inner) => inner.decide(!polarity, known).negate(),
            Self::Leaf(leaf) => match known(leaf) {
                Known::Open => self.clone(),
                Known::Granted if polarity => Self::Always,
                Known::Refused if !polarity => Self::Always,
                Known::Granted | Known::Refused => Self::Never,
            },
        }
    }

    /// Whether it depends on a column of the row for which `test` holds.
    pub fn depends_on(&self, test: &impl Fn(&'static str) -> bool) -> bool {
        match self {
            Self::Always | Self::Never => false,
            Self::All(parts) | Self::Any(parts) => parts.iter().any(|part| part.depends_on(test)),
            Self::Not(inner) => inner.depends_on(test),
            Self::Leaf(leaf) => test(leaf.column()),
        }
    }

    /// Whether it looks into rows of `table` beyond the row itself, which may turn out to be the row itself.
    #[must_use]
    pub fn looks_into(&self, table: &str) -> bool {
        match self {
            Self::Always | Self::Never => false,
            Self::All(parts) | Self::Any(parts) => parts.iter().any(|part| part.looks_into(table)),
            Self::Not(inner) => inner.looks_into(table),
            Self::Leaf(leaf) => leaf.looks_into(table),
        }
    }

    /// Whether it asks for a figure that is kept of other rows.
    #[must_use]
    pub fn asks_figures(&self) -> bool {
        match self {
            Self::Always | Self::Never => false,
            Self::All(parts) | Self::Any(parts) => parts.iter().any(Self::asks_figures),
            Self::Not(inner) => inner.asks_figures(),
            Self::Leaf(leaf) => leaf.asks_figures(),
        }
    }

    /// What of the present it asks for, each once, added to `found`.
    pub fn moments(&self, found: &mut Vec<Moment>) {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().for_each(|part| part.moments(found)),
            Self::Not(inner) | Self::Leaf(Leaf::Exists { inner, .. } | Leaf::OfCaller { inner, .. }) => {
                inner.moments(found);
            }
            Self::Leaf(Leaf::Moment { moment, .. }) if !found.contains(moment) => found.push(*moment),
            Self::Always | Self::Never | Self::Leaf(_) => {}
        }
    }
}
