//! Fields that some callers alone are shown: what would tell them to the others.

use crate::{
    errors::Errors,
    model::{Declaration, Field, Rule, Value},
};

pub(super) fn check(declaration: &Declaration, errors: &mut Errors) {
    for field in &declaration.fields {
        let Some(Value::Rule(rule)) = field.option("read").map(|option| &option.value) else { continue };
        check_lists_do_not_tell(declaration, field, rule, errors);
        if let Some(under) = declaration.under.as_ref().filter(|under| **under == field.ident) {
            let message = format!("the path of the list tells `{}`; take `read` away", field.name);
            errors.push(under.span(), message);
        }
    }
}

/// Where the rule asks the row, what a list leaves out and in which order it comes would tell what the row does not show. Lists
/// can do that for those alone who are shown the field of every row.
fn check_lists_do_not_tell(declaration: &Declaration, field: &Field, rule: &Rule, errors: &mut Errors) {
    if shows_every_row_to_some(declaration, rule, declaration.rules.len() + declaration.grants.len()) {
        return;
    }
    for name in ["filter", "sort", "search"] {
        if let Some(option) = field.option(name) {
            let message = format!(
                "`{name}` is for who is shown the field of every row, and by this rule that depends on the row; let a role see it \
                 in each (`read = … | role(Admin)`), or take `{name}` away"
            );
            errors.push(option.span, message);
        }
    }
}

/// Whether there are callers whom a rule lets whatever the row is.
fn shows_every_row_to_some(declaration: &Declaration, rule: &Rule, fuel: usize) -> bool {
    match rule {
        Rule::Any(parts) => parts.iter().any(|part| shows_every_row_to_some(declaration, part, fuel)),
        Rule::Path(path) if path.head.is_empty() => {
            let named = declaration.rule(&path.last).flatten().zip(fuel.checked_sub(1));
            named.is_some_and(|(rule, fuel)| shows_every_row_to_some(declaration, rule, fuel))
        }
        rule => asks_the_caller_alone(declaration, rule, fuel),
    }
}

/// Whether a rule is decided by who is calling, whatever the row is.
fn asks_the_caller_alone(declaration: &Declaration, rule: &Rule, fuel: usize) -> bool {
    match rule {
        Rule::Any(parts) | Rule::All(parts) => parts.iter().all(|part| asks_the_caller_alone(declaration, part, fuel)),
        Rule::Not(part) => asks_the_caller_alone(declaration, part, fuel),
        Rule::Anyone | Rule::Authenticated | Rule::Role(_) | Rule::RoleWord(_) => true,
        Rule::Path(path) if path.head.is_empty() => {
            let named = declaration.rule(&path.last).flatten().zip(fuel.checked_sub(1));
            named.is_some_and(|(rule, fuel)| asks_the_caller_alone(declaration, rule, fuel))
        }
        _ => false,
    }
}
