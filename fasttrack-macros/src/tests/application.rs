//! `resources!()`.

use std::path::Path;

use crate::application;

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
