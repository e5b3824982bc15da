//! A way to a server, and what every request to it has.

use std::{net::SocketAddr, time::Duration};

/// Longest wait for an answer: longer than a request may take.
const PATIENCE: Duration = Duration::from_mins(1);

/// A way to a server. A clone is the same one.
#[derive(Debug, Clone)]
pub(super) struct Http {
    pub(super) agent: ureq::Agent,
    pub(super) address: SocketAddr,
}

impl Http {
    pub(super) fn to(address: SocketAddr) -> Self {
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .allow_non_standard_methods(true)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .proxy(None)
            // A pooled connection that the server closes for idleness would fail a request by chance.
            .max_idle_age(Duration::from_secs(1))
            .timeout_global(Some(PATIENCE))
            .build();
        Self { agent: config.into(), address }
    }
}
