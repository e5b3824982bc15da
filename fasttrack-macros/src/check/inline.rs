//! Rows that a `POST` takes along: how many, and whether there is a `POST`. What they are is for the types.

use syn::ext::IdentExt as _;

use crate::{
    errors::Errors,
    model::{Constant, ConstantValue, Declaration, Has, Inline},
};

/// Most rows that one request takes along.
const MAX: i64 = 1_000;

pub(super) fn check(declaration: &Declaration, errors: &mut Errors) {
    for has in &declaration.has {
        let Some(inline) = &has.inline else { continue };
        check_they_can_come(declaration, inline, errors);
        check_key(declaration, has, errors);
        match &inline.bounds {
            Some((min, Some(max))) => check_bounds(min.as_ref(), max, errors),
            Some((_, None)) => errors.push(
                inline.at,
                format!("say how many at most, so that a request has an end: `inline = 1..={}`", MAX / 10),
            ),
            None => {}
        }
    }
}

fn check_they_can_come(declaration: &Declaration, inline: &Inline, errors: &mut Errors) {
    if declaration.account.is_some() {
        errors.push(
            inline.at,
            "an account comes into being by registration, which takes no rows along; take `inline` away",
        );
    } else if declaration.reads_every_can() && !declaration.grants.iter().any(|grant| grant.verb == "create") {
        errors.push(inline.at, "there is no `POST` that could take them along; say who may: `#[can(create: …)]`");
    }
}

/// They are shown under their name, where a field may be under another than its own.
fn check_key(declaration: &Declaration, has: &Has, errors: &mut Errors) {
    let name = has.name.unraw().to_string();
    if let Some(field) = declaration.fields.iter().find(|field| field.key == name && field.name != name) {
        let message = format!("`{name}` is the key of `{}` in JSON; take another name", field.name);
        errors.push(has.name.span(), message);
    }
}

fn check_bounds(min: Option<&Constant>, max: &Constant, errors: &mut Errors) {
    let number = |bound: &Constant, errors: &mut Errors| match bound.value {
        ConstantValue::Int(number) if number >= 0 => Some(number),
        _ => {
            errors.push(bound.span, "how many is a whole number of at least 0");
            None
        }
    };
    let least = min.map_or(Some(0), |min| number(min, errors));
    match (least, number(max, errors)) {
        (_, Some(0)) => errors.push(max.span, "nothing could be taken along; take `inline` away, or say more"),
        (_, Some(most)) if most > MAX => {
            errors.push(max.span, format!("one request takes at most {MAX} rows along"));
        }
        (Some(least), Some(most)) if least > most => {
            errors.push(max.span, format!("no number is at least {least} and at most {most}"));
        }
        _ => {}
    }
}
