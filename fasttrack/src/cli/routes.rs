//! `fasttrack routes`: every route and who may call it.

use serde_json::{Value, json};

use super::table::table;
use crate::{
    http::{
        CustomRoute, admin_routes, route_table,
        routes::{Action, AdminAction, Route},
    },
    schema::{Catalog, Verb, verb_in_words},
    webhooks::Offer,
};

/// The table, one route a line; or as JSON.
///
/// # Errors
/// What is wrong with a route of the application's own.
pub(super) fn render(catalog: &Catalog, custom: &[CustomRoute], as_json: bool) -> Result<String, String> {
    let routes = route_table::table(catalog, custom)?;
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
        Action::Resource { model, verb, .. } | Action::Replaced { model, verb, .. } => {
            catalog.get(model).and_then(|model| verb_in_words(verb, model.schema, catalog)).unwrap_or_default()
        }
        Action::File { model, act, .. } if route.path.contains("{id}") => {
            catalog.get(model).and_then(|model| verb_in_words(act.verb(), model.schema, catalog)).unwrap_or_default()
        }
        Action::Oneself { .. } | Action::File { .. } => "the account itself".to_owned(),
        Action::Session(_) if route.action.is_public() => "anyone".to_owned(),
        Action::Webhook(_) => Offer::of(catalog).map(|offer| offer.who()).unwrap_or_default(),
        Action::Admin(AdminAction::Jobs | AdminAction::RetryJob) => admin_routes::who(catalog),
        Action::Admin(AdminAction::Below(model)) => {
            catalog.get(model).and_then(|model| verb_in_words(Verb::Read, model.schema, catalog)).unwrap_or_default()
        }
        Action::Session(_) | Action::Batch | Action::Notifications | Action::Admin(_) => "any account".to_owned(),
        Action::Socket => "any account; closes with 4001 otherwise".to_owned(),
        Action::Service(_) => "anyone; not rate limited".to_owned(),
        Action::Custom { index, .. } => custom.get(index).map(|route| route.who_in_words(catalog)).unwrap_or_default(),
    };
    [route.method.to_owned(), route.path.clone(), who]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        http::{Replacement, routes::tests::nothing},
        schema::{Column, Grant, Id, Resource, Rule, Schema},
    };

    static USER: Schema = Schema::new("user", "users").account().columns(&[Column::new::<Id<()>>("id", "id")]);
    const SCHEMA: Schema = Schema::new("paper", "papers")
        .columns(&[Column::new::<Id<()>>("id", "id")])
        .named_rules(&[("editor", Rule::Role("admin"))])
        .grants(&[Grant::new(Verb::Read, Rule::Anyone), Grant::new(Verb::Update, Rule::Authenticated)]);

    static PAPER: Schema = SCHEMA;

    struct Paper;

    impl Resource for Paper {
        type Fields = ();

        const NAME: &'static str = "paper";
        const FIELDS: () = ();
        const SCHEMA: Schema = SCHEMA;
    }

    #[test]
    fn actions_and_replaced_handlers_are_listed_with_their_rules() {
        let catalog = Catalog::link(&[&USER, &PAPER]).unwrap();
        let custom = [
            CustomRoute::action::<Paper>("archive", "editor", nothing),
            CustomRoute::action::<Paper>("burn", Verb::Update, nothing).who("whoever has matches"),
            Replacement::of::<Paper>(Verb::Update, nothing).into(),
        ];
        let text = render(&catalog, &custom, true).unwrap();
        let routes: Vec<Value> = serde_json::from_str(&text).unwrap();
        let of_papers = routes.iter().filter(|route| route["path"].as_str().unwrap().contains("/papers/"));
        let lines: Vec<_> =
            of_papers.map(|route| ["method", "path", "who"].map(|key| route[key].as_str().unwrap())).collect();
        assert_eq!(
            lines,
            [
                ["GET", "/api/v1/papers/{id}", "anyone"],
                ["PATCH", "/api/v1/papers/{id}", "anyone logged in"],
                ["POST", "/api/v1/papers/{id}/archive", "role admin"],
                ["POST", "/api/v1/papers/{id}/burn", "anyone logged in; of them: whoever has matches"],
            ]
        );
        let table = render(&catalog, &custom, false).unwrap();
        assert!(table.lines().any(|line| line.contains("/archive") && line.contains("role admin")), "{table}");
    }
}
