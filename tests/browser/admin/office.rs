//! An application that has what the page can show: every kind of field, files, history, rows that come back, rows that come
//! along, steps of a flow, and jobs that fail.
#![expect(dead_code, reason = "declared for what they become: rows are looked at in the page")]

use std::sync::Arc;

use fasttrack::{
    Application,
    prelude::*,
    testing::{Login, TestApp, json},
};
use serde_json::Value;
use tempfile::TempDir;

/// What a person may do.
#[derive(Choice)]
pub(crate) enum Role {
    /// What everybody may.
    User,
    /// More than others.
    Admin,
}

/// How far a plan has come.
#[derive(Choice)]
pub(crate) enum Stage {
    /// Nobody else sees it.
    Draft,
    /// Somebody looks at it.
    Review,
    /// It is done.
    Built,
}

/// Who is there.
#[resource(account)]
#[can(list, read: role(Admin))]
#[can(update: role(Admin))]
#[can(show: authenticated)]
pub(crate) struct Person {
    pub id: Id<Person>,
    #[field(unique, filter, sort, read = self | role(Admin))]
    pub email: Email,
    #[field(hidden)]
    pub password: PasswordHash,
    #[field(len = ..=100, default, search)]
    pub display_name: String,
    #[field(default = User, write = role(Admin), filter)]
    pub role: Role,
    #[field(default = true, write = role(Admin), filter)]
    pub is_active: bool,
}

/// Something to find plans by.
#[resource]
#[can(create, update, delete: role(Admin))]
#[can(list, read: authenticated)]
pub(crate) struct Label {
    pub id: Id<Label>,
    #[field(len = 1..=40, unique, search, sort)]
    pub name: String,
}

/// What is built.
///
/// A plan has sheets, and is seen by everybody.
#[resource(history)]
#[check(begins < ends)]
#[has(sheets: Sheet.plan, inline = ..=3)]
#[can(create, list, read: authenticated)]
#[can(update, delete, restore: owner | role(Admin))]
#[on(changed(stage) => staged { old: old.stage, new: stage } to owner)]
#[on(created => run work)]
pub(crate) struct Plan {
    pub id: Id<Plan>,
    #[field(len = 1..=100, unique, filter, sort, search)]
    pub title: String,
    #[field(len = ..=5_000, default, search)]
    pub text: String,
    #[field(default = Draft, filter, sort, flow(Draft -> Review, Review -> Draft | Built))]
    pub stage: Stage,
    #[field(filter, sort, range = 0..)]
    pub floors: Option<i64>,
    #[field(filter, sort)]
    pub serial: Option<i64>,
    #[field(filter, sort)]
    pub price: Option<Decimal<2>>,
    #[field(filter)]
    pub is_public: Option<bool>,
    #[field(filter, sort)]
    pub begins: Option<Date>,
    #[field(filter, sort)]
    pub ends: Option<Date>,
    #[field(filter, sort)]
    pub due_at: Option<Timestamp>,
    #[field(max = 5, len = ..=20, default, filter)]
    pub words: Vec<String>,
    pub detail: Option<Json<Value>>,
    #[field(max = 5, filter)]
    pub labels: Many<Label>,
    #[field(max_bytes = 100_000, types("image/png", "text/plain"))]
    pub drawing: Option<File>,
    #[field(filter, on_delete = set_null)]
    pub checker: Option<BelongsTo<Person>>,
    #[field(len = ..=40, default, write = role(Admin))]
    pub budget: String,
    #[field(actor, filter, on_delete = cascade)]
    pub owner: BelongsTo<Person>,
    #[field(sort, filter)]
    pub created_at: CreatedAt,
    pub updated_at: UpdatedAt,
    pub deleted_at: DeletedAt,
}

/// A part of a plan.
#[resource(under = plan)]
#[can(create: plan.owner | role(Admin))]
#[can(list, read: authenticated)]
#[can(delete: plan.owner)]
pub(crate) struct Sheet {
    pub id: Id<Sheet>,
    #[field(len = 1..=60, search, sort)]
    pub name: String,
    #[field(range = 1..=100)]
    pub pages: i64,
    #[field(write_once, on_delete = cascade)]
    pub plan: BelongsTo<Plan>,
    pub deleted_at: DeletedAt,
}

/// What nobody but an administrator sees.
#[resource]
#[can(create, list, read: role(Admin))]
pub(crate) struct Ledger {
    pub id: Id<Ledger>,
    #[field(len = 1..=60)]
    pub line: String,
}

fasttrack::resources! { account: Person, Label, Plan, Sheet, Ledger }

#[expect(clippy::unused_async, reason = "a job is one that may wait")]
async fn work(change: Change<Plan>, _context: Context) -> JobResult {
    match change.new {
        Some(plan) if plan.title.starts_with("hopeless") => Err(JobError::fatal("it was in vain")),
        _ => Ok(()),
    }
}

/// The application, and who is there.
pub(crate) struct Office {
    pub(crate) app: TestApp,
    pub(crate) ada: Login,
    pub(crate) admin: Login,
    _store: Arc<TempDir>,
}

impl Office {
    #[track_caller]
    pub(crate) fn new() -> Self {
        Self::with(&[])
    }

    #[track_caller]
    pub(crate) fn with(settings: &[(&str, &str)]) -> Self {
        let store = Arc::new(tempfile::tempdir().unwrap());
        let files = format!("file://{}", store.path().join("files").display());
        // The migrations beside these tests are the tracker's.
        let setup = TestApp::setup(Application::new(RESOURCES)).set("MIGRATIONS_DIR", "none").set("FILES", &files);
        let setup = setup.set("RATE_LIMIT_REQUESTS", "0");
        let app = settings.iter().fold(setup, |setup, (name, value)| setup.set(name, value)).start();
        let ada = app.account("ada");
        let admin = app.account_as("boss", Role::Admin);
        Self { app, ada, admin, _store: store }
    }

    /// The address of its server.
    pub(crate) fn host(&self) -> String {
        let url = self.app.url("/");
        url.trim_start_matches("http://").split('/').next().unwrap().to_owned()
    }

    /// A new plan of Ada's.
    #[track_caller]
    pub(crate) fn plan(&self, title: &str) -> i64 {
        self.made("/plans", &json!({ "title": title }))
    }

    /// A new row of hers.
    #[track_caller]
    pub(crate) fn made(&self, path: &str, body: &Value) -> i64 {
        self.app.as_(&self.ada).post(path, body).expect(201).json()["id"].as_i64().unwrap()
    }

    /// Ends every session of somebody but this one.
    #[track_caller]
    pub(crate) fn end_others(&self, who: &Login) {
        let caller = self.app.as_(who);
        let sessions = caller.get("/auth/sessions").expect(200).json();
        for session in sessions["items"].as_array().unwrap().iter().filter(|session| session["current"] == false) {
            caller.call("DELETE", &format!("/auth/sessions/{}", session["id"])).expect(204);
        }
    }

    /// A row as the administrator sees it.
    #[track_caller]
    pub(crate) fn row(&self, path: &str) -> Value {
        self.app.as_(&self.admin).get(path).expect(200).json()
    }
}
