//! Constraints over several fields: that the fields are there, fit, and are said once.

use std::collections::BTreeSet;

use proc_macro2::Ident;
use syn::ext::IdentExt as _;

use super::figure;
use crate::{
    errors::Errors,
    model::{Declaration, Field, Unique},
    names,
    shape::Shape,
};

/// Why a figure has no place in a constraint: who changes another row would break it.
pub(super) const KEPT: &str = "the server keeps it, so that who changes another row would be refused; take it out";

/// Most fields that are unique together.
const MAX_UNIQUE: usize = 8;

pub(super) fn check(declaration: &Declaration, errors: &mut Errors) {
    let mut said: Vec<BTreeSet<String>> = Vec::new();
    for unique in &declaration.uniques {
        check_fields_are_several(unique, errors);
        check_fields_can_be_unique(declaration, unique, errors);
        let names: BTreeSet<String> = unique.fields.iter().map(|name| name.unraw().to_string()).collect();
        if said.contains(&names) {
            errors.push(unique.at, "these fields are unique already, in whatever order; say it once");
        }
        said.push(names);
    }
}

fn check_fields_are_several(unique: &Unique, errors: &mut Errors) {
    match unique.fields.as_slice() {
        [] => errors.push(unique.at, "say which fields no two rows hold alike: `#[unique(organisation, user)]`"),
        [only] => errors
            .push(only.span(), "one field alone says so itself: use `#[field(unique)]`; here stand two fields or more"),
        fields => {
            if let Some(more) = fields.get(MAX_UNIQUE) {
                errors.push(more.span(), format!("at most {MAX_UNIQUE} fields are unique together"));
            }
        }
    }
}

fn check_fields_can_be_unique(declaration: &Declaration, unique: &Unique, errors: &mut Errors) {
    for (place, name) in unique.fields.iter().enumerate() {
        let Some(field) = field(declaration, name, errors) else { continue };
        if unique.fields.iter().take(place).any(|other| other.unraw() == name.unraw()) {
            errors.push(name.span(), format!("`{}` is said twice", field.name));
            continue;
        }
        let written = field.ty.shape.written();
        let why = match field.ty.shape {
            Shape::Id => "every row has an id of its own, so that this would say nothing; take it out".to_owned(),
            _ if figure::of(field).is_some() => KEPT.to_owned(),
            _ if field.has("hidden") => "a conflict would tell what `hidden` hides; take one away".to_owned(),
            Shape::DeletedAt => "rows that are deleted do not count as it is; take it out".to_owned(),
            Shape::CreatedAt | Shape::UpdatedAt => {
                format!("`{written}` is set by the server, to the microsecond; take it out")
            }
            Shape::Float => format!("`{written}` is never quite the same; use `Decimal<S>`"),
            shape if !shape.spec().is_ordered => format!("`{written}` cannot be compared; take it out"),
            _ => continue,
        };
        errors.push(name.span(), why);
    }
}

/// The field of this name; what is none is added, with the near name.
pub(super) fn field<'a>(declaration: &'a Declaration, name: &Ident, errors: &mut Errors) -> Option<&'a Field> {
    let found = declaration.named(name);
    // A field of an impossible type is left out of the model, and has its own message.
    let is_there = declaration.item.fields.iter().any(|field| field.ident.as_ref() == Some(name));
    if found.is_none() && !is_there {
        let text = name.unraw().to_string();
        let by_key = declaration.fields.iter().find(|field| field.key == text);
        let fields: Vec<&str> = declaration.fields.iter().map(|field| field.name.as_str()).collect();
        let advice = by_key.map_or_else(
            || names::advice(&text, &fields),
            |field| format!("it is the JSON key of `{0}`; write `{0}`", field.name),
        );
        errors.push(name.span(), format!("`{}` has no field `{text}`; {advice}", declaration.item.ident));
    }
    found
}
