//! The routes under `/auth`: bodies in, calls to [`Auth`](crate::auth::Auth) out.

use std::net::IpAddr;

use salvo::http::{Request, StatusCode, header};

use super::{
    Site, created, forms, key_routes, link_routes, oidc_routes,
    paging::{Paging, Walk},
    reply::Reply,
    routes::SessionAction,
    totp_routes,
};
use crate::{
    auth::Client,
    error::Error,
    password,
    principal::{Caller, Principal},
    wire::{Object, Params},
};

/// What a route under `/auth` has to go by.
pub(super) struct SessionRequest<'a> {
    pub(super) principal: &'a Principal,
    pub(super) id: Option<i64>,
    pub(super) params: Params,
    pub(super) body: Object<'a>,
    pub(super) address: IpAddr,
    pub(super) req: &'a Request,
}

/// Answers a route under `/auth`.
pub(super) async fn answer(site: &Site, action: SessionAction, request: SessionRequest<'_>) -> Result<Reply, Error> {
    let SessionRequest { principal, id, params, body, address, req } = request;
    match action {
        SessionAction::Register => {
            let user = site.pipeline.register(&body).await?;
            let account = site.catalog.account().map(|account| account.index).unwrap_or_default();
            Ok(created::reply(site, account, user))
        }
        SessionAction::Login => {
            let ([email, password], code) = forms::texts_and(body, ["email", "password"], "code")?;
            site.auth.login_with([&email, &password], code.as_deref(), client(address, req)).await.map(pair)
        }
        SessionAction::Refresh => {
            let [token] = forms::texts(body, ["refresh_token"])?;
            site.auth.refresh(&token).await.map(pair)
        }
        SessionAction::Logout => {
            forms::nothing(body)?;
            site.auth.logout(caller(principal)?).await.map(|()| Reply::empty())
        }
        SessionAction::ChangePassword => {
            let caller = caller(principal)?;
            let names = ["current_password", "new_password"];
            let check = |name: &str, text: &str| if name == names[1] { password::check(text) } else { Ok(()) };
            let [current, new] = forms::checked_texts(body, names, check)?;
            site.auth.change_password(caller, &current, &new).await.map(|()| Reply::empty())
        }
        SessionAction::Forgot => link_routes::forgot(site, body).await,
        SessionAction::Reset => link_routes::reset(site, body).await,
        SessionAction::Verify => link_routes::verify(site, body).await,
        SessionAction::SendVerification => link_routes::send_verification(site, caller(principal)?, body).await,
        SessionAction::List => list(site, caller(principal)?, params, body).await,
        SessionAction::End => {
            forms::nothing(body)?;
            let id = id.ok_or_else(|| Error::NotFound("there is no such session".into()))?;
            site.auth.end_session(caller(principal)?, id).await.map(|()| Reply::empty())
        }
        SessionAction::BeginTotp => totp_routes::begin(site, caller(principal)?, body).await,
        SessionAction::ConfirmTotp => totp_routes::confirm(site, caller(principal)?, body).await,
        SessionAction::EndTotp => totp_routes::end(site, caller(principal)?, body).await,
        SessionAction::MakeKey => key_routes::make(site, caller(principal)?, body).await,
        SessionAction::ListKeys => key_routes::list(site, caller(principal)?, params, body).await,
        SessionAction::EndKey => key_routes::end(site, caller(principal)?, id, body).await,
        SessionAction::BeginElsewhere => {
            forms::nothing(body)?;
            oidc_routes::begin(site, req, params).await
        }
        SessionAction::ReturnFromElsewhere => {
            forms::nothing(body)?;
            oidc_routes::come_back(site, req, params, client(address, req)).await
        }
        SessionAction::FinishElsewhere => oidc_routes::finish(site, req, body, client(address, req)).await.map(pair),
        SessionAction::ListIdentities => oidc_routes::list(site, caller(principal)?, params, body).await,
        SessionAction::EndIdentity => oidc_routes::end(site, caller(principal)?, id, body).await,
    }
}

/// Where a log-in comes from.
fn client(address: IpAddr, req: &Request) -> Client {
    let user_agent = req.headers().get(header::USER_AGENT);
    let user_agent = user_agent.map(|agent| String::from_utf8_lossy(agent.as_bytes()).into_owned());
    Client { ip: Some(address.to_string()), user_agent }
}

async fn list(site: &Site, caller: &Caller, params: Params, body: Object<'_>) -> Result<Reply, Error> {
    forms::nothing(body)?;
    let walk = Walk { keys: &site.keys, list: "sessions", user: caller.id, has_ids: true };
    let paging = Paging::parse(params, walk)?;
    let page = site.auth.sessions(caller, &paging.page).await?;
    Ok(Reply::json(StatusCode::OK, paging.render(&page.items, page.next, walk)))
}

fn pair(json: Vec<u8>) -> Reply {
    Reply::json(StatusCode::OK, json)
}

/// The account that is calling. Routes that need one are refused before, so that the error here is for the type alone.
fn caller(principal: &Principal) -> Result<&Caller, Error> {
    principal.caller().ok_or_else(|| Error::Unauthenticated("a token is required".into()))
}
