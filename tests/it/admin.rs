//! What the page `/admin` stands on, over HTTP: what is declared, as it is for the caller; and the jobs.

use fasttrack::{
    Application,
    prelude::*,
    testing::{Login, TestApp, json},
};
use serde_json::Value;

use crate::driver::shared;

/// What a person may do.
#[derive(Choice)]
pub(crate) enum Rank {
    /// What everybody may.
    User,
    /// More than others.
    Admin,
}

/// Who is there.
#[expect(dead_code, reason = "most columns are for the database alone")]
#[resource(account)]
#[can(read, update: role(Admin))]
pub(crate) struct Person {
    pub id: Id<Person>,
    #[field(len = ..=255, unique)]
    pub email: Email,
    #[field(hidden)]
    pub password: PasswordHash,
    #[field(default = User, write = role(Admin))]
    pub role: Rank,
    #[field(default = true, write = role(Admin))]
    pub is_active: bool,
}

/// What is to be done.
#[expect(dead_code, reason = "most columns are for the database alone")]
#[resource]
#[can(create, list, read: authenticated)]
#[can(update: role(Admin))]
#[can(delete: !authenticated)]
#[on(created => run work)]
pub(crate) struct Chore {
    pub id: Id<Chore>,
    #[field(len = 1..=40, filter, sort, search)]
    pub title: String,
    #[field(len = ..=40, default, read = role(Admin), write = role(Admin))]
    pub price: String,
    #[field(default = Open, flow(Open -> Done))]
    pub state: State,
    #[field(actor, on_delete = cascade)]
    pub owner: BelongsTo<Person>,
    pub created_at: CreatedAt,
}

/// How far it has come.
#[derive(Choice)]
pub(crate) enum State {
    /// It is to be done.
    Open,
    /// It is done.
    Done,
}

/// What only an administrator knows of.
#[expect(dead_code, reason = "most columns are for the database alone")]
#[resource(under = chore)]
#[can(create, list: role(Admin))]
pub(crate) struct Remark {
    pub id: Id<Remark>,
    #[field(on_delete = cascade, write_once)]
    pub chore: BelongsTo<Chore>,
}

/// What whoever has a chore writes of it.
#[expect(dead_code, reason = "most columns are for the database alone")]
#[resource(under = chore)]
#[can(create: chore.owner & chore.state == Open & text != "nothing")]
pub(crate) struct Note {
    pub id: Id<Note>,
    #[field(len = 1..=40)]
    pub text: String,
    #[field(on_delete = cascade, write_once)]
    pub chore: BelongsTo<Chore>,
}

fasttrack::resources! { account: Person, Chore, Remark, Note }

#[expect(clippy::unused_async, reason = "a job is one that may wait")]
async fn work(change: Change<Chore>, _context: Context) -> JobResult {
    match change.new {
        Some(chore) if chore.title == "hopeless" => Err(JobError::fatal("it was in vain")),
        _ => Ok(()),
    }
}

/// The application, somebody, and an administrator.
fn house() -> (TestApp, Login, Login) {
    let app = TestApp::setup(Application::new(RESOURCES)).set("MIGRATIONS_DIR", "none").start();
    let (ada, admin) = (app.account("ada"), app.account_as("boss", Rank::Admin));
    (app, ada, admin)
}

fn described(app: &TestApp, who: &Login) -> Value {
    app.as_(who).get("/admin/resources").expect(200).json()
}

fn resource<'a>(description: &'a Value, plural: &str) -> Option<&'a Value> {
    description["resources"].as_array().unwrap().iter().find(|resource| resource["plural"] == plural)
}

/// The fields of a resource for which something is said.
fn fields(description: &Value, plural: &str, what: &str) -> Vec<String> {
    let fields = resource(description, plural).unwrap()["fields"].as_array().unwrap().iter();
    fields.filter(|field| field[what] == true).map(|field| field["key"].as_str().unwrap().to_owned()).collect()
}

fn paths<'a>(description: &'a Value, plural: &str) -> Vec<&'a str> {
    resource(description, plural).unwrap()["paths"].as_object().unwrap().keys().map(String::as_str).collect()
}

