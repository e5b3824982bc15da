//! Triggers at a time: once for each row and value, whatever becomes of either, and however often somebody starts anew.

use std::{sync::Arc, time::Duration};

use fasttrack::{
    Application, clock,
    db::Statement,
    outbox::{NoListener, OutboxListener},
    pipeline::Timetable,
    prelude::*,
    testing::{Client, Login, TestApp, Value, json},
};

use super::accounts::{Member, Team};
use crate::driver::wait_until;

/// What somebody is to be reminded of.
#[expect(dead_code, reason = "the columns are for the database alone")]
#[resource]
#[can(create, list, delete: authenticated)]
#[can(read: guest | host)]
#[can(update: authenticated)]
#[on(at(starts_at - 24h) => soon { title: title, at: starts_at } to guest, host; run remind)]
#[on(at(starts_at) => begins to guest)]
#[on(at(created_at + 1h) => run look_back)]
pub(super) struct Meeting {
    pub id: Id<Meeting>,
    #[field(len = 1..=40)]
    pub title: String,
    pub starts_at: Option<Timestamp>,
    #[field(on_delete = cascade)]
    pub room: Option<BelongsTo<Room>>,
    #[field(on_delete = cascade)]
    pub club: Option<BelongsTo<Club>>,
    #[field(on_delete = set_null)]
    pub guest: Option<BelongsTo<Member>>,
    #[field(actor, on_delete = cascade)]
    pub host: BelongsTo<Member>,
    pub created_at: CreatedAt,
}

/// Where meetings are.
#[expect(dead_code, reason = "the columns are for the database alone")]
#[resource]
#[can(create, read, delete: authenticated)]
pub(super) struct Room {
    pub id: Id<Room>,
    #[field(len = ..=40)]
    pub name: String,
}

/// What meets at once, when it is founded.
#[expect(dead_code, reason = "the columns are for the database alone")]
#[resource]
#[has(meetings: Meeting.club)]
#[can(create, read: authenticated)]
#[on(created => add meetings { title: name, guest: founder, starts_at: opens_at })]
pub(super) struct Club {
    pub id: Id<Club>,
    #[field(len = 1..=40)]
    pub name: String,
    pub opens_at: Option<Timestamp>,
    #[field(actor, on_delete = cascade)]
    pub founder: BelongsTo<Member>,
}

fasttrack::resources! { account: Member, Club, Team, Meeting, Room }

async fn remind(change: Change<Meeting>, context: Context) -> JobResult {
    assert!(change.old.is_none() && change.actor.is_none());
    let Some(meeting) = change.new else { return Ok(()) };
    Ok(context.mail("ada@example.com", &meeting.title, "soon").await?)
}

async fn look_back(change: Change<Meeting>, context: Context) -> JobResult {
    let title = change.new.map(|meeting| meeting.title).unwrap_or_default();
    Ok(context.mail("ada@example.com", &title, "an hour ago").await?)
}

/// An office at noon of the first of January 2040.
struct Office {
    app: TestApp,
    ada: Login,
    bob: Login,
}

impl Office {
    fn new() -> Self {
        let app = TestApp::setup(Application::new(RESOURCES)).set("MIGRATIONS_DIR", "none").start();
        let (ada, bob) = (app.account("ada"), app.account("bob"));
        app.set_clock("2040-01-01T12:00:00Z");
        let mut office = Self { app, ada, bob };
        office.log_in();
        office
    }

    fn log_in(&mut self) {
        (self.ada, self.bob) = (self.app.login(&self.ada), self.app.login(&self.bob));
    }

    fn advance(&mut self, hours: u64) {
        self.app.advance(Duration::from_hours(hours));
        self.log_in();
    }

    fn ada(&self) -> Client<'_> {
        self.app.as_(&self.ada)
    }

    #[track_caller]
    fn meeting(&self, starts_at: &Value) -> String {
        let body = json!({ "title": "Lunch", "starts_at": starts_at, "guest_id": self.bob.id });
        format!("/meetings/{}", self.ada().post("/meetings", &body).ok()["id"])
    }

    #[track_caller]
    fn start(&self, path: &str, at: &Value) {
        self.ada().patch(path, &json!({ "starts_at": at })).ok();
    }

    /// What the guest was told since the last time, and the mails of jobs.
    #[track_caller]
    fn heard(&self) -> (Vec<String>, usize) {
        self.app.run_jobs();
        let page = self.app.as_(&self.bob).get("/notifications?limit=100").ok();
        let told = page["items"].as_array().unwrap().iter().map(|told| told["type"].as_str().unwrap().to_owned());
        let soon = self.app.mails().iter().filter(|mail| mail.text == "soon").count();
        (told.collect(), soon)
    }

    fn write(&self, sql: &str) {
        let (context, statement) = (self.app.context().clone(), Statement::new(sql, Vec::new()));
        self.app.block_on(async move { context.write(statement).await }).unwrap();
    }

    fn due(&self) -> i64 {
        let statement = Statement::new("SELECT count(*) FROM outbox_due", Vec::new());
        let context = self.app.context().clone();
        self.app.block_on(async move { context.read(statement).await }).unwrap()[0].int(0).unwrap()
    }
}

