//! What an operator does beside a running server: copies the database, asks whether it is ready.

use std::{
    collections::BTreeSet,
    fs,
    process::Output,
    sync::atomic::{AtomicBool, Ordering},
    thread,
};

use serde_json::Value;

use crate::driver::{Settings, TestApp, sqlite_only, wait_until};

/// Checks a failure: not zero, and one sentence that says this.
#[track_caller]
fn check_refused(output: &Output, mentions: &str) {
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success(), "it succeeded: {output:?}");
    assert!(said.contains(mentions) && said.trim().lines().count() == 1, "{mentions:?} is not what it says: {said}");
}

fn names(rows: &[Value]) -> BTreeSet<i64> {
    rows.iter().filter_map(|row| row["id"].as_i64()).collect()
}

#[test]
fn a_copy_of_a_live_database_holds_everything_acknowledged_before_it() {
    sqlite_only!("it is about copies and modes of a file");
    let app = Settings::new().start();
    let person = app.person();
    let before: BTreeSet<i64> = (0..50).map(|_| app.project(&person)).collect();
    let is_done = AtomicBool::new(false);
    let later = thread::scope(|scope| {
        let writer = scope.spawn(|| {
            let mut later = 0;
            while !is_done.load(Ordering::Relaxed) {
                app.project(&person);
                later += 1;
            }
            later
        });
        let output = app.run(&["backup", "copy.db"], "");
        is_done.store(true, Ordering::Relaxed);
        assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
        assert!(String::from_utf8_lossy(&output.stdout).contains("copied t.db to copy.db"), "{output:?}");
        writer.join().unwrap()
    });
    let folder = app.settings().directory();
    let left: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(!left.iter().any(|name| name.to_string_lossy().contains("part")), "{left:?}");

    let total = app.walk(&person, "/projects?limit=100").len();
    assert_eq!(total, before.len() + later, "the server went on");
    let restored = restore(&app);
    let pair = restored.login(&person.email, &person.password);
    assert!(!pair.access.is_empty());
    let copied = names(&restored.walk(&person, "/projects?limit=100"));
    assert!(copied.is_superset(&before), "acknowledged rows are missing from the copy");
    assert!(copied.len() <= total);
}

#[cfg(unix)]
#[test]
fn what_the_database_holds_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt;

    sqlite_only!("it is about copies and modes of a file");

    let mut app = Settings::new().start();
    app.person();
    assert!(app.run(&["backup", "copy.db"], "").status.success());
    let folder = app.settings().directory();
    let mode = |name: &str| fs::metadata(folder.join(name)).unwrap().permissions().mode() & 0o777;
    for name in ["t.db", "t.db-wal", "t.db-shm", "t.db.key", "copy.db"] {
        assert_eq!(mode(name), 0o600, "{name}");
    }
    app.terminate();
    app.wait();
    assert!(!app.log().contains("chmod"), "{}", app.log());
    fs::set_permissions(folder.join("t.db"), fs::Permissions::from_mode(0o640)).unwrap();
    let app = app.settings().start();
    assert_eq!(mode("t.db"), 0o640, "somebody may have meant that");
    assert!(app.log().contains("others than its owner may use the database file"), "{}", app.log());
}

/// Serves the copy as the README says: in place of the database, with the same key.
fn restore(app: &TestApp) -> TestApp {
    let fresh = Settings::new();
    for file in fs::read_dir(app.settings().directory()).unwrap().map(|entry| entry.unwrap().path()) {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        if name == "copy.db" {
            fs::copy(&file, fresh.directory().join("t.db")).unwrap();
        } else if !name.starts_with("t.db-") && name != "t.db" {
            fs::copy(&file, fresh.directory().join(name)).unwrap();
        }
    }
    fresh.start()
}

#[test]
fn a_copy_replaces_nothing() {
    sqlite_only!("it is about copies and modes of a file");
    let app = Settings::new().start();
    let folder = app.settings().directory();
    check_refused(&app.run(&["backup", "t.db"], ""), "is the database itself");
    check_refused(&app.run(&["backup", "./t.db"], ""), "is the database itself");
    for name in ["t.db-journal", "./t.db-journal"] {
        check_refused(&app.run(&["backup", name], ""), "a file of its own");
    }
    fs::write(folder.join("note.txt"), "kept").unwrap();
    check_refused(&app.run(&["backup", "note.txt"], ""), "is there already");
    assert_eq!(fs::read_to_string(folder.join("note.txt")).unwrap(), "kept");
    check_refused(&app.run(&["backup", "no/such/folder/copy.db"], ""), "cannot be written");
    check_refused(&app.run(&["backup", ""], ""), "");
    check_refused(&Settings::new().run(&["backup", "copy.db"], ""), "there is no database at t.db");

    let foreign = Settings::new();
    fs::write(foreign.directory().join("t.db"), "this is no database, but long enough to be looked at").unwrap();
    check_refused(&foreign.run(&["backup", "copy.db"], ""), "cannot be copied");
    assert!(!foreign.directory().join("copy.db").exists());
}

#[test]
fn a_healthcheck_succeeds_while_the_server_is_ready() {
    let mut app = Settings::new().start();
    let port = app.address().rsplit(':').next().unwrap().to_owned();
    let check = |host: &str| app.settings().clone().set("HOST", host).set("PORT", port.as_str());
    let (here, everywhere) = (check("127.0.0.1"), check("0.0.0.0"));
    for settings in [&here, &everywhere] {
        let output = settings.run(&["healthcheck"], "");
        assert!(output.status.success(), "{output:?}");
    }
    app.terminate();
    assert_eq!(app.wait(), Some(0));
    wait_until("nobody answers any more", || !here.run(&["healthcheck"], "").status.success());
    check_refused(&here.run(&["healthcheck"], ""), "no server answers");
}

#[test]
fn completions_know_every_command() {
    let settings = Settings::new();
    for shell in ["bash", "zsh", "fish"] {
        let output = settings.run(&["completions", shell], "");
        let script = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(
            output.status.success() && script.contains("explain") && script.contains("backup"),
            "{shell}: {output:?}"
        );
    }
    check_refused(&settings.run(&["completions", "cmd"], ""), "bash");
}

#[test]
fn a_demo_fills_an_empty_database_and_prints_the_log_ins() {
    let settings = Settings::new();
    let output = settings.run(&["demo", "--tasks", "200"], "");
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    let text = String::from_utf8(output.stdout).expect("text");
    let rows: Vec<Vec<&str>> = text.lines().map(|line| line.split_whitespace().collect()).collect();
    let [admin, owner] = ["admin", "user"].map(|role| rows.iter().find(|row| row.last() == Some(&role)).expect(role));

    let app = settings.start();
    for row in [admin, owner] {
        app.login(row[0], row[1]);
    }
    let token = app.login(admin[0], admin[1]).access;
    let projects = app.get("/projects?limit=100").token(&token).ok();
    let projects = projects["items"].as_array().expect("projects");
    let mut tasks = 0;
    for project in projects {
        let stats = app.get(&format!("/projects/{}/stats", project["id"])).token(&token).ok();
        let of = |status: &str| stats["tasks"][status].as_u64().expect("a number");
        tasks += of("todo") + of("in_progress") + of("done");
        assert!(of("todo") > 0, "{stats}");
    }
    assert_eq!(tasks, 200);
    assert!(!app.log().contains("example.com"), "a demo sends no mail:\n{}", app.log());
    check_refused(&app.run(&["demo"], ""), "holds accounts already");
}
