//! The routes under `/auth/totp`: a second factor.

use salvo::http::{HeaderValue, StatusCode, header};
use serde_json::{Value, json};

use super::{Site, forms, reply::Reply};
use crate::{auth::Enrolment, error::Error, principal::Caller, wire::Object};

/// Begins one.
pub(super) async fn begin(site: &Site, caller: &Caller, body: Object<'_>) -> Result<Reply, Error> {
    forms::nothing(body)?;
    let Enrolment { secret, otpauth_url } = site.auth.begin_totp(caller, site.catalog.about().title).await?;
    Ok(told_once(&json!({ "secret": secret, "otpauth_url": otpauth_url })))
}

/// Turns it on.
pub(super) async fn confirm(site: &Site, caller: &Caller, body: Object<'_>) -> Result<Reply, Error> {
    let [code] = forms::texts(body, ["code"])?;
    let codes = site.auth.confirm_totp(caller, &code).await?;
    Ok(told_once(&json!({ "recovery_codes": codes })))
}

/// Takes it away.
pub(super) async fn end(site: &Site, caller: &Caller, body: Object<'_>) -> Result<Reply, Error> {
    let [code, current] = forms::texts(body, ["code", "current_password"])?;
    site.auth.end_totp(caller, &code, &current).await.map(|()| Reply::empty())
}

/// What nobody is told again.
fn told_once(json: &Value) -> Reply {
    let reply = Reply::json(StatusCode::OK, json.to_string());
    reply.header(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))
}
