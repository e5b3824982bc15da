//! The routes by which an account hears of changes.

use serde_json::{Value, json};

use super::{
    operation::{Operation, component},
    pages::page,
    params,
    resources::ANYONE_LOGGED_IN,
};

const TAG: &str = "notifications";

/// The tag of these routes.
pub(super) fn tag() -> Value {
    json!({ "name": TAG, "description": "What the caller is told: kept for 7 days, and sent over a WebSocket at once." })
}

/// The routes.
pub(super) fn paths() -> [(String, Value); 2] {
    [
        ("/api/v1/notifications".to_owned(), json!({ "get": list().render() })),
        ("/ws".to_owned(), json!({ "get": connect().render() })),
    ]
}

fn list() -> Operation {
    Operation::new("list_notifications", TAG, "List what one was told")
        .explain("Messages about rows that the caller may no longer read are left out.")
        .parameters(params::paging(&["id"]))
        .parameters(params::ids())
        .refuses(&[400])
        .answers_list("A page of notifications.", &component("NotificationPage"))
        .explain(ANYONE_LOGGED_IN)
}

fn connect() -> Operation {
    Operation::new("connect", TAG, "Hear of changes as they happen")
        .explain(
            "A WebSocket (RFC 6455). Each text message is a `Notification`; with `since`, first those after that one. \
             Where some of these are no longer kept, the first message is `{\"type\": \"resync\"}`. The server pings every \
             30 s; a client may send `{\"type\": \"ping\"}` and gets `{\"type\": \"pong\"}`.",
        )
        .explain(
            "The socket is closed with 4001 and a reason when the token is missing, malformed, expired, revoked or of the \
             wrong kind, at once or as soon as that becomes so; 4008 when the client reads too slowly (connect again with \
             `since`); 1008 when `since` is no number, or nothing was heard for 75 s; 1009 for a message over 4 KiB; 1001 \
             when the server stops.",
        )
        .explain(ANYONE_LOGGED_IN)
        .parameters([
            json!({
                "name": "token",
                "in": "query",
                "description": "The access token, for clients that cannot send `Authorization`.",
                "schema": { "type": "string" },
            }),
            json!({
                "name": "since",
                "in": "query",
                "description": "The `id` of the last notification that the client has seen, or 0.",
                "schema": { "type": "integer", "format": "int64", "minimum": 0 },
            }),
        ])
        .answers_empty(101, "The connection is a WebSocket.")
        .with_header("Upgrade")
        .accepts_any_token()
        .refuses_when(403, "The page that connects is of an origin that is not allowed.")
        .refuses(&[426])
        .refuses_when(429, "The rate limit is reached, or the account has as many sockets as it may have.")
}

/// The component schemas of these routes.
pub(super) fn schemas() -> [(&'static str, Value); 2] {
    [("Notification", notification()), ("NotificationPage", page("A page of notifications.", "Notification"))]
}

fn notification() -> Value {
    json!({
        "description": "What an account was told.",
        "type": "object",
        "required": ["id", "type", "data", "actor_id", "timestamp"],
        "properties": {
            "id": {
                "type": "integer",
                "format": "int64",
                "minimum": 1,
                "description": "Number of the notification; rises per account.",
            },
            "type": { "type": "string", "description": "The event, as its declaration calls it." },
            "data": { "type": "object", "description": "What the declaration of the event says, and the id of the row." },
            "actor_id": {
                "type": ["integer", "null"],
                "format": "int64",
                "description": "Id of the account that did it; null when nobody was known.",
            },
            "timestamp": { "type": "string", "format": "date-time", "description": "When it was done." },
        },
    })
}
