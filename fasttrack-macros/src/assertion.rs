//! `assert_never!` from end to end.

use proc_macro2::TokenStream;
use syn::parse::Parser as _;

use crate::{check::rule, expand, names, parse::never};

/// Expands an assertion to the call that makes it.
pub(crate) fn expand(arguments: TokenStream) -> (TokenStream, Vec<syn::Error>) {
    let assertion = match never::assertion.parse2(arguments) {
        Ok(assertion) => assertion,
        Err(error) => return (TokenStream::new(), vec![error]),
    };
    let verbs = assertion.never.acts.iter().map(|act| &act.verb);
    let unknown = verbs.filter(|verb| !rule::VERBS.iter().any(|known| verb == known)).map(|verb| {
        let word = verb.to_string();
        syn::Error::new(verb.span(), format!("`{word}` is no verb; {}", names::advice(&word, &rule::VERBS)))
    });
    let errors: Vec<_> = unknown.collect();
    if errors.is_empty() { (expand::assertion(&assertion), errors) } else { (TokenStream::new(), errors) }
}
