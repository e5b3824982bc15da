//! Rows that a trigger adds, as far as the declaration itself can tell: the types and `fasttrack::schema` know the rest.

use proc_macro2::Ident;
use syn::ext::IdentExt as _;

use crate::{
    check::path::{self, Start},
    errors::Errors,
    model::{Assigned, Assignment, Change, Declaration, Rule},
    names,
};

pub(super) fn check(
    declaration: &Declaration,
    change: &Change,
    to: &Ident,
    values: &[Assignment],
    errors: &mut Errors,
) {
    if matches!(change, Change::Deleted) {
        errors.push(to.span(), "nothing can be added to a row that goes");
    }
    if matches!(change, Change::At { .. }) {
        errors.push(to.span(), "at an instant a message is told or a job runs; let a job add the row");
    }
    let Some(has) = declaration.many(to) else {
        let known: Vec<String> = declaration.has.iter().map(|has| has.name.unraw().to_string()).collect();
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        let advice = if known.is_empty() {
            "name the rows that refer here: `#[has(members: Membership.organisation)]`".to_owned()
        } else {
            names::advice(&to.unraw().to_string(), &known)
        };
        return errors.push(to.span(), format!("`{to}` are no rows that refer here; {advice}"));
    };
    let mut seen: Vec<&Ident> = Vec::new();
    for assignment in values {
        let field = &assignment.field;
        if *field == has.relation {
            errors.push(field.span(), format!("`{field}` leads to the row by itself; take it out"));
        } else if seen.contains(&field) {
            errors.push(field.span(), format!("`{field}` has a value already"));
        }
        seen.push(field);
        check_value(declaration, &assignment.value, errors);
    }
}

fn check_value(declaration: &Declaration, value: &Assigned, errors: &mut Errors) {
    match value {
        Assigned::Actor(span) if declaration.account.is_some() => {
            errors.push(*span, "who registers is nobody yet, and a command is nobody; there is no `actor` here");
        }
        Assigned::Actor(span) if lets_anyone_write(declaration) => {
            let message = "`anyone` may write, also who is not logged in and so is no actor; say `authenticated` there";
            errors.push(*span, message);
        }
        Assigned::Path(path) => match path::start(declaration, path, errors) {
            Some(Start::Rule | Start::Many) => {
                errors.push(path.last.span(), format!("`{}` is no field", path.last));
            }
            Some(Start::Field(_) | Start::Elsewhere) | None => {}
        },
        Assigned::Actor(_) | Assigned::Constant(_) => {}
    }
}

/// Whether who is not logged in may create or change a row.
fn lets_anyone_write(declaration: &Declaration) -> bool {
    let writes = declaration.grants.iter().filter(|grant| grant.verb == "create" || grant.verb == "update");
    writes.into_iter().any(|grant| says_anyone(declaration, &grant.rule, 0))
}

fn says_anyone(declaration: &Declaration, rule: &Rule, depth: usize) -> bool {
    match rule {
        Rule::Anyone => true,
        Rule::Any(parts) | Rule::All(parts) => parts.iter().any(|part| says_anyone(declaration, part, depth)),
        Rule::Not(part) => says_anyone(declaration, part, depth),
        Rule::Path(path) if depth < declaration.rules.len() + declaration.grants.len() && path.len() == 1 => {
            let named = declaration.rule(&path.last).flatten();
            named.is_some_and(|rule| says_anyone(declaration, rule, depth + 1))
        }
        _ => false,
    }
}
