//! The routes of authentication: fixed, but for the account that registers.

mod bodies;
mod elsewhere;

use serde_json::{Value, json};

pub(super) use self::bodies::schemas;
use super::{
    fields::Input,
    names::Names,
    operation::{NO_VERSION, Operation, component},
    params,
    resources::{ANYONE_LOGGED_IN, Resource},
};
use crate::schema::Registration;

const TAG: &str = "auth";

/// The tag of these routes.
pub(super) fn tag() -> Value {
    json!({ "name": TAG, "description": "Registering, logging in and out, and the sessions that come of it." })
}

/// The routes, for this account.
pub(super) fn paths(account: &Resource<'_>, names: &Names) -> Vec<(String, Value)> {
    let schema = account.model.schema;
    let opens = schema.registration == Registration::Open;
    let register = opens.then(|| ("register", json!({ "post": register(account, names).render() })));
    let verify = schema.verified().map(|_| {
        [
            ("verify", json!({ "post": verify().render() })),
            ("verify/send", json!({ "post": send_verification().render() })),
        ]
    });
    let others = [
        ("login", json!({ "post": log_in().render() })),
        ("refresh", json!({ "post": refresh().render() })),
        ("logout", json!({ "post": log_out().render() })),
        ("password", json!({ "post": change_password().render() })),
        ("forgot", json!({ "post": forgot().render() })),
        ("reset", json!({ "post": reset().render() })),
        ("sessions", json!({ "get": list_sessions().render() })),
        ("sessions/{id}", json!({ "delete": end_session().render() })),
        ("totp", json!({ "post": begin_totp().render(), "delete": end_totp().render() })),
        ("totp/confirm", json!({ "post": confirm_totp().render() })),
        ("keys", json!({ "post": make_key().render(), "get": list_keys().render() })),
        ("keys/{id}", json!({ "delete": end_key().render() })),
    ];
    let all = register.into_iter().chain(others).chain(elsewhere::paths()).chain(verify.into_iter().flatten());
    all.map(|(path, item)| (format!("/api/v1/auth/{path}"), item)).collect()
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
        .explain(
            "Starts a session. After five wrong passwords for an address within a minute nobody can log in with it before the \
             first of them is a minute old: 429. Who may: anyone.",
        )
        .public()
        .body("Credentials")
        .answers(200, "The tokens of a new session.", "TokenPair")
        .refuses_when(
            401,
            "The e-mail address is unknown or the password wrong; which of the two is not said. Or the password is right, and \
             the `code` of a second factor is wrong, or is missing: then `type` ends with `/totp-required`.",
        )
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

fn forgot() -> Operation {
    Operation::new("forgot_password", TAG, "Ask for a new password")
        .explain(
            "Mails a link with which the password is set, good once and for 30 minutes, if there is an active account with \
             this address; a few of them an hour at most. The answer is the same, after the same time, whether there is one \
             or not. Who may: anyone.",
        )
        .public()
        .body("ForgottenPassword")
        .answers_empty(202, "If there is such an account, a mail goes out.")
}

fn reset() -> Operation {
    Operation::new("reset_password", TAG, "Set a password with a link")
        .explain("Ends every session of the account, and every other link. Who may: whoever holds the token of a link.")
        .public()
        .body("PasswordReset")
        .answers_empty(204, "The new password holds.")
        .refuses_when(401, NO_LINK)
}

fn verify() -> Operation {
    Operation::new("verify_address", TAG, "Confirm an address with a link")
        .explain("Who may: whoever holds the token of a link.")
        .public()
        .body("AddressVerification")
        .answers_empty(204, "The address is confirmed.")
        .refuses_when(401, NO_LINK)
}

fn send_verification() -> Operation {
    Operation::new("send_verification", TAG, "Have the link sent once more that confirms one's address")
        .explain("A few times an hour at most, and only where the address is not confirmed.")
        .explain(ANYONE_LOGGED_IN)
        .answers_empty(202, "If there is something to be confirmed, a mail goes out.")
}

fn begin_totp() -> Operation {
    Operation::new("begin_totp", TAG, "Begin a second factor")
        .explain(
            "Makes the secret of a device (TOTP, RFC 6238), which is told once and asked for from its confirmation on.",
        )
        .explain(ANYONE_LOGGED_IN)
        .answers(200, "The secret.", "TotpEnrolment")
        .refuses_when(409, "A second factor is on already.")
}

fn confirm_totp() -> Operation {
    Operation::new("confirm_totp", TAG, "Turn a second factor on")
        .explain("From now on a log-in needs a `code` as well. The recovery codes are good once each, and told once.")
        .explain(ANYONE_LOGGED_IN)
        .body("TotpCode")
        .answers(200, "The recovery codes.", "RecoveryCodes")
        .refuses_when(401, "The access token is not valid, or `code` is wrong.")
        .refuses_when(409, "None is begun, or one is on already.")
}

fn end_totp() -> Operation {
    Operation::new("end_totp", TAG, "Take a second factor away")
        .explain(ANYONE_LOGGED_IN)
        .body("TotpRemoval")
        .answers_empty(204, "A password is enough from now on.")
        .refuses_when(401, "The access token is not valid, or `code` or `current_password` is wrong.")
        .refuses_when(404, "None is on.")
        .refuses_when(412, NO_VERSION)
}

fn make_key() -> Operation {
    Operation::new("create_key", TAG, "Make an API key")
        .explain(
            "A key is sent like an access token, on every route but those of this tag, and has the rights of its account, or of \
             the reading half of them. It is told once. An account has a hundred at most.",
        )
        .explain(ANYONE_LOGGED_IN)
        .body("ApiKeyCreate")
        .answers(201, "The key.", "NewApiKey")
        .refuses_when(409, "The account has as many keys as it may have.")
}

fn list_keys() -> Operation {
    Operation::new("list_keys", TAG, "List one's API keys")
        .parameters(params::paging(&["id"]))
        .parameters(params::ids())
        .refuses(&[400])
        .answers_list("A page of keys.", &component("ApiKeyPage"))
        .explain(ANYONE_LOGGED_IN)
}

fn end_key() -> Operation {
    Operation::new("end_key", TAG, "End one of one's API keys")
        .explain("It is good for nothing from then on, and its sockets are closed.")
        .explain(ANYONE_LOGGED_IN)
        .parameters([params::id("key")])
        .answers_empty(204, "The key has ended.")
        .refuses_when(404, "There is no such key, or it is somebody else's.")
        .refuses_when(412, NO_VERSION)
}

const NO_LINK: &str = "The token is no token of a link, or was used, or has ended: by its time, by a newer link, or because \
                       the password or the address of the account was changed.";

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
