//! A declaration, understood but not yet judged. Every name keeps the span at which it was written.

mod constant;
mod constraint;
mod rule;
mod trigger;

use std::collections::HashSet;

use proc_macro2::{Ident, Span};
use syn::{Fields, ItemStruct, ext::IdentExt, parse_quote};

pub(crate) use self::{
    constant::{Constant, ConstantValue, Number},
    constraint::{Check, Condition, Exclusive, Limit, Operand, Unique, key},
    rule::{Forbidden, Never, Now, Operator, Path, Rule},
    trigger::{Assigned, Assignment, Change, Effect, Payload, Recipient, Trigger},
};
use crate::{
    check::rule::VERBS,
    options::{OPTIONS, OptionSpec},
    shape::{FieldType, Shape},
};

/// One `#[resource]` struct with all that stands on it.
pub(crate) struct Declaration {
    /// The struct without the attributes of the language.
    pub(crate) item: ItemStruct,
    /// Singular name in snake case.
    pub(crate) name: String,
    /// Plural name in snake case.
    pub(crate) plural: String,
    /// Where that is said, or follows from.
    pub(crate) plural_at: Span,
    /// The doc comment.
    pub(crate) doc: String,
    /// Where `account` is said.
    pub(crate) account: Option<Span>,
    /// Who makes accounts, where not everybody registers.
    pub(crate) registration: Option<Registration>,
    /// The relation under whose target it lies.
    pub(crate) under: Option<Ident>,
    /// Whether `conceal` is said.
    pub(crate) conceal: bool,
    /// The plural that it had before.
    pub(crate) was: Option<Ident>,
    /// Where `hooks` is said.
    pub(crate) hooks: Option<Span>,
    /// How long deleted rows are kept.
    pub(crate) keep_deleted: Option<KeepDeleted>,
    /// Where `history` is said.
    pub(crate) history: Option<Span>,
    pub(crate) fields: Vec<Field>,
    pub(crate) has: Vec<Has>,
    pub(crate) rules: Vec<NamedRule>,
    pub(crate) grants: Vec<Grant>,
    /// How many `#[can]` there are, those that did not parse included.
    pub(crate) can_count: usize,
    /// What nobody may do.
    pub(crate) nevers: Vec<Never>,
    pub(crate) triggers: Vec<Trigger>,
    pub(crate) uniques: Vec<Unique>,
    pub(crate) checks: Vec<Check>,
    pub(crate) exclusives: Vec<Exclusive>,
    pub(crate) limits: Vec<Limit>,
}

/// `account(invite_only)`
#[derive(Clone, Copy)]
pub(crate) struct Registration {
    pub(crate) at: Span,
    pub(crate) registers: Registers,
}

/// Who makes accounts, where not everybody registers.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Registers {
    /// Whoever `create` lets.
    Others,
    /// Likewise, but the password is chosen by whom the account is for.
    Invited,
}

/// `keep_deleted = 30d`
pub(crate) struct KeepDeleted {
    pub(crate) at: Span,
    /// How long, in microseconds.
    pub(crate) for_us: i64,
}

/// `name: Resource.relation`: rows that refer here.
pub(crate) struct Has {
    pub(crate) name: Ident,
    /// The resource.
    pub(crate) target: syn::Path,
    pub(crate) relation: Ident,
    /// How many of them a `POST` takes along.
    pub(crate) inline: Option<Inline>,
}

/// `inline = 1..=100`
pub(crate) struct Inline {
    /// The word.
    pub(crate) at: Span,
    /// What follows it; `None` where that did not parse, which has its message.
    pub(crate) bounds: Option<(Option<Constant>, Option<Constant>)>,
}

/// One field.
pub(crate) struct Field {
    pub(crate) ident: Ident,
    /// The name as it was written, `r#` taken away.
    pub(crate) name: String,
    /// The JSON key: for a relation, the name with `_id`; for many rows, the singular of the name with `_ids`.
    pub(crate) key: String,
    pub(crate) doc: String,
    pub(crate) ty: FieldType,
    pub(crate) options: Vec<GivenOption>,
}

