//! The answers that refuse (RFC 9457), once for all operations: one component response per status.

use serde_json::{Map, Value, json};

use super::headers::{RATE_LIMIT_HEADERS, REQUEST_ID, header};
use crate::http::PROBLEM_TYPES;

/// A status that refuses, as the document shows it.
struct Refusal {
    status: u16,
    /// Which operations are refused so.
    of: Of,
    /// Key of the component response.
    name: &'static str,
    /// When it is answered.
    when: &'static str,
    /// An example of `detail`.
    detail: &'static str,
    /// Headers beyond those of every answer.
    headers: &'static [&'static str],
}

/// What an operation takes: what can be wrong with a body stands at none that takes none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Of {
    Any,
    Body,
    NoBody,
}

/// What files alone are refused with.
const RANGE_NOT_SATISFIABLE: u16 = 416;

/// Every status that refuses. 405 stands in no operation, because an operation that is documented is allowed.
const REFUSALS: &[Refusal] = &[
    Refusal {
        status: 400,
        of: Of::Body,
        name: "BadRequest",
        when: "The body is empty, no UTF-8, no JSON or nested deeper than 128 levels.",
        detail: "the body is no JSON: expected `,` or `}` at line 1 column 20",
        headers: &[],
    },
    Refusal {
        status: 400,
        of: Of::NoBody,
        name: "BadCursor",
        when: "The cursor is none that this server issued for this list.",
        detail: "the cursor was not issued for this list; start again without it",
        headers: &[],
    },
    Refusal {
        status: 401,
        of: Of::Any,
        name: "Unauthorized",
        when: "The token is missing, malformed, expired, revoked or of the wrong kind.",
        detail: "the access token has expired",
        headers: &["WWW-Authenticate"],
    },
    Refusal {
        status: 403,
        of: Of::Any,
        name: "Forbidden",
        when: "The caller is known, but no rule allows it; or a field was sent that only another role may set.",
        detail: "you may not do this",
        headers: &[],
    },
    Refusal {
        status: 404,
        of: Of::Any,
        name: "NotFound",
        when: "There is no such row, or the row that the path goes through does not exist.",
        detail: "task 99999 does not exist",
        headers: &[],
    },
    Refusal {
        status: 405,
        of: Of::Any,
        name: "MethodNotAllowed",
        when: "The path is known, but not with this method.",
        detail: "PUT is not allowed here; use GET, PATCH or DELETE",
        headers: &["Allow"],
    },
    Refusal {
        status: 409,
        of: Of::Any,
        name: "Conflict",
        when: "A unique value is taken, or the change would break an invariant.",
        detail: "this email is taken",
        headers: &[],
    },
    Refusal {
        status: 412,
        of: Of::Any,
        name: "PreconditionFailed",
        when: "The row is not the version that `If-Match` names any more, or has been changed since \
               `If-Unmodified-Since`.",
        detail: "the row is none that If-Match names; read it again, and see what has changed",
        headers: &[],
    },
    Refusal {
        status: 413,
        of: Of::Any,
        name: "ContentTooLarge",
        when: "The body is over the limit.",
        detail: "the body is over the limit of 65536 bytes",
        headers: &[],
    },
    Refusal {
        status: 415,
        of: Of::Any,
        name: "UnsupportedMediaType",
        when: "The body is of a type that is not taken here.",
        detail: "send the body as application/json",
        headers: &[],
    },
    Refusal {
        status: RANGE_NOT_SATISFIABLE,
        of: Of::Any,
        name: "RangeNotSatisfiable",
        when: "The file has no such bytes.",
        detail: "the file has 1024 bytes, and none of those that `Range` names",
        headers: &[],
    },
    Refusal {
        status: 422,
        of: Of::Body,
        name: "UnprocessableContent",
        when: "Well-formed but invalid: every fault of the body and of the query parameters, at once.",
        detail: "title: at most 300 characters; colour: there is no such field",
        headers: &[],
    },
    Refusal {
        status: 422,
        of: Of::NoBody,
        name: "InvalidParameters",
        when: "A query parameter is unknown, repeated, empty or not decodable, or its value does not fit: every fault, at \
               once.",
        detail: "limit: a whole number from 1 to 100; colour: there is no such parameter",
        headers: &[],
    },
    Refusal {
        status: 426,
        of: Of::Any,
        name: "UpgradeRequired",
        when: "The request is no handshake for a WebSocket (RFC 6455).",
        detail: "this route is a WebSocket: connect with a client for that",
        headers: &["Upgrade"],
    },
    Refusal {
        status: 429,
        of: Of::Any,
        name: "TooManyRequests",
        when: "The rate limit is reached. Waiting as long as `Retry-After` says succeeds.",
        detail: "too many requests; try again in 12 s",
        headers: &["Retry-After"],
    },
    Refusal {
        status: 500,
        of: Of::Any,
        name: "InternalServerError",
        when: "A fault of the server. Its log has the cause under the same `request_id`.",
        detail: "an error of the server; quote the request id when you report it",
        headers: &[],
    },
    Refusal {
        status: 503,
        of: Of::Any,
        name: "ServiceUnavailable",
        when: "The database is busy or away, or the server is stopping.",
        detail: "the database is busy; try again shortly",
        headers: &["Retry-After"],
    },
];

/// Where the response of a status stands, if it is one that refuses an operation with or without a body.
pub(super) fn reference(status: u16, has_body: bool) -> Option<String> {
    let other = if has_body { Of::NoBody } else { Of::Body };
    let refusal = REFUSALS.iter().find(|refusal| refusal.status == status && refusal.of != other)?;
    Some(format!("#/components/responses/{}", refusal.name))
}

