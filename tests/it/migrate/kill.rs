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
        "INSERT INTO users (email, password, created_at, updated_at) VALUES ('a@b.example', '', '2026-01-01', '2026-01-01');
         INSERT INTO projects (name, owner_id, created_at, updated_at) VALUES ('P', 1, '2026-01-01', '2026-01-01');
         INSERT INTO tasks (title, project_id, created_at, updated_at, legacy)
         WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
         SELECT 'T' || i, 1, '2026-01-01', '2026-01-01', 'kept' FROM n",
    );
    let (columns, left) = match dialect() {
        Dialect::Sqlite => {
            ("pragma_table_info('tasks') WHERE name", "sqlite_master WHERE name LIKE '%\\_\\_new' ESCAPE '\\'")
        }
        Dialect::Postgres => {
            ("information_schema.columns WHERE column_name", "pg_class WHERE relname LIKE '%\\_\\_new'")
        }
    };
    let state = format!(
        "SELECT (SELECT count(*) FROM tasks), (SELECT count(*) FROM {columns} = 'legacy'), \
         (SELECT count(*) FROM fasttrack_migrations), (SELECT count(*) FROM {left})"
    );
    let mut is_done = false;
    for milliseconds in (0..).step_by(15) {
        let mut child = Command::new(env!("CARGO_BIN_EXE_fasttrack"))
            .args(["migrate", "up"])
            .current_dir(settings.directory())
            .env_clear()
            .env("DATABASE_URL", settings.database_url())
            .env("MIGRATIONS_DIR", "migrations")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // The moment of the kill is what is tested, not waited for.
        std::thread::sleep(Duration::from_millis(milliseconds));
        child.kill().unwrap();
        let status = child.wait().unwrap();
        let rows = execute(&settings, &state);
        let found: Vec<_> = (0..4).map(|column| rows[0].int(column).unwrap()).collect();
        is_done = found == [20_000, 0, 2, 0];
        assert!(is_done || found == [20_000, 1, 1, 0], "{found:?} after {milliseconds} ms");
        if status.success() || is_done {
            break;
        }
    }
    assert!(is_done, "it was not killed every time");
}
