//! Searches that would take for ever: stopped at their limit, and one at a time of each caller.

use std::{thread, time::Instant};

use fasttrack::db::{Arg, Statement};
use serde_json::json;

use crate::driver::{Settings, TestApp, wait_until};

/// Gives a project many tasks with long descriptions, while nothing serves the database.
fn fill(settings: &Settings, project: i64) {
    let tasks = format!(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 4000)
         INSERT INTO tasks (title, description, project_id, created_at, updated_at)
         SELECT 't', $1, {project}, '2026-01-01T00:00:00.000000Z', '2026-01-01T00:00:00.000000Z' FROM n"
    );
    settings.execute(Statement::new(tasks, vec![Arg::Text("-".repeat(10_000))]));
}

fn requests_in_flight(app: &TestApp) -> String {
    let metrics = String::from_utf8(app.at("GET", "/metrics").send().body).unwrap();
    let line = metrics.lines().find_map(|line| line.strip_prefix("fasttrack_requests_in_flight "));
    line.expect("the gauge").to_owned()
}

#[test]
fn heavy_searches_of_one_hold_nobody_else_up_and_stop() {
    let settings = Settings::new();
    let mut app = settings.start();
    let (one, other) = (app.person(), app.person());
    let (heavy, light) = (app.project(&one), app.project(&other));
    app.task(&other, light, &json!({ "description": "what is looked for" }));
    app.terminate();
    app.wait();
    fill(&settings, heavy);
    let app = settings.start();
    // What has no word is looked for as it stands, in every row.
    let needle = format!("{}.", "-".repeat(199));
    let search = || app.get(&format!("/projects/{heavy}/tasks?q={needle}")).by(&one).refused(503);
    let ended = thread::scope(|scope| {
        let searches = [(); 4].map(|()| scope.spawn(search));
        wait_until("all searches are under way", || requests_in_flight(&app) == "5");
        for _ in 0..20 {
            let found = app.get(&format!("/projects/{light}/tasks?q=looked")).by(&other).ok();
            assert_eq!(found["items"].as_array().unwrap().len(), 1);
        }
        assert!(searches.iter().all(|search| !search.is_finished()), "they were not heavy");
        for search in searches {
            search.join().unwrap();
        }
        Instant::now()
    });
    wait_until("the cores are idle", || app.is_idle());
    assert!(ended.elapsed().as_secs() < 5, "a search went on after its 503");
}
