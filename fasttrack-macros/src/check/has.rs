//! Names for the rows that refer here. Whether they do is for the types.

use syn::ext::IdentExt as _;

use super::rule::{VERBS, WORDS};
use crate::{errors::Errors, model::Declaration};

pub(super) fn check(declaration: &Declaration, errors: &mut Errors) {
    let mut seen: Vec<String> = Vec::new();
    for has in &declaration.has {
        let name = has.name.unraw().to_string();
        let mut wrong = |why: String| errors.push(has.name.span(), why);
        if WORDS.contains(&name.as_str()) || name == "old" || name == "new" {
            wrong(format!("`{name}` is a word of the language; take another name"));
        } else if VERBS.contains(&name.as_str()) {
            wrong(format!("`{name}` is a verb, and the name of its rule; take another name"));
        } else if declaration.field(&has.name).is_some() {
            wrong(format!("there is a field `{name}`; take another name"));
        } else if declaration.rule(&has.name).is_some() {
            wrong(format!("there is a rule `{name}`; take another name"));
        } else if seen.contains(&name) {
            wrong(format!("there are rows called `{name}` already; take another name"));
        }
        seen.push(name);
    }
}
