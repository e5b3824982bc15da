//! The routes that an application writes by hand, as they describe themselves.

use serde_json::{Value, json};

use super::{operation::Operation, params};
use crate::http::CustomRoute;

/// The tag of a route: the resource, or whatever its path begins with.
pub(super) fn tag(route: &CustomRoute) -> &str {
    route.path.split('/').nth(1).unwrap_or_default()
}

/// Its operation, with the refusals that every route has.
pub(super) fn operation(route: &CustomRoute) -> Value {
    let description = &route.description;
    let operation = Operation::new(description.id.as_str(), tag(route), description.summary.as_str()).refuses(&[403]);
    let operation = description.paragraphs.iter().fold(operation, Operation::explain);
    let operation = operation.explain(format!("Who may: {}.", route.who));
    let operation = match noun(route) {
        Some(noun) => operation.parameters([params::id(noun)]).refuses(&[404]),
        None => operation,
    };
    let query = description
        .parameters
        .iter()
        .map(|(name, what, schema)| json!({ "name": name, "in": "query", "description": what, "schema": schema }));
    let operation = operation.parameters(query);
    let operation = match &description.body {
        Some(schema) => operation.body_with(schema, &["application/json"]),
        None => operation,
    };
    match &description.answer {
        Some((what, schema)) => operation.answers_with(200, what, "application/json", schema),
        None => operation.answers_empty(204, "It is done."),
    }
    .render()
}

/// What the id in the path is of: the segment before it, without its plural.
fn noun(route: &CustomRoute) -> Option<&str> {
    let (before, _) = route.path.split_once("/{id}")?;
    let plural = before.rsplit('/').next().filter(|plural| !plural.is_empty()).unwrap_or("row");
    Some(plural.strip_suffix('s').unwrap_or(plural))
}
