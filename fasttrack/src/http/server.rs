//! Listening, serving, and taking leave.

use std::{
    io,
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use salvo::{Server, Service, conn::tcp::TcpAcceptor, fuse::FuseConfig};
use tokio::{
    net::{TcpListener, TcpSocket, lookup_host},
    time::sleep,
};

use super::{acceptor::Port, connections::Connections, metrics::Metrics, stop::Stop};
use crate::notify::Hub;

/// Connections that the system keeps ready until they are accepted.
const BACKLOG: u32 = 1_024;

/// Most connections at once, sockets among them, where the system allows as many open files.
const MAX_CONNECTIONS: usize = 20_000;

/// Bytes that are read of a connection at a time, and the longest head: what is sent fast would else have six times as much
/// memory for each of many files at once.
const READ_BYTES: usize = 64 * 1_024;

/// Open files that connections leave to the database and the rest.
const SPARE_FILES: usize = 128;

/// How long leave may take, from the order to stop.
#[derive(Debug, Clone, Copy)]
pub(super) struct Patience {
    /// How long requests that have arrived already may take to be noticed, before idle connections are closed. Their
    /// answers ask the client to close. Longer than the port takes to close.
    pub(super) notice: Duration,
    /// How long connections without a request are kept once nobody waits for an answer: some have been opened ahead of
    /// need, and would never close.
    pub(super) linger: Duration,
    /// How long answers may take that are under way: longer than any request may take, so that a client which reads
    /// slowly has some time left for its own.
    pub(super) leave: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { notice: Duration::from_millis(250), linger: Duration::from_secs(2), leave: Duration::from_secs(20) }
    }
}

/// How often that is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// How long sockets may take to take leave.
const SOCKETS_LIMIT: Duration = Duration::from_secs(2);

/// How often a free port is looked for that all addresses of a name have.
const PORT_ATTEMPTS: usize = 16;

/// An open port.
pub struct Listening {
    open: Vec<TcpAcceptor>,
    first: SocketAddr,
    addresses: Vec<SocketAddr>,
}

/// What is served: made by [`service`](super::service()).
pub struct Served {
    pub(super) service: Service,
    pub(super) metrics: Arc<Metrics>,
    pub(super) hub: Arc<Hub>,
    pub(super) stop: Stop,
    pub(super) patience: Patience,
}

impl Listening {
    /// Opens a port on every address that a name has on this machine (`localhost` may have two); 0 takes a free one.
    ///
    /// # Errors
    /// When the name is unknown, none of its addresses is this machine's, or one cannot be listened on.
    pub async fn bind(host: &str, port: u16) -> io::Result<Self> {
        let mut found: Vec<_> = lookup_host((host, port)).await?.collect();
        let mut seen = Vec::new();
        found.retain(|address| {
            !seen.contains(address) && {
                seen.push(*address);
                true
            }
        });
        let mut outcome = open_all(&found);
        // The port that one address was given may be taken on the next.
        for _ in 1..PORT_ATTEMPTS {
            match &outcome {
                Err(cause) if port == 0 && cause.kind() == io::ErrorKind::AddrInUse => outcome = open_all(&found),
                _ => break,
            }
        }
        let (open, addresses): (_, Vec<_>) = outcome?.into_iter().unzip();
        let first = *addresses.first().ok_or(io::ErrorKind::AddrNotAvailable)?;
        Ok(Self { open, first, addresses })
    }

    /// Where it listens; the first address, where there are several.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.first
    }

    /// All addresses that it listens on, at the same port.
    #[must_use]
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
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
        let Served { service, metrics, hub, stop: order, patience } = served;
        let connections = Arc::new(Connections::default());
        let port = Port::new(self.open, Arc::clone(&connections), order.clone(), connection_limit());
        let mut listener = Server::new(port).fuse_config(timeouts());
        listener.http1_mut().max_buf_size(READ_BYTES);
        let handle = listener.handle();
        let mut running = tokio::spawn(listener.try_serve(service));
        tokio::select! {
            ended = &mut running => return ended.map_err(io::Error::other)?,
            () = stop => {}
        }
        order.order();
        hub.stop();
        tokio::select! {
            ended = &mut running => return ended.map_err(io::Error::other)?,
            () = drain(&connections, &metrics, &hub, patience) => {}
            () = abort => {}
        }
        handle.stop_forceful();
        running.await.map_err(io::Error::other)?
    }
}

