//! Which origins' scripts may call (Fetch standard, CORS protocol).

use std::time::Duration;

use salvo::{
    Depot,
    cors::{AllowHeaders, AllowMethods, Any, Cors, CorsHandler, ExposeHeaders},
    http::{HeaderName, HeaderValue, Method, Request, header},
};

use super::host;

/// The methods that routes have.
const METHODS: [Method; 6] = [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH, Method::DELETE];

/// How long a browser may keep the answer to a preflight.
const MAX_AGE: Duration = Duration::from_mins(10);

/// The hoop for these origins, `*` among them for all, whose scripts may send these headers, `*` for whichever they ask
/// for. It has to stand before all others, so that every answer carries its headers.
///
/// Credentials (cookies) play no part in this API and are allowed for listed origins only, since clients exist that
/// always send them; never together with the wildcard.
pub(super) fn hoop(origins: &[String], headers: &[String]) -> CorsHandler {
    let allowed = headers.iter().filter_map(|name| name.parse::<HeaderName>().ok());
    // The wildcard itself would leave `Authorization` out.
    let is_any = headers.iter().any(|name| name == "*");
    let allowed = if is_any { AllowHeaders::mirror_request() } else { AllowHeaders::list(allowed) };
    let cors = Cors::new()
        .allow_methods(AllowMethods::list(METHODS))
        .allow_headers(allowed)
        .expose_headers(ExposeHeaders::list(exposed()))
        .max_age(MAX_AGE)
        .vary([header::ORIGIN]);
    if origins.iter().any(|origin| origin == "*") {
        return cors.allow_origin(Any).into_handler();
    }
    let origins: Vec<_> = origins.iter().filter_map(|origin| HeaderValue::from_str(origin).ok()).collect();
    cors.allow_origin(origins).allow_credentials(true).into_handler()
}

/// Whether the hoop has anything to say: to requests that scripts send. [`Edge`](super::edge::Edge) says `Vary` to all,
/// and refuses who names no host; the hoop would make a success of a preflight again.
pub(super) fn concerns(req: &Request, _: &Depot) -> bool {
    req.headers().contains_key(header::ORIGIN) && host::check(req).is_ok()
}

fn exposed() -> Vec<HeaderName> {
    let [limit, remaining, reset] = super::gate::RATE_LIMIT_HEADERS;
    let known = [header::ETAG, header::LOCATION, header::RETRY_AFTER, header::ALLOW, header::WWW_AUTHENTICATE];
    let of_files = [header::ACCEPT_RANGES, header::CONTENT_DISPOSITION, header::CONTENT_RANGE];
    let own = [super::request_id::HEADER, super::idempotency::REPLAYED, limit, remaining, reset];
    own.into_iter().chain(known).chain(of_files).collect()
}
