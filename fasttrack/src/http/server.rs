//! Listening, serving, and taking leave.

use std::{
    io,
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use salvo::{Server, Service, conn::tcp::TcpAcceptor, fuse::FuseConfig, server::ServerHandle};
use tokio::{
    net::{TcpListener, TcpSocket, lookup_host},
    sync::watch,
    time::sleep,
};

use super::{acceptor::Port, metrics::Metrics};
use crate::notify::Hub;

/// Connections that the system keeps ready until they are accepted.
const BACKLOG: u32 = 1_024;

/// Most connections at once, sockets among them, where the system allows as many open files.
const MAX_CONNECTIONS: usize = 20_000;

/// Open files that connections leave to the database and the rest.
const SPARE_FILES: usize = 128;

/// How long requests that have arrived already may take to be noticed after the order to stop, before idle connections
/// are closed. Their answers ask the client to close. Longer than the port takes to close.
const NOTICE: Duration = Duration::from_millis(250);

/// Longest time that requests have to finish after that; longer than any request may take.
const DRAIN_LIMIT: Duration = Duration::from_secs(15);

/// How long connections without a request are kept once no request is left: some have been opened ahead of need, and
/// would never close.
const LINGER: Duration = Duration::from_secs(2);

/// How long sockets may take to take leave.
const SOCKETS_LIMIT: Duration = Duration::from_secs(2);

/// An open port.
pub struct Listening {
    acceptor: TcpAcceptor,
    address: SocketAddr,
}

/// What is served: made by [`service`](super::service()).
pub struct Served {
    pub(super) service: Service,
    pub(super) metrics: Arc<Metrics>,
    pub(super) hub: Arc<Hub>,
}

impl Listening {
    /// Opens a port; 0 takes a free one.
    ///
    /// # Errors
    /// When the name is unknown, or no address of it can be listened on.
    pub async fn bind(host: &str, port: u16) -> io::Result<Self> {
        let mut failure = io::Error::new(io::ErrorKind::AddrNotAvailable, "the host has no address");
        for address in lookup_host((host, port)).await? {
            match listen(address).and_then(|listener| Ok((listener.local_addr()?, listener.try_into()?))) {
                Ok((address, acceptor)) => return Ok(Self { acceptor, address }),
                Err(cause) => failure = cause,
            }
        }
        Err(failure)
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until `stop` is ready, then answers what has arrived; `abort` cuts that short.
    ///
    /// # Errors
    /// When the listener fails.
    pub async fn serve(
        self,
        served: Served,
        stop: impl Future<Output = ()>,
        abort: impl Future<Output = ()>,
    ) -> io::Result<()> {
        let (close, closing) = watch::channel(false);
        let port = Port::new(self.acceptor, closing, connection_limit());
        let listener = Server::new(port).fuse_config(timeouts());
        let handle = listener.handle();
        let mut running = tokio::spawn(listener.try_serve(served.service));
        tokio::select! {
            ended = &mut running => return ended.map_err(io::Error::other)?,
            () = stop => {}
        }
        served.metrics.begin_stop();
        served.hub.stop();
        close.send_replace(true);
        let drained = tokio::select! {
            ended = &mut running => return ended.map_err(io::Error::other)?,
            () = drain(&handle, &served.metrics, &served.hub) => running.await,
            () = abort => {
                handle.stop_forceful();
                running.await
            }
        };
        drained.map_err(io::Error::other)?
    }
}

/// Lets requests finish and sockets take leave, and ends.
async fn drain(handle: &ServerHandle, metrics: &Metrics, hub: &Hub) {
    sleep(NOTICE).await;
    handle.stop_graceful(DRAIN_LIMIT);
    hub.emptied(SOCKETS_LIMIT).await;
    let mut busy_at = Instant::now();
    while busy_at.elapsed() < LINGER {
        if metrics.in_flight() > 0 {
            busy_at = Instant::now();
        }
        sleep(Duration::from_millis(50)).await;
    }
    handle.stop_forceful();
}

fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    socket.set_reuseaddr(true)?;
    // Inherited by what is accepted: an answer's last segment must not wait for the client's acknowledgement.
    socket.set_nodelay(true)?;
    limit_unsent(&socket)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Bytes that the system takes before it has sent those it has (inherited as well): it would take megabytes for a client
/// that does not read, and that would be noticed late.
#[cfg(target_os = "linux")]
fn limit_unsent(socket: &TcpSocket) -> io::Result<()> {
    const UNSENT_BYTES: u32 = 16 * 1_024;
    socket2::SockRef::from(socket).set_tcp_notsent_lowat(UNSENT_BYTES)
}

#[cfg(not(target_os = "linux"))]
fn limit_unsent(_: &TcpSocket) -> io::Result<()> {
    Ok(())
}

/// What ends connections that make no progress. A socket that was upgraded is exempt.
fn timeouts() -> FuseConfig {
    FuseConfig::default()
        .with_http1_header_timeout(Duration::from_secs(30))
        .with_connection_idle_timeout(Duration::from_secs(75))
        .with_write_stall_timeout(Duration::from_secs(30))
        .with_request_body_timeout(Duration::from_secs(10))
}

/// As many connections as there may be files, with some to spare: what is over waits in the backlog instead of failing.
/// The limit is raised as far as the system lets the process.
fn connection_limit() -> usize {
    let wanted = u64::try_from(MAX_CONNECTIONS + SPARE_FILES).unwrap_or(u64::MAX);
    let files = rlimit::increase_nofile_limit(wanted).unwrap_or_else(|error| {
        tracing::warn!(%error, "the limit of open files is not known");
        1_024
    });
    usize::try_from(files).unwrap_or(MAX_CONNECTIONS).saturating_sub(SPARE_FILES).clamp(4, MAX_CONNECTIONS)
}

/// As many sockets as there may be: three quarters of the connections, so that requests always get through.
#[must_use]
pub fn socket_limit() -> usize {
    connection_limit() / 4 * 3
}
