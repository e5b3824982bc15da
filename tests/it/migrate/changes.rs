//! Declarations that changed since the newest migration: what a start does by itself, and what takes a migration.

use serde_json::json;

use super::*;

const LEGACY: &str = "\"legacy\" TEXT";

fn legacy() -> (&'static str, Value) {
    (LEGACY, json!({ "name": "legacy", "holds": "text", "nullable": true }))
}

#[test]
fn what_only_adds_is_made_at_start_and_written_down_later() {
    let settings = settings();
    other_schema(&settings, "description", None);
    check_refused(&settings, &["check"], "tasks: a new column `description`");
    assert_eq!(migrate(&settings, &["up", "--to", "1"]), "done: 0001_initial\n");
    let strict = settings.clone().set("AUTO_MIGRATE", "false");
    assert!(strict.refused().stderr.contains("fasttrack migrate up"));
    let app = settings.start();
    let person = app.person();
    app.terminate();
    let mut app = app;
    app.wait();
    strict.start().get("/users/me").by(&person).ok();

    assert!(migrate(&settings, &["new", "describe_tasks"]).contains("0002_describe_tasks"));
    assert_eq!(migrate(&settings, &["up"]), "done: 0002_describe_tasks (its tables were there)\n");
    migrate(&settings, &["check"]);
    assert_eq!(migrate(&settings, &["down"]), "done: 0002_describe_tasks, undone\n");
    assert_eq!(migrate(&settings, &["up"]), "done: 0002_describe_tasks\n");
    strict.start().get("/users/me").by(&person).ok();
}

#[test]
fn what_loses_takes_a_migration_that_was_meant() {
    let settings = settings();
    other_schema(&settings, "", Some(legacy()));
    migrate(&settings, &["up", "--to", "1"]);
    execute(
        &settings,
        "INSERT INTO users (email, password, created_at, updated_at) VALUES ('a@b.example', '', '2026-01-01', '2026-01-01');
         INSERT INTO projects (name, owner_id, created_at, updated_at) VALUES ('P', 1, '2026-01-01', '2026-01-01');
         INSERT INTO tasks (title, project_id, created_at, updated_at, legacy) VALUES ('T', 1, '2026-01-01', '2026-01-01', 'kept');
         INSERT INTO comments (body, task_id, author_id, created_at) VALUES ('C', 1, 1, '2026-01-01')",
    );
    let refusal = settings.refused();
    assert!(
        refusal.stderr.contains("`legacy` is dropped") && refusal.stderr.contains("migrate new"),
        "{}",
        refusal.stderr
    );
    check_refused(&settings, &["new", "drop_legacy"], "--allow-destructive");
    assert!(!file(&settings, "0002_drop_legacy.up.sql").exists());
    migrate(&settings, &["new", "drop_legacy", "--allow-destructive"]);
    let down = fs::read_to_string(file(&settings, "0002_drop_legacy.down.sql")).unwrap();
    assert!(down.contains("`legacy` comes back; what it held cannot"), "{down}");
    migrate(&settings, &["up"]);
    let count = "SELECT (SELECT count(*) FROM tasks), (SELECT count(*) FROM comments)";
    let counts = |settings: &Settings| execute(settings, count)[0].clone();
    assert_eq!((counts(&settings).int(0), counts(&settings).int(1)), (Some(1), Some(1)), "nothing was taken along");
    migrate(&settings, &["down"]);
    execute(&settings, "UPDATE tasks SET legacy = 'again'");
    assert_eq!((counts(&settings).int(0), counts(&settings).int(1)), (Some(1), Some(1)));
    let kept = "the rows of `comments`; the rows of `projects`";
    check_refused(&settings, &["down"], kept);
    migrate(&settings, &["up"]);
    let done = check_refused(&settings, &["down", "--to", "0"], kept);
    assert_eq!(done, "done: 0002_drop_legacy, undone\n", "what was done before the refusal is told");
    migrate(&settings, &["down", "--to", "0", "--allow-destructive"]);
    assert_eq!(migrate(&settings, &["up"]), "done: 0001_initial\ndone: 0002_drop_legacy\n");
    settings.start().person();
}

