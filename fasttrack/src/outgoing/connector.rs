//! How connections are opened: which address of a host, how long that may take, and whose certificate is believed.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
    vec,
};

use futures_util::{FutureExt, future::BoxFuture};
use hyper::Uri;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder, MaybeHttpsStream};
use hyper_util::{
    client::legacy::connect::{HttpConnector, dns::Name},
    rt::TokioIo,
};
use rustls::{ClientConfig, RootCertStore, crypto::ring};
use tokio::{
    net::{TcpStream, lookup_host},
    time::timeout,
};
use tower_service::Service;

use super::{
    Reach,
    error::{NotPublic, Slow, Unknown},
};

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Finds the addresses of a name.
pub(super) type Lookup = Arc<dyn Fn(String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> + Send + Sync>;

/// As the system does.
pub(super) fn system() -> Lookup {
    Arc::new(|name| async move { Ok(lookup_host((name, 0)).await?.map(|address| address.ip()).collect()) }.boxed())
}

/// The addresses of a name that may be connected to.
#[derive(Clone)]
struct Resolver {
    reach: Reach,
    lookup: Lookup,
}

impl Service<Name> for Resolver {
    type Response = vec::IntoIter<SocketAddr>;
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<Self::Response, BoxError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let (reach, found) = (self.reach, (self.lookup)(name.as_str().to_owned()));
        async move {
            let found = found.await.map_err(|error| Unknown(error.to_string()))?;
            if found.is_empty() {
                return Err(Unknown("it has no address".to_owned()).into());
            }
            let allowed: Vec<_> = found.into_iter().filter(|address| reach.allows(*address)).collect();
            if allowed.is_empty() {
                return Err(NotPublic.into());
            }
            // The port is that of the address that was asked for.
            Ok(allowed.into_iter().map(|address| SocketAddr::new(address, 0)).collect::<Vec<_>>().into_iter())
        }
        .boxed()
    }
}

/// Opens connections. A clone opens the same.
#[derive(Clone)]
pub(super) struct Connector {
    https: HttpsConnector<HttpConnector<Resolver>>,
    reach: Reach,
    limit: Duration,
}

impl Connector {
    /// One that reaches so far, within so long.
    ///
    /// # Errors
    /// What is wrong with the means of encryption.
    pub(super) fn new(reach: Reach, limit: Duration, lookup: Lookup) -> Result<Self, String> {
        let mut http = HttpConnector::new_with_resolver(Resolver { reach, lookup });
        http.enforce_http(false);
        http.set_nodelay(true);
        http.set_keepalive(Some(Duration::from_mins(1)));
        // Divided among the addresses of a host, so that one that is dead leaves the others their part.
        http.set_connect_timeout(Some(limit));
        let https = HttpsConnectorBuilder::new();
        let https = https.with_tls_config(encryption()?).https_or_http().enable_http1().wrap_connector(http);
        Ok(Self { https, reach, limit })
    }
}

impl Service<Uri> for Connector {
    type Response = MaybeHttpsStream<TokioIo<TcpStream>>;
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<Self::Response, BoxError>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.https.poll_ready(cx)
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        // An address is nothing to look up: the resolver does not get to see it.
        if literal(&uri).is_some_and(|address| !self.reach.allows(address)) {
            return std::future::ready(Err(NotPublic.into())).boxed();
        }
        let (limit, connecting) = (self.limit, self.https.call(uri));
        async move { timeout(limit, connecting).await.unwrap_or_else(|_| Err(Slow(limit).into())) }.boxed()
    }
}

/// The host, where it is an address.
fn literal(uri: &Uri) -> Option<IpAddr> {
    let host = uri.host()?;
    host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host).parse().ok()
}

/// The authorities of the system are believed; where it names none, those that browsers believe.
fn encryption() -> Result<ClientConfig, String> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() {
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    }
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let builder = builder.with_safe_default_protocol_versions().map_err(|error| error.to_string())?;
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}
