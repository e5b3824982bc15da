//! The command line.

use std::{
    process::Output,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use fasttrack::db::{Arg, Dialect, Statement};
use serde_json::{Value, json};

use crate::driver::{Person, Settings, TestApp, dialect, shared, sqlite_only, unique_email};

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

/// Whoever reads no further, as `head` does, has seen enough.
#[test]
fn an_output_that_is_closed_ends_a_command_quietly() {
    let app = shared();
    for arguments in [
        &["routes"][..],
        &["routes", "--json"],
        &["explain", "tasks"],
        &["openapi"],
        &["completions", "bash"],
        &["jobs"],
        &["migrate", "status"],
        &["migrate", "check"],
        &["new", "shop"],
        &["--help"],
        &["--version"],
    ] {
        let output = app.settings().run_unread(arguments);
        assert!(output.status.success() && output.stderr.is_empty(), "{arguments:?}: {output:?}");
    }
    assert!(app.settings().directory().join("shop/Cargo.toml").is_file(), "what was asked for was done");
}

/// The standard output of a command that succeeds.
#[track_caller]
fn check_success(output: &Output) -> String {
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Checks that a command, once it has ended, has ended what was open.
#[track_caller]
fn check_is_out(app: &TestApp, person: &Person, command: impl FnOnce() -> Output) -> String {
    let mut socket = app.socket(person);
    socket.expect_silence();
    app.get("/users/me").by(person).ok();
    let said = check_success(&command());
    let end = Instant::now();
    app.get("/users/me").by(person).refused(401);
    app.post("/auth/refresh", &json!({ "refresh_token": person.pair.refresh })).refused(401);
    socket.expect_close(4001);
    assert!(end.elapsed() < Duration::from_secs(1), "{:?}", end.elapsed());
    said
}

#[test]
fn user_password_ends_what_is_open_when_it_ends() {
    let app = shared();
    let (person, other) = (app.person(), app.person());
    let said = check_is_out(app, &person, || {
        app.run(&["user", "password", &person.email.to_uppercase()], "quite another one\r\n")
    });
    assert!(said.starts_with("set the password of account ") && !said.contains("quite another one"), "{said}");
    app.post("/auth/login", &json!({ "email": person.email, "password": person.password })).refused(401);
    app.login(&person.email, "quite another one");
    app.get("/users/me").by(&other).ok();
    check_failure(&app.run(&["user", "password", &other.email], "short\n"), "password");
    check_failure(&app.run(&["user", "password", "nobody@example.com"], "quite another one\n"), "no account of nobody");
    app.get("/users/me").by(&other).ok();

    app.disable(&other);
    let said = check_success(&app.run(&["user", "password", &other.email], "quite another one\n"));
    assert!(said.contains("it is disabled"), "{said}");
}

#[test]
fn user_disable_shuts_out_at_once_and_keeps_the_last_administrator() {
    let app = Settings::new().start();
    let (first, second, person) = (app.new_admin(), app.new_admin(), app.person());
    let disable = |person: &Person| app.run(&["user", "disable", &person.email], "");
    for shut_out in [&person, &second] {
        let said = check_is_out(&app, shut_out, || disable(shut_out));
        assert_eq!(said, format!("disabled account {}: {}\n", shut_out.id, shut_out.email));
        let row = app.get(&format!("/users/{}", shut_out.id)).by(&first).ok();
        assert!(row["is_active"] == false && row["updated_at"].as_str() > row["created_at"].as_str(), "{row}");
        app.post("/auth/login", &json!({ "email": shut_out.email, "password": shut_out.password })).refused(403);
    }
    assert!(check_success(&disable(&person)).contains("was disabled already"));
    check_failure(&disable(&first), "the last one; make another one first");
    app.get("/users/me").by(&first).ok();
    check_failure(&app.run(&["user", "disable", "nobody@example.com"], ""), "no account of nobody");
    app.patch(&format!("/users/{}", second.id), &json!({ "is_active": true })).by(&first).ok();
    app.login(&second.email, &second.password);
}

#[test]
fn user_reset_totp_is_for_whoever_has_lost_his_telephone() {
    let app = Settings::new().start();
    let person = app.person();
    let reset = || app.run(&["user", "reset-totp", &person.email], "");
    assert!(check_success(&reset()).contains("there was no second factor"));
    let secret = app.api("POST", "/auth/totp").by(&person).ok()["secret"].as_str().unwrap().to_owned();
    let now_s = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs().cast_signed();
    let code = fasttrack::auth::totp_code(&secret, now_s).unwrap();
    app.post("/auth/totp/confirm", &json!({ "code": code })).by(&person).ok();
    let credentials = json!({ "email": person.email, "password": person.password });
    app.post("/auth/login", &credentials).refused(401);
    let said = check_success(&reset());
    assert_eq!(said, format!("took the second factor away from account {}: {}\n", person.id, person.email));
    app.login(&person.email, &person.password);
    check_failure(&app.run(&["user", "reset-totp", "nobody@example.com"], ""), "no account of nobody");
}

#[test]
fn accounts_are_changed_without_a_server_too() {
    let settings = Settings::new();
    let mentions = if dialect() == Dialect::Sqlite { "no database at t.db" } else { "no account of a@example.com" };
    for command in ["password", "disable"] {
        check_failure(&settings.run(&["user", command, "a@example.com"], "the password\n"), mentions);
    }
    for email in ["a@example.com", "b@example.com"] {
        check_success(&settings.run(&["user", "create", "--admin", email], "the password\n"));
    }
    check_success(&settings.run(&["user", "password", "a@example.com"], "another password\n"));
    check_success(&settings.run(&["user", "disable", "b@example.com"], ""));
    check_failure(&settings.run(&["user", "disable", "a@example.com"], ""), "the last one");
    let app = settings.start();
    app.login("a@example.com", "another password");
    app.post("/auth/login", &json!({ "email": "b@example.com", "password": "the password" })).refused(403);
}

/// Nobody announced this: not a command, but somebody with the database in his hands.
#[test]
fn what_is_changed_in_the_file_itself_counts_within_a_second() {
    let app = Settings::new().start();
    let person = app.person();
    let mut socket = app.socket(&person);
    socket.expect_silence();
    let disable = Statement::new("UPDATE users SET is_active = $1", vec![Arg::Int(0)]);
    app.settings().execute(disable);
    let end = Instant::now();
    socket.expect_close(4001);
    assert!(end.elapsed() < Duration::from_secs(1), "{:?}", end.elapsed());
    app.get("/users/me").by(&person).refused(401);
}

#[test]
fn every_command_has_help() {
    let settings = Settings::new();
    for command in [
        &[][..],
        &["serve"],
        &["user"],
        &["user", "create"],
        &["user", "password"],
        &["user", "disable"],
        &["user", "reset-totp"],
        &["routes"],
        &["openapi"],
        &["explain"],
        &["backup"],
        &["move"],
        &["healthcheck"],
        &["completions"],
        &["client"],
        &["client", "typescript"],
        &["demo"],
        &["new"],
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
        &["user", "password"],
        &["user", "disable"],
        &["user", "reset-totp"],
        &["explain"],
        &["new"],
        &["new", "shop", "--git", "https://example.com", "--path", "."],
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

/// What it writes is asked where it is compiled, in `tests/starter`.
#[test]
fn new_begins_a_project_whatever_the_settings_are() {
    let settings = Settings::new().set("PORT", "many");
    let output = settings.run(&["new", "shop"], "");
    assert!(output.status.success() && settings.directory().join("shop/resources/main.rs").exists(), "{output:?}");
    check_failure(&settings.run(&["new", "shop"], ""), "nothing is written over");
    check_failure(&settings.run(&["new", "Test"], ""), "--name");
    check_failure(&settings.run(&["new", "other", "--path", "shop"], ""), "fasttrack is not in shop");
    assert!(!settings.directory().join("other").exists());
}

#[test]
fn jobs_of_no_database_are_no_jobs() {
    sqlite_only!("a database on a server is there before it is asked");
    let settings = Settings::new();
    check_failure(&settings.run(&["jobs"], ""), "there is no database at t.db");
    assert!(!settings.directory().join("t.db").exists(), "looking made a database");
}
