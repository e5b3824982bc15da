//! What the routes of authentication take and answer.

use serde_json::{Value, json};

use super::elsewhere;
use crate::http::openapi::pages::page;

/// The component schemas of these routes; there is one more where addresses are confirmed.
pub(in crate::http::openapi) fn schemas(verifies: bool) -> impl Iterator<Item = (&'static str, Value)> {
    let verification = verifies.then(|| ("AddressVerification", address_verification()));
    let schemas = [
        ("Credentials", credentials()),
        ("RefreshRequest", refresh_request()),
        ("PasswordChange", password_change()),
        ("ForgottenPassword", forgotten_password()),
        ("PasswordReset", password_reset()),
        ("TokenPair", token_pair()),
        ("Session", session()),
        ("SessionPage", page("A page of sessions.", "Session")),
        ("TotpEnrolment", totp_enrolment()),
        ("TotpCode", totp_code()),
        ("TotpRemoval", totp_removal()),
        ("RecoveryCodes", recovery_codes()),
        ("ApiKeyCreate", api_key_create()),
        ("NewApiKey", api_key(true)),
        ("ApiKey", api_key(false)),
        ("ApiKeyPage", page("A page of API keys.", "ApiKey")),
    ];
    schemas.into_iter().chain(elsewhere::schemas()).chain(verification)
}

fn credentials() -> Value {
    json!({
        "description": "Who logs in.",
        "type": "object",
        "required": ["email", "password"],
        "properties": {
            "email": { "type": "string", "description": "The e-mail address of the account, regardless of case." },
            "password": { "type": "string", "format": "password", "writeOnly": true, "description": "Its password." },
            "code": {
                "type": ["string", "null"],
                "writeOnly": true,
                "description": "A code of its second factor, or a recovery code, where it has one.",
            },
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

fn forgotten_password() -> Value {
    json!({
        "description": "Who has forgotten his password.",
        "type": "object",
        "required": ["email"],
        "properties": {
            "email": { "type": "string", "description": "The e-mail address of the account, regardless of case." },
        },
        "additionalProperties": false,
    })
}

fn password_reset() -> Value {
    json!({
        "description": "A link, and the password that shall hold.",
        "type": "object",
        "required": ["token", "password"],
        "properties": {
            "token": { "type": "string", "writeOnly": true, "description": "The token of the link." },
            "password": {
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

fn address_verification() -> Value {
    json!({
        "description": "A link that confirms an address.",
        "type": "object",
        "required": ["token"],
        "properties": {
            "token": { "type": "string", "writeOnly": true, "description": "The token of the link." },
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

fn api_key_create() -> Value {
    json!({
        "description": "What an API key is to be.",
        "type": "object",
        "required": ["name"],
        "properties": {
            "name": { "type": "string", "minLength": 1, "maxLength": 100, "description": "What its owner calls it." },
            "expires_at": { "type": ["string", "null"], "format": "date-time", "default": null, "description": "When it ends, if it does; an instant ahead." },
            "read_only": { "type": "boolean", "default": false, "description": "Whether it is for reading alone." },
        },
        "additionalProperties": false,
    })
}

/// What is shown of an API key; of a new one, the key itself.
fn api_key(is_new: bool) -> Value {
    let instant = |kind: Value, description: &str| json!({ "type": kind, "format": "date-time", "readOnly": true, "description": description });
    let mut properties = serde_json::Map::new();
    properties.insert("id".into(), json!({ "type": "integer", "format": "int64", "minimum": 1, "readOnly": true, "description": "Id of the key; never used twice." }));
    properties.insert(
        "name".into(),
        json!({ "type": "string", "readOnly": true, "description": "What its owner calls it." }),
    );
    if is_new {
        properties.insert("key".into(), json!({ "type": "string", "pattern": "^ft_[A-Za-z0-9_-]{43}$", "readOnly": true, "description": "The key, which is never told again. Send it as `Authorization: Bearer …`." }));
    }
    properties.insert(
        "read_only".into(),
        json!({ "type": "boolean", "readOnly": true, "description": "Whether it is for reading alone." }),
    );
    properties.insert("created_at".into(), instant(json!("string"), "When it was made."));
    properties.insert("expires_at".into(), instant(json!(["string", "null"]), "When it ends, if it does."));
    properties
        .insert("last_used_at".into(), instant(json!(["string", "null"]), "When it was last used, to about a minute."));
    let required: Vec<_> = properties.keys().cloned().collect();
    json!({ "description": "What machines call with.", "type": "object", "required": required, "properties": properties })
}

fn totp_enrolment() -> Value {
    json!({
        "description": "The secret of a device.",
        "type": "object",
        "required": ["secret", "otpauth_url"],
        "properties": {
            "secret": { "type": "string", "readOnly": true, "description": "To be typed, in base32." },
            "otpauth_url": { "type": "string", "readOnly": true, "description": "To be shown as a QR code." },
        },
    })
}

fn totp_code() -> Value {
    json!({
        "description": "What shows that one has the device.",
        "type": "object",
        "required": ["code"],
        "properties": {
            "code": { "type": "string", "writeOnly": true, "description": "What the device shows: six digits." },
        },
        "additionalProperties": false,
    })
}

fn totp_removal() -> Value {
    json!({
        "description": "What shows that one may take the second factor away.",
        "type": "object",
        "required": ["code", "current_password"],
        "properties": {
            "code": { "type": "string", "writeOnly": true, "description": "What the device shows, or a recovery code." },
            "current_password": {
                "type": "string",
                "format": "password",
                "writeOnly": true,
                "description": "The password that holds now.",
            },
        },
        "additionalProperties": false,
    })
}

fn recovery_codes() -> Value {
    json!({
        "description": "What to log in with when the device is lost.",
        "type": "object",
        "required": ["recovery_codes"],
        "properties": {
            "recovery_codes": {
                "type": "array",
                "items": { "type": "string" },
                "minItems": 10,
                "maxItems": 10,
                "readOnly": true,
                "description": "Ten codes, good once each.",
            },
        },
    })
}
