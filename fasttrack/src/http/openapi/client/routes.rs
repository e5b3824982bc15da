//! The routes that an application writes by hand, as they describe themselves.

use std::fmt::Write as _;

use super::{
    names::camel,
    types::{Field, comment, quoted, type_of},
};
use crate::{http::CustomRoute, schema::Catalog};

/// Their methods.
pub(super) fn class(custom: &[CustomRoute], catalog: &Catalog) -> String {
    let mut text = comment("", "Routes that are written by hand.");
    text.push_str("export class Routes extends Rows {\n");
    for route in custom.iter().filter(|route| !route.path.is_empty()) {
        text.push_str(&method(route, catalog));
    }
    text.push_str("}\n\n");
    text
}

fn method(route: &CustomRoute, catalog: &Catalog) -> String {
    let description = &route.description;
    let mut parameters = Vec::new();
    if route.path.contains("{id}") {
        parameters.push("id: number".to_owned());
    }
    if let Some(body) = &description.body {
        parameters.push(format!("body: {}", type_of(body)));
    }
    let query: Vec<_> = description
        .parameters
        .iter()
        .map(|(name, what, schema)| Field::optional(name, what, type_of(schema)))
        .collect();
    let extra = if query.is_empty() {
        String::new()
    } else {
        let keys: Vec<_> =
            query.iter().map(|field| format!("readonly {}?: {}", quoted(&field.key), field.holds)).collect();
        format!(" & {{ readonly query?: {{ {} }} }}", keys.join("; "))
    };
    parameters.push(format!("options: RequestOptions{extra} = {{}}"));
    let answer = description.answer.as_ref().map_or_else(|| "void".to_owned(), |(_, schema)| type_of(schema));
    let path = route.path.replace("{id}", "${id}");
    let body = if description.body.is_some() { ", body" } else { "" };
    let asked = if query.is_empty() { "" } else { ", query: queryOf({ filter: options.query ?? {} })" };
    let mut text = comment("  ", &format!("{}. Who may: {}.", description.summary, route.who_in_words(catalog)));
    let _ = writeln!(
        text,
        "  {}({}): Promise<{answer}> {{\n    return this.transport.json({{ method: \"{}\", path: `${{PREFIX}}{path}`{body}{asked}, options }});\n  }}",
        camel(&description.id),
        parameters.join(", "),
        route.method,
    );
    text
}
