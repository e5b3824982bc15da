//! The mail to a new assignee.

use serde_json::json;

use super::{about_tasks, assigned_task, mailing, metric, people, wait_for_the_jobs};
use crate::driver::{Settings, Sink, wait_until};

#[test]
fn a_new_assignee_gets_one_mail() {
    let sink = Sink::start();
    let app = mailing(&sink).set("PUBLIC_URL", "https://x.example/tracker").start();
    let [owner, first, second] = people(&app);
    app.patch("/users/me", &json!({ "display_name": "Ada Lovelace" })).by(&first).ok();
    let task = assigned_task(&app, &owner, &first);
    let path = format!("/tasks/{task}");
    let row = app.get(&path).by(&owner).ok();
    let project = app.get(&format!("/projects/{}", row["project_id"])).by(&owner).ok();
    wait_until("the mail arrives", || !about_tasks(&sink, &first).is_empty());
    app.patch(&path, &json!({ "title": "another" })).by(&owner).ok();
    wait_for_the_jobs(&app);
    let [letter] = &about_tasks(&sink, &first)[..] else { panic!("not one mail") };
    assert_eq!(letter.from, "tracker@example.com");
    let (title, name) = (row["title"].as_str().unwrap(), project["name"].as_str().unwrap());
    for line in [
        format!("Subject: [{name}] {title}"),
        format!("To: \"Ada Lovelace\" <{}>", first.email),
        "From: Tracker <tracker@example.com>".to_owned(),
        "MIME-Version: 1.0".to_owned(),
        "Content-Type: text/plain; charset=utf-8".to_owned(),
        "Hello Ada Lovelace,".to_owned(),
        format!("https://x.example/tracker/api/v1/tasks/{task}"),
    ] {
        assert!(letter.data.lines().any(|other| other == line), "{line:?} is not in:\n{}", letter.data);
    }

    app.patch(&path, &json!({ "assignee_id": second.id })).by(&owner).ok();
    wait_until("the second mail arrives", || about_tasks(&sink, &second).len() == 1);
    app.patch(&path, &json!({ "assignee_id": null })).by(&owner).ok();
    wait_for_the_jobs(&app);
    assert_eq!((about_tasks(&sink, &first).len(), about_tasks(&sink, &second).len()), (1, 1));
    assert_eq!(metric(&app, "fasttrack_jobs_failed_total"), 0);
}

#[test]
fn a_mail_that_is_refused_is_sent_again() {
    let sink = Sink::start();
    let app = mailing(&sink).start();
    let [owner, assignee] = people(&app);
    sink.refuse(1);
    assigned_task(&app, &owner, &assignee);
    wait_until("the mail arrives", || about_tasks(&sink, &assignee).len() == 1);
    wait_for_the_jobs(&app);
    assert_eq!((sink.refused(), metric(&app, "fasttrack_jobs_failed_total")), (1, 1));
    assert!(app.log().contains("not today"), "what the server said is in the log");
}

#[test]
fn a_mail_that_is_rejected_is_a_dead_letter_at_once() {
    let sink = Sink::start();
    let app = mailing(&sink).start();
    let [owner, assignee] = people(&app);
    sink.close();
    assigned_task(&app, &owner, &assignee);
    wait_until("the job is dead", || metric(&app, "fasttrack_jobs_dead") == 1);
    assert_eq!(metric(&app, "fasttrack_jobs_failed_total"), 1);
    let listed = app.run(&["jobs", "--dead"], "");
    let text = String::from_utf8_lossy(&listed.stdout).into_owned();
    assert!(
        text.contains("the mail server will not take it") && text.contains("550") && text.contains("never"),
        "{text}"
    );
}

/// The longest name before the `@` that a mail can be written to has 64 characters (RFC 5321, section 4.5.3.1.1).
#[test]
fn a_mail_that_cannot_be_written_is_a_dead_letter_at_once() {
    let sink = Sink::start();
    let app = mailing(&sink).start();
    let email = format!("{}@example.com", "x".repeat(65));
    let body = json!({ "email": email, "password": "correct horse" });
    let id = app.post("/auth/register", &body).created()["id"].as_i64().unwrap();
    let owner = app.person();
    let project = app.project(&owner);
    app.task(&owner, project, &json!({ "assignee_id": id }));
    // The one that asks whether the address is right is given up, since anybody may register with any.
    wait_until("the job is dead", || metric(&app, "fasttrack_jobs_dead") == 1);
    let listed = app.run(&["jobs", "--dead"], "");
    assert!(String::from_utf8_lossy(&listed.stdout).contains("the mail cannot be written"), "{listed:?}");
}

#[test]
fn what_is_out_of_date_is_not_sent() {
    let sink = Sink::start();
    let app = mailing(&sink).start();
    let [owner, replaced, disabled, gone, told] = people(&app);
    sink.refuse(usize::MAX);
    let task = assigned_task(&app, &owner, &replaced);
    assigned_task(&app, &owner, &disabled);
    let deleted = assigned_task(&app, &owner, &gone);
    wait_until("each was tried", || sink.refused() >= 3);
    app.patch(&format!("/tasks/{task}"), &json!({ "assignee_id": told.id })).by(&owner).ok();
    app.disable(&disabled);
    app.delete(&format!("/tasks/{deleted}")).by(&owner).done();
    sink.refuse(0);
    wait_for_the_jobs(&app);
    assert_eq!([&replaced, &disabled, &gone, &told].map(|person| about_tasks(&sink, person).len()), [0, 0, 0, 1]);
}

#[test]
fn without_a_server_mail_is_logged() {
    let app = Settings::new().set("LOG", "debug").start();
    let [owner, assignee] = people(&app);
    assigned_task(&app, &owner, &assignee);
    wait_for_the_jobs(&app);
    let log = app.log();
    let mut lines = log.lines().filter(|line| line.contains("fasttrack::mail") && line.contains("INFO"));
    assert!(lines.any(|line| line.contains(&assignee.email) && line.contains("[project ")), "{log}");
    assert!(log.contains("is yours now"), "the text is there for who debugs");
}

#[test]
fn a_mail_server_that_cannot_be_meant_stops_the_start() {
    for (url, from, names) in [
        ("smtp://localhost", "", "MAIL_FROM"),
        ("smtp://localhost", "nobody", "MAIL_FROM"),
        ("http://localhost", "a@example.com", "SMTP_URL"),
        ("smtp://localhost?tls=perhaps", "a@example.com", "SMTP_URL"),
    ] {
        let refusal = Settings::new().set("SMTP_URL", url).set("MAIL_FROM", from).refused();
        assert!(refusal.stderr.contains(names) && refusal.code == Some(1), "{url} {from}: {}", refusal.stderr);
    }
}
