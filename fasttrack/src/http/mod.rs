//! The HTTP edge: the only place that knows salvo.
//!
//! A request passes the hoop for CORS, the `edge`, then the `endpoint` of its route, which asks the `gate` who is
//! calling and hands what was sent to the layer below. Every answer, whatever it is, goes back through the edge.

mod acceptor;
pub mod admin;
pub(crate) mod admin_routes;
mod api;
mod batch;
mod body;
mod conditional;
mod connections;
mod cors;
mod created;
mod custom;
#[doc(hidden)]
pub mod docs;
mod edge;
mod endpoint;
mod files;
mod forms;
mod front;
mod gate;
mod grammar;
mod handover;
mod handshake;
mod heads;
mod history;
mod host;
mod idempotency;
mod ids;
mod key_routes;
mod limit;
mod link_routes;
#[doc(hidden)]
pub mod links;
#[doc(hidden)]
pub mod live;
mod metrics;
mod mount;
mod notifications;
mod oidc_routes;
#[doc(hidden)]
pub mod openapi;
#[doc(hidden)]
pub mod page;
mod paging;
mod parser_errors;
mod problem;
mod progress;
mod readings;
mod reply;
mod request_id;
#[doc(hidden)]
pub mod route_table;
mod router;
#[doc(hidden)]
pub mod routes;
mod server;
mod service;
mod session_routes;
mod socket;
mod stop;
mod stream;
#[cfg(test)]
mod tests;
mod totp_routes;
mod webhook_routes;
mod websocket;
mod window;

use std::{sync::Arc, time::Duration};

/// For handlers of an application's own, so that they are written against the salvo that serves them.
pub use salvo;
pub use salvo::Router;
use salvo::{Handler, Service, http::Method};
/// For what a handler answers, and for the schemas that the document shows of it.
pub use serde_json::{Value, json};

pub use self::{
    api::Api,
    custom::{CustomRoute, Replacement},
    mount::Mount,
    problem::{PROBLEM_TYPES, ProblemType},
};
use self::{
    body::Intake,
    edge::Edge,
    endpoint::Endpoint,
    files::Files,
    gate::Gate,
    metrics::Metrics,
    openapi::CachedDocument,
    routes::{API_PREFIX, Route},
    server::Patience,
    stop::Stop,
    stream::Places,
};
#[doc(hidden)]
pub use self::{
    server::{Listening, Served, socket_limit},
    socket::Sockets,
};
use crate::{
    auth::{Auth, Keys},
    config::{Config, PublicUrl},
    db::Db,
    files::Store,
    job::Context,
    notify::{Hub, Workers},
    pipeline::Pipeline,
    redis::Redis,
    schema::Catalog,
    webhooks::Webhooks,
};

/// Longest time that a request may take. The database has limits of its own, well below.
const TIME_LIMIT: Duration = Duration::from_secs(12);

/// What the routes stand on.
#[doc(hidden)]
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
    /// The application's own routes.
    pub custom: Vec<CustomRoute>,
    /// What their handlers may use of the server.
    pub context: Context,
    /// For the metrics.
    pub workers: Workers,
    /// What is posted, and to whom.
    pub webhooks: Webhooks,
    /// Who hears of it.
    pub sockets: Sockets,
    /// Where requests are counted, if that is not here.
    pub redis: Option<Redis>,
    /// Where files lie, if there are any.
    pub files: Option<Store>,
}

/// Everything that handlers share.
struct Site {
    gate: Arc<Gate>,
    catalog: Arc<Catalog>,
    pipeline: Arc<Pipeline>,
    auth: Arc<Auth>,
    keys: Keys,
    db: Db,
    document: CachedDocument,
    metrics: Arc<Metrics>,
    sockets: Sockets,
    intake: Intake,
    stop: Stop,
    streams: Places,
    public_url: Option<PublicUrl>,
    elsewhere: oidc_routes::Elsewhere,
    custom: Vec<CustomRoute>,
    context: Context,
    workers: Workers,
    webhooks: Webhooks,
    admin: admin_routes::Admin,
    files: Option<Files>,
    /// What operations of a batch may name.
    paths: batch::Paths,
}

