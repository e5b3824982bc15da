//! The names of rows that refer here.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::ext::IdentExt as _;

use crate::model::{Constant, ConstantValue, Declaration, Has, Inline};

/// What the schema says of them.
pub(crate) fn has(declaration: &Declaration) -> Option<TokenStream> {
    let all = declaration.has.iter().map(one);
    (!declaration.has.is_empty()).then(|| quote!(.has(const { &[#(#all),*] })))
}

fn one(has: &Has) -> TokenStream {
    let (name, target, relation) = (has.name.unraw().to_string(), &has.target, has.relation.unraw().to_string());
    let inline = has.inline.as_ref().map(inline);
    quote!(__ft::Has::new(#name, <#target as __ft::Resource>::NAME, #relation)#inline)
}

fn inline(inline: &Inline) -> Option<TokenStream> {
    let (min, max) = inline.bounds.as_ref()?;
    let number = |bound: &Option<Constant>| match bound.as_ref()?.value {
        ConstantValue::Int(number) => u32::try_from(number).ok(),
        _ => None,
    };
    let (min, max) = (number(min).unwrap_or_default(), number(max)?);
    Some(quote!(.inline(#min, #max)))
}

/// What has to hold of rows that a `POST` takes along; the panic is reported at `inline`.
pub(crate) fn asserts(declaration: &Declaration) -> Vec<TokenStream> {
    let entity = &declaration.item.ident;
    let taken = declaration.has.iter().filter_map(|has| Some((has, has.inline.as_ref()?)));
    let assert = |(has, inline): (&Has, &Inline)| {
        let (target, name) = (&has.target, has.name.unraw().to_string());
        let (one, other) = (
            quote!(<#entity as ::fasttrack::schema::Resource>::SCHEMA),
            quote!(<#target as ::fasttrack::schema::Resource>::SCHEMA),
        );
        quote_spanned!(inline.at=> const _: () = ::fasttrack::schema::assert_takes_along(&#one, &#other, #name);)
    };
    taken.map(assert).collect()
}