#[track_caller]
fn check((told, mails): (Vec<String>, usize), expected: &[&str], expected_mails: usize) {
    assert_eq!((told.iter().map(String::as_str).collect::<Vec<_>>().as_slice(), mails), (expected, expected_mails));
}

#[test]
fn a_trigger_fires_at_its_instant_and_once() {
    let mut office = Office::new();
    office.meeting(&json!("2040-01-03T12:00:00Z"));
    check(office.heard(), &[], 0);
    office.advance(23);
    check(office.heard(), &[], 0);
    office.advance(2);
    check(office.heard(), &["soon"], 1);
    let told = office.app.as_(&office.bob).socket_since(0).expect("soon");
    assert_eq!(told, json!({ "meeting_id": 1, "title": "Lunch", "at": "2040-01-03T12:00:00.000000Z" }));
    office.advance(48);
    check(office.heard(), &["soon", "begins"], 1);
    office.advance(480);
    check(office.heard(), &[], 1);
    let subjects: Vec<_> = office.app.mails().iter().map(|mail| mail.text.clone()).collect();
    assert_eq!(subjects.iter().filter(|text| *text == "an hour ago").count(), 1, "{subjects:?}");
}

#[test]
fn what_is_past_when_it_is_set_fires_at_once() {
    let office = Office::new();
    let mut socket = office.app.as_(&office.bob).socket();
    let path = office.meeting(&json!("2040-01-01T14:00:00Z"));
    assert_eq!(socket.expect("soon")["title"], "Lunch");
    office.start(&path, &json!("2039-01-01T12:00:00Z"));
    let mut kinds = [socket.next().kind, socket.next().kind];
    kinds.sort();
    assert_eq!(kinds, ["begins", "soon"], "another value is another time");
    check(office.heard(), &["soon", "begins", "soon"], 2);
}

#[test]
fn a_moved_instant_moves_it_and_a_value_that_comes_back_is_the_same() {
    let mut office = Office::new();
    let path = office.meeting(&json!("2040-01-03T12:00:00Z"));
    office.start(&path, &json!("2040-01-10T12:00:00Z"));
    office.advance(48);
    check(office.heard(), &[], 0);
    office.start(&path, &json!("2040-01-04T12:30:00Z"));
    check(office.heard(), &[], 0);
    office.advance(1);
    check(office.heard(), &["soon"], 1);
    office.start(&path, &json!("2040-01-20T12:00:00Z"));
    office.start(&path, &json!("2040-01-04T12:30:00Z"));
    office.ada().patch(&path, &json!({ "title": "Late lunch" })).ok();
    check(office.heard(), &["soon"], 1);
    office.start(&path, &Value::Null);
    office.advance(24 * 6);
    check(office.heard(), &["soon"], 1);
    office.start(&path, &json!("2040-01-09T14:00:00Z"));
    check(office.heard(), &["soon", "soon"], 2);
}

#[test]
fn what_goes_is_due_no_more() {
    let mut office = Office::new();
    let at = json!("2040-01-03T12:00:00Z");
    let path = office.meeting(&at);
    office.ada().call("DELETE", &path).expect(204);
    assert_eq!(office.due(), 0);
    let room = office.ada().post("/rooms", &json!({ "name": "Attic" })).ok();
    let body = json!({ "title": "Lunch", "starts_at": at, "guest_id": office.bob.id, "room_id": room["id"] });
    office.ada().post("/meetings", &body).ok();
    assert_eq!(office.due(), 4);
    office.ada().call("DELETE", &format!("/rooms/{}", room["id"])).expect(204);
    assert_eq!(office.due(), 0);
    // Gone without a word, as by a statement of the application's own.
    office.meeting(&at);
    office.write("DELETE FROM meetings");
    office.advance(100);
    check(office.heard(), &[], 0);
}

