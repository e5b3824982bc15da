//! Errors on the wire: problem details (RFC 9457), whatever raised them.

use salvo::http::{HeaderValue, Response, StatusCode, header};
use serde::Serialize;
use serde_json::value::RawValue;

use super::{reply::Reply, request_id::RequestId};
use crate::error::{Error, Fault};

/// Seconds after which to try again when the server is busy.
const RETRY_AFTER_S: u64 = 1;

/// Seconds after which to try again when an account has all its sockets: by then the server has noticed those of which
/// the client has gone.
const SOCKET_RETRY_AFTER_S: u64 = 75;

/// Faults that are told in the `detail`; `errors` has them all.
const FAULTS_IN_DETAIL: usize = 3;

/// Faults that are told at most: a request made of nothing else would have an answer many times its size.
const FAULTS: usize = 1_000;

/// The `type` of a problem whose status says it all (RFC 9457, section 4.2.1).
const BLANK: &str = "about:blank";

/// The `type` of a log-in that lacks the code of a second factor.
const TOTP_REQUIRED: &str = "/problems/totp-required";

/// A status that an error can have. Its `type` is `about:blank`, but for a 401 that asks for a second factor.
#[derive(Debug)]
pub struct ProblemType {
    /// The status.
    pub status: u16,
    /// The title, the same on every occurrence: the reason phrase of the status (RFC 9110).
    pub title: &'static str,
    /// When it is answered.
    pub when: &'static str,
}

/// All problem types.
pub const PROBLEM_TYPES: &[ProblemType] = &[
    problem(400, "Bad Request", "the body is no JSON, or a cursor is not one of this list"),
    problem(401, "Unauthorized", "no valid token, or wrong credentials"),
    problem(403, "Forbidden", "no rule allows it"),
    problem(404, "Not Found", "no such route or row"),
    problem(405, "Method Not Allowed", "the route is known, the method is not; `Allow` lists those that are"),
    problem(409, "Conflict", "a unique value is taken, or an invariant would break"),
    problem(412, "Precondition Failed", "the row is not the one that `If-Match` names any more, or has been changed"),
    problem(413, "Content Too Large", "the body is over the limit"),
    problem(
        415,
        "Unsupported Media Type",
        "the body is not `application/json`; a file is of a type that its field does not take",
    ),
    problem(416, "Range Not Satisfiable", "the file has no such bytes; `Content-Range` says how many there are"),
    problem(422, "Unprocessable Content", "well-formed, but invalid; `errors` lists every fault"),
    problem(
        426,
        "Upgrade Required",
        "the route is a WebSocket, and the request is no handshake for one; or a list is to be streamed over HTTP/1.0",
    ),
    problem(429, "Too Many Requests", "over the rate limit; `Retry-After` says when to try again"),
    problem(500, "Internal Server Error", "a fault of the server; its log has the cause under the `request_id`"),
    problem(503, "Service Unavailable", "busy or stopping; `Retry-After` says when to try again"),
];

const fn problem(status: u16, title: &'static str, when: &'static str) -> ProblemType {
    ProblemType { status, title, when }
}

#[derive(Serialize)]
struct Body<'a> {
    r#type: &'static str,
    title: &'a str,
    status: u16,
    detail: &'a str,
    request_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    errors: Option<Vec<Entry<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    operation: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ticket: Option<&'a str>,
}

#[derive(Serialize)]
struct Entry<'a> {
    field: &'a str,
    code: &'static str,
    message: &'a str,
}

/// Answers with `error`. The cause of a 500 goes to the log, and nowhere else.
pub(super) fn write(res: &mut Response, error: &Error, id: &RequestId) {
    reply(error, id).write(res);
}

/// The answer that an error is.
pub(super) fn reply(error: &Error, id: &RequestId) -> Reply {
    let (operation, error) = match error {
        Error::InOperation { operation, error } => (Some(*operation), error.as_ref()),
        error => (None, error),
    };
    let detail = match error {
        Error::Internal(cause) => {
            tracing::error!(request_id = id.as_str(), cause, "internal error");
            "an error of the server; quote the request id when you report it".into()
        }
        Error::Invalid(faults) => summary(faults),
        Error::TooManyRequests { retry_after_s } => format!("too many requests; try again in {retry_after_s} s"),
        other => other.to_string(),
    };
    let (kind, ticket) = match error {
        Error::SecondFactor { ticket } => (Some(TOTP_REQUIRED), ticket.as_deref()),
        _ => (None, None),
    };
    let faults = match error {
        Error::Invalid(faults) => Some(faults.as_slice()),
        _ => None,
    };
    with_headers(of_status(status_of(error), &detail, Told { kind, faults, operation, ticket }, id), error)
}

/// Answers with a status that no [`Error`] has, such as those of the router.
pub(super) fn write_plain(res: &mut Response, status: StatusCode, detail: &str, id: &RequestId) {
    of_status(status, detail, Told::default(), id).write(res);
}

