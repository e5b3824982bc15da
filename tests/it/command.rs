//! The command line.

use std::process::Output;

use serde_json::Value;

use crate::driver::{Settings, shared, unique_email};

/// Checks a failure: not zero, and one sentence on standard error that names what is wrong.
#[track_caller]
fn check_failure(output: &Output, mentions: &str) {
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success(), "it succeeded: {output:?}");
    assert!(stderr.contains(mentions), "{mentions:?} is not in: {stderr}");
    assert_eq!(stderr.trim().lines().count(), 1, "not one sentence: {stderr}");
}

#[test]
fn user_create_makes_an_account_beside_a_running_server() {
    let app = shared();
    for (arguments, role, name) in
        [(&[][..], "user", ""), (&["--admin"], "admin", ""), (&["--admin", "--name", "Ada L."], "admin", "Ada L.")]
    {
        let email = unique_email();
        let arguments: Vec<_> = ["user", "create"].iter().chain(arguments).copied().chain([email.as_str()]).collect();
        let output = app.run(&arguments, "the password\n");
        assert!(output.status.success(), "{output:?}");
        let pair = app.login(&email, "the password");
        let me = app.get("/users/me").token(&pair.access).ok();
        assert_eq!((me["role"].as_str(), me["display_name"].as_str()), (Some(role), Some(name)));
        for stream in [&output.stdout, &output.stderr] {
            assert!(!String::from_utf8_lossy(stream).contains("the password"), "{output:?}");
        }
    }
}

#[test]
fn user_create_makes_the_first_account_of_a_new_database() {
    let settings = Settings::new();
    let output = settings.run(&["user", "create", "--admin", "first@example.com"], "the password\n");
    assert!(output.status.success(), "{output:?}");
    settings.start().login("first@example.com", "the password");
}

/// Each of them finds that there is no schema yet.
#[test]
fn accounts_may_be_made_side_by_side_in_a_new_database() {
    let settings = Settings::new();
    std::thread::scope(|scope| {
        for number in 0..4 {
            let settings = &settings;
            scope.spawn(move || {
                let output = settings.run(&["user", "create", &format!("u{number}@example.com")], "the password\n");
                assert!(output.status.success(), "{output:?}");
            });
        }
    });
    let app = settings.start();
    (0..4).for_each(|number| drop(app.login(&format!("u{number}@example.com"), "the password")));
}

#[test]
fn user_create_checks_what_registration_checks() {
    let app = shared();
    let taken = app.person().email;
    let create = |email: &str, password: &str| app.run(&["user", "create", email], password);
    check_failure(&create(&taken, "the password\n"), "mail");
    check_failure(&create(&taken.to_uppercase(), "the password\n"), "mail");
    check_failure(&create("plain", "the password\n"), "mail");
    check_failure(&create(&unique_email(), "short\n"), "password");
    check_failure(&create(&unique_email(), ""), "password");
    check_failure(&create(&unique_email(), &format!("{}\n", "p".repeat(1025))), "password");
}

#[test]
fn every_command_has_help() {
    let settings = Settings::new();
    for command in [
        &[][..],
        &["serve"],
        &["user"],
        &["user", "create"],
        &["routes"],
        &["openapi"],
        &["explain"],
        &["backup"],
        &["healthcheck"],
        &["completions"],
        &["demo"],
        &["jobs"],
        &["jobs", "retry"],
        &["migrate"],
        &["migrate", "status"],
        &["migrate", "up"],
        &["migrate", "down"],
        &["migrate", "new"],
        &["migrate", "check"],
    ] {
        let arguments: Vec<_> = command.iter().copied().chain(["--help"]).collect();
        let output = settings.run(&arguments, "");
        assert!(output.status.success() && !output.stdout.is_empty(), "{arguments:?}: {output:?}");
    }
    for wrong in [
        &["bogus"][..],
        &["serve", "--bogus"],
        &["user"],
        &["user", "create"],
        &["explain"],
        &["jobs", "retry"],
        &["jobs", "retry", "x"],
        &["jobs", "retry", "1", "--all"],
    ] {
        let output = settings.run(wrong, "");
        assert!(!output.status.success() && !output.stderr.is_empty(), "{wrong:?}: {output:?}");
    }
}

#[test]
fn openapi_prints_the_document_that_is_served() {
    let app = shared();
    let output = app.run(&["openapi"], "");
    assert!(output.status.success(), "{output:?}");
    let printed: Value = serde_json::from_slice(&output.stdout).expect("standard output is JSON");
    let served = app.at("GET", "/openapi.json").ok();
    assert_eq!(printed["paths"], served["paths"]);
    assert_eq!(printed["components"], served["components"]);
}

#[test]
fn routes_shows_every_route() {
    let output = Settings::new().run(&["routes"], "");
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    for (method, path) in crate::service::ROUTES.iter().filter(|(_, path)| path.starts_with("/api/")) {
        let there = text.lines().any(|line| line.contains(method) && line.split_whitespace().any(|word| word == *path));
        assert!(there, "{method} {path} is not in:\n{text}");
    }
}

#[test]
fn explain_says_what_a_declaration_means() {
    let settings = Settings::new();
    let explain = |arguments: &[&str]| {
        let output = settings.run(&[&["explain"], arguments].concat(), "");
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).expect("text")
    };
    let text = explain(&["tasks"]);
    assert_eq!(text, explain(&["task"]), "the path and the entity name the same");
    for line in [
        "task: A unit of work inside a project.",
        "table tasks; created and listed under its project",
        "title text, 1 to 300 characters whoever may read the row on creation and update; required filter, sort, search",
        "update PATCH /api/v1/tasks/{id} project.owner, assignee or role admin",
        "status changes tell status_changed { task_id, old: old.status, new: status } to project.owner",
    ] {
        let words = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(text.lines().any(|printed| words(printed) == line), "{line:?} is not in:\n{text}");
    }
    assert!(!text.contains("SELECT") && explain(&["user"]).contains("password") && !text.contains('\u{1b}'));

    let sql = explain(&["tasks", "--sql"]);
    assert!(sql.starts_with(&text), "the statements come after the rest");
    for part in ["-- list, anonymous\n-- refused", "-- read, role user\nSELECT", "-- delete, role admin\nDELETE FROM"] {
        assert!(sql.contains(part), "{part:?} is not in:\n{sql}");
    }
}

#[test]
fn explain_prints_json_for_programs() {
    let settings = Settings::new();
    let output = settings.run(&["explain", "comments", "--json", "--sql"], "");
    let meaning: Value = serde_json::from_slice(&output.stdout).expect("standard output is JSON");
    assert_eq!((&meaning["name"], &meaning["under"]), (&"comment".into(), &"task".into()));
    let verbs: Vec<_> = meaning["rules"].as_array().expect("rules").iter().map(|rule| rule["verb"].clone()).collect();
    assert_eq!(verbs, ["create", "list", "delete"]);
    let callers = meaning["rules"][2]["sql"].as_array().expect("statements");
    assert_eq!(callers[0]["caller"], "anonymous");
    assert_eq!(callers[0]["statement"], Value::Null, "nobody in particular deletes nothing");
    assert!(callers[1]["statement"].as_str().is_some_and(|sql| sql.contains("\"author_id\"")), "{callers:?}");
    check_failure(&settings.run(&["explain", "taks"], ""), "there are comments, projects, tasks, users");
}

#[test]
fn jobs_of_no_database_are_no_jobs() {
    let settings = Settings::new();
    check_failure(&settings.run(&["jobs"], ""), "there is no database at t.db");
    assert!(!settings.directory().join("t.db").exists(), "looking made a database");
}
