//! Fields that some callers alone are shown.

use std::sync::Arc;

use fasttrack::{
    error::Error,
    pipeline::Target,
    principal::{Caller, Principal},
    schema::{Column, Date, Email, Grant, Id, Json, Kind, OnDelete, Path, Rule, Schema, Timestamp, Verb},
    wire::{Object, Params},
};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::{Inside, id, run};

const HERE: Path = Path::HERE;
const OWNER: Rule = Rule::Related(HERE.then("owner"));
const HOLDER: Rule = Rule::Related(HERE.then("holder"));
const ADMIN: Rule = Rule::Role("admin");

const fn relation(name: &'static str, key: &'static str) -> Column {
    let column = Column::new::<Option<i64>>(name, key).on_delete(OnDelete::SetNull);
    Column { kind: Kind::Relation("user"), ..column }
}

/// A note of everybody's, of which the owner and the holder are shown more, and administrators all.
static NOTE: Schema = Schema::new("note", "notes")
    .columns(&[
        Column::new::<Id<()>>("id", "id"),
        Column::new::<String>("title", "title").len(0, 40).filter(&[]).sort().search(),
        Column::new::<Option<String>>("secret", "secret").len(0, 40).read(Rule::Any(&[OWNER, HOLDER, ADMIN])),
        Column::new::<Option<f64>>("share", "share").read(Rule::Any(&[HOLDER, ADMIN])),
        Column::new::<Option<bool>>("flag", "flag").read(Rule::Any(&[HOLDER, ADMIN])),
        Column::new::<Option<Timestamp>>("since", "since").read(Rule::Any(&[HOLDER, ADMIN])),
        Column::new::<Option<Date>>("day", "day").read(Rule::Any(&[HOLDER, ADMIN])),
        Column::new::<Option<Json<Vec<Value>>>>("json", "json").read(Rule::Any(&[HOLDER, ADMIN])),
        Column::new::<Option<i64>>("grade", "grade").filter(&["mark"]).sort().read(ADMIN),
        Column::new::<Option<String>>("memo", "memo").len(0, 40).search().read(Rule::Authenticated),
        relation("owner", "owner_id").actor(),
        relation("holder", "holder_id").read(Rule::Authenticated),
    ])
    .grants(&[
        Grant::new(Verb::Create, Rule::Authenticated),
        Grant::new(Verb::List, Rule::Anyone),
        Grant::new(Verb::Read, Rule::Anyone),
        Grant::new(Verb::Update, Rule::Authenticated),
    ]);

const ALL: &str = "id title secret share flag since day json grade memo owner_id holder_id";
const OF_HOLDER: &str = "id title secret share flag since day json memo owner_id holder_id";
const OF_OWNER: &str = "id title secret memo owner_id holder_id";
const OF_OTHERS: &str = "id title memo owner_id holder_id";
const OF_ANYONE: &str = "id title owner_id";

struct World {
    app: Inside,
    people: Vec<(&'static str, Principal)>,
}

impl World {
    async fn new() -> Self {
        let user = resources::RESOURCES.iter().find(|schema| schema.account).unwrap();
        let app = Inside::new(&[user, &NOTE]).await;
        let mut people = vec![("nobody", Principal::Anonymous)];
        for name in ["owner", "holder", "other"] {
            people.push((name, app.register(name).await));
        }
        let boss = Caller { id: id(&app.register("boss").await), role: "admin", session: 1, reads_only: false };
        people.push(("boss", Principal::Account(boss)));
        Self { app, people }
    }

    fn person(&self, name: &str) -> &Principal {
        self.people.iter().find(|(known, _)| *known == name).map(|(_, who)| who).unwrap()
    }

    fn body(&self, holder: &str) -> String {
        json!({
            "title": "open", "secret": "hush", "share": 0.1 + 0.2, "flag": false, "since": "2026-01-02T03:04:05.678901Z",
            "day": "2026-01-02", "json": ["\u{1F600}\"", null, {"b": 1.50, "a": []}], "grade": 7, "memo": "later",
            "holder_id": id(self.person(holder)),
        })
        .to_string()
    }

    async fn create(&self, who: &str, body: &str) -> String {
        let body = Object::parse(body.as_bytes()).unwrap();
        let made = self.app.pipeline.create(self.app.index("note"), None, self.person(who), &body).await;
        String::from_utf8(made.unwrap()).unwrap()
    }

    async fn read(&self, who: &str, id: i64) -> String {
        let found = self.app.pipeline.read(self.app.index("note"), Target::Id(id), self.person(who)).await;
        String::from_utf8(found.unwrap()).unwrap()
    }

    async fn list(&self, who: &str, query: &str) -> Result<Vec<Value>, Error> {
        let params = Params::parse(Some(query));
        let page = self.app.pipeline.list(self.app.index("note"), None, self.person(who), params).await?;
        let page: Value = serde_json::from_slice(&page).unwrap();
        Ok(page["items"].as_array().unwrap().clone())
    }

