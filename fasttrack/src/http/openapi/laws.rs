//! What holds of the document of every application.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{Settings, document, sample};
use crate::{
    http::{route_table, routes::Action},
    query::{self, Expandable, Inside},
    wire::Params,
};

pub(super) fn tracker() -> Value {
    document(&sample::tracker(), &[], &Settings::default())
}

fn documents() -> [Value; 2] {
    [tracker(), document(&sample::everything(), &[], &Settings::default())]
}

/// Every value in the document, with its JSON pointer.
fn walk<'a>(at: &str, value: &'a Value, visit: &mut impl FnMut(&str, &'a Value)) {
    visit(at, value);
    let step = |key: &str| format!("{at}/{}", key.replace('~', "~0").replace('/', "~1"));
    match value {
        Value::Object(members) => members.iter().for_each(|(key, value)| walk(&step(key), value, visit)),
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(i, value)| walk(&step(&i.to_string()), value, visit));
        }
        _ => {}
    }
}

/// Every operation, called by method and path.
pub(super) fn operations(document: &Value) -> BTreeMap<String, &Value> {
    let items = document["paths"].as_object().unwrap().iter();
    items
        .flat_map(|(path, item)| item.as_object().unwrap().iter().map(move |operation| (path, operation)))
        .map(|(path, (method, operation))| (format!("{} {path}", method.to_uppercase()), operation))
        .collect()
}

/// The parameters of an operation, references followed.
pub(super) fn parameters<'a>(document: &'a Value, operation: &'a Value) -> Vec<&'a Value> {
    let resolve = |parameter: &'a Value| match parameter["$ref"].as_str() {
        Some(target) => document.pointer(target.strip_prefix('#').unwrap()).unwrap(),
        None => parameter,
    };
    operation["parameters"].as_array().into_iter().flatten().map(resolve).collect()
}

pub(super) fn statuses(operation: &Value) -> Vec<u16> {
    operation["responses"].as_object().unwrap().keys().map(|status| status.parse().unwrap()).collect()
}

pub(super) fn keys(object: &Value) -> Vec<&str> {
    object.as_object().into_iter().flatten().map(|(key, _)| key.as_str()).collect()
}

#[test]
fn the_routes_are_those_that_are_served() {
    for catalog in [sample::tracker(), sample::everything()] {
        let document = document(&catalog, &[], &Settings::default());
        let mut documented = operations(&document);
        // What the documentation page loads is no part of the API.
        let served =
            route_table::table(&catalog, &[]).unwrap().into_iter().filter(|route| !route.path.ends_with("{file}"));
        for route in served {
            let name = format!("{} {}", route.method, route.path);
            let operation = documented.remove(&name).unwrap_or_else(|| panic!("{name} is not documented"));
            assert!(operation["security"].is_null() || route.admits_anonymous, "{name} needs a token");
            let tells_by_closing = route.action == Action::Socket;
            let needs_none = route.action.is_public() || tells_by_closing;
            assert!(needs_none || statuses(operation).contains(&401), "{name} looks at tokens");
        }
        assert!(documented.is_empty(), "not served: {documented:?}");
    }
}

#[test]
fn every_reference_resolves_and_every_component_is_referred_to() {
    for document in documents() {
        let mut used = BTreeSet::new();
        walk("", &document, &mut |at, value| {
            if let Some(target) = value["$ref"].as_str() {
                let pointer = target.strip_prefix('#').unwrap();
                assert!(document.pointer(pointer).is_some(), "{at}: {target}");
                used.insert(pointer.to_owned());
            }
        });
        for kind in ["schemas", "parameters", "responses", "headers"] {
            for name in keys(&document["components"][kind]) {
                let pointer = format!("/components/{kind}/{name}");
                // No operation that is documented answers 405: it is there for people.
                assert!(used.contains(&pointer) || name == "MethodNotAllowed", "{pointer} is not used");
            }
        }
    }
}

