//! The routes of receivers of webhooks, which every application has that tells of events.

use super::{API_PREFIX, Action, Route};
use crate::{schema::Catalog, webhooks::Offer};

/// What the routes under `/webhooks` do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WebhookAction {
    /// Registers a receiver.
    Register,
    /// Lists the receivers.
    List,
    /// Shows one.
    Read,
    /// Changes one.
    Change,
    /// Deletes one.
    Delete,
    /// Lists what one was sent.
    Deliveries,
    /// Has something sent once more.
    Retry,
}

const ROUTES: [(&str, &str, WebhookAction); 7] = [
    ("POST", "/webhooks", WebhookAction::Register),
    ("GET", "/webhooks", WebhookAction::List),
    ("GET", "/webhooks/{id}", WebhookAction::Read),
    ("PATCH", "/webhooks/{id}", WebhookAction::Change),
    ("DELETE", "/webhooks/{id}", WebhookAction::Delete),
    ("GET", "/webhooks/{id}/deliveries", WebhookAction::Deliveries),
    ("POST", "/webhooks/{id}/deliveries/{n}/retry", WebhookAction::Retry),
];

impl WebhookAction {
    /// Whether something has to be sent.
    pub(in crate::http) const fn takes_body(self) -> bool {
        matches!(self, Self::Register | Self::Change)
    }

    /// Whether it answers a list.
    pub(super) const fn is_list(self) -> bool {
        matches!(self, Self::List | Self::Deliveries)
    }
}

/// The routes, where there is something to be posted and somebody to register receivers; and none where a resource is
/// called so.
pub(super) fn routes(catalog: &Catalog) -> impl Iterator<Item = Route> {
    let is_offered = is_offered(catalog);
    ROUTES.iter().filter(move |_| is_offered).map(|&(method, path, action)| Route {
        method,
        path: format!("{API_PREFIX}{path}"),
        action: Action::Webhook(action),
        admits_anonymous: false,
    })
}

/// Whether there are these routes.
pub(in crate::http) fn is_offered(catalog: &Catalog) -> bool {
    let is_taken = catalog.models().iter().any(|model| model.schema.plural == "webhooks");
    !is_taken && Offer::of(catalog).is_some()
}
