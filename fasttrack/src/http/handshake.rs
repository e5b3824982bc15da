//! The opening handshake of a WebSocket (RFC 6455, section 4.2), as far as it is decided before the connection changes.

use base64::{Engine, prelude::BASE64_STANDARD};
use salvo::http::{HeaderMap, HeaderValue, Method, Request, Version, header};
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use super::{grammar, paging};
use crate::{
    config::PublicUrl,
    error::{Error, Fault},
    wire::Params,
};

/// What the query string of a socket says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SocketQuery {
    /// The access token.
    pub(super) token: Option<String>,
    /// The number after which messages are wanted; an error when it is none.
    pub(super) since: Result<Option<i64>, NoNumber>,
}

/// `since` is no number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NoNumber;

impl SocketQuery {
    /// Reads the query string, with what is wrong with it. An empty token is one that is not good, and no fault.
    pub(super) fn parse(query: Option<&str>) -> (Self, Vec<Fault>) {
        let params = Params::parse(query);
        let mut query = Self { token: None, since: Ok(None) };
        let mut faults = Vec::new();
        for fault in params.faults {
            match (fault.field.as_str(), fault.code) {
                ("token", "empty") => query.token = Some(String::new()),
                ("since", "empty") => query.since = Err(NoNumber),
                _ => faults.push(fault),
            }
        }
        for param in params.items {
            match (param.name.as_str(), &param.operator) {
                ("token", None) => query.token = Some(param.value),
                ("since", None) => query.since = number(&param.value).map(Some),
                _ => faults.push(Fault::new(
                    paging::label(&param),
                    "unknown",
                    "there is no such parameter; there are token and since",
                )),
            }
        }
        (query, faults)
    }
}

/// Digits; more of them than a number has room for are ahead of every number.
fn number(text: &str) -> Result<i64, NoNumber> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_number { Ok(text.parse().unwrap_or(i64::MAX)) } else { Err(NoNumber) }
}

/// What proves to the client that its handshake was understood.
///
/// # Errors
/// [`Error::UpgradeRequired`] when the request is no handshake.
pub(super) fn accept(req: &Request) -> Result<HeaderValue, Error> {
    let headers = req.headers();
    let key = grammar::single(headers, &header::SEC_WEBSOCKET_KEY).unwrap_or_default().as_bytes();
    let is_handshake = *req.method() == Method::GET
        && req.version() == Version::HTTP_11
        && grammar::lists(headers, &header::CONNECTION, "upgrade")
        && grammar::lists(headers, &header::UPGRADE, "websocket")
        && grammar::single(headers, &header::SEC_WEBSOCKET_VERSION) == Some("13")
        && BASE64_STANDARD.decode(key).is_ok_and(|nonce| nonce.len() == 16);
    let accept = is_handshake.then(|| HeaderValue::try_from(derive_accept_key(key)).ok()).flatten();
    accept.ok_or(Error::UpgradeRequired)
}

/// Whether a page of this origin may connect. A client that is no browser sends none; a page on the very host of the
/// server, as the request or its clients name it, needs no entry.
///
/// # Errors
/// [`Error::Forbidden`] when it may not.
pub(super) fn check_origin(headers: &HeaderMap, allowed: &[String], public: Option<&PublicUrl>) -> Result<(), Error> {
    if !headers.contains_key(header::ORIGIN) {
        return Ok(());
    }
    let host = grammar::single(headers, &header::HOST);
    let is_allowed = grammar::single(headers, &header::ORIGIN).is_some_and(|origin| {
        let is = |other: &str| other.eq_ignore_ascii_case(origin);
        let is_own = host.is_some_and(|host| is_origin_of(origin, host)) || public.is_some_and(|url| is(url.origin()));
        is_own || allowed.iter().any(|allowed| allowed == "*" || is(allowed))
    });
    let refusal = || Error::Forbidden("pages of this origin may not connect; CORS_ORIGINS lists those that may".into());
    if is_allowed { Ok(()) } else { Err(refusal()) }
}

