//! Triggers -> `fasttrack::schema::Trigger`.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens as _, quote, quote_spanned};
use syn::{ext::IdentExt as _, spanned::Spanned as _};

use super::{constant, path::walk};
use crate::model::{Change, Declaration, Effect, Payload, Recipient, Trigger};

/// One trigger.
pub(crate) fn trigger(declaration: &Declaration, trigger: &Trigger) -> TokenStream {
    let change = change(declaration, &trigger.change);
    let change = quote!(__ft::Change::#change);
    match &trigger.effect {
        Effect::Run(path) => {
            let job = path.to_token_stream().to_string().replace(' ', "");
            let entity = &declaration.item.ident;
            let call = quote_spanned!(path.span()=> ::fasttrack::job::run::<#entity>(#path, change, context));
            quote!(__ft::Trigger::run(#change, #job, |change, context| #call))
        }
        Effect::Event { name, payload, to, except_actor } => {
            let name = name.unraw().to_string();
            let payload = payload.iter().map(told);
            let to = to.iter().map(reached);
            let except_actor = except_actor.map(|_| quote!(.except_actor()));
            quote! {
                __ft::Trigger::tell(#change, #name, const { &[#(#payload),*] }, const { &[#(#to),*] }) #except_actor
            }
        }
    }
}

fn change(declaration: &Declaration, change: &Change) -> TokenStream {
    match change {
        Change::Created => quote!(Created),
        Change::Deleted => quote!(Deleted),
        Change::At { field, offset_us } => {
            let name = field.unraw().to_string();
            quote!(at(#name, #offset_us))
        }
        Change::Changed { field: ident, to } => {
            let name = ident.unraw().to_string();
            let value = to.as_ref().zip(declaration.field(ident)).map(|(to, field)| constant::literal(field, to));
            value.map_or_else(|| quote!(changed(#name)), |value| quote!(changed_to(#name, #value)))
        }
    }
}

fn told(payload: &Payload) -> TokenStream {
    let key = payload.key.unraw().to_string();
    let old = payload.version.as_ref().is_some_and(|version| version == "old");
    let tells = if old { "tells_old" } else { "tells" };
    walk(&payload.path, |w, part| {
        let tells = Ident::new(tells, w.span());
        quote_spanned!(w.span()=> #w.#tells(#part, #key))
    })
}

fn reached(recipient: &Recipient) -> TokenStream {
    match recipient {
        Recipient::Oneself(_) => quote!(__ft::Path::HERE),
        Recipient::Path(path) => walk(path, |w, part| quote_spanned!(w.span()=> #w.recipient(#part))),
    }
}
