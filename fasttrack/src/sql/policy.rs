//! A rule becomes a predicate: roles are decided, names resolved, relations looked up.

mod size;

use self::size::bounded;
use super::{Leaf, Moment, Predicate};
use crate::{
    principal::Principal,
    schema::{Asked, Catalog, Column, Comparison, Kind, LinkError, Model, Path, Rule, Step, Verb},
};

/// What of a caller decides the shape of a predicate: callers of one role share their statements.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CallerRole {
    /// Nobody is known to be calling.
    Anonymous,
    /// An account with this role is calling.
    Role(&'static str),
}

impl CallerRole {
    /// The role of a caller.
    #[must_use]
    pub const fn of(who: &Principal) -> Self {
        match who {
            Principal::Anonymous => Self::Anonymous,
            Principal::Account(caller) => Self::Role(caller.role),
        }
    }

    /// Every role that there is: nobody, and each word of the account's role.
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

/// What `rule` of `model` means for this caller.
///
/// Of who is not logged in nothing is known, so that neither what a rule says of the caller holds, nor its opposite.
///
/// # Errors
/// [`LinkError`] when a path does not resolve, which declarations that compiled cannot cause.
pub fn fold(catalog: &Catalog, model: &Model, rule: &Rule, caller: CallerRole) -> Result<Predicate, LinkError> {
    bounded(model, Folder { catalog, caller }.fold(model, &[], rule, false)?)
}

/// The same for who would change something: who is not logged in may not, unless the rule says `anyone`. What it says of
/// rows alone (`status != Done`) lets accounts through.
///
/// # Errors
/// [`LinkError`], as for [`fold`].
pub fn fold_change(catalog: &Catalog, model: &Model, rule: &Rule, caller: CallerRole) -> Result<Predicate, LinkError> {
    let folder = Folder { catalog, caller };
    let predicate = match caller {
        CallerRole::Anonymous => folder.admit(model, &[], rule)?,
        CallerRole::Role(_) => folder.fold(model, &[], rule, false)?,
    };
    bounded(model, predicate)
}

/// What one condition of a rule of `model` means for an account that is calling, over the rows of `model`.
///
/// # Errors
/// [`LinkError`], as for [`fold`].
pub fn fold_asked(catalog: &Catalog, model: &Model, asked: &Asked, caller: CallerRole) -> Result<Predicate, LinkError> {
    let folder = Folder { catalog, caller };
    let (mut steps, mut end) = (Vec::new(), model);
    for path in &asked.at {
        (steps, end) = folder.walk(end, &steps, path)?;
    }
    let there = if asked.negated { present(&steps) } else { Predicate::Always };
    let holds = folder.fold(end, &steps, &asked.rule, asked.negated)?;
    bounded(model, Predicate::all([there, holds]))
}

#[derive(Clone, Copy)]
struct Folder<'a> {
    catalog: &'a Catalog,
    caller: CallerRole,
}

impl<'a> Folder<'a> {
    fn fold(self, model: &'a Model, before: &[Step], rule: &Rule, negated: bool) -> Result<Predicate, LinkError> {
        match rule {
            Rule::Any(parts) if negated => self.fold_each(model, before, parts, negated).map(Predicate::all),
            Rule::All(parts) if negated => self.fold_each(model, before, parts, negated).map(Predicate::any),
            Rule::Any(parts) => self.fold_each(model, before, parts, negated).map(Predicate::any),
            Rule::All(parts) => self.fold_each(model, before, parts, negated).map(Predicate::all),
            Rule::Not(inner) => self.fold(model, before, inner, !negated),
            Rule::AnyOf { path, rule } => self.any_of(model, before, (path, rule), negated),
            Rule::Named { path, rule } => self.named(model, before, (path, rule), negated),
            condition => self.condition(model, before, condition, negated),
        }
    }

