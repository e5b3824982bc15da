//! What each variable takes and refuses.

use super::{Config, ConfigError, DatabaseUrl, LogFormat};

fn load(name: &str, value: &str) -> Result<Config, ConfigError> {
    Config::from_lookup(&|asked| (asked == name).then(|| value.to_owned()))
}

#[track_caller]
fn check<T: PartialEq + std::fmt::Debug>(name: &str, get: fn(Config) -> T, accepted: &[(&str, T)], refused: &[&str]) {
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
    assert_eq!(config.database, DatabaseUrl::Sqlite("fasttrack.db".into()));
    assert_eq!((config.database_pool, config.database_prepared), (16, true));
    assert_eq!((config.access_token_expire_minutes, config.refresh_token_expire_days), (15, 7));
    assert_eq!(config.cors_origins, ["http://localhost:3000"]);
    let headers = "authorization content-type idempotency-key if-match if-none-match x-request-id traceparent tracestate \
                   baggage sentry-trace";
    assert_eq!(config.cors_headers, headers.split(' ').collect::<Vec<_>>());
    assert_eq!(config.public_url, None);
    assert_eq!((config.rate_limit_requests, config.rate_limit_window_s), (100, 60));
    assert_eq!(config.sockets_per_user, 32);
    assert_eq!((config.bcrypt_cost, config.max_body_bytes, config.auto_migrate), (12, 65_536, true));
    assert_eq!((config.log.as_str(), config.log_format), ("info", LogFormat::Text));
    assert!(config.secret_key.is_none() && config.trusted_proxies.is_empty());
    assert_eq!((config.redis_url, config.smtp_url, config.mail_from), (None, None, None));
}

#[test]
fn numbers_have_bounds() {
    check("PORT", |c| c.port, &[("0", 0), ("65535", 65_535)], &["", "65536", "-1", "+80", " 80", "80 ", "0x50", "a"]);
    check("BCRYPT_COST", |c| c.bcrypt_cost, &[("4", 4), ("15", 15)], &["", "3", "16", "12.0"]);
    check("RATE_LIMIT_REQUESTS", |c| c.rate_limit_requests, &[("0", 0)], &["-1", "1000001", "99999999999"]);
    check("STREAMS", |c| c.streams, &[("1", 1), ("100", 100)], &["", "0", "101", "some"]);
    check("STREAM_SECONDS", |c| c.stream_s, &[("1", 1), ("86400", 86_400)], &["", "0", "86401", "5m"]);
    check("SOCKETS_PER_USER", |c| c.sockets_per_user, &[("1", 1), ("10000", 10_000)], &["", "0", "10001", "many"]);
    check("RATE_LIMIT_WINDOW", |c| c.rate_limit_window_s, &[("1", 1)], &["0", "60s"]);
    check("ACCESS_TOKEN_EXPIRE_MINUTES", |c| c.access_token_expire_minutes, &[("1", 1)], &["0", "1.5"]);
    check("REFRESH_TOKEN_EXPIRE_DAYS", |c| c.refresh_token_expire_days, &[("30", 30)], &["0", "3651"]);
    check("SESSION_MAX_DAYS", |c| c.session_max_days, &[("0", 0), ("3650", 3_650)], &["", "3651", "-1", "1.5"]);
    check("REFRESH_GRACE_SECONDS", |c| c.refresh_grace_s, &[("0", 0), ("60", 60)], &["", "61", "-1", "1.5"]);
    check("MAX_BODY_BYTES", |c| c.max_body_bytes, &[("1", 1), ("1048576", 1 << 20)], &["0", "64KiB"]);
    check("AUTO_MIGRATE", |c| c.auto_migrate, &[("true", true), ("false", false)], &["", "yes", "1", "True"]);
}

#[test]
fn addresses_are_checked() {
    check(
        "DATABASE_URL",
        |c| c.database.to_string(),
        &[
            ("sqlite://a.db", "sqlite://a.db".into()),
            ("sqlite:///var/a.db", "sqlite:///var/a.db".into()),
            ("sqlite://d/a", "sqlite://d/a".into()),
            ("postgres://ada@h/d", "postgres://ada@h:5432/d".into()),
            ("postgresql://ada:secret@h:6432/d?sslmode=require", "postgres://ada@h:6432/d".into()),
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
            "postgres://",
            "postgres://h",
            "postgres://ada:p@ss@h/d",
            "postgres://h/d?sslmode=maybe",
            "mysql://h/d",
            "sqlite://a.db?mode=ro",
            "sqlite://file:a.db",
            "sqlite://file:///a.db",
            "sqlite://.",
            "sqlite://..",
            "sqlite:///a/..",
        ],
    );
    let redis = "redis://:hunter2@h:1/2";
    check("REDIS_URL", |c| c.redis_url, &[("", None), (redis, redis.parse().ok())], &["h", "redis://", "redis://h:p"]);
    check("SMTP_URL", |c| c.smtp_url, &[("", None)], &["http://h", "smtp:// h", "smtp://h?tls=perhaps", "smtp://h:x"]);
    let sender = "Tracker <tracker@example.com>";
    check("MAIL_FROM", |c| c.mail_from, &[("", None), (sender, Some(sender.into()))], &["tracker", "a@b, c@d"]);
}

