//! What nobody may do -> `fasttrack::schema::Never`, and the assertion of what of it can be told at once.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::ext::IdentExt as _;

use super::{path::HERE, rule};
use crate::{
    model::{Declaration, Forbidden, Never},
    parse::never::Assertion,
};

/// What each `#[never]` says of whom, as a constant.
pub(super) fn said(declaration: &Declaration) -> impl Iterator<Item = TokenStream> {
    declaration.nevers.iter().enumerate().map(|(place, never)| {
        let (name, rule) = (named(place), rule::rule(&never.rule));
        quote!(const #name: __ft::Rule = #rule;)
    })
}

/// The sentences, as part of the schema; nothing, where there are none.
pub(super) fn nevers(declaration: &Declaration) -> Option<TokenStream> {
    let sentences = declaration.nevers.iter().enumerate().map(|(place, Never { acts, .. })| {
        let (rule, acts) = (named(place), acts.iter().map(act));
        quote!(__ft::Never::new(#rule, const { &[#(#acts),*] }))
    });
    (!declaration.nevers.is_empty()).then(|| quote!(.nevers(const { &[#(#sentences),*] })))
}

/// That no role alone contradicts a sentence, at the verb.
pub(super) fn asserts(declaration: &Declaration) -> impl Iterator<Item = TokenStream> {
    let entity = &declaration.item.ident;
    declaration.nevers.iter().enumerate().flat_map(move |(place, never)| {
        never.acts.iter().enumerate().map(move |(number, act)| {
            let at = act.verb.span();
            let resource = quote!(::fasttrack::schema::Resource);
            let asserted = quote_spanned!(at=> ::fasttrack::schema::assert_never);
            quote_spanned! {at=>
                const _: () = #asserted(
                    &<#entity as #resource>::SCHEMA,
                    &<crate::__FasttrackAccount as #resource>::SCHEMA,
                    #place,
                    #number,
                );
            }
        })
    })
}

/// `assert_never!(…)`
pub(crate) fn assertion(Assertion { application, resource, never }: &Assertion) -> TokenStream {
    let (who, acts) = (rule::rule(&never.rule), never.acts.iter().map(act));
    let here = Ident::new(HERE, proc_macro2::Span::call_site());
    let (start, name) = match resource {
        Some(path) => (
            // A rule of roles alone asks nothing of a row.
            Some(quote! {
                const #here: __ft::Walk<#path> = __ft::Walk::here();
                const _: __ft::Walk<#path> = #here;
            }),
            quote!(::core::option::Option::Some(<#path as __ft::Resource>::NAME)),
        ),
        None => (None, quote!(::core::option::Option::None)),
    };
    let caller = rule::asks(&never.rule).then(|| {
        quote!(
            const __CALLER: __ft::Walk<crate::__FasttrackAccount> = __ft::Walk::here();
        )
    });
    quote! {{
        use ::fasttrack::schema as __ft;
        #start
        #caller
        const __WHO: __ft::Rule = #who;
        const __NEVER: __ft::Never = __ft::Never::new(__WHO, const { &[#(#acts),*] });
        ::fasttrack::__private::assert_never(&#application, #name, &__NEVER)
    }}
}

fn act(Forbidden { verb, field }: &Forbidden) -> TokenStream {
    let verb = rule::variant(&verb.to_string());
    let field = field.as_ref().map(|field| field.unraw().to_string()).map(|field| quote!(.field(#field)));
    quote!(__ft::Forbidden::new(__ft::Verb::#verb) #field)
}

fn named(place: usize) -> Ident {
    format_ident!("__NEVER_{}", place)
}
