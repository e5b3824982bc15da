//! `fasttrack routes`: every route and who may call it.

use crate::{
    http::{
        CustomRoute,
        routes::{self, Action, Route},
    },
    schema::{Catalog, rule_in_words},
};

/// The table, one route a line.
///
/// # Errors
/// What is wrong with a route of the application's own.
pub(super) fn render(catalog: &Catalog, custom: &[CustomRoute]) -> Result<String, String> {
    let header = ["METHOD".to_owned(), "PATH".to_owned(), "WHO".to_owned()];
    let table = routes::table(catalog, custom)?;
    let lines = [header].into_iter().chain(table.iter().map(|route| line(route, catalog, custom)));
    let lines: Vec<_> = lines.collect();
    let width = |at: usize| lines.iter().filter_map(|line| line.get(at)).map(String::len).max().unwrap_or(0);
    let (method_width, path_width) = (width(0), width(1));
    let line = |[method, path, who]: &[String; 3]| format!("{method:method_width$}  {path:path_width$}  {who}");
    Ok(lines.iter().map(line).chain([String::new()]).collect::<Vec<_>>().join("\n"))
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
