//! The table of variables.

use std::path::PathBuf;

use super::{Config, ConfigError, LogFormat, Network, SecretKey};

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
    /// Stores a value, or says what it should have been.
    set: fn(&mut Config, &str) -> Result<(), &'static str>,
}

/// All variables, in the order in which they are documented.
pub const VARIABLES: &[Variable] = &[
    open("HOST", Some("127.0.0.1"), "name or address to listen on", |config, value| {
        if value.is_empty() || value.contains(char::is_whitespace) {
            return Err("a host name or an address, such as 0.0.0.0");
        }
        value.clone_into(&mut config.host);
        Ok(())
    }),
    open("PORT", Some("8000"), "port to listen on; 0 takes a free one", |config, value| {
        config.port = number(value, 0, 65_535, "a port number from 0 to 65535")?;
        Ok(())
    }),
    secret("DATABASE_URL", Some("sqlite://fasttrack.db"), "the database", |config, value| {
        config.database = database_path(value)?;
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
    open("ACCESS_TOKEN_EXPIRE_MINUTES", Some("15"), "life of an access token", |config, value| {
        config.access_token_expire_minutes = number(value, 1, 525_600, "a whole number of minutes from 1 to 525600")?;
        Ok(())
    }),
    open("REFRESH_TOKEN_EXPIRE_DAYS", Some("7"), "life of a refresh token", |config, value| {
        config.refresh_token_expire_days = number(value, 1, 3_650, "a whole number of days from 1 to 3650")?;
        Ok(())
    }),
    open("CORS_ORIGINS", Some(r#"["http://localhost:3000"]"#), "origins whose scripts may call", |config, value| {
        config.cors_origins = origins(value).ok_or(r#"a JSON list of origins, such as ["https://app.example.com"]"#)?;
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
    open("BCRYPT_COST", Some("12"), "cost of password hashes", |config, value| {
        config.bcrypt_cost = number(value, 4, 15, "a whole number from 4 to 15")?;
        Ok(())
    }),
    open("TRUSTED_PROXIES", None, "proxies whose X-Forwarded-For is believed", |config, value| {
        config.trusted_proxies =
            Network::parse_list(value).ok_or("addresses or networks separated by commas, such as 10.0.0.0/8,::1")?;
        Ok(())
    }),
    secret("REDIS_URL", None, "what several nodes share; not used yet", |config, value| {
        config.redis_url = url(value, &["redis://", "rediss://"]).map_err(|()| "a redis:// address")?;
        Ok(())
    }),
    secret("SMTP_URL", None, "where mail goes out; without it, mail is logged", |config, value| {
        config.smtp_url = url(value, &["smtp://", "smtps://"]).map_err(|()| SMTP_ADDRESS)?;
        if config.smtp_url.as_deref().is_some_and(|url| !is_mail_server(url)) {
            return Err(SMTP_ADDRESS);
        }
        Ok(())
    }),
    open("MAIL_FROM", None, "sender of mail", |config, value| {
        if !value.is_empty() && value.parse::<lettre::message::Mailbox>().is_err() {
            return Err("an e-mail address, such as Tracker <tracker@example.com>");
        }
        config.mail_from = Some(value.to_owned()).filter(|sender| !sender.is_empty());
        Ok(())
    }),
    open("LOG", Some("info"), "filter of the log, such as info or fasttrack=debug,warn", |config, value| {
        // A lone word that is no level would be taken for a target, and silence everything else.
        let is_level = |word: &str| !word.is_empty() && word.parse::<tracing::level_filters::LevelFilter>().is_ok();
        let is_sound = |directive: &str| directive.contains('=') || is_level(directive);
        if !value.split(',').all(is_sound) || value.parse::<tracing_subscriber::EnvFilter>().is_err() {
            return Err("a log filter, such as info or fasttrack=debug,warn");
        }
        value.clone_into(&mut config.log);
        Ok(())
    }),
    open("LOG_FORMAT", Some("text"), "shape of the log: text or json", |config, value| {
        config.log_format = match value {
            "text" => LogFormat::Text,
            "json" => LogFormat::Json,
            _ => return Err("text or json"),
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
    open("MIGRATIONS_DIR", Some("migrations"), "folder of the migrations", |config, value| {
        if value.is_empty() || value.contains('\0') {
            return Err("a folder, such as migrations");
        }
        config.migrations = PathBuf::from(value);
        Ok(())
    }),
];

const fn open(
    name: &'static str,
    default: Option<&'static str>,
    meaning: &'static str,
    set: fn(&mut Config, &str) -> Result<(), &'static str>,
) -> Variable {
    Variable { name, default, meaning, secret: false, set }
}

const fn secret(
    name: &'static str,
    default: Option<&'static str>,
    meaning: &'static str,
    set: fn(&mut Config, &str) -> Result<(), &'static str>,
) -> Variable {
    Variable { name, default, meaning, secret: true, set }
}

impl Variable {
    pub(super) fn apply(&self, config: &mut Config, value: &str) -> Result<(), ConfigError> {
        (self.set)(config, value).map_err(|expected| self.refuse(expected, value))
    }

    pub(super) fn refuse(&self, expected: &'static str, value: &str) -> ConfigError {
        let given = if self.secret { String::new() } else { format!(", not {value:?}") };
        ConfigError::Variable { variable: self.name, expected, given }
    }
}

fn number<T: TryFrom<u32>>(value: &str, min: u32, max: u32, expected: &'static str) -> Result<T, &'static str> {
    Some(value)
        .filter(|value| value.bytes().all(|byte| byte.is_ascii_digit()))
        .and_then(|value| value.parse().ok())
        .filter(|number| (min..=max).contains(number))
        .and_then(|number| T::try_from(number).ok())
        .ok_or(expected)
}

fn database_path(value: &str) -> Result<PathBuf, &'static str> {
    if value.starts_with("postgres://") || value.starts_with("postgresql://") {
        return Err("a SQLite database (sqlite://FILE): PostgreSQL is not served by this version yet");
    }
    match value.strip_prefix("sqlite:") {
        Some(":memory:" | "//:memory:") => {
            Err("a file (sqlite://FILE): a database in memory would be gone after each connection")
        }
        Some(rest) => match rest.strip_prefix("//") {
            Some(path) if !path.is_empty() && !path.ends_with('/') && !path.contains(['?', '\0']) => Ok(path.into()),
            _ => Err("sqlite://FILE for a file in the working directory, or sqlite:///PATH for an absolute path"),
        },
        None => Err("an address such as sqlite://fasttrack.db"),
    }
}

fn origins(value: &str) -> Option<Vec<String>> {
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

const SMTP_ADDRESS: &str = "an address such as smtps://USER:PASSWORD@mail.example.com, or smtp://HOST:PORT?tls=required; what is special in the \
     password is percent-encoded";

fn is_mail_server(url: &str) -> bool {
    lettre::AsyncSmtpTransport::<lettre::Tokio1Executor>::from_url(url).is_ok()
}

fn url(value: &str, schemes: &[&str]) -> Result<Option<String>, ()> {
    if value.is_empty() {
        return Ok(None);
    }
    let rest = schemes.iter().find_map(|scheme| value.strip_prefix(scheme)).unwrap_or_default();
    if rest.is_empty() || rest.contains(char::is_whitespace) { Err(()) } else { Ok(Some(value.to_owned())) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(name: &str, value: &str) -> Result<Config, ConfigError> {
        Config::from_lookup(&|asked| (asked == name).then(|| value.to_owned()))
    }

    #[track_caller]
    fn check<T: PartialEq + std::fmt::Debug>(
        name: &str,
        get: fn(Config) -> T,
        accepted: &[(&str, T)],
        refused: &[&str],
    ) {
        for (value, expected) in accepted {
            assert_eq!(&get(load(name, value).unwrap()), expected, "{name}={value}");
        }
        for value in refused {
            let error = load(name, value).unwrap_err().to_string();
            assert!(error.starts_with(&format!("{name} has to be ")), "{name}={value}: {error}");
        }
    }

    #[test]
    fn the_defaults_are_those_of_the_contract() {
        let config = Config::from_lookup(&|_| None).unwrap();
        assert_eq!((config.host.as_str(), config.port), ("127.0.0.1", 8000));
        assert_eq!(config.database, PathBuf::from("fasttrack.db"));
        assert_eq!((config.access_token_expire_minutes, config.refresh_token_expire_days), (15, 7));
        assert_eq!(config.cors_origins, ["http://localhost:3000"]);
        assert_eq!((config.rate_limit_requests, config.rate_limit_window_s), (100, 60));
        assert_eq!(config.sockets_per_user, 32);
        assert_eq!((config.bcrypt_cost, config.max_body_bytes, config.auto_migrate), (12, 65_536, true));
        assert_eq!((config.log.as_str(), config.log_format), ("info", LogFormat::Text));
        assert!(config.secret_key.is_none() && config.trusted_proxies.is_empty());
        assert_eq!((config.redis_url, config.smtp_url, config.mail_from), (None, None, None));
    }

    #[test]
    fn numbers_have_bounds() {
        check(
            "PORT",
            |c| c.port,
            &[("0", 0), ("65535", 65_535)],
            &["", "65536", "-1", "+80", " 80", "80 ", "0x50", "a"],
        );
        check("BCRYPT_COST", |c| c.bcrypt_cost, &[("4", 4), ("15", 15)], &["", "3", "16", "12.0"]);
        check("RATE_LIMIT_REQUESTS", |c| c.rate_limit_requests, &[("0", 0)], &["-1", "1000001", "99999999999"]);
        check("SOCKETS_PER_USER", |c| c.sockets_per_user, &[("1", 1), ("10000", 10_000)], &["", "0", "10001", "many"]);
        check("RATE_LIMIT_WINDOW", |c| c.rate_limit_window_s, &[("1", 1)], &["0", "60s"]);
        check("ACCESS_TOKEN_EXPIRE_MINUTES", |c| c.access_token_expire_minutes, &[("1", 1)], &["0", "1.5"]);
        check("REFRESH_TOKEN_EXPIRE_DAYS", |c| c.refresh_token_expire_days, &[("30", 30)], &["0", "3651"]);
        check("MAX_BODY_BYTES", |c| c.max_body_bytes, &[("1", 1), ("1048576", 1 << 20)], &["0", "64KiB"]);
        check("AUTO_MIGRATE", |c| c.auto_migrate, &[("true", true), ("false", false)], &["", "yes", "1", "True"]);
    }

    #[test]
    fn addresses_are_checked() {
        check(
            "DATABASE_URL",
            |c| c.database.display().to_string(),
            &[
                ("sqlite://a.db", "a.db".into()),
                ("sqlite:///var/a.db", "/var/a.db".into()),
                ("sqlite://d/a", "d/a".into()),
            ],
            &[
                "",
                "a.db",
                "sqlite:",
                "sqlite://",
                "sqlite:a.db",
                "sqlite:///",
                "sqlite::memory:",
                "sqlite://:memory:",
                "postgres://h/d",
                "mysql://h/d",
                "sqlite://a.db?mode=ro",
            ],
        );
        let list = |items: &[&str]| items.iter().map(|&item| item.to_owned()).collect::<Vec<_>>();
        check(
            "CORS_ORIGINS",
            |c| c.cors_origins,
            &[
                ("[]", vec![]),
                (r#"["*"]"#, list(&["*"])),
                (
                    r#"["https://a.example:8443","http://[::1]:3000"]"#,
                    list(&["https://a.example:8443", "http://[::1]:3000"]),
                ),
            ],
            &["", "*", "http://a", r#"["a.example"]"#, r#"["http://a/"]"#, r#"["http://a/b"]"#, "[1]", r#"[""]"#],
        );
        check(
            "REDIS_URL",
            |c| c.redis_url,
            &[("", None), ("redis://h:1", Some("redis://h:1".into()))],
            &["h", "redis://"],
        );
        check(
            "SMTP_URL",
            |c| c.smtp_url,
            &[("", None)],
            &["http://h", "smtp:// h", "smtp://h?tls=perhaps", "smtp://h:x"],
        );
        let sender = "Tracker <tracker@example.com>";
        check("MAIL_FROM", |c| c.mail_from, &[("", None), (sender, Some(sender.into()))], &["tracker", "a@b, c@d"]);
        check("HOST", |c| c.host, &[("::1", "::1".into()), ("localhost", "localhost".into())], &["", "a b"]);
    }

    #[test]
    fn mail_needs_a_sender_and_a_server() {
        let set = |from: &'static str| {
            Config::from_lookup(&move |asked| match asked {
                "SMTP_URL" => Some("smtp://localhost".into()),
                "MAIL_FROM" => Some(from.into()).filter(|from: &String| !from.is_empty()),
                _ => None,
            })
        };
        assert_eq!(set("a@example.com").unwrap().smtp_url.as_deref(), Some("smtp://localhost"));
        assert!(set("").unwrap_err().to_string().starts_with("MAIL_FROM has to be set"));
    }

    #[test]
    fn words_are_checked() {
        check("LOG_FORMAT", |c| c.log_format, &[("json", LogFormat::Json)], &["", "JSON", "xml"]);
        check(
            "LOG",
            |c| c.log,
            &[("fasttrack=debug,warn", "fasttrack=debug,warn".into())],
            &["", "fasttrack=loud", "verbose", "fasttrack", "info,all"],
        );
        check(
            "SECRET_KEY",
            |c| c.secret_key.is_some(),
            &[(&"x".repeat(32), true)],
            &["", &"x".repeat(31), "change-me-to-a-random-secret"],
        );
    }

    #[test]
    fn an_error_says_what_is_wrong_and_no_secret() {
        let error = load("PORT", "http").unwrap_err().to_string();
        assert_eq!(error, "PORT has to be a port number from 0 to 65535, not \"http\"");
        for name in ["SECRET_KEY", "DATABASE_URL", "REDIS_URL", "SMTP_URL"] {
            assert!(!load(name, "hunter2://me").unwrap_err().to_string().contains("hunter2"), "{name}");
        }
    }
}
