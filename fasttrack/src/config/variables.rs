//! The table of variables.

use std::{borrow::Cow, path::PathBuf};

use super::{
    Config, ConfigError, FilesUrl, LinkUrl, LogFormat, Network, Provider, PublicUrl, SecretKey, cors,
    values::{SMTP_ADDRESS, database, endpoint, host, is_mail_server, number, redis, region, url},
};

/// Stores a value, or says what it should have been.
type Setter = fn(&mut Config, &str) -> Result<(), Cow<'static, str>>;

/// One environment variable.
#[derive(Debug)]
pub struct Variable {
    /// Its name.
    pub name: &'static str,
    /// What it is when it is not set; `None` where nothing stands for it.
    pub default: Option<&'static str>,
    /// What it sets, as a phrase.
    pub meaning: &'static str,
    /// Whether its value stays out of errors.
    secret: bool,
    set: Setter,
}

/// All variables, in the order in which they are documented.
pub const VARIABLES: &[Variable] = &[
    open("HOST", Some("127.0.0.1"), "name or address to listen on", |config, value| {
        config.host = host(value)?;
        Ok(())
    }),
    open("PORT", Some("8000"), "port to listen on; 0 takes a free one", |config, value| {
        config.port = number(value, 0, 65_535, "a port number from 0 to 65535")?;
        Ok(())
    }),
    open("PUBLIC_URL", None, "where clients see this server, path included", |config, value| {
        config.public_url = Some(value).filter(|value| !value.is_empty()).map(PublicUrl::parse).transpose()?;
        Ok(())
    }),
    secret("DATABASE_URL", Some("sqlite://fasttrack.db"), "the database", |config, value| {
        config.database = database(value)?;
        Ok(())
    }),
    open("DATABASE_POOL", Some("16"), "connections to PostgreSQL that one server has", |config, value| {
        let expected = "a whole number of connections from 2 to 1000";
        config.database_pool = number::<u32>(value, 2, 1_000, expected)?.try_into().map_err(|_| expected)?;
        Ok(())
    }),
    open(
        "DATABASE_PREPARED",
        Some("true"),
        "whether statements are prepared once per connection to PostgreSQL; false behind a PgBouncer in transaction mode",
        |config, value| {
            config.database_prepared = value.parse().map_err(|_| "true or false")?;
            Ok(())
        },
    ),
    open("FILES", Some("file://files"), "where files lie that rows have", |config, value| {
        config.files = FilesUrl::parse(value)?;
        Ok(())
    }),
    open("AWS_ENDPOINT_URL", None, "where the S3 of FILES is, if not at Amazon", |config, value| {
        config.bucket.endpoint = Some(value).filter(|value| !value.is_empty()).map(endpoint).transpose()?;
        Ok(())
    }),
    open("AWS_REGION", Some("us-east-1"), "the region of the bucket of FILES", |config, value| {
        config.bucket.region = region(value)?;
        Ok(())
    }),
    open("AWS_ACCESS_KEY_ID", None, "the key that opens the bucket of FILES, by its name", |config, value| {
        value.clone_into(&mut config.bucket.key_id);
        Ok(())
    }),
    secret("AWS_SECRET_ACCESS_KEY", None, "the key itself", |config, value| {
        value.clone_into(&mut config.bucket.secret);
        Ok(())
    }),
    secret(
        "SECRET_KEY",
        None,
        "key of the tokens; made at first start and kept beside the database",
        |config, value| {
            config.secret_key = Some(SecretKey::new(value.as_bytes().to_vec())?);
            Ok(())
        },
    ),
    secret("SECRET_KEY_PREVIOUS", None, "an older key whose tokens are still believed", |config, value| {
        config.secret_key_previous = match value {
            "" => None,
            value => Some(SecretKey::new(value.as_bytes().to_vec())?),
        };
        Ok(())
    }),
    open("ACCESS_TOKEN_EXPIRE_MINUTES", Some("15"), "life of an access token", |config, value| {
        config.access_token_expire_minutes = number(value, 1, 525_600, "a whole number of minutes from 1 to 525600")?;
        Ok(())
    }),
    open("REFRESH_TOKEN_EXPIRE_DAYS", Some("7"), "life of a refresh token", |config, value| {
        config.refresh_token_expire_days = number(value, 1, 3_650, "a whole number of days from 1 to 3650")?;
        Ok(())
    }),
    open(
        "SESSION_MAX_DAYS",
        Some("0"),
        "how long a session lives, however often it is refreshed; 0 is for as long as it is",
        |config, value| {
            config.session_max_days = number(value, 0, 3_650, "a whole number of days from 0 to 3650")?;
            Ok(())
        },
    ),
    open(
        "REFRESH_GRACE_SECONDS",
        Some("0"),
        "how long a used refresh token gets the same tokens again, until these are used; 0 is never",
        |config, value| {
            config.refresh_grace_s = number(value, 0, 60, "a whole number of seconds from 0 to 60")?;
            Ok(())
        },
    ),
    open("CORS_ORIGINS", Some(r#"["http://localhost:3000"]"#), "origins whose scripts may call", |config, value| {
        config.cors_origins = cors::origins(value)?;
        Ok(())
    }),
    open("CORS_HEADERS", Some(CORS_HEADERS), "headers that these scripts may send", |config, value| {
        config.cors_headers = cors::headers(value)?;
        Ok(())
    }),
    open("RATE_LIMIT_REQUESTS", Some("100"), "requests per window; 0 is no limit", |config, value| {
        config.rate_limit_requests = number(value, 0, 1_000_000, "a whole number of requests from 0 to 1000000")?;
        Ok(())
    }),
    open("RATE_LIMIT_WINDOW", Some("60"), "length of the window in seconds", |config, value| {
        config.rate_limit_window_s = number(value, 1, 86_400, "a whole number of seconds from 1 to 86400")?;
        Ok(())
    }),
    open("SOCKETS_PER_USER", Some("32"), "WebSockets that one user may have open", |config, value| {
        let expected = "a whole number of sockets from 1 to 10000";
        config.sockets_per_user = number::<u32>(value, 1, 10_000, expected)?.try_into().map_err(|_| expected)?;
        Ok(())
    }),
    open("STREAMS", Some("8"), "lists that are streamed at a time", |config, value| {
        let expected = "a whole number of lists from 1 to 100";
        config.streams = number::<u32>(value, 1, 100, expected)?.try_into().map_err(|_| expected)?;
        Ok(())
    }),
    open("STREAM_SECONDS", Some("300"), "longest time that one may take", |config, value| {
        config.stream_s = number(value, 1, 86_400, "a whole number of seconds from 1 to 86400")?;
        Ok(())
    }),
    open("BCRYPT_COST", Some("12"), "cost of password hashes", |config, value| {
        config.bcrypt_cost = number(value, 4, 15, "a whole number from 4 to 15")?;
        Ok(())
    }),
    open("TRUSTED_PROXIES", None, "proxies whose X-Forwarded-For is believed", |config, value| {
        config.trusted_proxies =
            Network::parse_list(value).ok_or("addresses or networks separated by commas, such as 10.0.0.0/8,::1")?;
        Ok(())
    }),
    secret(
        "REDIS_URL",
        None,
        "a Redis in which several nodes count requests and tell each other of messages",
        |config, value| {
            config.redis_url = redis(value)?;
            Ok(())
        },
    ),
    secret("SMTP_URL", None, "where mail goes out; without it, mail is logged", |config, value| {
        config.smtp_url = url(value, &["smtp://", "smtps://"]).map_err(|()| SMTP_ADDRESS)?;
        if config.smtp_url.as_deref().is_some_and(|url| !is_mail_server(url)) {
            return Err(SMTP_ADDRESS.into());
        }
        Ok(())
    }),
    open("MAIL_FROM", None, "sender of mail", |config, value| {
        if !value.is_empty() && value.parse::<lettre::message::Mailbox>().is_err() {
            return Err("an e-mail address, such as Tracker <tracker@example.com>".into());
        }
        config.mail_from = Some(value.to_owned()).filter(|sender| !sender.is_empty());
        Ok(())
    }),
    open(
        "RESET_URL",
        None,
        "where mails about forgotten passwords lead; {token} stands for the token",
        |config, value| {
            config.reset_url = Some(value).filter(|value| !value.is_empty()).map(LinkUrl::parse).transpose()?;
            Ok(())
        },
    ),
    open("VERIFY_URL", None, "where mails lead with which an address is confirmed", |config, value| {
        config.verify_url = Some(value).filter(|value| !value.is_empty()).map(LinkUrl::parse).transpose()?;
        Ok(())
    }),
    secret("OIDC_PROVIDERS", None, "providers of OpenID Connect with which people may log in", |config, value| {
        config.oidc_providers = Provider::parse_list(value)?;
        Ok(())
    }),
    open(
        "WEBHOOKS_ALLOW_PRIVATE",
        Some("false"),
        "whether webhooks may go to loopback and private addresses, and over http://",
        |config, value| {
            config.webhooks_allow_private = value.parse().map_err(|_| "true or false")?;
            Ok(())
        },
    ),
    open("LOG", Some("info"), "filter of the log, such as info or fasttrack=debug,warn", |config, value| {
        // A lone word that is no level would be taken for a target, and silence everything else.
        let is_level = |word: &str| !word.is_empty() && word.parse::<tracing::level_filters::LevelFilter>().is_ok();
        let is_sound = |directive: &str| directive.contains('=') || is_level(directive);
        if !value.split(',').all(is_sound) || value.parse::<tracing_subscriber::EnvFilter>().is_err() {
            return Err("a log filter, such as info or fasttrack=debug,warn".into());
        }
        value.clone_into(&mut config.log);
        Ok(())
    }),
    open("LOG_FORMAT", Some("text"), "shape of the log: text or json", |config, value| {
        config.log_format = match value {
            "text" => LogFormat::Text,
            "json" => LogFormat::Json,
            _ => return Err("text or json".into()),
        };
        Ok(())
    }),
    secret(
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        None,
        "collector of traces, for a build with the feature otel",
        |config, value| {
            config.otlp_endpoint =
                url(value, &["http://", "https://"]).map_err(|()| "an address such as http://localhost:4318")?;
            Ok(())
        },
    ),
    open("MAX_BODY_BYTES", Some("65536"), "longest body that is taken, in bytes", |config, value| {
        let expected = "a whole number of bytes from 1 to 104857600";
        config.max_body_bytes = number::<u32>(value, 1, 104_857_600, expected)?.try_into().map_err(|_| expected)?;
        Ok(())
    }),
    open("AUTO_MIGRATE", Some("true"), "whether the start applies pending migrations", |config, value| {
        config.auto_migrate = value.parse().map_err(|_| "true or false")?;
        Ok(())
    }),
    open("MIGRATIONS_DIR", None, "folder whose migrations count instead of those in the program", |config, value| {
        if value.contains('\0') {
            return Err("a folder, such as migrations".into());
        }
        config.migrations = (!value.is_empty()).then(|| PathBuf::from(value));
        Ok(())
    }),
];

/// What the server reads, and what tracers in browsers send.
const CORS_HEADERS: &str = r#"["authorization","content-type","idempotency-key","if-match","if-none-match","x-request-id","traceparent","tracestate","baggage","sentry-trace"]"#;

const fn open(name: &'static str, default: Option<&'static str>, meaning: &'static str, set: Setter) -> Variable {
    Variable { name, default, meaning, secret: false, set }
}

const fn secret(name: &'static str, default: Option<&'static str>, meaning: &'static str, set: Setter) -> Variable {
    Variable { name, default, meaning, secret: true, set }
}

impl Variable {
    pub(super) fn apply(&self, config: &mut Config, value: &str) -> Result<(), ConfigError> {
        (self.set)(config, value).map_err(|expected| self.refuse(expected, value))
    }

    pub(super) fn refuse(&self, expected: impl Into<Cow<'static, str>>, value: &str) -> ConfigError {
        let given = if self.secret { String::new() } else { format!(", not {value:?}") };
        ConfigError::Variable { variable: self.name, expected: expected.into(), given }
    }
}
