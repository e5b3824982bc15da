//! Settings: what stops the start, where they come from, and the secret that is made when there is none.

use std::{fs, os::unix::fs::PermissionsExt, path::PathBuf};

use serde_json::{Value, json};

use crate::driver::{Refusal, Settings, TestApp, sqlite_only, unique_email};

#[track_caller]
fn check_refused(name: &str, value: &str) {
    let refusal = Settings::new().set(name, value).refused();
    assert!(refusal.code.is_some_and(|code| code != 0), "{name}={value}: exit code {:?}", refusal.code);
    assert!(refusal.stderr.contains(name), "{name}={value}: the message does not name it: {}", refusal.stderr);
}

#[test]
fn a_variable_that_does_not_parse_stops_the_start() {
    for (name, values) in [
        ("PORT", &["http", "-1", "65536", "80.5"][..]),
        ("RATE_LIMIT_REQUESTS", &["many", "-1", "1.5"]),
        ("RATE_LIMIT_WINDOW", &["a minute", "-1"]),
        ("BCRYPT_COST", &["3", "16", "twelve"]),
        ("ACCESS_TOKEN_EXPIRE_MINUTES", &["soon", "-1"]),
        ("REFRESH_TOKEN_EXPIRE_DAYS", &["a week", "-1"]),
        ("SESSION_MAX_DAYS", &["-1", "3651", "a month"]),
        ("REFRESH_GRACE_SECONDS", &["61", "a while"]),
        ("SECRET_KEY_PREVIOUS", &["short", "change-me-to-a-random-secret"]),
        ("HOST", &["127.0.0.1:8000", "[::1", "http://localhost"]),
        ("PUBLIC_URL", &["x.example", "/tracker", "https://x.example/?a", "ftp://x.example"]),
        ("CORS_ORIGINS", &["http://localhost:3000", "{}", "[1]", "[\"http://a\"", "[\"https://a.example/app\"]"]),
        ("CORS_HEADERS", &["authorization", "{}", "[\"a b\"]"]),
        ("TRUSTED_PROXIES", &["proxy", "10.0.0.0/33", "300.1.1.1"]),
        ("DATABASE_URL", &["mysql://localhost/x", "t.db"]),
        ("LOG_FORMAT", &["xml"]),
        ("MAX_BODY_BYTES", &["64 KiB", "-1"]),
        ("AUTO_MIGRATE", &["maybe"]),
    ] {
        for value in values {
            check_refused(name, value);
        }
    }
}

#[test]
fn an_access_token_may_not_outlive_its_session() {
    let settings = Settings::new().set("REFRESH_TOKEN_EXPIRE_DAYS", "1");
    let refusal = settings.set("ACCESS_TOKEN_EXPIRE_MINUTES", "1441").refused();
    assert!(refusal.stderr.contains("ACCESS_TOKEN_EXPIRE_MINUTES has to be at most 1440"), "{}", refusal.stderr);
    Settings::new().set("REFRESH_TOKEN_EXPIRE_DAYS", "1").set("ACCESS_TOKEN_EXPIRE_MINUTES", "1440").start();
}

#[test]
fn a_weak_secret_stops_the_start() {
    for secret in ["short", &"x".repeat(31), "change-me-to-a-random-secret"] {
        check_refused("SECRET_KEY", secret);
        let refusal = Settings::new().set("SECRET_KEY", secret).refused();
        assert!(secret.len() < 10 || !refusal.stderr.contains("xxxxxxxxxx"), "the secret is in: {}", refusal.stderr);
    }
    Settings::new().set("SECRET_KEY", "x".repeat(32)).start();
}

/// What lies beside the database besides itself.
fn beside(settings: &Settings) -> Vec<PathBuf> {
    let entries = fs::read_dir(settings.directory()).expect("the directory is there");
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.retain(|path| !["t.db", "t.db-wal", "t.db-shm", ".env"].iter().any(|name| path.ends_with(name)));
    paths
}

