//! The routes under `/admin` of the API: what the page of the same name stands on, and any other client may.

use super::{API_PREFIX, Action, Route};
use crate::schema::Catalog;

/// What the routes under `/admin` do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AdminAction {
    /// Says what is declared, as it is for the caller.
    Describe,
    /// Lists the jobs that wait or failed for good.
    Jobs,
    /// Has one tried once more.
    RetryJob,
}

const ROUTES: [(&str, &str, AdminAction); 3] = [
    ("GET", "/admin/resources", AdminAction::Describe),
    ("GET", "/admin/jobs", AdminAction::Jobs),
    ("POST", "/admin/jobs/{id}/retry", AdminAction::RetryJob),
];

/// The routes, where there is an account that could ask.
pub(super) fn routes(catalog: &Catalog) -> impl Iterator<Item = Route> {
    let has_account = catalog.account().is_some();
    ROUTES.iter().filter(move |_| has_account).map(|&(method, path, action)| Route {
        method,
        path: format!("{API_PREFIX}{path}"),
        action: Action::Admin(action),
        admits_anonymous: false,
    })
}
