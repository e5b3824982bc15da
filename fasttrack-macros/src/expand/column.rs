//! Fields -> `fasttrack::schema::Column`.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::ext::IdentExt as _;

use super::{constant, rule};
use crate::{
    decimal,
    model::{Constant, ConstantValue, Declaration, Field, GivenOption, Path, Rule, Value},
    shape::Shape,
};

/// One column with its options.
pub(crate) fn column(declaration: &Declaration, field: &Field) -> TokenStream {
    let Field { name, key, doc, ty, .. } = field;
    let bare = &ty.bare;
    let options = field.options.iter().map(|option| option_call(field, option));
    let new = match (ty.shape, ty.nullable) {
        (Shape::Choice, false) => quote!(choice::<#bare>),
        (Shape::Choice, true) => quote!(optional_choice::<#bare>),
        (_, false) => quote!(new::<#bare>),
        (_, true) => quote!(new::<::core::option::Option<#bare>>),
    };
    let bound = ty.shape.longest().filter(|_| !field.has("len")).map(|longest| quote!(.len(0, #longest)));
    let (pairs, file) = (pairs(declaration, field), file(declaration, field));
    let column = quote!(__ft::Column::#new(#name, #key).doc(#doc) #bound #pairs #file #(#options)*);
    field.option("flow").map_or(column.clone(), |option| flowing(field, option, &column))
}

/// The table of a field that holds many rows, reported where the field is.
fn pairs(declaration: &Declaration, field: &Field) -> Option<TokenStream> {
    if field.ty.shape != Shape::Many {
        return None;
    }
    let (ty, entity, table) = (&field.ty.bare, &declaration.item.ident, declaration.pairs_of(field));
    let was = declaration.pairs_before(field).map(|was| quote!(.was(#was)));
    let schema = quote_spanned!(field.ident.span()=> __ft::pairs::<#entity, #ty>(#table));
    Some(quote!(.pairs(const { &#schema #was })))
}

/// What files a field takes, and where they are.
fn file(declaration: &Declaration, field: &Field) -> Option<TokenStream> {
    if field.ty.shape != Shape::File {
        return None;
    }
    let (plural, name) = (&declaration.plural, &field.name);
    let max_bytes = field.option("max_bytes").and_then(|option| match &option.value {
        Value::Constant(value) => integer(value).and_then(|bytes| u64::try_from(bytes).ok()),
        _ => None,
    });
    let max_bytes = max_bytes.unwrap_or_default();
    let types = field.option("types").into_iter().flat_map(|option| match &option.value {
        Value::Types(types) => types.as_slice(),
        _ => &[],
    });
    let types = types.map(|media_type| &media_type.name);
    Some(quote!(.file(const {
        &__ft::FileField { plural: #plural, name: #name, max_bytes: #max_bytes, types: &[#(#types),*] }
    })))
}

/// The call of the builder that an option stands for.
fn option_call(field: &Field, option: &GivenOption) -> TokenStream {
    let builder = Ident::new(option.spec.name, Span::call_site());
    match &option.value {
        Value::Nothing if option.spec.name == "default" => quote!(.default_empty()),
        Value::Nothing if option.spec.name == "filter" => quote!(.filter(&[])),
        Value::Nothing | Value::Unread => quote!(.#builder()),
        Value::Bounds { min, max } => bounds(field, min.as_ref(), max.as_ref()),
        Value::Constant(_) if option.spec.name == "max_bytes" => TokenStream::new(),
        Value::Constant(value) if option.spec.name == "max" => {
            let max = integer(value).and_then(|max| u32::try_from(max).ok()).unwrap_or_default();
            quote!(.max(#max))
        }
        Value::Constant(value) => {
            let literal = constant::literal(field, value);
            quote!(.default_value(#literal))
        }
        Value::List(items) => {
            let literal = constant::list(field, items);
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
            let rule = rule::rule(who);
            quote!(.#builder(const { #rule }))
        }
        Value::Count(..) | Value::Sum(..) => figure(field, &option.value),
        Value::Flow(_) | Value::Types(_) => TokenStream::new(),
        Value::OnDelete { variant, .. } => {
            let variant = Ident::new(variant, Span::call_site());
            quote!(.on_delete(__ft::OnDelete::#variant))
        }
    }
}

/// What the server keeps of rows that refer here.
fn figure(field: &Field, value: &Value) -> TokenStream {
    match value {
        Value::Count(rows, rule) => {
            let name = rows.unraw().to_string();
            let path = Path { head: Vec::new(), last: rows.clone() };
            let rule = Box::new(rule.clone().unwrap_or(Rule::Anyone));
            let asked = rule::rule(&Rule::AnyOf { path, rule });
            // A constant of its own keeps what it refers to.
            quote!(.figure(const {
                const __COUNTED: __ft::Rule = #asked;
                &__ft::Figure::count(#name, __COUNTED)
            }))
        }
        Value::Sum(rows, summed) => {
            let (name, total) = (rows.unraw().to_string(), &field.ident);
            let of = quote_spanned!(rows.span()=> __HERE.many(__HERE.fields().#rows));
            let sum = quote_spanned!(summed.span()=> {
                let __row = #of.one();
                __row.summed(__row.fields().#summed, __HERE.fields().#total)
            });
            quote!(.figure(const {
                const __SUMMED: &str = #sum;
                &__ft::Figure::sum(#name, __SUMMED)
            }))
        }
        _ => TokenStream::new(),
    }
}

/// A column with its flow: the whole call stands at the word, which is where a variant left out is reported.
fn flowing(field: &Field, option: &GivenOption, column: &TokenStream) -> TokenStream {
    let Value::Flow(flow) = &option.value else { return column.clone() };
    let ty = &field.ty.bare;
    let word = |variant: &Ident| quote_spanned!(variant.span()=> __ft::words::<#ty>().#variant);
    let transitions = flow.iter().map(|step| {
        let (from, to) = (word(&step.from), step.to.iter().map(word));
        let by = step.rule.as_ref().map(|said| rule::rule(&said.rule)).map(|rule| quote!(.by(const { #rule })));
        quote!(__ft::Transition::new(#from, const { &[#(#to),*] }) #by)
    });
    quote_spanned!(option.span=> __ft::Column::flow(#column, const { &[#(#transitions),*] }))
}

fn bounds(field: &Field, min: Option<&Constant>, max: Option<&Constant>) -> TokenStream {
    if field.ty.shape == Shape::Float {
        let (min, max) = (min.map_or(f64::MIN, constant::number), max.map_or(f64::MAX, constant::number));
        return quote!(.float_range(#min, #max));
    }
    if field.ty.scale > 0 {
        let units = |bound: &Constant| decimal::units(&bound.value, field.ty.scale).ok();
        let (min, max) = (min.and_then(units).unwrap_or(-i64::MAX), max.and_then(units).unwrap_or(i64::MAX));
        return quote!(.int_range(#min, #max));
    }
    let (min, max) = (min.and_then(integer), max.and_then(integer));
    if matches!(field.ty.shape, Shape::Int | Shape::Integers | Shape::Duration) {
        let least = if field.ty.shape == Shape::Duration { 0 } else { i64::MIN };
        let (min, max) = (min.unwrap_or(least), max.unwrap_or(i64::MAX));
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
