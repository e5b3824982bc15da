//! `#[resource]` from end to end.

use proc_macro2::{Span, TokenStream};

use crate::{check, errors::Errors, expand, parse};

/// Expands a declaration. With mistakes, the struct still comes out, so that one mistake is one message.
pub(crate) fn expand(arguments: TokenStream, item: TokenStream) -> (TokenStream, Vec<syn::Error>) {
    let mut errors = Errors::default();
    let Some(parsed) = parse::item(&item, &mut errors) else {
        return (item, vec![syn::Error::new(Span::call_site(), "#[resource] stands on a struct")]);
    };
    let declaration = parse::declaration(arguments, parsed, &mut errors);
    match check::check(&declaration, errors) {
        Ok(checked) => (expand::resource(&checked), Vec::new()),
        Err(errors) => (expand::fallback(&declaration.without_doubles().seen()), errors),
    }
}

/// What an attribute answers that stands where `#[resource]` does not read it.
pub(crate) fn misplaced(name: &str, item: TokenStream) -> (TokenStream, Vec<syn::Error>) {
    let message = format!("`#[{name}]` belongs below `#[resource]`, on the same struct");
    (item, vec![syn::Error::new(Span::call_site(), message)])
}