#[test]
fn places_are_checked() {
    check(
        "HOST",
        |c| c.host,
        &[
            ("::1", "::1".into()),
            ("[::1]", "::1".into()),
            ("[fe80::1%eth0]", "fe80::1%eth0".into()),
            ("0.0.0.0", "0.0.0.0".into()),
            ("localhost", "localhost".into()),
        ],
        &["", "a b", "[]", "[::1", "[a]", "[127.0.0.1]", "[::1]:80", "127.0.0.1:80", "localhost:80", "http://a"],
    );
    check(
        "PUBLIC_URL",
        |c| c.public_url.map(|url| url.to_string()),
        &[("", None), ("https://x.example/tracker/", Some("https://x.example/tracker".into()))],
        &["x.example", "https://x.example?a", "ftp://x.example"],
    );
    let list = |items: &[&str]| items.iter().map(|&item| item.to_owned()).collect::<Vec<_>>();
    check(
        "CORS_ORIGINS",
        |c| c.cors_origins,
        &[("[]", vec![]), (r#"["*","HTTPS://A.Example:443/"]"#, list(&["*", "https://a.example"]))],
        &["", "*", r#"["a.example"]"#, r#"["http://a/b"]"#, "[1]"],
    );
    check(
        "CORS_HEADERS",
        |c| c.cors_headers,
        &[("[]", vec![]), (r#"["X-Mine"]"#, list(&["x-mine"]))],
        &["", "x-mine", r#"["x mine"]"#],
    );
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
    check(
        "SECRET_KEY_PREVIOUS",
        |c| c.secret_key_previous.is_some(),
        &[("", false), (&"x".repeat(32), true)],
        &[&"x".repeat(31), "change-me-to-a-random-secret"],
    );
}

#[test]
fn no_access_token_outlives_its_session() {
    let minutes = |minutes: &'static str| {
        Config::from_lookup(&move |asked| match asked {
            "ACCESS_TOKEN_EXPIRE_MINUTES" => Some(minutes.to_owned()),
            "REFRESH_TOKEN_EXPIRE_DAYS" => Some("1".to_owned()),
            _ => None,
        })
    };
    assert!(minutes("1440").is_ok());
    let error = minutes("1441").unwrap_err().to_string();
    assert!(error.starts_with("ACCESS_TOKEN_EXPIRE_MINUTES has to be at most 1440"), "{error}");
}

#[test]
fn what_concerns_a_server_is_refused_for_a_file() {
    let with = |url: &'static str, name: &'static str, value: &'static str| {
        Config::from_lookup(&move |asked| match asked {
            "DATABASE_URL" => Some(url.to_owned()),
            asked => (asked == name).then(|| value.to_owned()),
        })
    };
    for (name, value, wrong) in [
        ("DATABASE_POOL", "8", ["0", "1", "1001", "", "many"]),
        ("DATABASE_PREPARED", "false", ["", "no", "1", "False", "off"]),
    ] {
        let error = with("sqlite://a.db", name, value).unwrap_err().to_string();
        assert!(error.starts_with(&format!("{name} is for PostgreSQL alone")), "{error}");
        let config = with("postgres://h/d", name, value).unwrap();
        assert_ne!((config.database_pool, config.database_prepared), (16, true), "{name}");
        for value in wrong {
            let error = with("postgres://h/d", name, value).unwrap_err().to_string();
            assert!(error.starts_with(&format!("{name} has to be ")), "{error}");
        }
    }
}

#[test]
fn an_error_says_what_is_wrong_and_no_secret() {
    let error = load("PORT", "http").unwrap_err().to_string();
    assert_eq!(error, "PORT has to be a port number from 0 to 65535, not \"http\"");
    for name in ["SECRET_KEY", "SECRET_KEY_PREVIOUS", "DATABASE_URL", "REDIS_URL", "SMTP_URL"] {
        assert!(!load(name, "hunter2://me").unwrap_err().to_string().contains("hunter2"), "{name}");
    }
    for rest in ["", "?sslmode=maybe", ":port/d", "/d?unknown=1"] {
        let error = load("DATABASE_URL", &format!("postgres://ada:hunter2@h{rest}")).unwrap_err().to_string();
        assert!(error.starts_with("DATABASE_URL has to be the address of a PostgreSQL database: "), "{error}");
        assert!(!error.contains("hunter2"), "{error}");
    }
    let config = load("DATABASE_URL", "postgres://ada:hunter2@h/d").unwrap();
    assert!(!format!("{config:?}{}", config.database).contains("hunter2"));
}
