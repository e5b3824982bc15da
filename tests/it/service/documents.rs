//! `/openapi.json` and `/docs`

use std::collections::BTreeSet;

use fasttrack::testing;
use serde_json::Value;

use super::ROUTES;
use crate::driver::{TestApp, shared};

const METHODS: [&str; 7] = ["get", "put", "post", "delete", "patch", "head", "options"];

fn document() -> Value {
    shared().at("GET", "/openapi.json").ok()
}

/// Every operation of the document: method, path, operation.
fn operations(document: &Value) -> Vec<(String, String, &Value)> {
    let paths = document["paths"].as_object().expect("the document has paths");
    let mut found = Vec::new();
    for (path, item) in paths {
        for (method, operation) in item.as_object().expect("a path item is an object") {
            if METHODS.contains(&method.as_str()) {
                found.push((method.to_uppercase(), path.clone(), operation));
            }
        }
    }
    found
}

/// A path with its parameters unnamed, as their names are the document's affair.
fn shape(path: &str) -> String {
    let segments = path.split('/').map(|segment| if segment.starts_with('{') { "{}" } else { segment });
    segments.collect::<Vec<_>>().join("/")
}

#[test]
fn the_document_has_every_route_and_no_other() {
    let document = document();
    assert!(document["openapi"].as_str().is_some_and(|version| version.starts_with("3.1")), "{}", document["openapi"]);
    let documented: BTreeSet<_> =
        operations(&document).iter().map(|(method, path, _)| (method.clone(), shape(path))).collect();
    for (method, path) in ROUTES {
        assert!(documented.contains(&(method.to_owned(), shape(path))), "{method} {path} is not in the document");
    }
    let app = shared();
    let person = app.person();
    for (method, path) in documented {
        // `{}` is no id, so that nothing is done: a route that is there refuses it as a row, not as a route.
        let reply = app.at(&method, &path.replace("{}", "999999999999")).by(&person).send();
        assert_ne!(reply.status, 405, "{reply}");
        let unrouted = reply.status == 404 && !path.contains("{}");
        assert!(!unrouted, "documented, but not there: {reply}");
    }
}

#[test]
fn every_operation_lists_its_errors() {
    let document = document();
    for (method, path, operation) in operations(&document) {
        let statuses: BTreeSet<_> = operation["responses"].as_object().expect("responses").keys().cloned().collect();
        let has = |status: &str| statuses.contains(status);
        let what = format!("{method} {path}: {statuses:?}");
        assert!(statuses.iter().any(|status| status.starts_with(['1', '2', '3'])), "no success: {what}");
        assert!(has("422"), "an unknown parameter is a 422 on every route: {what}");
        if path.starts_with("/api/") {
            assert!(has("429") && has("503"), "{what}");
            let public = ["/register", "/login", "/refresh", "/forgot", "/reset", "/verify"];
            let public = path.contains("/oidc/") || public.iter().any(|end| path.ends_with(end));
            // Nobody shows anything there that might not be good.
            let asks_nothing = ["/register", "/forgot", "/oidc/{provider}"].iter().any(|end| path.ends_with(end));
            assert!(has("401") || asks_nothing && method != "delete", "{what}");
            assert!(public || operation["security"].as_array().is_none_or(|list| !list.is_empty()), "{what}");
            assert!(!path.contains('{') || has("404"), "{what}");
        }
        if operation["requestBody"].is_object() {
            assert!(has("400") && has("413") && has("415"), "{what}");
        }
        for (status, response) in operation["responses"].as_object().unwrap() {
            if status.starts_with(['4', '5']) && status != "default" {
                let response = resolve(&document, response);
                assert!(response["content"]["application/problem+json"].is_object(), "{status} is no problem: {what}");
            }
        }
    }
}

/// Follows a `$ref`.
fn resolve<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    match value["$ref"].as_str() {
        Some(reference) => {
            let pointer = reference.strip_prefix('#').expect("references stay in the document");
            document.pointer(pointer).unwrap_or_else(|| panic!("{reference} leads nowhere"))
        }
        None => value,
    }
}

