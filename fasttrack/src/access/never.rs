//! What nobody may do, against what the rules let somebody do; with an example in words where the one contradicts the other.
//!
//! The rights are those that `access.lock` tells: also that everybody changes his own account, and makes one. An update is
//! asked of the row as it is; what it asks of the row as it would be counts as if it could hold.

use super::{Act, Granted, granted, solver};
use crate::{
    schema::{Catalog, Forbidden, LinkError, Model, Never, Resources, Rule, Schema, Verb, Way, rule_in_words, ways},
    sql::CallerRole,
    words,
};

/// Checks what the declarations say that nobody may do.
///
/// # Errors
/// [`LinkError`] with an example, where somebody may; and where the declarations do not fit together.
pub fn check_nevers(catalog: &Catalog) -> Result<(), LinkError> {
    for model in catalog.models() {
        for never in model.schema.nevers {
            check_never(catalog, model, never)?;
        }
    }
    Ok(())
}

/// Checks a sentence of a test: of one resource, or of each that has such a verb and field.
///
/// # Errors
/// As [`check_nevers`], and [`LinkError`] for a role, resource or field that is not there.
pub fn check_said(resources: &Resources, resource: Option<&str>, never: &Never) -> Result<(), LinkError> {
    let catalog = Catalog::link(resources)?;
    check_roles(&catalog, &never.rule)?;
    let Some(name) = resource else {
        return catalog.models().iter().try_for_each(|model| check_never(&catalog, model, never));
    };
    let model = catalog.find(name).ok_or_else(|| LinkError::unresolved("application", name))?;
    let fields = never.acts.iter().filter_map(|forbidden| forbidden.field);
    for field in fields {
        model.schema.column(field).ok_or_else(|| LinkError::unresolved(name, field))?;
    }
    check_never(&catalog, model, never)
}

fn check_roles(catalog: &Catalog, rule: &Rule) -> Result<(), LinkError> {
    match rule {
        Rule::Any(parts) | Rule::All(parts) => parts.iter().try_for_each(|part| check_roles(catalog, part)),
        Rule::Not(part) | Rule::OfCaller(part) | Rule::AnyOf { rule: part, .. } => check_roles(catalog, part),
        Rule::Role(word) if !catalog.account().is_some_and(|account| account.schema.has_role(word)) => {
            Err(LinkError::unresolved("role", word))
        }
        _ => Ok(()),
    }
}

fn check_never(catalog: &Catalog, model: &Model, never: &Never) -> Result<(), LinkError> {
    for forbidden in never.acts {
        if let Some(example) = example(catalog, model, &never.rule, *forbidden)? {
            let sentence = format!("{}: {forbidden}", rule_in_words(&never.rule, model.schema, catalog));
            return Err(LinkError::does_not_hold(model.schema.name, &sentence, &example));
        }
    }
    Ok(())
}

/// Who of those of whom the rule holds may do that, in words; `None` where nobody may.
fn example(catalog: &Catalog, model: &Model, rule: &Rule, forbidden: Forbidden) -> Result<Option<String>, LinkError> {
    for role in CallerRole::every(catalog) {
        let word = if let CallerRole::Role(word) = role { Some(word) } else { None };
        let whom = ways(rule, model.schema, catalog, word);
        if whom.is_empty() {
            continue;
        }
        let rights = granted(catalog, model, role)?;
        for right in rights.iter().filter(|right| lets(model.schema, right, forbidden)) {
            for way in &whom {
                let together = way | &right.way;
                if let Some(found) = solver::solve(catalog, model, &together, word) {
                    return Ok(Some(in_words(right, &together, forbidden, &found)));
                }
            }
        }
    }
    Ok(None)
}

/// Whether that is a right to do what is forbidden.
fn lets(schema: &Schema, right: &Granted, Forbidden { verb, field }: Forbidden) -> bool {
    let column = field.and_then(|field| schema.column(field));
    if field.is_some() && column.is_none() {
        return false;
    }
    // Who may change such a field at all is said of each of its steps.
    let flow = column.and_then(|column| column.flow).filter(|flow| flow.iter().all(|step| step.rule.is_some()));
    match right.act {
        Act::Step(other, _) if verb == Verb::Update && flow.is_some() => {
            column.is_some_and(|column| column.key == other.key)
        }
        Act::Verb(Verb::Update) if verb == Verb::Update && flow.is_some() => false,
        Act::Verb(other) if other == verb => column.is_none_or(|column| right.fields.contains(&column.key)),
        Act::Register if verb == Verb::Create => column.is_none_or(|column| right.fields.contains(&column.key)),
        _ => false,
    }
}

/// `a user who is project.owner may update title of tasks where status is todo`
fn in_words(right: &Granted, way: &Way, forbidden: Forbidden, found: &solver::Found) -> String {
    let who = match right.role {
        CallerRole::Role(word) => words::with_article(&words::words(word)),
        CallerRole::Anonymous => "somebody who is not logged in".to_owned(),
    };
    let joined = |is_of_row: bool| {
        let terms = way.iter().filter(|term| term.is_of_row == is_of_row).map(|term| term.words.as_str());
        terms.map(|words| if words == "oneself" { "the account itself" } else { words }).collect::<Vec<_>>()
    };
    let (relations, rows) = (joined(false), joined(true));
    let relation = if relations.is_empty() { String::new() } else { format!(" who is {}", relations.join(" and ")) };
    let values = found.values.iter().map(String::as_str).filter(|value| !rows.contains(value));
    let rows: Vec<_> = rows.iter().copied().chain(values).collect();
    let row = if rows.is_empty() { String::new() } else { format!(" where {}", rows.join(" and ")) };
    let act = match (right.act, forbidden.field) {
        (Act::Register, None) => "register".to_owned(),
        (Act::Register, Some(field)) => format!("register with {field}"),
        (_, Some(field)) => format!("{} {field} of {}", forbidden.verb.name(), right.schema.plural),
        (_, None) => format!("{} {}", forbidden.verb.name(), right.schema.plural),
    };
    let unsure = match found.opaque.as_slice() {
        [] => String::new(),
        opaque => {
            format!("; whether {} goes with the rest is not decided, so say the rule without it", opaque.join(" and "))
        }
    };
    format!("{who}{relation} may {act}{row}{unsure}")
}
