//! How the values of variables are read. What they set is in the table of variables.

use std::path::PathBuf;

pub(super) fn number<T: TryFrom<u32>>(
    value: &str,
    min: u32,
    max: u32,
    expected: &'static str,
) -> Result<T, &'static str> {
    Some(value)
        .filter(|value| value.bytes().all(|byte| byte.is_ascii_digit()))
        .and_then(|value| value.parse().ok())
        .filter(|number| (min..=max).contains(number))
        .and_then(|number| T::try_from(number).ok())
        .ok_or(expected)
}

pub(super) fn database_path(value: &str) -> Result<PathBuf, &'static str> {
    if value.starts_with("postgres://") || value.starts_with("postgresql://") {
        return Err("a SQLite database (sqlite://FILE): PostgreSQL is not served by this version yet");
    }
    match value.strip_prefix("sqlite:") {
        Some(":memory:" | "//:memory:") => {
            Err("a file (sqlite://FILE): a database in memory would be gone after each connection")
        }
        Some(rest) => match rest.strip_prefix("//") {
            Some(path) if path.starts_with("file:") => {
                Err("sqlite://FILE, without `file:` before the name of the file")
            }
            Some(path) if path.rsplit('/').next().is_some_and(|name| name == "." || name == "..") => {
                Err("a file (sqlite://FILE), not a folder")
            }
            Some(path) if !path.is_empty() && !path.ends_with('/') && !path.contains(['?', '\0']) => Ok(path.into()),
            _ => Err("sqlite://FILE for a file in the working directory, or sqlite:///PATH for an absolute path"),
        },
        None => Err("an address such as sqlite://fasttrack.db"),
    }
}

pub(super) fn origins(value: &str) -> Option<Vec<String>> {
    let origins: Vec<String> = serde_json::from_str(value).ok()?;
    origins.iter().all(|origin| is_origin(origin)).then_some(origins)
}

/// Whether this is what a browser sends as `Origin` (RFC 6454), or the wildcard.
fn is_origin(origin: &str) -> bool {
    let is_host_byte = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:[]".contains(&byte);
    let is_host = |host: &str| !host.is_empty() && host.bytes().all(is_host_byte);
    origin == "*"
        || origin.split_once("://").is_some_and(|(scheme, host)| {
            scheme.starts_with(|first: char| first.is_ascii_lowercase())
                && scheme
                    .bytes()
                    .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"+-.".contains(&byte))
                && is_host(host)
        })
}

pub(super) const SMTP_ADDRESS: &str = "an address such as smtps://USER:PASSWORD@mail.example.com, or smtp://HOST:PORT?tls=required; what is special in the \
     password is percent-encoded";

pub(super) fn is_mail_server(url: &str) -> bool {
    lettre::AsyncSmtpTransport::<lettre::Tokio1Executor>::from_url(url).is_ok()
}

pub(super) fn url(value: &str, schemes: &[&str]) -> Result<Option<String>, ()> {
    if value.is_empty() {
        return Ok(None);
    }
    let rest = schemes.iter().find_map(|scheme| value.strip_prefix(scheme)).unwrap_or_default();
    if rest.is_empty() || rest.contains(char::is_whitespace) { Err(()) } else { Ok(Some(value.to_owned())) }
}
