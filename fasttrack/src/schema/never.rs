//! What nobody may do: sentences that a declaration states about its own rules, and what of them can be told when it is
//! compiled.
//!
//! That is what roles alone decide. What depends on rows and on other resources is solved when the application starts
//! ([`access`](crate::access)), by other means.
#![expect(clippy::indexing_slicing, reason = "runs at compile time only; const code has neither iterators nor get")]

use std::fmt;

use super::{
    Column, Kind, Rule, Schema, Verb,
    laws::{equal, fail},
};

/// Nobody of whom a rule holds may do any of these.
#[derive(Debug, Clone, Copy)]
pub struct Never {
    /// Who, and with which rows.
    pub rule: Rule,
    /// What he may not do.
    pub acts: &'static [Forbidden],
}

/// What somebody may not do: use a verb, or use it with a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Forbidden {
    /// The verb. `create` includes that somebody makes himself an account.
    pub verb: Verb,
    /// The name of the field that it must not show or take; `None` where all of it is forbidden.
    pub field: Option<&'static str>,
}

/// What generated code builds them with.
#[doc(hidden)]
impl Never {
    /// A sentence.
    #[must_use]
    pub const fn new(rule: Rule, acts: &'static [Forbidden]) -> Self {
        Self { rule, acts }
    }
}

/// What generated code builds them with.
#[doc(hidden)]
impl Forbidden {
    /// A verb.
    #[must_use]
    pub const fn new(verb: Verb) -> Self {
        Self { verb, field: None }
    }

    /// With this field alone.
    #[must_use]
    pub const fn field(mut self, name: &'static str) -> Self {
        self.field = Some(name);
        self
    }
}

/// `update role`
impl fmt::Display for Forbidden {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let between = if self.field.is_some() { " " } else { "" };
        write!(formatter, "{}{between}{}", self.verb.name(), self.field.unwrap_or_default())
    }
}

/// What generated code builds it with.
#[doc(hidden)]
impl Schema {
    /// Sets what nobody may do.
    #[must_use]
    pub const fn nevers(mut self, nevers: &'static [Never]) -> Self {
        self.nevers = nevers;
        self
    }
}

/// What is known of a rule without a row.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Known {
    Yes,
    No,
    Open,
}

/// A caller of one role; `None` is who is not logged in.
type Caller = Option<&'static str>;

/// Deepest nesting that is looked into; what lies deeper is open.
const MAX_DEPTH: u32 = 64;

/// Asserts that no role alone contradicts the sentence of `schema` at this place, of what stands in it at `act`.
///
/// # Panics
/// At compile time, where callers of some role may do that whatever the row holds.
#[track_caller]
pub const fn assert_never(schema: &Schema, account: &Schema, place: usize, act: usize) {
    let Never { rule, acts } = schema.nevers[place];
    let forbidden = acts[act];
    assert_not_by(schema, &rule, forbidden, None);
    let Some(Column { kind: Kind::Choice(words), .. }) = account.column("role") else { return };
    let mut i = 0;
    while i < words.len() {
        assert_not_by(schema, &rule, forbidden, Some(words[i]));
        i += 1;
    }
}

#[track_caller]
const fn assert_not_by(schema: &Schema, rule: &Rule, forbidden: Forbidden, caller: Caller) {
    let is_one = matches!(known(schema, rule, caller, false, MAX_DEPTH), Known::Yes);
    if !is_one || !lets(schema, forbidden, caller) {
        return;
    }
    let (field, of) = match forbidden.field {
        Some(field) => (field, " of "),
        None => ("", ""),
    };
    let (kind, word) = match caller {
        Some(word) => ("whoever has the role ", word),
        None => ("who is not logged in", ""),
    };
    let rest = [" may ", forbidden.verb.name(), " ", field, of, schema.plural, "; narrow its rule, or take this out"];
    fail(&["this does not hold: ", kind, word, rest[0], rest[1], rest[2], rest[3], rest[4], rest[5], rest[6]]);
}

/// Whether callers of a role are let whatever there is.
const fn lets(schema: &Schema, forbidden: Forbidden, caller: Caller) -> bool {
    let Some(rule) = rule_of(schema, forbidden.verb) else { return false };
    if !matches!(known(schema, rule, caller, false, MAX_DEPTH), Known::Yes) {
        return false;
    }
    if let (Verb::Update, Some(after)) = (forbidden.verb, &schema.afterwards)
        && !matches!(known(schema, after, caller, false, MAX_DEPTH), Known::Yes)
    {
        return false;
    }
    let Some(name) = forbidden.field else { return true };
    let Some(column) = schema.column(name) else { return false };
    // A step of a flow may be for others.
    if column.flow.is_some() && matches!(forbidden.verb, Verb::Update) {
        return false;
    }
    let guard = if forbidden.verb.changes() { &column.write } else { &column.read };
    match guard {
        Some(rule) => matches!(known(schema, rule, caller, false, MAX_DEPTH), Known::Yes),
        None => true,
    }
}

/// The rule of a verb, as [`Schema::rule`] has it.
const fn rule_of(schema: &Schema, verb: Verb) -> Option<&'static Rule> {
    let mut rest = schema.grants;
    while let [grant, others @ ..] = rest {
        if equal(grant.verb.name(), verb.name()) {
            return Some(&grant.rule);
        }
        rest = others;
    }
    if matches!(verb, Verb::History) && schema.history { rule_of(schema, Verb::Read) } else { None }
}

/// What a rule, or its opposite, says of callers of one role. Of who is not logged in neither what it says of the caller holds,
/// nor the opposite.
const fn known(schema: &Schema, rule: &Rule, caller: Caller, negated: bool, depth: u32) -> Known {
    if depth == 0 {
        return Known::Open;
    }
    match rule {
        Rule::Any(parts) => several(schema, parts, caller, negated, (depth, negated)),
        Rule::All(parts) => several(schema, parts, caller, negated, (depth, !negated)),
        Rule::Not(part) => known(schema, part, caller, !negated, depth - 1),
        Rule::Anyone => decided(true, negated),
        Rule::Authenticated => decided(caller.is_some(), negated),
        Rule::Role(word) => match caller {
            Some(own) => decided(equal(own, word), negated),
            None => Known::No,
        },
        Rule::Oneself | Rule::Related(_) | Rule::OfCaller(_) | Rule::LikeCaller { .. } if caller.is_none() => Known::No,
        Rule::Named { path, rule } if path.steps().is_empty() => match schema.named_rule(rule) {
            Some(rule) => known(schema, rule, caller, negated, depth - 1),
            None => Known::Open,
        },
        _ => Known::Open,
    }
}

/// The same of several: of all of them, or of any.
const fn several(schema: &Schema, parts: &[Rule], caller: Caller, negated: bool, (depth, all): (u32, bool)) -> Known {
    let mut found = if all { Known::Yes } else { Known::No };
    let mut i = 0;
    while i < parts.len() {
        match (known(schema, &parts[i], caller, negated, depth - 1), all) {
            (Known::No, true) => return Known::No,
            (Known::Yes, false) => return Known::Yes,
            (Known::Open, _) => found = Known::Open,
            (Known::Yes, true) | (Known::No, false) => {}
        }
        i += 1;
    }
    found
}

const fn decided(holds: bool, negated: bool) -> Known {
    if holds == negated { Known::No } else { Known::Yes }
}
