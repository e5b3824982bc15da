//! `fasttrack healthcheck`: asks the server of these settings whether it is ready; for containers and supervisors.

use std::{
    io::{self, Read as _, Write as _},
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream, ToSocketAddrs as _},
    time::Duration,
};

use crate::config::Config;

/// Longest time that each step may take.
const PATIENCE: Duration = Duration::from_secs(3);

/// Longest answer that is read: its first line is enough.
const MOST_BYTES: u64 = 4096;

/// Why the server is not ready.
#[derive(Debug, thiserror::Error)]
pub(super) enum HealthError {
    /// Nobody listens.
    #[error("no server answers at {host}:{port}: {cause}; start it, or set HOST and PORT as it has them")]
    Away {
        /// `HOST`.
        host: String,
        /// `PORT`.
        port: u16,
        /// Why.
        cause: io::Error,
    },
    /// It says that it is not.
    #[error("the server is not ready: it answered `{0}`")]
    NotReady(String),
}

/// Succeeds when `GET /ready` answers 200.
pub(super) fn run(config: &Config) -> Result<(), HealthError> {
    let away = |cause| HealthError::Away { host: config.host.clone(), port: config.port, cause };
    let answer = ask(&config.host, config.port).map_err(away)?;
    let status = answer.lines().next().unwrap_or_default();
    if status.split(' ').nth(1) == Some("200") { Ok(()) } else { Err(HealthError::NotReady(status.to_owned())) }
}

fn ask(host: &str, port: u16) -> io::Result<String> {
    let mut failure = io::Error::new(io::ErrorKind::AddrNotAvailable, "the host has no address");
    for address in (host, port).to_socket_addrs()? {
        match ask_at(reachable(address)) {
            Ok(answer) => return Ok(answer),
            Err(cause) => failure = cause,
        }
    }
    Err(failure)
}

fn ask_at(address: SocketAddr) -> io::Result<String> {
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    write!(stream, "GET /ready HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
    let mut answer = Vec::new();
    stream.take(MOST_BYTES).read_to_end(&mut answer)?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

/// A server that listens everywhere is reached on this machine.
fn reachable(mut address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        let here = if address.is_ipv4() { IpAddr::from(Ipv4Addr::LOCALHOST) } else { Ipv6Addr::LOCALHOST.into() };
        address.set_ip(here);
    }
    address
}
