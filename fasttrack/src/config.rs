//! What an operator sets: environment variables, or `.env` in the working directory; the environment wins.
//!
//! [`VARIABLES`] is the one table of them: it parses, and documentation and tests draw from it. An empty value is a
//! value: it means "none" where a variable may name nothing, and stops the start elsewhere, so that a secret that was
//! not injected is noticed instead of replaced.

use std::{borrow::Cow, collections::HashMap, env, path::PathBuf};

mod cors;
mod dot_env;
mod link_url;
mod near;
mod network;
mod public_url;
mod secret;
#[cfg(test)]
mod tests;
mod values;
mod variables;

use self::dot_env::{DotEnv, Fault};
pub(crate) use self::values::database as database_address;
pub use self::{
    link_url::LinkUrl,
    network::Network,
    public_url::PublicUrl,
    secret::{HandedOver, SecretError, SecretKey},
    variables::{VARIABLES, Variable},
};
pub use crate::{
    db::DatabaseUrl,
    files::{BucketAccess, FilesUrl},
    oidc::Provider,
    redis::RedisUrl,
};

/// All settings, parsed and within their bounds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// Name or address to listen on.
    pub host: String,
    /// TCP port to listen on; 0 takes a free one.
    pub port: u16,
    /// Where clients see the server, if it is not where it listens.
    pub public_url: Option<PublicUrl>,
    /// The database.
    pub database: DatabaseUrl,
    /// Connections to a database on a server.
    pub database_pool: usize,
    /// Whether statements are prepared once per connection to such a database.
    pub database_prepared: bool,
    /// Where files lie.
    pub files: FilesUrl,
    /// What opens that place, where it is a bucket.
    pub bucket: BucketAccess,
    /// The key of the tokens; `None` is made at first start and kept beside the database.
    pub secret_key: Option<SecretKey>,
    /// An older key whose tokens are still believed.
    pub secret_key_previous: Option<SecretKey>,
    /// Life of an access token.
    pub access_token_expire_minutes: u32,
    /// Life of a refresh token.
    pub refresh_token_expire_days: u32,
    /// How long a session lives at most, however often it is refreshed; 0 is for as long as it is.
    pub session_max_days: u32,
    /// How long a used refresh token gets the same tokens again; 0 is never.
    pub refresh_grace_s: u32,
    /// Origins whose scripts may call; `*` for all.
    pub cors_origins: Vec<String>,
    /// Headers that these scripts may send, in lower case; `*` for all.
    pub cors_headers: Vec<String>,
    /// Requests that one user or address has per window; 0 is no limit.
    pub rate_limit_requests: u32,
    /// The window.
    pub rate_limit_window_s: u32,
    /// Cost of password hashes, a power of two.
    pub bcrypt_cost: u32,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<Network>,
    /// What several nodes share.
    pub redis_url: Option<RedisUrl>,
    /// Where mail goes out.
    pub smtp_url: Option<String>,
    /// Sender of mail.
    pub mail_from: Option<String>,
    /// Where mails about forgotten passwords lead, if not to a page of this server.
    pub reset_url: Option<LinkUrl>,
    /// Where mails lead with which an address is confirmed, likewise.
    pub verify_url: Option<LinkUrl>,
    /// Where people may log in elsewhere.
    pub oidc_providers: Vec<Provider>,
    /// Whether webhooks may be posted to addresses of the machine and its networks, and without encryption.
    pub webhooks_allow_private: bool,
    /// Where traces go, in a build that exports them.
    pub otlp_endpoint: Option<String>,
    /// Filter of the log (`info`, `fasttrack=debug,warn`).
    pub log: String,
    /// Shape of the log.
    pub log_format: LogFormat,
    /// Lists that are streamed at a time.
    pub streams: usize,
    /// How long one may take, in seconds.
    pub stream_s: u32,
    /// Sockets that one user may have open.
    pub sockets_per_user: usize,
    /// Longest body that is taken.
    pub max_body_bytes: usize,
    /// Whether `serve` applies pending migrations.
    pub auto_migrate: bool,
    /// The folder of migrations that counts alone, instead of those in the program.
    pub migrations: Option<PathBuf>,
}

/// Shape of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// Why the settings do not hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// A variable that does not parse.
    #[error("{variable} has to be {expected}{given}")]
    Variable {
        /// Its name.
        variable: &'static str,
        /// What it should be.
        expected: Cow<'static, str>,
        /// What it is, unless that is secret; and the line of `.env` that says so.
        given: String,
    },
    /// A setting of connections to a server, and a database that has none.
    #[error(
        "{0} is for PostgreSQL alone, and DATABASE_URL names a SQLite file: leave it out, or name a postgres:// address"
    )]
    NoServer(&'static str),
    /// A mail server without a sender.
    #[error("MAIL_FROM has to be set where SMTP_URL is: the sender of mail, such as Tracker <tracker@example.com>")]
    NoSender,
    /// An access token that would outlive its session.
    #[error(
        "ACCESS_TOKEN_EXPIRE_MINUTES has to be at most {most}, the life of a session (REFRESH_TOKEN_EXPIRE_DAYS): an \
         access token is worth nothing once its session is over"
    )]
    AccessOutlivesSession {
        /// The life of a session in minutes.
        most: u32,
    },
    /// `.env` that cannot be read, or whose lines are not clear.
    #[error("{0}")]
    DotEnv(String),
}

