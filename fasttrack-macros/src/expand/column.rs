//! Fields -> `fasttrack::schema::Column`.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use syn::ext::IdentExt as _;

use super::{constant, rule};
use crate::{
    model::{Constant, ConstantValue, Declaration, Field, GivenOption, Value},
    shape::Shape,
};

/// One column with its options.
pub(crate) fn column(declaration: &Declaration, field: &Field) -> TokenStream {
    let Field { name, key, doc, ty, .. } = field;
    let bare = &ty.bare;
    let full = if ty.nullable { quote!(::core::option::Option<#bare>) } else { quote!(#bare) };
    let choice = (ty.shape == Shape::Choice).then(|| quote!(.assert_choice()));
    let options = field.options.iter().map(|option| option_call(declaration, field, option));
    quote!(::fasttrack::schema::Column::new::<#full>(#name, #key).doc(#doc) #choice #(#options)*)
}

/// The call of the builder that an option stands for.
fn option_call(declaration: &Declaration, field: &Field, option: &GivenOption) -> TokenStream {
    let builder = Ident::new(option.spec.name, Span::call_site());
    match &option.value {
        Value::Nothing if option.spec.name == "default" => quote!(.default_empty()),
        Value::Nothing if option.spec.name == "filter" => quote!(.filter(&[])),
        Value::Nothing | Value::Unread => quote!(.#builder()),
        Value::Bounds { min, max } => bounds(field, min.as_ref(), max.as_ref()),
        Value::Constant(value) => {
            let literal = constant::literal(field, value);
            quote!(.default_value(#literal))
        }
        Value::Aliases(aliases) => {
            let aliases = aliases.iter().map(ToString::to_string);
            quote!(.filter(&[#(#aliases),*]))
        }
        Value::Name(name) => {
            let name = name.unraw().to_string();
            quote!(.#builder(#name))
        }
        Value::Rule(who) => {
            let rule = rule::rule(declaration, who);
            quote!(.#builder(#rule))
        }
        Value::OnDelete { variant, .. } => {
            let variant = Ident::new(variant, Span::call_site());
            quote!(.on_delete(::fasttrack::schema::OnDelete::#variant))
        }
    }
}

fn bounds(field: &Field, min: Option<&Constant>, max: Option<&Constant>) -> TokenStream {
    if field.ty.shape == Shape::Float {
        let (min, max) = (min.map_or(f64::MIN, constant::number), max.map_or(f64::MAX, constant::number));
        return quote!(.float_range(#min, #max));
    }
    let (min, max) = (min.and_then(integer), max.and_then(integer));
    if field.ty.shape == Shape::Int {
        let (min, max) = (min.unwrap_or(i64::MIN), max.unwrap_or(i64::MAX));
        return quote!(.int_range(#min, #max));
    }
    let length = |bound: Option<i64>| bound.and_then(|bound| u32::try_from(bound).ok());
    let (min, max) = (length(min).unwrap_or(0), length(max).unwrap_or(u32::MAX));
    quote!(.len(#min, #max))
}

const fn integer(constant: &Constant) -> Option<i64> {
    match constant.value {
        ConstantValue::Int(value) => Some(value),
        _ => None,
    }
}
