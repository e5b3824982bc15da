//! What changed in a row, whoever changed it and however, told to who may know.

use fasttrack::{
    Application,
    db::Statement,
    prelude::*,
    testing::{Client, Login, TestApp, Value, json},
};

use super::accounts::{Member, Role, Team};
use crate::driver::{CSV, NDJSON, Table, rows_of};

/// What is written about.
#[resource(history, hooks)]
#[has(pages: Page.topic)]
#[can(create, list, delete: authenticated)]
#[can(read: owner | is_open == true)]
#[can(update, restore: owner)]
#[on(created => add pages { owner: actor, text: name })]
pub(crate) struct Topic {
    pub id: Id<Topic>,
    #[field(len = 1..=40, unique)]
    pub name: String,
    #[field(len = ..=40, hidden, default)]
    pub secret: String,
    #[field(default)]
    pub is_open: bool,
    pub weight: Option<f64>,
    pub detail: Option<Json<Value>>,
    #[field(actor, on_delete = cascade)]
    pub owner: BelongsTo<Member>,
    pub created_at: CreatedAt,
    pub updated_at: UpdatedAt,
    pub deleted_at: DeletedAt,
}

/// What is written.
#[expect(dead_code, reason = "the columns are for the database alone")]
#[resource(history, conceal)]
#[can(create, update, delete: topic.owner)]
#[can(read: topic.owner | owner)]
#[can(history: owner | role(Admin))]
pub(crate) struct Page {
    pub id: Id<Page>,
    #[field(on_delete = cascade)]
    pub topic: BelongsTo<Topic>,
    #[field(on_delete = set_null)]
    pub owner: Option<BelongsTo<Member>>,
    #[field(len = ..=80)]
    pub text: String,
    pub deleted_at: DeletedAt,
}

/// What is looked up, and kept no longer than it is there.
#[expect(dead_code, reason = "the columns are for the database alone")]
#[resource(history)]
#[can(create, read, update, delete: authenticated)]
pub(crate) struct Entry {
    pub id: Id<Entry>,
    #[field(len = ..=40)]
    pub word: String,
    #[field(on_delete = set_null)]
    pub see: Option<BelongsTo<Entry>>,
    #[field(on_delete = cascade)]
    pub below: Option<BelongsTo<Entry>>,
}

impl Hooks for Topic {
    async fn before_update(_: &Self, new: &mut Self, _: &mut HookContext<'_>) -> Result<(), Refusal> {
        if new.name == "shout" {
            new.name = "SHOUT".into();
        }
        Ok(())
    }
}

fasttrack::resources! { account: Member, Team, Topic, Page, Entry }

struct Archive {
    app: TestApp,
    ada: Login,
    bob: Login,
}

impl Archive {
    fn new() -> Self {
        let app = TestApp::setup(Application::new(RESOURCES)).set("MIGRATIONS_DIR", "none").start();
        let (ada, bob) = (app.account("ada"), app.account_as("bob", Role::Admin));
        Self { app, ada, bob }
    }

    fn ada(&self) -> Client<'_> {
        self.app.as_(&self.ada)
    }

    fn bob(&self) -> Client<'_> {
        self.app.as_(&self.bob)
    }

    #[track_caller]
    fn make(&self, plural: &str, body: &Value) -> String {
        format!("/{plural}/{}", self.ada().post(&format!("/{plural}"), body).ok()["id"])
    }

    /// A page: verbs, who, and changes of each.
    #[track_caller]
    fn history(client: &Client<'_>, path: &str) -> Vec<(String, Value, Value)> {
        let page = client.get(&format!("{path}/history?limit=100")).ok();
        let change = |change: &Value| {
            let keys: Vec<_> = change.as_object().unwrap().keys().cloned().collect();
            assert_eq!(keys.len(), 4, "{keys:?}");
            (change["verb"].as_str().unwrap().to_owned(), change["actor_id"].clone(), change["changes"].clone())
        };
        page["items"].as_array().unwrap().iter().map(change).collect()
    }

    fn stored(&self) -> i64 {
        let context = self.app.context().clone();
        let count = Statement::new("SELECT count(*) FROM fasttrack_history", Vec::new());
        self.app.block_on(async move { context.read(count).await }).unwrap()[0].int(0).unwrap()
    }
}