#[test]
fn every_operation_is_named_tagged_and_summed_up() {
    for document in documents() {
        let tags: BTreeSet<_> = document["tags"].as_array().unwrap().iter().map(|tag| tag["name"].as_str()).collect();
        let mut ids = BTreeSet::new();
        for (route, operation) in operations(&document) {
            let id = operation["operationId"].as_str().unwrap();
            assert!(ids.insert(id), "{id} is there twice");
            assert!(id.chars().all(|c| c.is_ascii_lowercase() || c == '_'), "{id}");
            let operation_tags = operation["tags"].as_array().unwrap();
            assert!(operation_tags.iter().all(|tag| tags.contains(&tag.as_str())), "{route}");
            assert_eq!(operation_tags.len(), 1, "{route}");
            assert!(!operation["summary"].as_str().unwrap().is_empty(), "{route}");
        }
    }
}

#[test]
fn every_parameter_is_declared_once_and_described() {
    for document in documents() {
        for (route, operation) in operations(&document) {
            let parameters = parameters(&document, operation);
            let names: BTreeSet<_> = parameters.iter().map(|parameter| parameter["name"].as_str().unwrap()).collect();
            assert_eq!(names.len(), parameters.len(), "{route}");
            let in_path: Vec<_> = parameters.iter().filter(|parameter| parameter["in"] == "path").collect();
            assert_eq!(in_path.len(), route.matches('{').count(), "{route}");
            for parameter in &in_path {
                assert!(route.contains(&format!("{{{}}}", parameter["name"].as_str().unwrap())), "{route}");
                assert_eq!(parameter["required"], true, "{route}");
            }
            for parameter in parameters {
                assert!(parameter["description"].as_str().is_some_and(|text| text.len() > 5), "{route}: {parameter}");
                assert!(parameter["schema"].is_object(), "{route}: {parameter}");
            }
        }
    }
}

#[test]
fn every_answer_that_refuses_is_problem_details_with_an_example() {
    for document in documents() {
        for (route, operation) in operations(&document) {
            let statuses = statuses(operation);
            assert!(statuses.iter().any(|status| *status < 400), "{route}");
            assert!(statuses.contains(&422) && statuses.contains(&500), "{route}: {statuses:?}");
            for status in statuses.into_iter().filter(|status| *status >= 400) {
                let target = operation["responses"][status.to_string()]["$ref"].as_str().unwrap();
                let response = document.pointer(&target[1..]).unwrap();
                let example = &response["content"]["application/problem+json"]["example"];
                assert_eq!(example["status"], status, "{route}");
                assert_eq!(example["errors"].is_array(), status == 422, "{route}");
                let needs = match status {
                    401 => "WWW-Authenticate",
                    429 | 503 => "Retry-After",
                    _ => "x-request-id",
                };
                assert!(keys(&response["headers"]).contains(&needs), "{route}: {status}");
            }
        }
    }
}

#[test]
fn statuses_follow_from_what_an_operation_is() {
    for document in documents() {
        for (route, operation) in operations(&document) {
            let statuses = statuses(operation);
            let has = |status: u16| statuses.contains(&status);
            let service = operation["tags"][0] == "service";
            assert_eq!(has(429), !service, "{route}");
            assert_eq!(has(413) && has(415), operation["requestBody"].is_object(), "{route}");
            let cursor = parameters(&document, operation).iter().any(|parameter| parameter["name"] == "cursor");
            assert_eq!(has(400), cursor || operation["requestBody"].is_object(), "{route}");
            // One's second factor is one or none, and has no id.
            let names_something =
                route.contains('{') || route.ends_with("/batch") || route == "DELETE /api/v1/auth/totp";
            assert_eq!(has(404), names_something, "{route}");
            // A WebSocket tells of a bad token by closing.
            let needs_token = operation["security"].is_null() && !has(101);
            assert!(!needs_token || has(401), "{route}");
        }
    }
}

