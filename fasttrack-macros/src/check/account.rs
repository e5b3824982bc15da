//! The account: what logging in needs, and that nobody can raise himself.

use proc_macro2::Span;

use crate::{
    errors::Errors,
    model::{Declaration, Field},
    shape::Shape,
};

pub(super) fn check(declaration: &Declaration, errors: &mut Errors) {
    let Some(account) = declaration.account else { return };
    check_there_is_one(declaration, account, Shape::Email, "`pub email: Email`", errors);
    check_there_is_one(
        declaration,
        account,
        Shape::PasswordHash,
        "`#[field(hidden)] pub password: PasswordHash`",
        errors,
    );
    for email in declaration.fields.iter().filter(|field| field.ty.shape == Shape::Email && !field.has("unique")) {
        errors.push(email.ident.span(), "one address is one account; add `unique`");
    }
    check_power(
        declaration,
        account,
        "role",
        Shape::Choice,
        "`pub role: Role`, an enum with #[derive(Choice)]",
        errors,
    );
    check_power(declaration, account, "is_active", Shape::Bool, "`pub is_active: bool`", errors);
    if let Some(under) = &declaration.under {
        errors.push(under.span(), "the account lies under nothing: who registers has no parent yet; take `under` away");
    }
}

fn check_there_is_one(declaration: &Declaration, account: Span, shape: Shape, what: &str, errors: &mut Errors) {
    let mut found = declaration.fields.iter().filter(|field| field.ty.shape == shape);
    if found.next().is_none_or(|field| field.ty.nullable) {
        errors.push(account, format!("logging in needs {what}; add it"));
    }
    for second in found {
        errors.push(second.ident.span(), format!("an account has one `{}`", shape.written()));
    }
}

/// A field that decides what an account may do: it is there, of its type, and not everybody's to write.
fn check_power(declaration: &Declaration, account: Span, name: &str, shape: Shape, what: &str, errors: &mut Errors) {
    let Some(field) = declaration.fields.iter().find(|field| field.name == name) else {
        return errors.push(account, format!("an account has {what}; add it"));
    };
    if field.ty.shape != shape || field.ty.nullable {
        return errors.push(field.ident.span(), format!("an account has {what}; write it so"));
    }
    check_is_guarded(field, errors);
    if !field.has("default") {
        let message = format!("who registers does not say his `{name}`; add `default = …`");
        errors.push(field.ident.span(), message);
    }
}

fn check_is_guarded(field: &Field, errors: &mut Errors) {
    if !field.has("write") && !field.has("read_only") {
        let message = format!("anybody could set his own `{}`; say who may: `write = role(Admin)`", field.name);
        errors.push(field.ident.span(), message);
    }
}
