//! Rules: verbs, names, and what a rule may read when.

mod caller;

use proc_macro2::Ident;
use syn::ext::IdentExt as _;

use super::{
    constant,
    path::{self, Start},
};
use crate::{
    errors::Errors,
    model::{Afterwards, Constant, ConstantValue, Declaration, Field, Grant, Now, Operator, Path, Rule},
    names,
    parse::rule::NOW_LEADS,
    shape::Shape,
};

pub(crate) const VERBS: [&str; 8] = ["create", "list", "read", "update", "delete", "restore", "history", "show"];

/// Words of the rule language, which cannot name a rule.
pub(crate) const WORDS: [&str; 7] = ["anyone", "authenticated", "role", "self", "any", "now", "caller"];

pub(super) fn check(declaration: &Declaration, errors: &mut Errors) {
    check_there_are_rules(declaration, errors);
    check_verbs(declaration, errors);
    check_names(declaration, errors);
    for rule in declaration.rules.iter().filter_map(|named| named.rule.as_ref()) {
        check_rule(declaration, rule, errors);
    }
    for (place, grant) in declaration.grants.iter().enumerate() {
        let checked = declaration.grants.iter().take(place).any(|other| other.attribute == grant.attribute);
        if !checked {
            check_rule(declaration, &grant.rule, errors);
            if let Some(afterwards) = &grant.afterwards {
                check_only_an_update_has_an_afterwards(declaration, grant, afterwards, errors);
                check_rule(declaration, &afterwards.rule, errors);
            }
        }
    }
    for rule in declaration.fields.iter().flat_map(Field::rules) {
        check_rule(declaration, rule, errors);
    }
    check_rules_end(declaration, errors);
    check_creation_reads_what_exists(declaration, errors);
    check_creation_has_its_actor(declaration, errors);
}

fn check_there_are_rules(declaration: &Declaration, errors: &mut Errors) {
    if declaration.can_count == 0 {
        let message =
            "nobody may do anything with it; say who: `#[can(create, list, read, update, delete: authenticated)]`";
        errors.push(declaration.item.ident.span(), message);
    }
}

fn check_verbs(declaration: &Declaration, errors: &mut Errors) {
    let mut seen: Vec<String> = Vec::new();
    for grant in &declaration.grants {
        let verb = grant.verb.to_string();
        if !VERBS.contains(&verb.as_str()) {
            errors.push(grant.verb.span(), format!("`{verb}` is no verb; {}", names::advice(&verb, &VERBS)));
        } else if seen.contains(&verb) {
            errors.push(grant.verb.span(), format!("`{verb}` has a rule already; join the two with `|`"));
        }
        seen.push(verb);
    }
}

fn check_only_an_update_has_an_afterwards(
    declaration: &Declaration,
    grant: &Grant,
    afterwards: &Afterwards,
    errors: &mut Errors,
) {
    let of_the_same = declaration.grants.iter().filter(|other| other.attribute == grant.attribute);
    let verbs: Vec<String> = of_the_same.map(|grant| grant.verb.to_string()).collect();
    let others: Vec<&str> =
        verbs.iter().map(String::as_str).filter(|verb| VERBS.contains(verb) && *verb != "update").collect();
    if others.is_empty() {
        return;
    }
    let advice = if others.len() < verbs.len() {
        format!("give {} a `#[can]` of its own", names::list(&others))
    } else if others == ["create"] {
        "that of `create` is asked of it anyway; take `->` away".to_owned()
    } else {
        "take `->` away".to_owned()
    };
    errors.push(afterwards.arrow, format!("only the rule of `update` asks of the row as it would be; {advice}"));
}

fn check_names(declaration: &Declaration, errors: &mut Errors) {
    let mut seen: Vec<&proc_macro2::Ident> = Vec::new();
    for named in &declaration.rules {
        let name = &named.name;
        if WORDS.iter().any(|word| name == word) {
            errors.push(name.span(), format!("`{name}` is a word of the rule language; take another name"));
        } else if VERBS.iter().any(|verb| name == verb) {
            let message =
                format!("`{name}` is a verb, and the name of its rule: `#[can({name}: …)]`; take another name");
            errors.push(name.span(), message);
        } else if declaration.field(name).is_some() {
            errors.push(name.span(), format!("there is a field `{name}`; take another name"));
        } else if seen.contains(&name) {
            errors.push(name.span(), format!("there is a rule `{name}` already; take another name"));
        }
        seen.push(name);
    }
}

