//! Lists that are answered whole: in every form, from one instant, and never as a part that could be taken for all.

mod bounds;
mod endings;
mod forms;
mod instants;

use fasttrack::db::{Arg, Statement};

use crate::driver::{Person, Settings, TestApp, wait_until};

/// Gives a project many tasks with descriptions of so many characters, by statements.
fn fill(settings: &Settings, project: i64, tasks: usize, chars: usize) {
    for first in (1..=tasks).step_by(PART) {
        let last = tasks.min(first + PART - 1);
        let part = format!(
            "WITH RECURSIVE n(i) AS (SELECT {first} UNION ALL SELECT i + 1 FROM n WHERE i < {last})
             INSERT INTO tasks (title, description, project_id, created_at, updated_at)
             SELECT 'task ' || i, $1, {project}, '2026-01-01T00:00:00.000000Z', '2026-01-01T00:00:00.000000Z' FROM n"
        );
        settings.execute(Statement::new(part, vec![Arg::Text("-".repeat(chars))]));
    }
}

/// Rows that a statement writes in much less than its limit.
const PART: usize = 10_000;

/// A server on which somebody has a list that is far too long to be sent to who does not read it.
fn long_list(settings: &Settings) -> (TestApp, Person, String) {
    let app = settings.start();
    let owner = app.person();
    let project = app.project(&owner);
    fill(settings, project, LONG, 10_000);
    (app, owner, format!("/projects/{project}/tasks"))
}

/// Its rows.
const LONG: usize = 1_500;

/// What a metric says; 0 where there is none.
fn sample(app: &TestApp, series: &str) -> u64 {
    let text = app.at("GET", "/metrics").send().expect(200).text();
    let mut samples = text.lines().filter_map(|line| line.rsplit_once(' '));
    samples.find(|(name, _)| *name == series).map_or(0, |(_, value)| value.parse().unwrap())
}

/// Waits until so many streams have ended so, and nothing is held for any.
#[track_caller]
fn wait_for_ending(app: &TestApp, ending: &str, count: u64) {
    let series = format!(r#"fasttrack_streams_total{{ending="{ending}"}}"#);
    wait_until(&format!("{series} is {count}"), || sample(app, &series) == count);
    wait_until("nothing is held", || {
        ["fasttrack_streams_open", "fasttrack_snapshots_held"].iter().all(|series| sample(app, series) == 0)
    });
}
