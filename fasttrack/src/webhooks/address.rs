//! Where a receiver may be, as far as that is seen from its address; where a name leads is seen when it is called.

use url::{Host, Url};

use crate::outgoing::is_public;

/// Longest address, in bytes.
pub const MAX_URL_BYTES: usize = 2_048;

/// What is wrong with an address: a code for programs and a sentence for people.
pub(super) type Wrong = (&'static str, &'static str);

/// Reads the address of a receiver.
///
/// # Errors
/// What is wrong with it.
pub(super) fn parse(text: &str, allows_private: bool) -> Result<Url, Wrong> {
    if text.len() > MAX_URL_BYTES {
        return Err(("too_long", "at most 2048 bytes"));
    }
    // The parser would take these out, and what is shown would be another address than the one that is called.
    if text.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return Err(("invalid", "must be an address without blanks, such as https://example.com/hooks"));
    }
    let url = Url::parse(text).map_err(|_| ("invalid", "must be an address, such as https://example.com/hooks"))?;
    match url.scheme() {
        "https" => {}
        "http" if allows_private => {}
        _ => return Err(("scheme", "must begin with https://")),
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(("credentials", "must hold no user and no password; the signature says who sends"));
    }
    if url.fragment().is_some() {
        return Err(("fragment", "must hold no `#`: what stands behind it is not sent"));
    }
    let is_private = match url.host() {
        Some(Host::Ipv4(address)) => !is_public(address.into()),
        Some(Host::Ipv6(address)) => !is_public(address.into()),
        Some(Host::Domain(name)) => is_local(name),
        None => return Err(("invalid", "must name a host")),
    };
    if is_private && !allows_private {
        return Err(("not_public", "must lead to a public address"));
    }
    Ok(url)
}

/// Whether a name is the machine itself wherever it is looked up (RFC 6761).
fn is_local(name: &str) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name);
    name == "localhost" || name.ends_with(".localhost")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Option<&str>) {
        assert_eq!(parse(text, false).err().map(|(code, _)| code), expected, "{text}");
    }

    #[test]
    fn addresses_are_https_and_lead_out() {
        for text in
            ["https://example.com", "https://example.com:8443/a?b=c", "HTTPS://EXAMPLE.com/", "https://1.1.1.1/x"]
        {
            check(text, None);
        }
        check("https://bücher.example/haken", None);
        for text in
            ["", "example.com", "https://", "https:// a.example", "https://a.example/\u{7}", "https://a b/", "//a"]
        {
            check(text, Some("invalid"));
        }
        for text in ["http://example.com", "ftp://example.com", "file:///etc/passwd", "data:,x", "javascript:1"] {
            check(text, Some("scheme"));
        }
        for text in ["https://me@example.com", "https://me:secret@example.com", "https://:secret@example.com"] {
            check(text, Some("credentials"));
        }
        check("https://example.com/#x", Some("fragment"));
        for host in ["127.0.0.1", "0x7f.1", "2130706433", "[::1]", "[::ffff:10.0.0.1]", "10.1.2.3", "169.254.169.254"] {
            check(&format!("https://{host}/"), Some("not_public"));
        }
        for host in ["localhost", "LOCALHOST", "localhost.", "a.localhost", "0", "100.64.0.1", "[fd00::1]", "224.0.0.1"]
        {
            check(&format!("https://{host}/"), Some("not_public"));
        }
        let longest = format!("https://example.com/{}", "a".repeat(MAX_URL_BYTES - 20));
        check(&longest, None);
        check(&format!("{longest}a"), Some("too_long"));
        for text in ["http://localhost:1/", "http://127.0.0.1:1/", "https://10.0.0.1/"] {
            assert!(parse(text, true).is_ok(), "{text}");
        }
        assert!(parse("ftp://127.0.0.1/", true).is_err() && parse("http://a:b@127.0.0.1/", true).is_err());
    }
}