/// Makes the service of an application.
///
/// # Errors
/// When a path is no pattern, or a route of the application's own is there already.
#[doc(hidden)]
pub fn service(layers: Layers, config: &Config) -> Result<Served, String> {
    let (endpoints, edge, hub) = assemble(layers, config)?;
    let (metrics, stop) = (Arc::clone(&edge.metrics), edge.stop.clone());
    let router = router::build(endpoints, config.public_url.as_ref().map_or("", PublicUrl::path))?;
    let cors = cors::hoop(&config.cors_origins, &config.cors_headers);
    let service = Service::new(router).hoop_when(cors, cors::concerns).hoop(edge);
    Ok(Served { service, metrics, hub, stop, patience: Patience::default() })
}

/// A method and a path, and what answers there.
type Endpoints = Vec<(Method, String, Arc<dyn Handler>)>;

/// What every service of an application is made of: its routes, what stands around them, and who is connected.
fn assemble(layers: Layers, config: &Config) -> Result<(Endpoints, Edge, Arc<Hub>), String> {
    let table = route_table::table(&layers.catalog, &layers.custom)?;
    layers.pipeline.offer(route_table::offers(&layers.catalog, &layers.custom, &table));
    let metrics = Arc::new(Metrics::new().map_err(|error| error.to_string())?);
    metrics.add(layers.db.collectors()).map_err(|error| error.to_string())?;
    let streams = Places::new(config.streams, Duration::from_secs(u64::from(config.stream_s)));
    let streams = streams.map_err(|error| error.to_string())?;
    metrics.add(streams.collectors()).map_err(|error| error.to_string())?;
    let gate = Arc::new(Gate::new(Arc::clone(&layers.auth), config, layers.redis));
    let (hub, stop, public_url) = (Arc::clone(&layers.sockets.hub), Stop::new(), config.public_url.clone());
    let site = Arc::new(Site {
        gate: Arc::clone(&gate),
        pipeline: layers.pipeline,
        auth: layers.auth,
        keys: layers.keys,
        db: layers.db,
        document: CachedDocument::new(&document(&layers.catalog, &layers.custom, config)),
        admin: admin_routes::Admin::of(&layers.catalog, &layers.custom)?,
        catalog: layers.catalog,
        metrics: Arc::clone(&metrics),
        sockets: layers.sockets,
        intake: Intake { max_bytes: config.max_body_bytes, stop: stop.clone() },
        stop: stop.clone(),
        streams,
        public_url: public_url.clone(),
        elsewhere: oidc_routes::Elsewhere::of(config),
        custom: layers.custom,
        context: layers.context,
        workers: layers.workers,
        webhooks: layers.webhooks,
        files: layers.files.map(Files::new),
        paths: batch::Paths::of(&table),
    });
    let endpoints = table.into_iter().map(|route| endpoint(&site, route)).collect::<Result<_, _>>()?;
    let edge = Edge { time_limit: TIME_LIMIT, gate: Some(gate), metrics, stop, public_url, is_mounted: false };
    Ok((endpoints, edge, hub))
}

/// The `OpenAPI` document of an application, with its own routes, as this server describes it.
#[doc(hidden)]
#[must_use]
pub fn document(catalog: &Catalog, custom: &[CustomRoute], config: &Config) -> serde_json::Value {
    let about = catalog.about();
    let settings = openapi::Settings {
        title: about.title.to_owned(),
        description: about.description.to_owned(),
        version: about.version.to_owned(),
        max_body_bytes: config.max_body_bytes,
        server: config.public_url.as_ref().map_or("/", PublicUrl::as_str).to_owned(),
    };
    openapi::document(catalog, custom, &settings)
}

fn endpoint(site: &Arc<Site>, route: Route) -> Result<(Method, String, Arc<dyn Handler>), String> {
    let method = route.method.parse().map_err(|_| format!("{} is no method", route.method))?;
    let path = route.path.clone();
    Ok((method, path, Arc::new(Endpoint { site: Arc::clone(site), route })))
}
