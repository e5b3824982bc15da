//! Rules that speak of the present: what they let through changes with the clock alone, in whatever they are asked.

use std::time::Duration;

use fasttrack::{
    Application,
    db::{Cell, Dialect, Row, Statement},
    prelude::*,
    sql::{CallerRole, Values},
    testing::{Client, Login, TestApp, Value, json},
};

use super::{
    accounts::{Member, Team},
    paged,
};
use crate::driver::dialect;

/// What is published from an instant on.
#[expect(dead_code, reason = "the columns are for the database alone")]
#[resource]
#[rule(out: published_at <= now)]
#[can(create: authenticated)]
#[can(list, read: author | out)]
#[can(update: author & created_at > now - 15m)]
#[can(delete: author & !out)]
#[on(changed(title) => retitled { title: title } to reviewer)]
#[on(deleted => withdrawn { title: title } to reviewer)]
pub(super) struct Article {
    pub id: Id<Article>,
    #[field(len = 1..=40, filter)]
    pub title: String,
    #[field(sort)]
    pub published_at: Option<Timestamp>,
    #[field(on_delete = set_null)]
    pub reviewer: Option<BelongsTo<Member>>,
    #[field(actor, on_delete = cascade)]
    pub author: BelongsTo<Member>,
    pub created_at: CreatedAt,
}

/// What is made in time, and shows until its day is over.
#[expect(dead_code, reason = "the columns are for the database alone")]
#[resource]
#[can(create: starts_at > now + 24h)]
#[can(list, read: day >= now)]
#[can(update: authenticated -> starts_at > now)]
pub(super) struct Booking {
    pub id: Id<Booking>,
    pub starts_at: Timestamp,
    pub day: Date,
    #[field(default = 1, write = starts_at > now + 12h)]
    pub seats: i64,
    #[field(on_delete = set_null)]
    pub article: Option<BelongsTo<Article>>,
}

/// What is said of an article that is out, or was.
#[expect(dead_code, reason = "the columns are for the database alone")]
#[resource(under = article)]
#[can(create, list, read: article.out)]
#[can(delete: article.published_at <= now - 30d)]
#[on(deleted => forgotten { text: text } to article.author)]
pub(super) struct Reply {
    pub id: Id<Reply>,
    #[field(len = 1..=40)]
    pub text: String,
    #[field(write_once, on_delete = cascade)]
    pub article: BelongsTo<Article>,
}

fasttrack::resources! { account: Member, Team, Article, Booking, Reply }

/// A journal at midnight of the first of January 2040.
struct Journal {
    app: TestApp,
    ada: Login,
    bob: Login,
}

impl Journal {
    fn new() -> Self {
        let app = TestApp::setup(Application::new(RESOURCES)).set("MIGRATIONS_DIR", "none").start();
        let (ada, bob) = (app.account("ada"), app.account("bob"));
        app.set_clock("2040-01-01T00:00:00Z");
        let mut journal = Self { app, ada, bob };
        journal.log_in();
        journal
    }

    /// Tokens do not last.
    fn log_in(&mut self) {
        (self.ada, self.bob) = (self.app.login(&self.ada), self.app.login(&self.bob));
    }

    fn advance(&mut self, by: Duration) {
        self.app.advance(by);
        self.log_in();
    }

    fn ada(&self) -> Client<'_> {
        self.app.as_(&self.ada)
    }

    fn bob(&self) -> Client<'_> {
        self.app.as_(&self.bob)
    }

    #[track_caller]
    fn article(&self, published_at: &Value) -> i64 {
        let body = json!({ "title": "News", "published_at": published_at, "reviewer_id": self.bob.id });
        self.ada().post("/articles", &body).ok()["id"].as_i64().unwrap()
    }

    #[track_caller]
    fn told(&self) -> Vec<String> {
        let page = self.bob().get("/notifications").ok();
        page["items"].as_array().unwrap().iter().map(|told| told["type"].as_str().unwrap().to_owned()).collect()
    }
}

const DAY: Duration = Duration::from_hours(24);

