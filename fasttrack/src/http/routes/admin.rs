//! The routes under `/admin` of the API: what the page of the same name stands on, and any other client may.

use super::{API_PREFIX, Action, Route};
use crate::{pipeline, schema::Catalog};

/// What the routes under `/admin` do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AdminAction {
    /// Says what is declared, as it is for the caller.
    Describe,
    /// Lists the jobs that wait or failed for good.
    Jobs,
    /// Has one tried once more.
    RetryJob,
    /// Says what the caller may create below a row of the resource with this index.
    Below(usize),
}

const ROUTES: [(&str, &str, AdminAction); 3] = [
    ("GET", "/admin/resources", AdminAction::Describe),
    ("GET", "/admin/jobs", AdminAction::Jobs),
    ("POST", "/admin/jobs/{id}/retry", AdminAction::RetryJob),
];

/// The routes, where there is an account that could ask.
pub(super) fn routes(catalog: &Catalog) -> impl Iterator<Item = Route> {
    let has_account = catalog.account().is_some();
    let fixed = ROUTES.iter().map(|&(method, path, action)| (method, path.to_owned(), action));
    let above = catalog.models().iter().filter(|model| pipeline::below(catalog, model.index).next().is_some());
    let below = above.map(|model| ("GET", below_path(model.schema.plural), AdminAction::Below(model.index)));
    fixed.chain(below).filter(move |_| has_account).map(|(method, path, action)| Route {
        method,
        path: format!("{API_PREFIX}{path}"),
        action: Action::Admin(action),
        admits_anonymous: false,
    })
}

/// Where it is said what may be created below a row.
#[must_use]
pub fn below_path(plural: &str) -> String {
    format!("/admin/{plural}/{{id}}/below")
}
