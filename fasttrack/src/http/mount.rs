//! The routes of an application for a service that is somebody else's.
//!
//! What `Service` hangs around all of its routes hangs around these alone; and since such a service has its own way to
//! refuse what no route takes, ours refuse for themselves.

use std::{sync::Arc, time::Duration};

use salvo::Router;

use super::{API_PREFIX, Endpoints, Layers, assemble, cors, edge::Edge, router};
use crate::{config::Config, notify::Hub};

/// How long sockets may take to take leave.
const SOCKETS_LIMIT: Duration = Duration::from_secs(2);

/// The routes of an application, to be mounted.
pub struct Mount {
    routes: Endpoints,
    edge: Edge,
    cors_origins: Vec<String>,
    cors_headers: Vec<String>,
    hub: Arc<Hub>,
}

impl Mount {
    /// Prepares the routes.
    ///
    /// # Errors
    /// When a path is no pattern, or a route of the application's own is there already.
    pub fn new(layers: Layers, config: &Config) -> Result<Self, String> {
        let (routes, mut edge, hub) = assemble(layers, config)?;
        edge.is_mounted = true;
        let (cors_origins, cors_headers) = (config.cors_origins.clone(), config.cors_headers.clone());
        let mount = Self { routes, edge, cors_origins, cors_headers, hub };
        mount.build()?;
        Ok(mount)
    }

    /// The routes.
    #[must_use]
    pub fn router(&self) -> Router {
        // `new` has built it, so it can be built.
        self.build().unwrap_or_default()
    }

    fn build(&self) -> Result<Router, String> {
        let router = router::build_for_mount(self.routes.iter().cloned(), API_PREFIX)?;
        let cors = cors::hoop(&self.cors_origins, &self.cors_headers);
        Ok(Router::new().hoop_when(cors, cors::concerns).hoop(self.edge.clone()).push(router))
    }

    /// Takes leave of clients: not ready any more, and sockets are closed.
    pub(crate) fn begin_stop(&self) {
        self.edge.stop.order();
        self.hub.stop();
    }

    /// Waits for sockets to take leave.
    pub(crate) async fn emptied(&self) {
        self.hub.emptied(SOCKETS_LIMIT).await;
    }
}

impl std::fmt::Debug for Mount {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Mount").field("routes", &self.routes.len()).finish_non_exhaustive()
    }
}