    async fn faults(&self, who: &str, query: &str) -> String {
        match self.list(who, query).await {
            Err(Error::Invalid(faults)) => format!("{faults:?}"),
            other => panic!("{who} {query}: {other:?}"),
        }
    }
}

/// The keys of a row, in the order in which they stand there.
fn keys(row: &str) -> String {
    let object = Object::parse(row.as_bytes()).unwrap();
    object.members.iter().map(|(key, _)| key.to_string()).collect::<Vec<_>>().join(" ")
}

#[test]
fn a_key_is_there_for_whom_it_is_shown_to() {
    run(async {
        let world = World::new().await;
        let made = world.create("owner", &world.body("holder")).await;
        assert_eq!(keys(&made), OF_OWNER, "{made}");
        let note = super::id_of(made.as_bytes());
        for (who, expected) in
            [("boss", ALL), ("holder", OF_HOLDER), ("owner", OF_OWNER), ("other", OF_OTHERS), ("nobody", OF_ANYONE)]
        {
            assert_eq!(keys(&world.read(who, note).await), expected, "{who}");
            let page =
                world.app.pipeline.list(world.app.index("note"), None, world.person(who), Params::parse(None)).await;
            let page = String::from_utf8(page.unwrap()).unwrap();
            assert_eq!(
                page,
                format!("{{\"items\":[{}],\"next_cursor\":null,\"has_more\":false}}", world.read(who, note).await)
            );
        }
        // What is left is written as it is in a whole row.
        let whole = world.read("boss", note).await;
        assert_eq!(world.read("holder", note).await, whole.replace("\"grade\":7,", ""));
        assert!(whole.contains("\"share\":0.30000000000000004,"), "{whole}");
        let empty =
            world.create("holder", &json!({"title": "", "holder_id": id(world.person("holder"))}).to_string()).await;
        let (begin, end) = empty.split_once("\"secret\":null,\"share\":null,\"flag\":null,").expect("nulls are shown");
        assert!(begin.starts_with("{\"id\":") && end.ends_with('}'), "{empty}");
    });
}

#[test]
fn the_answer_to_a_change_shows_what_the_row_has_become_to_who_made_it() {
    run(async {
        let world = World::new().await;
        let note = super::id_of(world.create("owner", &world.body("holder")).await.as_bytes());
        for (who, holder, expected) in [
            ("other", None, OF_OTHERS),
            ("holder", None, OF_HOLDER),
            ("other", Some("other"), OF_HOLDER),
            ("other", Some("holder"), OF_OTHERS),
            ("owner", Some("owner"), OF_HOLDER),
            ("owner", Some("other"), OF_OWNER),
            ("boss", Some("other"), ALL),
        ] {
            let body =
                holder.map_or_else(|| json!({}), |name| json!({"holder_id": id(world.person(name)), "secret": name}));
            let changed = world.app.update("note", note, world.person(who), &body.to_string()).await.unwrap();
            let changed = String::from_utf8(changed).unwrap();
            assert_eq!(keys(&changed), expected, "{who} {holder:?}");
            assert_eq!(changed, world.read(who, note).await);
        }
    });
}

#[test]
fn lists_do_not_tell_what_rows_do_not_show() {
    run(async {
        let world = World::new().await;
        world.create("boss", &world.body("holder")).await;
        for asked in ["grade=7", "mark=7", "grade[gte]=1", "grade[null]=true", "grade[nonsense]=1"] {
            let name = asked.split(['=', '[']).next().unwrap();
            let unknown = world.faults("other", &asked.replace(name, "nothing")).await;
            assert_eq!(world.faults("other", asked).await, unknown.replace("nothing", name), "{asked}");
            assert_eq!(world.faults("nobody", asked).await, unknown.replace("nothing", name), "{asked}");
        }
        let refused = world.faults("other", "sort=grade").await;
        assert_eq!(refused, world.faults("other", "sort=nothing").await.replace("nothing", "grade"));
        assert!(refused.contains("is none of id, title"), "{refused}");
        for (who, query, found) in [
            ("boss", "grade=7", 1),
            ("boss", "mark[gte]=8", 0),
            ("boss", "sort=-grade", 1),
            ("other", "q=later", 1),
            ("nobody", "q=later", 0),
            ("nobody", "q=open", 1),
        ] {
            assert_eq!(world.list(who, query).await.unwrap().len(), found, "{who} {query}");
        }
    });
}

#[test]
fn rows_that_are_created_together_are_shown_each_to_its_own_caller() {
    run(async {
        let world = Arc::new(World::new().await);
        let cases = (0..50).map(|number| match number % 3 {
            0 => ("other", "holder", OF_OWNER),
            1 => ("holder", "holder", OF_HOLDER),
            _ => ("boss", "other", ALL),
        });
        let made = cases.map(|(who, holder, expected)| {
            let world = Arc::clone(&world);
            async move { (world.create(who, &world.body(holder)).await, expected, who) }
        });
        let mut ids = Vec::new();
        for (made, expected, who) in made.collect::<JoinSet<_>>().join_all().await {
            assert_eq!(keys(&made), expected, "{who} {made}");
            let row: Value = serde_json::from_str(&made).unwrap();
            assert_eq!(row["owner_id"], id(world.person(who)), "the row that was sent, and no other");
            ids.push(row["id"].as_i64().unwrap());
        }
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), 50);
    });
}

