//! The expansion of the task of the reference application, as a person reads it.
//!
//! `BLESS=1 cargo test -p fasttrack-macros snapshot` writes it anew; read it before it is committed.

use std::{env, fs, path::Path};

use quote::quote;
use syn::{Item, ItemStruct};

use super::expand_item;

const EXPANSION: &str = "src/tests/task.expanded";

/// The struct that `resources/task.rs` declares.
fn task() -> ItemStruct {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../resources/task.rs");
    let file = syn::parse_file(&fs::read_to_string(path).expect("the reference application")).expect("Rust");
    let structs = file.items.into_iter().filter_map(|item| match item {
        Item::Struct(item) => Some(item),
        _ => None,
    });
    structs.last().expect("a resource")
}

/// Its expansion.
pub(super) fn expansion() -> String {
    let (tokens, errors) = expand_item(task());
    assert!(errors.is_empty(), "{errors:?}");
    prettyplease::unparse(&syn::parse2(quote!(#tokens)).expect("items"))
}

#[test]
fn the_expansion_of_a_task_is_the_one_that_was_read() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(EXPANSION);
    let expansion = expansion();
    if env::var_os("BLESS").is_some() {
        fs::write(&path, &expansion).expect("the snapshot can be written");
    }
    let known = fs::read_to_string(&path).unwrap_or_default();
    assert!(known == expansion, "{EXPANSION} differs; it would be:\n{expansion}");
}

/// What a declaration says costs its lines: a field three and each of its options and comments one, a rule and a trigger
/// what their paths need, a sentence about nobody thirty, eleven at most each trigger, and a verb two, as the name that it is. All else has fifty.
#[test]
fn the_expansion_grows_with_what_is_said_alone() {
    let task = task();
    let said = |name: &str| task.attrs.iter().filter(|attribute| attribute.path().is_ident(name)).count();
    let fields = task.fields.len();
    let of_fields = task.fields.iter().flat_map(|field| &field.attrs).map(|attribute| match &attribute.meta {
        syn::Meta::List(options) => 1 + options.tokens.to_string().matches(',').count(),
        _ => 1,
    });
    let triggers = task.attrs.iter().filter(|attribute| attribute.path().is_ident("on")).map(|attribute| {
        let text = attribute.meta.require_list().map(|list| list.tokens.to_string()).unwrap_or_default();
        let (changes, effects) = text.split_once("=>").expect("a change and an effect");
        (1 + changes.matches(',').count()) * (1 + effects.matches(';').count())
    });
    let verbs = task.attrs.iter().filter(|attribute| attribute.path().is_ident("can")).map(|attribute| {
        let text = attribute.meta.require_list().map(|list| list.tokens.to_string()).unwrap_or_default();
        1 + text.split(':').next().unwrap_or_default().matches(',').count()
    });
    let of_rules = 12 * (said("can") + said("rule")) + 2 * verbs.sum::<usize>();
    let of_nobody = 30 * said("never");
    let allowed = 3 * fields + of_fields.sum::<usize>() + of_rules + of_nobody + 11 * triggers.sum::<usize>() + 50;
    let mut bare = task.clone();
    bare.attrs.clear();
    bare.fields.iter_mut().for_each(|field| field.attrs.retain(|attribute| attribute.path().is_ident("doc")));
    let source = prettyplease::unparse(&syn::parse2(quote!(#bare)).expect("a struct")).lines().count();
    let generated = expansion().lines().count() - source;
    assert!(generated <= allowed, "{generated} lines; {allowed} are allowed");
    assert!(generated * 10 > allowed * 8, "{generated} lines of {allowed} allowed: lower the bounds");
}
