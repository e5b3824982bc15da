//! `resources!()`: the modules of a folder and the table of the resources in them.

mod folder;

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use syn::{
    Path, Token,
    parse::{ParseStream, Parser as _},
};

#[cfg(test)]
pub(crate) use self::folder::says_account;
use crate::{errors::Errors, migrations};

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
        Some(root) => folder(&std::path::Path::new(&root).join("resources")),
        None => (TokenStream::new(), vec![here("resources!() needs cargo, which says where the crate is")]),
    }
}

/// The modules and the table of a folder.
///
/// Without an account every rule of every file would be a mistake too, so there are no modules then. A file that does
/// not parse is declared alone, for the compiler to report it.
pub(crate) fn folder(folder: &std::path::Path) -> (TokenStream, Vec<syn::Error>) {
    let mut errors = Errors::default();
    let found = match folder::read(folder, &mut errors) {
        Ok(found) => found,
        Err(error) => {
            let message = format!("cannot read the folder `resources` beside Cargo.toml: {error}");
            return (TokenStream::new(), vec![here(message)]);
        }
    };
    let unparsed = found.unparsed();
    if !unparsed.is_empty() {
        return (unparsed, errors.into_vec());
    }
    let modules = found.modules();
    let (migrations, wrong) = migrations::embed(&folder.with_file_name("migrations"));
    let table = table(&found.entries, &migrations, &mut errors);
    let tokens = table.map(|table| quote!(#modules #table)).unwrap_or_default();
    (tokens, errors.into_vec().into_iter().chain(wrong).collect())
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
    let table = if errors.is_empty() { table(&entries, &quote!(&[]), &mut errors) } else { None };
    (table.unwrap_or_default(), errors.into_vec())
}

/// The table with the migrations, what has to hold of it, and the name by which `role(…)` finds the account.
fn table(entries: &[Entry], migrations: &TokenStream, errors: &mut Errors) -> Option<TokenStream> {
    let Some(account) = entries.iter().find(|entry| entry.account).map(|entry| &entry.path) else {
        errors.push(Span::call_site(), "nobody can log in: declare one resource with #[resource(account)]");
        return None;
    };
    let resources = entries.iter().map(|entry| &entry.path);
    Some(quote! {
        /// What each resource of this application declares, in the order of the files; and its migrations.
        pub static RESOURCES: &::fasttrack::schema::Resources = &::fasttrack::schema::Resources::new(
            &[#(&<#resources as ::fasttrack::schema::Resource>::SCHEMA),*],
            #migrations,
        )
        .headed(::fasttrack::schema::About {
            title: ::core::env!("CARGO_PKG_NAME"),
            version: ::core::env!("CARGO_PKG_VERSION"),
            description: ::core::env!("CARGO_PKG_DESCRIPTION"),
        });
        const _: () = ::fasttrack::schema::assert_application(RESOURCES.schemas());
        #[doc(hidden)]
        #[allow(dead_code, unreachable_pub, reason = "rules that name a role refer to it")]
        pub type __FasttrackAccount = #account;
    })
}

fn here(message: impl std::fmt::Display) -> syn::Error {
    syn::Error::new(Span::call_site(), message)
}
