//! Jobs and the end of the process: those that run may end, and none is lost.

use super::{assigned_task, mailing, wait_for_the_jobs};
use crate::driver::{Person, Sink, TestApp, wait_until};

/// A server with a job under way, which the mail server does not let end; and whom it writes to.
fn with_a_job_under_way(sink: &Sink) -> (TestApp, Person) {
    let app = mailing(sink).start();
    let assignee = app.person();
    sink.hold(true);
    assigned_task(&app, &assignee);
    wait_until("the job runs", || sink.held() > 0);
    (app, assignee)
}

#[test]
fn a_job_survives_a_kill() {
    let sink = Sink::start();
    let (app, assignee) = with_a_job_under_way(&sink);
    let settings = app.kill();
    sink.hold(false);
    assert_eq!(sink.letters_to(&assignee.email).len(), 0);
    let app = settings.start();
    wait_until("the mail arrives", || sink.letters_to(&assignee.email).len() == 1);
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
    assert_eq!(sink.letters_to(&assignee.email).len(), 1);
    let left = app.run(&["jobs"], "");
    assert!(String::from_utf8_lossy(&left.stdout).starts_with("no job waits"), "{left:?}");
}

#[test]
fn a_job_that_does_not_end_is_kept_at_a_stop() {
    let sink = Sink::start();
    let (mut app, assignee) = with_a_job_under_way(&sink);
    app.terminate();
    assert_eq!(app.wait(), Some(0));
    let left = app.run(&["jobs"], "");
    let text = String::from_utf8_lossy(&left.stdout).into_owned();
    assert!(text.contains("jobs::mail_the_assignee"), "{left:?}");
    sink.hold(false);
    let app = app.kill().start();
    wait_until("the mail arrives", || sink.letters_to(&assignee.email).len() == 1);
    wait_for_the_jobs(&app);
}
