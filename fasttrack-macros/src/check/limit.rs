//! `#[limit(…)]`: whether there is something to count by.

use syn::ext::IdentExt as _;

use super::constraint::field;
use crate::{
    errors::Errors,
    model::{Declaration, Limit},
    shape::Shape,
};

/// Most rows that a limit lets be, since they are counted at each creation.
const MAX_COUNT: u32 = 10_000;

pub(super) fn check(declaration: &Declaration, errors: &mut Errors) {
    let mut said = Vec::new();
    for limit in &declaration.limits {
        check_count(limit, errors);
        check_relation(declaration, limit, errors);
        check_instant(declaration, limit, errors);
        let what = (limit.per.unraw().to_string(), limit.within.map(|(_, length_us)| length_us));
        if said.contains(&what) {
            errors.push(limit.at, "how many there may be is said already; say it once");
        }
        said.push(what);
    }
}

fn check_count(limit: &Limit, errors: &mut Errors) {
    match limit.count {
        Some(0) => {
            errors.push(limit.count_at, "nobody could create anything; give nobody the right to `create` instead");
        }
        Some(1..=MAX_COUNT) => {}
        _ => errors.push(limit.count_at, format!("they are counted at each creation: at most {MAX_COUNT}")),
    }
}

fn check_relation(declaration: &Declaration, limit: &Limit, errors: &mut Errors) {
    let Some(field) = field(declaration, &limit.per, errors) else { return };
    if field.ty.shape != Shape::Relation {
        let message = format!(
            "`{}` is a `{}`, and rows are counted by what they refer to; name a relation (`BelongsTo`)",
            field.name,
            field.ty.shape.written()
        );
        errors.push(limit.per.span(), message);
    }
}

/// What counts for a while is told by when it was created.
fn check_instant(declaration: &Declaration, limit: &Limit, errors: &mut Errors) {
    let Some((at, _)) = limit.within else { return };
    if !declaration.fields.iter().any(|field| field.ty.shape == Shape::CreatedAt) {
        errors.push(at, "there is no instant to count by, and no index; add `pub created_at: CreatedAt`");
    }
}
