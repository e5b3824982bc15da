//! Triggers -> `fasttrack::schema::Trigger`.

use proc_macro2::TokenStream;
use quote::{ToTokens as _, quote, quote_spanned};
use syn::{ext::IdentExt as _, spanned::Spanned as _};

use super::{constant, path::walk};
use crate::model::{Change, Declaration, Effect, Payload, Recipient, Trigger};

/// One trigger.
pub(crate) fn trigger(declaration: &Declaration, trigger: &Trigger) -> TokenStream {
    let change = change(declaration, &trigger.change);
    let effect = effect(declaration, &trigger.effect);
    quote! {
        ::fasttrack::schema::Trigger {
            change: ::fasttrack::schema::Change::#change,
            effect: ::fasttrack::schema::Effect::#effect,
        }
    }
}

fn change(declaration: &Declaration, change: &Change) -> TokenStream {
    match change {
        Change::Created => quote!(Created),
        Change::Deleted => quote!(Deleted),
        Change::Changed { field: ident, to } => {
            let name = ident.unraw().to_string();
            let value = to.as_ref().zip(declaration.field(ident)).map(|(to, field)| constant::literal(field, to));
            value.map_or_else(
                || quote!(Changed { field: #name }),
                |value| quote!(ChangedTo { field: #name, value: #value }),
            )
        }
    }
}

fn effect(declaration: &Declaration, effect: &Effect) -> TokenStream {
    match effect {
        Effect::Run(path) => {
            let job = path.to_token_stream().to_string().replace(' ', "");
            let entity = &declaration.item.ident;
            let call = quote_spanned!(path.span()=> ::fasttrack::job::run::<#entity>(#path, change, context));
            quote!(Run { job: #job, run: |change, context| #call })
        }
        Effect::Event { name, payload, to, except_actor } => {
            let name = name.unraw().to_string();
            let payload = payload.iter().map(|entry| told(declaration, entry));
            let to = to.iter().map(|recipient| reached(declaration, recipient));
            quote! {
                Event {
                    name: #name,
                    payload: const { &[#(#payload),*] },
                    to: const { &[#(#to),*] },
                    except_actor: #except_actor,
                }
            }
        }
    }
}

fn told(declaration: &Declaration, payload: &Payload) -> TokenStream {
    let key = payload.key.unraw().to_string();
    let old = payload.version.as_ref().is_some_and(|version| version == "old");
    let row = if old { quote!(Old) } else { quote!(New) };
    walk(
        declaration,
        &payload.path,
        |w, part| quote_spanned!(w.span()=> #w.payload(#part, #key, ::fasttrack::schema::RowVersion::#row)),
    )
}

fn reached(declaration: &Declaration, recipient: &Recipient) -> TokenStream {
    match recipient {
        Recipient::Oneself(_) => quote!(::fasttrack::schema::Path::HERE),
        Recipient::Path(path) => walk(declaration, path, |w, part| quote_spanned!(w.span()=> #w.recipient(#part))),
    }
}
