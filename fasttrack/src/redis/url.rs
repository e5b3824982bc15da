//! The address of a Redis: `redis://USER:PASSWORD@HOST:PORT/DATABASE`, or `rediss://…` for an encrypted connection.

use std::{fmt, str::FromStr};

use redis_rs::{ConnectionAddr, IntoConnectionInfo, RedisConnectionInfo};

/// The address of a Redis. Neither `Display` nor `Debug` shows the password.
#[derive(Clone)]
pub struct RedisUrl {
    host: String,
    port: u16,
    is_encrypted: bool,
    login: RedisConnectionInfo,
}

/// Why an address cannot be used. The text has no part of the password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct RedisUrlError(String);

const PLAIN: &str = "redis://";
const ENCRYPTED: &str = "rediss://";

impl RedisUrl {
    /// Name or address of the server.
    pub(super) fn host(&self) -> &str {
        &self.host
    }

    /// Its port.
    pub(super) const fn port(&self) -> u16 {
        self.port
    }

    /// Whether the connection is encrypted.
    #[must_use]
    pub const fn is_encrypted(&self) -> bool {
        self.is_encrypted
    }

    /// The number of the database on the server.
    #[must_use]
    pub fn database(&self) -> i64 {
        self.login.db()
    }

    /// Who logs in, and to which database.
    pub(super) const fn login(&self) -> &RedisConnectionInfo {
        &self.login
    }
}

impl FromStr for RedisUrl {
    type Err = RedisUrlError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refuse = |why: &str| RedisUrlError(why.to_owned());
        let (rest, is_encrypted) = match (text.strip_prefix(PLAIN), text.strip_prefix(ENCRYPTED)) {
            (Some(rest), _) => (rest, false),
            (None, Some(rest)) => (rest, true),
            (None, None) => return Err(refuse("it begins with redis://, or with rediss:// where it is encrypted")),
        };
        if rest.matches('@').count() > 1 || rest.contains(char::is_whitespace) {
            return Err(refuse(
                "what is special in the user or the password (@ : / ? # % and blanks) is percent-encoded",
            ));
        }
        if rest.contains(['?', '#']) {
            return Err(refuse("nothing follows the number of the database"));
        }
        // The driver is given plain addresses: encryption is the connector's affair.
        let info = format!("{PLAIN}{rest}")
            .into_connection_info()
            .map_err(|_| refuse("the host, the port, or the number of the database is missing or is none"))?;
        let ConnectionAddr::Tcp(host, port) = info.addr() else { return Err(refuse("it names a host")) };
        let login = info.redis_settings().clone().set_skip_set_lib_name();
        if host.is_empty() || *port == 0 || login.db() < 0 {
            return Err(refuse("the host, the port, or the number of the database is missing or is none"));
        }
        Ok(Self { host: host.clone(), port: *port, is_encrypted, login })
    }
}

impl PartialEq for RedisUrl {
    fn eq(&self, other: &Self) -> bool {
        let login = |url: &Self| {
            let login = &url.login;
            (login.username().map(str::to_owned), login.password().map(str::to_owned), login.db())
        };
        (&self.host, self.port, self.is_encrypted, login(self))
            == (&other.host, other.port, other.is_encrypted, login(other))
    }
}

impl Eq for RedisUrl {}

impl fmt::Display for RedisUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(if self.is_encrypted { ENCRYPTED } else { PLAIN })?;
        if let Some(user) = self.login.username() {
            write!(formatter, "{}@", user.escape_default())?;
        }
        match &*self.host {
            v6 if v6.contains(':') => write!(formatter, "[{v6}]")?,
            host => formatter.write_str(host)?,
        }
        write!(formatter, ":{}/{}", self.port, self.login.db())
    }
}

impl fmt::Debug for RedisUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "RedisUrl({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_shown_without_the_password() {
        for (text, shown) in [
            ("redis://h", "redis://h:6379/0"),
            ("redis://h:1/", "redis://h:1/0"),
            ("redis://:secret@h:1/2", "redis://h:1/2"),
            ("redis://ada:secret%40%2F@h/15", "redis://ada@h:6379/15"),
            ("rediss://ada:secret@redis.example.com", "rediss://ada@redis.example.com:6379/0"),
            ("redis://[::1]:7", "redis://[::1]:7/0"),
        ] {
            let url: RedisUrl = text.parse().unwrap();
            assert_eq!(url.to_string(), shown, "{text}");
            assert_eq!(url.is_encrypted(), text.starts_with("rediss"), "{text}");
            assert!(!format!("{url:?}").contains("secret"), "{text}");
        }
        let url: RedisUrl = "redis://ada:secret%40%2F@h/15".parse().unwrap();
        assert_eq!((url.login().password(), url.database()), (Some("secret@/"), 15));
    }

    #[test]
    fn what_cannot_be_meant_is_refused_with_what_to_do() {
        for (text, why) in [
            ("", "it begins with redis://"),
            ("h:6379", "it begins with redis://"),
            ("unix:///run/redis.sock", "it begins with redis://"),
            ("redis://", "the host"),
            ("redis://:secret@", "the host"),
            ("redis://h:port", "the port"),
            ("redis://h:99999", "the port"),
            ("redis://h:0", "the port"),
            ("redis://h/first", "the number of the database"),
            ("redis://h/-1", "the number of the database"),
            ("redis://0.0.0.0", "the host"),
            ("redis://h/0?protocol=resp3", "nothing follows"),
            ("rediss://h/0#insecure", "nothing follows"),
            ("redis://a:secr@et@h", "percent-encoded"),
            ("redis://a:secr et@h", "percent-encoded"),
        ] {
            let met = text.parse::<RedisUrl>().map(|url| url.to_string()).unwrap_err().to_string();
            assert!(met.contains(why) && !met.contains("secr"), "{text}: {met}");
        }
    }
}
