//! The migrations in the program: it needs no folder beside it, and contradicts one that is not its own.

use std::fs;

use super::*;

/// The folder of the application.
fn own() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("migrations").join(dialect().name())
}

/// The same beside the program, as messages call it.
fn beside() -> String {
    format!("migrations/{}", dialect().name())
}

/// How often a text holds another one.
fn count(text: &str, part: &str) -> usize {
    text.matches(part).count()
}

/// Puts a copy of the application's migrations beside the program.
fn copy_own(settings: &Settings) {
    fs::create_dir_all(file(settings, "")).unwrap();
    for entry in fs::read_dir(own()).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, file(settings, path.file_name().unwrap().to_str().unwrap())).unwrap();
    }
}

#[test]
fn a_program_alone_knows_its_migrations() {
    sqlite_only!("a database on a server is there before it is asked");
    let settings = Settings::new();
    let status = migrate(&settings, &["status"]);
    assert!(status.contains("in the program") && status.contains("is what is declared"), "{status}");
    let all = fs::read_dir(own())
        .unwrap()
        .filter(|entry| entry.as_ref().unwrap().file_name().to_str().is_some_and(|name| name.ends_with(".up.sql")));
    assert_eq!(count(&status, "pending"), all.count(), "{status}");
    assert!(status.contains("there is no database at") && status.contains(" yet\n"), "{status}");
    check_refused(&settings, &["down"], "there is no database at");
    assert!(!settings.directory().join("t.db").exists(), "nobody asked for one");
    migrate(&settings, &["check"]);
    assert!(migrate(&settings, &["new", "nothing"]).contains("nothing was written"));
    assert!(!file(&settings, "").exists(), "there was nothing to write");

    let strict = settings.clone().set("AUTO_MIGRATE", "false");
    assert!(strict.refused().stderr.contains("fasttrack migrate up"));
    assert!(migrate(&settings, &["up"]).starts_with("done: 0001_initial\n"));
    let person = strict.start().person();
    migrate(&settings, &["down", "--to", "0", "--allow-destructive"]);
    let refusal = strict.refused();
    assert!(refusal.stderr.contains("0001_initial"), "{}", refusal.stderr);
    let app = settings.start();
    app.post("/auth/login", &serde_json::json!({ "email": person.email, "password": person.password })).refused(401);
    assert_eq!(count(&migrate(&settings, &["status"]), "pending"), 0, "a start applies them");
}

#[test]
fn a_database_that_is_behind_stops_a_start_that_may_change_nothing() {
    sqlite_only!("it takes a table away that a file alone has");
    let settings = Settings::new();
    let bare = settings.clone().set("MIGRATIONS_DIR", "none");
    let person = bare.start().person();
    assert!(bare.log().contains("MIGRATIONS_DIR names none, which is not there"), "{}", bare.log());
    let strict = settings.clone().set("AUTO_MIGRATE", "false");
    assert!(strict.refused().stderr.contains("0001_initial"), "nothing says that it was applied");
    execute(&settings, "DROP TABLE comments; DELETE FROM fasttrack_schema WHERE name = 'comments'");
    let refusal = strict.refused();
    assert!(refusal.stderr.contains("(some of it was there)"), "{}", refusal.stderr);
    let done = migrate(&settings, &["up"]);
    assert!(done.contains(" (some of it was there)\n"), "{done}");
    execute(&settings, "DROP INDEX sessions_user_id; DROP TABLE fasttrack_notices");
    let mentions = "(fasttrack's own `sessions_user_id`, `fasttrack_notices`)";
    assert!(strict.refused().stderr.contains(mentions), "{}", strict.refused().stderr);
    assert_eq!(migrate(&settings, &["up"]), "done: fasttrack's own `sessions_user_id`, `fasttrack_notices`\n");
    let app = strict.start();
    app.get("/users/me").by(&person).ok();
    let task = app.task(&person, app.project(&person), &serde_json::json!({}));
    assert_eq!(app.walk(&person, &format!("/tasks/{task}/comments")).len(), 0);
}

#[test]
fn a_folder_that_is_named_counts_alone() {
    let settings = settings();
    migrate(&settings, &["new", "other"]);
    let status = migrate(&settings, &["status"]);
    assert!(status.contains("0001     other") && !status.contains("initial"), "{status}");
    assert!(status.contains(&format!("{} counts alone", beside())), "{status}");
    assert_eq!(migrate(&settings, &["up"]), "done: 0001_other\n");
    let without = settings.clone().unset("MIGRATIONS_DIR");
    let mentions = "is not the 0001_initial that this program was built with";
    for command in [&["status"][..], &["check"], &["up"], &["down"], &["new", "more"]] {
        check_refused(&without, command, mentions);
    }
    let refusal = without.refused();
    assert!(refusal.stderr.contains(mentions) && refusal.stderr.contains("MIGRATIONS_DIR="), "{}", refusal.stderr);
    settings.start().person();
}

#[test]
fn a_folder_beside_the_program_may_go_on_and_not_contradict() {
    let settings = Settings::new();
    copy_own(&settings);
    let quiet = migrate(&settings, &["status"]);
    assert!(!quiet.contains("alone"), "{quiet}");
    let edited = file(&settings, "0001_initial.down.sql");
    let text = fs::read_to_string(&edited).unwrap();
    fs::write(&edited, text.replace('\n', "\r\n")).unwrap();
    migrate(&settings, &["check"]);
    fs::write(&edited, format!("{text}\n-- more")).unwrap();
    check_refused(&settings, &["check"], &format!("{}/0001_initial is not the 0001_initial", beside()));
    fs::write(&edited, text).unwrap();

    let newest = fs::read_dir(own()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).max();
    let leaves = fs::read_to_string(file(&settings, &newest.unwrap().replace(".up.sql", ".json"))).unwrap();
    let next = |ending: &str| file(&settings, &format!("9001_by_hand{ending}"));
    fs::write(next(".json"), leaves).unwrap();
    fs::write(next(".up.sql"), "UPDATE users SET display_name = 'by hand'").unwrap();
    fs::write(next(".down.sql"), "").unwrap();
    let status = migrate(&settings, &["status"]);
    assert!(status.contains(&format!("in {} alone, until it is built again: 9001_by_hand", beside())), "{status}");
    assert!(migrate(&settings, &["up"]).ends_with("done: 9001_by_hand\n"));
    let app = settings.start();
    assert!(app.log().contains(&format!("not in this program, but in {}: 9001_by_hand", beside())), "{}", app.log());
    drop(app);
    fs::remove_dir_all(file(&settings, "")).unwrap();
    let alone = migrate(&settings, &["status"]);
    assert!(alone.contains("9001     by_hand"), "{alone}");
}

#[test]
fn cargo_notices_a_migration_that_comes_or_goes() {
    let build = include_str!("../../../build.rs");
    for folder in ["resources", "migrations"] {
        assert!(build.contains(&format!("cargo::rerun-if-changed={folder}\"")), "{folder} is read by resources!()");
    }
}
