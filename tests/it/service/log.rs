//! The log: one line a request, for people or for machines, and nothing secret in it.

use std::{collections::BTreeMap, fmt};

use fasttrack::db::Dialect;
use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::Value;

use crate::driver::{Settings, TestApp, dialect, wait_until};

/// The line that this request left.
fn line_of(app: &TestApp, request_id: &str) -> Value {
    let mut found = None;
    wait_until("the request is in the log", || {
        let log = app.log();
        let lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        found = lines.into_iter().find(|line| line["request_id"] == *request_id);
        found.is_some()
    });
    found.unwrap()
}

#[test]
fn a_request_leaves_one_line_that_says_what_it_cost() {
    let app = Settings::new().set("LOG_FORMAT", "json").start();
    let person = app.person();
    let project = app.project(&person);
    let reply = app.get(&format!("/projects/{project}")).by(&person).send();
    let line = line_of(&app, reply.header("x-request-id").expect("a request id"));
    let fields = &line;
    assert_eq!((&fields["method"], &fields["status"]), (&"GET".into(), &200.into()));
    assert_eq!(fields["path"], format!("/api/v1/projects/{project}"));
    assert_eq!(fields["route"], "/api/v1/projects/{id}");
    assert_eq!(fields["user"], person.id);
    assert_eq!(fields["sql_count"], 1, "one statement reads a row: {fields}");
    let ms = |key: &str| fields[key].as_f64().unwrap_or_else(|| panic!("{key} is no number in {fields}"));
    assert!(0.0 < ms("sql_ms") && ms("sql_ms") <= ms("ms"), "{fields}");
    for key in ["ms", "sql_ms"] {
        let shown = fields[key].to_string();
        assert!(shown.split_once('.').is_none_or(|(_, decimals)| decimals.len() <= 3), "{key}={shown}");
    }

    let reply = app.at("GET", "/health").send();
    let line = line_of(&app, reply.header("x-request-id").expect("a request id"));
    assert_eq!(line["sql_count"], 0);
    assert_eq!(line["user"], Value::Null);
}

#[test]
fn a_line_names_the_route_and_never_the_query() {
    let app = Settings::new().set("LOG", "trace").set("LOG_FORMAT", "json").start();
    for (target, route) in [
        ("/health?made=up-query", "/health"),
        ("/api/v1/tasks/7?made=up-query", "/api/v1/tasks/{id}"),
        ("/api/v1/projects?sort=up-query", "/api/v1/projects"),
        ("/nowhere/7?made=up-query", "unmatched"),
    ] {
        let reply = app.at("GET", target).send();
        let line = line_of(&app, reply.header("x-request-id").expect("a request id"));
        assert_eq!(line["route"], route, "{line}");
        assert_eq!(line["path"], target.split('?').next().unwrap());
    }
    assert!(!app.log().contains("up-query"), "a query string is in the log");
}

#[test]
fn nothing_secret_is_logged() {
    let app = Settings::new().set("LOG", "trace").set("LOG_FORMAT", "json").start();
    let person = app.person();
    let query = format!("/health?token={}", person.pair.access);
    app.at("GET", &query).send().expect(422);
    app.get("/users/me").by(&person).ok();
    app.post("/auth/login", &serde_json::json!({ "email": person.email, "password": "wrong-and-secret" })).send();
    wait_until("the last request is in the log", || app.log().contains("\"status\":401"));
    let log = app.log();
    for (what, secret) in [
        ("the access token", person.pair.access.as_str()),
        ("the refresh token", person.pair.refresh.as_str()),
        ("the password", person.password.as_str()),
        ("a wrong password", "wrong-and-secret"),
    ] {
        assert!(!log.contains(secret), "{what} is in the log");
    }
}

/// An object that says nothing twice.
struct Line(BTreeMap<String, Value>);

impl<'de> Deserialize<'de> for Line {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Once;

        impl<'de> Visitor<'de> for Once {
            type Value = Line;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object without a key that stands twice")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Line, A::Error> {
                let mut line = BTreeMap::new();
                while let Some((key, value)) = entries.next_entry::<String, Value>()? {
                    if line.insert(key.clone(), value).is_some() {
                        return Err(serde::de::Error::custom(format!("{key} stands twice")));
                    }
                }
                Ok(Line(line))
            }
        }

        deserializer.deserialize_map(Once)
    }
}

/// What every line is.
#[track_caller]
fn check_lines<'a>(lines: impl IntoIterator<Item = &'a str>) -> Vec<BTreeMap<String, Value>> {
    let check = |text: &str| {
        let Line(line) = serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"));
        for key in ["timestamp", "level", "target"] {
            assert!(line.get(key).is_some_and(Value::is_string), "{key} is not in {text}");
        }
        line
    };
    lines.into_iter().map(check).collect()
}

#[test]
fn a_log_for_machines_holds_nothing_else() {
    let mut app = Settings::new().set("LOG", "trace").set("LOG_FORMAT", "json").start();
    let person = app.person();
    app.get("/users/me").by(&person).ok();
    app.terminate();
    assert_eq!(app.wait(), Some(0));
    let said = check_lines(app.said().iter().map(String::as_str));
    let [listens] = &said[..] else { panic!("{said:?}") };
    let words = format!("fasttrack listens on http://{0}, docs at http://{0}/docs", app.address());
    assert_eq!((&listens["level"], &listens["message"]), (&"INFO".into(), &words.into()));
    let log = check_lines(app.log().lines());
    assert!(log.iter().any(|line| line.get("message").is_some_and(|words| words == "stopped")), "{log:?}");
}

#[test]
fn what_prevents_a_start_is_told_in_the_shape_of_the_log() {
    let app = Settings::new().start();
    let json = |settings: &Settings| settings.clone().set("LOG_FORMAT", "json");
    let elsewhere = Settings::new();
    let is_file = dialect() == Dialect::Sqlite;
    // Any number of servers may have a database that is no file.
    let second = is_file.then(|| (json(app.settings()), &[][..], "another server runs on t.db"));
    let no_copy = if is_file { "there is no database at t.db" } else { "`pg_dump --format=custom" };
    let others = [
        (json(&elsewhere).set("PORT", "http"), &["serve"][..], "PORT has to be a port number"),
        (json(&elsewhere).set("LOG", "loud"), &["migrate", "status"], "LOG has to be a log filter"),
        (json(&elsewhere), &["backup", "copy.db"], no_copy),
        (json(&elsewhere), &["migrate", "bogus"], "unrecognized subcommand 'bogus'"),
        (json(&elsewhere), &["explain", "taks"], "there are comments, projects, tasks, users"),
    ];
    for (settings, arguments, words) in second.into_iter().chain(others) {
        let output = settings.run(arguments, "");
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success(), "{arguments:?}: {stderr}");
        let lines = check_lines(stderr.lines());
        let [line] = &lines[..] else { panic!("{arguments:?}: {stderr}") };
        assert!(line["level"] == "ERROR" && line["message"].as_str().unwrap().contains(words), "{stderr}");
    }
    let from_file = Settings::new();
    std::fs::write(from_file.directory().join(".env"), "LOG_FORMAT=json\nPORT=http\n").unwrap();
    let refusal = from_file.unset("PORT").refused();
    assert_eq!(check_lines(refusal.stderr.lines()).len(), 1, "{}", refusal.stderr);
}
