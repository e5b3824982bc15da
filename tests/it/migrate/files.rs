//! The folder: what is written, what is listed, and what is noticed.

use std::fs;

use super::*;
use crate::driver::shared;

/// The lines of a table, with single spaces.
fn lines(text: &str) -> Vec<String> {
    text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
}

#[test]
fn the_migrations_of_the_application_are_what_is_declared() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/migrations");
    let settings = Settings::new().set("MIGRATIONS_DIR", folder);
    migrate(&settings, &["check"]);
    assert!(migrate(&settings, &["new", "nothing"]).contains("nothing was written"));
    migrate(&settings, &["up"]);
    let app = settings.set("AUTO_MIGRATE", "false").start();
    app.person();
}

#[test]
fn a_migration_is_written_applied_listed_and_undone() {
    let settings = settings();
    check_refused(&settings, &["check"], "tasks: a new table");
    assert!(migrate(&settings, &["new", "initial"]).contains("0001_initial"));
    migrate(&settings, &["check"]);
    assert!(migrate(&settings, &["new", "again"]).contains("nothing was written"));
    assert_eq!(fs::read_dir(file(&settings, "")).unwrap().count(), 3);
    assert_eq!(lines(&migrate(&settings, &["status"]))[1], "0001 initial pending");
    assert_eq!(migrate(&settings, &["up"]), "done: 0001_initial\n");
    assert_eq!(migrate(&settings, &["up"]), "nothing to do\n");
    let status = lines(&migrate(&settings, &["status"]))[1].clone();
    assert!(status.starts_with("0001 initial 20") && status.ends_with("Z applied"), "{status}");
    let settings = settings.set("AUTO_MIGRATE", "false");
    settings.start();
    assert_eq!(migrate(&settings, &["down"]), "done: 0001_initial, undone\n");
    assert!(settings.refused().stderr.contains("fasttrack migrate up"));
    assert_eq!(migrate(&settings, &["down"]), "nothing to do\n");
    assert_eq!(migrate(&settings, &["up"]), "done: 0001_initial\n");
    settings.start().person();
}

#[test]
fn a_start_applies_what_is_pending() {
    let settings = settings();
    migrate(&settings, &["new", "initial"]);
    let app = settings.start();
    app.person();
    assert!(lines(&String::from_utf8_lossy(&app.run(&["migrate", "status"], "").stdout))[1].ends_with("applied"));
}

#[test]
fn a_database_made_at_start_is_recognised() {
    let app = settings().start();
    let person = app.person();
    let settings = app.kill();
    let written = migrate(&settings, &["new", "initial"]);
    assert!(written.contains("0001_initial") && !written.contains("0002"), "{written}");
    assert_eq!(migrate(&settings, &["up"]), "done: 0001_initial (its tables were there)\n");
    settings.start().get("/users/me").by(&person).ok();
}

#[test]
fn a_database_is_served_without_its_folder() {
    let settings = settings();
    migrate(&settings, &["new", "initial"]);
    let person = settings.start().person();
    fs::remove_dir_all(file(&settings, "")).unwrap();
    let app = settings.clone().set("AUTO_MIGRATE", "false").start();
    app.get("/users/me").by(&person).ok();
    drop(app);
    assert!(lines(&migrate(&settings, &["status"]))[1].ends_with("applied, files missing"));
    check_refused(&settings, &["down"], "0001_initial");
}

#[test]
fn an_edited_migration_is_noticed() {
    for name in ["0001_initial.up.sql", "0001_initial.down.sql", "0001_initial.json"] {
        let settings = settings();
        migrate(&settings, &["new", "initial"]);
        migrate(&settings, &["up"]);
        let path = file(&settings, name);
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, text.replace('\n', "\r\n")).unwrap();
        migrate(&settings, &["check"]);
        fs::write(&path, format!("{text}\n")).unwrap();
        assert!(lines(&migrate(&settings, &["status"]))[1].ends_with("edited"), "{name}");
        for command in ["check", "up", "down"] {
            check_refused(&settings, &[command], "0001_initial was edited");
        }
        assert!(settings.refused().stderr.contains("0001_initial was edited"), "{name}");
    }
}

