//! How connections are opened: the address, encryption, and that what answers is a Redis that may be written to.

use std::{fmt, io, sync::Arc, time::Duration};

use futures_util::future::BoxFuture;
use redis_rs::{
    AsyncConnectionConfig, Cmd, RedisError,
    aio::{MultiplexedConnection, PubSub},
};
use rustls::{ClientConfig, RootCertStore, crypto::ring, pki_types::ServerName};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    time::timeout,
};
use tokio_rustls::TlsConnector;

use super::{PATIENCE, PREFIX, RedisUrl};

/// How long it may take until a connection is open.
const CONNECT_LIMIT: Duration = Duration::from_secs(2);

/// Questions that wait for their turn on a connection.
const MOST_WAITING: usize = 512;

/// Opens connections to one address.
pub(super) struct Connector {
    url: RedisUrl,
    tls: Option<(TlsConnector, ServerName<'static>)>,
}

/// What a connection runs over.
trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

/// Drives a connection, until it is lost.
pub(super) type Driver = BoxFuture<'static, ()>;

impl Connector {
    /// One for this address. Certificates are believed if they are from the authorities of the system.
    ///
    /// # Errors
    /// What is wrong with the host's name, or that there are no authorities; as a sentence for the operator.
    pub(super) fn new(url: RedisUrl) -> Result<Self, String> {
        let tls = url.is_encrypted().then(|| encryption(url.host())).transpose()?;
        Ok(Self { url, tls })
    }

    /// Where they lead to.
    pub(super) const fn url(&self) -> &RedisUrl {
        &self.url
    }

    /// A connection for questions, which has been answered in time once, and what drives it.
    pub(super) async fn connect(&self) -> Result<(MultiplexedConnection, Driver), String> {
        // Whoever asks has limits of his own.
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(None)
            .set_response_timeout(None)
            .set_pipeline_buffer_size(MOST_WAITING);
        let opened = async {
            let stream = self.stream().await.map_err(|error| error.to_string())?;
            MultiplexedConnection::new_with_config(self.url.login(), stream, config).await.map_err(reason)
        };
        let (mut connection, driver) = timeout(CONNECT_LIMIT, opened).await.unwrap_or_else(|_| Err(silent()))?;
        let mut driver: Driver = Box::pin(driver);
        // What is asked later on writes too: a replica, or a Redis that is full, is none to count on.
        let mut probe = Cmd::new();
        probe.arg("SET").arg(format!("{PREFIX}:probe")).arg("1").arg("PX").arg("1000");
        tokio::select! {
            answer = timeout(PATIENCE, connection.send_packed_command(&probe)) => {
                answer.map_err(|_| slow())?.and_then(redis_rs::Value::extract_error).map_err(reason)?;
            }
            () = &mut driver => return Err(silent()),
        }
        Ok((connection, driver))
    }

    /// A connection that hears what is said on a channel.
    pub(super) async fn subscribe(&self, channel: &str) -> Result<PubSub, String> {
        let subscribed = async {
            let stream = self.stream().await.map_err(|error| error.to_string())?;
            let mut connection = PubSub::new(self.url.login(), stream).await.map_err(reason)?;
            connection.subscribe(channel).await.map_err(reason)?;
            Ok(connection)
        };
        timeout(CONNECT_LIMIT, subscribed).await.unwrap_or_else(|_| Err(silent()))
    }

    async fn stream(&self) -> io::Result<Box<dyn Stream>> {
        let plain = TcpStream::connect((self.url.host(), self.url.port())).await?;
        plain.set_nodelay(true)?;
        Ok(match &self.tls {
            Some((connector, name)) => Box::new(connector.connect(name.clone(), plain).await?),
            None => Box::new(plain),
        })
    }
}

impl fmt::Debug for Connector {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Connector").field(&self.url).finish()
    }
}

/// Encryption for this host, by the same means as to other servers.
fn encryption(host: &str) -> Result<(TlsConnector, ServerName<'static>), String> {
    let name = ServerName::try_from(host.to_owned()).map_err(|error| error.to_string())?;
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() {
        return Err("no certificate of an authority was found; name a file with SSL_CERT_FILE".into());
    }
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok((TlsConnector::from(Arc::new(config)), name))
}

/// What an error of the driver says, in a line.
#[expect(clippy::needless_pass_by_value, reason = "it is what `map_err` gives")]
pub(super) fn reason(error: RedisError) -> String {
    error.to_string()
}

/// It took too long to answer a question.
pub(super) fn slow() -> String {
    format!("it did not answer within {} ms", PATIENCE.as_millis())
}

fn silent() -> String {
    "it does not answer".into()
}