impl Config {
    /// Parses the settings that `lookup` finds; a variable it does not find has its default.
    ///
    /// # Errors
    /// [`ConfigError`], which names the variable and what it should be.
    pub fn from_lookup(lookup: &dyn Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let mut config = Self::blank();
        for variable in VARIABLES {
            let given = lookup(variable.name);
            if let Some(value) = given.as_deref().or(variable.default) {
                variable.apply(&mut config, value)?;
            }
        }
        let of_servers = OF_SERVERS.into_iter().find(|name| lookup(name).is_some());
        if let (DatabaseUrl::Sqlite(_), Some(name)) = (&config.database, of_servers) {
            return Err(ConfigError::NoServer(name));
        }
        if config.smtp_url.is_some() && config.mail_from.is_none() {
            return Err(ConfigError::NoSender);
        }
        let most = config.refresh_token_expire_days.saturating_mul(24 * 60);
        if config.access_token_expire_minutes > most {
            return Err(ConfigError::AccessOutlivesSession { most });
        }
        Ok(config)
    }

    /// Parses the environment, and `.env` in the working directory for what is not there.
    ///
    /// # Errors
    /// [`ConfigError`], also where `.env` is there and cannot be read, or has a line that is not clear.
    pub fn from_environment() -> Result<Self, ConfigError> {
        let DotEnv { entries, faults } = read_dot_env()?;
        refuse(&faults)?;
        let mut values = HashMap::new();
        for variable in VARIABLES {
            if let Some(value) = env::var_os(variable.name) {
                let text = value.into_string().map_err(|_| variable.refuse("UTF-8", ""))?;
                values.insert(variable.name, (text, None));
            } else if let Some(entry) = entries.iter().find(|entry| entry.name == variable.name) {
                values.insert(variable.name, (entry.value.clone(), Some(entry.line)));
            }
        }
        Self::from_lookup(&|name| values.get(name).map(|(value, _)| value.clone())).map_err(|error| match error {
            ConfigError::Variable { variable, expected, given } => {
                let line = values.get(variable).and_then(|(_, line)| *line);
                let place = line.map(|line| format!(" (.env, line {line})")).unwrap_or_default();
                ConfigError::Variable { variable, expected, given: given + &place }
            }
            other => other,
        })
    }

    /// What the table of variables fills.
    const fn blank() -> Self {
        Self {
            host: String::new(),
            port: 0,
            public_url: None,
            database: DatabaseUrl::Sqlite(PathBuf::new()),
            database_pool: 0,
            database_prepared: true,
            files: FilesUrl::in_folder(PathBuf::new()),
            bucket: BucketAccess::blank(),
            secret_key: None,
            secret_key_previous: None,
            access_token_expire_minutes: 0,
            refresh_token_expire_days: 0,
            session_max_days: 0,
            refresh_grace_s: 0,
            cors_origins: Vec::new(),
            cors_headers: Vec::new(),
            rate_limit_requests: 0,
            rate_limit_window_s: 0,
            bcrypt_cost: 0,
            trusted_proxies: Vec::new(),
            redis_url: None,
            smtp_url: None,
            mail_from: None,
            reset_url: None,
            verify_url: None,
            oidc_providers: Vec::new(),
            webhooks_allow_private: false,
            otlp_endpoint: None,
            log: String::new(),
            log_format: LogFormat::Text,
            streams: 0,
            stream_s: 0,
            sockets_per_user: 0,
            max_body_bytes: 0,
            auto_migrate: false,
            migrations: None,
        }
    }
}

/// What says how a database on a server is connected to, and means nothing of a file.
const OF_SERVERS: [&str; 2] = ["DATABASE_POOL", "DATABASE_PREPARED"];

/// The shape that lines have which are said before the settings hold, or instead of them: what `LOG_FORMAT` says,
/// whatever else is wrong.
pub(crate) fn log_format() -> LogFormat {
    let from_file = || {
        let entries = read_dot_env().ok()?.entries.into_iter();
        entries.filter(|entry| entry.name == "LOG_FORMAT").map(|entry| entry.value).next()
    };
    let given = env::var_os("LOG_FORMAT").map_or_else(from_file, |value| value.into_string().ok());
    if given.as_deref() == Some("json") { LogFormat::Json } else { LogFormat::Text }
}

/// Lines of `.env` that set nothing, and were probably meant to: a warning each.
pub(crate) fn misspelt() -> Vec<String> {
    let entries = read_dot_env().map(|read| read.entries).unwrap_or_default();
    let doubtful = entries.iter().filter_map(|entry| Some((entry, near::meant_by(&entry.name)?)));
    let warning = |(entry, meant): (&dot_env::Entry, &str)| {
        let (line, name) = (entry.line, &entry.name);
        format!(".env, line {line}: {name} is no setting, and has no effect; did you mean {meant}?")
    };
    doubtful.map(warning).collect()
}

/// What `.env` says; nothing where there is no such file. The process's own environment stays as it is.
fn read_dot_env() -> Result<DotEnv, ConfigError> {
    match std::fs::read(".env") {
        Ok(bytes) => Ok(DotEnv::parse(&bytes)),
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => Ok(DotEnv::default()),
        Err(cause) => Err(ConfigError::DotEnv(format!("the file .env cannot be read: {cause}"))),
    }
}

/// The first faults, which are as many as somebody reads; a file that is no text has one a line.
fn refuse(faults: &[Fault]) -> Result<(), ConfigError> {
    const TOLD: usize = 5;
    if faults.is_empty() {
        return Ok(());
    }
    let mut words: Vec<_> = faults.iter().take(TOLD).map(ToString::to_string).collect();
    if faults.len() > TOLD {
        words.push(format!("and {} lines more", faults.len() - TOLD));
    }
    Err(ConfigError::DotEnv(format!(".env, {}", words.join("; "))))
}
