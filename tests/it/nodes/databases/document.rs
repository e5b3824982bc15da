//! What the OpenAPI document tells of each collection: whatever a declaration adds is asked for without a word here.

use serde_json::Value;

use crate::driver::TestApp;

/// Rows of one kind.
pub(super) struct Collection {
    pub(super) plural: String,
    /// What it lies under, if anything.
    pub(super) above: Option<String>,
    /// Verbs that there are, as they are called in the document: `create_readings`.
    pub(super) verbs: Vec<&'static str>,
    /// What the body holds that creates a row, or changes one.
    pub(super) create: Value,
    pub(super) update: Value,
    /// Each filter with the schema of its value.
    pub(super) filters: Vec<(String, Value)>,
    pub(super) is_searched: bool,
    pub(super) orders: Vec<String>,
    pub(super) expanded: Vec<String>,
}

/// Where the verbs are: method, and what stands behind the path of a row; behind nothing, where rows are added and listed.
pub(super) const VERBS: [(&str, &str, Option<&str>); 7] = [
    ("create", "post", None),
    ("list", "get", None),
    ("read", "get", Some("")),
    ("update", "patch", Some("")),
    ("delete", "delete", Some("")),
    ("restore", "post", Some("/restore")),
    ("history", "get", Some("/history")),
];

/// Whose rows are no declaration's, and hold secrets that each server makes for itself.
const NOT_DECLARED: &str = "webhooks";

impl Collection {
    /// All that is declared.
    pub(super) fn all(app: &TestApp) -> Vec<Self> {
        let document = app.at("GET", "/openapi.json").ok();
        let paths = document["paths"].as_object().unwrap();
        let lists = paths.keys().filter_map(|path| path.strip_prefix("/api/v1/"));
        let mut found: Vec<Self> = Vec::new();
        for list in lists {
            let parts: Vec<_> = list.split('/').collect();
            let (plural, above) = match parts[..] {
                [plural] => (plural, None),
                [above, "{id}", plural] => (plural, Some(above)),
                _ => continue,
            };
            let operation = &document["paths"][format!("/api/v1/{list}")];
            let is_of_rows = paths.contains_key(&format!("/api/v1/{plural}/{{id}}"));
            let is_declared = plural != NOT_DECLARED;
            if is_declared
                && is_of_rows
                && operation["get"]["operationId"].as_str().is_some_and(|id| id.starts_with("list_"))
            {
                found.push(Self::of(&document, plural, above));
            }
        }
        found
    }

    fn of(document: &Value, plural: &str, above: Option<&str>) -> Self {
        let list = above.map_or_else(|| plural.to_owned(), |above| format!("{above}/{{id}}/{plural}"));
        let operation = |method: &str, behind: Option<&str>| {
            let path = behind.map_or_else(|| list.clone(), |behind| format!("{plural}/{{id}}{behind}"));
            &document["paths"][format!("/api/v1/{path}")][method]
        };
        let is_there = |(_, method, behind): &&(_, &str, Option<&str>)| operation(method, *behind).is_object();
        let mut this = Self {
            plural: plural.to_owned(),
            above: above.map(str::to_owned),
            verbs: VERBS.iter().filter(is_there).map(|(verb, ..)| *verb).collect(),
            create: body(document, operation("post", None)),
            update: body(document, operation("patch", Some(""))),
            filters: Vec::new(),
            is_searched: false,
            orders: Vec::new(),
            expanded: Vec::new(),
        };
        for parameter in operation("get", None)["parameters"].as_array().into_iter().flatten() {
            let words = || parameter["schema"]["items"]["enum"].as_array().cloned().unwrap_or_default();
            let words = || words().iter().map(|word| word.as_str().unwrap().to_owned()).collect();
            match parameter["name"].as_str() {
                Some("sort") => this.orders = words(),
                Some("expand") => this.expanded = words(),
                Some("q") => this.is_searched = true,
                Some(name) if parameter["in"] == "query" => {
                    this.filters.push((name.to_owned(), parameter["schema"].clone()));
                }
                _ => {}
            }
        }
        this
    }

    pub(super) fn has(&self, verb: &str) -> bool {
        self.verbs.contains(&verb)
    }

    /// The keys that a body may have.
    pub(super) fn keys(schema: &Value) -> impl Iterator<Item = &str> {
        schema["properties"].as_object().into_iter().flat_map(|fields| fields.keys().map(String::as_str))
    }
}

/// The schema of a body, with what it refers to in its place.
fn body(document: &Value, operation: &Value) -> Value {
    let content = operation["requestBody"]["content"].as_object();
    let schema = content.and_then(|content| content.values().next()).map(|body| body["schema"].clone());
    resolved(document, schema.unwrap_or_default())
}

fn resolved(document: &Value, schema: Value) -> Value {
    match schema {
        Value::Object(members) => match members.get("$ref").and_then(Value::as_str) {
            Some(reference) => {
                let pointer = reference.trim_start_matches('#');
                resolved(document, document.pointer(pointer).expect("it is there").clone())
            }
            None => members.into_iter().map(|(key, value)| (key, resolved(document, value))).collect(),
        },
        Value::Array(items) => items.into_iter().map(|item| resolved(document, item)).collect(),
        other => other,
    }
}
