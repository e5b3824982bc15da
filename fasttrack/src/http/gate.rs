//! Who comes in: token, address, rate limit, in this order, before anything else is looked at.

use std::{
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use salvo::{
    conn::SocketAddr,
    http::{HeaderMap, HeaderName, HeaderValue, Request, header},
};

use super::{
    limit::{Allowance, Limiter, Subject, client_address},
    routes::{Action, Route},
};
use crate::{
    auth::{self, Auth},
    config::{Config, Network},
    error::Error,
    principal::Principal,
    redis::Redis,
};

/// The headers that say how much is left (draft-ietf-httpapi-ratelimit-headers).
pub(super) const RATE_LIMIT_HEADERS: [HeaderName; 3] = [
    HeaderName::from_static("ratelimit-limit"),
    HeaderName::from_static("ratelimit-remaining"),
    HeaderName::from_static("ratelimit-reset"),
];

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Decides who comes in.
pub(super) struct Gate {
    auth: Arc<Auth>,
    limiter: Limiter,
    trusted_proxies: Vec<Network>,
    refusals: AtomicU64,
}

/// Whom the gate let in, or why not; and what that leaves.
pub(super) struct Admission {
    pub(super) principal: Result<Principal, Error>,
    pub(super) address: IpAddr,
    pub(super) allowance: Option<Allowance>,
}

/// Whom the gate let in to open a socket, or why not; and what that leaves.
pub(super) struct Entry {
    pub(super) outcome: Result<auth::Admission, Error>,
    pub(super) allowance: Option<Allowance>,
}

impl Gate {
    pub(super) fn new(auth: Arc<Auth>, config: &Config, redis: Option<Redis>) -> Self {
        let (limiter, trusted_proxies) = (Limiter::new(config, redis), config.trusted_proxies.clone());
        Self { auth, limiter, trusted_proxies, refusals: AtomicU64::new(0) }
    }

    /// Requests that were over the limit, so far.
    pub(super) fn refusals(&self) -> u64 {
        self.refusals.load(Ordering::Relaxed)
    }

    /// Asks who is calling, and counts the request. A public route is counted by address whatever token comes along,
    /// so that a token is no way to guess passwords unnoticed.
    pub(super) async fn admit(&self, req: &Request, route: &Route) -> Admission {
        let address = self.address_of(req);
        let entered =
            if route.action.is_public() { Ok(Principal::Anonymous) } else { self.authenticate(req.headers()).await };
        let subject = match &entered {
            Ok(Principal::Account(caller)) => Subject::User(caller.id),
            Ok(Principal::Anonymous) | Err(_) => Subject::Address(address),
        };
        let allowance = self.limiter.count(subject).await;
        let entered = self.check(allowance).and(entered);
        let principal = entered.and_then(|principal| {
            check_key(&principal, route)?;
            Ok(principal)
        });
        Admission { principal, address, allowance }
    }

    /// Asks who wants a socket, by a token of the query string or else by the header, and counts the request.
    pub(super) async fn admit_socket(&self, req: &Request, token: Option<&str>) -> Entry {
        let outcome = match (token, authorization(req.headers())) {
            (Some(token), _) => self.auth.admit(token).await,
            (None, Ok(Some(header))) => self.auth.admit_bearer(header).await,
            (None, Ok(None)) => Err(Error::Unauthenticated("log in: connect with ?token=<access token>".into())),
            (None, Err(error)) => Err(error),
        };
        let address = Subject::Address(self.address_of(req));
        let subject = outcome.as_ref().map_or(address, |visitor| Subject::User(visitor.caller.id));
        let allowance = self.limiter.count(subject).await;
        Entry { outcome: self.check(allowance).and(outcome), allowance }
    }

    /// Counts a request that no route takes.
    pub(super) async fn admit_unmatched(&self, req: &Request) -> (Option<Allowance>, Result<(), Error>) {
        let allowance = self.limiter.count(Subject::Address(self.address_of(req))).await;
        (allowance, self.check(allowance))
    }

    /// Counts against the address a request that turned out to be a 401 after its user had been counted.
    pub(super) async fn count_refusal(&self, admission: &Admission) {
        self.limiter.count(Subject::Address(admission.address)).await;
    }

    fn check(&self, allowance: Option<Allowance>) -> Result<(), Error> {
        let Some(Allowance { exceeded: true, reset_s, .. }) = allowance else { return Ok(()) };
        self.refusals.fetch_add(1, Ordering::Relaxed);
        Err(Error::TooManyRequests { retry_after_s: reset_s })
    }

    async fn authenticate(&self, headers: &HeaderMap) -> Result<Principal, Error> {
        let Some(header) = authorization(headers)? else { return Ok(Principal::Anonymous) };
        Ok(Principal::Account(self.auth.admit_bearer(header).await?.caller))
    }

    fn address_of(&self, req: &Request) -> IpAddr {
        let peer = match req.remote_addr() {
            SocketAddr::IPv4(address) => IpAddr::V4(*address.ip()),
            SocketAddr::IPv6(address) => IpAddr::V6(*address.ip()),
            _ => IpAddr::from([0, 0, 0, 0]),
        };
        if self.trusted_proxies.is_empty() {
            return peer.to_canonical();
        }
        // What is no text is no address, and what stands to the left of it is not believed.
        let lines: Vec<_> =
            req.headers().get_all(FORWARDED_FOR).iter().map(|line| line.to_str().unwrap_or("unreadable")).collect();
        client_address(peer, lines.into_iter(), &self.trusted_proxies)
    }
}

/// Refuses what no API key is good for, or not this one.
fn check_key(principal: &Principal, route: &Route) -> Result<(), Error> {
    let has_key = principal.caller().is_some_and(|caller| caller.key().is_some());
    if has_key && matches!(route.action, Action::Session(_)) {
        return Err(Error::Unauthenticated("an API key is not taken here; log in".into()));
    }
    if principal.reads_only() && route.method != "GET" {
        return Err(Error::Forbidden("this API key is for reading alone".into()));
    }
    Ok(())
}

/// The value of the `Authorization` header, if there is one.
fn authorization(headers: &HeaderMap) -> Result<Option<&str>, Error> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    match (values.next().map(HeaderValue::to_str), values.next()) {
        (None, _) => Ok(None),
        (Some(Ok(value)), None) => Ok(Some(value)),
        _ => Err(Error::Unauthenticated("the Authorization header is malformed".into())),
    }
}

/// Says in the headers what the limit leaves.
pub(super) fn write_allowance(headers: &mut HeaderMap, allowance: Option<Allowance>) {
    let Some(allowance) = allowance else { return };
    let [limit, remaining, reset] = RATE_LIMIT_HEADERS;
    headers.insert(limit, HeaderValue::from(allowance.limit));
    headers.insert(remaining, HeaderValue::from(allowance.remaining));
    headers.insert(reset, HeaderValue::from(allowance.reset_s));
}
