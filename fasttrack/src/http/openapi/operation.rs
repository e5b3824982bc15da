//! One operation of the document: what every operation has in common is written once, here.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{
    access::Anonymous,
    headers::{RATE_LIMIT_HEADERS, header},
    problems,
};
use crate::schema::ANY_TYPE;

/// An operation under construction.
#[derive(Debug)]
pub(super) struct Operation {
    id: String,
    tag: String,
    summary: String,
    description: String,
    parameters: Vec<Value>,
    body: Option<Value>,
    success: BTreeMap<u16, Value>,
    refusals: BTreeMap<u16, Option<String>>,
    anonymous: Anonymous,
    limited: bool,
}

impl Operation {
    /// An operation of the API: takes a bearer token, is rate limited, and can answer what each of them can.
    pub(super) fn new(id: impl Into<String>, tag: &str, summary: impl Into<String>) -> Self {
        Self::bare(id, tag, summary, Anonymous::Refused, true).refuses(&[401, 422, 429, 500, 503])
    }

    /// A service route: needs no token and is not limited.
    pub(super) fn service(id: &str, summary: &str) -> Self {
        Self::bare(id, "service", summary, Anonymous::Welcome, false).refuses(&[422, 500])
    }

    fn bare(id: impl Into<String>, tag: &str, summary: impl Into<String>, anonymous: Anonymous, limited: bool) -> Self {
        Self {
            id: id.into(),
            tag: tag.to_owned(),
            summary: summary.into(),
            description: String::new(),
            parameters: Vec::new(),
            body: None,
            success: BTreeMap::new(),
            refusals: BTreeMap::new(),
            anonymous,
            limited,
        }
    }

    /// Adds a paragraph to the description.
    pub(super) fn explain(mut self, paragraph: impl AsRef<str>) -> Self {
        if !self.description.is_empty() {
            self.description.push_str("\n\n");
        }
        self.description.push_str(paragraph.as_ref());
        self
    }

    /// Says whether a token is needed. A token that is sent has to be sound either way, except where none is looked at.
    pub(super) fn anonymous(mut self, anonymous: Anonymous) -> Self {
        self.anonymous = anonymous;
        self
    }

    /// Needs no token and looks at none.
    pub(super) fn public(mut self) -> Self {
        self.refusals.remove(&401);
        self.anonymous(Anonymous::Welcome)
    }

    /// Never answers 401: a token that is not good is told otherwise.
    pub(super) fn accepts_any_token(mut self) -> Self {
        self.refusals.remove(&401);
        self
    }

    /// Adds parameters.
    pub(super) fn parameters(mut self, parameters: impl IntoIterator<Item = Value>) -> Self {
        self.parameters.extend(parameters);
        self
    }

    /// Takes a JSON body of the component schema.
    pub(super) fn body(self, schema: &str) -> Self {
        self.body_with(&component(schema))
    }

    /// Takes a JSON body of this schema. It has one media type, whatever others the server takes: generators of clients
    /// make a function of each, and some of these functions have the same name.
    pub(super) fn body_with(mut self, schema: &Value) -> Self {
        self.body = Some(json!({ "required": true, "content": { "application/json": { "schema": schema } } }));
        self.refuses(&[400, 413, 415])
    }

    /// Takes the bytes of a file of one of these types, which may be said to be bytes alone.
    pub(super) fn file_body(mut self, types: &[&str]) -> Self {
        let bytes = json!({ "schema": { "type": "string", "format": "binary" } });
        let names = types.iter().copied().chain((!types.contains(&ANY_TYPE)).then_some("application/octet-stream"));
        let content: Map<_, _> = names.map(|name| (name.to_owned(), bytes.clone())).collect();
        self.body = Some(json!({ "required": true, "content": content }));
        self.refuses(&[400, 413, 415])
    }

    /// Can be refused with these.
    pub(super) fn refuses(mut self, statuses: &[u16]) -> Self {
        for &status in statuses {
            self.refusals.entry(status).or_default();
        }
        self
    }

    /// Can be refused with this, for a reason of its own.
    pub(super) fn refuses_when(mut self, status: u16, when: impl Into<String>) -> Self {
        self.refusals.insert(status, Some(when.into()));
        self
    }

    /// Succeeds with a JSON body of the component schema.
    pub(super) fn answers(self, status: u16, description: &str, schema: &str) -> Self {
        self.answers_with(status, description, "application/json", &component(schema))
    }

    /// Succeeds with a body of this media type.
    pub(super) fn answers_with(mut self, status: u16, description: &str, media_type: &str, schema: &Value) -> Self {
        let headers = self.headers();
        let content = json!({ media_type: { "schema": schema } });
        self.success.insert(status, json!({ "description": description, "headers": headers, "content": content }));
        self
    }

