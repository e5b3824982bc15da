//! The routes that an application writes by hand, as they describe themselves.

use serde_json::{Map, Value, json};

use super::{
    access,
    operation::{self, NO_VERSION, Operation},
    params,
};
use crate::{
    http::{
        CustomRoute,
        custom::Place,
        routes::{self, Route},
    },
    schema::{Catalog, Verb},
};

/// The tag of a route: the resource, or whatever its path begins with.
pub(super) fn tag(route: &CustomRoute) -> &str {
    route.path.split('/').nth(1).unwrap_or_default()
}

/// The generated route that it answers instead of.
pub(super) fn replaced(route: &CustomRoute, catalog: &Catalog) -> Option<Route> {
    let Place::Instead { resource, verb } = route.place else { return None };
    routes::of_verb(catalog, resource, verb)
}

/// Whether it answers instead of the generated route of this verb.
pub(super) fn answers(route: &CustomRoute, resource: &str, verb: Verb) -> bool {
    matches!(route.place, Place::Instead { resource: name, verb: own } if name == resource && own == verb)
}

/// Says of a generated operation what the handler says that answers instead.
pub(super) fn amend(operation: &mut Value, route: &CustomRoute) {
    let description = &route.description;
    let Some(operation) = operation.as_object_mut() else { return };
    // A handler answers pages alone.
    operation::forget_streams(operation);
    if !description.summary.is_empty() {
        operation.insert("summary".to_owned(), json!(description.summary));
    }
    let generated = operation.get("description").and_then(Value::as_str).unwrap_or_default();
    let paragraphs: Vec<_> = description.paragraphs.iter().map(String::as_str).chain([generated]).collect();
    operation.insert("description".to_owned(), json!(paragraphs.join("\n\n")));
    forget_versions(operation);
}

/// What a handler answers has no version that anybody could name, and is not kept.
fn forget_versions(operation: &mut Map<String, Value>) {
    if let Some(parameters) = operation.get_mut("parameters").and_then(Value::as_array_mut) {
        let is_ours = |target: &str| ["/If", "/IdempotencyKey"].iter().any(|name| target.contains(name));
        parameters.retain(|parameter| !parameter["$ref"].as_str().is_some_and(is_ours));
    }
    let Some(responses) = operation.get_mut("responses").and_then(Value::as_object_mut) else { return };
    let reads = responses.remove("304").is_some();
    if reads {
        responses.remove("412");
    } else if let Some(refusal) = responses.get_mut("412").and_then(Value::as_object_mut) {
        refusal.insert("description".to_owned(), json!(NO_VERSION));
    }
    for response in responses.values_mut() {
        if let Some(headers) = response.get_mut("headers").and_then(Value::as_object_mut) {
            headers.remove("ETag");
            headers.remove("Idempotency-Replayed");
        }
    }
}

/// Its operation, with the refusals that every route has.
pub(super) fn operation(route: &CustomRoute, catalog: &Catalog) -> Value {
    let description = &route.description;
    let operation = Operation::new(description.id.as_str(), tag(route), description.summary.as_str());
    let operation = access_of(operation, route, catalog);
    let operation = description.paragraphs.iter().fold(operation, Operation::explain);
    let operation = operation.explain(format!("Who may: {}.", route.who_in_words(catalog)));
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
        Some(schema) => operation.body_with(schema),
        None => operation,
    };
    let changes = ["PATCH", "DELETE"].contains(&route.method);
    let operation = if changes { operation.refuses_when(412, NO_VERSION) } else { operation };
    match &description.answer {
        Some((what, schema)) => operation.answers_with(200, what, "application/json", schema),
        None => operation.answers_empty(204, "It is done."),
    }
    .render()
}

/// Whom it refuses: what the rule of its row says; else whatever its handler does.
fn access_of(operation: Operation, route: &CustomRoute, catalog: &Catalog) -> Operation {
    let Place::OnRow { resource, right } = route.place else { return operation.refuses(&[403]) };
    let rule = catalog.find(resource).and_then(|model| Some((model, right.rule(model.schema)?)));
    let Some((model, rule)) = rule else { return operation.refuses(&[403]) };
    operation.anonymous(access::access_by(catalog, model, rule, Verb::Update).anonymous).refuses(&[403])
}

/// What the id in the path is of: the segment before it, without its plural.
fn noun(route: &CustomRoute) -> Option<&str> {
    let (before, _) = route.path.split_once("/{id}")?;
    let plural = before.rsplit('/').next().filter(|plural| !plural.is_empty()).unwrap_or("row");
    Some(plural.strip_suffix('s').unwrap_or(plural))
}
