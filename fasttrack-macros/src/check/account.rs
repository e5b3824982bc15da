//! The account: what logging in needs, and that nobody can raise himself.

use proc_macro2::Span;

use super::rule::VERBS;
use crate::{
    errors::Errors,
    model::{ConstantValue, Declaration, Field, Registers, Registration, Rule, Value},
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
        ("role", Shape::Choice, "`pub role: Role`, an enum with #[derive(Choice)]"),
        errors,
    );
    check_power(declaration, account, ("is_active", Shape::Bool, "`pub is_active: bool`"), errors);
    for field in &declaration.fields {
        check_registration_can_fill(field, errors);
    }
    check_verification(declaration, errors);
    check_invitation(declaration, errors);
    for field in declaration.fields.iter().filter(|field| field.key == "current_password") {
        let message =
            "a change of the address is sent with a `current_password`, which is no field; name this one otherwise";
        errors.push(field.ident.span(), message);
    }
    if let Some(under) = &declaration.under {
        errors.push(under.span(), "the account lies under nothing: who registers has no parent yet; take `under` away");
    }
}

/// That an address is confirmed is for its owner to show, and for nobody to say.
fn check_verification(declaration: &Declaration, errors: &mut Errors) {
    let Some(field) = declaration.fields.iter().find(|field| field.name == "email_verified") else { return };
    let default = field.option("default").map(|option| &option.value);
    let is_false = matches!(default, Some(Value::Nothing))
        || matches!(default, Some(Value::Constant(constant)) if constant.value == ConstantValue::Bool(false));
    if field.ty.shape != Shape::Bool || field.ty.nullable || !field.has("read_only") || !is_false {
        let message = "an address is not confirmed before a link in a mail says so; write \
                       `#[field(default = false, read_only)] pub email_verified: bool`, or name this otherwise";
        errors.push(field.ident.span(), message);
    }
}

/// Somebody has to be able to invite, and not everybody.
fn check_invitation(declaration: &Declaration, errors: &mut Errors) {
    let invited = declaration.registration.filter(|registration| registration.registers == Registers::Invited);
    let Some(Registration { at, .. }) = invited else { return };
    let create = declaration.grants.iter().find(|grant| grant.verb == "create");
    match create.map(|grant| &grant.rule) {
        None if declaration.reads_every_can() => {
            errors.push(at, "nobody could be invited; say who may: `#[can(create: role(Admin))]`");
        }
        Some(Rule::Anyone) => {
            errors
                .push(at, "whoever is not logged in could invite himself; say who may: `#[can(create: role(Admin))]`");
        }
        _ => {}
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
fn check_power(
    declaration: &Declaration,
    account: Span,
    (name, shape, what): (&str, Shape, &str),
    errors: &mut Errors,
) {
    let Some(field) = declaration.fields.iter().find(|field| field.name == name) else {
        return errors.push(account, format!("an account has {what}; add it"));
    };
    if field.ty.shape != shape || field.ty.nullable {
        return errors.push(field.ident.span(), format!("an account has {what}; write it so"));
    }
    check_is_guarded(declaration, field, errors);
    if !field.has("default") {
        let message = format!("who registers does not say his `{name}`; add `default = …`");
        errors.push(field.ident.span(), message);
    }
}

fn check_is_guarded(declaration: &Declaration, field: &Field, errors: &mut Errors) {
    let Some(option) = field.option("write") else {
        if !field.has("read_only") {
            let message = format!("anybody could set his own `{}`; say who may: `write = role(Admin)`", field.name);
            errors.push(field.ident.span(), message);
        }
        return;
    };
    let Value::Rule(rule) = &option.value else { return };
    let fuel = declaration.rules.len() + VERBS.len();
    if !asks_for_a_role(declaration, rule, fuel) {
        let message = format!(
            "this lets somebody without a role set his own `{}`; say which role may: `write = role(Admin)`",
            field.name
        );
        return errors.push(option.span, message);
    }
    if let Some(Value::Constant(default)) = field.option("default").map(|option| &option.value)
        && let ConstantValue::Variant(variant) = &default.value
        && names_role(declaration, rule, &variant.to_string(), fuel)
    {
        let message = format!(
            "whoever registers would be `{variant}`, which may raise others; let the default be a role that may not"
        );
        errors.push(default.span, message);
    }
}

/// Whether a rule holds for nobody without one of the roles that it names. What has a message of its own counts as such.
fn asks_for_a_role(declaration: &Declaration, rule: &Rule, fuel: usize) -> bool {
    match rule {
        Rule::Role(_) | Rule::RoleWord(_) => true,
        Rule::All(parts) => parts.iter().any(|part| asks_for_a_role(declaration, part, fuel)),
        Rule::Any(parts) => parts.iter().all(|part| asks_for_a_role(declaration, part, fuel)),
        Rule::Path(path) if path.head.is_empty() => match declaration.rule(&path.last) {
            Some(named) => named.is_none_or(|rule| follow(fuel, |fuel| asks_for_a_role(declaration, rule, fuel))),
            None => declaration.field(&path.last).is_none(),
        },
        _ => false,
    }
}

/// Whether a role is one of those that a rule lets through.
fn names_role(declaration: &Declaration, rule: &Rule, wanted: &str, fuel: usize) -> bool {
    match rule {
        Rule::Role(variant) | Rule::RoleWord(variant) => variant == wanted,
        Rule::All(parts) | Rule::Any(parts) => parts.iter().any(|part| names_role(declaration, part, wanted, fuel)),
        Rule::Path(path) if path.head.is_empty() => {
            let named = declaration.rule(&path.last).flatten();
            named.is_some_and(|rule| follow(fuel, |fuel| names_role(declaration, rule, wanted, fuel)))
        }
        _ => false,
    }
}

/// Follows a named rule, unless they go round in a circle.
fn follow(fuel: usize, ask: impl FnOnce(usize) -> bool) -> bool {
    fuel.checked_sub(1).is_some_and(ask)
}

/// Who registers has no role yet, and is nobody yet.
fn check_registration_can_fill(field: &Field, errors: &mut Errors) {
    if field.ty.nullable || field.has("default") || field.name == "role" || field.name == "is_active" {
        return;
    }
    if let Some(option) = field.option("write") {
        let message = format!(
            "nobody could register: who does may not set `{}`, and has to; add `default = …`, or make it an `Option`",
            field.name
        );
        errors.push(option.span, message);
    }
    if let Some(option) = field.option("actor") {
        errors.push(option.span, "nobody could register: who does is no account yet; make it an `Option`");
    }
}
