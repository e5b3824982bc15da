//! The table of all routes: those that are declared, and the application's own beside them or in their place.

use super::{
    CustomRoute,
    custom::Place,
    routes::{self, API_PREFIX, Action, Route},
};
use crate::{
    pipeline::{Offer, Right},
    schema::{Catalog, Model, Rule, Verb},
};

/// All routes of an application, `custom` are its own; of two that could match one path, the literal one comes first.
///
/// # Errors
/// A sentence about a route of the application's own: its path is none, or is there already; it asks for a rule that is
/// not declared; it replaces what is not there, or was replaced.
pub fn table(catalog: &Catalog, custom: &[CustomRoute]) -> Result<Vec<Route>, String> {
    let mut routes = routes::declared(catalog);
    for (index, route) in custom.iter().enumerate() {
        put(&mut routes, catalog, route, index)?;
    }
    Ok(routes)
}

/// What an application's own routes let do with rows, of those that are in the `table`.
pub(super) fn offers(catalog: &Catalog, custom: &[CustomRoute], table: &[Route]) -> Vec<Offer> {
    let offer = |route: &Route| {
        let Action::Custom { index, asks: Some((resource, right)) } = route.action else { return None };
        let name = custom.get(index)?.act_on(catalog.get(resource)?.schema.name)?.to_owned();
        Some(Offer { resource, name, right, reads: route.method == "GET" })
    };
    table.iter().filter_map(offer).collect()
}

/// Puts the route that stands at `index` among the application's own into the table.
fn put(routes: &mut Vec<Route>, catalog: &Catalog, route: &CustomRoute, index: usize) -> Result<(), String> {
    match route.place {
        Place::Beside => add(routes, route, Action::Custom { index, asks: None }, false),
        Place::OnRow { resource, right } => {
            let (model, rule) = right_to_row(catalog, resource, right)
                .map_err(|why| format!("{} {API_PREFIX}{} {why}", route.method, route.path))?;
            let action = Action::Custom { index, asks: Some((model.index, right)) };
            add(routes, route, action, routes::admits_anonymous(catalog, model.schema, rule))
        }
        Place::Instead { resource, verb } => replace(routes, catalog, (resource, verb), index),
    }
}

fn add(routes: &mut Vec<Route>, route: &CustomRoute, action: Action, admits_anonymous: bool) -> Result<(), String> {
    let (method, path) = (route.method, format!("{API_PREFIX}{}", route.path));
    if !is_path(&route.path) {
        return Err(format!(
            "the path `{}` of a hand-written {method} is none: it is made of `/` and words of a-z, 0-9, `_` and `-`, \
             with `{{id}}` once at most",
            route.path
        ));
    }
    if routes.iter().any(|other| other.method == method && other.path == path) {
        return Err(format!("{method} {path} is there already; give the hand-written route another path"));
    }
    routes.push(Route { method, path, action, admits_anonymous });
    Ok(())
}

/// The resource whose row an action is about, and the rule that it is under; else, what is wrong with that.
fn right_to_row<'a>(catalog: &'a Catalog, name: &str, right: Right) -> Result<(&'a Model, &'static Rule), String> {
    let Some(model) = catalog.find(name) else {
        return Err(format!("is an action on {name}, which is not among the resources of this application"));
    };
    match (right, right.rule(model.schema)) {
        (Right::Verb(verb @ (Verb::Create | Verb::List | Verb::Restore)), _) => Err(format!(
            "asks who may {} {name}, which says nothing of a row that is there; name read, update, delete or a rule of \
             {name}",
            verb.name()
        )),
        (_, Some(rule)) => Ok((model, rule)),
        (Right::Verb(verb), None) => {
            let verb = verb.name();
            Err(format!("asks who may {verb} {name}, for which there is no rule; declare #[can({verb}: …)] on {name}"))
        }
        (Right::Named(rule), None) => {
            Err(format!("asks the rule `{rule}` of {name}, which is not there; declare #[rule({rule}: …)] on {name}"))
        }
    }
}

fn replace(routes: &mut [Route], catalog: &Catalog, what: (&str, Verb), index: usize) -> Result<(), String> {
    let (name, verb) = (what.0, what.1.name());
    let Some(at) = catalog.find(name).map(|model| model.index) else {
        return Err(format!(
            "`{verb}` of {name} cannot be replaced: {name} is not among the resources of this application"
        ));
    };
    let is_it = |action| {
        matches!(action, Action::Resource { model, verb, .. } | Action::Replaced { model, verb, .. }
            if (model, verb) == (at, what.1))
    };
    match routes.iter_mut().find(|route| is_it(route.action)) {
        None => {
            Err(format!("`{verb}` of {name} cannot be replaced: it has no route; declare #[can({verb}: …)] on {name}"))
        }
        Some(Route { action: Action::Replaced { .. }, .. }) => {
            Err(format!("`{verb}` of {name} is replaced twice; leave one handler"))
        }
        Some(route) => {
            route.action = Action::Replaced { index, model: at, verb: what.1 };
            Ok(())
        }
    }
}

/// Whether this is a path that a route of an application's own may have.
fn is_path(path: &str) -> bool {
    let is_word = |segment: &str| {
        let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-".contains(&byte);
        segment == "{id}" || (!segment.is_empty() && segment.bytes().all(is_plain))
    };
    path.strip_prefix('/').is_some_and(|rest| rest.split('/').all(is_word)) && path.matches("{id}").count() <= 1
}
