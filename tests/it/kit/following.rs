//! What follows a change: messages, jobs, mail; and time.

use std::time::Duration;

use fasttrack::{
    Application,
    prelude::*,
    testing::{Login, TestApp, json},
};
use resources::{project::Project, task::Task, user::User};

use super::tracker;

#[test]
fn messages_are_heard_in_order_and_silence_is_known() {
    let app = tracker();
    let (ada, bob) = (app.account("ada"), app.account("bob"));
    let mut socket = app.as_(&bob).socket();
    socket.expect_silence();
    let project = app.as_(&ada).create::<Project>(&json!({ "name": "Apollo" })).ok();
    let task = app.as_(&ada).under(project.id).create::<Task>(&json!({ "title": "Land", "assignee_id": bob.id })).ok();
    let message = socket.next();
    assert_eq!((message.kind.as_str(), message.actor_id), ("task_assigned", Some(ada.id)));
    assert_eq!(message.data, json!({ "task_id": task.id, "project": "Apollo" }));
    socket.expect_silence();

    app.as_(&bob).update(task.id, &json!({ "status": "done" })).ok();
    let told = app.as_(&ada).socket_since(0).expect("status_changed");
    assert_eq!(told, json!({ "task_id": task.id, "old": "todo", "new": "done" }));
    socket.expect_silence();
    socket.say(r#"{"type": "ping"}"#);
    assert_eq!(socket.next().kind, "pong");

    app.as_(&bob).call("POST", "/auth/logout").ok();
    assert!(socket.expect_close(4001).contains("session"));
}

#[test]
fn messages_are_kept_for_as_long_as_they_are() {
    let app = tracker();
    let ada = app.account("ada");
    let project = app.as_(&ada).create::<Project>(&json!({ "name": "Apollo" })).ok();
    app.as_(&ada).under(project.id).create::<Task>(&json!({ "title": "Land", "assignee_id": ada.id })).ok();
    let kept = || app.as_(&app.login(&ada)).get("/notifications").ok()["items"].as_array().map(Vec::len);
    app.advance(Duration::from_hours(6 * 24));
    assert_eq!(kept(), Some(1));
    app.advance(Duration::from_hours(2 * 24));
    assert_eq!(kept(), Some(0));
    assert_eq!(app.as_(&app.login(&ada)).socket_since(0).next().kind, "resync");
}

#[test]
fn jobs_run_when_the_test_says_so_and_their_mail_is_kept() {
    let app = tracker();
    let (ada, bob) = (app.account("ada"), app.account("bob"));
    let project = app.as_(&ada).create::<Project>(&json!({ "name": "Apollo" })).ok();
    app.as_(&ada).under(project.id).create::<Task>(&json!({ "title": "Land", "assignee_id": bob.id })).ok();
    let jobs: Vec<_> = app.jobs().into_iter().map(|job| job.name).collect();
    assert_eq!(jobs, ["jobs::mail_the_assignee"]);
    assert!(app.mails().is_empty());

    app.run_jobs();
    assert!(app.jobs().is_empty());
    let mails = app.mails_to(&bob);
    assert_eq!((mails.len(), mails[0].subject.as_str(), mails[0].name.as_str()), (1, "[Apollo] Land", "bob"));
    assert!(mails[0].text.contains("is yours now") && app.mails_to("ada@example.com").is_empty());
    app.run_jobs();
    assert_eq!(app.mails().len(), 1, "what has run does not run again");
}

#[test]
fn the_clock_goes_as_far_as_it_is_moved() {
    let app = tracker();
    let ada = app.account("ada");
    let mut socket = app.as_(&ada).socket();
    app.advance(Duration::from_mins(14));
    app.as_(&ada).me::<User>().ok();
    app.advance(Duration::from_mins(2));
    app.as_(&ada).me::<User>().refused(401).says("expired");
    assert!(socket.expect_close(4001).contains("expired"));
    let pair = app.anonymous().post("/auth/refresh", &json!({ "refresh_token": ada.refresh_token })).ok();
    app.with_token(pair["access_token"].as_str().unwrap()).me::<User>().ok();

    app.set_clock("2040-02-29T12:00:00Z");
    assert!(app.now().starts_with("2040-02-29T12:00:0"), "{}", app.now());
    let ada = app.login(&ada);
    let project = app.as_(&ada).create::<Project>(&json!({ "name": "Apollo" })).ok();
    assert!(project.created_at.0.starts_with("2040-02-29T12:00:0"), "{:?}", project.created_at);
    let context = app.context().clone();
    let found = app.block_on(async move { context.find::<Project>(1).await }).unwrap().unwrap();
    assert_eq!(found.name, "Apollo");
}

/// What an account may do.
#[derive(Choice)]
pub(crate) enum Level {
    /// All of it.
    Any,
}

/// Who calls.
#[expect(dead_code, reason = "most columns are for the database alone")]
#[resource(account)]
#[can(read: self)]
pub(crate) struct Person {
    pub id: Id<Person>,
    #[field(len = ..=255, unique)]
    pub email: Email,
    #[field(hidden)]
    pub password: PasswordHash,
    #[field(default = Any, read_only)]
    pub role: Level,
    #[field(on_delete = set_null)]
    pub mentor: Option<BelongsTo<Person>>,
    #[field(default = true, read_only)]
    pub is_active: bool,
    #[field(default = 3, read_only)]
    pub credit: i64,
}

/// What is to be done, in as many tries as it says.
#[expect(dead_code, reason = "most columns are for the database alone")]
#[resource]
#[can(create, read: authenticated)]
#[on(created => run work)]
pub(crate) struct Chore {
    pub id: Id<Chore>,
    #[field(len = 1..=40)]
    pub title: String,
}

fasttrack::resources! { account: Person, Chore }

async fn work(change: Change<Chore>, context: Context) -> JobResult {
    let Some(chore) = change.new else { return Ok(()) };
    match chore.title.as_str() {
        "hopeless" => Err(JobError::fatal("it was in vain")),
        "late" if change.at.as_str() < "2041" && fasttrack::clock::now().as_str() < "2041" => {
            Err(JobError::new("not yet"))
        }
        "to nobody" => Ok(context.mail("nobody", "Hello", "?").await?),
        _ => Ok(()),
    }
}

#[test]
fn jobs_that_fail_are_told_and_tried_again_when_they_are_due() {
    let app = TestApp::setup(Application::new(RESOURCES)).set("MIGRATIONS_DIR", "none").start();
    let ada = app.account("ada");
    app.set_clock("2040-12-31T23:59:00Z");
    let ada = app.login(&ada);
    for title in ["easy", "hopeless", "late", "to nobody"] {
        app.as_(&ada).create::<Chore>(&json!({ "title": title })).ok();
    }
    let failed: Vec<_> = app.try_run_jobs().iter().map(ToString::to_string).collect();
    assert_eq!(
        failed,
        [
            "the job work for chore 2 failed, for good: it was in vain",
            "the job work for chore 3 failed: not yet",
            "the job work for chore 4 failed, for good: the mail cannot be written: Missing domain or user",
        ]
    );
    assert!(app.try_run_jobs().is_empty(), "none is due");
    app.advance(Duration::from_mins(2));
    assert!(app.try_run_jobs().is_empty(), "the late one has its time, and the others are dead");
    assert!(app.mails().is_empty() && app.jobs().iter().any(|job| job.due_at.is_none()));
}

#[test]
fn a_job_waits_no_longer_because_the_clock_was_set_back() {
    let app = TestApp::setup(Application::new(RESOURCES)).set("MIGRATIONS_DIR", "none").start();
    let ada = app.account("ada");
    app.set_clock("2040-12-31T12:00:00Z");
    let late = |ada: &Login| app.as_(ada).create::<Chore>(&json!({ "title": "late" })).ok();
    late(&app.login(&ada));
    assert_eq!(app.try_run_jobs().len(), 1);
    late(&app.login(&ada));
    app.set_clock("2040-12-01T12:00:00Z");
    assert_eq!(app.try_run_jobs().len(), 1, "the new one is due, the other has failed");
    app.advance(Duration::from_secs(3));
    assert_eq!(app.try_run_jobs().len(), 2, "their waits are as long as ever");
    app.set_clock("2040-12-01T12:00:00Z");
    app.advance(Duration::from_secs(5));
    assert_eq!(app.try_run_jobs().len(), 0, "and no shorter");
}

#[test]
fn accounts_may_have_what_no_registration_sends() {
    let app = TestApp::setup(Application::new(RESOURCES)).set("MIGRATIONS_DIR", "none").start();
    let ada = app.account("ada");
    let bob = app.account_with("bob", &json!({ "mentor_id": ada.id, "credit": 7 }));
    let me = app.as_(&bob).me::<Person>().ok();
    assert_eq!((me.mentor.map(|mentor| mentor.id().get()), me.credit), (Some(ada.id), 7));
}
