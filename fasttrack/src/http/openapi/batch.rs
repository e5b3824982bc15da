//! `POST /batch`, as the document shows it.

use serde_json::{Value, json};

use super::{
    operation::{Operation, component},
    resources::{ANYONE_LOGGED_IN, happens_once},
};
use crate::http::batch::MOST;

const TAG: &str = "batch";

/// The tag of this route.
pub(super) fn tag() -> Value {
    json!({ "name": TAG, "description": "Many changes at once, all or nothing." })
}

/// The route.
pub(super) fn path() -> (String, Value) {
    ("/api/v1/batch".to_owned(), json!({ "post": operation().render() }))
}

fn operation() -> Operation {
    let operation = Operation::new("run_batch", TAG, "Carry out many operations in one transaction")
        .explain(
            "In their order, all or nothing. Each is an operation of this document that creates, reads, changes, deletes or \
             restores a single row, and is what it is alone: rules, limits, hooks and what follows from a change. The first \
             that fails is answered as it would be alone, with its place as `operation`, and nothing is done.",
        )
        .explain(
            "`\"$0.id\"`, as a whole string in a body or as a segment of a path (`/projects/$0.id/tasks`), stands for what an \
             earlier operation answers under this key. The string itself is written `\"$$0.id\"`.",
        )
        .explain(ANYONE_LOGGED_IN)
        .body("Batch")
        .answers(200, "What came of each, in order.", "BatchResults")
        .refuses_when(403, "An operation is refused so.")
        .refuses_when(404, "An operation names a row that does not exist.")
        .refuses_when(409, "An operation is refused so.")
        .refuses_when(412, "A row is not the version that its operation names.")
        .refuses_when(422, "The batch is malformed, and nothing was tried; or the input of an operation is invalid.");
    happens_once(operation)
}

/// The component schemas.
pub(super) fn schemas() -> [(&'static str, Value); 4] {
    [("Batch", batch()), ("BatchOperation", one()), ("BatchResults", results()), ("BatchResult", result())]
}

fn batch() -> Value {
    json!({
        "description": "Operations in their order.",
        "type": "object",
        "required": ["operations"],
        "properties": { "operations": {
            "description": "What is done.",
            "type": "array",
            "minItems": 1,
            "maxItems": MOST,
            "items": component("BatchOperation"),
        } },
        "additionalProperties": false,
    })
}

fn one() -> Value {
    json!({
        "description": "One operation.",
        "type": "object",
        "required": ["method", "path"],
        "properties": {
            "method": { "description": "Its method.", "type": "string", "enum": ["GET", "POST", "PATCH", "DELETE"] },
            "path": {
                "description": "Its path, with `/api/v1` or without.",
                "type": "string",
                "examples": ["/projects", "/projects/$0.id/tasks"],
            },
            "body": { "description": "What it takes, where it takes something.", "type": "object" },
            "if_match": { "description": "What it would be sent as `If-Match`.", "type": "string" },
        },
        "additionalProperties": false,
    })
}

fn results() -> Value {
    json!({
        "description": "What came of each operation.",
        "type": "object",
        "required": ["results"],
        "properties": { "results": {
            "description": "One for each, in order.",
            "type": "array",
            "minItems": 1,
            "maxItems": MOST,
            "items": component("BatchResult"),
        } },
    })
}

fn result() -> Value {
    json!({
        "description": "What came of one operation.",
        "type": "object",
        "required": ["status", "body"],
        "properties": {
            "status": { "description": "What it is answered with alone.", "type": "integer", "minimum": 200, "maximum": 299 },
            "body": { "description": "The row, if it answers one.", "type": ["object", "null"] },
            "etag": { "description": "The version of the row.", "type": "string" },
        },
    })
}
