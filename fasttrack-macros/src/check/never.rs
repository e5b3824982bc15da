//! What nobody may do: that it is something that could be done. Whether it holds, the rules say, see
//! `fasttrack::schema::assert_never`.

use super::{path, rule};
use crate::{
    errors::Errors,
    model::{Declaration, Field, Forbidden},
    names,
    shape::Shape,
};

pub(super) fn check(declaration: &Declaration, errors: &mut Errors) {
    for never in &declaration.nevers {
        rule::check_rule(declaration, &never.rule, errors);
        for act in &never.acts {
            check_act(declaration, act, errors);
        }
    }
}

fn check_act(declaration: &Declaration, Forbidden { verb, field }: &Forbidden, errors: &mut Errors) {
    let word = verb.to_string();
    if !rule::VERBS.contains(&word.as_str()) {
        return errors.push(verb.span(), format!("`{word}` is no verb; {}", names::advice(&word, &rule::VERBS)));
    }
    if declaration.reads_every_can() && !is_offered(declaration, &word) {
        let message = match word.as_str() {
            "show" => {
                "`show` has no rule of its own, so that a row is shown to whoever may `read` it; say that".to_owned()
            }
            _ => format!("nobody may `{word}` anyway, since it has no rule; take this out"),
        };
        return errors.push(verb.span(), message);
    }
    let Some(name) = field else { return };
    let Some(field) = declaration.field(name) else { return path::unknown(declaration, name, &[], errors) };
    if let Some(why) = why_not(declaration, &word, field) {
        errors.push(name.span(), format!("`{word}` never {why}; take this out"));
    }
}

/// Whether there is a way to use a verb.
fn is_offered(declaration: &Declaration, verb: &str) -> bool {
    let registers = declaration.account.is_some() && declaration.registration.is_none();
    declaration.grants.iter().any(|grant| grant.verb == verb)
        || verb == "create" && registers
        || verb == "history" && declaration.history.is_some()
}

/// Why a verb neither takes nor shows a field, whoever uses it.
fn why_not(declaration: &Declaration, verb: &str, field: &Field) -> Option<String> {
    let name = &field.name;
    let is_set_by_server = matches!(field.ty.shape, Shape::Id | Shape::CreatedAt | Shape::UpdatedAt | Shape::DeletedAt)
        || ["read_only", "actor", "count", "sum"].iter().any(|option| field.has(option))
        || declaration.under.as_ref().is_some_and(|under| *under == field.ident);
    match verb {
        "delete" | "restore" => Some("speaks of single fields".to_owned()),
        "create" | "update" if is_set_by_server => Some(format!("takes `{name}`, which the server sets")),
        "create" if field.ty.shape == Shape::File => Some(format!("takes `{name}`, whose file is sent to a row")),
        "update" if field.has("write_once") => Some(format!("takes `{name}`, which is `write_once`")),
        "update" if field.ty.shape == Shape::PasswordHash => {
            Some(format!("takes `{name}`, which is changed with `/auth/password`"))
        }
        "list" | "read" | "history" | "show" if field.has("hidden") => Some(format!("shows `{name}`, which is hidden")),
        _ => None,
    }
}