pub(super) fn check_rule(declaration: &Declaration, rule: &Rule, errors: &mut Errors) {
    match rule {
        Rule::Any(parts) | Rule::All(parts) => {
            for part in parts {
                check_rule(declaration, part, errors);
            }
        }
        Rule::Not(part) => check_rule(declaration, part, errors),
        Rule::Oneself(span) if declaration.account.is_none() => {
            errors.push(*span, "`self` is the account that the row is; only `#[resource(account)]` has it");
        }
        Rule::Path(path) => check_path(declaration, path, errors),
        Rule::Compare { path, op, value } => check_comparison(declaration, path, op, value, errors),
        Rule::Moment { path, op, now } => check_moment(declaration, path, op, now, errors),
        Rule::AnyOf { path, rule } => {
            check_many(declaration, path, errors);
            check_elsewhere(rule, errors);
        }
        Rule::OfCaller(..) | Rule::LikeCaller { .. } => caller::check(declaration, rule, errors),
        Rule::Anyone | Rule::Authenticated | Rule::Oneself(_) | Rule::Role(_) | Rule::RoleWord(_) => {}
    }
}

/// What `any(…)` is asked of. Where the path goes on, the types know.
fn check_many(declaration: &Declaration, path: &Path, errors: &mut Errors) {
    let name = &path.last;
    match path::start(declaration, path, errors) {
        Some(Start::Field(field)) if field.ty.shape == Shape::Relation => {
            let message =
                format!("`{name}` leads to one row, so there is no choice; write what holds of it: `{name}.…`");
            errors.push(name.span(), message);
        }
        Some(Start::Field(field)) if field.ty.shape == Shape::Many => {}
        Some(Start::Field(_)) => {
            errors.push(name.span(), format!("`{name}` is a field; `any(…)` is asked of many rows"));
        }
        Some(Start::Rule) => errors.push(name.span(), format!("`{name}` is a rule; `any(…)` is asked of many rows")),
        Some(Start::Many | Start::Elsewhere) | None => {}
    }
}

/// A rule of another resource, of which the types know the rest.
fn check_elsewhere(rule: &Rule, errors: &mut Errors) {
    match rule {
        Rule::Any(parts) | Rule::All(parts) => parts.iter().for_each(|part| check_elsewhere(part, errors)),
        Rule::Not(part) => check_elsewhere(part, errors),
        Rule::AnyOf { path, rule } => {
            path::check_length(path, errors);
            check_elsewhere(rule, errors);
        }
        Rule::Path(path) => _ = path::check_length(path, errors),
        Rule::Compare { path, op, value } => {
            path::check_length(path, errors);
            check_order(op, value, errors);
        }
        Rule::Moment { path, op, .. } => {
            path::check_length(path, errors);
            check_now_orders(op, errors);
        }
        Rule::OfCaller(_, rule) => check_elsewhere(rule, errors),
        Rule::LikeCaller { path, op, with, .. } => {
            path::check_length(path, errors);
            caller::check_comparison(op, with, errors);
        }
        Rule::Anyone | Rule::Authenticated | Rule::Oneself(_) | Rule::Role(_) | Rule::RoleWord(_) => {}
    }
}

fn check_path(declaration: &Declaration, path: &Path, errors: &mut Errors) {
    if path.text() == "now" && declaration.field(&path.last).is_none() {
        return errors.push(path.last.span(), format!("compare an instant with it; {NOW_LEADS}"));
    }
    if path.text() == "caller" && declaration.field(&path.last).is_none() {
        let message = "say what of the account that is calling: `caller.plan == Pro`; whoever is logged in is \
                       `authenticated`";
        return errors.push(path.last.span(), message);
    }
    let is_known = declaration.parts().contains(&path.last.unraw().to_string());
    if path.len() == 1 && !is_known {
        return path::unknown(declaration, &path.last, &WORDS, errors);
    }
    let Some(Start::Field(field)) = path::start(declaration, path, errors) else { return };
    let advice = match field.ty.shape {
        Shape::Relation | Shape::Many => return,
        Shape::Bool => format!("compare it: `{} == true`", field.name),
        Shape::Choice => format!("compare it: `{} == Active`", field.name),
        _ => "name a relation to the account".to_owned(),
    };
    errors.push(path.last.span(), format!("`{}` does not say who may; {advice}", field.name));
}

fn check_comparison(declaration: &Declaration, path: &Path, op: &Operator, value: &Constant, errors: &mut Errors) {
    if path.text() == "now" && declaration.field(&path.last).is_none() {
        return errors.push(path.last.span(), NOW_LEADS);
    }
    check_order(op, value, errors);
    match path::start(declaration, path, errors) {
        Some(Start::Field(field)) if field.ty.shape == Shape::Many => compares_many(&path.last, errors),
        Some(Start::Field(field)) => {
            let same = constant::fits(field, value).and_then(|()| exactly(field.ty.shape, value));
            if let Err(message) = same {
                errors.push(value.span, message);
            }
        }
        Some(Start::Rule) => errors.push(path.last.span(), "a named rule stands alone; it is not compared"),
        Some(Start::Many) => compares_many(&path.last, errors),
        Some(Start::Elsewhere) | None => {}
    }
}

