//! A rule becomes a predicate: roles are decided, names resolved, relations looked up.

use super::{Leaf, Predicate};
use crate::{
    principal::Principal,
    schema::{Catalog, Kind, LinkError, Model, Path, Rule, Step},
};

/// What of a caller decides the shape of a predicate: callers of one class share their statements.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Class {
    /// Nobody is known to be calling.
    Anonymous,
    /// An account with this role is calling.
    Role(&'static str),
}

impl Class {
    /// The class of a caller.
    #[must_use]
    pub const fn of(who: &Principal) -> Self {
        match who {
            Principal::Anonymous => Self::Anonymous,
            Principal::Account(caller) => Self::Role(caller.role),
        }
    }

    /// Every class that there is: nobody, and each word of the account's role.
    #[must_use]
    pub fn every(catalog: &Catalog) -> Vec<Self> {
        let account = catalog.models().iter().find(|model| model.schema.account);
        let role = account.and_then(|model| model.schema.column("role")).map(|column| column.kind);
        let words = match role {
            Some(Kind::Choice(words)) => words,
            _ => &[],
        };
        std::iter::once(Self::Anonymous).chain(words.iter().map(|&word| Self::Role(word))).collect()
    }
}

/// What `rule` of `model` means for callers of `class`.
///
/// # Errors
/// [`LinkError`] when a path does not resolve, which declarations that compiled cannot cause.
pub fn fold(catalog: &Catalog, model: &Model, rule: &Rule, class: Class) -> Result<Predicate, LinkError> {
    Folder { catalog, class }.fold(model, &[], rule)
}

#[derive(Clone, Copy)]
struct Folder<'a> {
    catalog: &'a Catalog,
    class: Class,
}

impl<'a> Folder<'a> {
    fn fold(self, model: &'a Model, before: &[Step], rule: &Rule) -> Result<Predicate, LinkError> {
        let known = self.class != Class::Anonymous;
        let decided = |holds: bool| if holds { Predicate::Always } else { Predicate::Never };
        Ok(match rule {
            Rule::Any(parts) => Predicate::any(self.fold_each(model, before, parts)?),
            Rule::All(parts) => Predicate::all(self.fold_each(model, before, parts)?),
            Rule::Not(inner) => self.fold(model, before, inner)?.negate(),
            Rule::Anyone => Predicate::Always,
            Rule::Authenticated => decided(known),
            Rule::Role(word) => decided(self.class == Class::Role(word)),
            Rule::Oneself if before.is_empty() => if_known(known, Leaf::Oneself),
            Rule::Oneself => if_known(known, Leaf::Account(before.to_vec())),
            Rule::Related(path) => if_known(known, Leaf::Account(self.walk(model, before, path)?.0)),
            Rule::Compare { path, field, op, value } => {
                let (steps, end) = self.walk(model, before, path)?;
                let column = end.schema.column(field).ok_or_else(|| LinkError::unresolved(end.schema.name, field))?;
                Predicate::Leaf(Leaf::Compare { steps, column, op: *op, value: *value })
            }
            Rule::Named { path, rule } => {
                let (steps, end) = self.walk(model, before, path)?;
                let named = end.schema.named_rules.iter().find(|(name, _)| name == rule);
                let (_, rule) = named.ok_or_else(|| LinkError::unresolved(end.schema.name, rule))?;
                let optional = steps.iter().any(|step| step.nullable);
                let present = if optional { Predicate::Leaf(Leaf::Present(steps.clone())) } else { Predicate::Always };
                Predicate::all([present, self.fold(end, &steps, rule)?])
            }
        })
    }

    fn fold_each(self, model: &'a Model, before: &[Step], rules: &[Rule]) -> Result<Vec<Predicate>, LinkError> {
        rules.iter().map(|rule| self.fold(model, before, rule)).collect()
    }

    fn walk(self, model: &'a Model, before: &[Step], path: &Path) -> Result<(Vec<Step>, &'a Model), LinkError> {
        let (steps, end) = self.catalog.walk(model, path)?;
        Ok((before.iter().cloned().chain(steps).collect(), end))
    }
}

fn if_known(known: bool, leaf: Leaf) -> Predicate {
    if known { Predicate::Leaf(leaf) } else { Predicate::Never }
}
