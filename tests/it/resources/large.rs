//! Many rows at once: what is deleted is never held in memory.

use fasttrack::db::{Arg, Statement};

use crate::driver::{Person, Settings, TestApp, wait_until};

/// Tasks of a project, each with 4 KB of description: 100 MB of rows.
const TASKS: usize = 25_000;

/// How much memory of its own a server may have while they go; the cache of the database is 64 MiB of it.
const MOST_KIB: usize = 110 * 1024;

/// Gives a project many tasks, while nothing serves the database.
fn fill(settings: &Settings, project: i64) {
    let tasks = format!(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {TASKS})
         INSERT INTO tasks (title, description, project_id, created_at, updated_at)
         SELECT 't' || i, $1, {project}, '2026-01-01T00:00:00.000000Z', '2026-01-01T00:00:00.000000Z' FROM n"
    );
    settings.execute(Statement::new(tasks, vec![Arg::Text("x".repeat(4000))]));
}

/// A server whose one project has many tasks, and who owns it.
fn with_many_tasks() -> (TestApp, Person, i64) {
    let settings = Settings::new();
    let mut app = settings.start();
    let owner = app.person();
    let project = app.project(&owner);
    app.terminate();
    app.wait();
    fill(&settings, project);
    (settings.start(), owner, project)
}

#[test]
fn a_large_project_goes_in_little_memory() {
    let (app, owner, project) = with_many_tasks();
    let path = format!("/projects/{project}");
    let ((), peak_kib) = app.peak_kib(|| {
        let reply = app.delete(&path).by(&owner).send();
        // A machine that is busy may take longer than the answer waits; the deletion goes on.
        assert!([204, 503].contains(&reply.status), "{reply}");
        wait_until("the project is gone", || app.get(&path).by(&owner).send().status == 404);
    });
    assert!(peak_kib < MOST_KIB, "{} MiB", peak_kib / 1024);
}
