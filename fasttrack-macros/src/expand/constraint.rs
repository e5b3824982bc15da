//! Constraints over several fields or rows -> `fasttrack::schema::{Unique, Check, Exclusive, Limit}`.

use std::{borrow::Cow, collections::HashSet};

use proc_macro2::{Group, Ident, Span, TokenStream, TokenTree};
use quote::{quote, quote_spanned};

use super::constant;
use crate::{
    model::{
        self, Check, Condition, Constant, ConstantValue, Declaration, Exclusive, Field, Limit, Operand, Operator,
        Unique,
    },
    shape::Shape,
};

/// The calls of the builders; none where nothing is said.
pub(crate) fn constraints(declaration: &Declaration) -> TokenStream {
    let uniques = declaration.uniques.iter().map(|one| unique(declaration, one));
    let uniques = (!declaration.uniques.is_empty()).then(|| quote!(.uniques(const { &[#(#uniques),*] })));
    let all = all_checks(declaration);
    let checks = all.iter().map(|one| check(declaration, one));
    let checks = (!all.is_empty()).then(|| quote!(.checks(const { &[#(#checks),*] })));
    let exclusives = declaration.exclusives.iter().map(|one| exclusive(declaration, one));
    let exclusives = (!declaration.exclusives.is_empty()).then(|| quote!(.exclusives(const { &[#(#exclusives),*] })));
    let limits = declaration.limits.iter().map(|one| limit(declaration, one));
    let limits = (!declaration.limits.is_empty()).then(|| quote!(.limits(const { &[#(#limits),*] })));
    quote!(#uniques #checks #exclusives #limits)
}

/// What is said, and what goes without saying.
fn all_checks(declaration: &Declaration) -> Vec<Cow<'_, Check>> {
    let mut said = HashSet::new();
    let implied = declaration.exclusives.iter().map(|exclusive| Cow::Owned(exclusive.order()));
    let all = declaration.checks.iter().map(Cow::Borrowed).chain(implied);
    all.filter(|check| said.insert(check.condition.text(declaration))).collect()
}

fn exclusive(declaration: &Declaration, exclusive: &Exclusive) -> TokenStream {
    let name = exclusive.constraint_name(declaration);
    let key = |name: &Ident| model::key(declaration, name);
    let (start, end) = (key(&exclusive.start), key(&exclusive.end));
    let per = exclusive.per.iter().filter_map(key);
    quote!(__ft::Exclusive::new(#name, #start, #end, const { &[#(#per),*] }))
}

fn limit(declaration: &Declaration, limit: &Limit) -> TokenStream {
    let (count, per) = (limit.count, model::key(declaration, &limit.per));
    let within = limit.within.map(|(_, length_us)| quote!(.within(#length_us)));
    quote!(__ft::Limit::new(#count, #per) #within)
}

/// What the compiler has to confirm of what is compared: choices and relations have types of their own.
pub(crate) fn facts(declaration: &Declaration) -> TokenStream {
    let mut facts = TokenStream::new();
    let field = |operand: &Operand| match operand {
        Operand::Name(name) => declaration.named(name),
        Operand::Constant(_) => None,
    };
    for check in &declaration.checks {
        check.condition.each(&mut |left, _, right| {
            let Some((one, other)) = field(left).zip(field(right)) else { return };
            let at = right.span();
            let (one, other) = (compared(one).map(|ty| moved(ty, at)), compared(other).map(|ty| moved(ty, at)));
            facts.extend(one.zip(other).map(
                |(one, other)| quote_spanned!(at=> const _: () = ::fasttrack::schema::assert_alike::<#one, #other>();),
            ));
        });
    }
    facts
}

/// The type that two fields have in common which are compared, where the macro does not know it.
fn compared(field: &Field) -> Option<TokenStream> {
    match (&field.ty.target, field.ty.shape) {
        (Some(target), _) => Some(quote!(#target)),
        (None, Shape::Choice) => Some({
            let ty = &field.ty.bare;
            quote!(#ty)
        }),
        _ => None,
    }
}

/// The same tokens as if they stood there, where a mistake is reported then.
fn moved(tokens: TokenStream, at: Span) -> TokenStream {
    let moved = |token: TokenTree| {
        let mut token = match token {
            TokenTree::Group(group) => Group::new(group.delimiter(), moved(group.stream(), at)).into(),
            token => token,
        };
        token.set_span(at);
        token
    };
    tokens.into_iter().map(moved).collect()
}

fn unique(declaration: &Declaration, unique: &Unique) -> TokenStream {
    let (name, keys) = (unique.index_name(declaration), unique.keys(declaration));
    quote!(__ft::Unique::new(#name, const { &[#(#keys),*] }))
}

fn check(declaration: &Declaration, check: &Check) -> TokenStream {
    let (name, condition) = (check.constraint_name(declaration), condition(declaration, &check.condition));
    quote!(__ft::Check::new(#name, #condition))
}

fn condition(declaration: &Declaration, of: &Condition) -> TokenStream {
    let several = |parts: &[Condition]| {
        let parts = parts.iter().map(|part| condition(declaration, part));
        quote!(const { &[#(#parts),*] })
    };
    match of {
        Condition::Any(parts) => {
            let parts = several(parts);
            quote!(__ft::Condition::Any(#parts))
        }
        Condition::All(parts) => {
            let parts = several(parts);
            quote!(__ft::Condition::All(#parts))
        }
        Condition::Not(part) => {
            let part = condition(declaration, part);
            quote!(__ft::Condition::Not(const { &#part }))
        }
        Condition::Compare { left, op, right } => compare(declaration, left, op, right),
    }
}

/// A field stands first.
fn compare(declaration: &Declaration, left: &Operand, op: &Operator, right: &Operand) -> TokenStream {
    let field = |operand: &Operand| match operand {
        Operand::Name(name) => declaration.named(name),
        Operand::Constant(_) => None,
    };
    let (field, other, variant) = match (field(left), field(right)) {
        (Some(one), Some(other)) => {
            let (key, with, op) = (&one.key, &other.key, Ident::new(op.variant, Span::call_site()));
            return quote!(__ft::Condition::compare(#key, __ft::Comparison::#op, __ft::Operand::Key(#with)));
        }
        (Some(field), None) => (field, right, op.variant),
        (None, Some(field)) => (field, left, turned(op.variant)),
        (None, None) => return TokenStream::new(),
    };
    let (key, op) = (&field.key, Ident::new(variant, Span::call_site()));
    let value = match other {
        Operand::Constant(constant) => constant::literal(field, constant),
        Operand::Name(name) => {
            let value = ConstantValue::Variant(name.clone());
            constant::literal(field, &Constant { span: name.span(), value })
        }
    };
    quote!(__ft::Condition::compare(#key, __ft::Comparison::#op, __ft::Operand::Value(#value)))
}

/// The comparison from the other side.
fn turned(variant: &'static str) -> &'static str {
    match variant {
        "Lt" => "Gt",
        "Le" => "Ge",
        "Gt" => "Lt",
        "Ge" => "Le",
        same => same,
    }
}