#[test]
fn every_schema_and_every_key_in_it_is_described() {
    for document in documents() {
        for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
            assert!(schema["description"].is_string(), "{name}");
            for (key, field) in schema["properties"].as_object().unwrap() {
                let text = field["description"].as_str().unwrap_or_else(|| panic!("{name}.{key}"));
                assert!(text.len() > 5 && text.ends_with('.') && !text.contains("  "), "{name}.{key}: {text}");
            }
            let known: BTreeSet<_> = keys(&schema["properties"]).into_iter().collect();
            for required in schema["required"].as_array().into_iter().flatten() {
                // `ValidationProblem` takes the others from `Problem`.
                assert!(known.contains(required.as_str().unwrap()), "{name}: {required}");
            }
        }
    }
}

#[test]
fn inputs_take_no_other_keys_and_patches_require_none() {
    for document in documents() {
        for (route, operation) in operations(&document) {
            let Some(content) = operation["requestBody"]["content"].as_object() else { continue };
            // A file is no input, and of several types.
            if route.starts_with("PUT") {
                continue;
            }
            let patch = route.starts_with("PATCH");
            // One, since generators of clients make a function of each, and some of these have one name.
            assert_eq!(content.keys().collect::<Vec<_>>(), ["application/json"], "{route}");
            for body in content.values() {
                let schema = document.pointer(&body["schema"]["$ref"].as_str().unwrap()[1..]).unwrap();
                assert_eq!(schema["additionalProperties"], false, "{route}");
                assert!(!patch || schema["required"].is_null(), "{route}");
                walk("", schema, &mut |at, value| {
                    assert!(value["readOnly"].is_null(), "{route}: {at}");
                    assert!(!patch || value["default"].is_null(), "{route}: {at}");
                });
            }
        }
    }
}

#[test]
fn the_same_declarations_give_the_same_bytes() {
    assert_eq!(tracker().to_string(), tracker().to_string());
    let cached = super::CachedDocument::new(&tracker());
    assert_eq!(cached.etag, super::CachedDocument::new(&tracker()).etag);
}

/// A value that fits the schema of a query parameter, as it is written in a query string.
fn example_of(schema: &Value) -> String {
    if let Some(word) = schema["enum"][0].as_str() {
        return word.to_owned();
    }
    match (schema["type"].as_str().unwrap(), schema["format"].as_str()) {
        ("array", _) => example_of(&schema["items"]),
        ("boolean", _) => "true".to_owned(),
        ("string", Some("date")) => "2026-11-22".to_owned(),
        ("string", Some("date-time")) => "2026-11-22T16:10:00Z".to_owned(),
        _ => "1".to_owned(),
    }
}

#[test]
fn lists_understand_every_parameter_that_is_documented_and_no_other() {
    let catalog = sample::everything();
    let document = document(&catalog, &[], &Settings::default());
    let operations = operations(&document);
    for model in catalog.models() {
        let id = format!("list_{}", model.schema.plural);
        let operation = operations.values().find(|operation| operation["operationId"] == id.as_str()).unwrap();
        let in_query = |parameter: &&Value| parameter["in"] == "query";
        let relations = |position: usize| {
            let shown = catalog.models()[position].schema.columns.iter().filter(|column| !column.hidden);
            let relations = shown.filter_map(|column| Some((column.name, column.key, catalog.target(column)?.index)));
            let along = catalog.models()[position].schema.taken_along();
            let along = along.map(|(has, _)| (has.name, has.name, catalog.find(has.resource).unwrap().index));
            let inside = relations.chain(along).map(|(name, key, target)| Inside { name, key, target }).collect();
            Expandable { inside, can: true }
        };
        let ask = |query: &str| {
            let mut params = Params::parse(Some(query));
            query::take_expand(&relations, model.index, &mut params);
            let keys: Vec<_> = model.schema.columns.iter().filter(|column| !column.hidden).map(|it| it.key).collect();
            query::take_fields(&keys, &mut params);
            query::parse(model.schema, params)
        };
        for parameter in parameters(&document, operation).into_iter().filter(in_query) {
            let (name, value) = (parameter["name"].as_str().unwrap(), example_of(&parameter["schema"]));
            assert!(ask(&format!("{name}={value}")).is_ok(), "{id}: {name}={value}");
            assert!(ask(&format!("{name}[near]={value}")).is_err(), "{id}: {name}[near]={value}");
        }
        assert!(ask("colour=red").is_err(), "{id}");
    }
}