/// The body of a problem as it answers another request: `request_id` names that.
pub(super) fn renamed(body: &str, id: &RequestId) -> String {
    // In a string, the quotes would stand behind a backslash.
    const KEY: &str = "\"request_id\":";
    let Some((before, rest)) = body.split_once(KEY) else { return body.to_owned() };
    let mut values = serde_json::Deserializer::from_str(rest).into_iter::<&RawValue>();
    let Some(Ok(_)) = values.next() else { return body.to_owned() };
    let after = rest.get(values.byte_offset()..).unwrap_or_default();
    format!("{before}{KEY}{}{after}", serde_json::Value::from(id.as_str()))
}

/// The status of an error.
pub(super) fn status_of(error: &Error) -> StatusCode {
    match error {
        Error::Malformed(_) => StatusCode::BAD_REQUEST,
        Error::Unauthenticated(_) | Error::SecondFactor { .. } => StatusCode::UNAUTHORIZED,
        Error::Forbidden(_) => StatusCode::FORBIDDEN,
        Error::NotFound(_) => StatusCode::NOT_FOUND,
        Error::Conflict(_) => StatusCode::CONFLICT,
        Error::PreconditionFailed(_) => StatusCode::PRECONDITION_FAILED,
        Error::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
        Error::UnsupportedMediaType(_) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        Error::RangeNotSatisfiable { .. } => StatusCode::RANGE_NOT_SATISFIABLE,
        Error::Invalid(_) => StatusCode::UNPROCESSABLE_ENTITY,
        Error::UpgradeRequired | Error::HttpTooOld => StatusCode::UPGRADE_REQUIRED,
        Error::TooManyRequests { .. } | Error::TooManySockets { .. } | Error::OverLimit { .. } => {
            StatusCode::TOO_MANY_REQUESTS
        }
        Error::InOperation { error, .. } => status_of(error),
        Error::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
        Error::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// What a problem tells beside its sentence.
#[derive(Clone, Copy, Default)]
struct Told<'a> {
    /// Its `type`, where the status does not say it all.
    kind: Option<&'static str>,
    faults: Option<&'a [Fault]>,
    /// Which operation of several it is about.
    operation: Option<usize>,
    /// What goes with the code of a second factor.
    ticket: Option<&'a str>,
}

fn of_status(status: StatusCode, detail: &str, told: Told<'_>, id: &RequestId) -> Reply {
    let Told { kind, faults, operation, ticket } = told;
    let known = PROBLEM_TYPES.iter().find(|known| known.status == status.as_u16());
    let title = known.map_or_else(|| status.canonical_reason().unwrap_or("Error"), |known| known.title);
    let errors = faults.map(|faults| {
        faults
            .iter()
            .take(FAULTS)
            .map(|fault| Entry { field: &fault.field, code: fault.code, message: &fault.message })
            .collect()
    });
    let (status_code, request_id) = (status.as_u16(), id.as_str());
    let body = Body {
        r#type: kind.unwrap_or(BLANK),
        title,
        status: status_code,
        detail,
        request_id,
        errors,
        operation,
        ticket,
    };
    Reply::of("application/problem+json", serde_json::to_vec(&body).unwrap_or_default()).status(status)
}

fn with_headers(reply: Reply, error: &Error) -> Reply {
    let number = |seconds: u64| HeaderValue::from(seconds);
    match error {
        Error::Unauthenticated(_) | Error::SecondFactor { .. } => {
            reply.header(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))
        }
        Error::UpgradeRequired => reply
            .header(header::UPGRADE, HeaderValue::from_static("websocket"))
            .header(header::SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13")),
        Error::RangeNotSatisfiable { bytes } => match HeaderValue::try_from(format!("bytes */{bytes}")) {
            Ok(length) => reply.header(header::CONTENT_RANGE, length),
            Err(_) => reply,
        },
        Error::HttpTooOld => reply.header(header::UPGRADE, HeaderValue::from_static("HTTP/1.1")),
        Error::TooManySockets { .. } => reply.header(header::RETRY_AFTER, number(SOCKET_RETRY_AFTER_S)),
        Error::TooManyRequests { retry_after_s } | Error::OverLimit { retry_after_s, .. } => {
            reply.header(header::RETRY_AFTER, number(*retry_after_s))
        }
        Error::Unavailable(_) => reply.header(header::RETRY_AFTER, number(RETRY_AFTER_S)),
        _ => reply,
    }
}

fn summary(faults: &[Fault]) -> String {
    let sentence = |fault: &Fault| match fault.field.as_str() {
        "" => fault.message.clone(),
        field => format!("{field}: {}", fault.message),
    };
    let told: Vec<_> = faults.iter().take(FAULTS_IN_DETAIL).map(sentence).collect();
    match faults.len().saturating_sub(FAULTS_IN_DETAIL) {
        0 => told.join("; "),
        more => format!("{}; and {more} more", told.join("; ")),
    }
}

#[cfg(test)]
mod tests {
    use salvo::http::{HeaderMap, ResBody};
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn a_problem_names_the_request_that_it_answers() {
        let named = |name: &str| {
            let mut headers = HeaderMap::new();
            headers.insert("x-request-id", HeaderValue::try_from(name).unwrap());
            RequestId::from_headers(&headers)
        };
        for detail in ["m", r#""request_id":"x""#, "{\\\"request_id\":"] {
            let body = |name: &str| {
                let (_, _, body) = reply(&Error::fault("f", "c", detail.to_owned()), &named(name)).into_parts();
                String::from_utf8(body.to_vec()).unwrap()
            };
            assert_eq!(renamed(&body(r#"one"\"#), &named("other\"")), body("other\""), "{detail}");
        }
    }

    fn answer(error: &Error) -> (Response, Value) {
        let mut res = Response::new();
        write(&mut res, error, &RequestId::from_headers(&HeaderMap::new()));
        let ResBody::Once(body) = res.take_body() else { panic!("no body") };
        (res, serde_json::from_slice(&body).unwrap())
    }

    #[test]
    fn an_answer_has_an_end() {
        let faults: Vec<_> =
            (0..5_000).map(|number| Fault::new(format!("a{number}"), "unknown", "is unknown")).collect();
        let (_, body) = answer(&Error::Invalid(faults));
        assert_eq!(body["errors"].as_array().map(Vec::len), Some(FAULTS));
        assert!(body["detail"].as_str().unwrap().ends_with("and 4997 more"), "{body}");
    }

    fn every_error() -> Vec<Error> {
        vec![
            Error::Malformed("m".into()),
            Error::Unauthenticated("m".into()),
            Error::SecondFactor { ticket: None },
            Error::Forbidden("m".into()),
            Error::NotFound("m".into()),
            Error::Conflict("m".into()),
            Error::PreconditionFailed("m".into()),
            Error::TooLarge { max_bytes: 1 },
            Error::UnsupportedMediaType("m".into()),
            Error::RangeNotSatisfiable { bytes: 7 },
            Error::fault("f", "c", "m"),
            Error::UpgradeRequired,
            Error::HttpTooOld,
            Error::TooManyRequests { retry_after_s: 7 },
            Error::OverLimit { why: "at most 5 per author_id in 1m".into(), retry_after_s: 7 },
            Error::TooManySockets { most: 32 },
            Error::Unavailable("m".into()),
            Error::Internal("secret cause".into()),
        ]
    }

    #[test]
    fn every_error_is_a_complete_problem() {
        for error in every_error() {
            let (res, body) = answer(&error);
            let status = res.status_code.unwrap().as_u16();
            let known = PROBLEM_TYPES.iter().find(|known| known.status == status).unwrap();
            assert_eq!(res.headers()["content-type"], "application/problem+json");
            let kind = if matches!(error, Error::SecondFactor { .. }) { TOTP_REQUIRED } else { BLANK };
            assert_eq!((&body["type"], &body["title"]), (&json!(kind), &json!(known.title)));
            assert_eq!(body["status"], status);
            assert!(!body["detail"].as_str().unwrap().is_empty());
            assert!(!body["request_id"].as_str().unwrap().is_empty());
            assert_eq!(body.get("errors").is_some(), status == 422, "{body}");
            assert_eq!(res.headers().contains_key("www-authenticate"), status == 401);
            assert_eq!(res.headers().contains_key("upgrade"), status == 426);
            assert_eq!(res.headers().contains_key("retry-after"), status == 429 || status == 503);
        }
    }

    #[test]
    fn a_problem_says_which_of_several_operations_it_is_about() {
        for error in every_error() {
            let (alone, body) = answer(&error);
            let (res, mut inside) = answer(&Error::InOperation { operation: 3, error: Box::new(error) });
            assert_eq!((res.status_code, res.headers().len()), (alone.status_code, alone.headers().len()));
            assert_eq!(inside.as_object_mut().unwrap().remove("operation"), Some(json!(3)));
            inside["request_id"] = body["request_id"].clone();
            assert_eq!(inside, body);
        }
    }

    #[test]
    fn a_fault_of_ours_says_nothing_of_its_cause() {
        assert!(!answer(&Error::Internal("secret cause".into())).1.to_string().contains("secret"));
    }

    #[test]
    fn every_fault_is_told() {
        let faults = (0..5).map(|at| Fault::new(format!("f{at}"), "too_long", "at most 3 characters")).collect();
        let body = answer(&Error::Invalid(faults)).1;
        assert_eq!(body["errors"][4], json!({"field": "f4", "code": "too_long", "message": "at most 3 characters"}));
        assert!(body["detail"].as_str().unwrap().ends_with("f2: at most 3 characters; and 2 more"), "{body}");
        assert_eq!(answer(&Error::fault("", "not_an_object", "no object")).1["detail"], "no object");
    }

    #[test]
    fn the_table_has_each_status_once_in_order_under_its_reason_phrase() {
        for known in PROBLEM_TYPES {
            let status = StatusCode::from_u16(known.status).unwrap();
            let older = known.title.replace("Content Too", "Payload Too").replace("ble Content", "ble Entity");
            assert!([Some(known.title), Some(older.as_str())].contains(&status.canonical_reason()), "{known:?}");
        }
        assert!(PROBLEM_TYPES.is_sorted_by(|one, next| one.status < next.status));
    }
}
