//! `fasttrack jobs`, beside a running server.

use fasttrack::db::{Arg, Statement};

use super::{metric, wait_for_the_jobs};
use crate::driver::{Settings, TestApp, wait_until};

/// Puts a job into the outbox of a running server, as another program version would have.
fn put(app: &TestApp, name: &str, row: Option<&str>) {
    let sql = "INSERT INTO outbox_jobs (name, resource, row_id, new, created_at, due_at) \
               VALUES ($1, 'task', 7, $2, '2026-01-01T00:00:00.000000Z', '2026-01-01T00:00:00.000000Z')";
    let row = row.map_or(Arg::Null, |row| Arg::Text(row.into()));
    app.settings().execute(Statement::new(sql, vec![Arg::Text(name.into()), row]));
}

/// The standard output of a command that succeeds.
#[track_caller]
fn stdout(app: &TestApp, arguments: &[&str]) -> String {
    let output = app.run(arguments, "");
    assert!(output.status.success(), "{arguments:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn what_cannot_run_is_kept_and_can_be_retried() {
    let app = Settings::new().start();
    assert_eq!(stdout(&app, &["jobs"]), "no job waits, and none failed for good\n");
    assert_eq!(stdout(&app, &["jobs", "--dead"]), "no job failed for good\n");
    put(&app, "jobs::forgotten", None);
    put(&app, "jobs::mail_the_assignee", Some("{\"title\": 1}"));
    wait_until("both are dead", || metric(&app, "fasttrack_jobs_dead") == 2);
    assert_eq!(metric(&app, "fasttrack_jobs_waiting"), 0);
    let text = stdout(&app, &["jobs", "--dead"]);
    let lines: Vec<_> = text.lines().collect();
    let [head, forgotten, unread] = &lines[..] else { panic!("{text}") };
    assert!(head.starts_with("ID  NAME"), "{text}");
    for word in ["jobs::forgotten", "task 7", "  1  ", "never", "this program has no job jobs::forgotten for a task"] {
        assert!(forgotten.contains(word), "{word:?} is not in {text}");
    }
    for word in ["jobs::mail_the_assignee", "does not read as it is declared now"] {
        assert!(unread.contains(word), "{word:?} is not in {text}");
    }

    let id = forgotten.split(' ').next().unwrap();
    let failed = metric(&app, "fasttrack_jobs_failed_total");
    assert_eq!(stdout(&app, &["jobs", "retry", id]), "1 job is due now\n");
    wait_until("it was tried again", || metric(&app, "fasttrack_jobs_failed_total") == failed + 1);
    assert_eq!(stdout(&app, &["jobs", "retry", "--all"]), "2 jobs are due now\n");
    wait_until("both were", || metric(&app, "fasttrack_jobs_failed_total") == failed + 3);
    wait_for_the_jobs(&app);

    let refused = app.run(&["jobs", "retry", "999"], "");
    let stderr = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success() && stderr.contains("there is no job 999"), "{stderr}");
}

#[test]
fn what_a_program_did_not_know_is_run_by_one_that_does() {
    let settings = Settings::new();
    drop(settings.start());
    let sql = "INSERT INTO outbox_jobs (name, resource, row_id, created_at, due_at, tries, is_dead, error) \
               SELECT name, 'task', 7, $1, $1, 1, TRUE, error FROM (SELECT 'jobs::mail_the_assignee' AS name, \
               'this program has no job jobs::mail_the_assignee for a task' AS error UNION ALL SELECT \
               'jobs::forgotten', 'this program has no job jobs::forgotten for a task' UNION ALL SELECT \
               'jobs::mail_the_assignee', 'the mail server said no') AS failed";
    settings.execute(Statement::new(sql, vec![Arg::Text("2026-01-01T00:00:00.000000Z".into())]));
    let app = settings.start();
    wait_until("it was tried", || metric(&app, "fasttrack_jobs_run_total") == 1);
    wait_for_the_jobs(&app);
    let left = stdout(&app, &["jobs", "--dead"]);
    assert_eq!(left.lines().count(), 3, "the rest is left as it is: {left}");
    assert!(left.contains("jobs::forgotten") && left.contains("the mail server said no"), "{left}");
}

#[test]
fn what_waits_for_a_time_that_the_clock_was_set_back_from_runs_at_the_start() {
    let settings = Settings::new();
    drop(settings.start());
    let sql = "INSERT INTO outbox_jobs (name, resource, row_id, created_at, due_at, tries) SELECT 'jobs::forgotten', \
               'task', 7, $1, $1, 0";
    settings.execute(Statement::new(sql, vec![Arg::Text("2090-01-01T00:00:00.000000Z".into())]));
    let app = settings.start();
    wait_until("it ran", || metric(&app, "fasttrack_jobs_run_total") == 1);
}

#[test]
fn jobs_of_another_process_are_noticed() {
    let app = Settings::new().start();
    let row = r#"{"id": 7, "title": "t", "description": "", "status": "todo", "priority": "low", "project_id": 7,
                 "assignee_id": null, "created_at": "", "updated_at": ""}"#;
    put(&app, "jobs::mail_the_assignee", Some(row));
    wait_until("it ran", || metric(&app, "fasttrack_jobs_run_total") == 1);
    wait_for_the_jobs(&app);
    assert_eq!((metric(&app, "fasttrack_jobs_failed_total"), metric(&app, "fasttrack_jobs_dead")), (0, 0));
}
