//! The struct itself, and the types by which other declarations refer to it.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::{ToTokens as _, format_ident, quote, quote_spanned};
use syn::{Attribute, ext::IdentExt as _, parse_quote, spanned::Spanned as _};

use crate::{
    model::{Declaration, Field},
    shape::Shape,
};

/// The struct, readable from the JSON of a row.
pub(crate) fn checked(declaration: &Declaration) -> TokenStream {
    let mut item = declaration.item.clone();
    item.attrs.push(parse_quote!(#[derive(::fasttrack::__private::Deserialize)]));
    if declaration.hooks.is_some() && !derives(&item.attrs, "Serialize") {
        item.attrs.push(parse_quote!(#[derive(::fasttrack::__private::Serialize)]));
    }
    item.attrs.push(parse_quote!(#[serde(crate = "::fasttrack::__private::serde")]));
    for source in &mut item.fields {
        let Some(field) = source.ident.as_ref().and_then(|ident| declaration.field(ident)) else { continue };
        if field.key != field.name {
            let key = &field.key;
            source.attrs.push(parse_quote!(#[serde(rename = #key)]));
        }
        if field.has("hidden") {
            source.attrs.push(parse_quote!(#[serde(default)]));
        }
        source.attrs.extend(by_any_means(field, declaration.hooks.is_some()));
        if !source.attrs.iter().any(|attribute| attribute.path().is_ident("doc")) {
            let reason = "a field that its name explains needs no more";
            source.attrs.insert(0, parse_quote!(#[allow(missing_docs, reason = #reason)]));
        }
    }
    quote! {
        #[allow(unused_imports, reason = "needed where the type of a field is none")]
        use ::fasttrack::__private::ByNoMeans as _;
        #item
    }
}

/// The traits that the struct of a sound declaration derives, without a word of its fields, which may be wrong.
pub(crate) fn unreadable(declaration: &Declaration) -> TokenStream {
    let (item, private) = (&declaration.item, quote!(::fasttrack::__private));
    let ident = &item.ident;
    let read = (!derives(&item.attrs, "Deserialize")).then(|| {
        quote! {
            impl<'de> #private::Deserialize<'de> for #ident {
                fn deserialize<D: #private::Deserializer<'de>>(_: D) -> ::core::result::Result<Self, D::Error> {
                    #private::unread()
                }
            }
        }
    });
    let write = (declaration.hooks.is_some() && !derives(&item.attrs, "Serialize")).then(|| {
        quote! {
            impl #private::Serialize for #ident {
                fn serialize<S: #private::Serializer>(&self, _: S) -> ::core::result::Result<S::Ok, S::Error> {
                    #private::unwritten()
                }
            }
        }
    });
    quote!(#read #write)
}

/// How a field is read and written whose type may turn out to be none: a way that always compiles, so that the column
/// alone asks for what the type lacks.
fn by_any_means(field: &Field, is_written: bool) -> Vec<Attribute> {
    if field.ty.shape == Shape::Duration {
        let optional = if field.ty.nullable { "_optional" } else { "" };
        return attributes(|verb| format!("::fasttrack::__private::seconds::{verb}{optional}"), is_written);
    }
    if !matches!(field.ty.shape, Shape::Choice | Shape::Json) {
        return Vec::new();
    }
    let bare = field.ty.bare.to_token_stream();
    let full = if field.ty.nullable { format!("::core::option::Option<{bare}>") } else { bare.to_string() };
    attributes(|verb| format!("::fasttrack::__private::By::<{full}>::{verb}"), is_written)
}

/// Has a field read by a function of `by`, and written by another one.
fn attributes(by: impl Fn(&str) -> String, is_written: bool) -> Vec<Attribute> {
    let (read, write) = (by("read"), by("write"));
    let read = parse_quote!(#[serde(deserialize_with = #read)]);
    std::iter::once(read).chain(is_written.then(|| parse_quote!(#[serde(serialize_with = #write)]))).collect()
}

/// Whether the declaration itself derives a trait of this name.
fn derives(attributes: &[Attribute], name: &str) -> bool {
    let lists = attributes.iter().filter(|attribute| attribute.path().is_ident("derive"));
    let mut tokens =
        lists.filter_map(|attribute| attribute.meta.require_list().ok()).flat_map(|list| list.tokens.clone());
    tokens.any(|token| matches!(token, TokenTree::Ident(ident) if ident == name))
}

/// The name of the struct of paths.
pub(crate) fn paths_ident(declaration: &Declaration) -> Ident {
    format_ident!("{}Fields", declaration.item.ident)
}

/// The struct of paths: one part per field and named rule.
pub(crate) fn paths(declaration: &Declaration) -> TokenStream {
    let (ident, vis) = (paths_ident(declaration), &declaration.item.vis);
    let parts = declaration.fields.iter().map(|field| {
        let (name, kind) = (&field.ident, part(field));
        quote!(pub #name: ::fasttrack::schema::Part<#kind>)
    });
    let rules = declaration.rules.iter().map(|rule| {
        let name = &rule.name;
        quote!(pub #name: ::fasttrack::schema::Part<::fasttrack::schema::NamedRule>)
    });
    let many = declaration.has.iter().map(|has| {
        let (name, target) = (&has.name, &has.target);
        quote!(pub #name: ::fasttrack::schema::Part<::fasttrack::schema::ToMany<#target>>)
    });
    let verbs = declaration.verbs().into_iter().map(|verb| {
        let name = Ident::new(verb, ident.span());
        quote!(pub #name: ::fasttrack::schema::Part<::fasttrack::schema::NamedRule>)
    });
    quote! {
        #[doc(hidden)]
        #[allow(dead_code, missing_docs, unreachable_pub, reason = "paths of other declarations may use it")]
        #[derive(Clone, Copy)]
        #vis struct #ident { #(#parts,)* #(#rules,)* #(#many,)* #(#verbs,)* }
    }
}

/// The value of the struct of paths.
pub(crate) fn path_values(declaration: &Declaration) -> TokenStream {
    let ident = paths_ident(declaration);
    let names = declaration.fields.iter().map(|field| (field.ident.clone(), field.name.clone()));
    let names = names.chain(declaration.rules.iter().map(|rule| (rule.name.clone(), rule.name.to_string())));
    let names = names.chain(declaration.has.iter().map(|has| (has.name.clone(), has.name.unraw().to_string())));
    let verbs = declaration.verbs().into_iter().map(|verb| (Ident::new(verb, ident.span()), verb.to_owned()));
    let names = names.chain(verbs);
    let values = names.map(|(ident, name)| quote!(#ident: ::fasttrack::schema::Part::new(#name)));
    quote!(#ident { #(#values,)* })
}

/// What the types have to confirm, and what else the entity is.
pub(crate) fn facts(declaration: &Declaration) -> TokenStream {
    let ident = &declaration.item.ident;
    let role = declaration.fields.iter().find(|field| field.name == "role" && field.ty.shape == Shape::Choice);
    let account = declaration.account.and(role).map(|role| {
        let ty = &role.ty.bare;
        quote! {
            #[automatically_derived]
            impl ::fasttrack::schema::Account for #ident {
                type Role = #ty;
            }
        }
    });
    let actors = declaration.fields.iter().filter(|field| field.has("actor")).filter_map(|field| {
        let target = field.ty.target.as_ref()?;
        Some(quote_spanned!(target.span()=> const _: () = ::fasttrack::schema::assert_account::<#target>();))
    });
    let hooked = declaration.hooks.map(|_| quote!(impl ::fasttrack::hooks::Hooked for #ident {}));
    let refers = declaration.has.iter().map(|has| {
        let (target, relation) = (&has.target, &has.relation);
        let of = quote_spanned!(target.span()=> <#target as ::fasttrack::schema::Resource>::FIELDS);
        quote_spanned!(relation.span()=> const _: () = ::fasttrack::schema::assert_refers::<#ident, _>(#of.#relation);)
    });
    quote!(#account #(#actors)* #(#refers)* #hooked)
}

/// What a path may do with a field.
fn part(field: &Field) -> TokenStream {
    let bare = &field.ty.bare;
    let kind = match (&field.ty.target, field.ty.shape, field.ty.nullable) {
        (Some(target), Shape::Many, _) => quote!(::fasttrack::schema::Set<#target>),
        (Some(target), Shape::Relation, _) => quote!(::fasttrack::schema::Relation<#target>),
        (_, _, true) => quote!(::fasttrack::schema::Field<::core::option::Option<#bare>>),
        _ => quote!(::fasttrack::schema::Field<#bare>),
    };
    let is_for_some = field.has("hidden") || field.has("read");
    if is_for_some { quote!(::fasttrack::schema::Hidden<#kind>) } else { kind }
}