#[test]
fn a_secret_is_made_once_and_kept() {
    let app = Settings::new().start();
    let person = app.person();
    let made = beside(app.settings());
    let keys: Vec<_> = made.iter().filter(|path| fs::read(path).is_ok_and(|bytes| bytes.len() >= 32)).collect();
    assert_eq!(keys.len(), 1, "one file holds the secret: {made:?}");
    let permissions = || fs::metadata(keys[0]).unwrap().permissions().mode() & 0o777;
    assert_eq!(permissions(), 0o600);
    let before = fs::read(keys[0]).unwrap();

    let app = app.kill().start();
    app.get("/users/me").by(&person).ok();
    assert_eq!((fs::read(keys[0]).unwrap(), permissions()), (before, 0o600));

    let other = Settings::new().start();
    let other_key = fs::read(&beside(other.settings())[0]).unwrap();
    assert_ne!(fs::read(keys[0]).unwrap(), other_key, "two databases, two secrets");
    other.get("/users/me").by(&person).refused(401);
}

#[test]
fn a_given_secret_leaves_no_file() {
    let app = Settings::new().set("SECRET_KEY", "a secret from the environment, long enough").start();
    app.person();
    assert_eq!(beside(app.settings()), Vec::<PathBuf>::new());
}

fn write_env(settings: &Settings, text: &str) {
    fs::write(settings.directory().join(".env"), text).expect("the file is written");
}

#[test]
fn the_environment_beats_the_file() {
    let settings = Settings::new();
    write_env(&settings, "# settings\nBCRYPT_COST=99\n");
    settings.start();
    let refusal = settings.unset("BCRYPT_COST").refused();
    assert!(refusal.stderr.contains("BCRYPT_COST"), "{}", refusal.stderr);

    let settings = Settings::new();
    write_env(&settings, "MAX_BODY_BYTES=100\nCORS_ORIGINS='[\"https://app.example.com\"]'\n");
    let too_long = json!({ "email": unique_email(), "password": "p".repeat(200) });
    settings.start().post("/auth/register", &too_long).refused(413);
    settings.set("MAX_BODY_BYTES", "1000").start().post("/auth/register", &too_long).created();
}

/// The key is what signs tokens, so that another one is noticed.
#[test]
fn the_file_is_read_literally() {
    let key = "abcd$efgh${HOME}#$(id)-0123456789";
    let settings = Settings::new();
    for line in [format!("SECRET_KEY={key}"), format!("SECRET_KEY=\"{key}\""), format!("SECRET_KEY='{key}'\r")] {
        write_env(&settings, &format!("{line}\nMAIL_FROM='Tracker <a@b.example>'\n"));
        let person = settings.start().person();
        settings.clone().set("SECRET_KEY", key).start().get("/users/me").by(&person).ok();
    }
    assert!(!settings.directory().join("t.db.key").exists());
}

#[test]
fn what_is_wrong_with_the_file_is_named() {
    let key = "hunter2hunter2hunter2hunter2hunter2";
    for (text, names) in [
        (format!("\u{feff}SECRET_KEY={key}"), ".env, line 1: "),
        (format!("\nSECRET_KEY={key}\\n"), ".env, line 2: SECRET_KEY: "),
        (format!("SECRET_KEY={key} {key}"), ".env, line 1: SECRET_KEY: "),
        (format!("SECRET_KEY={key} # mine"), ".env, line 1: SECRET_KEY: "),
        (format!("SECRET_KEY=\"{key}"), ".env, line 1: SECRET_KEY: "),
        (format!("SECRET_KEY={key}\nSECRET_KEY={key}"), ".env, line 2: SECRET_KEY: line 1 says it already"),
        (format!("export SECRET_KEY={key}"), ".env, line 1: SECRET_KEY: "),
        (format!("LOG=info\nSECRET_KEY {key}"), ".env, line 2: SECRET_KEY: "),
        ("SECRET_KEY=hunter2".into(), "SECRET_KEY has to be at least 32 bytes"),
        ("LOG=info\n\nMAX_BODY_BYTES=hunter3".into(), "not \"hunter3\" (.env, line 3)"),
    ] {
        let settings = Settings::new();
        write_env(&settings, &text);
        let Refusal { code, stderr } = settings.refused();
        assert!(code == Some(1) && stderr.lines().count() == 1 && stderr.contains(names), "{text:?}: {stderr}");
        assert!(!stderr.contains("hunter2"), "the secret is in: {stderr}");
    }
    let settings = Settings::new();
    fs::create_dir(settings.directory().join(".env")).unwrap();
    assert!(settings.refused().stderr.contains("the file .env cannot be read"));
}

