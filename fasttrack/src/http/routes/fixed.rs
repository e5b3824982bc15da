//! The routes that every application has, as far as its account has a use for them.

use super::{API_PREFIX, Action, Route, ServiceAction, SessionAction};
use crate::schema::{Registration, Schema};

/// The routes of accounts and their sessions.
pub(super) fn session_routes(account: Option<&Schema>) -> impl Iterator<Item = Route> {
    let routes = SESSION_ROUTES.iter().filter(move |(.., action)| account.is_none_or(|account| has(account, *action)));
    routes.map(|&(method, path, action)| {
        let action = Action::Session(action);
        Route { method, path: format!("{API_PREFIX}{path}"), action, admits_anonymous: action.is_public() }
    })
}

/// The routes at the root that are not about notifications.
pub(super) fn service_routes(account: Option<&Schema>) -> impl Iterator<Item = Route> {
    let is_served = move |action| match action {
        ServiceAction::Verify | ServiceAction::VerifyFile => account.is_none_or(|account| account.verified().is_some()),
        _ => true,
    };
    let routes = SERVICE_ROUTES.iter().filter(move |(_, action)| is_served(*action));
    routes.map(|&(path, action)| {
        let action = Action::Service(action);
        Route { method: "GET", path: path.to_owned(), action, admits_anonymous: true }
    })
}

/// Whether accounts that are declared so can do this.
fn has(account: &Schema, action: SessionAction) -> bool {
    match action {
        SessionAction::Register => account.registration == Registration::Open,
        SessionAction::Verify | SessionAction::SendVerification => account.verified().is_some(),
        _ => true,
    }
}

const SESSION_ROUTES: [(&str, &str, SessionAction); 22] = [
    ("POST", "/auth/register", SessionAction::Register),
    ("POST", "/auth/login", SessionAction::Login),
    ("POST", "/auth/refresh", SessionAction::Refresh),
    ("POST", "/auth/logout", SessionAction::Logout),
    ("POST", "/auth/password", SessionAction::ChangePassword),
    ("POST", "/auth/forgot", SessionAction::Forgot),
    ("POST", "/auth/reset", SessionAction::Reset),
    ("POST", "/auth/verify", SessionAction::Verify),
    ("POST", "/auth/verify/send", SessionAction::SendVerification),
    ("GET", "/auth/sessions", SessionAction::List),
    ("DELETE", "/auth/sessions/{id}", SessionAction::End),
    ("POST", "/auth/totp", SessionAction::BeginTotp),
    ("POST", "/auth/totp/confirm", SessionAction::ConfirmTotp),
    ("DELETE", "/auth/totp", SessionAction::EndTotp),
    ("POST", "/auth/keys", SessionAction::MakeKey),
    ("GET", "/auth/keys", SessionAction::ListKeys),
    ("DELETE", "/auth/keys/{id}", SessionAction::EndKey),
    ("GET", "/auth/oidc/{provider}", SessionAction::BeginElsewhere),
    ("POST", "/auth/oidc/{provider}", SessionAction::FinishElsewhere),
    ("GET", "/auth/oidc/{provider}/callback", SessionAction::ReturnFromElsewhere),
    ("GET", "/auth/identities", SessionAction::ListIdentities),
    ("DELETE", "/auth/identities/{id}", SessionAction::EndIdentity),
];

const SERVICE_ROUTES: [(&str, ServiceAction); 14] = [
    ("/health", ServiceAction::Health),
    ("/ready", ServiceAction::Ready),
    ("/metrics", ServiceAction::Metrics),
    ("/openapi.json", ServiceAction::Document),
    ("/docs", ServiceAction::Docs),
    ("/docs/{file}", ServiceAction::DocsFile),
    ("/live", ServiceAction::Live),
    ("/live/{file}", ServiceAction::LiveFile),
    ("/admin", ServiceAction::Admin),
    ("/admin/{file}", ServiceAction::AdminFile),
    ("/reset", ServiceAction::Reset),
    ("/reset/{file}", ServiceAction::ResetFile),
    ("/verify", ServiceAction::Verify),
    ("/verify/{file}", ServiceAction::VerifyFile),
];
