//! `resources!()`: the modules of a folder and the table of the resources in them.

use std::{fs, path::Path as FilePath};

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use syn::{
    Attribute, Item, Meta, Path, Token, Visibility,
    parse::{ParseStream, Parser as _},
    parse_quote,
};

use crate::errors::Errors;

/// A resource of the table.
struct Entry {
    path: Path,
    account: bool,
}

/// Expands the call: without arguments the folder `resources/` of the crate, else the list.
pub(crate) fn expand(arguments: TokenStream) -> (TokenStream, Vec<syn::Error>) {
    if !arguments.is_empty() {
        return list(arguments);
    }
    match std::env::var_os("CARGO_MANIFEST_DIR") {
        Some(root) => folder(&FilePath::new(&root).join("resources")),
        None => (TokenStream::new(), vec![here("resources!() needs cargo, which says where the crate is")]),
    }
}

/// The modules and the table of a folder.
pub(crate) fn folder(folder: &FilePath) -> (TokenStream, Vec<syn::Error>) {
    let mut files: Vec<String> = match fs::read_dir(folder) {
        Ok(files) => files.flatten().filter_map(|file| file.file_name().into_string().ok()).collect(),
        Err(error) => {
            let message = format!("cannot read the folder `resources` beside Cargo.toml: {error}");
            return (TokenStream::new(), vec![here(message)]);
        }
    };
    files.retain(|file| !matches!(file.as_str(), "lib.rs" | "main.rs"));
    files.sort();
    let mut errors = Errors::default();
    let (mut modules, mut entries) = (TokenStream::new(), Vec::new());
    for stem in files.iter().filter_map(|file| file.strip_suffix(".rs")) {
        let Ok(module) = syn::parse_str::<Ident>(stem) else {
            errors.push(Span::call_site(), format!("`{stem}.rs` cannot be a module; call it by a name in snake case"));
            continue;
        };
        modules.extend(quote!(pub mod #module;));
        entries.extend(resources_of(&folder.join(format!("{stem}.rs")), &module));
    }
    let table = table(&entries, &mut errors);
    (quote!(#modules #table), errors.into_vec())
}

/// The resources declared in a file. What does not parse has none: the compiler reports it in its module.
fn resources_of(file: &FilePath, module: &Ident) -> Vec<Entry> {
    let items = fs::read_to_string(file).ok().and_then(|text| syn::parse_file(&text).ok()).map(|file| file.items);
    let structs = items.into_iter().flatten().filter_map(|item| match item {
        Item::Struct(item) if !matches!(item.vis, Visibility::Inherited) => Some(item),
        _ => None,
    });
    structs
        .filter_map(|item| {
            let attribute = item.attrs.iter().find(|attribute| is_resource(attribute))?;
            let ident = Ident::new(&item.ident.to_string(), Span::call_site());
            Some(Entry { path: parse_quote!(#module::#ident), account: says_account(attribute) })
        })
        .collect()
}

fn is_resource(attribute: &Attribute) -> bool {
    attribute.path().segments.last().is_some_and(|last| last.ident == "resource")
}

fn says_account(attribute: &Attribute) -> bool {
    let Meta::List(list) = &attribute.meta else { return false };
    list.tokens.clone().into_iter().any(|token| token.to_string() == "account")
}

/// `account: user::User, project::Project`
fn list(arguments: TokenStream) -> (TokenStream, Vec<syn::Error>) {
    let parse = |input: ParseStream<'_>| {
        let mut entries = Vec::new();
        while !input.is_empty() {
            let account = input.peek(syn::Ident) && input.peek2(Token![:]) && !input.peek2(Token![::]);
            if account {
                let word: Ident = input.parse()?;
                if word != "account" {
                    return Err(syn::Error::new(word.span(), "only the account is marked: `account: user::User`"));
                }
                input.parse::<Token![:]>()?;
            }
            entries.push(Entry { path: input.call(Path::parse_mod_style)?, account });
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(entries)
    };
    let mut errors = Errors::default();
    let entries = errors.take(parse.parse2(arguments)).unwrap_or_default();
    let table = if errors.is_empty() { table(&entries, &mut errors) } else { TokenStream::new() };
    (table, errors.into_vec())
}

/// The table, what has to hold of it, and the name by which `role(…)` finds the account.
fn table(entries: &[Entry], errors: &mut Errors) -> TokenStream {
    let account = entries.iter().find(|entry| entry.account).map(|entry| &entry.path);
    if account.is_none() {
        errors.push(Span::call_site(), "nobody can log in: declare one resource with #[resource(account)]");
    }
    let law = account.map(|_| {
        quote!(
            const _: () = ::fasttrack::schema::assert_application(RESOURCES);
        )
    });
    let account = account.map_or_else(|| quote!(::fasttrack::schema::NoAccount), |account| quote!(#account));
    let resources = entries.iter().map(|entry| &entry.path);
    quote! {
        /// What each resource of this application declares, in the order of the files.
        pub static RESOURCES: &[&::fasttrack::schema::Schema] =
            &[#(&<#resources as ::fasttrack::schema::Resource>::SCHEMA),*];
        #law
        #[doc(hidden)]
        #[allow(dead_code, unreachable_pub, reason = "rules that name a role refer to it")]
        pub type __FasttrackAccount = #account;
    }
}

fn here(message: impl std::fmt::Display) -> syn::Error {
    syn::Error::new(Span::call_site(), message)
}
