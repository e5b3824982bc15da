//! What holds of all rows of a resource together, or of several fields of a row.

use super::{Comparison, Literal, span};

/// Fields of which no two rows hold the same together. A row in which one of them is null is like no other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unique {
    /// What its index is called, behind the table and `_`.
    pub name: &'static str,
    /// Their JSON keys, in the order declared.
    pub keys: &'static [&'static str],
}

/// What generated code builds it with.
#[doc(hidden)]
impl Unique {
    /// These keys, under an index of this name.
    #[must_use]
    pub const fn new(name: &'static str, keys: &'static [&'static str]) -> Self {
        Self { name, keys }
    }
}

/// What has to hold of each row. A comparison with null is null, and what is null is let in (SQL, three-valued logic).
#[derive(Debug, Clone, Copy)]
pub struct Check {
    /// What its constraint is called, behind the table and `_`.
    pub name: &'static str,
    /// What has to hold.
    pub condition: Condition,
}

/// What rows do not share: from one field up to another one, the end not included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exclusive {
    /// What its constraint is called, behind the table and `_`.
    pub name: &'static str,
    /// The JSON key of where it begins.
    pub start: &'static str,
    /// That of where it ends.
    pub end: &'static str,
    /// Those of what two rows have in common that may not overlap; a row in which one is null overlaps none.
    pub per: &'static [&'static str],
}

/// How many rows there may be that refer to the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// Most of them.
    pub count: u32,
    /// The JSON key of the relation by which they are counted; a row in which it is null does not count.
    pub per: &'static str,
    /// How long a row counts from its creation on, in microseconds; `None`: as long as it is there.
    pub within_us: Option<i64>,
}

/// What may hold of a row.
#[derive(Debug, Clone, Copy)]
pub enum Condition {
    /// `a | b`
    Any(&'static [Condition]),
    /// `a & b`
    All(&'static [Condition]),
    /// `!a`
    Not(&'static Condition),
    /// A field compares so with another one, or with a constant.
    Compare {
        /// Its JSON key.
        key: &'static str,
        /// How.
        op: Comparison,
        /// With what.
        with: Operand,
    },
}

/// What a field is compared with.
#[derive(Debug, Clone, Copy)]
pub enum Operand {
    /// The field of this JSON key.
    Key(&'static str),
    /// A constant.
    Value(Literal),
}

/// What generated code builds it with.
#[doc(hidden)]
impl Check {
    /// This condition, under a constraint of this name.
    #[must_use]
    pub const fn new(name: &'static str, condition: Condition) -> Self {
        Self { name, condition }
    }
}

#[doc(hidden)]
impl Limit {
    /// So many by this key.
    #[must_use]
    pub const fn new(count: u32, per: &'static str) -> Self {
        Self { count, per, within_us: None }
    }

    /// Counted for so many microseconds.
    #[must_use]
    pub const fn within(mut self, length_us: i64) -> Self {
        self.within_us = Some(length_us);
        self
    }
}

impl Limit {
    /// As people read it: `at most 5 per author_id in 1m`. `named` is how a key is written.
    #[must_use]
    pub fn in_words(&self, named: fn(&str) -> String) -> String {
        let within = self.within_us.and_then(|length_us| span(length_us.unsigned_abs()));
        let within = within.map_or_else(String::new, |length| format!(" in {length}"));
        format!("at most {} per {}{within}", self.count, named(self.per))
    }
}

#[doc(hidden)]
impl Exclusive {
    /// These keys, under a constraint of this name.
    #[must_use]
    pub const fn new(name: &'static str, start: &'static str, end: &'static str, per: &'static [&'static str]) -> Self {
        Self { name, start, end, per }
    }
}

impl Exclusive {
    /// Every key that it speaks of.
    #[must_use]
    pub fn keys(&self) -> Vec<&'static str> {
        self.per.iter().copied().chain([self.start, self.end]).collect()
    }
}

#[doc(hidden)]
impl Condition {
    /// A comparison.
    #[must_use]
    pub const fn compare(key: &'static str, op: Comparison, with: Operand) -> Self {
        Self::Compare { key, op, with }
    }
}

impl Condition {
    /// The JSON keys that it speaks of, each once.
    #[must_use]
    pub fn keys(&self) -> Vec<&'static str> {
        let mut keys = Vec::new();
        self.collect(&mut keys);
        keys
    }

    fn collect(&self, keys: &mut Vec<&'static str>) {
        match self {
            Self::Any(parts) | Self::All(parts) => parts.iter().for_each(|part| part.collect(keys)),
            Self::Not(part) => part.collect(keys),
            Self::Compare { key, with, .. } => {
                let other = if let Operand::Key(other) = with { Some(*other) } else { None };
                for key in std::iter::once(*key).chain(other) {
                    if !keys.contains(&key) {
                        keys.push(key);
                    }
                }
            }
        }
    }

    /// As people read it: `starts_at is less than ends_at`. `named` is how a key is written.
    #[must_use]
    pub fn in_words(&self, named: fn(&str) -> String) -> String {
        let several = |parts: &[Self], between: &str| {
            let part = |part: &Self| match part {
                Self::Compare { .. } => part.in_words(named),
                part => format!("({})", part.in_words(named)),
            };
            parts.iter().map(part).collect::<Vec<_>>().join(between)
        };
        match self {
            Self::Any(parts) => several(parts, " or "),
            Self::All(parts) => several(parts, " and "),
            Self::Not(part) => format!("not ({})", part.in_words(named)),
            Self::Compare { key, op, with } => format!("{} is {}", named(key), compared(*op, with, named)),
        }
    }

    /// What is asked of a field, as the end of a sentence that begins with it: `has to be less than ends_at`.
    #[must_use]
    pub fn asked_of(&self, field: &str) -> String {
        let plain: fn(&str) -> String = str::to_owned;
        match self {
            Self::Compare { key, op, with } if *key == field => {
                format!("has to be {}", compared(*op, with, plain))
            }
            Self::Compare { key, op, with: Operand::Key(other) } if *other == field => {
                format!("has to be {}", compared(turned(*op), &Operand::Key(key), plain))
            }
            condition => format!("does not fit the rest: it has to hold that {}", condition.in_words(plain)),
        }
    }
}

/// The comparison from the other side.
const fn turned(op: Comparison) -> Comparison {
    match op {
        Comparison::Lt => Comparison::Gt,
        Comparison::Le => Comparison::Ge,
        Comparison::Gt => Comparison::Lt,
        Comparison::Ge => Comparison::Le,
        same => same,
    }
}

fn compared(op: Comparison, with: &Operand, named: fn(&str) -> String) -> String {
    let how = match op {
        Comparison::Eq => "",
        Comparison::Ne => "other than ",
        Comparison::Lt => "less than ",
        Comparison::Le => "at most ",
        Comparison::Gt => "greater than ",
        Comparison::Ge => "at least ",
    };
    let what = match with {
        Operand::Key(key) => named(key),
        Operand::Value(value) => value.to_string(),
    };
    format!("{how}{what}")
}
