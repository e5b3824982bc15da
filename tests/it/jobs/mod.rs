//! Background jobs, seen from outside: what they send and keep, and that none is lost.

mod command;
mod mail;
mod stopping;

use serde_json::json;

use crate::driver::{Letter, Person, Settings, Sink, TestApp, wait_until};

/// A server whose mail goes to `sink`.
pub(crate) fn mailing(sink: &Sink) -> Settings {
    Settings::new().set("SMTP_URL", sink.url()).set("MAIL_FROM", "Tracker <tracker@example.com>")
}

/// A number of `/metrics`.
#[track_caller]
fn metric(app: &TestApp, name: &str) -> i64 {
    let text = app.at("GET", "/metrics").send().expect(200).text();
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.and_then(|value| value.parse().ok()).unwrap_or_else(|| panic!("{name} is not in:\n{text}"))
}

/// Waits until no job is left to run.
#[track_caller]
pub(crate) fn wait_for_the_jobs(app: &TestApp) {
    wait_until("the jobs are done", || metric(app, "fasttrack_jobs_waiting") == 0);
}

/// New accounts, which have been sent what new accounts are sent.
#[track_caller]
pub(crate) fn people<const N: usize>(app: &TestApp) -> [Person; N] {
    let people = [(); N].map(|()| app.person());
    wait_for_the_jobs(app);
    people
}

/// The mails about tasks that have arrived for somebody.
pub(crate) fn about_tasks(sink: &Sink, person: &Person) -> Vec<Letter> {
    let is_one = |letter: &Letter| letter.data.lines().any(|line| line.starts_with("Subject: ["));
    sink.letters_to(&person.email).into_iter().filter(is_one).collect()
}

/// A task of `owner` that is given to somebody.
#[track_caller]
fn assigned_task(app: &TestApp, owner: &Person, assignee: &Person) -> i64 {
    let project = app.project(owner);
    app.task(owner, project, &json!({ "assignee_id": assignee.id }))
}
