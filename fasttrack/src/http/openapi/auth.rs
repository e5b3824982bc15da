//! The routes of authentication: fixed, but for the account that registers.

use serde_json::{Value, json};

use super::{
    fields::Input,
    names::Names,
    operation::{NO_VERSION, Operation, component},
    pages::page,
    params,
    resources::{ANYONE_LOGGED_IN, Resource},
};

const TAG: &str = "auth";

/// The tag of these routes.
pub(super) fn tag() -> Value {
    json!({ "name": TAG, "description": "Registering, logging in and out, and the sessions that come of it." })
}

/// The routes, for this account.
pub(super) fn paths(account: &Resource<'_>, names: &Names) -> Vec<(String, Value)> {
    [
        ("register", json!({ "post": register(account, names).render() })),
        ("login", json!({ "post": log_in().render() })),
        ("refresh", json!({ "post": refresh().render() })),
        ("logout", json!({ "post": log_out().render() })),
        ("password", json!({ "post": change_password().render() })),
        ("sessions", json!({ "get": list_sessions().render() })),
        ("sessions/{id}", json!({ "delete": end_session().render() })),
    ]
    .into_iter()
    .map(|(path, item)| (format!("/api/v1/auth/{path}"), item))
    .collect()
}

fn register(account: &Resource<'_>, names: &Names) -> Operation {
    let operation = Operation::new("register", TAG, "Register an account")
        .explain("Who may: anyone.")
        .public()
        .body(&names.registration)
        .answers(201, "The new account.", &names.row)
        .with_header("ETag");
    account.restricted(account.located(operation), Input::Register)
}

fn log_in() -> Operation {
    Operation::new("log_in", TAG, "Log in")
        .explain("Starts a session. Who may: anyone.")
        .public()
        .body("Credentials")
        .answers(200, "The tokens of a new session.", "TokenPair")
        .refuses_when(401, "The e-mail address is unknown or the password wrong; which of the two is not said.")
        .refuses_when(403, "The password is right, but the account is disabled.")
}

fn refresh() -> Operation {
    Operation::new("refresh_tokens", TAG, "Get new tokens")
        .explain(
            "Uses the refresh token up. Using it again revokes the whole session; except that within 10 seconds, and as \
             long as neither of the new tokens has been used, the same new tokens are given once more, in case the answer \
             was lost.",
        )
        .explain("Who may: whoever holds a refresh token.")
        .public()
        .body("RefreshRequest")
        .answers(200, "The next tokens of the session.", "TokenPair")
        .refuses_when(401, "The refresh token is malformed, expired, revoked, used up, or no refresh token.")
}

fn log_out() -> Operation {
    Operation::new("log_out", TAG, "Log out")
        .explain("Ends the session of the access token: it and its refresh token are revoked at once.")
        .explain(ANYONE_LOGGED_IN)
        .answers_empty(204, "The session has ended.")
}

fn change_password() -> Operation {
    Operation::new("change_password", TAG, "Change one's password")
        .explain("Ends every other session of the account.")
        .explain(ANYONE_LOGGED_IN)
        .body("PasswordChange")
        .answers_empty(204, "The new password holds.")
        .refuses_when(401, "The access token is not valid, or `current_password` is wrong.")
}

fn list_sessions() -> Operation {
    Operation::new("list_sessions", TAG, "List one's live sessions")
        .parameters(params::paging(&["id"]))
        .parameters(params::ids())
        .refuses(&[400])
        .answers_list("A page of sessions.", &component("SessionPage"))
        .explain(ANYONE_LOGGED_IN)
}

fn end_session() -> Operation {
    Operation::new("end_session", TAG, "End one of one's sessions")
        .explain("Revokes the tokens of the session.")
        .explain(ANYONE_LOGGED_IN)
        .parameters([params::id("session")])
        .answers_empty(204, "The session has ended.")
        .refuses_when(404, "There is no such live session, or it is somebody else's.")
        .refuses_when(412, NO_VERSION)
}

/// The component schemas of these routes.
pub(super) fn schemas() -> [(&'static str, Value); 6] {
    [
        ("Credentials", credentials()),
        ("RefreshRequest", refresh_request()),
        ("PasswordChange", password_change()),
        ("TokenPair", token_pair()),
        ("Session", session()),
        ("SessionPage", page("A page of sessions.", "Session")),
    ]
}

fn credentials() -> Value {
    json!({
        "description": "Who logs in.",
        "type": "object",
        "required": ["email", "password"],
        "properties": {
            "email": { "type": "string", "description": "The e-mail address of the account, regardless of case." },
            "password": { "type": "string", "format": "password", "writeOnly": true, "description": "Its password." },
        },
        "additionalProperties": false,
    })
}

fn refresh_request() -> Value {
    json!({
        "description": "What is exchanged for new tokens.",
        "type": "object",
        "required": ["refresh_token"],
        "properties": {
            "refresh_token": { "type": "string", "writeOnly": true, "description": "The newest refresh token of the session." },
        },
        "additionalProperties": false,
    })
}

fn password_change() -> Value {
    json!({
        "description": "The password as it is and as it shall be.",
        "type": "object",
        "required": ["current_password", "new_password"],
        "properties": {
            "current_password": {
                "type": "string",
                "format": "password",
                "writeOnly": true,
                "description": "The password that holds now.",
            },
            "new_password": {
                "type": "string",
                "format": "password",
                "minLength": 8,
                "maxLength": 1024,
                "writeOnly": true,
                "description": "The password that shall hold: 8 to 1,024 bytes of UTF-8.",
            },
        },
        "additionalProperties": false,
    })
}

fn token_pair() -> Value {
    json!({
        "description": "The tokens of a session (JWT, HS256).",
        "type": "object",
        "required": ["access_token", "refresh_token", "token_type", "expires_in"],
        "properties": {
            "access_token": { "type": "string", "description": "Send it as `Authorization: Bearer …`." },
            "refresh_token": { "type": "string", "description": "Good for new tokens, once." },
            "token_type": { "type": "string", "const": "bearer", "description": "How the access token is sent." },
            "expires_in": {
                "type": "integer",
                "minimum": 1,
                "examples": [900],
                "description": "Seconds until the access token expires.",
            },
        },
    })
}

fn session() -> Value {
    let instant = |description: &str| json!({ "type": "string", "format": "date-time", "readOnly": true, "description": description });
    json!({
        "description": "A login and what has come of it.",
        "type": "object",
        "required": ["id", "created_at", "last_used_at", "expires_at", "ip", "user_agent", "current"],
        "properties": {
            "id": {
                "type": "integer",
                "format": "int64",
                "minimum": 1,
                "readOnly": true,
                "description": "Id of the session; never used twice.",
            },
            "created_at": instant("When the account logged in."),
            "last_used_at": instant("When the session was last used, to about a minute."),
            "expires_at": instant("When the session ends unless it is refreshed."),
            "ip": { "type": ["string", "null"], "readOnly": true, "description": "The address that logged in." },
            "user_agent": { "type": ["string", "null"], "readOnly": true, "description": "The program that logged in, as it called itself." },
            "current": { "type": "boolean", "readOnly": true, "description": "Whether this request comes from it." },
        },
    })
}