#[test]
fn a_row_is_shown_from_its_instant_on() {
    let mut journal = Journal::new();
    let path = format!("/articles/{}", journal.article(&json!("2040-01-02T00:00:00Z")));
    let unknown = format!("/articles/{}", journal.article(&Value::Null));
    let listed = |journal: &Journal, query: &str| {
        let list =
            |client: Client<'_>| client.get(&format!("/articles{query}")).ok()["items"].as_array().unwrap().len();
        [list(journal.ada()), list(journal.bob()), list(journal.app.anonymous())]
    };
    journal.ada().get(&path).ok();
    journal.bob().get(&path).refused(403);
    for query in ["", "?sort=-published_at", "?title=News", "?sort=published_at&limit=1"] {
        assert_eq!(listed(&journal, query)[1..], [0, 0], "{query}");
    }
    journal.advance(Duration::from_mins(24 * 60 - 1));
    journal.bob().get(&path).refused(403);
    journal.advance(Duration::from_mins(2));
    journal.bob().get(&path).ok();
    journal.app.anonymous().get(&path).ok();
    assert_eq!(listed(&journal, ""), [2, 1, 1]);
    assert_eq!(listed(&journal, "?sort=-published_at"), [2, 1, 1]);
    journal.ada().call("DELETE", &path).refused(403);
    journal.bob().get(&unknown).refused(403);
    journal.ada().call("DELETE", &unknown).expect(204);
}

#[test]
fn a_right_to_change_ends() {
    let mut journal = Journal::new();
    let path = format!("/articles/{}", journal.article(&Value::Null));
    journal.ada().patch(&path, &json!({ "title": "Old news" })).ok();
    journal.advance(Duration::from_mins(14));
    journal.ada().patch(&path, &json!({ "title": "Older news" })).ok();
    journal.advance(Duration::from_mins(2));
    journal.ada().patch(&path, &json!({ "title": "Oldest news" })).refused(403);
}

#[test]
fn a_row_that_is_about_to_be_made_is_asked_by_the_same_clock() {
    let mut journal = Journal::new();
    let body = |starts_at: &str| json!({ "starts_at": starts_at, "day": &starts_at[..10] });
    journal.ada().post("/bookings", &body("2040-01-01T23:59:00Z")).refused(403);
    let booking = journal.ada().post("/bookings", &body("2040-01-02T00:10:00Z")).ok();
    let path = format!("/bookings/{}", booking["id"]);
    journal
        .ada()
        .post("/bookings", &json!({ "starts_at": "2040-01-03T00:00:00Z", "day": "2040-01-03", "seats": 2 }))
        .ok();
    journal.ada().patch(&path, &json!({ "seats": 2 })).ok();
    journal.advance(Duration::from_hours(13));
    journal.ada().patch(&path, &json!({ "seats": 3 })).refused(403);
    journal.ada().post("/bookings", &body("2040-01-02T00:10:00Z")).refused(403);
    journal.ada().patch(&path, &json!({ "starts_at": "2039-12-31T00:00:00Z" })).refused(403);
    journal.ada().patch(&path, &json!({ "starts_at": "2040-01-01T13:30:00Z" })).ok();
    let listed = |journal: &Journal| journal.bob().get("/bookings").ok()["items"].as_array().unwrap().len();
    journal.advance(Duration::from_hours(34));
    assert_eq!((listed(&journal), journal.app.now().get(..13)), (2, Some("2040-01-02T23")), "its day is not over");
    journal.advance(Duration::from_hours(1));
    assert_eq!(listed(&journal), 1);
}

#[test]
fn what_cannot_be_seen_yet_cannot_be_referred_to() {
    let mut journal = Journal::new();
    let article = journal.article(&json!("2040-01-05T00:00:00Z"));
    let body = json!({ "starts_at": "2040-02-01T00:00:00Z", "day": "2040-02-01", "article_id": article });
    journal.bob().post("/bookings", &body).refused(422).fault("article_id", "not_found");
    let replies = format!("/articles/{article}/replies");
    journal.bob().post(&replies, &json!({ "text": "So soon?" })).refused(403);
    journal.bob().get(&replies).refused(403);
    journal.advance(5 * DAY);
    journal.bob().post("/bookings", &body).ok();
    journal.bob().post(&replies, &json!({ "text": "At last" })).ok();
    assert_eq!(journal.bob().get(&replies).ok()["items"][0]["text"], "At last");
}