fn check_moment(declaration: &Declaration, path: &Path, op: &Operator, now: &Now, errors: &mut Errors) {
    check_now_orders(op, errors);
    match path::start(declaration, path, errors) {
        Some(Start::Field(field)) if field.ty.shape == Shape::Many => compares_many(&path.last, errors),
        Some(Start::Field(field)) if !field.ty.shape.is_timed() => {
            let written = field.ty.shape.spec().written();
            let message = format!(
                "`{}` is `{written}`; `now` is compared with a `Timestamp`, `CreatedAt`, `UpdatedAt` or `Date`",
                field.name
            );
            errors.push(now.span, message);
        }
        Some(Start::Rule) => errors.push(path.last.span(), "a named rule stands alone; it is not compared"),
        Some(Start::Many) => compares_many(&path.last, errors),
        Some(Start::Field(_) | Start::Elsewhere) | None => {}
    }
}

fn check_now_orders(op: &Operator, errors: &mut Errors) {
    if !op.orders {
        errors.push(op.span, "no instant is exactly now; compare with `<`, `<=`, `>` or `>=`");
    }
}

fn compares_many(name: &Ident, errors: &mut Errors) {
    errors.push(name.span(), format!("`{name}` are many rows; compare a field of one: `any({name}: …)`"));
}

fn check_order(op: &Operator, value: &Constant, errors: &mut Errors) {
    let orderable = matches!(value.value, ConstantValue::Int(_) | ConstantValue::Float(_));
    if op.orders && !orderable {
        errors.push(op.span, "only numbers are smaller or larger; use `==` or `!=`");
    }
}

/// Where the other side is not known, an integer is an `i64`; so it is here too.
fn exactly(shape: Shape, value: &Constant) -> Result<(), String> {
    match value.value {
        ConstantValue::Int(value) if shape == Shape::Float => Err(format!("write `{value}.0`")),
        _ => Ok(()),
    }
}

fn check_rules_end(declaration: &Declaration, errors: &mut Errors) {
    let named = declaration.rules.iter().filter_map(|named| Some((&named.name, named.rule.as_ref()?)));
    let verbs = declaration.grants.iter().map(|grant| (&grant.verb, &grant.rule));
    // A circle is one mistake, however many rules are in it.
    let mut told: Vec<String> = Vec::new();
    for (name, rule) in named.chain(verbs) {
        let mut reached = Vec::new();
        collect(declaration, rule, &mut reached, &mut |_| {});
        if reached.contains(&name.to_string()) && !reached.iter().any(|other| told.contains(other)) {
            errors.push(name.span(), format!("the rule `{name}` refers to itself"));
            told.push(name.to_string());
        }
    }
}

/// The row is checked as it would be; only who it is, is not known yet. The server's own fields cannot be compared.
fn check_creation_reads_what_exists(declaration: &Declaration, errors: &mut Errors) {
    let Some(grant) = declaration.grants.iter().find(|grant| grant.verb == "create") else { return };
    collect(declaration, &grant.rule, &mut Vec::new(), &mut |leaf| match leaf {
        Rule::Oneself(span) if declaration.account.is_some() => {
            errors.push(*span, "`self` does not exist before the row does, and `create` reads it; take it out");
        }
        Rule::Path(path) | Rule::Compare { path, .. } | Rule::Moment { path, .. } | Rule::AnyOf { path, .. } => {
            if let Some(has) = declaration.many(path.first()) {
                let message = format!(
                    "nothing refers to a row before it is there, and `create` asks `{}`; take it out",
                    has.name
                );
                errors.push(path.first().span(), message);
            }
        }
        _ => {}
    });
}

/// Who is not logged in is no actor.
fn check_creation_has_its_actor(declaration: &Declaration, errors: &mut Errors) {
    let admits = |rule: &Rule| match rule {
        Rule::Any(parts) => parts.iter().any(|part| matches!(part, Rule::Anyone)),
        rule => matches!(rule, Rule::Anyone),
    };
    if !declaration.grants.iter().any(|grant| grant.verb == "create" && admits(&grant.rule)) {
        return;
    }
    let actors = declaration.fields.iter().filter(|field| !field.ty.nullable).filter_map(|field| field.option("actor"));
    for actor in actors {
        let message = "`anyone` may create, also who is not logged in and so is no actor; make it an `Option`, or say \
                       `create: authenticated`";
        errors.push(actor.span, message);
    }
}

/// Shows every leaf of a rule, following the named rules of the declaration; `reached` are their names.
fn collect(declaration: &Declaration, rule: &Rule, reached: &mut Vec<String>, leaf: &mut impl FnMut(&Rule)) {
    match rule {
        Rule::Any(parts) | Rule::All(parts) => {
            for part in parts {
                collect(declaration, part, reached, leaf);
            }
        }
        Rule::Not(part) => collect(declaration, part, reached, leaf),
        Rule::Path(path) if path.len() == 1 && declaration.rule(&path.last).is_some() => {
            let name = path.last.to_string();
            if reached.contains(&name) {
                return;
            }
            reached.push(name);
            if let Some(rule) = declaration.rule(&path.last).flatten() {
                collect(declaration, rule, reached, leaf);
            }
        }
        other => leaf(other),
    }
}
