//! `migrations!()`: the files of a crate's migrations, put into its program. What they say is read when it runs.

use std::{collections::BTreeMap, fs, io, path::Path};

use proc_macro2::{Span, TokenStream};
use quote::quote;

use crate::errors::Errors;

/// The folder beside `Cargo.toml`.
const FOLDER: &str = "migrations";

/// The folders in it, by what the program calls the databases.
const SQLITE: &str = "sqlite";
const POSTGRES: &str = "postgres";

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

/// A slice of the migrations of a folder, in their order; a folder that is not there has none. Those of a database are in
/// the folder of its name; those that lie in none are `SQLite`'s.
///
/// `include_str!` has the compiler look at each file again when it changes. A file that comes or goes is noticed by the
/// crate's `build.rs`.
pub(crate) fn embed(folder: &Path) -> (TokenStream, Vec<syn::Error>) {
    let mut errors = Errors::default();
    let mut migrations = TokenStream::new();
    let [lying, sqlite, postgres] = ["", SQLITE, POSTGRES].map(|database| {
        files(&folder.join(database)).unwrap_or_else(|cause| {
            let path = path_of(database);
            errors.push(Span::call_site(), format!("cannot read the folder `{path}` beside Cargo.toml: {cause}"));
            BTreeMap::new()
        })
    });
    if !lying.is_empty() && !sqlite.is_empty() {
        let message = format!(
            "{FOLDER}/ holds migrations, and so does {FOLDER}/{SQLITE}/; both are of SQLite: move them all into \
             {FOLDER}/{SQLITE}/"
        );
        errors.push(Span::call_site(), message);
    }
    for (files, folder, database) in [(lying, "", SQLITE), (sqlite, SQLITE, SQLITE), (postgres, POSTGRES, POSTGRES)] {
        migrations.extend(embed_files(files, &path_of(folder), database, &mut errors));
    }
    let errors = errors.into_vec();
    if errors.is_empty() { (quote!(&[#migrations]), errors) } else { (quote!(&[]), errors) }
}

/// What a folder of files becomes.
fn embed_files(files: Files, path: &str, database: &str, errors: &mut Errors) -> TokenStream {
    let mut migrations = TokenStream::new();
    let mut numbers = BTreeMap::new();
    for (title, endings) in files {
        for missing in ENDINGS.iter().filter(|ending| !endings.contains(ending)) {
            let message = format!(
                "{path}/{title}{missing} is missing; a migration is its `.up.sql`, its `.down.sql` and its `.json`: \
                 restore it, or remove the others"
            );
            errors.push(Span::call_site(), message);
        }
        let number = title.get(..4).unwrap_or_default().to_owned();
        if let Some(other) = numbers.insert(number, title.clone()) {
            let message = format!(
                "{path}/ holds {other} and {title}, two of one number; give the one that was not applied yet the next \
                 free number"
            );
            errors.push(Span::call_site(), message);
        }
        let [up, down, leaves] = ENDINGS.map(|ending| {
            let path = format!("/{path}/{title}{ending}");
            quote!(::core::include_str!(::core::concat!(::core::env!("CARGO_MANIFEST_DIR"), #path)))
        });
        migrations.extend(quote!(
            ::fasttrack::schema::EmbeddedMigration {
                database: #database, title: #title, up: #up, down: #down, leaves: #leaves
            },
        ));
    }
    migrations
}

fn path_of(database: &str) -> String {
    if database.is_empty() { FOLDER.to_owned() } else { format!("{FOLDER}/{database}") }
}

/// Of each title, which of its files there are.
type Files = BTreeMap<String, Vec<&'static str>>;

/// Which files there are of each migration. Files of other names are left alone.
fn files(folder: &Path) -> io::Result<Files> {
    let mut files = Files::new();
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
