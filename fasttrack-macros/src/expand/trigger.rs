//! Triggers -> `fasttrack::schema::Trigger`.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens as _, quote, quote_spanned};
use syn::{ext::IdentExt as _, spanned::Spanned as _};

use super::{
    constant,
    path::{HERE, walk},
    rule,
};
use crate::{
    model::{Assigned, Assignment, Change, ConstantValue, Declaration, Effect, Payload, Recipient, Registers, Trigger},
    shape::Shape,
};

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
        Effect::Add { to, values } => {
            let target = declaration.many(to).map(|has| &has.target);
            let values = values.iter().map(|assignment| held(target, assignment));
            let to = to.unraw().to_string();
            quote!(__ft::Trigger::add(#change, #to, const { &[#(#values),*] }))
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

/// The mails that an account is sent without anybody saying so.
pub(crate) fn of_accounts(declaration: &Declaration) -> Vec<TokenStream> {
    let address = declaration.fields.iter().find(|field| field.ty.shape == Shape::Email).map(|field| &field.name);
    let (Some(_), Some(address)) = (declaration.account, address) else { return Vec::new() };
    let is_invited = declaration.registration.is_some_and(|registration| registration.registers == Registers::Invited);
    let is_verified = declaration.fields.iter().any(|field| field.name == "email_verified");
    let made = match (is_invited, is_verified) {
        (true, _) => Some(quote!(Invitation)),
        (false, true) => Some(quote!(Verification)),
        (false, false) => None,
    };
    let made = made.map(|letter| quote!(__ft::Trigger::mail(__ft::Change::Created, __ft::Letter::#letter)));
    let moved = quote!(__ft::Trigger::mail(__ft::Change::changed(#address), __ft::Letter::NewAddress));
    made.into_iter().chain([moved]).collect()
}

fn change(declaration: &Declaration, change: &Change) -> TokenStream {
    match change {
        Change::Created => quote!(Created),
        Change::Deleted => quote!(Deleted),
        Change::Restored(_) => quote!(Restored),
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

/// What a field of an added row holds, at the names that are wrong if it cannot.
fn held(target: Option<&syn::Path>, assignment: &Assignment) -> TokenStream {
    let field = &assignment.field;
    let part = quote_spanned!(field.span()=> <#target as __ft::Resource>::FIELDS.#field);
    match &assignment.value {
        Assigned::Actor(span) => quote_spanned!(*span=> #part.hold_actor()),
        Assigned::Path(path) => walk(HERE, path, |w, source| {
            let held_by = Ident::new("held_by", w.span());
            quote_spanned!(w.span()=> #w.#held_by(#source, #part))
        }),
        Assigned::Constant(constant) => {
            let at = constant.span;
            match &constant.value {
                ConstantValue::Bool(value) => quote_spanned!(at=> #part.hold_bool(#value)),
                ConstantValue::Int(value) => quote_spanned!(at=> #part.hold_int(#value)),
                ConstantValue::Float(value) => {
                    let value = rule::number(value);
                    quote_spanned!(at=> #part.hold_float(#value))
                }
                ConstantValue::Text(value) => quote_spanned!(at=> #part.hold_text(#value)),
                ConstantValue::Variant(variant) => {
                    let words = quote_spanned!(at=> #part.variants());
                    quote_spanned!(at=> #part.hold_choice(#words.#variant))
                }
            }
        }
    }
}

/// What a trigger that adds rows has to give them; the panic is reported at the name of the rows.
pub(crate) fn asserts(declaration: &Declaration) -> Vec<TokenStream> {
    let entity = &declaration.item.ident;
    let added = declaration.triggers.iter().enumerate().filter_map(|(place, trigger)| match &trigger.effect {
        Effect::Add { to, .. } => Some((place, to, &declaration.many(to)?.target)),
        Effect::Event { .. } | Effect::Run(_) => None,
    });
    let assert = |(place, to, target): (usize, &Ident, &syn::Path)| {
        let (one, other) = (
            quote!(<#entity as ::fasttrack::schema::Resource>::SCHEMA),
            quote!(<#target as ::fasttrack::schema::Resource>::SCHEMA),
        );
        quote_spanned!(to.span()=> const _: () = ::fasttrack::schema::assert_adds(&#one, &#other, #place);)
    };
    added.map(assert).collect()
}

fn told(payload: &Payload) -> TokenStream {
    let key = payload.key.unraw().to_string();
    let old = payload.version.as_ref().is_some_and(|version| version == "old");
    let tells = if old { "tells_old" } else { "tells" };
    walk(HERE, &payload.path, |w, part| {
        let tells = Ident::new(tells, w.span());
        quote_spanned!(w.span()=> #w.#tells(#part, #key))
    })
}

fn reached(recipient: &Recipient) -> TokenStream {
    match recipient {
        Recipient::Oneself(_) => quote!(__ft::Path::HERE),
        Recipient::Path(path) => walk(HERE, path, |w, part| quote_spanned!(w.span()=> #w.recipient(#part))),
    }
}