/// Who registers is nobody yet, and is shown what he will be shown of himself.
#[test]
fn an_account_is_shown_to_itself() {
    run(async {
        let user = resources::RESOURCES.iter().find(|schema| schema.account).unwrap();
        let columns: Vec<Column> = user.columns.to_vec();
        let restricted = columns.into_iter().map(|column| match column.key {
            "email" => Column { kind: <Email as fasttrack::schema::FieldType>::KIND, ..column.read(Rule::Oneself) },
            "role" => column.read(ADMIN),
            _ => column,
        });
        let schema = Schema { columns: restricted.collect::<Vec<_>>().leak(), ..**user };
        let app = Inside::new(&[Box::leak(Box::new(schema))]).await;
        let body = r#"{"email": "a@example.com", "password": "correct horse", "display_name": "a"}"#;
        let made = app.pipeline.register(&Object::parse(body.as_bytes()).unwrap()).await.unwrap();
        let made: Value = serde_json::from_slice(&made).unwrap();
        assert_eq!((made["email"].as_str(), made.get("role")), (Some("a@example.com"), None), "{made}");
        let who = Principal::Account(Caller {
            id: made["id"].as_i64().unwrap(),
            role: "user",
            session: 1,
            reads_only: false,
        });
        let own = app.pipeline.read(app.index("user"), Target::Oneself, &who).await.unwrap();
        assert_eq!(serde_json::from_slice::<Value>(&own).unwrap(), made);
        let admin = Principal::Account(Caller { id: 99, role: "admin", session: 1, reads_only: false });
        let seen = app.pipeline.read(app.index("user"), Target::Id(id(&who)), &admin).await.unwrap();
        let seen: Value = serde_json::from_slice(&seen).unwrap();
        assert_eq!((seen.get("email"), seen["role"].as_str()), (None, Some("user")), "{seen}");
    });
}

mod declared {
    use fasttrack::{
        Application,
        prelude::*,
        testing::{TestApp, json},
    };

    use super::super::accounts::{Member, Team};

    /// A page of somebody's, who alone knows what is secret about it.
    #[expect(dead_code, reason = "the columns are for the database alone")]
    #[resource(history)]
    #[can(create, list, read, update, delete, restore: authenticated)]
    #[limit(2 per owner)]
    pub(in super::super) struct Page {
        pub id: Id<Page>,
        #[field(len = ..=20, default)]
        pub title: String,
        #[field(len = ..=20, default, read = owner)]
        pub secret: String,
        #[field(actor, on_delete = cascade)]
        pub owner: BelongsTo<Member>,
        pub deleted_at: DeletedAt,
    }

    fasttrack::resources! { account: Member, Team, Page }

    #[test]
    fn what_is_deleted_and_what_was_are_told_no_further() {
        let app = TestApp::setup(Application::new(RESOURCES)).set("MIGRATIONS_DIR", "none").start();
        let (ada, bob) = (app.account("ada"), app.account("bob"));
        let make = || app.as_(&ada).post("/pages", &json!({ "title": "a", "secret": "hush" })).ok();
        let page = make();
        assert_eq!(page["secret"], "hush");
        let path = format!("/pages/{}", page["id"]);
        app.as_(&ada).patch(&path, &json!({ "secret": "still" })).ok();
        app.as_(&ada).patch(&path, &json!({ "title": "b", "secret": "more" })).ok();
        for who in [&ada, &bob] {
            let history = app.as_(who).get(&format!("{path}/history")).ok();
            let changes: Vec<_> =
                history["items"].as_array().unwrap().iter().map(|item| item["changes"].clone()).collect();
            let expected = [
                json!({ "title": { "old": null, "new": "a" }, "owner_id": { "old": null, "new": ada.id } }),
                json!({ "title": { "old": "a", "new": "b" } }),
            ];
            assert_eq!(changes, expected);
        }
        app.as_(&bob).call("DELETE", &path).expect(204);
        make();
        let other = make();
        let refused = app.as_(&bob).post(&format!("{path}/restore"), &json!({})).refused(409);
        assert_eq!(refused.detail, "at most 2 per owner_id");
        app.as_(&bob).call("DELETE", &format!("/pages/{}", other["id"])).expect(204);
        let back = app.as_(&bob).post(&format!("{path}/restore"), &json!({})).ok();
        assert_eq!((back["title"].as_str(), back.get("secret")), (Some("b"), None), "{back}");
    }
}
