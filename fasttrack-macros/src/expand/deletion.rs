//! What goes along with rows that are deleted and kept: what the types of two declarations have to confirm.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};

use crate::model::{Declaration, Value};

/// What goes with a row has to be kept as it is; the panic is reported at `cascade`.
pub(crate) fn asserts(declaration: &Declaration) -> Vec<TokenStream> {
    let entity = &declaration.item.ident;
    let cascading = declaration.fields.iter().filter_map(|field| match &field.option("on_delete")?.value {
        Value::OnDelete { word, variant: "Cascade" } => Some((word, field.ty.target.as_ref()?)),
        _ => None,
    });
    let assert = |(word, target): (&proc_macro2::Ident, &syn::Type)| {
        let (one, other) = (
            quote!(<#entity as ::fasttrack::schema::Resource>::SCHEMA),
            quote!(<#target as ::fasttrack::schema::Resource>::SCHEMA),
        );
        quote_spanned!(word.span()=> const _: () = ::fasttrack::schema::assert_goes_along(&#one, &#other);)
    };
    // Whatever is deleted and kept takes its like along.
    cascading.filter(|_| declaration.deleted().is_none()).map(assert).collect()
}
