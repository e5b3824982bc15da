//! Which scripts of other pages may call, and what they may send: lists in JSON, each entry as a browser would send it.

use url::{Host, Origin, Url};

/// What stands for all.
const ANY: &str = "*";

/// Reads a list of origins; each is given as browsers send it (RFC 6454, section 6.1), and once.
///
/// # Errors
/// What the list should be, when an entry could never be what a browser sends.
pub(super) fn origins(text: &str) -> Result<Vec<String>, &'static str> {
    list(text, r#"a JSON list of origins, such as ["https://app.example.com"]"#, origin)
}

/// Reads a list of header names; each is given in lower case, and once.
///
/// # Errors
/// What the list should be.
pub(super) fn headers(text: &str) -> Result<Vec<String>, &'static str> {
    const EXPECTED: &str = r#"a JSON list of header names, such as ["authorization","content-type"]"#;
    list(text, EXPECTED, |name| if is_token(name) { Ok(name.to_ascii_lowercase()) } else { Err(EXPECTED) })
}

fn list(
    text: &str,
    expected: &'static str,
    read: impl Fn(&str) -> Result<String, &'static str>,
) -> Result<Vec<String>, &'static str> {
    let entries: Vec<String> = serde_json::from_str(text).map_err(|_| expected)?;
    let mut known = Vec::with_capacity(entries.len());
    for entry in entries {
        let entry = read(&entry)?;
        if !known.contains(&entry) {
            known.push(entry);
        }
    }
    Ok(known)
}

/// An origin as a browser sends it: scheme and host in lower case, without the port that the scheme has anyway.
fn origin(text: &str) -> Result<String, &'static str> {
    if text == ANY {
        return Ok(text.to_owned());
    }
    let url = Url::parse(text).ok().filter(|_| text.contains("://")).ok_or(SHAPE)?;
    if !url.username().is_empty() || url.password().is_some() || url.query().is_some() || url.fragment().is_some() {
        return Err(SHAPE);
    }
    if !["", "/"].contains(&url.path()) {
        return Err(
            r#"a JSON list of origins, which have no path: ["https://app.example.com"], not ["https://app.example.com/app"]"#,
        );
    }
    let host = url.host().ok_or(SHAPE)?;
    if matches!(host, Host::Domain(name) if name.is_empty() || name.contains('*')) {
        return Err(r#"a JSON list of origins, in which a host stands for itself alone; ["*"] lets in all"#);
    }
    if ["ws", "wss", "ftp", "file"].contains(&url.scheme()) {
        return Err("a JSON list of origins of pages, whose scheme is https or http (or an app's own)");
    }
    match url.origin() {
        tuple @ Origin::Tuple(..) => Ok(tuple.ascii_serialization()),
        // The schemes of apps and extensions, of which the standard says nothing more.
        Origin::Opaque(_) => {
            let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
            Ok(format!("{}://{host}{port}", url.scheme()))
        }
    }
}

const SHAPE: &str =
    r#"a JSON list of origins, each a scheme, a host and perhaps a port: ["https://app.example.com:8443"]"#;

/// Whether this is a name as headers have one (RFC 9110, section 5.6.2), or the wildcard.
fn is_token(name: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !name.is_empty() && name.bytes().all(is_part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(entry: &str, expected: Option<&str>) {
        let list = serde_json::to_string(&[entry]).unwrap();
        assert_eq!(origins(&list).ok(), expected.map(|origin| vec![origin.to_owned()]), "{entry}");
    }

    #[test]
    fn origins_are_as_browsers_send_them() {
        for (entry, origin) in [
            ("*", "*"),
            ("https://a.example", "https://a.example"),
            ("https://a.example:8443", "https://a.example:8443"),
            ("HTTPS://A.Example", "https://a.example"),
            ("https://a.example/", "https://a.example"),
            ("https://a.example:443", "https://a.example"),
            ("http://a.example:80/", "http://a.example"),
            ("http://a.example:443", "http://a.example:443"),
            (" https://a.example ", "https://a.example"),
            ("http://[::1]:3000", "http://[::1]:3000"),
            ("http://[0:0::0001]", "http://[::1]"),
            ("https://bücher.example", "https://xn--bcher-kva.example"),
            ("http://localhost:3000", "http://localhost:3000"),
            ("http://127.1:3000", "http://127.0.0.1:3000"),
            ("capacitor://localhost", "capacitor://localhost"),
            ("chrome-extension://abcdef", "chrome-extension://abcdef"),
            ("tauri://localhost:7", "tauri://localhost:7"),
        ] {
            check(entry, Some(origin));
        }
    }

    #[test]
    fn what_no_browser_sends_is_refused() {
        for entry in [
            "",
            "null",
            "a.example",
            "localhost:3000",
            "https:a.example",
            "https://",
            "https://a.example/app",
            "https://a.example?x",
            "https://a.example#x",
            "https://ada@a.example",
            "https://*.example",
            "https://a b.example",
            "https://a.example:99999",
            "wss://a.example",
            "file:///home",
            "capacitor://localhost/x",
        ] {
            check(entry, None);
        }
        for list in ["", "*", "http://a", "{}", "[1]", "[\"http://a\"", "[\"http://a\"]x"] {
            assert!(origins(list).is_err(), "{list}");
        }
    }

    #[test]
    fn every_entry_is_there_once() {
        assert_eq!(origins("[]").unwrap(), Vec::<String>::new());
        let twice = origins(r#"["http://a","HTTP://A:80/","http://b"]"#).unwrap();
        assert_eq!(twice, ["http://a", "http://b"]);
        assert_eq!(headers(r#"["Authorization","x-mine","X-Mine"]"#).unwrap(), ["authorization", "x-mine"]);
        assert_eq!(headers(r#"["*"]"#).unwrap(), ["*"]);
        for list in ["", "x", r#"["a b"]"#, r#"["a:"]"#, r#"[""]"#, r#"["ä"]"#, r#"["a,b"]"#] {
            assert!(headers(list).is_err(), "{list}");
        }
    }
}
