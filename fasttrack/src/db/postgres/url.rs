//! The address of a server of `PostgreSQL`, as libpq writes it:
//! `postgres://USER:PASSWORD@HOST1:PORT,HOST2:PORT/DATABASE?sslmode=verify-full&…`.
//!
//! The driver reads it; what the driver does not know of the ways to check a certificate is read here.

use std::{error::Error as _, fmt, path::PathBuf, str::FromStr};

use tokio_postgres::{
    Config,
    config::{Host, SslMode, TargetSessionAttrs},
};
use url::form_urlencoded;

/// The address of a database on a server. Neither `Display` nor `Debug` shows the password.
#[derive(Clone, PartialEq, Eq)]
pub struct PostgresUrl {
    config: Box<Config>,
    tls: TlsMode,
    root_certificates: Option<PathBuf>,
}

/// How the connection is encrypted, and whom it trusts: `sslmode` of libpq.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TlsMode {
    /// Not at all.
    Disable,
    /// If the server can; whoever it is.
    Prefer,
    /// Always; whoever it is.
    Require,
    /// Always, with a certificate of an authority that is trusted.
    VerifyCa,
    /// Always, with a certificate of an authority that is trusted, for the name of the host.
    VerifyFull,
}

/// Why an address cannot be used. The text has no part of the password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct PostgresUrlError(String);

const SCHEMES: [&str; 2] = ["postgres://", "postgresql://"];

impl PostgresUrl {
    /// Whether a text begins as such an address does.
    #[must_use]
    pub fn is_one(text: &str) -> bool {
        SCHEMES.iter().any(|scheme| text.starts_with(scheme))
    }

    /// The same server, another database: for one that is made and thrown away.
    #[must_use]
    pub fn with_database(mut self, name: &str) -> Self {
        self.config.dbname(name);
        self
    }

    /// The name of the database.
    #[must_use]
    pub fn database(&self) -> &str {
        self.config.get_dbname().unwrap_or_default()
    }

    /// How it is connected to.
    #[must_use]
    pub const fn config(&self) -> &Config {
        &self.config
    }

    /// How the connection is encrypted.
    #[must_use]
    pub const fn tls(&self) -> TlsMode {
        self.tls
    }

    /// A file of certificates in PEM that are trusted instead of those of the system.
    #[must_use]
    pub fn root_certificates(&self) -> Option<&PathBuf> {
        self.root_certificates.as_ref()
    }
}

impl FromStr for PostgresUrl {
    type Err = PostgresUrlError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refuse = |why: &str| PostgresUrlError(why.to_owned());
        if !Self::is_one(text) {
            return Err(refuse("an address such as postgres://USER:PASSWORD@HOST:PORT/DATABASE"));
        }
        let (address, query) = text.split_once('?').unwrap_or((text, ""));
        if address.matches('@').count() > 1 || address.contains(char::is_whitespace) {
            return Err(refuse(
                "what is special in the user or the password (@ : / ? # % and blanks) is percent-encoded",
            ));
        }
        let (tls, others) = take_tls(query)?;
        let mut config: Config = format!("{address}?{others}").parse().map_err(|error: tokio_postgres::Error| {
            let why = error.source().map_or_else(|| error.to_string(), ToString::to_string);
            PostgresUrlError(why)
        })?;
        if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
            return Err(refuse("the host is missing: postgres://USER:PASSWORD@HOST:PORT/DATABASE"));
        }
        if config.get_dbname().is_none() {
            return Err(refuse("the name of the database is missing: postgres://USER:PASSWORD@HOST:PORT/DATABASE"));
        }
        // One that only reads is of no use: whoever names several means the one that is written to.
        let is_said = || others.split('&').any(|pair| pair.starts_with("target_session_attrs="));
        if config.get_hosts().len().max(config.get_hostaddrs().len()) > 1 && !is_said() {
            config.target_session_attrs(TargetSessionAttrs::ReadWrite);
        }
        if config.get_target_session_attrs() == TargetSessionAttrs::ReadOnly {
            return Err(refuse(
                "target_session_attrs is read-write or any: a server that may only be read is of no use",
            ));
        }
        let root_certificates = tls.root_certificates;
        // As libpq has it: whoever names the authority means it.
        let tls = match tls.mode.unwrap_or(TlsMode::Prefer) {
            TlsMode::Require if root_certificates.is_some() => TlsMode::VerifyCa,
            mode => mode,
        };
        config.ssl_mode(match tls {
            TlsMode::Disable => SslMode::Disable,
            TlsMode::Prefer => SslMode::Prefer,
            TlsMode::Require | TlsMode::VerifyCa | TlsMode::VerifyFull => SslMode::Require,
        });
        Ok(Self { config: Box::new(config), tls, root_certificates })
    }
}

/// What an address says of encryption.
#[derive(Default)]
struct Tls {
    mode: Option<TlsMode>,
    root_certificates: Option<PathBuf>,
}

/// Takes what concerns encryption out of a query, and answers the rest as it was written.
fn take_tls(query: &str) -> Result<(Tls, String), PostgresUrlError> {
    let mut tls = Tls::default();
    let mut others = Vec::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        // A plus sign is itself here, unlike in a form.
        let pair_bytes = pair.replace('+', "%2B");
        let Some((key, value)) = form_urlencoded::parse(pair_bytes.as_bytes()).next() else { continue };
        match &*key {
            "sslmode" => tls.mode = Some(mode(&value)?),
            // As libpq calls the same, but for one that was told to take nothing.
            "target_session_attrs" if value == "primary" => others.push("target_session_attrs=read-write"),
            "sslrootcert" if value == "system" => tls.root_certificates = None,
            "sslrootcert" => tls.root_certificates = Some(PathBuf::from(&*value)),
            _ => others.push(pair),
        }
    }
    Ok((tls, others.join("&")))
}

