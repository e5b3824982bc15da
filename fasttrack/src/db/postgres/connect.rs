//! How connections are opened, and how they are set.

use std::{fmt, future::poll_fn, time::Duration};

use tokio::{sync::mpsc, time::timeout};
use tokio_postgres::{
    AsyncMessage, CancelToken, Client, Config, Connection, Notification, Socket, tls::MakeTlsConnect,
};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::{
    super::{DbError, DbOptions},
    PostgresUrl,
    connection::PgConnection,
    error::Failure,
    tls,
};

/// How long a connection may take to open.
const CONNECT_LIMIT: Duration = Duration::from_secs(5);

/// After how long without a word from the other side it is asked whether it is there, and given up.
const KEEPALIVE: Duration = Duration::from_secs(15);

/// Opens connections to one database.
pub(super) struct Connector {
    config: Config,
    address: String,
    prepares: bool,
    tls: MakeRustlsConnect,
}

/// A connection that may be encrypted.
type Encrypted = <MakeRustlsConnect as MakeTlsConnect<Socket>>::Stream;

impl Connector {
    /// One for this address.
    ///
    /// # Errors
    /// [`DbError::Other`] when the certificates that it names cannot be read.
    pub(super) fn new(url: &PostgresUrl, options: &DbOptions) -> Result<Self, DbError> {
        let mut config = url.config().clone();
        if config.get_application_name().is_none() {
            config.application_name("fasttrack");
        }
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(CONNECT_LIMIT);
        }
        config.keepalives_idle(KEEPALIVE).keepalives_interval(KEEPALIVE / 3).keepalives_retries(3);
        if config.get_tcp_user_timeout().is_none() {
            config.tcp_user_timeout(KEEPALIVE * 2);
        }
        // A pooler that knows no prepared statements knows no options either.
        if options.prepares {
            let own = config.get_options().map(|own| format!(" {own}")).unwrap_or_default();
            config.options(settings(options) + &own);
        }
        Ok(Self { config, address: url.to_string(), prepares: options.prepares, tls: tls::connector(url)? })
    }

    /// Opens a connection.
    ///
    /// # Errors
    /// What the server says, or that there is none.
    pub(super) async fn connect(&self) -> Result<PgConnection, DbError> {
        let (client, connection) = self.open().await?;
        Ok(PgConnection::start(client, connection, self.prepares))
    }

    /// Opens a connection that passes on what others say on the channels that it listens to.
    ///
    /// # Errors
    /// As [`Self::connect`].
    pub(super) async fn connect_listening(&self, arrived: mpsc::Sender<Notification>) -> Result<Client, DbError> {
        let (client, connection) = self.open().await?;
        tokio::spawn(forward(connection, arrived));
        Ok(client)
    }

    /// Stops what runs on a connection. That it arrives is not certain, and not when.
    pub(super) async fn cancel(&self, token: &CancelToken) {
        if let Err(error) = token.cancel_query(self.tls.clone()).await {
            tracing::warn!(%error, "a statement could not be cancelled");
        }
    }

    async fn open(&self) -> Result<(Client, Connection<Socket, Encrypted>), DbError> {
        let opened = timeout(CONNECT_LIMIT * 2, self.config.connect(self.tls.clone())).await;
        match opened {
            Ok(opened) => opened.map_err(|error| Failure::from(error).error),
            Err(_) => Err(DbError::Busy("the server does not answer".into())),
        }
    }
}

/// Drives a connection, and passes on what others said.
async fn forward(mut connection: Connection<Socket, Encrypted>, arrived: mpsc::Sender<Notification>) {
    while let Some(Ok(message)) = poll_fn(|context| connection.poll_message(context)).await {
        if let AsyncMessage::Notification(notification) = message
            && arrived.send(notification).await.is_err()
        {
            return;
        }
    }
}

/// What a session is set to. The limits are those of the client and a little more: they are for a client that has gone.
fn settings(options: &DbOptions) -> String {
    let limit = options.write_limit.max(options.statement_limit) + Duration::from_secs(5);
    let idle = options.unit_limit + Duration::from_secs(5);
    [
        ("statement_timeout", limit.as_millis().to_string()),
        ("idle_in_transaction_session_timeout", idle.as_millis().to_string()),
        ("lock_timeout", options.busy_timeout.as_millis().to_string()),
        ("TimeZone", "UTC".to_owned()),
        ("DateStyle", "ISO".to_owned()),
        ("extra_float_digits", "1".to_owned()),
        ("standard_conforming_strings", "on".to_owned()),
        ("default_transaction_isolation", "read\\ committed".to_owned()),
    ]
    .map(|(name, value)| format!("-c {name}={value}"))
    .join(" ")
}

impl fmt::Debug for Connector {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Connector").field(&self.address).finish()
    }
}
