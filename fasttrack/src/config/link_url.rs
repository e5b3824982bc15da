//! Where links in mails lead: an address in which `{token}` stands for the token.

use std::fmt;

use url::Url;

/// `https://app.example/reset?token={token}`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkUrl {
    before: String,
    after: String,
}

/// What stands for the token.
const TOKEN: &str = "{token}";

const EXPECTED: &str = "an address in which {token} stands once, such as https://app.example/reset#{token}";

impl LinkUrl {
    /// Reads an address. Its scheme may be that of an app, as in `tracker://reset/{token}`; one that a browser would run is
    /// none.
    ///
    /// # Errors
    /// What it should be.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let (before, after) = text.split_once(TOKEN).filter(|(_, after)| !after.contains(TOKEN)).ok_or(EXPECTED)?;
        let is_plain = text.bytes().all(|byte| byte.is_ascii_graphic() && !b"<>\"'`\\".contains(&byte));
        let url = Url::parse(&text.replace(TOKEN, "t")).ok().filter(|_| is_plain).ok_or(EXPECTED)?;
        // A token in a name of a host would be asked of name servers.
        let is_host_plain = before.split_once("://").is_some_and(|(_, rest)| rest.contains(['/', '?', '#']));
        if ["javascript", "data", "vbscript", "file", "blob"].contains(&url.scheme()) || !is_host_plain {
            return Err(EXPECTED);
        }
        Ok(Self { before: before.to_owned(), after: after.to_owned() })
    }

    /// The link with this token.
    #[must_use]
    pub fn with(&self, token: &str) -> String {
        format!("{}{token}{}", self.before, self.after)
    }
}

impl fmt::Display for LinkUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.with(TOKEN))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_has_one_place_and_no_link_is_run() {
        for (text, link) in [
            ("https://app.example/reset?token={token}", "https://app.example/reset?token=T"),
            ("http://localhost:3000/#/reset/{token}/x", "http://localhost:3000/#/reset/T/x"),
            ("tracker://reset/{token}", "tracker://reset/T"),
        ] {
            let url = LinkUrl::parse(text).unwrap();
            assert_eq!((url.with("T").as_str(), url.to_string().as_str()), (link, text));
        }
        for text in [
            "https://app.example/reset",
            "https://app.example/{token}/{token}",
            "/reset/{token}",
            "https://{token}.example/",
            "https://app.example/{token}\r\nBcc: eve@example.com",
            "https://app.example/a b/{token}",
            "https://app.example/\"><x/{token}",
            "javascript://x/%0aalert({token})",
            "data://text/html,{token}",
            "{token}",
            "",
        ] {
            assert!(LinkUrl::parse(text).is_err(), "{text:?}");
        }
    }
}
