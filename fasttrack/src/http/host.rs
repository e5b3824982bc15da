//! Whom a request is for: one valid `Host` (RFC 9112, section 3.2).

use std::net::Ipv6Addr;

use salvo::http::{Request, Version, header};

use super::grammar;
use crate::error::Error;

/// Checks that there is one host, and that it can be one. HTTP/1.0 knows none; HTTP/2 has it in `:authority`.
///
/// # Errors
/// [`Error::Malformed`], which says what is missing.
pub(super) fn check(req: &Request) -> Result<(), Error> {
    let is_optional = req.version() != Version::HTTP_11;
    let is_sound = match grammar::single(req.headers(), &header::HOST) {
        Some(host) => is_host(host),
        None => is_optional && !req.headers().contains_key(header::HOST),
    };
    if is_sound { Ok(()) } else { Err(Error::Malformed(EXPECTED.into())) }
}

const EXPECTED: &str =
    "a request needs one header Host, with a name or an address and perhaps a port: example.com:8000";

/// Whether this is `uri-host [ ":" port ]` (RFC 9110, section 7.2), of a host that is not empty.
fn is_host(text: &str) -> bool {
    let (host, port) = match text.strip_prefix('[') {
        Some(rest) => match rest.split_once(']') {
            Some((address, port)) if address.parse::<Ipv6Addr>().is_ok() => (address, port),
            _ => return false,
        },
        None => text.split_at(text.find(':').unwrap_or(text.len())),
    };
    let is_port = |port: &str| port.is_empty() || is_number(port) && port.parse::<u16>().is_ok();
    let is_name = text.starts_with('[') || is_registered_name(host);
    !host.is_empty() && is_name && (port.is_empty() || port.strip_prefix(':').is_some_and(is_port))
}

/// RFC 3986, section 3.2.2.
fn is_registered_name(host: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=".contains(&byte);
    let mut parts = host.split('%');
    let is_plain = |part: &str| part.bytes().all(is_part);
    let is_encoded = |part: &str| {
        let hex = part.get(..2).filter(|hex| hex.bytes().all(|digit| digit.is_ascii_hexdigit()));
        hex.is_some() && is_plain(part)
    };
    parts.next().is_none_or(is_plain) && parts.all(is_encoded)
}

fn is_number(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use salvo::http::HeaderValue;

    use super::*;

    #[test]
    fn hosts_are_names_or_addresses_with_a_port() {
        for host in [
            "a",
            "localhost",
            "EXAMPLE.com",
            "example.com.",
            "example.com:",
            "example.com:8000",
            "a_b.example",
            "xn--bcher-kva.example",
            "%C3%A4.example",
            "127.0.0.1:0",
            "[::1]",
            "[2001:db8::1]:65535",
        ] {
            assert!(is_host(host), "{host}");
        }
        for host in [
            "",
            ":80",
            "a b",
            "a, b",
            "a/b",
            "a@b",
            "http://a",
            "a?b",
            "a#b",
            "a:b",
            "a:80:80",
            "a:65536",
            "a:+80",
            "a\\b",
            "<a>",
            "a%",
            "a%zz",
            "a%2",
            "ä",
            "::1",
            "[::1",
            "[::1]80",
            "[]",
            "[a]",
            "[127.0.0.1]",
        ] {
            assert!(!is_host(host), "{host}");
        }
    }

    #[test]
    fn there_is_one_host() {
        for (version, hosts, expected) in [
            (Version::HTTP_11, &["a"][..], true),
            (Version::HTTP_11, &[], false),
            (Version::HTTP_11, &["a", "a"], false),
            (Version::HTTP_11, &["a b"], false),
            (Version::HTTP_10, &[], true),
            (Version::HTTP_10, &["a", "b"], false),
            (Version::HTTP_10, &[""], false),
            (Version::HTTP_2, &[], true),
            (Version::HTTP_2, &["a/"], false),
        ] {
            let mut req = Request::new();
            *req.version_mut() = version;
            for host in hosts {
                req.headers_mut().append(header::HOST, HeaderValue::from_static(host));
            }
            assert_eq!(check(&req).is_ok(), expected, "{version:?} {hosts:?}");
        }
    }
}