#[test]
fn a_name_that_is_nearly_a_settings_is_warned_of() {
    let settings = Settings::new().set("LOG_FORMAT", "json");
    write_env(&settings, "PROT=1\nRUST_LOG=off\n\nDATABSE_URL=sqlite://hunter2.db\nPOSTGRES_PASSWORD=hunter2\n");
    let app = settings.start();
    let lines = app.log();
    let lines = lines.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let warnings: Vec<_> = lines.filter(|line| line["message"].as_str().unwrap().contains("is no setting")).collect();
    assert!(warnings.iter().all(|line| line["level"] == "WARN"), "{warnings:?}");
    let told: Vec<_> = warnings.iter().map(|line| line["message"].as_str().unwrap()).collect();
    let expected = [
        ".env, line 1: PROT is no setting, and has no effect; did you mean PORT?",
        ".env, line 4: DATABSE_URL is no setting, and has no effect; did you mean DATABASE_URL?",
    ];
    assert_eq!(told, expected);
    let output = app.run(&["routes"], "");
    assert!(output.status.success() && output.stderr.is_empty(), "it needs no settings: {output:?}");
}

#[test]
fn the_database_lies_where_the_url_says() {
    let elsewhere = tempfile::tempdir().unwrap();
    let path = elsewhere.path().join("deep.db");
    let settings = Settings::new().set("DATABASE_URL", format!("sqlite://{}", path.display()));
    let person = settings.start().person();
    assert!(path.is_file(), "sqlite:///… is absolute");
    assert!(elsewhere.path().read_dir().unwrap().count() >= 2, "the secret is beside the database");
    assert_eq!(settings.directory().read_dir().unwrap().count(), 0, "something was written elsewhere");
    settings.start().get("/users/me").by(&person).ok();

    let settings = Settings::new().set("DATABASE_URL", "sqlite://relative.db");
    settings.start();
    assert!(settings.directory().join("relative.db").is_file(), "sqlite://… is relative to the working directory");
}

#[test]
fn the_body_limit_is_a_setting() {
    let app = Settings::new().set("MAX_BODY_BYTES", "200").start();
    let person = app.person();
    let body = |length: usize| format!("{{\"name\":\"{}\"}}", "n".repeat(length - 11));
    let create = |length: usize| app.api("POST", "/projects").body("application/json", body(length)).by(&person).send();
    create(200).expect(201);
    create(201).problem(413);
}

#[test]
fn lifetimes_are_settings() {
    let app = Settings::new().set("ACCESS_TOKEN_EXPIRE_MINUTES", "3").set("REFRESH_TOKEN_EXPIRE_DAYS", "2").start();
    let person = app.person();
    let body = json!({ "email": person.email, "password": person.password });
    assert_eq!(app.post("/auth/login", &body).ok()["expires_in"], 180);
}

#[test]
fn the_cost_of_hashes_may_change() {
    let app = Settings::new().start();
    let person = app.person();
    let app: TestApp = app.kill().set("BCRYPT_COST", "5").start();
    for _ in 0..2 {
        app.login(&person.email, &person.password);
    }
    let wrong = json!({ "email": person.email, "password": "another password" });
    app.post("/auth/login", &wrong).refused(401);
}

