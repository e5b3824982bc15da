//! `#[derive(Choice)]`: an enum without data as the words that a column may hold.

use std::collections::HashMap;

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};
use syn::{Data, DeriveInput, Fields, ext::IdentExt as _, spanned::Spanned as _};

use crate::{errors::Errors, names};

/// Expands the derive. An enum that is no choice gets no implementation.
pub(crate) fn expand(item: TokenStream) -> (TokenStream, Vec<syn::Error>) {
    let mut errors = Errors::default();
    let tokens = errors.take(syn::parse2::<DeriveInput>(item)).map(|input| choice(&input, &mut errors));
    (tokens.unwrap_or_default(), errors.into_vec())
}

fn choice(input: &DeriveInput, errors: &mut Errors) -> TokenStream {
    let Data::Enum(data) = &input.data else {
        errors.push(input.ident.span(), "a choice is an enum without data");
        return TokenStream::new();
    };
    if !input.generics.params.is_empty() {
        errors.push(input.generics.span(), "a choice has no parameters");
    }
    if data.variants.is_empty() {
        errors.push(input.ident.span(), "a choice has at least one variant");
    }
    let mut words: HashMap<String, &Ident> = HashMap::new();
    for variant in &data.variants {
        if !matches!(variant.fields, Fields::Unit) {
            errors.push(variant.fields.span(), "a choice is a word and nothing else; take the data away");
        }
        if let Some(other) = words.insert(word(&variant.ident), &variant.ident) {
            let message = format!("this is the word `{}`, as `{other}` is; rename one", word(&variant.ident));
            errors.push(variant.ident.span(), message);
        }
    }
    let variants: Vec<&Ident> = data.variants.iter().map(|variant| &variant.ident).collect();
    let sound = data.variants.iter().filter(|variant| matches!(variant.fields, Fields::Unit));
    let values: Vec<&Ident> = sound.map(|variant| &variant.ident).collect();
    implementation(input, &variants, &values)
}

/// `values` are those of the variants that can be had without data: all of them, when nothing is wrong.
fn implementation(input: &DeriveInput, variants: &[&Ident], values: &[&Ident]) -> TokenStream {
    let (ident, vis) = (&input.ident, &input.vis);
    let by_variant = format_ident!("{}Variants", ident);
    let words: Vec<String> = variants.iter().map(|variant| word(variant)).collect();
    quote! {
        #[doc(hidden)]
        #[allow(non_snake_case, dead_code, missing_docs, unreachable_pub, reason = "a constant per variant")]
        #[derive(Clone, Copy)]
        #vis struct #by_variant { #(pub #variants: &'static str,)* }

        #[automatically_derived]
        impl ::fasttrack::schema::FieldType for #ident {
            const KIND: ::fasttrack::schema::Kind =
                ::fasttrack::schema::Kind::Choice(<Self as ::fasttrack::schema::Choice>::WORDS);
        }

        #[automatically_derived]
        impl ::fasttrack::schema::Choice for #ident {
            type Variants = #by_variant;
            const VARIANTS: Self::Variants = #by_variant { #(#variants: #words,)* };
            const WORDS: &'static [&'static str] = &[#(#words),*];
            fn at(place: usize) -> ::core::option::Option<Self> {
                let values: &[fn() -> Self] = &[#(|| Self::#values),*];
                values.get(place).map(|value| value())
            }
        }

        #[automatically_derived]
        impl<'de> ::fasttrack::__private::Deserialize<'de> for #ident {
            fn deserialize<D: ::fasttrack::__private::Deserializer<'de>>(
                deserializer: D,
            ) -> ::core::result::Result<Self, D::Error> {
                ::fasttrack::schema::deserialize_choice(deserializer)
            }
        }

        #[automatically_derived]
        impl ::fasttrack::__private::Serialize for #ident {
            fn serialize<S: ::fasttrack::__private::Serializer>(
                &self,
                serializer: S,
            ) -> ::core::result::Result<S::Ok, S::Error> {
                ::fasttrack::schema::serialize_choice(self, serializer)
            }
        }
    }
}

fn word(variant: &Ident) -> String {
    names::snake_case(&variant.unraw().to_string())
}