fn mode(value: &str) -> Result<TlsMode, PostgresUrlError> {
    match value {
        "disable" => Ok(TlsMode::Disable),
        "prefer" => Ok(TlsMode::Prefer),
        "require" => Ok(TlsMode::Require),
        "verify-ca" => Ok(TlsMode::VerifyCa),
        "verify-full" => Ok(TlsMode::VerifyFull),
        _ => Err(PostgresUrlError("sslmode is disable, prefer, require, verify-ca or verify-full".into())),
    }
}

impl fmt::Display for PostgresUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("postgres://")?;
        if let Some(user) = self.config.get_user() {
            write!(formatter, "{}@", user.escape_default())?;
        }
        let ports = self.config.get_ports();
        for (index, host) in self.config.get_hosts().iter().enumerate() {
            let host = match host {
                Host::Tcp(name) if name.contains(':') => format!("[{name}]"),
                Host::Tcp(name) => name.clone(),
                #[cfg(unix)]
                Host::Unix(path) => path.display().to_string().replace('/', "%2F"),
            };
            // One port counts for all hosts.
            let port = ports.get(index).or(ports.first()).copied().unwrap_or(5432);
            write!(formatter, "{}{host}:{port}", if index > 0 { "," } else { "" })?;
        }
        write!(formatter, "/{}", self.database())
    }
}

impl fmt::Debug for PostgresUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "PostgresUrl({self}, {:?})", self.tls)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Result<(&str, TlsMode), &str>) {
        match (text.parse::<PostgresUrl>(), expected) {
            (Ok(url), Ok((shown, tls))) => assert_eq!((url.to_string().as_str(), url.tls()), (shown, tls), "{text}"),
            (Err(met), Err(why)) => assert!(met.to_string().contains(why), "{text}: {met}"),
            (met, expected) => panic!("{text}: {met:?} instead of {expected:?}"),
        }
    }

    #[test]
    fn addresses_are_read_as_libpq_reads_them_and_shown_without_the_password() {
        use TlsMode::{Disable, Prefer, Require, VerifyCa, VerifyFull};
        for (text, shown, tls) in [
            ("postgres://u:secret@h/d", "postgres://u@h:5432/d", Prefer),
            ("postgresql://u:p%40s%2Fs@h:6/d", "postgres://u@h:6/d", Prefer),
            ("postgres://u@a:1,b:2,c/d?target_session_attrs=read-write", "postgres://u@a:1,b:2,c:5432/d", Prefer),
            ("postgres://u@[::1]:7/d?sslmode=disable", "postgres://u@[::1]:7/d", Disable),
            ("postgres://u@%2Frun%2Fpg/d", "postgres://u@%2Frun%2Fpg:5432/d", Prefer),
            ("postgres://u@h/d?sslmode=require&application_name=x", "postgres://u@h:5432/d", Require),
            ("postgres://u@h/d?sslmode=require&sslrootcert=/a+b%20c.pem", "postgres://u@h:5432/d", VerifyCa),
            ("postgres://u@h/d?sslmode=verify-ca", "postgres://u@h:5432/d", VerifyCa),
            ("postgres://u@h/d?sslmode=verify-full&channel_binding=require", "postgres://u@h:5432/d", VerifyFull),
            ("postgres:///d?host=h&user=u&password=secret", "postgres://u@h:5432/d", Prefer),
        ] {
            check(text, Ok((shown, tls)));
            let url: PostgresUrl = text.parse().unwrap();
            assert!(!format!("{url:?}").contains("secret"));
        }
        let url: PostgresUrl = "postgres://u@h/d?sslrootcert=/a+b%20c.pem".parse().unwrap();
        assert_eq!(url.root_certificates(), Some(&PathBuf::from("/a+b c.pem")));
    }

    #[test]
    fn of_several_servers_the_one_that_is_written_to_is_meant() {
        use TargetSessionAttrs::{Any, ReadWrite};
        for (text, expected) in [
            ("postgres://u@h/d", Any),
            ("postgres://u@h/d?target_session_attrs=read-write", ReadWrite),
            ("postgres://u@h/d?target_session_attrs=primary", ReadWrite),
            ("postgres://u@a,b:2/d", ReadWrite),
            ("postgres://u@a,b/d?target_session_attrs=any", Any),
        ] {
            let url: PostgresUrl = text.parse().unwrap();
            assert_eq!(url.config().get_target_session_attrs(), expected, "{text}");
        }
    }

    #[test]
    fn what_cannot_be_meant_is_refused_with_what_to_do() {
        for (text, why) in [
            ("mysql://u@h/d", "such as postgres://"),
            ("postgres://u@h", "name of the database is missing"),
            ("postgres://u@h/", "name of the database is missing"),
            ("postgres:///d", "host is missing"),
            ("postgres://u:p@ss@h/d", "percent-encoded"),
            ("postgres://u@h:x/d", "port"),
            ("postgres://u@h/d?sslmode=maybe", "sslmode is"),
            ("postgres://u@h/d?colour=red", "colour"),
            ("postgres://u@a,b/d?target_session_attrs=read-only", "is read-write or any"),
        ] {
            check(text, Err(why));
        }
    }
}
