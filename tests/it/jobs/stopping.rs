//! Jobs and the end of the process: those that run may end, and none is lost.

use fasttrack::db::{Dialect, Statement};

use super::{about_tasks, assigned_task, mailing, metric, people, wait_for_the_jobs};
use crate::driver::{Person, Settings, Sink, TestApp, dialect, wait_until};

/// A server with a job under way, which the mail server does not let end; and whom it writes to.
fn with_a_job_under_way(sink: &Sink) -> (TestApp, Person) {
    let app = mailing(sink).start();
    let [owner, assignee] = people(&app);
    sink.hold(true);
    assigned_task(&app, &owner, &assignee);
    wait_until("the job runs", || sink.held() > 0);
    (app, assignee)
}

/// How often the one job there is was tried, and why it failed.
#[track_caller]
fn tries_and_error(settings: &Settings) -> (String, String) {
    let output = settings.run(&["jobs"], "");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let [_, line] = &text.lines().collect::<Vec<_>>()[..] else { panic!("{text}") };
    let words: Vec<_> = line.split_whitespace().collect();
    let [_, _, "task", _, tries, _, error @ ..] = &words[..] else { panic!("{text}") };
    ((*tries).to_owned(), error.join(" "))
}

/// Makes every job due now, as the time does that passes.
fn make_due(settings: &Settings) {
    let lease = if dialect() == Dialect::Postgres { ", leased_until = NULL" } else { "" };
    let sql = format!("UPDATE outbox_jobs SET due_at = '2026-01-01T00:00:00.000000Z'{lease}");
    settings.execute(Statement::new(sql, Vec::new()));
}

/// What kills the process from outside looks to it as what a job does to it.
#[test]
fn a_job_that_takes_the_process_with_it_is_dead_after_its_tries() {
    let sink = Sink::start();
    let (mut app, assignee) = with_a_job_under_way(&sink);
    for tries in 1..=8 {
        wait_until("the job runs", || sink.held() == tries);
        assert_eq!(tries_and_error(app.settings()), (tries.to_string(), "it was begun and has not ended".into()));
        let settings = app.kill();
        make_due(&settings);
        app = settings.start();
    }
    wait_until("the job is dead", || metric(&app, "fasttrack_jobs_dead") == 1);
    let (tries, error) = tries_and_error(app.settings());
    assert!(tries == "8" && error.contains("the process ended while it ran"), "{tries} {error}");
    assert_eq!(sink.held(), 8, "it was not begun again");
    sink.hold(false);
    let retried = app.run(&["jobs", "retry", "--all"], "");
    assert!(retried.status.success(), "{retried:?}");
    wait_until("the mail arrives", || about_tasks(&sink, &assignee).len() == 1);
    wait_for_the_jobs(&app);
}

#[test]
fn a_job_survives_a_kill() {
    let sink = Sink::start();
    let (app, assignee) = with_a_job_under_way(&sink);
    let settings = app.kill();
    sink.hold(false);
    assert_eq!(about_tasks(&sink, &assignee).len(), 0);
    let app = settings.start();
    wait_until("the mail arrives", || about_tasks(&sink, &assignee).len() == 1);
    wait_for_the_jobs(&app);
}

#[test]
fn a_stop_waits_for_jobs_that_run() {
    let sink = Sink::start();
    let (mut app, assignee) = with_a_job_under_way(&sink);
    app.terminate();
    wait_until("the port is closed", || std::net::TcpStream::connect(app.address()).is_err());
    sink.hold(false);
    assert_eq!(app.wait(), Some(0));
    assert_eq!(about_tasks(&sink, &assignee).len(), 1);
    let left = app.run(&["jobs"], "");
    assert!(String::from_utf8_lossy(&left.stdout).starts_with("no job waits"), "{left:?}");
}

#[test]
fn a_job_that_does_not_end_is_kept_at_a_stop() {
    let sink = Sink::start();
    let (mut app, assignee) = with_a_job_under_way(&sink);
    app.terminate();
    assert_eq!(app.wait(), Some(0));
    let (tries, error) = tries_and_error(app.settings());
    assert_eq!((tries.as_str(), error.as_str()), ("0", "the server stopped while it ran"), "it is not to blame");
    sink.hold(false);
    let app = app.kill().start();
    wait_until("the mail arrives", || about_tasks(&sink, &assignee).len() == 1);
    wait_for_the_jobs(&app);
}