fn set(key: &str, old: &Value, new: &Value) -> Value {
    json!({ key: { "old": old, "new": new } })
}

#[test]
fn every_way_a_row_changes_is_noted() {
    let archive = Archive::new();
    let (ada, me) = (archive.ada(), json!(archive.ada.id));
    let topic =
        archive.make("topics", &json!({ "name": "quiet", "secret": "x", "weight": 0.1, "detail": { "a": [1] } }));
    ada.patch(&topic, &json!({ "name": "shout", "secret": "y", "is_open": true })).ok();
    ada.patch(&topic, &json!({ "name": "SHOUT" })).ok();
    ada.patch(&topic, &json!({ "secret": "z" })).ok();
    ada.patch(&topic, &json!({ "detail": { "b": null } })).ok();
    archive.bob().call("DELETE", &topic).expect(204);
    ada.get(&format!("{topic}/history")).refused(404);
    ada.call("POST", &format!("{topic}/restore")).expect(200);
    let created = json!({
        "name": { "old": null, "new": "quiet" },
        "is_open": { "old": null, "new": false },
        "weight": { "old": null, "new": 0.1 },
        "detail": { "old": null, "new": { "a": [1] } },
        "owner_id": { "old": null, "new": me },
    });
    let changed = json!({ "name": { "old": "quiet", "new": "SHOUT" }, "is_open": { "old": false, "new": true } });
    let expected = [
        ("create", &me, created),
        ("update", &me, changed),
        ("delete", &json!(archive.bob.id), json!({})),
        ("restore", &me, json!({})),
    ];
    let expected = expected.map(|(verb, who, changes)| (verb.to_owned(), who.clone(), changes));
    let history = Archive::history(&ada, &topic);
    assert_eq!(history, expected, "what is hidden is not told, and what changes nothing is no change");
    // The page that was added with the topic, which it went with and came back with.
    let page: Vec<_> = Archive::history(&ada, "/pages/1").into_iter().map(|(verb, who, _)| (verb, who)).collect();
    let expected = [("create", &me), ("delete", &json!(archive.bob.id)), ("restore", &me)];
    assert_eq!(page, expected.map(|(verb, who)| (verb.to_owned(), who.clone())));
}

#[test]
fn a_lost_reference_is_a_change_and_the_history_goes_with_its_row() {
    let archive = Archive::new();
    let ada = archive.ada();
    let word = |word: &str| archive.make("entries", &json!({ "word": word }));
    let (seen, gone) = (word("seen"), word("gone"));
    let id = |path: &str| path.rsplit('/').next().unwrap().parse::<i64>().unwrap();
    ada.patch(&seen, &json!({ "see_id": id(&gone) })).ok();
    archive.make("entries", &json!({ "word": "below", "below_id": id(&gone) }));
    assert_eq!(archive.stored(), 4);
    archive.bob().call("DELETE", &gone).expect(204);
    let last = Archive::history(&ada, &seen).pop().unwrap();
    let taken = set("see_id", &json!(id(&gone)), &json!(null));
    assert_eq!(last, ("update".into(), json!(archive.bob.id), taken));
    assert_eq!(archive.stored(), 3, "of what is erased nothing is left");
    // Whoever is erased has done nothing; somebody has to stay who looks after accounts.
    archive.app.account_as("eve", Role::Admin);
    archive.bob().call("DELETE", &format!("/members/{}", archive.bob.id)).expect(204);
    assert_eq!(Archive::history(&ada, &seen).pop().unwrap().1, json!(null));
}

#[test]
fn what_a_deleted_row_loses_is_a_change_too() {
    let archive = Archive::new();
    let (ada, eve) = (archive.ada(), archive.app.account("eve"));
    let topic = archive.make("topics", &json!({ "name": "mine" }));
    let id = topic.rsplit('/').next().unwrap().parse::<i64>().unwrap();
    let page = archive.make("pages", &json!({ "topic_id": id, "owner_id": eve.id, "text": "hers" }));
    ada.call("DELETE", &topic).expect(204);
    archive.bob().call("DELETE", &format!("/members/{}", eve.id)).expect(204);
    ada.call("POST", &format!("{topic}/restore")).expect(200);
    let history = Archive::history(&archive.bob(), &page);
    let verbs: Vec<_> = history.iter().map(|(verb, ..)| verb.as_str()).collect();
    assert_eq!(verbs, ["create", "delete", "update", "restore"]);
    assert_eq!(history[2].2, set("owner_id", &json!(eve.id), &json!(null)));
}

