//! `#[exclusive(…)]`: whether rows can lie beside each other in that way.

use std::collections::BTreeSet;

use proc_macro2::Ident;
use syn::ext::IdentExt as _;

use super::{
    constraint::{KEPT, field},
    figure,
};
use crate::{
    errors::Errors,
    model::{Declaration, Exclusive, Field},
    shape::{Compares, Shape},
};

/// Most fields that rows may have in common.
const MAX_PER: usize = 8;

pub(super) fn check(declaration: &Declaration, errors: &mut Errors) {
    let mut said = Vec::new();
    for exclusive in &declaration.exclusives {
        check_ends(declaration, exclusive, errors);
        check_what_rows_have_in_common(declaration, exclusive, errors);
        let text = |name: &Ident| name.unraw().to_string();
        let per: BTreeSet<String> = exclusive.per.iter().map(text).collect();
        let all = (text(&exclusive.start), text(&exclusive.end), per);
        if said.contains(&all) {
            errors.push(exclusive.at, "this is said already; say it once");
        }
        said.push(all);
    }
}

fn check_ends(declaration: &Declaration, exclusive: &Exclusive, errors: &mut Errors) {
    let Exclusive { start, end, .. } = exclusive;
    let ends = [start, end].map(|name| Some((name, field(declaration, name, errors)?)));
    let [Some((_, from)), Some((name, to))] = ends else { return };
    if from.name == to.name {
        errors.push(name.span(), format!("`{}` is where it begins; name the field where it ends", to.name));
        return;
    }
    let are_ends = [(start, from), (end, to)].map(|(name, field)| is_end(name, field, errors));
    if are_ends == [true; 2] && from.ty.written() != to.ty.written() {
        let (one, other) = (from.ty.written(), to.ty.written());
        let message = format!("it begins at a `{one}` and ends at a `{other}`; both are of one type");
        errors.push(name.span(), message);
    }
}

fn is_end(name: &Ident, field: &Field, errors: &mut Errors) -> bool {
    let is_ordered = matches!(field.ty.shape, Shape::Timestamp | Shape::Date | Shape::Int | Shape::Decimal);
    let why = if figure::of(field).is_some() {
        KEPT.to_owned()
    } else if !is_ordered {
        let (name, written) = (&field.name, field.ty.shape.written());
        format!("`{name}` is a `{written}`; rows lie between two of `Timestamp`, `Date`, `i64` or `Decimal<S>`")
    } else if field.has("hidden") {
        "a conflict would tell what `hidden` hides; take one away".to_owned()
    } else if field.ty.nullable {
        format!("`{}` may be null, and nobody could tell what it overlaps; take the `Option` away", field.name)
    } else {
        return true;
    };
    errors.push(name.span(), why);
    false
}

fn check_what_rows_have_in_common(declaration: &Declaration, exclusive: &Exclusive, errors: &mut Errors) {
    if let Some(more) = exclusive.per.get(MAX_PER) {
        errors.push(more.span(), format!("`per` names at most {MAX_PER} fields"));
    }
    for (place, name) in exclusive.per.iter().enumerate() {
        let Some(field) = field(declaration, name, errors) else { continue };
        let is_it = |other: &Ident| other.unraw() == name.unraw();
        let written = field.ty.shape.written();
        let why = match field.ty.shape {
            _ if is_it(&exclusive.start) || is_it(&exclusive.end) => {
                format!("`{}` is an end of what may not overlap; `per` names what rows have in common", field.name)
            }
            _ if exclusive.per.iter().take(place).any(is_it) => format!("`{}` is said twice", field.name),
            _ if figure::of(field).is_some() => KEPT.to_owned(),
            _ if field.has("hidden") => "a conflict would tell what `hidden` hides; take one away".to_owned(),
            Shape::Id => "no two rows have the same id, so that none would overlap; take it out".to_owned(),
            Shape::Float => format!("`{written}` is never quite the same; use `Decimal<S>`"),
            Shape::CreatedAt => format!("`{written}` is set by the server, to the microsecond; take it out"),
            shape if shape.spec().compares == Compares::Nothing => {
                format!("`{}` is a `{written}`, which is not compared; take it out", field.name)
            }
            _ => continue,
        };
        errors.push(name.span(), why);
    }
}
