//! What holds of several fields, and what each constraint is called in the database.

use std::collections::HashSet;

use proc_macro2::{Ident, Span};
use syn::ext::IdentExt as _;

use super::{Constant, ConstantValue, Declaration, Operator};
use crate::names;

/// As many digits a float tells apart.
const EXACT_DIGITS: usize = 15;

/// `#[unique(a, b)]`
pub(crate) struct Unique {
    /// Where the attribute stands.
    pub(crate) at: Span,
    pub(crate) fields: Vec<Ident>,
}

/// `#[check(a < b)]`
#[derive(Clone)]
pub(crate) struct Check {
    /// Where the attribute stands.
    pub(crate) at: Span,
    pub(crate) condition: Condition,
}

/// `#[exclusive(a..b, per = c)]`
pub(crate) struct Exclusive {
    /// Where the attribute stands.
    pub(crate) at: Span,
    pub(crate) start: Ident,
    pub(crate) end: Ident,
    /// What two rows have in common that may not overlap.
    pub(crate) per: Vec<Ident>,
}

/// `#[limit(5 per author in 1m)]`
pub(crate) struct Limit {
    /// Where the attribute stands.
    pub(crate) at: Span,
    pub(crate) count_at: Span,
    /// `None` for more than there are numbers.
    pub(crate) count: Option<u32>,
    pub(crate) per: Ident,
    /// Where `in` is said, and how long in microseconds.
    pub(crate) within: Option<(Span, i64)>,
}

/// What has to hold of a row.
#[derive(Clone)]
pub(crate) enum Condition {
    Any(Vec<Self>),
    All(Vec<Self>),
    Not(Box<Self>),
    Compare { left: Operand, op: Operator, right: Operand },
}

/// What is compared.
#[derive(Clone)]
pub(crate) enum Operand {
    /// A field, or the variant of a choice.
    Name(Ident),
    Constant(Constant),
}

impl Unique {
    /// What its index is called, behind the table.
    pub(crate) fn index_name(&self, declaration: &Declaration) -> String {
        let keys: Vec<&str> = self.keys(declaration).collect();
        names::after_table(&declaration.plural, &keys, "unique")
    }

    /// The JSON keys of its fields.
    pub(crate) fn keys<'a>(&self, declaration: &'a Declaration) -> impl Iterator<Item = &'a str> {
        self.fields.iter().filter_map(|name| declaration.named(name)).map(|field| field.key.as_str())
    }
}

impl Exclusive {
    /// What its constraint is called, behind the table.
    pub(crate) fn constraint_name(&self, declaration: &Declaration) -> String {
        let fields = self.per.iter().chain([&self.start, &self.end]);
        let keys: Vec<&str> = fields.filter_map(|name| key(declaration, name)).collect();
        names::after_table(&declaration.plural, &keys, "excl")
    }

    /// That it begins before it ends, which goes without saying.
    pub(crate) fn order(&self) -> Check {
        let [left, right] = [&self.start, &self.end].map(|name| Operand::Name(name.clone()));
        let op = Operator { span: self.at, variant: "Lt", orders: true };
        Check { at: self.at, condition: Condition::Compare { left, op, right } }
    }
}

/// The JSON key of the field of this name.
pub(crate) fn key<'a>(declaration: &'a Declaration, name: &Ident) -> Option<&'a str> {
    declaration.named(name).map(|field| field.key.as_str())
}

impl Check {
    /// What its constraint is called, behind the table: by what it says where that is short, else by its fields and a digest.
    pub(crate) fn constraint_name(&self, declaration: &Declaration) -> String {
        let digest = format!("{:08x}", names::digest(&self.condition.text(declaration)));
        let compared = match &self.condition {
            Condition::Compare { left, op, right } => {
                let op = op.variant.to_ascii_lowercase();
                left.key(declaration).zip(right.key(declaration)).map(|(left, right)| [left, &op, right].join("_"))
            }
            _ => None,
        };
        let words = compared.unwrap_or_else(|| [self.keys(declaration), vec![&digest]].concat().join("_"));
        names::after_table(&declaration.plural, &[&words], "ck")
    }

    /// The JSON keys of its fields, each once.
    pub(crate) fn keys<'a>(&self, declaration: &'a Declaration) -> Vec<&'a str> {
        let mut keys = Vec::new();
        self.condition.each(&mut |left, _, right| {
            let found = [left, right].into_iter().filter_map(|operand| operand.key(declaration));
            keys.extend(found);
        });
        let mut seen = HashSet::new();
        keys.retain(|key| seen.insert(*key));
        keys
    }
}

impl Condition {
    /// Shows every comparison.
    pub(crate) fn each<'a>(&'a self, show: &mut impl FnMut(&'a Operand, &'a Operator, &'a Operand)) {
        match self {
            Self::Any(parts) | Self::All(parts) => parts.iter().for_each(|part| part.each(show)),
            Self::Not(part) => part.each(show),
            Self::Compare { left, op, right } => show(left, op, right),
        }
    }

    /// The same text for the same condition.
    pub(crate) fn text(&self, declaration: &Declaration) -> String {
        let several = |parts: &[Self], between: &str| {
            let parts: Vec<String> = parts.iter().map(|part| part.text(declaration)).collect();
            format!("({})", parts.join(between))
        };
        match self {
            Self::Any(parts) => several(parts, " | "),
            Self::All(parts) => several(parts, " & "),
            Self::Not(part) => format!("!{}", part.text(declaration)),
            Self::Compare { left, op, right } => {
                format!("{} {} {}", left.text(declaration), op.variant, right.text(declaration))
            }
        }
    }
}

impl Operand {
    pub(crate) fn span(&self) -> Span {
        match self {
            Self::Name(name) => name.span(),
            Self::Constant(constant) => constant.span,
        }
    }

    /// The JSON key, where it is a field.
    pub(crate) fn key<'a>(&self, declaration: &'a Declaration) -> Option<&'a str> {
        match self {
            Self::Name(name) => declaration.named(name).map(|field| field.key.as_str()),
            Self::Constant(_) => None,
        }
    }

    fn text(&self, declaration: &Declaration) -> String {
        match self {
            Self::Name(name) => self.key(declaration).map_or_else(|| name.unraw().to_string(), str::to_owned),
            Self::Constant(constant) => match &constant.value {
                ConstantValue::Bool(value) => value.to_string(),
                ConstantValue::Int(value) => value.to_string(),
                // Of two decimals that are nearly the same a float is one and the same.
                ConstantValue::Float(number) if number.digits.len() > EXACT_DIGITS => number.digits.clone(),
                ConstantValue::Float(number) => format!("{:?}", number.value),
                ConstantValue::Text(text) => format!("{text:?}"),
                ConstantValue::Variant(variant) => variant.to_string(),
            },
        }
    }
}
