//! `resources!()`.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::application;

const USER: &str = "#[resource(account)] pub struct User { pub id: Id<User> }";

/// The folder of a crate with these files in its `resources/`, which is gone with the guard.
struct Folder(PathBuf);

impl Folder {
    fn of(name: &str, files: &[(&str, &str)]) -> Self {
        let folder = Self(std::env::temp_dir().join(format!("fasttrack-{name}-{}", std::process::id())));
        for (path, text) in [("lib.rs", "fasttrack::resources!();"), ("user.rs", USER)].iter().chain(files) {
            folder.write(path, text);
        }
        folder
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.0.join("resources").join(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("the folder can be made");
        fs::write(path, text).expect("the file can be written");
    }

    /// What comes of it, and what is wrong.
    fn expand(&self) -> (String, Vec<String>) {
        let (tokens, errors) = application::folder(&self.0.join("resources"));
        (tokens.to_string(), errors.iter().map(ToString::to_string).collect())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).ok();
    }
}

#[test]
fn the_folder_of_the_reference_application_is_a_table_in_sorted_order() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../resources");
    let (tokens, errors) = application::folder(&folder);
    assert!(errors.is_empty(), "{errors:?}");
    let text = tokens.to_string();
    let places =
        ["comment :: Comment", "project :: Project", "task :: Task", "user :: User"].map(|path| text.find(path));
    assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{places:?} in {text}");
    assert!(text.contains("pub mod user ;") && !text.contains("mod lib"), "{text}");
    assert!(!text.contains("mod jobs") && !text.contains("mod routes"), "folders are the application's own: {text}");
    assert!(text.contains("type __FasttrackAccount = user :: User"), "{text}");
}

#[test]
fn a_list_names_the_account() {
    let list = |source: &str| application::expand(source.parse().expect("tokens"));
    let (tokens, errors) = list("account: user::User, project::Project");
    assert!(errors.is_empty(), "{errors:?}");
    assert!(tokens.to_string().contains("type __FasttrackAccount = user :: User"), "{tokens}");
    for (source, words) in [
        ("user::User", "nobody can log in"),
        ("acount: user::User", "only the account is marked"),
        ("account: user::User project::Project", "expected `,`"),
    ] {
        let (_, errors) = list(source);
        let messages: Vec<String> = errors.iter().map(ToString::to_string).collect();
        assert!(messages.len() == 1 && messages.iter().all(|m| m.contains(words)), "{messages:?} for {source}");
    }
}

#[test]
fn a_folder_that_is_not_there_is_told() {
    let (_, errors) = application::folder(Path::new("there is no such folder"));
    assert!(errors.iter().any(|error| error.to_string().contains("cannot read the folder")), "{errors:?}");
}

