//! Where clients find the server, which a proxy may have elsewhere than it listens.

use std::fmt;

use url::{Host, Url};

/// `https://x.example/tracker`: an origin and perhaps a path, without a slash at its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicUrl {
    text: String,
    /// Bytes of the origin.
    origin: usize,
}

impl PublicUrl {
    /// Reads an address.
    ///
    /// # Errors
    /// What it should be.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let url = Url::parse(text).ok().filter(|_| text.contains("://")).ok_or(EXPECTED)?;
        if !["http", "https"].contains(&url.scheme()) || url.host().is_none_or(|host| is_wildcard(&host)) {
            return Err(EXPECTED);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err("an address without a name and a password, such as https://x.example/tracker");
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err("an address without `?` and `#`, such as https://x.example/tracker");
        }
        let path = url.path().trim_end_matches('/');
        if !path.split('/').skip(1).all(is_plain_segment) {
            return Err(
                "an address whose path is made of letters, digits and `-._~`, such as https://x.example/tracker",
            );
        }
        let origin = url.origin().ascii_serialization();
        Ok(Self { text: format!("{origin}{path}"), origin: origin.len() })
    }

    /// The address itself.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The address of a path of this server, which starts with a slash.
    #[must_use]
    pub fn link(&self, path: &str) -> String {
        format!("{}{path}", self.text)
    }

    /// Scheme, host and port, as a browser sends them (RFC 6454).
    #[must_use]
    pub fn origin(&self) -> &str {
        self.text.get(..self.origin).unwrap_or_default()
    }

    /// The path below which clients see this server; empty at the root of its host.
    #[must_use]
    pub fn path(&self) -> &str {
        self.text.get(self.origin..).unwrap_or_default()
    }
}

impl fmt::Display for PublicUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

const EXPECTED: &str = "the address that clients see, such as https://x.example/tracker";

/// Whether nobody can call there, although one can listen on it.
fn is_wildcard(host: &Host<&str>) -> bool {
    match host {
        Host::Ipv4(address) => address.is_unspecified(),
        Host::Ipv6(address) => address.is_unspecified(),
        Host::Domain(name) => name.contains('*'),
    }
}

/// What a path is made of that needs no encoding, so that there is one way to write it (RFC 3986, section 2.3).
fn is_plain_segment(segment: &str) -> bool {
    !segment.is_empty() && segment.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_an_origin_and_a_path() {
        #[track_caller]
        fn check(text: &str, origin: &str, path: &str) {
            let url = PublicUrl::parse(text).unwrap();
            assert_eq!((url.origin(), url.path()), (origin, path), "{text}");
            assert_eq!(url.link("/docs"), format!("{origin}{path}/docs"));
            assert_eq!(url.to_string(), url.as_str());
        }
        check("https://x.example/tracker", "https://x.example", "/tracker");
        check("https://x.example/tracker/", "https://x.example", "/tracker");
        check("https://x.example", "https://x.example", "");
        check("https://x.example/", "https://x.example", "");
        check("HTTPS://X.Example:443/Team-A/v1.0", "https://x.example", "/Team-A/v1.0");
        check("http://localhost:8000", "http://localhost:8000", "");
        check("http://[2001:DB8::1]:80/a", "http://[2001:db8::1]", "/a");
        check("https://bücher.example", "https://xn--bcher-kva.example", "");
        check("https://x.example/a/../b", "https://x.example", "/b");
    }

    #[test]
    fn what_nobody_could_call_is_refused() {
        for text in [
            "",
            "/tracker",
            "x.example",
            "https:",
            "https://",
            "https:x.example",
            "ftp://x.example",
            "file:///x",
            "https://ada@x.example",
            "https://:secret@x.example",
            "https://x.example?a=b",
            "https://x.example/?",
            "https://x.example/#",
            "https://x.example/a//b",
            "https://x.example/a b",
            "https://x.example/{id}",
            "https://x.example/caf%C3%A9",
            "https://*.example",
            "https://x.example:99999",
            "http://0.0.0.0:8000",
            "http://[::]:8000",
        ] {
            assert!(PublicUrl::parse(text).is_err(), "{text}");
        }
    }
}