/// The component responses.
pub(super) fn responses(max_body_bytes: usize, has_files: bool) -> Value {
    let all = REFUSALS
        .iter()
        .filter(|refusal| has_files || refusal.status != RANGE_NOT_SATISFIABLE)
        .map(|refusal| (refusal.name.to_owned(), refusal.response(max_body_bytes)));
    Value::Object(all.collect())
}

/// The component schemas of problem details.
pub(super) fn schemas() -> [(&'static str, Value); 3] {
    [("Problem", problem()), ("ValidationProblem", validation_problem()), ("Fault", fault())]
}

impl Refusal {
    fn response(&self, max_body_bytes: usize) -> Value {
        let (mut when, mut detail) = (self.when.to_owned(), self.detail.to_owned());
        if self.status == 413 {
            when = format!("The body is over the limit of {max_body_bytes} bytes.");
            detail = format!("the body is over the limit of {max_body_bytes} bytes");
        }
        let schema = if self.status == 422 { "ValidationProblem" } else { "Problem" };
        json!({
            "description": when,
            "headers": self.headers(),
            "content": {
                "application/problem+json": {
                    "schema": { "$ref": format!("#/components/schemas/{schema}") },
                    "example": self.example(&detail),
                }
            },
        })
    }

    fn title(&self) -> &'static str {
        PROBLEM_TYPES.iter().find(|known| known.status == self.status).map_or("", |known| known.title)
    }

    fn headers(&self) -> Map<String, Value> {
        ["x-request-id"].iter().chain(self.headers).chain(&RATE_LIMIT_HEADERS).map(|name| header(name)).collect()
    }

    fn example(&self, detail: &str) -> Value {
        let mut example = json!({
            "type": "about:blank",
            "title": self.title(),
            "status": self.status,
            "detail": detail,
            "request_id": REQUEST_ID,
        });
        if self.status == 422
            && let Some(example) = example.as_object_mut()
        {
            let faults = if self.of == Of::NoBody {
                json!([
                    { "field": "limit", "code": "out_of_range", "message": "a whole number from 1 to 100" },
                    { "field": "colour", "code": "unknown", "message": "there is no such parameter" },
                ])
            } else {
                json!([
                    { "field": "title", "code": "too_long", "message": "at most 300 characters" },
                    { "field": "colour", "code": "unknown", "message": "there is no such field" },
                ])
            };
            example.insert("errors".to_owned(), faults);
        }
        example
    }
}

fn problem() -> Value {
    json!({
        "description": "Why a request was refused: problem details (RFC 9457).",
        "type": "object",
        "required": ["type", "title", "status", "detail", "request_id"],
        "properties": {
            "type": {
                "type": "string",
                "format": "uri-reference",
                "description": "Identifies the kind of problem; `about:blank` where the status says it all.",
            },
            "title": { "type": "string", "description": "The status in words." },
            "status": { "type": "integer", "minimum": 400, "maximum": 599, "description": "The HTTP status." },
            "detail": { "type": "string", "description": "What happened and what to do, for people." },
            "request_id": {
                "type": "string",
                "description": "The `x-request-id` of the answer, by which the server's log can be searched.",
            },
            "operation": {
                "type": "integer",
                "minimum": 0,
                "description": "Which operation of a batch it is about, from 0.",
            },
            "ticket": {
                "type": "string",
                "description": "What is sent with the code of a second factor that is asked for after a log-in elsewhere.",
            },
        },
    })
}

fn validation_problem() -> Value {
    json!({
        "description": "Why an input was refused: problem details with every fault at once.",
        "type": "object",
        "allOf": [{ "$ref": "#/components/schemas/Problem" }],
        "required": ["errors"],
        "properties": {
            "errors": {
                "type": "array",
                "minItems": 1,
                "items": { "$ref": "#/components/schemas/Fault" },
                "description": "One entry per fault.",
            },
        },
    })
}

fn fault() -> Value {
    json!({
        "description": "One thing that is wrong with an input.",
        "type": "object",
        "required": ["field", "code", "message"],
        "properties": {
            "field": {
                "type": "string",
                "description": "JSON key or query parameter; empty for the body as a whole.",
            },
            "code": {
                "type": "string",
                "description": "Stable word for programs.",
                "examples": ["too_long", "required", "unknown", "duplicate"],
            },
            "message": { "type": "string", "description": "What is wrong, for people." },
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_problem_type_is_there_in_the_same_order() {
        let mut documented: Vec<_> = REFUSALS.iter().map(|refusal| (refusal.status, refusal.title())).collect();
        documented.dedup();
        let known: Vec<_> = PROBLEM_TYPES.iter().map(|known| (known.status, known.title)).collect();
        assert_eq!(documented, known);
        for (status, with, without) in [
            (200, None, None),
            (400, Some("BadRequest"), Some("BadCursor")),
            (401, Some("Unauthorized"), Some("Unauthorized")),
            (422, Some("UnprocessableContent"), Some("InvalidParameters")),
        ] {
            let target = |name: Option<&str>| name.map(|name| format!("#/components/responses/{name}"));
            assert_eq!(
                (reference(status, true), reference(status, false)),
                (target(with), target(without)),
                "{status}"
            );
        }
    }

    #[test]
    fn names_are_unique() {
        let names: std::collections::BTreeSet<_> = REFUSALS.iter().map(|refusal| refusal.name).collect();
        assert_eq!(names.len(), REFUSALS.len());
    }
}