#[test]
fn a_second_server_on_one_database_is_refused() {
    sqlite_only!("it is about the file of a database");
    let app = Settings::new().start();
    let person = app.person();
    let refusal = app.settings().refused();
    assert!(refusal.code.is_some_and(|code| code != 0) && refusal.stderr.contains("t.db"), "{}", refusal.stderr);
    app.get("/users/me").by(&person).ok();
    let settings = app.kill();
    settings.start().get("/users/me").by(&person).ok();
}

#[test]
fn tables_are_not_made_unless_they_may_be() {
    let settings = Settings::new().set("AUTO_MIGRATE", "false");
    let refusal = settings.refused();
    assert!(refusal.stderr.contains("AUTO_MIGRATE"), "{}", refusal.stderr);
    assert!(!settings.directory().join("t.db").exists(), "an empty file was made");
    let settings = settings.unset("AUTO_MIGRATE").start().kill();
    settings.set("AUTO_MIGRATE", "false").start();
}

#[test]
fn a_file_that_is_no_database_of_ours_is_left_as_it_was() {
    sqlite_only!("it is about the file of a database");
    let settings = Settings::new();
    let file = settings.directory().join("t.db");
    let text = b"Dear diary, this is no database at all.\n".repeat(200);
    fs::write(&file, &text).unwrap();
    let refusal = settings.refused();
    assert!(refusal.stderr.contains("t.db"), "{}", refusal.stderr);
    assert_eq!(fs::read(&file).unwrap(), text);
}

#[test]
fn a_damaged_database_is_left_as_it_was() {
    sqlite_only!("it is about the file of a database");
    let app = Settings::new().set("RATE_LIMIT_REQUESTS", "0").start();
    let person = app.person();
    for _ in 0..100 {
        app.post("/projects", &json!({ "name": "x".repeat(200), "description": "y".repeat(1000) }))
            .by(&person)
            .created();
    }
    let file = app.settings().directory().join("t.db");
    let mut app = app;
    app.terminate();
    assert_eq!(app.wait(), Some(0));
    let settings = app.settings().clone();
    let mut bytes = fs::read(&file).unwrap();
    let middle = bytes.len() / 4096 / 2 * 4096;
    bytes[middle..middle + 4096].fill(0xA5);
    fs::write(&file, &bytes).unwrap();
    let refusal = settings.refused();
    assert!(refusal.stderr.contains("t.db") && refusal.stderr.contains("damaged"), "{}", refusal.stderr);
    let output = settings.run(&["migrate", "up"], "");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && stderr.contains("damaged") && stderr.lines().count() == 1, "{output:?}");
    assert_eq!(fs::read(&file).unwrap(), bytes);
    fs::write(&file, &bytes[..middle]).unwrap();
    let refusal = settings.refused();
    assert!(refusal.stderr.contains("restore a copy"), "{}", refusal.stderr);
}

#[test]
fn a_table_that_was_altered_by_hand_is_noticed() {
    use fasttrack::db::Statement;

    let alter = |settings: &Settings, sql: &'static str| settings.execute(Statement::new(sql, Vec::new()));
    let settings = Settings::new().start().kill();
    alter(&settings, "DROP INDEX users_email_unique");
    let app = settings.start();
    let person = app.person();
    app.post("/auth/register", &json!({ "email": person.email, "password": "correct horse" })).refused(409);
    let settings = app.kill();
    alter(&settings, "ALTER TABLE comments RENAME COLUMN body TO words");
    let refusal = settings.refused();
    assert!(refusal.stderr.contains("comments"), "{}", refusal.stderr);
    alter(&settings, "DROP TABLE comments");
    assert!(settings.refused().stderr.contains("comments"));
}

#[test]
fn a_list_in_dot_env_is_written_as_in_the_environment() {
    let settings = Settings::new().unset("CORS_ORIGINS");
    fs::write(settings.directory().join(".env"), "CORS_ORIGINS=[\"http://a.example\"]\n").unwrap();
    let app = settings.start();
    let reply = app.at("GET", "/health").header("origin", "http://a.example").send();
    assert_eq!(reply.header("access-control-allow-origin"), Some("http://a.example"));
}
