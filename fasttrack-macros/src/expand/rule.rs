//! Rules -> `fasttrack::schema::Rule`.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};

use super::path::walk;
use crate::{
    model::{Constant, ConstantValue, Declaration, Grant, Operator, Path, Rule},
    names,
};

/// A verb and its rule.
pub(crate) fn grant(declaration: &Declaration, grant: &Grant) -> TokenStream {
    let verb = variant(&grant.verb.to_string());
    let rule = rule(declaration, &grant.rule);
    quote!(::fasttrack::schema::Grant { verb: ::fasttrack::schema::Verb::#verb, rule: #rule })
}

/// A rule.
pub(crate) fn rule(declaration: &Declaration, who: &Rule) -> TokenStream {
    let several = |parts: &[Rule]| {
        let parts = parts.iter().map(|part| rule(declaration, part));
        quote!(const { &[#(#parts),*] })
    };
    let data = match who {
        Rule::Path(path) => return walk(declaration, path, |w, part| quote_spanned!(w.span()=> #w.rule(#part))),
        Rule::Compare { path, op, value } => return compare(declaration, path, op, value),
        Rule::Any(parts) => {
            let parts = several(parts);
            quote!(Any(#parts))
        }
        Rule::All(parts) => {
            let parts = several(parts);
            quote!(All(#parts))
        }
        Rule::Not(part) => {
            let part = rule(declaration, part);
            quote!(Not(const { &#part }))
        }
        Rule::Anyone => quote!(Anyone),
        Rule::Authenticated => quote!(Authenticated),
        Rule::Oneself(_) => quote!(Oneself),
        Rule::Role(role) => {
            let word = role_word(role);
            quote!(Role(#word))
        }
    };
    quote!(::fasttrack::schema::Rule::#data)
}

/// The word of a role; the account is known to the crate root, where `resources!()` says which it is.
fn role_word(role: &Ident) -> TokenStream {
    quote_spanned! {role.span()=>
        <<crate::__FasttrackAccount as ::fasttrack::schema::Account>::Role as ::fasttrack::schema::Choice>::VARIANTS
            .#role
    }
}

fn compare(declaration: &Declaration, path: &Path, op: &Operator, value: &Constant) -> TokenStream {
    let comparison = Ident::new(op.variant, Span::call_site());
    let op = quote!(::fasttrack::schema::Comparison::#comparison);
    walk(declaration, path, |w, part| {
        let method = format_ident!("compare_{}", type_name(&value.value), span = w.span());
        let constant = match &value.value {
            ConstantValue::Bool(value) => quote!(#value),
            ConstantValue::Int(value) => quote!(#value),
            ConstantValue::Float(value) => quote!(#value),
            ConstantValue::Text(value) => quote!(#value),
            ConstantValue::Variant(variant) => {
                let field = &path.last;
                let part_once = Ident::new("__part", w.span());
                let words = quote_spanned!(field.span()=> #w.variants(#part_once));
                return quote_spanned! {field.span()=>
                    let #part_once = #part;
                    #w.#method(#part_once, #op, #words.#variant)
                };
            }
        };
        quote_spanned!(w.span()=> #w.#method(#part, #op, #constant))
    })
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
fn variant(verb: &str) -> Ident {
    Ident::new(&names::capitalised(verb), Span::call_site())
}
