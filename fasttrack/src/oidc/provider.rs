//! Which providers there are: a list in JSON, as `OIDC_PROVIDERS` has it.

use std::fmt;

use serde::Deserialize;
use url::{Host, Url};

/// A provider of `OpenID` Connect, and what this application is there.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provider {
    /// What it is called in paths: `/auth/oidc/{name}`.
    pub name: String,
    /// Its address, as its tokens say it: `/.well-known/openid-configuration` below it describes it.
    pub issuer: String,
    /// What the application is called there.
    pub client_id: String,
    /// What it shows that it is that.
    pub client_secret: String,
}

impl fmt::Debug for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, issuer, client_id, .. } = self;
        f.debug_struct("Provider").field("name", name).field("issuer", issuer).field("client_id", client_id).finish()
    }
}

const SHAPE: &str = r#"a JSON list of providers, such as [{"name":"example","issuer":"https://accounts.example.com","client_id":"…","client_secret":"…"}]"#;

/// Most providers.
const MOST: usize = 50;

impl Provider {
    /// Reads a list of them.
    ///
    /// # Errors
    /// What it should be.
    pub fn parse_list(text: &str) -> Result<Vec<Self>, &'static str> {
        if text.is_empty() {
            return Ok(Vec::new());
        }
        let providers: Vec<Self> = serde_json::from_str(text).map_err(|_| SHAPE)?;
        check(&providers).map(|()| providers)
    }
}

fn check(providers: &[Provider]) -> Result<(), &'static str> {
    if providers.len() > MOST {
        return Err("a list of at most 50 providers");
    }
    for (place, provider) in providers.iter().enumerate() {
        if !is_name(&provider.name) {
            return Err("a JSON list of providers whose names are made of a-z, 0-9 and `-`, at most 40 of them");
        }
        if providers.iter().take(place).any(|other| other.name == provider.name) {
            return Err("a JSON list of providers of which no two have one name");
        }
        if !is_issuer(&provider.issuer) {
            return Err("a JSON list of providers whose issuers are https addresses without `?` and `#`");
        }
        if provider.client_id.is_empty() || provider.client_secret.is_empty() {
            return Err("a JSON list of providers, each with a client_id and a client_secret");
        }
    }
    Ok(())
}

fn is_name(name: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=40).contains(&name.len()) && name.bytes().all(is_part)
}

/// What tokens say has to come from the provider itself: nobody else can be it over TLS, or on this machine.
fn is_issuer(issuer: &str) -> bool {
    let Ok(url) = Url::parse(issuer) else { return false };
    let is_here = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => return false,
    };
    let is_plain = url.username().is_empty() && url.password().is_none() && url.query().is_none();
    (url.scheme() == "https" || url.scheme() == "http" && is_here) && is_plain && url.fragment().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(issuer: &str, name: &str) -> String {
        format!(r#"[{{"name":"{name}","issuer":"{issuer}","client_id":"c","client_secret":"s"}}]"#)
    }

    #[test]
    fn a_provider_is_told_over_tls_or_is_here() {
        for issuer in
            ["https://accounts.example.com", "https://x.example/realms/a/", "http://127.0.0.1:9000", "http://[::1]:1"]
        {
            let read = Provider::parse_list(&list(issuer, "a-1")).unwrap();
            assert_eq!((read[0].issuer.as_str(), read[0].name.as_str()), (issuer, "a-1"));
        }
        for issuer in [
            "http://accounts.example.com",
            "https://x.example/?a",
            "https://x.example/#a",
            "https://u:p@x.example",
            "ftp://localhost",
            "x.example",
            "",
        ] {
            assert!(Provider::parse_list(&list(issuer, "a")).is_err(), "{issuer}");
        }
    }

    #[test]
    fn names_are_plain_and_there_once() {
        for name in ["", "A", "a b", "a/b", "..", &"a".repeat(41)] {
            assert!(Provider::parse_list(&list("https://x.example", name)).is_err(), "{name}");
        }
        let one = list("https://x.example", "a");
        let twice = format!("[{0},{0}]", &one[1..one.len() - 1]);
        assert!(Provider::parse_list(&twice).is_err());
        for text in ["{}", "[1]", r#"[{"name":"a"}]"#, &one.replace("\"s\"", "\"\""), &one.replace("name", "nome")] {
            assert!(Provider::parse_list(text).is_err(), "{text}");
        }
        assert_eq!(Provider::parse_list(""), Ok(Vec::new()));
        assert!(!format!("{:?}", Provider::parse_list(&one)).contains("client_secret"));
    }
}