/// Whether one may create below a row is told of each row, and to nobody who may not know of it.
#[test]
fn it_is_told_what_may_be_created_below_a_row() {
    let app = shared();
    let (owner, assignee, stranger) = (app.person(), app.person(), app.person());
    let project = app.project(&owner);
    let task = app.task(&owner, project, &json!({ "assignee_id": assignee.id }));
    let below = |path: &str, who| app.get(&format!("/admin{path}/below")).by(who).send();
    let create = |path: &str, who| below(path, who).expect(200).json()["create"].clone();
    let (project, task) = (format!("/projects/{project}"), format!("/tasks/{task}"));
    for who in [&owner, app.admin()] {
        assert_eq!(create(&project, who), json!(["tasks"]));
        assert_eq!(create(&task, who), json!(["comments"]));
        app.post(&format!("{project}/tasks"), &json!({ "title": "one more" })).by(who).created();
    }
    assert_eq!(create(&task, &assignee), json!(["comments"]));
    below(&project, &assignee).expect(403);
    below(&task, &stranger).expect(403);
    below("/tasks/987654321", &owner).expect(404);
    app.get(&format!("/admin{project}/below")).refused(401);
    app.get(&format!("/admin{project}/below?x=1")).by(&owner).refused(422);
}

/// Rules that look at the row itself, at the caller, and at what is above.
#[test]
fn what_only_the_new_row_decides_may_be() {
    let (app, ada, admin) = house();
    let bob = app.account("bob");
    let chore = app.as_(&ada).post("/chores", &json!({ "title": "wash" })).expect(201).json()["id"].clone();
    let create =
        |who: &Login| app.as_(who).get(&format!("/admin/chores/{chore}/below")).expect(200).json()["create"].clone();
    assert_eq!(create(&ada), json!(["notes"]), "of her own chore, and as long as it is open");
    assert_eq!(create(&bob), json!([]), "what is said of the note itself would not be enough");
    assert_eq!(create(&admin), json!(["remarks"]));
    app.as_(&admin).patch(&format!("/chores/{chore}"), &json!({ "state": "done" })).expect(200);
    assert_eq!(create(&ada), json!([]));
}

#[test]
fn everybody_is_told_what_he_may() {
    let (app, ada, admin) = house();
    app.anonymous().get("/admin/resources").refused(401);
    let (hers, all) = (described(&app, &ada), described(&app, &admin));
    assert_eq!((&hers["role"], &hers["manages"], &hers["account"]), (&json!("user"), &json!(false), &json!("persons")));
    assert_eq!((&all["role"], &all["manages"]), (&json!("admin"), &json!(true)));
    // What nobody may whom a token names is not there, either.
    assert_eq!(paths(&hers, "chores"), ["create", "list", "read"]);
    assert_eq!(paths(&all, "chores"), ["create", "list", "read", "update"]);
    assert_eq!(resource(&hers, "chores").unwrap()["paths"]["read"], "/chores/{id}");
    assert!(resource(&hers, "remarks").is_none());
    let remarks = resource(&all, "remarks").unwrap();
    assert_eq!(remarks["paths"]["list"], "/chores/{id}/remarks");
    assert_eq!(remarks["parent"], json!({ "resource": "chores", "field": "chore_id" }));
    // One's own account is there for everybody.
    assert_eq!(paths(&hers, "persons"), [""; 0]);
    assert_eq!(fields(&hers, "persons", "own"), ["email"]);
    assert_eq!(paths(&all, "persons"), ["read", "update"]);

    assert_eq!(fields(&hers, "chores", "shown"), ["id", "title", "state", "owner_id", "created_at"]);
    assert_eq!(fields(&all, "chores", "shown"), ["id", "title", "price", "state", "owner_id", "created_at"]);
    assert_eq!(fields(&hers, "chores", "create"), ["title", "state"]);
    assert_eq!(fields(&all, "chores", "create"), ["title", "price", "state"]);
    assert_eq!(fields(&hers, "chores", "update"), [""; 0]);
    assert_eq!(fields(&hers, "chores", "required"), ["title"]);
    assert_eq!(fields(&hers, "chores", "sort"), ["id", "title"]);
    let field = |key: &str| {
        let fields = resource(&hers, "chores").unwrap()["fields"].as_array().unwrap();
        fields.iter().find(|field| field["key"] == key).unwrap().clone()
    };
    assert_eq!(field("title")["filter"], json!(["", "ne", "in", "gt", "gte", "lt", "lte", "contains"]));
    assert_eq!(field("title")["schema"]["maxLength"], 40);
    assert_eq!(field("state")["flow"], json!({ "open": ["done"] }));
    assert_eq!((&field("owner_id")["to"], &field("owner_id")["expand"]), (&json!("persons"), &json!("owner")));
    assert_eq!(resource(&hers, "chores").unwrap()["label"], "title");
    let text = hers.to_string();
    for secret in ["password", "price", "remark"] {
        assert!(!text.contains(secret), "{secret}: {text}");
    }
}