/// An option that a field has.
pub(crate) struct GivenOption {
    pub(crate) spec: &'static OptionSpec,
    pub(crate) span: Span,
    pub(crate) value: Value,
}

/// What follows an option.
pub(crate) enum Value {
    Nothing,
    Bounds {
        min: Option<Constant>,
        max: Option<Constant>,
    },
    Constant(Constant),
    /// The values of a list.
    List(Vec<Constant>),
    Aliases(Vec<Ident>),
    Rule(Rule),
    OnDelete {
        word: Ident,
        variant: &'static str,
    },
    Name(Ident),
    /// Which variants may follow which.
    Flow(Vec<Transition>),
    /// The rows that are counted, and of which of them.
    Count(Ident, Option<Rule>),
    /// The rows of which a field is summed up, and the field.
    Sum(Ident, Ident),
    /// Media types.
    Types(Vec<MediaType>),
    /// It did not parse, which has its message; that the option is there is known.
    Unread,
}

/// `"image/png"`
pub(crate) struct MediaType {
    pub(crate) span: Span,
    pub(crate) name: String,
}

/// `Todo -> Doing | Done: RULE`
pub(crate) struct Transition {
    pub(crate) from: Ident,
    pub(crate) to: Vec<Ident>,
    pub(crate) rule: Option<StepRule>,
}

/// Who may take a step of a flow.
pub(crate) struct StepRule {
    /// Where it begins.
    pub(crate) at: Span,
    pub(crate) rule: Rule,
}

/// `#[rule(name: rule)]`; the rule is missing when it did not parse, so that the name stays known.
pub(crate) struct NamedRule {
    pub(crate) name: Ident,
    pub(crate) rule: Option<Rule>,
}

/// A verb and its rule.
pub(crate) struct Grant {
    pub(crate) verb: Ident,
    pub(crate) rule: Rule,
    /// What `-> RULE` asks of the row as it would be.
    pub(crate) afterwards: Option<Afterwards>,
    /// Which `#[can]` it stands in, so that one mistake in a rule of several verbs is one message.
    pub(crate) attribute: usize,
}

/// `-> RULE`
#[derive(Clone)]
pub(crate) struct Afterwards {
    pub(crate) arrow: Span,
    pub(crate) rule: Rule,
}

impl Declaration {
    /// The field of this name.
    pub(crate) fn field(&self, name: &Ident) -> Option<&Field> {
        self.fields.iter().find(|field| *name == field.ident)
    }

    /// The field of this name, `r#` or not.
    pub(crate) fn named(&self, name: &Ident) -> Option<&Field> {
        let name = name.unraw().to_string();
        self.fields.iter().find(|field| field.name == name)
    }

    /// The field that says when a row was deleted, where deleted rows are kept.
    pub(crate) fn deleted(&self) -> Option<&Field> {
        self.fields.iter().find(|field| field.ty.shape == Shape::DeletedAt)
    }

    /// The rule of this name, which is a named one or that of a verb; `Some(None)` where it did not parse.
    #[expect(clippy::option_option, reason = "that there is none, and that it could not be read, are two things")]
    pub(crate) fn rule(&self, name: &Ident) -> Option<Option<&Rule>> {
        if let Some(named) = self.rules.iter().find(|rule| *name == rule.name) {
            return Some(named.rule.as_ref());
        }
        let is_verb = self.verbs().iter().any(|verb| name == verb);
        is_verb.then(|| self.grants.iter().find(|grant| *name == grant.verb).map(|grant| &grant.rule))
    }

