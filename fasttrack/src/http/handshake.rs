//! The opening handshake of a WebSocket (RFC 6455, section 4.2), as far as it is decided before the connection changes.

use base64::{Engine, prelude::BASE64_STANDARD};
use salvo::http::{HeaderMap, HeaderValue, Method, Request, Version, header};
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use super::paging;
use crate::{
    error::{Error, Fault},
    wire::Params,
};

/// What the query string of a socket says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wish {
    /// The access token.
    pub(super) token: Option<String>,
    /// The number after which messages are wanted; an error when it is none.
    pub(super) since: Result<Option<i64>, NoNumber>,
}

/// `since` is no number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NoNumber;

impl Wish {
    /// Reads the query string, with what is wrong with it. An empty token is one that is not good, and no fault.
    pub(super) fn parse(query: Option<&str>) -> (Self, Vec<Fault>) {
        let params = Params::parse(query);
        let mut wish = Self { token: None, since: Ok(None) };
        let mut faults = Vec::new();
        for fault in params.faults {
            match (fault.field.as_str(), fault.code) {
                ("token", "empty") => wish.token = Some(String::new()),
                ("since", "empty") => wish.since = Err(NoNumber),
                _ => faults.push(fault),
            }
        }
        for param in params.items {
            match (param.name.as_str(), &param.operator) {
                ("token", None) => wish.token = Some(param.value),
                ("since", None) => wish.since = number(&param.value).map(Some),
                _ => faults.push(Fault::new(
                    paging::label(&param),
                    "unknown",
                    "there is no such parameter; there are token and since",
                )),
            }
        }
        (wish, faults)
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
    let key = headers.get(header::SEC_WEBSOCKET_KEY).map(HeaderValue::as_bytes).unwrap_or_default();
    let is_handshake = *req.method() == Method::GET
        && req.version() == Version::HTTP_11
        && lists(headers, &header::CONNECTION, "upgrade")
        && lists(headers, &header::UPGRADE, "websocket")
        && headers.get(header::SEC_WEBSOCKET_VERSION).is_some_and(|version| version == "13")
        && BASE64_STANDARD.decode(key).is_ok_and(|nonce| nonce.len() == 16);
    let accept = is_handshake.then(|| HeaderValue::try_from(derive_accept_key(key)).ok()).flatten();
    accept.ok_or(Error::UpgradeRequired)
}

/// Whether a page of this origin may connect. A client that is no browser sends none; a page on the very host of the
/// server needs no entry.
///
/// # Errors
/// [`Error::Forbidden`] when it may not.
pub(super) fn check_origin(headers: &HeaderMap, allowed: &[String]) -> Result<(), Error> {
    let mut origins = headers.get_all(header::ORIGIN).iter();
    let (Some(origin), next) = (origins.next(), origins.next()) else { return Ok(()) };
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let is_allowed = next.is_none()
        && origin.to_str().is_ok_and(|origin| {
            let authority = origin.split_once("://").map(|(_, authority)| authority);
            let is_own = authority.zip(host).is_some_and(|(one, other)| one.eq_ignore_ascii_case(other));
            is_own || allowed.iter().any(|allowed| allowed == "*" || allowed.eq_ignore_ascii_case(origin))
        });
    let refusal = || Error::Forbidden("pages of this origin may not connect; CORS_ORIGINS lists those that may".into());
    if is_allowed { Ok(()) } else { Err(refusal()) }
}

/// Whether a header lists a word, in any case.
fn lists(headers: &HeaderMap, name: &header::HeaderName, word: &str) -> bool {
    let lines = headers.get_all(name).iter().filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(',')).any(|item| item.trim().eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(query: &str, token: Option<&str>, since: Result<Option<i64>, NoNumber>, fields: &[&str]) {
        let (wish, faults) = Wish::parse(Some(query));
        assert_eq!(wish, Wish { token: token.map(str::to_owned), since }, "{query}");
        assert_eq!(faults.iter().map(|fault| fault.field.as_str()).collect::<Vec<_>>(), fields, "{query}");
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
        for (origin, expected) in [
            (None, true),
            (Some("http://a.example"), true),
            (Some("https://a.example"), false),
            (Some("http://a.example:81"), false),
            (Some("http://a.example.evil"), false),
            (Some("http://HOST:8000"), true),
            (Some("http://host"), false),
            (Some("null"), false),
            (Some(""), false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, HeaderValue::from_static("host:8000"));
            headers.extend(origin.map(|origin| (header::ORIGIN, HeaderValue::from_static(origin))));
            assert_eq!(check_origin(&headers, &allowed).is_ok(), expected, "{origin:?}");
            assert_eq!(check_origin(&headers, &["*".to_owned()]).is_ok(), origin.is_none_or(|_| true), "{origin:?}");
        }
    }
}
