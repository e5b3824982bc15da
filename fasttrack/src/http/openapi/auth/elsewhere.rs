//! Logging in elsewhere: the routes, and what they take and answer.

use serde_json::{Value, json};

use super::TAG;
use crate::http::openapi::{
    operation::{NO_VERSION, Operation, component},
    pages::page,
    params,
    resources::ANYONE_LOGGED_IN,
};

const NO_PROVIDER: &str = "There is no such provider: `OIDC_PROVIDERS` names them.";

/// The routes.
pub(super) fn paths() -> [(&'static str, Value); 4] {
    [
        ("oidc/{provider}", json!({ "get": begin().render(), "post": finish().render() })),
        ("oidc/{provider}/callback", json!({ "get": come_back().render() })),
        ("identities", json!({ "get": list().render() })),
        ("identities/{id}", json!({ "delete": end().render() })),
    ]
}

/// The component schemas of these routes.
pub(super) fn schemas() -> [(&'static str, Value); 3] {
    [
        ("SecondStep", second_step()),
        ("Identity", identity()),
        ("IdentityPage", page("A page of identities.", "Identity")),
    ]
}

fn begin() -> Operation {
    Operation::new("begin_oidc", TAG, "Log in elsewhere")
        .explain(
            "For a browser: leads to a provider of OpenID Connect (authorization code with PKCE), which sends it back to \
             `…/callback` within ten minutes. A cookie holds meanwhile what is compared then. Who may: anyone.",
        )
        .public()
        .parameters([
            provider(),
            json!({
                "name": "return_to",
                "in": "query",
                "description": "The page that is given the tokens, in its fragment: `#access_token=…&refresh_token=…`, or \
                                `#error=…`. Of an origin in `CORS_ORIGINS`, or of this server. Without it they are answered as JSON.",
                "schema": { "type": "string", "format": "uri", "maxLength": 1000 },
            }),
        ])
        .answers_empty(302, "To the provider.")
        .refuses_when(404, NO_PROVIDER)
        .refuses_when(503, "The provider does not answer, or the server is busy; `Retry-After` says when to try again.")
}

fn come_back() -> Operation {
    let text = |name: &str, description: &str| json!({ "name": name, "in": "query", "description": description, "schema": { "type": "string" } });
    Operation::new("return_from_oidc", TAG, "Come back from a provider")
        .explain(
            "Where the provider leads the browser. An account is found by issuer and subject. The first time it is found by its \
             e-mail address, where both the provider and the account have confirmed that; or it is made, where the provider has \
             confirmed the address and anyone may register. Whoever gave `return_to` is led there, whatever comes of it. Who \
             may: whoever has begun in this browser.",
        )
        .public()
        .parameters([
            provider(),
            text("code", "What is exchanged for who it is."),
            text("state", "What belongs to the log-in that was begun."),
            text("iss", "The provider that answers (RFC 9207)."),
            text("error", "Why the provider lets nobody in."),
        ])
        .answers(200, "The tokens of a new session.", "TokenPair")
        .answers_empty(303, "To the page in `return_to`.")
        .refuses_when(
            401,
            "The log-in was not begun in this browser, or is over; or the provider has let nobody in, or its token is not good. \
             Or a second factor is asked for: then `type` ends with `/totp-required`, and `ticket` is sent with its code.",
        )
        .refuses_when(403, "There is no account, and none is made: the provider has not confirmed the address, or nobody may register; or the account is disabled.")
        .refuses_when(404, NO_PROVIDER)
        .refuses_when(409, "There is an account with this address, which it has not confirmed.")
}

fn finish() -> Operation {
    Operation::new("finish_oidc", TAG, "Log in elsewhere with a second factor")
        .explain("Who may: whoever holds a ticket, for five minutes.")
        .public()
        .parameters([provider()])
        .body("SecondStep")
        .answers(200, "The tokens of a new session.", "TokenPair")
        .refuses_when(401, "The ticket is not good, or not any more, or the code is wrong.")
        .refuses_when(403, "The account is disabled.")
        .refuses_when(404, NO_PROVIDER)
}

fn list() -> Operation {
    Operation::new("list_identities", TAG, "List with what one may log in elsewhere")
        .parameters(params::paging(&["id"]))
        .parameters(params::ids())
        .refuses(&[400])
        .answers_list("A page of identities.", &component("IdentityPage"))
        .explain(ANYONE_LOGGED_IN)
}

fn end() -> Operation {
    Operation::new("end_identity", TAG, "End one of them")
        .explain("Nobody logs in with it from then on; sessions stay.")
        .explain(ANYONE_LOGGED_IN)
        .parameters([params::id("identity")])
        .answers_empty(204, "The identity has ended.")
        .refuses_when(404, "There is no such identity, or it is somebody else's.")
        .refuses_when(412, NO_VERSION)
}

fn provider() -> Value {
    json!({
        "name": "provider",
        "in": "path",
        "required": true,
        "description": "Name of the provider.",
        "schema": { "type": "string", "pattern": "^[a-z0-9-]{1,40}$" },
    })
}

fn second_step() -> Value {
    json!({
        "description": "What is still lacking of a log-in.",
        "type": "object",
        "required": ["ticket", "code"],
        "properties": {
            "ticket": { "type": "string", "writeOnly": true, "description": "What came with the answer that asked for the code." },
            "code": { "type": "string", "writeOnly": true, "description": "What the device shows, or a recovery code." },
        },
        "additionalProperties": false,
    })
}

fn identity() -> Value {
    let text = |description: &str| json!({ "type": "string", "readOnly": true, "description": description });
    let instant = |description: &str| json!({ "type": "string", "format": "date-time", "readOnly": true, "description": description });
    json!({
        "description": "Who an account is elsewhere.",
        "type": "object",
        "required": ["id", "provider", "issuer", "subject", "created_at", "last_used_at"],
        "properties": {
            "id": { "type": "integer", "format": "int64", "minimum": 1, "readOnly": true, "description": "Id; never used twice." },
            "provider": text("What the provider is called here."),
            "issuer": text("The provider."),
            "subject": text("Whom it means: nobody else, ever."),
            "created_at": instant("When it was first used."),
            "last_used_at": instant("When it was last used."),
        },
    })
}
