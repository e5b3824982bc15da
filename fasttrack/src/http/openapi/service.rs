//! The service routes, at the root.

use serde_json::{Value, json};

use super::operation::Operation;

/// The tag of these routes.
pub(super) fn tag() -> Value {
    json!({ "name": "service", "description": "Whether the server is well, and what it offers. Not rate limited." })
}

/// The routes.
pub(super) fn paths() -> Vec<(String, Value)> {
    [
        ("/health", health()),
        ("/ready", ready()),
        ("/metrics", metrics()),
        ("/openapi.json", openapi()),
        ("/docs", docs()),
        ("/live", live()),
    ]
    .into_iter()
    .map(|(path, operation)| (path.to_owned(), json!({ "get": operation.render() })))
    .collect()
}

fn health() -> Operation {
    Operation::service("get_health", "Whether the server is alive").answers(200, "It is.", "Health")
}

fn ready() -> Operation {
    Operation::service("get_readiness", "Whether the server can serve")
        .answers(200, "It can.", "Health")
        .refuses_when(503, "The database is away, its schema is not current, or the server is stopping.")
}

fn metrics() -> Operation {
    let text = json!({ "type": "string" });
    Operation::service("get_metrics", "Measurements").answers_with(
        200,
        "In Prometheus' text format.",
        "text/plain",
        &text,
    )
}

fn openapi() -> Operation {
    let document = json!({ "type": "object" });
    Operation::service("get_openapi", "This document")
        .answers_with(200, "An OpenAPI 3.1 document.", "application/json", &document)
        .answers_empty(304, "The client has it already.")
        .with_header("ETag")
}

fn docs() -> Operation {
    let page = json!({ "type": "string" });
    Operation::service("get_docs", "This document for people")
        .answers_with(200, "Swagger UI.", "text/html", &page)
        .answers_empty(304, "The client has it already.")
        .with_header("ETag")
}

fn live() -> Operation {
    let page = json!({ "type": "string" });
    Operation::service("get_live", "Notifications as they arrive, for people")
        .answers_with(200, "A page to log in on and watch.", "text/html", &page)
        .answers_empty(304, "The client has it already.")
        .with_header("ETag")
}

/// The component schemas of these routes.
pub(super) fn schemas() -> [(&'static str, Value); 1] {
    let status = json!({ "type": "string", "examples": ["ok"], "description": "How the server is." });
    let health = json!({
        "description": "How the server is.",
        "type": "object",
        "required": ["status"],
        "properties": { "status": status },
    });
    [("Health", health)]
}