#[test]
fn who_may_know_is_who_may_read_unless_it_is_said() {
    let archive = Archive::new();
    let topic = archive.make("topics", &json!({ "name": "mine" }));
    let ask = |path: &str| {
        [archive.ada(), archive.bob(), archive.app.anonymous()].map(|who| {
            let [page, whole, head] = [("GET", "application/json"), ("GET", CSV), ("HEAD", NDJSON)]
                .map(|(method, accept)| who.call(method, &format!("{path}/history")).header("accept", accept).send());
            assert_eq!([whole.status, head.status], [page.status; 2], "{path}");
            page.status
        })
    };
    assert_eq!(ask(&topic), [200, 403, 401]);
    assert_eq!(ask("/pages/1"), [200, 200, 401], "the administrator may know what he may not read");
    assert_eq!(ask("/pages/99"), [404, 404, 401]);
    archive.ada().patch(&topic, &json!({ "is_open": true })).ok();
    assert_eq!(ask(&topic), [200, 200, 200]);
    let team = archive.app.account("eve");
    assert_eq!(archive.app.as_(&team).get("/pages/1/history").send().status, 404, "what is concealed is not told of");
}

#[test]
fn a_history_is_paged_as_other_lists_are() {
    let archive = Archive::new();
    let ada = archive.ada();
    let entry = archive.make("entries", &json!({ "word": "0" }));
    (1..25).for_each(|number| drop(ada.patch(&entry, &json!({ "word": number.to_string() })).ok()));
    let words = |page: &Value| -> Vec<String> {
        page["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|change| change["changes"]["word"]["new"].as_str().unwrap().to_owned())
            .collect()
    };
    let first = ada.get(&format!("{entry}/history")).ok();
    let cursor = first["next_cursor"].as_str().unwrap();
    let second = ada.get(&format!("{entry}/history?cursor={cursor}")).ok();
    let all: Vec<_> = words(&first).into_iter().chain(words(&second)).collect();
    assert_eq!(all, (0..25).map(|number| number.to_string()).collect::<Vec<_>>(), "newest last");
    assert_eq!((&second["has_more"], &second["next_cursor"]), (&json!(false), &json!(null)));
    let newest = ada.get(&format!("{entry}/history?sort=-id&limit=2")).ok();
    assert_eq!(words(&newest), ["24", "23"]);
    let whole = ada.get(&format!("{entry}/history")).header("accept", NDJSON).send();
    assert_eq!(words(&json!({ "items": rows_of(&whole.text()) })), all);
    let table = ada.get(&format!("{entry}/history?sort=-id")).header("accept", CSV).send();
    assert_eq!(table.header("content-disposition"), Some("attachment; filename=\"entries-1-history.csv\""));
    let table = Table::read(&table.body);
    assert_eq!(table.columns, ["at", "actor_id", "verb", "changes"]);
    assert_eq!((table.rows.len(), table.rows[0][3].as_str()), (25, r#"{"word":{"old":"23","new":"24"}}"#));
    let other = archive.make("entries", &json!({ "word": "other" }));
    ada.get(&format!("{other}/history?cursor={cursor}")).refused(400);
    archive.bob().get(&format!("{entry}/history?cursor={cursor}")).refused(400);
    ada.get(&format!("{entry}/history?word=1")).refused(422).fault("word", "unknown");
    let document = archive.app.anonymous().at("GET", "/openapi.json").expect(200).json();
    let operation = &document["paths"]["/api/v1/pages/{id}/history"]["get"];
    assert_eq!(operation["operationId"], "list_page_history");
    assert!(operation["description"].as_str().unwrap().contains("owner or role admin"), "{operation}");
}
