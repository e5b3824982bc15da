//! An open port, which can be closed while the connections that came through it are still served.

use std::{future::pending, io, sync::Arc, time::Duration};

use futures_util::future::select_all;
use salvo::{
    conn::{
        Accepted, Acceptor, Holding, StraightStream,
        tcp::{TcpAcceptor, TcpCoupler},
    },
    fuse::ArcFusePolicy,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
    task::yield_now,
    time::{Instant, timeout, timeout_at},
};

use super::{connections::Connections, parser_errors::Completed, stop::Stop};

/// How long the port has to be quiet before it is closed: long enough for a handshake that has begun to end.
const QUIET: Duration = Duration::from_millis(100);

/// Longest time that this is waited for.
const CLOSE_LIMIT: Duration = Duration::from_millis(200);

/// An open port, of one address or of several.
///
/// Connections that the system has made wait to be accepted, perhaps with a request. Closing the port resets them; so it
/// is closed only when none waits, and, where the system can do that, when none has been able to begin for a while.
pub(super) struct Port {
    /// One for each address; none once it is closed.
    open: Vec<TcpAcceptor>,
    holdings: Vec<Holding>,
    /// After it no more connections are wanted.
    stop: Stop,
    connections: Arc<Connections>,
    close_by: Option<Instant>,
    /// One for each connection that there may still be. A connection has its own until it is closed, upgraded or not.
    places: Arc<Semaphore>,
}

impl Port {
    pub(super) fn new(open: Vec<TcpAcceptor>, connections: Arc<Connections>, stop: Stop, most: usize) -> Self {
        let holdings = open.iter().flat_map(|open| open.holdings().to_vec()).collect();
        Self { open, holdings, stop, connections, close_by: None, places: Arc::new(Semaphore::new(most)) }
    }

    /// The next connection; none when it is time to close.
    async fn next(&mut self, policy: Option<ArcFusePolicy>) -> Option<io::Result<(Plain, OwnedSemaphorePermit)>> {
        if self.open.is_empty() {
            return None;
        }
        let (open, places) = (&mut self.open, &self.places);
        if self.close_by.is_none() {
            tokio::select! {
                biased;
                accepted = accept(open, places, policy.clone()) => return Some(accepted),
                () = self.stop.ordered() => {}
            }
        }
        let close_by = *self.close_by.get_or_insert_with(|| {
            for error in open.iter().filter_map(|open| hold_off(open.inner()).err()) {
                tracing::debug!(%error, "connections can begin until the port is closed");
            }
            Instant::now() + CLOSE_LIMIT
        });
        let accepted = timeout_at(close_by, timeout(QUIET, accept(open, places, policy))).await;
        accepted.ok().and_then(Result::ok)
    }
}

/// Accepts a connection once there is a place for it. There is at least one address; none that comes in while another is
/// taken is lost, since an acceptor keeps what it has not handed out.
pub(super) async fn accept(
    open: &mut [TcpAcceptor],
    places: &Arc<Semaphore>,
    policy: Option<ArcFusePolicy>,
) -> io::Result<(Plain, OwnedSemaphorePermit)> {
    let place = Arc::clone(places).acquire_owned().await.map_err(io::Error::other)?;
    let (accepted, ..) = select_all(open.iter_mut().map(|open| Box::pin(open.accept(policy.clone())))).await;
    Ok((accepted?, place))
}

/// Leaves it unanswered when a client asks for a connection: it asks again within a second or so, and is refused then,
/// or served by the next server. Connections that have begun go on.
///
/// The classic BPF program reads the flags of a TCP header (RFC 9293, section 3.1).
#[cfg(any(target_os = "linux", target_os = "android"))]
fn hold_off(port: &TcpListener) -> io::Result<()> {
    use socket2::SockFilter;

    const LOAD_BYTE: u16 = 0x30;
    const JUMP_IF_SET: u16 = 0x45;
    const RETURN: u16 = 0x06;
    const FLAGS_OFFSET: u32 = 13;
    const SYN: u32 = 0x02;

    socket2::SockRef::from(port).attach_filter(&[
        SockFilter::new(LOAD_BYTE, 0, 0, FLAGS_OFFSET),
        SockFilter::new(JUMP_IF_SET, 0, 1, SYN),
        SockFilter::new(RETURN, 0, 0, 0),
        SockFilter::new(RETURN, 0, 0, u32::MAX),
    ])
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn hold_off(_: &TcpListener) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

type Plain = Accepted<TcpCoupler<StraightStream<TcpStream>>, StraightStream<TcpStream>>;

impl Acceptor for Port {
    type Coupler = TcpCoupler<Self::Stream>;
    type Stream = Completed<StraightStream<TcpStream>>;

    fn holdings(&self) -> &[Holding] {
        &self.holdings
    }

    async fn accept(&mut self, policy: Option<ArcFusePolicy>) -> io::Result<Accepted<Self::Coupler, Self::Stream>> {
        // One after the other, with a turn for everybody else between: were all taken at once that wait, as after a restart,
        // whoever asks over a connection that is open would wait behind what all of them ask. Before the port is closed
        // there is no time for that.
        if !self.stop.is_ordered() {
            yield_now().await;
        }
        let Some(accepted) = self.next(policy).await else {
            self.open.clear();
            return pending().await;
        };
        let (accepted, place) = accepted?;
        let Accepted { stream, fuse_config, conn_ctrl, local_addr, remote_addr, http_scheme, .. } = accepted;
        let connection = self.connections.enter(conn_ctrl.clone());
        let (coupler, stream) = (TcpCoupler::new(), Completed::new(stream, connection, place));
        Ok(Accepted { coupler, stream, fuse_config, conn_ctrl, local_addr, remote_addr, http_scheme })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use salvo::conn::{Listener, TcpListener as Listens};

    use super::*;

    /// How many turns somebody else had before each of 20 connections was accepted that had waited.
    async fn turns_between(stop: &Stop) -> Vec<usize> {
        let open = Listens::new("127.0.0.1:0").try_bind().await.unwrap();
        let address = open.inner().local_addr().unwrap();
        let mut port = Port::new(vec![open], Arc::new(Connections::default()), stop.clone(), 100);
        let clients: Vec<_> = (0..20).map(|_| std::net::TcpStream::connect(address).unwrap()).collect();
        let turns = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&turns);
        let others = tokio::spawn(async move {
            loop {
                counted.fetch_add(1, Ordering::Relaxed);
                yield_now().await;
            }
        });
        let mut seen = Vec::new();
        for _ in &clients {
            port.accept(None).await.unwrap();
            seen.push(turns.swap(0, Ordering::Relaxed));
        }
        others.abort();
        seen
    }

    #[tokio::test]
    async fn others_have_a_turn_between_two_connections() {
        let turns = turns_between(&Stop::new()).await;
        assert!(turns.iter().all(|turns| *turns > 0), "{turns:?}");
    }

    #[tokio::test]
    async fn before_the_port_is_closed_all_are_taken_at_once() {
        let stop = Stop::new();
        stop.order();
        let turns = turns_between(&stop).await;
        assert!(turns.iter().skip(1).all(|turns| *turns == 0), "{turns:?}");
    }
}
