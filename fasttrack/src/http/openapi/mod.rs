//! The OpenAPI 3.1 document of an application.
//!
//! Everything in it is drawn from the declarations: routes from verbs that have a rule, bodies and parameters from the
//! columns, descriptions from doc comments, and who may from the rules. It is made once, at start, and [cached](CachedDocument).
//! A route of the application's own says itself what it is.
//!
//! `resources` (with `inline`), `auth`, `notify`, `service` and `custom` make the paths, out of `operation`, `params` and `fields`; `headers`
//! and `problems` have what answers share, the latter for those that refuse.

mod access;
mod admin;
mod auth;
mod batch;
mod cached;
mod client;
mod constraints;
#[cfg(test)]
mod contract;
mod custom;
mod described;
mod expanded;
mod fields;
mod files;
mod headers;
mod inline;
#[cfg(test)]
mod laws;
mod names;
mod notify;
mod operation;
mod pages;
mod params;
mod problems;
mod relations;
mod resources;
#[cfg(test)]
mod sample;
mod service;
mod webhooks;

use serde_json::{Map, Value, json};

pub use self::{cached::CachedDocument, client::typescript, described::described};
use self::{names::Names, resources::Resource};
use super::{CustomRoute, routes::API_PREFIX};
use crate::{schema::Catalog, webhooks::Offer};

/// What the document says beyond the declarations.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Name of the API.
    pub title: String,
    /// What it is for, in Markdown; stands before the general rules.
    pub description: String,
    /// Version of the API.
    pub version: String,
    /// Largest body, in bytes.
    pub max_body_bytes: usize,
    /// Where the server is: an address, or a path of the host that the document came from.
    pub server: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            title: "fasttrack".to_owned(),
            description: String::new(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            max_body_bytes: 64 * 1024,
            server: "/".to_owned(),
        }
    }
}

/// The document; `custom` are the application's own routes. The same input gives the same document, byte for byte.
#[must_use]
pub fn document(catalog: &Catalog, custom: &[CustomRoute], settings: &Settings) -> Value {
    let names_of_all = Names::of(catalog, custom);
    let resources: Vec<_> = catalog
        .models()
        .iter()
        .zip(&names_of_all)
        .filter_map(|(model, own)| Some((Resource::new(catalog, model, &names_of_all)?, model.schema.account, own)))
        .collect();
    let offer = webhooks::offer(catalog);
    let mut document = json!({
        "openapi": "3.1.0",
        "info": info(settings),
        "servers": [{ "url": settings.server }],
        "security": [{ "bearer": [] }],
        "tags": tags(&resources, custom, offer.as_ref()),
        "paths": paths(&resources, custom, catalog, offer.as_ref()),
        "components": {
            "schemas": schemas(&resources, offer.as_ref()),
            "parameters": params::components(),
            "headers": headers::components(),
            "responses": problems::responses(settings.max_body_bytes, catalog.files().next().is_some()),
            "securitySchemes": { "bearer": {
                "type": "http",
                "scheme": "bearer",
                "bearerFormat": "JWT",
                "description": "The `access_token` of `log_in` or `refresh_tokens`, or an API key (`create_key`).",
            } },
        },
    });
    if let (Some(_), Some(document)) = (&offer, document.as_object_mut()) {
        document.insert("webhooks".to_owned(), webhooks::posted(catalog));
    }
    document
}

/// A resource, whether it is the account, and its names.
type Entry<'a> = (Resource<'a>, bool, &'a Names);

fn info(settings: &Settings) -> Value {
    let description = [settings.description.trim(), GENERAL_RULES].join("\n\n");
    json!({ "title": settings.title, "version": settings.version, "description": description.trim_start() })
}

fn tags(resources: &[Entry<'_>], routes: &[CustomRoute], offer: Option<&Offer>) -> Value {
    let of_resources = resources.iter().map(|(resource, ..)| resource.tag());
    let fixed = [batch::tag(), notify::tag()].into_iter().chain(offer.map(|_| webhooks::tag()));
    let fixed = fixed.chain([admin::tag(), service::tag()]);
    let mut tags: Vec<_> = [auth::tag()].into_iter().chain(of_resources).chain(fixed).collect();
    for route in routes.iter().filter(|route| !route.path.is_empty()) {
        if !tags.iter().any(|tag| tag["name"] == custom::tag(route)) {
            tags.push(json!({ "name": custom::tag(route) }));
        }
    }
    Value::Array(tags)
}

fn paths(resources: &[Entry<'_>], routes: &[CustomRoute], catalog: &Catalog, offer: Option<&Offer>) -> Value {
    let account = resources.iter().find(|(_, account, _)| *account);
    let mut paths = Map::new();
    paths.extend(account.into_iter().flat_map(|(resource, _, names)| auth::paths(resource, names)));
    paths.extend(resources.iter().flat_map(|(resource, ..)| resource.paths()));
    for route in routes {
        if let Some(replaced) = custom::replaced(route, catalog) {
            let item = paths.get_mut(&replaced.path).and_then(|item| item.get_mut(replaced.method.to_lowercase()));
            if let Some(operation) = item {
                custom::amend(operation, route);
            }
            continue;
        }
        let item = paths.entry(format!("{API_PREFIX}{}", route.path)).or_insert_with(|| json!({}));
        if let Some(item) = item.as_object_mut() {
            item.insert(route.method.to_lowercase(), custom::operation(route, catalog));
        }
    }
    paths.extend([batch::path()]);
    paths.extend(notify::paths());
    paths.extend(offer.into_iter().flat_map(webhooks::paths));
    paths.extend(admin::paths(catalog));
    paths.extend(service::paths(verifies(resources)));
    Value::Object(paths)
}

/// Whether addresses of accounts are confirmed.
fn verifies(resources: &[Entry<'_>]) -> bool {
    resources.iter().any(|(resource, ..)| resource.model.schema.verified().is_some())
}

fn schemas(resources: &[Entry<'_>], offer: Option<&Offer>) -> Value {
    let fixed = auth::schemas(verifies(resources)).chain(batch::schemas()).chain(notify::schemas());
    let fixed = fixed.chain(service::schemas()).chain(problems::schemas());
    let fixed = fixed.chain(offer.into_iter().flat_map(webhooks::schemas)).chain(admin::schemas());
    let of_resources = resources.iter().flat_map(|(resource, ..)| resource.schemas());
    Value::Object(of_resources.chain(fixed.map(|(name, schema)| (name.to_owned(), schema))).collect())
}

const GENERAL_RULES: &str = "\
Bodies are JSON (UTF-8). Ids are positive 64-bit integers, never used twice; timestamps are RFC 3339 in UTC with \
microseconds, and digits of a second beyond the sixth are cut off where they are sent.

Every error is `application/problem+json` (RFC 9457) with a `request_id`. A path with a method that it does not know \
answers 405 with `Allow`; an unknown path, or an id that is no positive 64-bit integer, answers 404. An unknown, repeated, \
empty or undecodable query parameter is 422 on every route. HEAD answers as GET, without the body.

A row has a version, which `ETag` names: of a single row that is read, and of what a change answers. Sent back as `If-Match`, \
it has a change refused (412) where somebody else has made one meanwhile; as `If-None-Match`, it has a row sent only where it \
is another one (304). With an `Idempotency-Key`, a change is made once, however often it is sent; where no operation says that \
it takes one, one is refused (422) from who is logged in.

Lists come in pages. `cursor` continues one; a full walk yields every row that was there throughout exactly once. Filters \
take operators in brackets: `?created_at[gte]=2026-01-01T00:00:00Z`. In a query string, `+` is a space: write it as `%2B`.";
