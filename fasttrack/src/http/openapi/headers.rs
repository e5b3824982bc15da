//! The headers of answers, once for all operations: one component header per name.

use serde_json::{Value, json};

/// The headers of an answer that counts against the rate limit.
pub(super) const RATE_LIMIT_HEADERS: [&str; 3] = ["RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset"];

/// A request id as examples show it.
pub(super) const REQUEST_ID: &str = "6f3c0a51d2b84e97a1f05c7be9d3462a";

/// A header of a response, by reference.
pub(super) fn header(name: &str) -> (String, Value) {
    (name.to_owned(), json!({ "$ref": format!("#/components/headers/{name}") }))
}

/// The component headers.
pub(super) fn components() -> Value {
    let integer =
        |description: &str| json!({ "description": description, "schema": { "type": "integer", "minimum": 0 } });
    let text = |description: &str, example: &str| json!({ "description": description, "schema": { "type": "string" }, "example": example });
    json!({
        "x-request-id": text("Names the request in the server's log; the client's own, if it sent a sane one.", REQUEST_ID),
        "RateLimit-Limit": integer("Requests allowed per window. Service routes are not limited and go without."),
        "RateLimit-Remaining": integer("Requests left in the current window."),
        "RateLimit-Reset": integer("Seconds until more requests are allowed."),
        "Retry-After": { "description": "Whole seconds to wait.", "schema": { "type": "integer", "minimum": 1 } },
        "WWW-Authenticate": text("How to authenticate (RFC 6750).", "Bearer"),
        "Upgrade": text("The protocol to speak.", "websocket"),
        "Allow": text("The methods that are allowed.", "GET, HEAD, PATCH, DELETE"),
        "Content-Disposition": text("The name of a file, for a list that is streamed.", "attachment; filename=\"tasks.csv\""),
        "Location": text("Where the new row is.", "/api/v1/tasks/7"),
        "Idempotency-Replayed": text("`true` on an answer that was given before to the same request under its key.", "true"),
        "ETag": text(
            "Names this version of what is answered; send it back as `If-None-Match`, or as `If-Match` with a change.",
            "\"5d41402abc4b2a7698a1f05c7be9d346\"",
        ),
    })
}