/// Whether an origin is that of a host, by either scheme: behind a proxy, the request has another than the page. A default
/// port may be left out on both sides.
fn is_origin_of(origin: &str, host: &str) -> bool {
    let Some((scheme, authority)) = origin.split_once("://") else { return false };
    let default = if scheme.eq_ignore_ascii_case("https") { ":443" } else { ":80" };
    let bare = |authority: &str| authority.strip_suffix(default).unwrap_or(authority).to_ascii_lowercase();
    !authority.is_empty() && bare(authority) == bare(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, token: Option<&str>, since: Result<Option<i64>, NoNumber>, fields: &[&str]) {
        let (query, faults) = SocketQuery::parse(Some(text));
        assert_eq!(query, SocketQuery { token: token.map(str::to_owned), since }, "{text}");
        assert_eq!(faults.iter().map(|fault| fault.field.as_str()).collect::<Vec<_>>(), fields, "{text}");
    }

    #[test]
    fn the_query_is_read_strictly_but_for_what_a_socket_is_told() {
        check("", None, Ok(None), &[]);
        check("token=a.b.c&since=7", Some("a.b.c"), Ok(Some(7)), &[]);
        check("token=&since=", Some(""), Err(NoNumber), &[]);
        check("token=a&since=0", Some("a"), Ok(Some(0)), &[]);
        check("since=99999999999999999999", None, Ok(Some(i64::MAX)), &[]);
        for text in ["abc", "-1", "1.5", "%2B1", "+1", "0x1", "1e3", "١"] {
            check(&format!("since={text}"), None, Err(NoNumber), &[]);
        }
        check("token=a&x=1&since[gt]=1&token=b&y=", Some("a"), Ok(None), &["token", "y", "x", "since[gt]"]);
        check("token=%zz", None, Ok(None), &["token"]);
    }

    #[test]
    fn an_origin_is_listed_or_the_servers_own() {
        let allowed = ["http://a.example".to_owned()];
        let public = PublicUrl::parse("https://public.example/tracker").unwrap();
        for (origin, host, expected) in [
            (None, "host:8000", true),
            (Some("http://a.example"), "host:8000", true),
            (Some("https://a.example"), "host:8000", false),
            (Some("http://a.example:81"), "host:8000", false),
            (Some("http://a.example.evil"), "host:8000", false),
            (Some("http://HOST:8000"), "host:8000", true),
            (Some("http://host"), "host:8000", false),
            (Some("http://host"), "host:80", true),
            (Some("https://host"), "HOST:443", true),
            (Some("https://host"), "host:80", false),
            (Some("https://public.example"), "10.0.0.7:8000", true),
            (Some("http://public.example"), "10.0.0.7:8000", false),
            (Some("null"), "host:8000", false),
            (Some(""), "host:8000", false),
            (Some("://"), "host:8000", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, HeaderValue::from_static(host));
            headers.extend(origin.map(|origin| (header::ORIGIN, HeaderValue::from_static(origin))));
            assert_eq!(check_origin(&headers, &allowed, Some(&public)).is_ok(), expected, "{origin:?} {host}");
            assert!(check_origin(&headers, &["*".to_owned()], None).is_ok(), "{origin:?}");
        }
        let mut twice = HeaderMap::new();
        twice.append(header::ORIGIN, HeaderValue::from_static("http://a.example"));
        twice.append(header::ORIGIN, HeaderValue::from_static("http://a.example"));
        assert!(check_origin(&twice, &allowed, None).is_err());
    }

    #[test]
    fn a_handshake_is_read_by_the_grammar_of_its_headers() {
        const KEY: (&str, &str) = ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==");
        const VERSION: (&str, &str) = ("sec-websocket-version", "13");
        #[track_caller]
        fn check(lines: &[(&'static str, &'static str)], expected: bool) {
            let mut req = Request::new();
            *req.version_mut() = Version::HTTP_11;
            for (name, value) in lines {
                req.headers_mut().append(*name, HeaderValue::from_static(value));
            }
            assert_eq!(accept(&req).ok(), expected.then(|| HeaderValue::from_static("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")));
        }
        let (upgrade, connection) = (("upgrade", "websocket"), ("connection", "Upgrade"));
        check(&[upgrade, connection, KEY, VERSION], true);
        check(&[("upgrade", "h2c, WebSocket"), ("connection", "keep-alive ,\tUPGRADE"), KEY, VERSION], true);
        check(&[("upgrade", "h2c"), upgrade, ("connection", "keep-alive"), connection, KEY, VERSION], true);
        check(&[("upgrade", "websockets"), connection, KEY, VERSION], false);
        check(&[upgrade, ("connection", "keep-alive"), KEY, VERSION], false);
        check(&[upgrade, connection, KEY, ("sec-websocket-version", "8")], false);
        check(&[upgrade, connection, KEY, VERSION, VERSION], false);
        check(&[upgrade, connection, KEY, KEY, VERSION], false);
        check(&[upgrade, connection, ("sec-websocket-key", "c2hvcnQ="), VERSION], false);
        check(&[upgrade, connection, VERSION], false);
    }
}
