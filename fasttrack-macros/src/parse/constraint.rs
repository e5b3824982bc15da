//! What holds of all rows together, or of several fields of a row: `#[unique(a, b)]`.

use proc_macro2::{Ident, Span};
use syn::{Token, ext::IdentExt as _, parse::ParseStream};

use crate::model::Unique;

/// The attributes: their words, and how each is written.
pub(crate) const FORMS: [(&str, &str); 1] = [("unique", "#[unique(organisation, user)]")];

/// `FIELD, FIELD, …` of an attribute that stands there.
pub(super) fn unique(input: ParseStream<'_>, at: Span) -> syn::Result<Unique> {
    let mut fields: Vec<Ident> = Vec::new();
    while !input.is_empty() {
        if !input.peek(syn::Ident::peek_any) {
            return Err(super::wrong(input, "expected the names of fields: `organisation, user`"));
        }
        fields.push(input.call(Ident::parse_any)?);
        if !input.is_empty() {
            input.parse::<Token![,]>().map_err(|e| syn::Error::new(e.span(), "expected `,` and another field"))?;
        }
    }
    Ok(Unique { at, fields })
}
