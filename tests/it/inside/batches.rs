//! Batches and keys in an application that has hooks, limits, passwords and rows that come along.

use std::{sync::Mutex, time::Duration};

use fasttrack::{
    Application,
    db::Statement,
    prelude::*,
    testing::{Client, Reply, TestApp, json},
};
use serde_json::Value;

use crate::driver::server_only;

/// What a clerk may do.
#[derive(Choice)]
pub(super) enum Role {
    /// What everybody may.
    User,
    /// Sees all.
    Admin,
}

/// Who keeps books, and may let others in.
#[expect(dead_code, reason = "the columns are for the database alone")]
#[resource(account)]
#[can(create, read: authenticated)]
pub(super) struct Clerk {
    pub id: Id<Clerk>,
    #[field(len = ..=255, unique)]
    pub email: Email,
    #[field(hidden)]
    pub password: PasswordHash,
    #[field(default = User, read_only)]
    pub role: Role,
    #[field(default = true, read_only)]
    pub is_active: bool,
}

/// A book, which has as many lines as there are.
#[resource(hooks)]
#[has(lines: Line.ledger, inline = ..=3)]
#[can(create, read, update, delete: authenticated)]
pub(super) struct Ledger {
    pub id: Id<Ledger>,
    #[field(len = ..=40)]
    pub title: String,
    #[field(len = ..=40, default, read_only)]
    pub stamp: String,
    #[field(count(lines))]
    pub size: i64,
}

/// What is written in one: at most five.
#[expect(dead_code, reason = "the columns are for the database alone")]
#[resource(under = ledger)]
#[limit(5 per ledger)]
#[can(create, read, update, delete: authenticated)]
pub(super) struct Line {
    pub id: Id<Line>,
    #[field(len = ..=40)]
    pub text: String,
    #[field(write_once, on_delete = cascade)]
    pub ledger: BelongsTo<Ledger>,
}

static HEARD: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// What was heard of ledgers whose titles end so, in order.
fn heard(end: &str) -> Vec<String> {
    let heard = HEARD.lock().unwrap();
    let mut heard: Vec<_> = heard.iter().filter(|heard| heard.contains(end)).cloned().collect();
    heard.sort();
    heard
}

impl Hooks for Ledger {
    async fn before_create(new: &mut Self, _: &mut HookContext<'_>) -> Result<(), Refusal> {
        new.stamp = format!("stamped {}", new.title);
        if new.title == "refused" { Err(Refusal::field("title", "bad", "no")) } else { Ok(()) }
    }

    async fn after_commit(change: Change<Self>, context: Context) {
        let there = context.find::<Self>(change.id).await.unwrap();
        let title = there.map_or_else(|| "gone".to_owned(), |ledger| format!("{} of {}", ledger.title, ledger.size));
        HEARD.lock().unwrap().push(title);
    }
}

fasttrack::resources! { account: Clerk, Ledger, Line }

fn app() -> TestApp {
    TestApp::setup(Application::new(RESOURCES)).set("MIGRATIONS_DIR", "none").start()
}

fn send(who: &Client<'_>, operations: &Value) -> Reply {
    who.call("POST", "/batch").json(&json!({ "operations": operations })).send()
}

fn post(path: &str, body: &Value) -> Value {
    json!({ "method": "POST", "path": path, "body": body })
}

#[test]
fn hooks_run_in_their_place_and_hear_of_what_was_committed() {
    let app = app();
    let clerk = app.account("clerk");
    let who = app.as_(&clerk);
    let sound = json!([
        post("/ledgers", &json!({ "title": "one", "lines": [{ "text": "$$0.title" }, { "text": "b" }] })),
        post("/ledgers/$0.id/lines", &json!({ "text": "$0.stamp" })),
        post("/ledgers", &json!({ "title": "$1.text" })),
    ]);
    let mut failing = sound.as_array().unwrap().clone();
    failing.push(post("/ledgers", &json!({ "title": "refused" })));
    let reply = send(&who, &json!(failing));
    assert_eq!((reply.status, &reply.json()["operation"]), (422, &json!(3)), "{}", reply.text());
    app.settle();
    assert_eq!(heard("one of"), Vec::<String>::new(), "what was undone was told");
    let reply = send(&who, &sound);
    assert_eq!(reply.status, 200, "{}", reply.text());
    let results = reply.json()["results"].clone();
    assert_eq!(results[0]["body"]["lines"][0]["text"], "$0.title");
    assert_eq!(results[2]["body"]["stamp"], "stamped stamped one");
    app.settle();
    // Also the first one hears of what came after it, since all of it is committed by then.
    assert_eq!(heard("one of"), ["one of 3", "stamped one of 0"]);
}

