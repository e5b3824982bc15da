//! The HTTP edge: the only place that knows salvo.
//!
//! A request passes the hoop for CORS, the `edge`, then the `endpoint` of its route, which asks the `gate` who is
//! calling and hands what was sent to the layer below. Every answer, whatever it is, goes back through the edge.

mod acceptor;
mod body;
mod carrier;
mod cors;
pub mod docs;
mod edge;
mod endpoint;
pub mod etag;
mod forms;
mod gate;
mod handshake;
mod limit;
pub mod live;
mod metrics;
mod notifications;
pub mod openapi;
pub mod page;
mod paging;
mod parser_errors;
mod problem;
mod reply;
mod request_id;
mod router;
pub mod routes;
mod server;
mod service;
mod session_routes;
mod socket;
#[cfg(test)]
mod tests;
mod window;

use std::{sync::Arc, time::Duration};

use salvo::{Handler, Service, http::Method};

use self::{edge::Edge, endpoint::Endpoint, gate::Gate, metrics::Metrics, openapi::CachedDocument, routes::Route};
pub use self::{
    problem::{PROBLEM_TYPES, ProblemType},
    server::{Listening, Served, socket_limit},
    socket::Sockets,
};
use crate::{
    auth::{Auth, Keys},
    config::Config,
    db::Db,
    pipeline::Pipeline,
    schema::Catalog,
};

/// Longest time that a request may take. The database has limits of its own, well below.
const TIME_LIMIT: Duration = Duration::from_secs(12);

/// What the routes stand on.
pub struct Layers {
    /// What the application declares.
    pub catalog: Arc<Catalog>,
    /// What does it.
    pub pipeline: Arc<Pipeline>,
    /// Who is calling.
    pub auth: Arc<Auth>,
    /// What cursors are authenticated with.
    pub keys: Keys,
    /// For the readiness check.
    pub db: Db,
    /// Who hears of it.
    pub sockets: Sockets,
}

/// Everything that handlers share.
struct Site {
    gate: Arc<Gate>,
    pipeline: Arc<Pipeline>,
    auth: Arc<Auth>,
    keys: Keys,
    db: Db,
    document: CachedDocument,
    metrics: Arc<Metrics>,
    sockets: Sockets,
    max_body_bytes: usize,
}

/// Makes the service of an application.
///
/// # Errors
/// When a path is no pattern.
pub fn service(layers: Layers, config: &Config) -> Result<Served, String> {
    let metrics = Arc::new(Metrics::new());
    let gate = Arc::new(Gate::new(Arc::clone(&layers.auth), config));
    let hub = Arc::clone(&layers.sockets.hub);
    let site = Arc::new(Site {
        gate: Arc::clone(&gate),
        pipeline: layers.pipeline,
        auth: layers.auth,
        keys: layers.keys,
        db: layers.db,
        document: CachedDocument::new(&document(&layers.catalog, config)),
        metrics: Arc::clone(&metrics),
        sockets: layers.sockets,
        max_body_bytes: config.max_body_bytes,
    });
    let endpoints = routes::table(&layers.catalog).into_iter().map(|route| endpoint(&site, route));
    let router = router::build(endpoints.collect::<Result<Vec<_>, _>>()?)?;
    let edge = Edge { time_limit: TIME_LIMIT, gate: Some(gate), metrics: Arc::clone(&metrics) };
    let service = Service::new(router).hoop_when(cors::hoop(&config.cors_origins), cors::concerns).hoop(edge);
    Ok(Served { service, metrics, hub })
}

/// The `OpenAPI` document of an application as this server describes it.
#[must_use]
pub fn document(catalog: &Catalog, config: &Config) -> serde_json::Value {
    let settings = openapi::Settings { max_body_bytes: config.max_body_bytes, ..openapi::Settings::default() };
    openapi::document(catalog, &settings)
}

fn endpoint(site: &Arc<Site>, route: Route) -> Result<(Method, String, Arc<dyn Handler>), String> {
    let method = route.method.parse().map_err(|_| format!("{} is no method", route.method))?;
    let path = route.path.clone();
    Ok((method, path, Arc::new(Endpoint { site: Arc::clone(site), route })))
}
