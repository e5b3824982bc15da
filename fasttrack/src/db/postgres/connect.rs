//! How connections are opened, and how they are set.

use std::{fmt, future::poll_fn, time::Duration};

use tokio::{sync::mpsc, task::JoinHandle};
use tokio_postgres::{AsyncMessage, CancelToken, Client, Connection, Notification, Socket};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::{
    super::{DbError, DbOptions},
    PostgresUrl,
    connection::PgConnection,
    hosts::{Encrypted, Hosts, Refused},
    tls,
};

/// How long a connection may take to open, unless the address says so.
const CONNECT_LIMIT: Duration = Duration::from_secs(5);

/// After how long without a word from the other side it is asked whether it is there, and given up.
const KEEPALIVE: Duration = Duration::from_secs(15);

/// Opens connections to one database.
pub(super) struct Connector {
    hosts: Hosts,
    address: String,
    prepares: bool,
    tls: MakeRustlsConnect,
}

/// A connection that listens; it ends with this.
pub(super) struct Listening {
    pub(super) client: Client,
    task: JoinHandle<()>,
}

impl Drop for Listening {
    /// Without waiting for the other side, which may be gone.
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// What a server is known by as long as it has forgotten nothing: a restart, a recovery after a crash and another server
/// are all another one.
pub(super) const SERVER: &str =
    "(pg_postmaster_start_time()::text || ' ' || coalesce(pg_stat_get_bgwriter_stat_reset_time()::text, ''))";

/// What a session of ours is marked with.
pub(super) const OWN: &str = "own";

/// How it is asked for.
pub(super) const IS_OWN: &str = "coalesce(current_setting('fasttrack.session', true), '')";

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
        let limit = config.get_connect_timeout().copied().unwrap_or(CONNECT_LIMIT);
        config.keepalives_idle(KEEPALIVE).keepalives_interval(KEEPALIVE / 3).keepalives_retries(3);
        if config.get_tcp_user_timeout().is_none() {
            config.tcp_user_timeout(KEEPALIVE * 2);
        }
        // A pooler that knows no prepared statements knows no options either.
        if options.prepares {
            let own = config.get_options().map(|own| format!(" {own}")).unwrap_or_default();
            config.options(settings(options) + &own);
        }
        let hosts = Hosts::of(&config, limit);
        Ok(Self { hosts, address: url.to_string(), prepares: options.prepares, tls: tls::connector(url)? })
    }

    /// Whether a server that may only be read is of no use.
    pub(super) fn has_to_write(&self) -> bool {
        self.hosts.have_to_be_written_to()
    }

    /// Opens a connection.
    ///
    /// # Errors
    /// What the server says, or that there is none.
    pub(super) async fn connect(&self) -> Result<PgConnection, Refused> {
        let (client, connection) = self.hosts.open(&self.tls).await?;
        let introduced = PgConnection::start(client, connection, self.prepares).introduced().await;
        introduced.map_err(|error| Refused { error, is_full: false })
    }

    /// Opens a connection that passes on what others say on the channels that it listens to.
    ///
    /// # Errors
    /// As [`Self::connect`].
    pub(super) async fn connect_listening(&self, arrived: mpsc::Sender<Notification>) -> Result<Listening, DbError> {
        let (client, connection) = self.hosts.open(&self.tls).await.map_err(|refused| refused.error)?;
        Ok(Listening { client, task: tokio::spawn(forward(connection, arrived)) })
    }

    /// Stops what runs on a connection. That it arrives is not certain, and not when.
    pub(super) async fn cancel(&self, token: &CancelToken) {
        if let Err(error) = token.cancel_query(self.tls.clone()).await {
            tracing::warn!(%error, "a statement could not be cancelled");
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

/// What a session has to be set to, by somebody: texts would mean something else, and transactions fail; and the catalog
/// would say of what was made that it is something else.
pub(super) const NEEDED: [(&str, &str); 3] = [
    ("standard_conforming_strings", "on"),
    ("default_transaction_isolation", "read committed"),
    ("quote_all_identifiers", "off"),
];

/// What a session is set to. The limits are those of the client and a little more: they are for a client that has gone.
fn settings(options: &DbOptions) -> String {
    let limit = options.write_limit.max(options.statement_limit) + Duration::from_secs(5);
    let idle = options.unit_limit + Duration::from_secs(5);
    [
        ("statement_timeout", limit.as_millis().to_string()),
        ("idle_in_transaction_session_timeout", idle.as_millis().to_string()),
        ("lock_timeout", options.busy_timeout.as_millis().to_string()),
        // One that a pooler lends to others as well has lost this with all the rest.
        ("fasttrack.session", OWN.to_owned()),
        ("TimeZone", "UTC".to_owned()),
        ("DateStyle", "ISO".to_owned()),
        ("extra_float_digits", "1".to_owned()),
    ]
    .into_iter()
    .chain(NEEDED.map(|(name, value)| (name, value.replace(' ', "\\ "))))
    .map(|(name, value)| format!("-c {name}={value}"))
    .collect::<Vec<_>>()
    .join(" ")
}

impl fmt::Debug for Connector {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Connector").field(&self.address).finish()
    }
}
