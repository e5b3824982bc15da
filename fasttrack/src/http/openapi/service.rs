//! The service routes, at the root.

use serde_json::{Value, json};

use super::operation::Operation;

/// The tag of these routes.
pub(super) fn tag() -> Value {
    json!({ "name": "service", "description": "Whether the server is well, and what it offers. Not rate limited." })
}

/// The routes; there is one more where addresses are confirmed.
pub(super) fn paths(verifies: bool) -> Vec<(String, Value)> {
    [
        ("/health", health()),
        ("/ready", ready()),
        ("/metrics", metrics()),
        ("/openapi.json", openapi()),
        ("/docs", docs()),
        ("/live", live()),
        ("/admin", page("get_admin", "The page on which rows are looked at and changed", "A page for people.")),
        (
            "/reset",
            page("get_reset", "The page on which a password is set with a link", "A page to set a password on."),
        ),
    ]
    .into_iter()
    .chain(verifies.then(|| {
        let summary = "The page on which an address is confirmed with a link";
        ("/verify", page("get_verify", summary, "A page to confirm an address on."))
    }))
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
    page("get_docs", "This document for people", "Swagger UI.")
}

fn live() -> Operation {
    page("get_live", "Notifications as they arrive, for people", "A page to log in on and watch.")
}

fn page(id: &'static str, summary: &'static str, what: &str) -> Operation {
    let page = json!({ "type": "string" });
    Operation::service(id, summary)
        .answers_with(200, what, "text/html", &page)
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