#[test]
fn a_relation_called_account_is_not_the_account() {
    let says = |attribute: syn::Attribute| crate::application::says_account(&attribute);
    assert!(says(syn::parse_quote!(#[resource(plural = "people", account)])));
    assert!(!says(syn::parse_quote!(#[resource(under = account, was = account)])));
}

#[test]
fn a_folder_without_mod_rs_is_a_group() {
    const INVOICE: &str = "#[resource] pub struct Invoice { }";
    let folder = Folder::of(
        "group",
        &[
            ("billing/invoice.rs", INVOICE),
            ("billing/words.rs", "pub fn word() {}"),
            ("billing/old/receipt.rs", "#[fasttrack::prelude::resource] pub(crate) struct Receipt { }"),
            ("jobs/mod.rs", "pub mod mail;"),
            ("jobs/mail.rs", "pub fn mail() {}"),
            ("pictures/logo.png", ""),
            (".idea/scratch.rs", "#[resource] pub struct Scratch { }"),
            ("zebra.rs", "#[resource] pub struct Zebra { }"),
        ],
    );
    let (tokens, errors) = folder.expand();
    assert_eq!(errors, [""; 0]);
    let invoice = "pub mod billing { pub mod invoice ; # [doc = \"What the files of the folder `old` declare.\"] pub mod old \
                   { pub mod receipt ; } pub mod words ; }";
    assert!(tokens.contains(invoice), "{tokens}");
    let entries =
        ["billing :: invoice :: Invoice", "billing :: old :: receipt :: Receipt", "user :: User", "zebra :: Zebra"];
    let places = entries.map(|path| tokens.find(&format!("< {path} as")));
    assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{places:?} in {tokens}");
    assert!(!tokens.contains("jobs") && !tokens.contains("pictures") && !tokens.contains("Scratch"), "{tokens}");
    // A file that comes later is there the next time.
    folder.write("billing/refund.rs", "#[resource] pub struct Refund { }");
    let (tokens, _) = folder.expand();
    assert!(tokens.contains("< billing :: refund :: Refund as"), "{tokens}");
    // While somebody types, what does not parse is left to the compiler, alone.
    folder.write("billing/old/receipt.rs", "pub struct {");
    let (tokens, errors) = folder.expand();
    assert!(
        tokens.contains("pub mod receipt ;") && !tokens.contains("invoice") && errors.is_empty(),
        "{tokens} {errors:?}"
    );
}

#[test]
fn a_resource_that_nothing_reaches_is_named() {
    const LOST: &str = "#[resource] pub struct Lost { }";
    const INSIDE: &str = "pub mod inner { #[resource] pub struct Lost { } }";
    const TEST: &str = "#[cfg(test)] mod tests { #[resource] pub struct Lost { } }";
    for (place, (files, expected)) in [
        (&[("jobs/mod.rs", LOST)][..], "`resources/jobs/mod.rs`: mod.rs makes that folder your own"),
        (
            &[("jobs/mod.rs", ""), ("jobs/deep/lost.rs", LOST)],
            "`resources/jobs/deep/lost.rs`: mod.rs makes that folder",
        ),
        (
            &[("area.rs", "pub mod lost;"), ("area/lost.rs", LOST)],
            "`resources/area/lost.rs`: a file of the folder's name",
        ),
        (&[("a/b.rs", ""), ("a/b/lost.rs", LOST)], "`resources/a/b/lost.rs`: a file of the folder's name"),
        (
            &[("lib.rs", "mod area { pub mod lost; }"), ("area/lost.rs", LOST)],
            "`resources/area/lost.rs`: `lib.rs` declares",
        ),
        (&[("lib.rs", LOST)], "`resources/lib.rs`: give it a file of its own"),
        (&[("main.rs", LOST)], "`resources/main.rs`: give it a file of its own"),
        (&[("area.rs", INSIDE)], "`resources/area.rs`: take it out of the module `inner`"),
        (&[("area/lost.rs", INSIDE)], "`resources/area/lost.rs`: take it out of the module `inner`"),
        (&[("my-area/lost.rs", LOST)], "`resources/my-area` cannot be a module"),
        (&[("area/my-lost.rs", LOST)], "`resources/area/my-lost.rs` cannot be a module"),
        (
            &[("area/lost.rs", "#[resource] pub(super) struct Lost { }")],
            "does not see `Lost` of `resources/area/lost.rs`",
        ),
        (&[("area.rs", TEST)], ""),
        (&[("jobs/mod.rs", "#[cfg(test)] mod tests;"), ("jobs/tests.rs", LOST)], ""),
        (&[("area.rs", "#[resource] pub(super) struct Lost { }")], ""),
        (&[("jobs/mod.rs", "// #[resource]\npub struct Found;")], ""),
    ]
    .into_iter()
    .enumerate()
    {
        let (_, errors) = Folder::of(&format!("lost-{place}"), files).expand();
        let is_told =
            |error: &String| error.contains(expected) && (error.contains("`Lost`") || error.contains("cannot be"));
        let is_right =
            if expected.is_empty() { errors.is_empty() } else { errors.len() == 1 && errors.iter().all(is_told) };
        assert!(is_right, "{errors:#?}, expected {expected:?} of {files:?}");
    }
}
