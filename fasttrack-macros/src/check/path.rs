//! Paths, as far as the declaration itself can tell: their first name, and their length.

use proc_macro2::Ident;
use syn::ext::IdentExt as _;

use super::rule::VERBS;
use crate::{
    errors::Errors,
    model::{Declaration, Field, Path},
    names,
    shape::Shape,
};

/// Most relations that a path may follow, as `fasttrack::schema::Path::MAX_STEPS` has it.
const MAX_STEPS: usize = 8;

/// What a path begins with.
pub(super) enum Start<'a> {
    /// A field that is the whole path.
    Field(&'a Field),
    /// A named rule that is the whole path.
    Rule,
    /// Rows that refer here; they are the whole path.
    Many,
    /// A relation from which the path goes on; the types know the rest.
    Elsewhere,
}

/// What a path begins with; `None` when that is a mistake, which is added.
pub(super) fn start<'a>(declaration: &'a Declaration, path: &Path, errors: &mut Errors) -> Option<Start<'a>> {
    let first = path.first();
    if !check_length(path, errors) {
        return None;
    }
    let goes_on = path.len() > 1;
    match declaration.field(first) {
        Some(field) if !goes_on => Some(Start::Field(field)),
        Some(field) if matches!(field.ty.shape, Shape::Relation | Shape::Many) => Some(Start::Elsewhere),
        Some(field) => {
            errors.push(
                first.span(),
                format!("`{}` is no relation, so the path `{}` cannot go on from it", field.name, path.text()),
            );
            None
        }
        None if declaration.many(first).is_some() => Some(if goes_on { Start::Elsewhere } else { Start::Many }),
        None if declaration.rule(first).is_some() && !goes_on => Some(Start::Rule),
        None if declaration.rule(first).is_some() => {
            errors.push(first.span(), format!("`{first}` is a rule; nothing follows it"));
            None
        }
        None => {
            unknown(declaration, first, &[], errors);
            None
        }
    }
}

/// Whether a path is not too long; adds it when it is.
pub(super) fn check_length(path: &Path, errors: &mut Errors) -> bool {
    if path.len() > MAX_STEPS {
        errors.push(path.last.span(), format!("a path follows at most {MAX_STEPS} relations; name a rule half-way"));
    }
    path.len() <= MAX_STEPS
}

/// Adds that a name is no field of the declaration; `words` might be meant too.
pub(super) fn unknown(declaration: &Declaration, name: &Ident, words: &[&str], errors: &mut Errors) {
    let text = name.unraw().to_string();
    if VERBS.contains(&text.as_str()) {
        let message = format!("`{text}` has no rule here whose name it could be; say who may: `#[can({text}: …)]`");
        return errors.push(name.span(), message);
    }
    // A field of an impossible type is left out of the model, and has its own message.
    if declaration.item.fields.iter().any(|field| field.ident.as_ref() == Some(name)) {
        return;
    }
    let parts = declaration.parts();
    let candidates: Vec<&str> = parts.iter().map(String::as_str).chain(words.iter().copied()).collect();
    let by_key = declaration.fields.iter().find(|field| field.key == text).map(|field| field.name.as_str());
    let advice = by_key.map_or_else(
        || names::advice(&text, &candidates),
        |field| format!("it is the JSON key of `{field}`; write `{field}`"),
    );
    errors.push(name.span(), format!("`{}` has no field or rule `{text}`; {advice}", declaration.item.ident));
}
