//! What a start says as long as nobody has an account.

use serde_json::Value;

use crate::driver::{Settings, TestApp, wait_until};

/// Starts, and gives what the log says of the first administrator: the line, once the server answers.
fn said(settings: &Settings) -> (TestApp, Option<String>) {
    let before = settings.log().len();
    let app = settings.start();
    // Whatever a start says is said before it answers.
    let reply = app.at("GET", "/health").send();
    let id = reply.header("x-request-id").expect("a request id").to_owned();
    wait_until("the request is in the log", || app.log().contains(&id));
    let log = app.log().split_off(before);
    let line = log.lines().find(|line| line.contains("user create")).map(str::to_owned);
    assert_eq!(line.is_some(), log.contains("/docs"), "both or neither:\n{log}");
    (app, line)
}

#[test]
fn a_start_says_how_to_begin_until_somebody_has() {
    let mut settings = Settings::new();
    for _ in 0..2 {
        let (app, line) = said(&settings);
        assert!(line.is_some_and(|line| line.contains(" user create --admin you@example.com")));
        settings = app.kill();
    }
    let (app, _) = said(&settings);
    app.person();
    assert_eq!(said(&app.kill()).1, None);
}

#[test]
fn a_log_for_machines_has_it_as_fields() {
    let (app, line) = said(&Settings::new().set("LOG_FORMAT", "json"));
    let line: Value = serde_json::from_str(&line.expect("it is said")).expect("a line is JSON");
    let command = line["command"].as_str().expect("a command");
    let docs = format!("http://{}/docs", app.address());
    let lines = app.log();
    let lines = lines.lines().map(|line| serde_json::from_str::<Value>(line).expect("a line is JSON"));
    assert!(lines.into_iter().any(|line| line["docs"] == docs.as_str()), "{docs} is not in:\n{}", app.log());

    // What it says is what makes one.
    let (program, arguments) = command.split_once(' ').expect("a program and its arguments");
    assert_eq!(program, env!("CARGO_BIN_EXE_fasttrack"));
    let arguments: Vec<_> = arguments.split(' ').collect();
    assert!(app.run(&arguments, "the password\n").status.success(), "{command}");
    let pair = app.login("you@example.com", "the password");
    assert_eq!(app.get("/users/me").token(&pair.access).ok()["role"], "admin");
}

#[test]
fn who_has_an_account_is_told_nothing() {
    let settings = Settings::new();
    assert!(settings.run(&["user", "create", "ada@example.com"], "the password\n").status.success());
    assert_eq!(said(&settings).1, None);
}