#[test]
fn what_a_trigger_adds_is_due_as_well() {
    let office = Office::new();
    let found = |opens_at: Value| {
        let body = json!({ "name": "Chess", "opens_at": opens_at });
        office.app.as_(&office.bob).post("/clubs", &body).ok();
    };
    found(json!("2040-01-01T13:00:00Z"));
    found(Value::Null);
    // A reminder that was due before there was anything to be reminded of comes at once.
    assert_eq!(office.heard().0, ["soon"]);
    let mut office = office;
    office.advance(2);
    assert_eq!(office.heard().0, ["soon", "begins"]);
}

#[test]
fn what_a_statement_has_moved_fires_when_the_field_says() {
    let mut office = Office::new();
    office.meeting(&json!("2040-01-03T12:00:00Z"));
    office.write("UPDATE meetings SET starts_at = '2040-01-05T12:00:00.000000Z'");
    office.advance(25);
    check(office.heard(), &[], 0);
    office.advance(48);
    check(office.heard(), &["soon"], 1);
}

#[test]
fn whoever_may_not_read_the_row_then_is_not_told() {
    let mut office = Office::new();
    let path = office.meeting(&json!("2040-01-03T12:00:00Z"));
    office.ada().patch(&path, &json!({ "guest_id": office.ada.id })).ok();
    office.advance(25);
    check(office.heard(), &[], 1);
    assert_eq!(office.ada().get("/notifications").ok()["items"].as_array().map(Vec::len), Some(1), "each once");
}

#[test]
fn it_is_not_late() {
    let office = Office::new();
    let mut socket = office.app.as_(&office.bob).socket();
    let now_us = clock::parse_timestamp_us(&office.app.now()).unwrap();
    let starts_at = clock::format_us(now_us + 300_000);
    office.meeting(&json!(starts_at));
    socket.expect("soon");
    let told = socket.next();
    let late_us = clock::parse_timestamp_us(&told.timestamp).unwrap() - (now_us + 300_000);
    assert!(told.kind == "begins" && (0..1_000_000).contains(&late_us), "{late_us} µs late: {told:?}");
}

#[test]
fn each_is_fired_by_one_of_several_nodes() {
    let office = Office::new();
    for _ in 0..150 {
        office.meeting(&json!("2039-01-01T00:00:00Z"));
    }
    assert_eq!(office.heard().1, 150);
    // As if none had been: now three nodes find them at once, that of the application itself among them.
    office.write("UPDATE outbox_due SET is_fired = FALSE");
    let layers = office.app.layers();
    let silent: Arc<dyn OutboxListener> = Arc::new(NoListener);
    let node = || Timetable::new(&layers.catalog, layers.db.clone(), &silent, Arc::default()).unwrap();
    let nodes = [Arc::new(node()), Arc::new(node())];
    office.app.block_on(async move {
        let [one, other] = nodes.map(|node| tokio::spawn(async move { node.fire().await }));
        one.await.unwrap().unwrap();
        other.await.unwrap().unwrap();
    });
    let told = || {
        let sql = "SELECT count(*) FROM outbox WHERE type = 'begins'".to_owned();
        let db = layers.db.clone();
        office.app.block_on(async move { db.read(Statement::new(sql, Vec::new())).await }).unwrap()[0].int(0)
    };
    // Each leaves to the others what they have taken, and the application's own may not have done with it.
    wait_until("all are told", || told() == Some(300));
    assert_eq!(office.heard().1, 300);
    assert_eq!(told(), Some(300));
}

#[test]
fn a_trigger_that_is_new_waits_for_what_is_still_to_come() {
    let mut office = Office::new();
    office.meeting(&json!("2040-01-01T13:00:00Z"));
    office.meeting(&json!("2040-01-05T13:00:00Z"));
    check(office.heard(), &["soon"], 1);
    let take_up = |office: &Office| {
        let timetable = Arc::clone(&office.app.layers().timetable);
        office.app.block_on(async move { timetable.take_up().await }).unwrap();
    };
    // As if the version before had not had them.
    for sql in ["DELETE FROM outbox_due", "DELETE FROM outbox_timers"] {
        office.write(sql);
    }
    take_up(&office);
    assert_eq!(office.due(), 6, "but for what was soon of the first, twice");
    check(office.heard(), &["soon"], 1);
    office.advance(4 * 24);
    check(office.heard(), &["soon", "begins", "soon"], 2);
}

#[test]
fn many_are_due_at_once() {
    let mut office = Office::new();
    for _ in 0..230 {
        office.meeting(&json!("2040-01-03T12:00:00Z"));
    }
    office.advance(25);
    assert_eq!(office.heard().1, 230);
    office.advance(25);
    assert_eq!(office.heard().1, 230);
}
