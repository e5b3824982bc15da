//! The rate limiter: who is counted, and what that says on the wire.
//!
//! A user is counted by id, anybody else by address. Users have a table of their own, so that a flood of addresses
//! crowds no user out. The clock is monotonic. With Redis it is Redis that counts; what a server has let through counts
//! here as well, and decides while Redis is away, so that whoever has used up his limit gets no second one on the spot.

use std::{
    fmt,
    net::{IpAddr, Ipv6Addr},
    sync::{Mutex, PoisonError},
    time::Instant,
};

use super::window::{Quota, Room, SharedWindows, Verdict, Windows};
use crate::{
    clock,
    config::{Config, Network},
    redis::Redis,
};

/// How many users, and how many addresses, are counted apart, and how exactly: at most 10 MiB each.
const ROOM: Room = Room { keys: 100_000, groups: 1 << 18 };

/// Counts requests.
#[derive(Debug)]
pub(super) struct Limiter {
    quota: Quota,
    started: Instant,
    tables: Option<Mutex<Tables>>,
    shared: Option<SharedWindows>,
}

/// Who is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Subject {
    /// The account with this id.
    User(i64),
    /// Whoever calls from there.
    Address(IpAddr),
}

/// What the `RateLimit-*` headers say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Allowance {
    /// Requests per window.
    pub(super) limit: u32,
    /// Requests that are left.
    pub(super) remaining: u32,
    /// Whole seconds until there is at least one more.
    pub(super) reset_s: u64,
    /// Whether this one is over the limit.
    pub(super) exceeded: bool,
}

#[derive(Debug)]
struct Tables {
    users: Windows<i64>,
    addresses: Windows<u64>,
}

impl Limiter {
    pub(super) fn new(config: &Config, redis: Option<Redis>) -> Self {
        let quota = Quota { hits: config.rate_limit_requests, window_s: config.rate_limit_window_s };
        let tables = (quota.hits > 0)
            .then(|| Mutex::new(Tables { users: Windows::new(quota, ROOM), addresses: Windows::new(quota, ROOM) }));
        Self { quota, started: Instant::now(), tables, shared: redis.map(|redis| SharedWindows::new(redis, quota)) }
    }

    /// Counts a request; `None` where there is no limit.
    pub(super) async fn count(&self, subject: Subject) -> Option<Allowance> {
        let tables = self.tables.as_ref()?;
        let shared = match &self.shared {
            Some(shared) => shared.hit(&subject.to_string()).await,
            None => None,
        };
        let Verdict { remaining, reset_s, allowed } = match shared {
            Some(refused) if !refused.allowed => refused,
            shared => {
                let own = self.count_here(tables, subject);
                shared.unwrap_or(own)
            }
        };
        Some(Allowance { limit: self.quota.hits, remaining, reset_s, exceeded: !allowed })
    }

    fn count_here(&self, tables: &Mutex<Tables>, subject: Subject) -> Verdict {
        let mut tables = tables.lock().unwrap_or_else(PoisonError::into_inner);
        // Read under the lock, so that time does not run backwards between two that wait for it.
        let now_us = u64::try_from(clock::elapsed(self.started).as_micros()).unwrap_or(u64::MAX / 2);
        match subject {
            Subject::User(id) => tables.users.hit(id, now_us),
            Subject::Address(address) => tables.addresses.hit(key_of(address), now_us),
        }
    }
}

/// What a subject is called where several servers count: users and addresses have names apart.
impl fmt::Display for Subject {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(id) => write!(formatter, "user:{id}"),
            Self::Address(address) => write!(formatter, "address:{}", network_of(*address)),
        }
    }
}

/// What is counted as one address: an IPv6 site has a /64 (RFC 6177), and could call from each of its addresses.
pub(super) fn network_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & (u128::MAX << 64))),
        v4 @ IpAddr::V4(_) => v4,
    }
}

/// The same in few bytes, since there are many. IPv4 addresses have the place of networks that nobody has: those that
/// begin with 32 zeros (RFC 4291, section 2.4).
fn key_of(address: IpAddr) -> u64 {
    match network_of(address) {
        IpAddr::V6(v6) => u64::try_from(v6.to_bits() >> 64).unwrap_or(u64::MAX),
        IpAddr::V4(v4) => v4.to_bits().into(),
    }
}

