//! `migrations!()`: the files of a crate's migrations, put into its program. What they say is read when it runs.

use std::{collections::BTreeMap, fs, io, path::Path};

use proc_macro2::{Span, TokenStream};
use quote::quote;

use crate::errors::Errors;

/// The folder beside `Cargo.toml`.
const FOLDER: &str = "migrations";

/// What a migration consists of.
const ENDINGS: [&str; 3] = [".up.sql", ".down.sql", ".json"];

/// Expands the call: the migrations of the crate that is being compiled.
pub(crate) fn expand() -> (TokenStream, Vec<syn::Error>) {
    if let Some(root) = std::env::var_os("CARGO_MANIFEST_DIR") {
        return embed(&Path::new(&root).join(FOLDER));
    }
    let message = "migrations!() needs cargo, which says where the crate is";
    (quote!(&[]), vec![syn::Error::new(Span::call_site(), message)])
}

/// A slice of the migrations of a folder, in their order; a folder that is not there has none.
///
/// `include_str!` has the compiler look at each file again when it changes. A file that comes or goes is noticed by the
/// crate's `build.rs`.
pub(crate) fn embed(folder: &Path) -> (TokenStream, Vec<syn::Error>) {
    let mut errors = Errors::default();
    let files = files(folder).unwrap_or_else(|cause| {
        errors.push(Span::call_site(), format!("cannot read the folder `{FOLDER}` beside Cargo.toml: {cause}"));
        BTreeMap::new()
    });
    let mut migrations = TokenStream::new();
    let mut numbers = BTreeMap::new();
    for (title, endings) in files {
        for missing in ENDINGS.iter().filter(|ending| !endings.contains(ending)) {
            let message = format!(
                "{FOLDER}/{title}{missing} is missing; a migration is its `.up.sql`, its `.down.sql` and its `.json`: \
                 restore it, or remove the others"
            );
            errors.push(Span::call_site(), message);
        }
        let number = title.get(..4).unwrap_or_default().to_owned();
        if let Some(other) = numbers.insert(number, title.clone()) {
            let message = format!(
                "{FOLDER}/ holds {other} and {title}, two of one number; give the one that was not applied yet the next \
                 free number"
            );
            errors.push(Span::call_site(), message);
        }
        let [up, down, leaves] = ENDINGS.map(|ending| {
            let path = format!("/{FOLDER}/{title}{ending}");
            quote!(::core::include_str!(::core::concat!(::core::env!("CARGO_MANIFEST_DIR"), #path)))
        });
        migrations.extend(
            quote!(::fasttrack::schema::EmbeddedMigration { title: #title, up: #up, down: #down, leaves: #leaves },),
        );
    }
    let errors = errors.into_vec();
    if errors.is_empty() { (quote!(&[#migrations]), errors) } else { (quote!(&[]), errors) }
}

/// Which files there are of each migration. Files of other names are left alone.
fn files(folder: &Path) -> io::Result<BTreeMap<String, Vec<&'static str>>> {
    let mut files: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(files),
        Err(cause) => return Err(cause),
    };
    for entry in entries {
        let name = entry?.file_name();
        let parts = name.to_str().and_then(|name| {
            let split = |ending: &&'static str| name.strip_suffix(*ending).map(|title| (title, *ending));
            ENDINGS.iter().find_map(split)
        });
        if let Some((title, ending)) = parts.filter(|(title, _)| is_title(title)) {
            files.entry(title.to_owned()).or_default().push(ending);
        }
    }
    Ok(files)
}

/// `0001_words_in_snake_case`; the program reads titles by the same rule (`fasttrack::migrate`).
fn is_title(title: &str) -> bool {
    let Some((number, name)) = title.split_once('_') else { return false };
    let is_number = number.len() == 4 && number != "0000" && number.bytes().all(|byte| byte.is_ascii_digit());
    let is_part = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    let begins_well = name.starts_with(|first: char| first.is_ascii_lowercase());
    is_number && begins_well && name.len() <= 60 && name.split('_').all(is_part)
}