#[test]
fn a_limit_counts_what_comes_together() {
    let app = app();
    let clerk = app.account("clerk");
    let who = app.as_(&clerk);
    let line = |ledger: &str| post(&format!("/ledgers/{ledger}/lines"), &json!({ "text": "x" }));
    let begin = post("/ledgers", &json!({ "title": "full" }));
    let with = |count: usize| {
        let lines = (0..count).map(|_| line("$0.id"));
        json!(std::iter::once(begin.clone()).chain(lines).collect::<Vec<_>>())
    };
    let reply = send(&who, &with(6));
    assert_eq!((reply.status, &reply.json()["operation"]), (409, &json!(6)), "{}", reply.text());
    let reply = send(&who, &with(5));
    assert_eq!(reply.status, 200, "{}", reply.text());
    let ledger = reply.json()["results"][0]["body"]["id"].to_string();
    assert_eq!(who.get(&format!("/ledgers/{ledger}")).expect(200).json()["size"], 5);
    assert_eq!(send(&who, &json!([line(&ledger)])).status, 409);
}

#[test]
fn whoever_is_let_in_by_a_batch_can_log_in() {
    let app = app();
    let clerk = app.account("clerk");
    let who = app.as_(&clerk);
    let new = |email: &str, password: &str| post("/clerks", &json!({ "email": email, "password": password }));
    let reply = send(&who, &json!([new("one@example.com", "long enough"), new("two@example.com", "also long enough")]));
    assert_eq!(reply.status, 200, "{}", reply.text());
    assert!(!reply.text().contains("enough") && !reply.text().contains("password"), "{}", reply.text());
    for (email, password) in [("one@example.com", "long enough"), ("two@example.com", "also long enough")] {
        let login = json!({ "email": email, "password": password });
        app.anonymous().call("POST", "/auth/login").json(&login).expect(200);
    }
    let reply = send(&who, &json!([new("x@example.com", "short")]));
    assert_eq!((reply.status, &reply.json()["errors"][0]["field"]), (422, &json!("password")));
    let reply = send(&who, &json!([new("x@example.com", "long enough"), new("y@example.com", "$0.email")]));
    let body = reply.json();
    assert_eq!((&body["errors"][0]["field"], &body["operation"]), (&json!("operations[1].body.password"), &json!(1)));
}

#[test]
fn an_answer_is_kept_for_a_day() {
    let app = app();
    let clerk = app.account("clerk");
    let ask = |who: &Client<'_>| {
        let call = who.call("POST", "/ledgers").json(&json!({ "title": "kept" }));
        let reply = call.header("idempotency-key", "k").expect(201);
        (reply.json()["id"].clone(), reply.header("idempotency-replayed").is_some())
    };
    let kept = || {
        let db = app.layers().db.clone();
        let count = Statement::new("SELECT count(*) FROM fasttrack_answers", Vec::new());
        app.block_on(async move { db.read(count).await }).unwrap()[0].int(0)
    };
    let (first, _) = ask(&app.as_(&clerk));
    app.advance(Duration::from_hours(23));
    let again = |app: &TestApp| ask(&app.as_(&app.login(&clerk)));
    assert_eq!((again(&app), kept()), ((first.clone(), true), Some(1)));
    app.advance(Duration::from_hours(1));
    assert_eq!(kept(), Some(0), "what is old is forgotten");
    let (second, is_replayed) = again(&app);
    assert!(!is_replayed && second != first);
}

#[test]
fn rows_alike_are_one_statement() {
    server_only!("a statement is counted by a trigger that is run once for it");
    let app = TestApp::setup(Application::new(resources::RESOURCES)).set("MIGRATIONS_DIR", "none").start();
    let ada = app.account("ada");
    let begin = [
        "CREATE TABLE counted (name text, rows bigint)",
        "CREATE FUNCTION counting() RETURNS trigger LANGUAGE plpgsql AS $body$BEGIN \
         INSERT INTO counted SELECT TG_TABLE_NAME, count(*) FROM made; RETURN NULL; END$body$",
    ];
    let count = ["projects", "tasks", "outbox"].map(|table| {
        format!(
            "CREATE TRIGGER counting AFTER INSERT ON {table} REFERENCING NEW TABLE AS made FOR EACH STATEMENT \
             EXECUTE FUNCTION counting()"
        )
    });
    for statement in begin.map(str::to_owned).into_iter().chain(count) {
        let context = app.context().clone();
        app.block_on(async move { context.write(Statement::new(statement, Vec::new())).await }).unwrap();
    }
    let counted = || {
        let (context, select) = (app.context().clone(), "SELECT name::text, rows FROM counted ORDER BY name, rows");
        let rows = app.block_on(async move { context.read(Statement::new(select, Vec::new())).await }).unwrap();
        rows.iter().map(|row| format!("{} {}", row.text(0).unwrap(), row.int(1).unwrap())).collect::<Vec<_>>()
    };
    let project = post("/projects", &json!({ "name": "a" }));
    let who = app.as_(&ada);
    assert_eq!(send(&who, &json!(vec![project.clone(); 100])).status, 200);
    assert_eq!(counted(), ["projects 100"]);
    let task = post("/projects/$0.id/tasks", &json!({ "title": "t", "assignee_id": ada.id }));
    let operations: Vec<_> = std::iter::once(project).chain(vec![task; 99]).collect();
    let reply = send(&who, &json!(operations));
    assert_eq!(reply.status, 200, "{}", reply.text());
    assert_eq!(counted(), ["outbox 99", "projects 1", "projects 100", "tasks 99"]);
}