#[test]
fn a_database_without_migrations_gets_a_baseline_and_the_change() {
    let settings = settings();
    let required = json!({ "name": "legacy", "holds": "text" });
    other_schema(&settings, "", Some(("\"legacy\" TEXT NOT NULL", required)));
    migrate(&settings, &["up", "--to", "1"]);
    // As a start would have left it that had no folder.
    execute(&settings, "DELETE FROM fasttrack_migrations");
    fs::remove_dir_all(file(&settings, "")).unwrap();
    assert!(settings.refused().stderr.contains("fasttrack migrate new NAME"));
    migrate(&settings, &["new", "drop_legacy", "--allow-destructive"]);
    let baseline = fs::read_to_string(file(&settings, "0001_baseline.up.sql")).unwrap();
    assert!(baseline.contains(&adapted("\"legacy\" TEXT NOT NULL")), "{baseline}");
    assert_eq!(migrate(&settings, &["up"]), "done: 0001_baseline (its tables were there)\ndone: 0002_drop_legacy\n");
    settings.start().person();
}

#[test]
fn what_no_migration_knows_stays_until_one_is_written_to_drop_it() {
    let settings = settings();
    other_schema(&settings, "", Some(legacy()));
    migrate(&settings, &["up", "--to", "1"]);
    execute(&settings, "DELETE FROM fasttrack_migrations");
    fs::remove_dir_all(file(&settings, "")).unwrap();
    let app = settings.start();
    assert!(app.log().contains("it is left alone: `legacy` of `tasks`"), "{}", app.log());
    drop(app);
    assert_eq!(
        migrate(&settings, &["up"]),
        "nothing to do\nleft alone, since this program does not know it: `legacy` of `tasks`\n"
    );
    migrate(&settings, &["new", "drop_legacy", "--allow-destructive"]);
    assert!(fs::read_to_string(file(&settings, "0001_baseline.up.sql")).unwrap().contains(&adapted("\"legacy\" TEXT")));
    assert_eq!(migrate(&settings, &["up"]), "done: 0001_baseline (its tables were there)\ndone: 0002_drop_legacy\n");
    settings.start().person();
}

#[test]
fn rows_that_stand_against_a_migration_stop_it() {
    let settings = settings();
    let line =
        "\"priority\" TEXT NOT NULL DEFAULT 'medium' CHECK (\"priority\" IN ('low', 'medium', 'high', 'urgent'))";
    let choices = ["low", "medium", "high", "urgent"];
    let column = json!({ "name": "priority", "holds": "choice", "choices": choices, "default": "'medium'" });
    other_schema(&settings, "priority", Some((line, column)));
    migrate(&settings, &["up", "--to", "1"]);
    check_refused(&settings, &["new", "calm_down"], "`priority` may not be `urgent` any more");
    migrate(&settings, &["new", "calm_down", "--allow-destructive"]);
    execute(
        &settings,
        "INSERT INTO users (email, password, created_at, updated_at) VALUES ('a@b.example', '', '2026-01-01', '2026-01-01');
         INSERT INTO projects (name, owner_id, created_at, updated_at) VALUES ('P', 1, '2026-01-01', '2026-01-01');
         INSERT INTO tasks (id, title, priority, project_id, created_at, updated_at)
         VALUES (7, 'T', 'urgent', 1, '2026-01-01', '2026-01-01'), (8, 'T', 'low', 1, '2026-01-01', '2026-01-01'), (9, 'T', 'urgent', 1, '2026-01-01', '2026-01-01')",
    );
    check_refused(&settings, &["up"], "it finds 2 (7, 9)");
    execute(&settings, "UPDATE tasks SET priority = 'high' WHERE priority = 'urgent'");
    migrate(&settings, &["up"]);
    settings.start().person();
}

#[test]
fn a_large_table_is_made_anew_in_little_memory() {
    sqlite_only!("a table is never made anew");
    let settings = settings();
    other_schema(&settings, "", Some(legacy()));
    migrate(&settings, &["up", "--to", "1"]);
    // 100 MB of tasks; the database's own cache has 64 MiB.
    execute(
        &settings,
        "INSERT INTO users (email, password, created_at, updated_at) VALUES ('a@b.example', '', '2026-01-01', '2026-01-01');
         INSERT INTO projects (name, owner_id, created_at, updated_at) VALUES ('P', 1, '2026-01-01', '2026-01-01');
         WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 25000)
         INSERT INTO tasks (title, description, project_id, created_at, updated_at)
         SELECT 'T' || i, printf('%.*c', 4000, 'x'), 1, '2026-01-01', '2026-01-01' FROM n",
    );
    migrate(&settings, &["new", "drop_legacy", "--allow-destructive"]);
    let (output, peak_kib) = settings.run_watched(&["migrate", "up"], "");
    assert!(output.status.success(), "{output:?}");
    assert!(peak_kib < 90 * 1024, "{} MiB", peak_kib / 1024);
    assert_eq!(execute(&settings, "SELECT count(*) FROM tasks")[0].int(0), Some(25_000));
}
