//! `#[check(…)]`: whether what is compared can be, and says something.

use std::collections::HashSet;

use proc_macro2::Ident;
use syn::ext::IdentExt as _;

use super::{constant, constraint, figure};
use crate::{
    errors::Errors,
    model::{Constant, ConstantValue, Declaration, Field, Operand, Operator},
    shape::{Compares, Shape},
};

/// Most comparisons of a check.
const MAX_COMPARISONS: usize = 32;

pub(super) fn check(declaration: &Declaration, errors: &mut Errors) {
    let mut said = HashSet::new();
    for check in &declaration.checks {
        let mut count = 0;
        check.condition.each(&mut |left, op, right| {
            count += 1;
            check_comparison(declaration, left, op, right, errors);
        });
        if count > MAX_COMPARISONS {
            errors.push(check.at, format!("a check has at most {MAX_COMPARISONS} comparisons; say several checks"));
        }
        if !said.insert(check.condition.text(declaration)) {
            errors.push(check.at, "this is said already; say it once");
        }
    }
}

/// One side of a comparison.
enum Side<'a> {
    Field(&'a Ident, &'a Field),
    Constant(Constant),
}

fn check_comparison(declaration: &Declaration, left: &Operand, op: &Operator, right: &Operand, errors: &mut Errors) {
    let (one, other) = (side(declaration, left, right, errors), side(declaration, right, left, errors));
    let Some((one, other)) = one.zip(other) else { return };
    match (&one, &other) {
        (Side::Constant(constant), Side::Constant(_)) => {
            errors.push(constant.span, "both of these are constants, which no row changes; compare a field");
        }
        (Side::Field(name, field), Side::Constant(constant)) | (Side::Constant(constant), Side::Field(name, field)) => {
            if is_comparable(name, field, errors) {
                check_constant(field, op, constant, errors);
            }
        }
        (Side::Field(first, one), Side::Field(second, other)) => {
            let are_comparable =
                [(first, one), (second, other)].map(|(name, field)| is_comparable(name, field, errors));
            if are_comparable == [true; 2] {
                check_fields(one, op, (second, other), errors);
            }
        }
    }
}

/// What an operand is; of a name that is no field, the variant of the choice on the other side.
fn side<'a>(
    declaration: &'a Declaration,
    operand: &'a Operand,
    beside: &Operand,
    errors: &mut Errors,
) -> Option<Side<'a>> {
    let name = match operand {
        Operand::Constant(constant) => return Some(Side::Constant(constant.clone())),
        Operand::Name(name) => name,
    };
    let is_choice = |operand: &Operand| {
        let Operand::Name(name) = operand else { return false };
        declaration.named(name).is_some_and(|field| field.ty.shape == Shape::Choice)
    };
    if declaration.named(name).is_none() && is_choice(beside) {
        return Some(Side::Constant(Constant { span: name.span(), value: ConstantValue::Variant(name.clone()) }));
    }
    if name == "now" && declaration.named(name).is_none() {
        let message = "`now` goes on while rows stay as they are, so that what held would hold no more; ask it in a rule: \
                       `#[can(create: owner & starts_at > now)]`";
        errors.push(name.span(), message);
        return None;
    }
    constraint::field(declaration, name, errors).map(|field| Side::Field(name, field))
}

fn is_comparable(name: &Ident, field: &Field, errors: &mut Errors) -> bool {
    let shape = field.ty.shape;
    let why = match shape.spec().compares {
        _ if figure::of(field).is_some() => constraint::KEPT.to_owned(),
        _ if field.has("hidden") => "a refusal would tell what `hidden` hides; take one away".to_owned(),
        _ if field.has("read") => "a refusal would tell what `read` shows to some alone; take one away".to_owned(),
        Compares::Nothing if shape == Shape::UpdatedAt => {
            format!("every change moves `{}`, whatever it is about; compare a field that is set", field.name)
        }
        Compares::Nothing => format!("`{}` is a `{}`, which is not compared", field.name, shape.written()),
        _ => return true,
    };
    errors.push(name.span(), why);
    false
}

fn check_constant(field: &Field, op: &Operator, constant: &Constant, errors: &mut Errors) {
    let fits = match field.ty.shape {
        Shape::Relation | Shape::Id => {
            let name = &field.name;
            Err(format!("an id means nothing by itself; compare `{name}` with another relation: `{name} != other`"))
        }
        Shape::Timestamp | Shape::CreatedAt | Shape::Date => {
            let (name, written) = (&field.name, field.ty.shape.written());
            Err(format!("there are no constants of type `{written}`; compare `{name}` with another field"))
        }
        _ => constant::fits(field, constant),
    };
    if let Err(message) = fits {
        errors.push(constant.span, message);
    } else {
        check_order(field, op, errors);
    }
}

fn check_fields(one: &Field, op: &Operator, (name, other): (&Ident, &Field), errors: &mut Errors) {
    if one.name == other.name {
        let says = if matches!(op.variant, "Eq" | "Le" | "Ge") { "always holds" } else { "no row could hold" };
        errors
            .push(name.span(), format!("`{}` is compared with itself, which {says}; name another field", name.unraw()));
    } else if !are_alike(one, other) {
        let (first, second) = (one.ty.written(), other.ty.written());
        let message = format!(
            "`{}` is of type `{first}` and `{}` of `{second}`; compare fields of one type",
            one.name, other.name
        );
        errors.push(name.span(), message);
    } else {
        check_order(one, op, errors);
    }
}

/// Whether two fields are of one type, as far as the macro can tell.
fn are_alike(one: &Field, other: &Field) -> bool {
    let kin = |field: &Field| match field.ty.shape {
        Shape::CreatedAt => Shape::Timestamp,
        Shape::Id => Shape::Relation,
        shape => shape,
    };
    kin(one) == kin(other) && one.ty.scale == other.ty.scale
}

fn check_order(field: &Field, op: &Operator, errors: &mut Errors) {
    if op.orders && field.ty.shape.spec().compares != Compares::Order {
        let written = field.ty.shape.written();
        errors.push(op.span, format!("a `{written}` is neither smaller nor larger; use `==` or `!=`"));
    }
}
