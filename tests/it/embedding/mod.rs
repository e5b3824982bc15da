//! Applications inside a service of somebody else's, with routes, state and an end of its own.

mod host;

use fasttrack::{
    app::StartError,
    testing::{Value, json},
};

use self::host::Host;
use crate::driver::wait_until;

/// Method, path, status, content type; `allow` where the answer has it.
type Expected = (&'static str, &'static str, u16, &'static str, Option<&'static str>);

const PROBLEM: &str = "application/problem+json";

#[test]
fn each_answers_for_what_is_its_own() {
    let host = Host::start();
    let expected: [Expected; 18] = [
        ("GET", "/hello", 200, "text/plain; charset=utf-8", None),
        ("GET", "/nowhere", 404, "text/plain", None),
        ("POST", "/hello", 405, "text/plain", Some("GET")),
        ("GET", "/health", 200, "application/json", None),
        ("POST", "/health", 405, PROBLEM, Some("GET, HEAD, OPTIONS")),
        ("GET", "/api/v1/projects", 401, PROBLEM, None),
        ("HEAD", "/api/v1/projects", 401, PROBLEM, None),
        ("DELETE", "/api/v1/projects", 405, PROBLEM, Some("GET, HEAD, OPTIONS, POST")),
        ("OPTIONS", "/api/v1/projects", 204, "", Some("GET, HEAD, OPTIONS, POST")),
        ("GET", "/api/v1/projects/", 404, PROBLEM, None),
        ("GET", "/api/v1/projects/1/nothing", 404, PROBLEM, None),
        ("GET", "/api/v1/nowhere", 404, PROBLEM, None),
        ("GET", "/api/v1", 404, PROBLEM, None),
        ("GET", "/api/v1/own", 200, "text/plain; charset=utf-8", None),
        ("GET", "/second/ready", 200, "application/json", None),
        ("GET", "/second/api/v1/nowhere", 404, PROBLEM, None),
        ("PUT", "/second/api/v1/users/1", 405, PROBLEM, Some("GET, HEAD, OPTIONS, PATCH")),
        ("GET", "/second/nowhere", 404, "text/plain", None),
    ];
    for (method, path, status, kind, allow) in expected {
        let answer = host.ask(method, path, None, "");
        assert_eq!((answer.status, answer.kind.as_str()), (status, kind), "{method} {path}: {}", answer.text);
        assert_eq!(answer.header("allow"), allow, "{method} {path}");
        let is_ours = kind == PROBLEM || kind == "application/json";
        assert_eq!(answer.header("x-request-id").is_some(), is_ours || kind.is_empty(), "{method} {path}");
    }
    let detail = |path| host.ask("GET", path, None, "").json()["detail"].clone();
    assert_eq!(detail("/second/api/v1/nowhere"), "there is no route /second/api/v1/nowhere");
}

#[test]
fn state_of_the_program_reaches_handlers_and_accounts_reach_the_program() {
    let host = Host::start();
    let token = host.account("", "ada");
    let greeting = host.ask("GET", "/api/v1/greeting", Some(&token), "");
    assert_eq!((greeting.status, greeting.json()), (200, json!("good day, 1")));
    assert_eq!(host.ask("GET", "/whoami", Some(&token), "").text, "1");
    assert_eq!(host.ask("GET", "/whoami", None, "").text, "nobody");
    assert_eq!(host.ask("GET", "/whoami", Some("forged"), "").text, "not you");
}

#[test]
fn two_applications_share_nothing() {
    let host = Host::start();
    let (ada, eve) = (host.account("", "ada"), host.account("/second", "eve"));
    assert_eq!(host.ask("POST", "/api/v1/projects", Some(&ada), r#"{"name": "Apollo"}"#).status, 201);
    assert_eq!(host.ask("GET", "/second/api/v1/projects", Some(&ada), "").status, 401, "a key is of one application");
    let listed = |prefix: &str, token| host.ask("GET", &format!("{prefix}/api/v1/projects"), Some(token), "").json();
    assert_eq!(listed("", &ada)["items"][0]["name"], "Apollo");
    assert_eq!(listed("/second", &eve)["items"], json!([]));
    let counted = |prefix: &str| host.ask("GET", &format!("{prefix}/metrics"), None, "").text;
    let line = r#"fasttrack_requests_total{method="POST",route="/api/v1/projects",status="201"} 1"#;
    assert!(counted("").contains(line) && !counted("/second").contains(line));
}

#[test]
fn one_program_has_a_database_open_once() {
    let host = Host::start();
    let token = host.account("", "ada");
    let again = host.embed_again().unwrap_err();
    assert!(matches!(again, StartError::Taken(_)), "{again}");
    assert_eq!(host.ask("GET", "/api/v1/users/me", Some(&token), "").status, 200);
}

#[test]
fn what_goes_on_beside_requests_goes_on_and_ends_when_the_program_says_so() {
    let mut host = Host::start();
    let token = host.account("", "ada");
    host.ask("POST", "/api/v1/projects", Some(&token), r#"{"name": "Apollo"}"#);
    let mut socket = host.socket(&token);
    let task = host.ask("POST", "/api/v1/projects/1/tasks", Some(&token), r#"{"title": "Land", "assignee_id": 1}"#);
    assert_eq!((task.status, host::hear(&mut socket).unwrap()["type"].as_str()), (201, Some("task_assigned")));
    wait_until("the job that counts has run", || {
        host.ask("GET", "/api/v1/projects/1/stats", Some(&token), "").json()["tasks"]["todo"] == 1
    });

    host.first().begin_stop();
    assert_eq!(host::hear(&mut socket).unwrap_err(), 1001);
    assert_eq!(host.ask("GET", "/ready", None, "").status, 503);
    assert_eq!(host.ask("GET", "/api/v1/users/me", Some(&token), "").status, 200, "requests are answered still");
    assert_eq!(host.ask("GET", "/second/ready", None, "").status, 200);

    host.stop_first();
    assert_eq!(host.ask("GET", "/hello", None, "").status, 200, "the program goes on");
    assert_eq!(host.ask("GET", "/api/v1/users/me", Some(&token), "").status, 503);
    let again = host.embed_again().unwrap();
    let name: Value = host.name_of_project(&again);
    assert_eq!(name, "Apollo");
    host.stop(&again);
}

#[test]
fn what_does_not_fit_stops_the_start() {
    let refused = host::refused().to_string();
    assert!(refused.contains("GET /api/v1/projects is there already"), "{refused}");
}
