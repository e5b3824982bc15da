//! `fasttrack routes`: every route and who may call it.

use serde_json::{Value, json};

use super::table::table;
use crate::{
    http::{
        CustomRoute,
        routes::{self, Action, Route},
    },
    schema::{Catalog, rule_in_words},
};

/// The table, one route a line; or as JSON.
///
/// # Errors
/// What is wrong with a route of the application's own.
pub(super) fn render(catalog: &Catalog, custom: &[CustomRoute], as_json: bool) -> Result<String, String> {
    let routes = routes::table(catalog, custom)?;
    let lines = routes.iter().map(|route| line(route, catalog, custom));
    if !as_json {
        return Ok(table(&["method", "path", "who"], lines));
    }
    let routes: Vec<_> =
        lines.map(|[method, path, who]| json!({ "method": method, "path": path, "who": who })).collect();
    Ok(format!("{:#}\n", Value::Array(routes)))
}

fn line(route: &Route, catalog: &Catalog, custom: &[CustomRoute]) -> [String; 3] {
    let who = match route.action {
        Action::Resource { model, verb, .. } | Action::Replaced { model, verb, .. } => catalog
            .get(model)
            .and_then(|model| Some(rule_in_words(model.schema.rule(verb)?, model.schema, catalog)))
            .unwrap_or_default(),
        Action::Oneself { .. } => "the account itself".to_owned(),
        Action::Session(_) if route.action.is_public() => "anyone".to_owned(),
        Action::Session(_) | Action::Notifications => "any account".to_owned(),
        Action::Socket => "any account; closes with 4001 otherwise".to_owned(),
        Action::Service(_) => "anyone; not rate limited".to_owned(),
        Action::Custom { index, .. } => custom.get(index).map(|route| route.who_in_words(catalog)).unwrap_or_default(),
    };
    [route.method.to_owned(), route.path.clone(), who]
}
