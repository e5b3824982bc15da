//! The struct itself, read also while somebody is typing it: a field that is none yet is left out.

use proc_macro2::TokenStream;
use syn::{
    Attribute, Field, Fields, FieldsNamed, Generics, Ident, ItemStruct, Token, Visibility, braced,
    parse::{ParseStream, Parser as _},
    punctuated::Punctuated,
    token::Brace,
};

use super::skip_to_comma;
use crate::errors::Errors;

/// Reads the struct. What is no struct at all is `None`; else what is wrong with single fields is added.
pub(crate) fn item(tokens: &TokenStream, errors: &mut Errors) -> Option<ItemStruct> {
    if let Ok(item) = syn::parse2(tokens.clone()) {
        return Some(item);
    }
    (|input: ParseStream<'_>| with_field_after_field(input, errors)).parse2(tokens.clone()).ok()
}

fn with_field_after_field(input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<ItemStruct> {
    let attrs = input.call(Attribute::parse_outer)?;
    let vis: Visibility = input.parse()?;
    let struct_token: Token![struct] = input.parse()?;
    let ident: Ident = input.parse()?;
    let generics: Generics = input.parse()?;
    let inside;
    let brace_token: Brace = braced!(inside in input);
    let mut named = Punctuated::new();
    while !inside.is_empty() {
        match Field::parse_named(&inside) {
            Ok(field) => named.push(field),
            Err(error) => errors.push(error.span(), "a field is written `pub name: Type`"),
        }
        if inside.peek(Token![,]) {
            inside.parse::<Token![,]>()?;
        } else if !inside.is_empty() {
            skip_to_comma(&inside)?;
        }
    }
    let fields = Fields::Named(FieldsNamed { brace_token, named });
    Ok(ItemStruct { attrs, vis, struct_token, ident, generics, fields, semi_token: None })
}