    /// The verbs that are the name of their rule: those that have one, unless something else is called so. Where a `#[can]`
    /// did not parse, that may have been any.
    pub(crate) fn verbs(&self) -> Vec<&'static str> {
        let is_ruled = |verb: &str| !self.reads_every_can() || self.grants.iter().any(|grant| grant.verb == verb);
        let is_taken = |verb: &str| {
            self.fields.iter().any(|field| field.name == verb)
                || self.rules.iter().any(|rule| rule.name == verb)
                || self.has.iter().any(|has| has.name == verb)
        };
        VERBS.into_iter().filter(|verb| is_ruled(verb) && !is_taken(verb)).collect()
    }

    /// Whether every `#[can]` did parse.
    pub(crate) fn reads_every_can(&self) -> bool {
        let attributes: HashSet<usize> = self.grants.iter().map(|grant| grant.attribute).collect();
        attributes.len() == self.can_count
    }

    /// The table in which a field of many rows is kept.
    pub(crate) fn pairs_of(&self, field: &Field) -> String {
        format!("{}_{}", self.plural, field.key)
    }

    /// What that was called before, where something was renamed.
    pub(crate) fn pairs_before(&self, field: &Field) -> Option<String> {
        let key = field.option("was").and_then(|option| match &option.value {
            Value::Name(name) => Some(name.unraw().to_string()),
            _ => None,
        });
        let plural = self.was.as_ref().map(|was| was.unraw().to_string());
        let renamed = key.is_some() || plural.is_some();
        let (plural, key) = (plural.unwrap_or_else(|| self.plural.clone()), key.unwrap_or_else(|| field.key.clone()));
        renamed.then(|| format!("{plural}_{key}"))
    }

    /// The rows that refer here which are called so.
    pub(crate) fn many(&self, name: &Ident) -> Option<&Has> {
        self.has.iter().find(|has| *name == has.name)
    }

    /// Without what is called like something before it, which the compiler would report once more.
    pub(crate) fn without_doubles(mut self) -> Self {
        let mut seen = HashSet::new();
        self.fields.retain(|field| seen.insert(field.name.clone()));
        self.rules.retain(|rule| seen.insert(rule.name.unraw().to_string()));
        self.has.retain(|has| seen.insert(has.name.unraw().to_string()));
        if let Fields::Named(fields) = &mut self.item.fields {
            let mut seen = HashSet::new();
            let all = std::mem::take(&mut fields.named).into_iter();
            fields.named = all.filter(|field| seen.insert(field.ident.as_ref().map(IdentExt::unraw))).collect();
        }
        self
    }

    /// Seen by everybody, since what is private is reported once.
    pub(crate) fn seen(mut self) -> Self {
        self.item.vis = parse_quote!(pub);
        self
    }

    /// What a path may begin with.
    pub(crate) fn parts(&self) -> Vec<String> {
        let fields = self.fields.iter().map(|field| field.name.clone());
        let many = self.has.iter().map(|has| has.name.unraw().to_string());
        let verbs = self.verbs().into_iter().map(str::to_owned);
        fields.chain(self.rules.iter().map(|rule| rule.name.to_string())).chain(many).chain(verbs).collect()
    }
}

impl Field {
    /// The option of this word, when it is given.
    pub(crate) fn option(&self, name: &str) -> Option<&GivenOption> {
        debug_assert!(OPTIONS.iter().any(|option| option.name == name), "`{name}` is an option");
        self.options.iter().find(|option| option.spec.name == name)
    }

    /// Every rule that is said of it.
    pub(crate) fn rules(&self) -> impl Iterator<Item = &Rule> {
        self.options.iter().flat_map(|option| option.value.rules())
    }

    /// Whether the option of this word is given.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.option(name).is_some()
    }
}

impl Value {
    fn rules(&self) -> Vec<&Rule> {
        match self {
            Self::Rule(rule) => vec![rule],
            Self::Flow(flow) => flow.iter().filter_map(|step| step.rule.as_ref()).map(|said| &said.rule).collect(),
            _ => Vec::new(),
        }
    }
}
