//! Figures that the server keeps of the rows that refer to one.

#![expect(clippy::indexing_slicing, reason = "runs at compile time only; const code has neither iterators nor get")]

use super::{
    Rule, Schema,
    laws::{equal, fail, step},
};

/// `count(tasks: status != Done)`, `sum(lines: amount)`
#[derive(Debug, Clone, Copy)]
pub struct Figure {
    /// What the declaration calls the rows ([`Has`](super::Has)).
    pub has: &'static str,
    /// What each of them adds.
    pub counts: Counts,
}

/// What a row adds to a figure.
#[derive(Debug, Clone, Copy)]
#[expect(clippy::large_enum_variant, reason = "there is one for each figure of a declaration, and it is constant")]
pub enum Counts {
    /// One, if this holds of it: of what it holds itself, whoever asks.
    Rows(Rule),
    /// What it holds in this field; nothing, where that is null.
    Sum(&'static str),
}

/// What generated code builds it with.
#[doc(hidden)]
impl Figure {
    /// How many there are of those rows of which a rule asks one.
    #[must_use]
    pub const fn count(has: &'static str, of: Rule) -> Self {
        let rule = match of {
            Rule::AnyOf { rule, .. } => *rule,
            rule => rule,
        };
        Self { has, counts: Counts::Rows(rule) }
    }

    /// What a field of those rows comes to.
    #[must_use]
    pub const fn sum(has: &'static str, field: &'static str) -> Self {
        Self { has, counts: Counts::Sum(field) }
    }
}

/// Asserts that no figure is counted from itself.
#[track_caller]
pub(super) const fn assert_figures_end(schemas: &[&Schema], schema: &Schema) {
    let mut i = 0;
    while i < schema.columns.len() {
        if let Some(figure) = schema.columns[i].figure
            && !ends(schemas, schema, figure, schemas.len() + 1)
        {
            let rest = "` is counted from itself, by way of others; take one of them out";
            fail(&["`", schema.name, ".", schema.columns[i].name, rest]);
        }
        i += 1;
    }
}

/// Whether what a figure depends on is no figure, or one of which the same holds.
const fn ends(schemas: &[&Schema], schema: &Schema, figure: &Figure, fuel: usize) -> bool {
    if fuel == 0 {
        return false;
    }
    let Some(counted) = step(schemas, schema, figure.has) else { return true };
    let mut i = 0;
    while i < counted.columns.len() {
        let column = &counted.columns[i];
        let is_asked = match &figure.counts {
            Counts::Sum(field) => equal(field, column.name),
            Counts::Rows(rule) => asks(rule, column.name),
        };
        if let Some(further) = column.figure
            && is_asked
            && !ends(schemas, counted, further, fuel - 1)
        {
            return false;
        }
        i += 1;
    }
    true
}

/// Whether a rule compares a field of the row itself.
const fn asks(rule: &Rule, name: &str) -> bool {
    match rule {
        Rule::Any(parts) | Rule::All(parts) => {
            let mut i = 0;
            while i < parts.len() {
                if asks(&parts[i], name) {
                    return true;
                }
                i += 1;
            }
            false
        }
        Rule::Not(part) => asks(part, name),
        Rule::Compare { field, .. } => equal(field, name),
        _ => false,
    }
}