    /// What asks no rule in turn; apart from [`fold`](Self::fold), which goes as deep as rules do and needs little room so.
    fn condition(self, model: &'a Model, before: &[Step], rule: &Rule, negated: bool) -> Result<Predicate, LinkError> {
        let known = self.caller != CallerRole::Anonymous;
        let decided = |holds: bool| if holds { Predicate::Always } else { Predicate::Never };
        let said = |predicate: Predicate| if negated { predicate.negate() } else { predicate };
        let of_caller = |predicate: Predicate| if known { said(predicate) } else { Predicate::Never };
        Ok(match rule {
            Rule::Anyone => said(Predicate::Always),
            Rule::Authenticated => said(decided(known)),
            Rule::Role(word) => of_caller(decided(self.caller == CallerRole::Role(word))),
            Rule::Oneself if before.is_empty() => of_caller(Predicate::Leaf(Leaf::Oneself)),
            Rule::Oneself => of_caller(Predicate::Leaf(Leaf::Account(before.to_vec()))),
            Rule::Related(path) => {
                let (many, rest) = split(self.walk(model, before, path)?.0);
                let account = if rest.is_empty() { Leaf::Oneself } else { Leaf::Account(rest) };
                of_caller(exists(many, Predicate::Leaf(account)))
            }
            Rule::OfCaller(asked) => of_caller(self.of_caller(asked)?),
            Rule::LikeCaller { path, field, op, of, with } => {
                of_caller(self.like_caller(model, before, (path, field, *op), (of, with))?)
            }
            Rule::Compare { path, field, op, value } => {
                let (steps, column) = self.column(model, before, path, field)?;
                said(Predicate::Leaf(Leaf::Compare { steps, column, op: *op, value: *value }))
            }
            Rule::Moment { path, field, op, offset_us } => {
                let (steps, column) = self.column(model, before, path, field)?;
                let moment = Moment::of(column, *offset_us);
                said(Predicate::Leaf(Leaf::Moment { steps, column, op: *op, moment }))
            }
            Rule::Any(_) | Rule::All(_) | Rule::Not(_) | Rule::AnyOf { .. } | Rule::Named { .. } => {
                self.fold(model, before, rule, negated)?
            }
        })
    }

    /// A field of the row at the end of a path, and where that row is.
    fn column(
        self,
        model: &'a Model,
        before: &[Step],
        path: &Path,
        field: &str,
    ) -> Result<(Vec<Step>, &'static Column), LinkError> {
        let (steps, end) = self.walk(model, before, path)?;
        let column = end.schema.column(field).ok_or_else(|| LinkError::unresolved(end.schema.name, field))?;
        Ok((steps, column))
    }

    fn any_of(
        self,
        model: &'a Model,
        before: &[Step],
        (path, rule): (&Path, &Rule),
        negated: bool,
    ) -> Result<Predicate, LinkError> {
        let (steps, end) = self.walk(model, before, path)?;
        let (many, rest) = split(steps);
        self.one_of(many, negated, |negated| self.fold(end, &rest, rule, negated))
    }

    fn named(
        self,
        model: &'a Model,
        before: &[Step],
        (path, name): (&Path, &str),
        negated: bool,
    ) -> Result<Predicate, LinkError> {
        let known = self.caller != CallerRole::Anonymous;
        let lets_accounts = !known && is_change(name);
        let (steps, end, rule) = self.follow(model, before, path, name)?;
        let (many, steps) = split(steps);
        self.one_of(many, negated, |negated| {
            let inner = match negated {
                false if lets_accounts => self.admit(end, &steps, rule)?,
                negated => self.fold(end, &steps, rule, negated)?,
            };
            Ok(match present(&steps) {
                present if negated && known => Predicate::any([present.negate(), inner]),
                present => Predicate::all([present, inner]),
            })
        })
    }

    /// That a rule holds of the account that is calling.
    fn of_caller(self, rule: &Rule) -> Result<Predicate, LinkError> {
        let account = self.account()?;
        Ok(match self.fold(account, &[], rule, false)? {
            decided @ (Predicate::Always | Predicate::Never) => decided,
            inner => Predicate::Leaf(Leaf::OfCaller { table: account.schema.plural, inner: Box::new(inner) }),
        })
    }

    fn like_caller(
        self,
        model: &'a Model,
        before: &[Step],
        (path, field, op): (&Path, &str, Comparison),
        (of, with): (&Path, &str),
    ) -> Result<Predicate, LinkError> {
        let account = self.account()?;
        let (steps, column) = self.column(model, before, path, field)?;
        let (of, with) = self.column(account, &[], of, with)?;
        Ok(Predicate::Leaf(Leaf::LikeCaller {
            steps,
            column,
            differs: op == Comparison::Ne,
            table: account.schema.plural,
            of,
            with,
        }))
    }

