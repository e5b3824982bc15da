//! Figures that the server keeps: which rows they are counted from, and by what.

use proc_macro2::{Ident, Span};
use syn::ext::IdentExt as _;

use crate::{
    errors::Errors,
    model::{Declaration, Field, GivenOption, Rule, Value},
    names,
};

/// Options that say how a field is written, which the server alone does.
const WRITTEN: [&str; 7] = ["default", "unique", "range", "read_only", "write_once", "write", "actor"];

/// The options that make a field a figure.
const FIGURES: [&str; 2] = ["count", "sum"];

/// What makes the field one that the server keeps.
pub(super) fn of(field: &Field) -> Option<&GivenOption> {
    FIGURES.iter().find_map(|name| field.option(name))
}

pub(super) fn check(declaration: &Declaration, errors: &mut Errors) {
    for field in &declaration.fields {
        let Some(option) = of(field) else { continue };
        if !option.spec.fits(field.ty.shape) {
            continue;
        }
        check_it_is_kept_alone(field, option, errors);
        match &option.value {
            Value::Count(rows, rule) => {
                check_rows(declaration, rows, errors);
                if let Some(rule) = rule {
                    check_rule(rule, option.span, errors);
                }
            }
            Value::Sum(rows, _) => check_rows(declaration, rows, errors),
            _ => {}
        }
    }
}

fn check_it_is_kept_alone(field: &Field, option: &GivenOption, errors: &mut Errors) {
    let name = option.spec.name;
    if let Some((_, second)) = field.option("count").zip(field.option("sum")) {
        errors.push(second.span, "a field is either a `count` or a `sum`; make two of it");
    }
    if field.ty.nullable {
        errors.push(option.span, format!("a `{name}` is always there; take the `Option` of `{}` away", field.name));
    }
    for other in WRITTEN.iter().filter_map(|other| field.option(other)) {
        let message = format!(
            "`{}` says how a field is written, and the server alone keeps a `{name}`; take it away",
            other.spec.name
        );
        errors.push(other.span, message);
    }
}

fn check_rows(declaration: &Declaration, rows: &Ident, errors: &mut Errors) {
    if declaration.many(rows).is_some() {
        return;
    }
    let known: Vec<String> = declaration.has.iter().map(|has| has.name.unraw().to_string()).collect();
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    let advice = if known.is_empty() {
        format!("name them: `#[has({rows}: Task.project)]`")
    } else {
        names::advice(&rows.unraw().to_string(), &known)
    };
    errors.push(rows.span(), format!("`{rows}` are no rows that refer here; {advice}"));
}

/// A figure is the same whoever asks and whenever: it is counted by what a row holds itself.
fn check_rule(rule: &Rule, at: Span, errors: &mut Errors) {
    const OWN: &str =
        "a figure is the same for everybody at all times: count by fields of the row compared with constants";
    match rule {
        Rule::Any(parts) | Rule::All(parts) => parts.iter().for_each(|part| check_rule(part, at, errors)),
        Rule::Not(part) => check_rule(part, at, errors),
        Rule::Compare { path, .. } if path.head.is_empty() => {}
        Rule::Compare { path, .. } | Rule::Moment { path, .. } | Rule::Path(path) | Rule::AnyOf { path, .. } => {
            errors.push(path.first().span(), OWN);
        }
        Rule::Role(word) | Rule::RoleWord(word) => errors.push(word.span(), OWN),
        Rule::Oneself(span) => errors.push(*span, OWN),
        _ => errors.push(at, OWN),
    }
}