#[test]
fn a_folder_that_is_not_whole_is_refused() {
    let settings = settings();
    check_refused(&settings, &["new", "Not-A-Name"], "words in lower case");
    migrate(&settings, &["new", "initial"]);
    fs::write(file(&settings, "README.md"), "not a migration").unwrap();
    migrate(&settings, &["check"]);
    fs::remove_file(file(&settings, "0001_initial.down.sql")).unwrap();
    for command in [&["check"][..], &["status"], &["up"], &["new", "x"]] {
        check_refused(&settings, command, "0001_initial.down.sql is missing");
    }
    fs::write(file(&settings, "0001_initial.down.sql"), "COMMIT;").unwrap();
    migrate(&settings, &["up"]);
    check_refused(&settings, &["down"], "`COMMIT` cannot stand in a migration");
    fs::write(file(&settings, "0001_initial.json"), "{").unwrap();
    check_refused(&settings, &["check"], "0001_initial.json");
}

#[test]
fn the_schema_is_not_changed_under_a_running_server() {
    sqlite_only!("any number of servers may have one database");
    let app = shared();
    for command in ["up", "down"] {
        let output = app.run(&["migrate", command], "");
        assert!(!output.status.success(), "{command}");
        assert!(String::from_utf8_lossy(&output.stderr).contains("another server runs"), "{output:?}");
    }
    let app = settings().start();
    for command in [&["migrate", "new", "initial"][..], &["migrate", "status"], &["migrate", "check"]] {
        let output = app.run(command, "");
        assert!(output.status.success(), "{output:?}");
    }
}

#[test]
fn each_database_has_a_folder_and_a_change_one_name_in_both() {
    sqlite_only!("it has SQLite in use");
    let settings = settings();
    let root = settings.directory().join("migrations");
    fs::create_dir_all(root.join("postgres")).unwrap();
    let written = migrate(&settings, &["new", "initial"]);
    for database in ["sqlite", "postgres"] {
        assert!(written.contains(&format!("wrote migrations/{database}/0001_initial.up.sql")), "{written}");
    }
    let up = fs::read_to_string(root.join("postgres/0001_initial.up.sql")).unwrap();
    assert!(up.contains("\"is_active\" boolean NOT NULL DEFAULT TRUE"), "{up}");
    migrate(&settings, &["check"]);
    assert_eq!(migrate(&settings, &["up"]), "done: 0001_initial\n");

    let json = root.join("postgres/0001_initial.json");
    let whole = fs::read_to_string(&json).unwrap();
    fs::write(&json, whole.replacen("\"holds\": \"text\"", "\"holds\": \"int\"", 1)).unwrap();
    check_refused(
        &settings,
        &["check"],
        "differ from the newest migration in migrations/postgres: comments: `body` holds",
    );
    let written = migrate(&settings, &["new", "mend", "--allow-destructive"]);
    assert!(written.contains("wrote migrations/postgres/0002_mend.up.sql") && !written.contains("sqlite"), "{written}");
    let mend = fs::read_to_string(root.join("postgres/0002_mend.up.sql")).unwrap();
    assert!(mend.contains("ALTER TABLE \"comments\" ALTER COLUMN \"body\" TYPE text"), "{mend}");

    for ending in [".up.sql", ".down.sql", ".json"] {
        let of = |title: &str| root.join(format!("postgres/{title}{ending}"));
        fs::rename(of("0001_initial"), of("0001_other")).unwrap();
    }
    check_refused(&settings, &["check"], "are migrations of one number, for two databases; give them one name");
    fs::remove_dir_all(root.join("postgres")).unwrap();
    migrate(&settings, &["check"]);
}

#[test]
fn files_that_lie_in_no_folder_are_those_of_sqlite() {
    sqlite_only!("it has SQLite in use");
    let settings = settings();
    migrate(&settings, &["new", "initial"]);
    let root = settings.directory().join("migrations");
    for entry in fs::read_dir(root.join("sqlite")).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, root.join(path.file_name().unwrap())).unwrap();
    }
    check_refused(&settings, &["up"], "both are of SQLite: move them all into migrations/sqlite");
    fs::remove_dir_all(root.join("sqlite")).unwrap();
    assert!(migrate(&settings, &["status"]).contains("\nmigrations counts alone"));
    assert_eq!(migrate(&settings, &["up"]), "done: 0001_initial\n");
    migrate(&settings, &["check"]);
    assert!(migrate(&settings, &["new", "again"]).contains("nothing was written"));
}
