//! What the head of a migration says of who may do more or less, since `access.lock` was written.

use super::*;

/// The script of the first migration, with the lines of its comments joined.
fn script(settings: &Settings) -> String {
    let text = fs::read_to_string(file(settings, "0001_initial.up.sql")).unwrap();
    text.split_once("\n\n").expect("a head").0.replace("\n-- ", " ")
}

/// An `access.lock` of declarations under which users did not change the priority of tasks, and deleted comments.
fn older_rights(settings: &Settings) {
    let output = settings.run(&["access"], "");
    assert!(output.status.success(), "{output:?}");
    let lock = settings.directory().join("access.lock");
    let text = fs::read_to_string(&lock).unwrap();
    let update = "user · as project.owner · tasks · update · title description status priority";
    assert!(text.contains(update), "{text}");
    let text = text.replace(update, &update.replace(" priority", ""));
    fs::write(lock, format!("{text}user · as task.assignee · comments · delete\n")).unwrap();
}

#[test]
fn a_migration_says_who_may_do_more_and_who_less() {
    let settings = settings();
    migrate(&settings, &["new", "initial"]);
    let plain = script(&settings);
    assert!(!plain.contains("Wider") && !plain.contains("Narrower"), "without the file nothing is said: {plain}");
    fs::remove_dir_all(settings.directory().join("migrations")).unwrap();

    older_rights(&settings);
    migrate(&settings, &["new", "initial"]);
    let head = script(&settings);
    let expected = "Wider: user · as project.owner · tasks · update · + priority. A user who is project.owner may now change \
                    priority of tasks. Narrower: user · as task.assignee · comments · delete. A user who is task.assignee \
                    may no longer delete comments.";
    assert_eq!(head, format!("{plain} {expected}"));
    assert_eq!(migrate(&settings, &["up"]), "done: 0001_initial\n");
    settings.start().person();
}

/// What is said of rights does not make it another one than a start has made.
#[test]
fn a_database_made_at_start_is_recognised_all_the_same() {
    let app = settings().start();
    let settings = app.kill();
    older_rights(&settings);
    migrate(&settings, &["new", "initial"]);
    assert!(script(&settings).contains("Wider: "));
    assert_eq!(migrate(&settings, &["up"]), "done: 0001_initial (its tables were there)\n");
}
