//! The routes under `/auth` that ask for links in mails, and those that follow one.

use salvo::http::StatusCode;
use serde_json::json;

use super::{Site, forms, reply::Reply};
use crate::{email, error::Error, job::Letter, password, principal::Caller, wire::Object};

/// Has a link mailed to who has forgotten his password, if he is there: the same is done here either way.
pub(super) async fn forgot(site: &Site, body: Object<'_>) -> Result<Reply, Error> {
    let [email] = forms::texts(body, ["email"])?;
    // What is no address is nobody's, which is not told either.
    if let Ok(email) = email::validate(&email) {
        site.pipeline.post(Letter::Reset, 0, Some(json!({ "email": email }).to_string())).await?;
    }
    Ok(accepted())
}

/// Sets a password.
pub(super) async fn reset(site: &Site, body: Object<'_>) -> Result<Reply, Error> {
    let check = |name: &str, text: &str| if name == "password" { password::check(text) } else { Ok(()) };
    let [token, new] = forms::checked_texts(body, ["token", "password"], check)?;
    let confirmation = site.pipeline.confirmation()?;
    site.auth.reset_password(&token, &new, confirmation).await.map(|()| Reply::empty())
}

/// Confirms an address.
pub(super) async fn verify(site: &Site, body: Object<'_>) -> Result<Reply, Error> {
    let [token] = forms::texts(body, ["token"])?;
    site.auth.verify_address(&token, site.pipeline.confirmation()?).await.map(|()| Reply::empty())
}

/// Has the link mailed once more with which the caller's address is confirmed.
pub(super) async fn send_verification(site: &Site, caller: &Caller, body: Object<'_>) -> Result<Reply, Error> {
    forms::nothing(body)?;
    site.pipeline.post(Letter::Verification, caller.id, None).await?;
    Ok(accepted())
}

/// Something will be done, or not.
const fn accepted() -> Reply {
    Reply::without_body(StatusCode::ACCEPTED)
}