#[test]
fn jobs_are_listed_and_tried_again() {
    let (app, ada, admin) = house();
    for title in ["hopeless", "easy", "hopeless"] {
        app.as_(&ada).post("/chores", &json!({ "title": title })).expect(201);
    }
    let listed = |query: &str| app.as_(&admin).get(&format!("/admin/jobs{query}")).expect(200).json();
    let ids = |page: &Value| page["items"].as_array().unwrap().iter().map(|job| job["id"].clone()).collect::<Vec<_>>();
    let waiting = listed("");
    assert_eq!(waiting["items"].as_array().unwrap().len(), 3);
    assert_eq!(listed("?state=waiting"), waiting);
    assert_eq!(listed("?state=dead")["items"], json!([]));
    let first = &waiting["items"][0];
    assert_eq!(
        (&first["resource"], &first["row_id"], &first["state"]),
        (&json!("chore"), &json!(1), &json!("waiting"))
    );
    assert_eq!((&first["name"], &first["tries"], &first["error"]), (&json!("work"), &json!(0), &json!(null)));
    assert!(first["due_at"].is_string() && first["created_at"].is_string(), "{first}");

    assert_eq!(app.try_run_jobs().len(), 2);
    let dead = listed("?state=dead&sort=-id");
    assert_eq!(dead["items"].as_array().unwrap().len(), 2, "{dead}");
    let last = &dead["items"][0];
    assert_eq!((&last["state"], &last["tries"], &last["due_at"]), (&json!("dead"), &json!(1), &json!(null)));
    assert!(last["error"].as_str().unwrap().contains("it was in vain"), "{last}");
    assert_eq!(listed("?state=waiting")["items"], json!([]));

    // Page by page, and a cursor is for the list that it came with.
    let page = listed("?state=dead&limit=1");
    let cursor = page["next_cursor"].as_str().unwrap();
    let rest = listed(&format!("?state=dead&limit=1&cursor={cursor}"));
    assert_eq!([ids(&page), ids(&rest)].concat(), ids(&dead).into_iter().rev().collect::<Vec<_>>());
    app.as_(&admin).get(&format!("/admin/jobs?cursor={cursor}")).refused(400);
    assert_eq!(ids(&listed(&format!("?id[in]={}", last["id"]))), [last["id"].clone()]);
    app.as_(&admin).get("/admin/jobs?state=gone&sort=name").refused(422).fault("state", "choice");
    let text = app.as_(&admin).get("/admin/jobs?state=dead").header("accept", "text/csv").expect(200).text();
    assert!(text.starts_with("id,name,resource,row_id,state,tries,created_at,due_at,error"), "{text}");
    assert_eq!(text.lines().count(), 3, "{text}");

    let retry = format!("/admin/jobs/{}/retry", last["id"]);
    assert_eq!(app.as_(&admin).call("POST", &retry).expect(202).text(), "");
    assert_eq!(ids(&listed("?state=waiting")), [last["id"].clone()]);
    app.as_(&admin).call("POST", "/admin/jobs/99999/retry").refused(404);
    app.as_(&admin).call("POST", &retry).json(&json!({ "now": true })).refused(422);
}

#[test]
fn jobs_are_for_who_looks_after_accounts() {
    let (app, ada, _) = house();
    for (method, path) in [("GET", "/admin/jobs"), ("POST", "/admin/jobs/1/retry")] {
        app.anonymous().call(method, path).refused(401);
        app.as_(&ada).call(method, path).refused(403).says("role admin");
    }
    app.as_(&ada).get("/admin/jobs?odd=1").header("accept", "text/csv").refused(403);
}

/// As the server says it, and as the command does.
#[test]
fn the_routes_are_told_with_who_may() {
    let output = shared().run(&["routes"], "");
    let text = String::from_utf8(output.stdout).unwrap();
    let line = |path: &str| text.lines().find(|line| line.split_whitespace().nth(1) == Some(path)).unwrap();
    assert!(line("/api/v1/admin/jobs").ends_with("role admin"), "{}", line("/api/v1/admin/jobs"));
    assert!(line("/api/v1/admin/resources").ends_with("any account"), "{}", line("/api/v1/admin/resources"));
    let person = shared().person();
    let described = shared().get("/admin/resources").by(&person).ok();
    assert_eq!(described["title"], "tracker");
}
