//! Model -> tokens: the struct, its typed paths, and its schema as one constant.
//!
//! What is generated is data and type-level facts. It holds no `if`, `match`, loop or `.await`.

mod column;
mod constant;
mod constraint;
mod deletion;
mod entity;
mod has;
mod never;
mod path;
mod rule;
mod trigger;

use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};
use syn::ext::IdentExt as _;

pub(crate) use self::never::assertion;

use crate::{
    check::Checked,
    model::{Declaration, Registers},
};

/// Everything that a declaration becomes.
pub(crate) fn resource(checked: &Checked<'_>) -> TokenStream {
    let declaration = checked.declaration();
    let entity = entity::checked(declaration);
    let paths = entity::paths(declaration);
    let schema = schema(declaration);
    let facts = entity::facts(declaration);
    let compared = constraint::facts(declaration);
    let implementation = implementation(declaration, &schema);
    let asserts = trigger::asserts(declaration).into_iter().chain(deletion::asserts(declaration));
    let asserts = asserts.chain(has::asserts(declaration)).chain(never::asserts(declaration));
    quote! { #entity #paths #implementation #facts #compared #(#asserts)* }
}

/// What a wrong declaration becomes: the struct and its paths, so that others that refer to it compile, and a schema
/// without content.
pub(crate) fn fallback(declaration: &Declaration) -> TokenStream {
    let item = &declaration.item;
    let paths = entity::paths(declaration);
    let schema = head(declaration);
    let facts = entity::facts(declaration);
    let implementation = implementation(declaration, &schema);
    let unreadable = entity::unreadable(declaration);
    quote! { #item #paths #implementation #facts #unreadable }
}

fn implementation(declaration: &Declaration, schema: &TokenStream) -> TokenStream {
    let ident = &declaration.item.ident;
    let (fields, values) = (entity::paths_ident(declaration), entity::path_values(declaration));
    let name = &declaration.name;
    quote! {
        #[automatically_derived]
        impl ::fasttrack::schema::Resource for #ident {
            const NAME: &'static str = #name;
            type Fields = #fields;
            const FIELDS: Self::Fields = #values;
            const SCHEMA: ::fasttrack::schema::Schema = {
                use ::fasttrack::schema as __ft;
                #schema
            };
        }
    }
}

/// The schema without columns, rules or triggers.
fn head(declaration: &Declaration) -> TokenStream {
    let Declaration { name, plural, doc, .. } = declaration;
    let under = declaration.under.as_ref().map(ToString::to_string).map(|under| quote!(.under(#under)));
    let account = declaration.account.map(|_| quote!(.account()));
    let registration = declaration.registration.map(|registration| match registration.registers {
        Registers::Others => quote!(.registration(__ft::Registration::Closed)),
        Registers::Invited => quote!(.registration(__ft::Registration::ByInvitation)),
    });
    let conceal = declaration.conceal.then(|| quote!(.conceal()));
    let keep = declaration.keep_deleted.as_ref().map(|keep| keep.for_us).map(|us| quote!(.keep_deleted(#us)));
    let history = declaration.history.map(|_| quote!(.history()));
    let was = declaration.was.as_ref().map(|was| was.unraw().to_string()).map(|was| quote!(.was(#was)));
    // The call stands where a name is reported that is the framework's own.
    let new = quote_spanned!(declaration.plural_at=> __ft::Schema::new(#name, #plural));
    quote!(#new.doc(#doc) #under #account #registration #conceal #keep #history #was)
}

fn schema(declaration: &Declaration) -> TokenStream {
    let head = head(declaration);
    let entity = &declaration.item.ident;
    let columns = declaration.fields.iter().map(|field| column::column(declaration, field));
    let rules = declaration.rules.iter().enumerate().filter(|(_, named)| named.rule.is_some()).map(|(place, named)| {
        let (name, rule) = (named.name.to_string(), rule::named(place));
        quote!((#name, #rule))
    });
    let has = has::has(declaration);
    let here = quote!(const __HERE: __ft::Walk<#entity> = __ft::Walk::here(););
    let caller = rule::asks_the_caller(declaration).then(|| {
        quote!(
            const __CALLER: __ft::Walk<crate::__FasttrackAccount> = __ft::Walk::here();
        )
    });
    let said = rule::said(declaration).into_iter().chain(never::said(declaration));
    let nevers = never::nevers(declaration);
    let grants = declaration.grants.iter().map(rule::grant);
    let afterwards = rule::afterwards(declaration);
    let triggers = declaration.triggers.iter().map(|trigger| trigger::trigger(declaration, trigger));
    let triggers = triggers.chain(trigger::of_accounts(declaration));
    let constraints = constraint::constraints(declaration);
    // The word is where a type without hooks is reported.
    let hooks = declaration.hooks.map(|at| {
        let entity = Ident::new(&declaration.item.ident.to_string(), at);
        quote_spanned!(at=> .hooks(::fasttrack::hooks::of::<#entity>()))
    });
    quote! {
        #here
        #caller
        #(#said)*
        #head
            .columns(const { &[#(#columns),*] })
            #has
            .named_rules(const { &[#(#rules),*] })
            .grants(const { &[#(#grants),*] })
            #afterwards
            #nevers
            .triggers(const { &[#(#triggers),*] })
            #constraints
            #hooks
    }
}
