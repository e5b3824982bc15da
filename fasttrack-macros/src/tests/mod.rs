//! Declarations in, tokens and mistakes out: no compiler is needed, since the entry points return both.

mod account;
mod application;
mod choice;
mod constraints;
mod deletion;
mod expansion;
mod fields;
mod files;
mod half_typed;
mod inline;
mod lists;
mod many;
mod migrations;
mod names;
mod nevers;
mod reference;
mod rules;
mod snapshot;
mod triggers;

use proc_macro2::{TokenStream, TokenTree};
use syn::{Attribute, ItemStruct, Meta};

use crate::resource;

/// Expands a struct with its `#[resource]` as the compiler would.
fn expand(source: &str) -> (TokenStream, Vec<syn::Error>) {
    expand_item(syn::parse_str(source).unwrap_or_else(|error| panic!("{error} in {source}")))
}

/// The same of a struct whose `#[resource]` comes first, after its doc comment.
fn expand_item(mut item: ItemStruct) -> (TokenStream, Vec<syn::Error>) {
    let docs = item.attrs.iter().take_while(|attribute| attribute.path().is_ident("doc")).count();
    let Attribute { meta, .. } = item.attrs.remove(docs);
    let arguments = match meta {
        Meta::List(list) => list.tokens,
        _ => TokenStream::new(),
    };
    let (tokens, errors) = resource::expand(arguments, quote::quote!(#item));
    assert!(syn::parse2::<syn::File>(tokens.clone()).is_ok(), "no Rust: {tokens}");
    (tokens, errors)
}

/// The mistakes of a declaration: the token of each, and the message.
fn mistakes(source: &str) -> Vec<(String, String)> {
    let (_, errors) = expand(source);
    let located = |error: &syn::Error| (error.span().source_text().unwrap_or_default(), error.to_string());
    errors.iter().map(located).collect()
}

/// Expects one mistake, at this token (the first character suffices of a longer span), with these words.
#[track_caller]
fn check(source: &str, token: &str, words: &str) {
    match mistakes(source).as_slice() {
        [(at, message)] => {
            assert_eq!(at, token, "the token of: {message}\nin {source}");
            assert!(message.contains(words), "{message:?} does not say {words:?}\nin {source}");
        }
        other => panic!("one mistake, not {other:#?}\nin {source}"),
    }
}

/// Expects no mistake.
#[track_caller]
fn accept(source: &str) {
    assert_eq!(mistakes(source), [], "in {source}");
}

/// A task with this option list of `#[resource]`, these attributes and these fields besides the usual ones.
fn task(arguments: &str, attributes: &str, fields: &str) -> String {
    format!(
        "#[resource({arguments})]
         #[can(read: authenticated)]
         {attributes}
         pub struct Task {{
             pub id: Id<Task>,
             #[field(len = 1..=300)] pub title: String,
             #[field(default = Todo)] pub status: Status,
             #[field(default)] pub is_open: bool,
             #[field(write_once, on_delete = cascade)] pub project: BelongsTo<Project>,
             #[field(on_delete = set_null)] pub assignee: Option<BelongsTo<User>>,
             {fields}
             pub created_at: CreatedAt,
         }}"
    )
}

/// A task with this field besides the usual ones.
fn field(field: &str) -> String {
    task("", "", field)
}

/// A task with this attribute besides the usual ones.
fn attribute(attribute: &str) -> String {
    task("", attribute, "")
}

/// What stands in the `#[resource(…)]` that comes first, and what comes after it, as the compiler would give them.
fn attribute_and_item(tokens: &TokenStream) -> (TokenStream, TokenStream) {
    let mut tokens = tokens.clone().into_iter().skip(1);
    let attribute = match tokens.next() {
        Some(TokenTree::Group(group)) => group.stream(),
        other => panic!("an attribute, not {other:?}"),
    };
    let arguments = attribute.into_iter().find_map(|token| match token {
        TokenTree::Group(group) => Some(group.stream()),
        _ => None,
    });
    (arguments.unwrap_or_default(), tokens.collect())
}
