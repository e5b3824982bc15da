//! How the values of variables are read. What they set is in the table of variables.

use std::{borrow::Cow, net::Ipv6Addr, path::PathBuf};

use url::Url;

use crate::{
    db::{DatabaseUrl, PostgresUrl},
    redis::{RedisUrl, RedisUrlError},
};

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

pub(crate) fn database(value: &str) -> Result<DatabaseUrl, Cow<'static, str>> {
    if PostgresUrl::is_one(value) {
        return match value.parse() {
            Ok(url) => Ok(DatabaseUrl::Postgres(url)),
            Err(error) => Err(format!("the address of a PostgreSQL database: {error}").into()),
        };
    }
    Ok(DatabaseUrl::Sqlite(sqlite_file(value)?))
}

pub(super) fn redis(value: &str) -> Result<Option<RedisUrl>, Cow<'static, str>> {
    let url = Some(value).filter(|value| !value.is_empty()).map(str::parse).transpose();
    url.map_err(|error: RedisUrlError| format!("an address such as redis://:PASSWORD@HOST:6379/0: {error}").into())
}

fn sqlite_file(value: &str) -> Result<PathBuf, &'static str> {
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
        None => Err("an address such as sqlite://fasttrack.db or postgres://USER:PASSWORD@HOST:PORT/DATABASE"),
    }
}

/// A name or an address to listen on; an IPv6 address with or without the brackets that it has in URLs.
pub(super) fn host(value: &str) -> Result<String, &'static str> {
    let bracketed = value.strip_prefix('[').map(|rest| rest.strip_suffix(']').unwrap_or_default());
    let host = bracketed.unwrap_or(value);
    // The zone of a link-local address (RFC 4007, section 11) is the system's affair.
    let is_v6 = host.split('%').next().is_some_and(|address| address.parse::<Ipv6Addr>().is_ok());
    let is_name = bracketed.is_none() && !host.is_empty() && !host.contains([':', '/', '[', ']']);
    if (is_v6 || is_name) && !host.contains(char::is_whitespace) {
        Ok(host.to_owned())
    } else {
        Err("a host name or an address, such as 0.0.0.0 or [::1]; the port is in PORT")
    }
}

pub(super) const SMTP_ADDRESS: &str = "an address such as smtps://USER:PASSWORD@mail.example.com, or smtp://HOST:PORT?tls=required; what is special in the \
     password is percent-encoded";

pub(super) fn is_mail_server(url: &str) -> bool {
    lettre::AsyncSmtpTransport::<lettre::Tokio1Executor>::from_url(url).is_ok()
}

/// Where an S3 is: buckets are looked for below its path.
pub(super) fn endpoint(value: &str) -> Result<Url, &'static str> {
    let is_plain = |url: &Url| {
        ["http", "https"].contains(&url.scheme())
            && url.host_str().is_some_and(|host| !host.is_empty())
            && url.username().is_empty()
            && url.password().is_none()
            && url.query().is_none()
            && url.fragment().is_none()
    };
    let expected = "an address such as https://s3.example.com, without a bucket and without a key";
    value.parse().ok().filter(is_plain).ok_or(expected)
}

/// A region, as it stands in signatures and in the host names of Amazon.
pub(super) fn region(value: &str) -> Result<String, &'static str> {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let is_region = (1..=64).contains(&value.len()) && value.bytes().all(is_plain);
    if is_region { Ok(value.to_owned()) } else { Err("a region, such as eu-central-1") }
}

pub(super) fn url(value: &str, schemes: &[&str]) -> Result<Option<String>, ()> {
    if value.is_empty() {
        return Ok(None);
    }
    let rest = schemes.iter().find_map(|scheme| value.strip_prefix(scheme)).unwrap_or_default();
    if rest.is_empty() || rest.contains(char::is_whitespace) { Err(()) } else { Ok(Some(value.to_owned())) }
}
