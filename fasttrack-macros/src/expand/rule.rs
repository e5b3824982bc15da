//! Rules -> `fasttrack::schema::Rule`.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::ext::IdentExt as _;

use super::path::{CALLER, HERE, walk};
use crate::{
    model::{Constant, ConstantValue, Declaration, Field, Grant, Number, Operator, Path, Rule},
    names,
};

/// What each `#[can]` and each `#[rule]` says, as a constant; several verbs may say the same.
pub(crate) fn said(declaration: &Declaration) -> Vec<TokenStream> {
    let constant = |name: Ident, who: &Rule| {
        let rule = rule(who);
        quote!(const #name: __ft::Rule = #rule;)
    };
    let mut last = None;
    let can = declaration.grants.iter().filter(|grant| last.replace(grant.attribute) != Some(grant.attribute));
    let mut said = Vec::new();
    for grant in can {
        said.push(constant(said_name(grant), &grant.rule));
        let afterwards = grant.afterwards.as_ref();
        said.extend(afterwards.map(|afterwards| constant(format_ident!("__AFTERWARDS"), &afterwards.rule)));
    }
    let named = declaration.rules.iter().enumerate();
    said.extend(named.filter_map(|(place, rule)| Some(constant(self::named(place), rule.rule.as_ref()?))));
    said
}

/// The constant of the `#[rule]` at this place.
pub(crate) fn named(place: usize) -> Ident {
    format_ident!("__RULE_{}", place)
}

/// A verb and its rule.
pub(crate) fn grant(grant: &Grant) -> TokenStream {
    let (verb, rule) = (variant(&grant.verb.to_string()), said_name(grant));
    quote!(__ft::Grant::new(__ft::Verb::#verb, #rule))
}

/// What an update has to leave, where its rule says so.
pub(crate) fn afterwards(declaration: &Declaration) -> Option<TokenStream> {
    declaration.grants.iter().any(|grant| grant.afterwards.is_some()).then(|| quote!(.afterwards(__AFTERWARDS)))
}

fn said_name(grant: &Grant) -> Ident {
    format_ident!("__CAN_{}", grant.attribute)
}

/// A rule of the declaration.
pub(crate) fn rule(who: &Rule) -> TokenStream {
    rule_from(HERE, who)
}

/// A rule whose paths start at `start`. What it refers to lives as long as the constant that it is in.
fn rule_from(start: &str, who: &Rule) -> TokenStream {
    let several = |parts: &[Rule]| {
        let parts = parts.iter().map(|part| rule_from(start, part));
        quote!(&[#(#parts),*])
    };
    let data = match who {
        Rule::Path(path) => return walk(start, path, |w, part| quote_spanned!(w.span()=> #w.rule(#part))),
        Rule::Compare { path, op, value } => return compare(start, path, op, value),
        Rule::Moment { path, op, now } => {
            let (op, offset_us) = (comparison(op), now.offset_us);
            return walk(start, path, |w, part| quote_spanned!(w.span()=> #w.compare_now(#part, #op, #offset_us)));
        }
        Rule::AnyOf { path, rule } => return any_of(start, path, rule),
        Rule::OfCaller(_, asked) => {
            let asked = rule_from(CALLER, asked);
            quote!(OfCaller(&#asked))
        }
        Rule::LikeCaller { path, op, with, .. } => return like_caller(start, path, op, with),
        Rule::Any(parts) => {
            let parts = several(parts);
            quote!(Any(#parts))
        }
        Rule::All(parts) => {
            let parts = several(parts);
            quote!(All(#parts))
        }
        Rule::Not(part) => {
            let part = rule_from(start, part);
            quote!(Not(&#part))
        }
        Rule::Anyone => quote!(Anyone),
        Rule::Authenticated => quote!(Authenticated),
        Rule::Oneself(span) if start != HERE => {
            let row = Ident::new(start, *span);
            return quote_spanned!(*span=> #row.oneself());
        }
        Rule::Oneself(_) => quote!(Oneself),
        Rule::Role(role) => {
            let word = role_word(role);
            quote!(Role(#word))
        }
        Rule::RoleWord(role) => {
            let word = names::snake_case(&role.unraw().to_string());
            quote!(Role(#word))
        }
    };
    quote!(__ft::Rule::#data)
}

/// `any(PATH: RULE)`: the paths of the rule start at one of the rows at the end of the path.
fn any_of(start: &str, path: &Path, rule: &Rule) -> TokenStream {
    const ROW: &str = "__row";
    let inner = rule_from(ROW, rule);
    walk(start, path, |w, part| {
        // The name has the context of the tokens that start from it.
        let (rows, row) = (Ident::new("__rows", w.span()), Ident::new(ROW, w.span()));
        let rows_of = quote_spanned!(w.span()=> #w.many(#part));
        quote! {{
            let #rows = #rows_of;
            let #row = #rows.one();
            __ft::Rule::AnyOf { path: #rows.path(), rule: &#inner }
        }}
    })
}

/// `PATH == caller.PATH`
fn like_caller(start: &str, path: &Path, op: &Operator, with: &Path) -> TokenStream {
    let op = comparison(op);
    let with = walk(CALLER, with, |w, part| quote_spanned!(w.span()=> #w.of_caller(#part)));
    walk(start, path, |w, part| quote_spanned!(w.span()=> #w.compare_caller(#part, #op, #with)))
}

/// Whether a rule asks the account that is calling.
pub(crate) fn asks(rule: &Rule) -> bool {
    match rule {
        Rule::OfCaller(..) | Rule::LikeCaller { .. } => true,
        Rule::Any(parts) | Rule::All(parts) => parts.iter().any(asks),
        Rule::Not(part) => asks(part),
        Rule::AnyOf { rule, .. } => asks(rule),
        _ => false,
    }
}

/// Whether any rule of the declaration does.
pub(crate) fn asks_the_caller(declaration: &Declaration) -> bool {
    let grants = declaration.grants.iter();
    let grants =
        grants.flat_map(|grant| std::iter::once(&grant.rule).chain(grant.afterwards.as_ref().map(|it| &it.rule)));
    let named = declaration.rules.iter().filter_map(|named| named.rule.as_ref());
    let nevers = declaration.nevers.iter().map(|never| &never.rule);
    grants.chain(named).chain(nevers).chain(declaration.fields.iter().flat_map(Field::rules)).any(asks)
}

/// The word of a role; the account is known to the crate root, where `resources!()` says which it is.
fn role_word(role: &Ident) -> TokenStream {
    quote_spanned!(role.span()=> __ft::roles::<crate::__FasttrackAccount>().#role)
}

fn compare(start: &str, path: &Path, op: &Operator, value: &Constant) -> TokenStream {
    let op = comparison(op);
    walk(start, path, |w, part| {
        let method = format_ident!("compare_{}", type_name(&value.value), span = w.span());
        let constant = match &value.value {
            ConstantValue::Bool(value) => quote!(#value),
            ConstantValue::Int(value) => quote!(#value),
            ConstantValue::Float(value) => number(value),
            ConstantValue::Text(value) => quote!(#value),
            ConstantValue::Variant(variant) => {
                let field = &path.last;
                let part_once = Ident::new("__part", w.span());
                let words = quote_spanned!(field.span()=> #w.variants(#part_once));
                return quote_spanned! {field.span()=> {
                    let #part_once = #part;
                    #w.#method(#part_once, #op, #words.#variant)
                }};
            }
        };
        quote_spanned!(w.span()=> #w.#method(#part, #op, #constant))
    })
}

fn comparison(op: &Operator) -> TokenStream {
    let comparison = Ident::new(op.variant, Span::call_site());
    quote!(__ft::Comparison::#comparison)
}

/// A number of which only the other side knows whether it is a float or a decimal.
pub(super) fn number(number: &Number) -> TokenStream {
    let Number { value, digits } = number;
    quote!(__ft::Number::new(#value, #digits))
}

const fn type_name(value: &ConstantValue) -> &'static str {
    match value {
        ConstantValue::Bool(_) => "bool",
        ConstantValue::Int(_) => "int",
        ConstantValue::Float(_) => "float",
        ConstantValue::Text(_) => "text",
        ConstantValue::Variant(_) => "choice",
    }
}

/// `create` -> `Create`
pub(super) fn variant(verb: &str) -> Ident {
    Ident::new(&names::capitalised(verb), Span::call_site())
}