#[test]
fn every_reference_leads_somewhere() {
    fn check(document: &Value, value: &Value) {
        match value {
            Value::Object(members) => {
                resolve(document, value);
                members.values().for_each(|member| check(document, member));
            }
            Value::Array(items) => items.iter().for_each(|item| check(document, item)),
            _ => {}
        }
    }
    let document = document();
    check(&document, &document);
}

#[test]
fn a_known_document_is_not_sent_again() {
    let app = shared();
    let first = app.at("GET", "/openapi.json").send().expect(200);
    let tag = first.header("etag").expect("the document has an ETag").to_owned();
    let again = app.at("GET", "/openapi.json").header("if-none-match", &tag).send().expect(304);
    assert!(again.body.is_empty() && again.header("etag") == Some(&tag), "{again}");
    app.at("GET", "/openapi.json").header("if-none-match", "\"another\"").send().expect(200);
    assert_eq!(app.at("GET", "/openapi.json").send().body, first.body);
}

/// A browser takes what a 304 says of a page for what the page that it has kept may do.
#[test]
fn a_page_that_is_known_may_do_what_it_may() {
    let app = shared();
    for path in ["/docs", "/live", "/live/page.js", "/admin", "/admin/page.js", "/reset", "/verify"] {
        let first = app.at("GET", path).send().expect(200);
        let tag = first.header("etag").expect("a tag").to_owned();
        let again = app.at("GET", path).header("if-none-match", &tag).send().expect(304);
        let [before, after] = [&first, &again].map(|reply| reply.header("content-security-policy"));
        assert_eq!(after, before, "{path}");
    }
}

/// The values of `src` and `href` attributes.
fn links(html: &str) -> Vec<String> {
    let attributes = html.split(['<', ' ', '\n', '\t']).filter_map(|word| {
        word.trim_end_matches('>').strip_prefix("src=").or_else(|| word.trim_end_matches('>').strip_prefix("href="))
    });
    attributes.map(|value| value.split('>').next().unwrap_or_default().trim_matches(['"', '\'']).to_owned()).collect()
}

#[test]
fn the_pages_need_no_other_host() {
    check_page(shared(), "/docs");
    check_page(shared(), "/live");
    check_page(shared(), "/admin");
}

/// Checks that a page is there, and whatever it loads, beside it.
#[track_caller]
pub(super) fn check_page(app: &TestApp, path: &str) {
    let reply = app.at("GET", path).send().expect(200);
    assert!(reply.header("content-type").is_some_and(|kind| kind.starts_with("text/html")), "{reply}");
    let html = reply.text();
    let directory = path.rsplit_once('/').map_or("", |(directory, _)| directory);
    let mut scripts = 0;
    for link in links(&html).into_iter().filter(|link| !link.starts_with("data:") && !link.starts_with('#')) {
        assert!(!link.contains("://") && !link.starts_with('/'), "the page loads from elsewhere: {link}");
        let asset = app.at("GET", &format!("{directory}/{link}")).send().expect(200);
        assert!(!asset.body.is_empty(), "{asset}");
        scripts += usize::from(asset.header("content-type").is_some_and(|kind| kind.contains("javascript")));
    }
    assert!(scripts > 0, "the page has no script: {html}");
}

/// What the page at `/docs` is headed with, where `/` leads a browser.
#[test]
fn the_document_says_what_the_application_is() {
    let info =
        |application| testing::TestApp::start(application).anonymous().at("GET", "/openapi.json").ok()["info"].clone();
    let of_the_package = info(resources::application());
    assert_eq!(
        (&of_the_package["title"], &of_the_package["version"]),
        (&"tracker".into(), &env!("CARGO_PKG_VERSION").into())
    );
    assert!(of_the_package["description"].as_str().unwrap().starts_with("The reference application of fasttrack"));
    let said = info(resources::application().about("Acme", "What *we* do."));
    assert_eq!((&said["title"], &said["version"]), (&"Acme".into(), &env!("CARGO_PKG_VERSION").into()));
    assert!(said["description"].as_str().unwrap().starts_with("What *we* do.\n\nBodies are JSON"));
}