    fn account(self) -> Result<&'a Model, LinkError> {
        self.catalog.account().ok_or_else(|| LinkError::unresolved("application", "account"))
    }

    /// That there is a row at the end of `many` of which `rule` holds, or, `negated`, that there is none; of the row itself
    /// where these are no relations. `rule` is asked for what is known to hold, or for what is known not to.
    fn one_of(
        self,
        many: Vec<Step>,
        negated: bool,
        rule: impl Fn(bool) -> Result<Predicate, LinkError>,
    ) -> Result<Predicate, LinkError> {
        if many.is_empty() || !negated {
            return Ok(exists(many, rule(negated)?));
        }
        if self.caller != CallerRole::Anonymous {
            return Ok(exists(many, rule(false)?).negate());
        }
        // A row counts unless it is known that the rule does not hold of it; where that is never known, nothing is.
        Ok(match rule(true)?.negate() {
            Predicate::Always => Predicate::Never,
            possible => exists(many, possible).negate(),
        })
    }

    fn fold_each(
        self,
        model: &'a Model,
        before: &[Step],
        rules: &[Rule],
        negated: bool,
    ) -> Result<Vec<Predicate>, LinkError> {
        rules.iter().map(|rule| self.fold(model, before, rule, negated)).collect()
    }

    /// What of a rule says `anyone`.
    fn admit(self, model: &'a Model, before: &[Step], rule: &Rule) -> Result<Predicate, LinkError> {
        Ok(match rule {
            Rule::Any(parts) => {
                let parts: Result<Vec<_>, _> = parts.iter().map(|part| self.admit(model, before, part)).collect();
                Predicate::any(parts?)
            }
            Rule::Named { path, rule } => {
                let (steps, end, rule) = self.follow(model, before, path, rule)?;
                let (many, steps) = split(steps);
                exists(many, Predicate::all([present(&steps), self.admit(end, &steps, rule)?]))
            }
            rule if self.says_anyone(model, rule)? => self.fold(model, before, rule, false)?,
            _ => Predicate::Never,
        })
    }

    fn says_anyone(self, model: &'a Model, rule: &Rule) -> Result<bool, LinkError> {
        match rule {
            Rule::Anyone | Rule::Not(Rule::Authenticated) => Ok(true),
            Rule::Any(parts) | Rule::All(parts) => {
                parts.iter().try_fold(false, |said, part| Ok(said || self.says_anyone(model, part)?))
            }
            Rule::Named { path, rule } => {
                let (_, end, rule) = self.follow(model, &[], path, rule)?;
                self.says_anyone(end, rule)
            }
            _ => Ok(false),
        }
    }

    /// Where a named rule is, and what it says.
    fn follow(
        self,
        model: &'a Model,
        before: &[Step],
        path: &Path,
        name: &str,
    ) -> Result<(Vec<Step>, &'a Model, &'a Rule), LinkError> {
        let (steps, end) = self.walk(model, before, path)?;
        let rule = end.schema.named_rule(name).ok_or_else(|| LinkError::unresolved(end.schema.name, name))?;
        Ok((steps, end, rule))
    }

    fn walk(self, model: &'a Model, before: &[Step], path: &Path) -> Result<(Vec<Step>, &'a Model), LinkError> {
        let (steps, end) = self.catalog.walk(model, path)?;
        Ok((before.iter().cloned().chain(steps).collect(), end))
    }
}

/// Whether this is the name of a verb that changes rows, whose rule lets only those who are logged in unless it says otherwise.
fn is_change(name: &str) -> bool {
    Verb::ALL.into_iter().any(|verb| verb.changes() && verb.name() == name)
}

/// That there is a row at the end of `many` relations of which `inner` holds; `inner` of the row itself where these are none.
fn exists(many: Vec<Step>, inner: Predicate) -> Predicate {
    match inner {
        Predicate::Never => Predicate::Never,
        inner if many.is_empty() => inner,
        inner => Predicate::Leaf(Leaf::Exists { steps: many, inner: Box::new(inner) }),
    }
}

/// The relations up to the last one that leads to many rows, and those behind it.
///
/// A row that is only gone through, on to those that refer to it, is left out: they hold the same id.
pub(super) fn split(steps: Vec<Step>) -> (Vec<Step>, Vec<Step>) {
    let mut many: Vec<Step> = Vec::new();
    let mut rest = Vec::new();
    for step in steps {
        rest.push(step);
        let Some(last) = rest.last().filter(|step| step.is_many()).cloned() else { continue };
        many.append(&mut rest);
        if let [.., before, _] = many.as_slice()
            && !before.is_many()
        {
            let through = Step { key: before.key, nullable: before.nullable, set: None, ..last };
            many.truncate(many.len() - 2);
            many.push(through);
        }
    }
    (many, rest)
}

/// Whether the row at the end of these relations is there.
fn present(steps: &[Step]) -> Predicate {
    let optional = steps.iter().any(|step| step.nullable || step.deleted.is_some());
    if optional { Predicate::Leaf(Leaf::Present(steps.to_vec())) } else { Predicate::Always }
}