#[test]
fn a_message_is_told_once_its_row_may_be_read() {
    let mut journal = Journal::new();
    let path = format!("/articles/{}", journal.article(&json!("2040-01-02T00:00:00Z")));
    journal.ada().patch(&path, &json!({ "title": "Other news" })).ok();
    assert_eq!(journal.told(), [""; 0]);
    let mut socket = journal.bob().socket_since(0);
    socket.expect_silence();
    journal.advance(DAY + Duration::from_mins(1));
    assert_eq!(journal.told(), ["retitled"]);
    assert_eq!(journal.bob().socket_since(0).expect("retitled"), json!({ "article_id": 1, "title": "Other news" }));
}

#[test]
fn of_what_goes_those_hear_who_could_read_it_then() {
    let mut journal = Journal::new();
    let early = journal.article(&json!("2040-06-01T00:00:00Z"));
    let out = journal.article(&json!("2039-06-01T00:00:00Z"));
    journal.ada().call("DELETE", &format!("/articles/{early}")).expect(204);
    assert_eq!(journal.told(), [""; 0], "it was not out");
    let reply = journal.bob().post(&format!("/articles/{out}/replies"), &json!({ "text": "Hm" })).ok();
    let recent = journal.article(&json!("2039-12-31T00:00:00Z"));
    let other = journal.bob().post(&format!("/articles/{recent}/replies"), &json!({ "text": "Hm" })).ok();
    let path = |reply: &Value| format!("/replies/{}", reply["id"]);
    journal.bob().call("DELETE", &path(&other)).refused(403);
    journal.bob().call("DELETE", &path(&reply)).expect(204);
    assert_eq!(journal.ada().get("/notifications").ok()["items"][0]["type"], "forgotten");
    journal.advance(31 * DAY);
    journal.bob().call("DELETE", &path(&other)).expect(204);
}

#[test]
fn a_list_by_the_instant_goes_along_its_index() {
    let journal = Journal::new();
    let instant = match dialect() {
        Dialect::Sqlite => "'20' || (10 + i % 80) || '-01-01T00:00:00.000000Z'",
        Dialect::Postgres => "CAST('20' || (10 + i % 80) || '-01-01T00:00:00Z' AS timestamptz)",
    };
    let created = instant.replace("i % 80", "0");
    let fill = format!(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) INSERT INTO articles \
         (title, published_at, author_id, created_at) SELECT 'News', {instant}, {}, {created} FROM n",
        journal.ada.id
    );
    let context = journal.app.context().clone();
    for sql in [fill, "ANALYZE".to_owned()] {
        let context = context.clone();
        journal.app.block_on(async move { context.write(Statement::new(sql, Vec::new())).await }).unwrap();
    }
    let layers = journal.app.layers();
    let model = layers.catalog.find("article").unwrap();
    let policy = paged::may_list(&layers.catalog, model, CallerRole::Anonymous);
    let page = paged::page(dialect(), model, &policy, "sort=-published_at", None);
    let statement = page.fill(Values::default());
    let explain = if dialect() == Dialect::Sqlite { "EXPLAIN QUERY PLAN" } else { "EXPLAIN" };
    let (db, sql, args) = (layers.db.clone(), format!("{explain} {}", statement.sql), statement.args);
    let plan = journal.app.block_on(async move { db.read(Statement::new(sql, args)).await }).unwrap();
    let line = |row: &Row| {
        row.0.iter().find_map(|cell| match cell {
            Cell::Bytes(text) => Some(String::from_utf8_lossy(text).into_owned()),
            _ => None,
        })
    };
    let plan: Vec<_> = plan.iter().filter_map(line).collect();
    let ranged = |line: &String| line.contains("published_at<?") || line.contains("Index Cond: (published_at <=");
    assert!(plan.iter().any(ranged), "{plan:#?}");
    assert!(!plan.iter().any(|line| line.contains("Seq Scan")), "{plan:#?}");
}
