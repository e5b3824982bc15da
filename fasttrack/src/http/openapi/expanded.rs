//! What is shown of rows besides or instead of their fields: the parameters `expand` and `fields`, and what they add to answers.

use serde_json::{Map, Value, json};

use super::{names::Names, operation::component};
use crate::{
    pipeline::{shown_inside_others, shown_wherever_seen},
    query::{CAN, MAX_EXPANDED, MAX_EXPANDED_DEPTH},
    schema::{Catalog, Column, Model},
    sql::MAX_SHOWN,
    words::{has_more, with_article, words},
};

/// What `expand` can name, for rows of a resource; `None` where they refer to nothing, and nothing can be done with them.
pub(super) fn parameter(catalog: &Catalog, names: &[Names], model: &Model) -> Option<Value> {
    let found = paths(catalog, names, model, MAX_EXPANDED_DEPTH);
    let example: Vec<_> = found.iter().filter(|name| !name.contains('.')).take(2).collect();
    (!found.is_empty()).then(|| {
        json!({
            "name": "expand",
            "in": "query",
            "description": "What to show besides: rows inside those that refer to them, each as its reader may see it, and under \
                            `can` what the caller may do with a row. Names separated by commas.",
            "style": "form",
            "explode": false,
            "schema": {
                "type": "array",
                "minItems": 1,
                "maxItems": MAX_EXPANDED,
                "items": { "type": "string", "enum": found },
            },
            "example": example,
        })
    })
}

/// All that it can name, so many relations deep.
pub(super) fn paths(catalog: &Catalog, names: &[Names], model: &Model, depth: usize) -> Vec<String> {
    let mut found = Vec::new();
    let along = model.schema.taken_along().filter_map(|(has, _)| Some((has.name, catalog.find(has.resource)?)));
    let inside = relations(catalog, model).map(|(column, target)| (column.name, target)).chain(along);
    for (name, target) in inside.filter(|_| depth > 0) {
        found.push(name.to_owned());
        let beneath = paths(catalog, names, target, depth - 1);
        found.extend(beneath.iter().map(|path| format!("{name}.{path}")));
    }
    let can = names.get(model.index).is_some_and(|names| !names.can.is_empty());
    found.extend(can.then(|| CAN.to_owned()));
    found
}

/// What `fields` can name.
pub(super) fn fields(model: &Model) -> Value {
    let shown = model.schema.columns.iter().filter(|column| !column.hidden).map(|column| column.key);
    let along = model.schema.taken_along().map(|(has, _)| has.name);
    let keys: Vec<_> = shown.chain(along).collect();
    let example: Vec<_> = keys.iter().take(2).collect();
    json!({
        "name": "fields",
        "in": "query",
        "description": "The fields to show, separated by commas; the others are not there then, whatever the schema requires, but \
                        for what `expand` adds.",
        "style": "form",
        "explode": false,
        "schema": {
            "type": "array",
            "minItems": 1,
            "uniqueItems": true,
            "items": { "type": "string", "enum": keys },
        },
        "example": example,
    })
}

/// The relations that are shown of a resource, and to what they lead.
pub(super) fn relations<'a>(
    catalog: &'a Catalog,
    model: &'a Model,
) -> impl Iterator<Item = (&'static Column, &'a Model)> {
    let shown = model.schema.columns.iter().filter(|column| !column.hidden);
    shown.filter_map(|column| Some((column, catalog.target(column)?)))
}

/// What it adds to a row of a resource.
pub(super) fn properties(catalog: &Catalog, names: &[Names], model: &Model) -> Map<String, Value> {
    let mut found = Map::new();
    for (column, target) in relations(catalog, model) {
        let Some(row) = names.get(target.index).map(|names| component(inside(catalog, target, names))) else {
            continue;
        };
        let (name, noun) = (column.name, words(target.schema.name));
        if column.pairs.is_none() {
            let description = format!("With `expand={name}`: the {noun}; null where it may not be seen, or is none.");
            found.insert(name.to_owned(), json!({ "description": description, "anyOf": [row, { "type": "null" }] }));
            continue;
        }
        let description = format!("With `expand={name}`: the first {MAX_SHOWN} of them that may be seen, by id.");
        found.insert(
            name.to_owned(),
            json!({ "description": description, "type": "array", "maxItems": MAX_SHOWN, "items": row }),
        );
        let description = format!("With `expand={name}`: whether there are more.");
        found.insert(has_more(name), json!({ "description": description, "type": "boolean" }));
    }
    if let Some(Names { can, .. }) = names.get(model.index).filter(|names| !names.can.is_empty()) {
        let description = "With `expand=can`: what the caller may do with it.";
        let items = json!({ "type": "string", "enum": can });
        found.insert(CAN.to_owned(), json!({ "description": description, "type": "array", "items": items }));
    }
    found
}

/// How a row is called that is shown inside another.
pub(super) fn inside<'a>(catalog: &Catalog, model: &Model, names: &'a Names) -> &'a str {
    if is_apart(catalog, model) { &names.expanded } else { &names.row }
}

/// Whether rows of a resource are shown inside others, and less of them there.
pub(super) fn is_apart(catalog: &Catalog, model: &Model) -> bool {
    let is_target = |other: &Model| relations(catalog, other).any(|(_, target)| target.index == model.index);
    let is_less =
        |column: &Column| shown_wherever_seen(catalog, model, column) && !shown_inside_others(catalog, model, column);
    catalog.models().iter().any(is_target) && model.schema.columns.iter().any(is_less)
}

/// What is said of such a row.
pub(super) fn description(noun: &str) -> String {
    format!(
        "What is shown of {} inside rows that refer to it; the rest to those alone who may see it.",
        with_article(noun)
    )
}