/// The address that a request came from: of what `X-Forwarded-For` lists, the rightmost that is no trusted proxy.
///
/// Nothing is believed unless `peer` itself is trusted, nor anything to the left of what is no address. Empty elements of
/// the list are none (RFC 9110, section 5.6.1.2).
pub(super) fn client_address<'a>(
    peer: IpAddr,
    forwarded: impl DoubleEndedIterator<Item = &'a str>,
    trusted: &[Network],
) -> IpAddr {
    let is_trusted = |address: IpAddr| trusted.iter().any(|network| network.contains(address));
    let mut client = peer.to_canonical();
    let hops = forwarded.rev().flat_map(|line| line.rsplit(',')).map(str::trim);
    for hop in hops.filter(|hop| !hop.is_empty()) {
        if !is_trusted(client) {
            break;
        }
        let Some(address) = parse_hop(hop) else { break };
        client = address;
    }
    client
}

/// An address, with or without a port (`192.0.2.1:80`, `[2001:db8::1]:80`).
fn parse_hop(hop: &str) -> Option<IpAddr> {
    let bare = hop.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(hop);
    bare.parse()
        .or_else(|_| hop.parse::<std::net::SocketAddr>().map(|with_port| with_port.ip()))
        .ok()
        .map(|address: IpAddr| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limiter(requests: &str) -> Limiter {
        let lookup = |name: &str| (name == "RATE_LIMIT_REQUESTS").then(|| requests.to_owned());
        Limiter::new(&Config::from_lookup(&lookup).unwrap(), None)
    }

    #[tokio::test]
    async fn users_and_addresses_are_counted_apart() {
        let limiter = limiter("1");
        let (one, other) = ("192.0.2.1".parse().unwrap(), "192.0.2.2".parse().unwrap());
        for subject in [Subject::Address(one), Subject::Address(other), Subject::User(1), Subject::User(2)] {
            let first = limiter.count(subject).await.unwrap();
            assert_eq!((first.limit, first.remaining, first.exceeded), (1, 0, false));
            assert!(limiter.count(subject).await.unwrap().exceeded);
        }
    }

    #[tokio::test]
    async fn an_ipv6_network_is_one_address() {
        let limiter = limiter("1");
        for (address, exceeded, name) in [
            ("2001:db8:0:1::1", false, "address:2001:db8:0:1::"),
            ("2001:db8:0:1:ffff::2", true, "address:2001:db8:0:1::"),
            ("2001:db8:0:2::1", false, "address:2001:db8:0:2::"),
            ("192.0.2.7", false, "address:192.0.2.7"),
            ("::ffff:192.0.2.7", true, "address:192.0.2.7"),
        ] {
            let subject = Subject::Address(address.parse().unwrap());
            assert_eq!(limiter.count(subject).await.unwrap().exceeded, exceeded, "{address}");
            assert_eq!(subject.to_string(), name, "{address}");
        }
        assert_eq!(Subject::User(7).to_string(), "user:7");
    }

    #[tokio::test]
    async fn zero_requests_are_no_limit() {
        assert_eq!(limiter("0").count(Subject::User(1)).await, None);
    }

    #[test]
    fn proxies_are_believed_only_when_trusted() {
        let trusted = Network::parse_list("10.0.0.0/8, ::1").unwrap();
        for (peer, forwarded, expected) in [
            ("192.0.2.1", vec!["198.51.100.1"], "192.0.2.1"),
            ("10.0.0.1", vec![], "10.0.0.1"),
            ("10.0.0.1", vec!["198.51.100.1"], "198.51.100.1"),
            ("10.0.0.1", vec!["203.0.113.9, 198.51.100.1"], "198.51.100.1"),
            ("10.0.0.1", vec!["203.0.113.9, 198.51.100.1, 10.0.0.2"], "198.51.100.1"),
            ("10.0.0.1", vec!["203.0.113.9", "198.51.100.1", "10.0.0.2,10.0.0.3"], "198.51.100.1"),
            ("10.0.0.1", vec!["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
            ("10.0.0.1", vec!["198.51.100.1, unknown"], "10.0.0.1"),
            ("10.0.0.1", vec!["198.51.100.1, "], "198.51.100.1"),
            ("10.0.0.1", vec!["", "198.51.100.1,,\t10.0.0.2", ","], "198.51.100.1"),
            ("10.0.0.1", vec!["198.51.100.1:4711"], "198.51.100.1"),
            ("::1", vec!["[2001:db8::1]:80"], "2001:db8::1"),
            ("::1", vec!["[2001:db8::1]"], "2001:db8::1"),
            ("::ffff:10.0.0.1", vec!["::ffff:198.51.100.1"], "198.51.100.1"),
        ] {
            let address = client_address(peer.parse().unwrap(), forwarded.iter().copied(), &trusted);
            assert_eq!(address, expected.parse::<IpAddr>().unwrap(), "{peer} {forwarded:?}");
        }
    }
}