/// Lets what is under way come to its end: requests, answers that are still being read, sockets.
async fn drain(connections: &Connections, metrics: &Metrics, hub: &Hub, patience: Patience) {
    let ordered_at = Instant::now();
    sleep(patience.notice).await;
    connections.dismiss();
    hub.emptied(SOCKETS_LIMIT).await;
    let mut busy_at = Instant::now();
    while ordered_at.elapsed() < patience.leave {
        // Again each time, since a connection may bring its first request now.
        let left = connections.dismiss();
        if left.answered > 0 || metrics.in_flight() > 0 {
            busy_at = Instant::now();
        } else if left.silent == 0 || busy_at.elapsed() >= patience.linger {
            return;
        }
        sleep(LOOK_EVERY).await;
    }
    tracing::warn!(limit_s = patience.leave.as_secs(), "clients had not read their answers when the server stopped");
}

/// Opens all of these addresses that there are on this machine, at the same port.
fn open_all(addresses: &[SocketAddr]) -> io::Result<Vec<(TcpAcceptor, SocketAddr)>> {
    let mut failure = io::Error::new(io::ErrorKind::AddrNotAvailable, "the host has no address");
    let mut opened: Vec<(TcpAcceptor, SocketAddr)> = Vec::new();
    for &address in addresses {
        let port = opened.first().map_or(address.port(), |(_, first)| first.port());
        match open(SocketAddr::new(address.ip(), port)) {
            Ok(one) => opened.push(one),
            Err(cause) if is_elsewhere(&cause) => failure = cause,
            Err(cause) => return Err(cause),
        }
    }
    if opened.is_empty() { Err(failure) } else { Ok(opened) }
}

fn open(address: SocketAddr) -> io::Result<(TcpAcceptor, SocketAddr)> {
    let listener = listen(address)?;
    let address = listener.local_addr()?;
    Ok((listener.try_into()?, address))
}

/// Whether the address is of another machine, or of a protocol that this one does not speak.
fn is_elsewhere(cause: &io::Error) -> bool {
    /// EAFNOSUPPORT on Linux, which has no kind of its own.
    const NO_SUCH_FAMILY: i32 = 97;
    matches!(cause.kind(), io::ErrorKind::AddrNotAvailable | io::ErrorKind::Unsupported)
        || cause.raw_os_error() == Some(NO_SUCH_FAMILY)
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

#[cfg(test)]
mod tests {
    use super::*;

    /// How many of these addresses are listened on, or why none is.
    fn open(addresses: &[&str]) -> Result<Vec<SocketAddr>, io::ErrorKind> {
        let addresses: Vec<_> = addresses.iter().map(|text| text.parse().unwrap()).collect();
        open_all(&addresses).map(|open| open.into_iter().map(|(_, address)| address).collect()).map_err(|e| e.kind())
    }

    #[tokio::test]
    async fn every_address_of_a_name_is_listened_on_at_one_port() {
        let both = open(&["127.0.0.1:0", "[::1]:0"]).unwrap();
        assert_eq!(both.iter().map(|address| address.ip().is_ipv4()).collect::<Vec<_>>(), [true, false]);
        assert!(both.iter().all(|address| address.port() == both[0].port() && address.port() != 0), "{both:?}");
    }

    #[tokio::test]
    async fn addresses_of_other_machines_are_passed_over() {
        assert_eq!(open(&["192.0.2.1:0", "127.0.0.1:0"]).unwrap().len(), 1);
        assert_eq!(open(&["192.0.2.1:0"]), Err(io::ErrorKind::AddrNotAvailable));
        assert_eq!(open(&[]), Err(io::ErrorKind::AddrNotAvailable));
    }

    #[tokio::test]
    async fn an_address_that_is_taken_is_no_reason_to_listen_on_the_other_alone() {
        let taken = std::net::TcpListener::bind("[::1]:0").unwrap();
        let port = taken.local_addr().unwrap().port();
        let (here, there) = (format!("127.0.0.1:{port}"), format!("[::1]:{port}"));
        assert_eq!(open(&[&here, &there]), Err(io::ErrorKind::AddrInUse));
    }

    #[tokio::test]
    async fn a_client_of_either_address_is_served() {
        let open = open_all(&["127.0.0.1:0".parse().unwrap(), "[::1]:0".parse().unwrap()]).unwrap();
        let (mut open, addresses): (Vec<_>, Vec<_>) = open.into_iter().unzip();
        let places = Arc::new(tokio::sync::Semaphore::new(4));
        for address in addresses {
            let client = std::net::TcpStream::connect(address).unwrap();
            let (accepted, _place) = super::super::acceptor::accept(&mut open, &places, None).await.unwrap();
            let seen = accepted.remote_addr.into_std().unwrap();
            assert_eq!(seen, client.local_addr().unwrap());
        }
    }
}
