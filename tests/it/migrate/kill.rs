//! A migration that is killed has happened, or has not.

use std::{
    process::{Command, Stdio},
    time::Duration,
};

use serde_json::json;

use super::*;

#[test]
fn a_killed_migration_leaves_the_old_schema_or_the_new() {
    let settings = settings();
    let column = json!({ "name": "legacy", "holds": "text", "nullable": true });
    other_schema(&settings, "", Some(("\"legacy\" TEXT", column)));
    migrate(&settings, &["up", "--to", "1"]);
    migrate(&settings, &["new", "drop_legacy", "--allow-destructive"]);
    execute(
        &settings,
        "INSERT INTO users (email, password, created_at, updated_at) VALUES ('a@b.example', '', '', '');
         INSERT INTO projects (name, owner_id, created_at, updated_at) VALUES ('P', 1, '', '');
         INSERT INTO tasks (title, project_id, created_at, updated_at, legacy)
         WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
         SELECT 'T' || i, 1, '', '', 'kept' FROM n",
    );
    let state = "SELECT (SELECT count(*) FROM tasks), (SELECT count(*) FROM pragma_table_info('tasks') WHERE name = \
                 'legacy'), (SELECT count(*) FROM fasttrack_migrations), (SELECT count(*) FROM sqlite_master WHERE name \
                 LIKE '%\\_\\_new' ESCAPE '\\')";
    let mut is_done = false;
    for milliseconds in (0..).step_by(15) {
        let mut child = Command::new(env!("CARGO_BIN_EXE_fasttrack"))
            .args(["migrate", "up"])
            .current_dir(settings.directory())
            .env_clear()
            .env("DATABASE_URL", "sqlite://t.db")
            .env("MIGRATIONS_DIR", "migrations")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // The moment of the kill is what is tested, not waited for.
        std::thread::sleep(Duration::from_millis(milliseconds));
        child.kill().unwrap();
        let status = child.wait().unwrap();
        let rows = execute(&settings, state);
        let found: Vec<_> = (0..4).map(|column| rows[0].int(column).unwrap()).collect();
        is_done = found == [20_000, 0, 2, 0];
        assert!(is_done || found == [20_000, 1, 1, 0], "{found:?} after {milliseconds} ms");
        if status.success() || is_done {
            break;
        }
    }
    assert!(is_done, "it was not killed every time");
}