    /// Succeeds with a list, which is answered whole as well, in the forms of [`STREAMED`].
    pub(super) fn answers_list(self, description: &str, schema: &Value) -> Self {
        let mut operation = self.explain(STREAMS).answers_with(200, description, "application/json", schema);
        let content = operation.success.get_mut(&200).and_then(|answer| answer.get_mut("content"));
        if let Some(content) = content.and_then(Value::as_object_mut) {
            content.extend(STREAMED.map(|(media_type, rows)| {
                (media_type.to_owned(), json!({ "schema": { "description": rows, "type": "string" } }))
            }));
        }
        operation
            .with_header("Content-Disposition")
            .refuses_when(426, "A list is to be streamed over HTTP/1.0.")
            .refuses_when(429, "The rate limit is reached, or two lists are being streamed to the caller already.")
    }

    /// Succeeds without a body.
    pub(super) fn answers_empty(mut self, status: u16, description: &str) -> Self {
        self.success.insert(status, json!({ "description": description, "headers": self.headers() }));
        self
    }

    /// Adds headers to the answers given so far.
    pub(super) fn with_header(mut self, name: &str) -> Self {
        for response in self.success.values_mut() {
            if let Some(headers) = response.get_mut("headers").and_then(Value::as_object_mut) {
                headers.extend([header(name)]);
            }
        }
        self
    }

    fn headers(&self) -> Map<String, Value> {
        let limits: &[&str] = if self.limited { &RATE_LIMIT_HEADERS } else { &[] };
        ["x-request-id"].iter().chain(limits).map(|name| header(name)).collect()
    }

    /// The finished operation object.
    pub(super) fn render(self) -> Value {
        let responses = self.responses();
        let mut operation = Map::new();
        operation.insert("operationId".to_owned(), json!(self.id));
        operation.insert("tags".to_owned(), json!([self.tag]));
        operation.insert("summary".to_owned(), json!(self.summary));
        if !self.description.is_empty() {
            operation.insert("description".to_owned(), json!(self.description));
        }
        if !self.parameters.is_empty() {
            operation.insert("parameters".to_owned(), Value::Array(self.parameters));
        }
        operation.extend(self.body.map(|body| ("requestBody".to_owned(), body)));
        operation.insert("responses".to_owned(), responses);
        match self.anonymous {
            Anonymous::Refused => {}
            Anonymous::Sometimes => {
                operation.insert("security".to_owned(), json!([{}, { "bearer": [] }]));
            }
            Anonymous::Welcome => {
                operation.insert("security".to_owned(), json!([]));
            }
        }
        Value::Object(operation)
    }

    fn responses(&self) -> Value {
        let mut responses: BTreeMap<u16, Value> = self.success.clone();
        for (&status, when) in &self.refusals {
            let Some(target) = problems::reference(status, self.body.is_some()) else { continue };
            let mut reference = json!({ "$ref": target });
            if let (Some(when), Some(reference)) = (when, reference.as_object_mut()) {
                reference.insert("description".to_owned(), json!(when));
            }
            responses.insert(status, reference);
        }
        Value::Object(responses.into_iter().map(|(status, response)| (status.to_string(), response)).collect())
    }
}

/// When a route without an `ETag` answers 412.
pub(super) const NO_VERSION: &str = "`If-Match` names a version, and what the path names has none.";

/// The media types of lists that are streamed, with what is in them.
const STREAMED: [(&str, &str); 2] = [
    ("text/csv", "A line with the names of the fields, and one for each row (RFC 4180)."),
    ("application/x-ndjson", "A line for each row: an object, as it is among the `items` of a page."),
];

/// What is said of lists that are.
const STREAMS: &str = "`Accept: text/csv` or `application/x-ndjson` answers the whole list, streamed, from one instant, \
                       without `limit` and `cursor`. A body without its end is part of a list: the connection is cut off then.";

/// Takes back that a list is streamed.
pub(super) fn forget_streams(operation: &mut Map<String, Value>) {
    if let Some(description) = operation.get("description").and_then(Value::as_str) {
        let left: Vec<_> = description.split("\n\n").filter(|paragraph| *paragraph != STREAMS).collect();
        operation.insert("description".to_owned(), json!(left.join("\n\n")));
    }
    let Some(responses) = operation.get_mut("responses").and_then(Value::as_object_mut) else { return };
    responses.remove("426");
    if let Some(limit) = responses.get_mut("429").and_then(Value::as_object_mut) {
        limit.remove("description");
    }
    let Some(answer) = responses.get_mut("200") else { return };
    if let Some(content) = answer.get_mut("content").and_then(Value::as_object_mut) {
        content.retain(|media_type, _| STREAMED.iter().all(|(streamed, _)| streamed != media_type));
    }
    if let Some(headers) = answer.get_mut("headers").and_then(Value::as_object_mut) {
        headers.remove("Content-Disposition");
    }
}

/// A reference to a component schema.
pub(super) fn component(schema: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{schema}") })
}
