//! Fields that are lists of values: in which order they are kept, what asks for one of them, who is told, what is noted,
//! and what is refused.

use fasttrack::{
    Application,
    db::{Arg, Dialect, Statement},
    prelude::*,
    sql::{CallerRole, Values},
    testing::{Client, Login, TestApp, Value, json},
};

use super::{Inside, accounts::Member, accounts::Team, paged, run};
use crate::driver::server_only;

/// What is written, and what is said of it in words.
#[resource(history, hooks)]
#[has(copies: Copy.of)]
#[can(create, list, read: authenticated)]
#[can(update, restore, delete: owner)]
#[on(created => add copies { tags: tags, sizes: sizes })]
#[on(created => written { tags: tags } to owner)]
#[on(changed(tags) => retagged { before: old.tags, tags: tags } to owner)]
pub(crate) struct Sheet {
    pub id: Id<Sheet>,
    #[field(len = 1..=20, filter, sort)]
    pub name: String,
    #[field(max = 4, len = 1..=5, default = ["new", "ä \"q\""], filter)]
    pub tags: Vec<String>,
    #[field(max = 3, range = -1..=9, filter(also = size))]
    pub sizes: Option<Vec<i64>>,
    #[field(max = 2, len = ..=9, hidden, default)]
    pub secret: Vec<String>,
    #[field(actor, on_delete = cascade)]
    pub owner: BelongsTo<Member>,
    pub updated_at: UpdatedAt,
    pub deleted_at: DeletedAt,
}

/// What a sheet leaves behind.
#[expect(dead_code, reason = "the columns are for the database alone")]
#[resource]
#[can(list, read: authenticated)]
pub(crate) struct Copy {
    pub id: Id<Copy>,
    #[field(on_delete = cascade)]
    pub of: BelongsTo<Sheet>,
    #[field(max = 4, len = 1..=5)]
    pub tags: Vec<String>,
    #[field(max = 3, range = -1..=9)]
    pub sizes: Option<Vec<i64>>,
    pub deleted_at: DeletedAt,
}

impl Hooks for Sheet {
    async fn before_update(old: &Self, new: &mut Self, _: &mut HookContext<'_>) -> Result<(), Refusal> {
        if new.tags != old.tags && new.tags.iter().any(|tag| tag == "hook") {
            new.tags = vec!["h\u{1}".into(), "{}".into()];
            new.sizes = None;
        }
        Ok(())
    }
}

fasttrack::resources! { account: Member, Team, Sheet, Copy }

struct Desk {
    app: TestApp,
    ada: Login,
}

impl Desk {
    fn new() -> Self {
        let app = TestApp::setup(Application::new(RESOURCES)).set("MIGRATIONS_DIR", "none").start();
        let ada = app.account("ada");
        Self { app, ada }
    }

    fn ada(&self) -> Client<'_> {
        self.app.as_(&self.ada)
    }

    #[track_caller]
    fn sheet(&self, body: &Value) -> Value {
        self.ada().post("/sheets", body).ok()
    }

    /// The names of the sheets that a list has.
    #[track_caller]
    fn names(&self, asked: &str) -> Vec<String> {
        let page = self.ada().get(&format!("/sheets?{asked}&sort=name")).ok();
        page["items"].as_array().unwrap().iter().map(|row| row["name"].as_str().unwrap().to_owned()).collect()
    }
}

#[test]
fn a_list_is_kept_in_the_order_that_was_sent_and_replaced_as_a_whole() {
    let desk = Desk::new();
    let ada = desk.ada();
    let sheet = desk.sheet(&json!({ "name": "x" }));
    assert_eq!((&sheet["tags"], &sheet["sizes"]), (&json!(["new", "ä \"q\""]), &json!(null)));
    assert_eq!(sheet.get("secret"), None);
    let path = format!("/sheets/{}", sheet["id"]);
    let sent = json!({ "tags": ["b", "a", "b"], "sizes": [9, -1, 9] });
    let changed = ada.patch(&path, &sent).ok();
    assert_eq!((&changed["tags"], &changed["sizes"]), (&sent["tags"], &sent["sizes"]));
    assert_eq!(ada.get(&path).ok(), changed);
    // The same in the same order is no change; in another order it is one.
    assert_eq!(ada.patch(&path, &sent).ok(), changed);
    let moved = ada.patch(&path, &json!({ "tags": ["b", "b", "a"] })).ok();
    assert_eq!((&moved["tags"], &moved["sizes"]), (&json!(["b", "b", "a"]), &sent["sizes"]));
    assert_ne!(moved["updated_at"], changed["updated_at"]);
    let empty = ada.patch(&path, &json!({ "tags": [], "sizes": null })).ok();
    assert_eq!((&empty["tags"], &empty["sizes"]), (&json!([]), &json!(null)));
    let hooked = ada.patch(&path, &json!({ "tags": ["hook"], "sizes": [1] })).ok();
    assert_eq!((&hooked["tags"], &hooked["sizes"]), (&json!(["h\u{1}", "{}"]), &json!(null)));
    assert_eq!(ada.get(&path).ok(), hooked);
}

#[test]
fn each_value_and_their_count_have_bounds() {
    let desk = Desk::new();
    let sheet = desk.sheet(&json!({ "name": "x", "tags": ["a"] }));
    for (field, value, code) in [
        ("tags", json!(["a", "b", "c", "d", "e"]), "too_many"),
        ("tags", json!(["a", "abcdef"]), "too_long"),
        ("tags", json!([""]), "too_short"),
        ("tags", json!(["a", null]), "type"),
        ("tags", json!(["a", 1]), "type"),
        ("tags", json!([["a"]]), "type"),
        ("tags", json!("a"), "type"),
        ("tags", json!(null), "null"),
        ("sizes", json!([1, 2, 3, 4]), "too_many"),
        ("sizes", json!([10]), "too_large"),
        ("sizes", json!([-2]), "too_small"),
        ("sizes", json!([1.5]), "type"),
        ("sizes", json!([null]), "type"),
        ("sizes", json!([true]), "type"),
        ("sizes", json!({}), "type"),
    ] {
        let body = json!({ "name": "y", field: value });
        desk.ada().post("/sheets", &body).refused(422).faults(&[(field, code)]);
        desk.ada().patch(&format!("/sheets/{}", sheet["id"]), &body).refused(422).faults(&[(field, code)]);
    }
    let refused = desk.ada().post("/sheets", &json!({ "name": "y", "tags": ["a", "abcdef"] })).refused(422);
    assert_eq!(refused.errors[0].message, "value 2: at most 5 characters");
    assert_eq!(desk.names("limit=9"), ["x"]);
}

#[test]
fn lists_ask_for_one_of_the_values() {
    let desk = Desk::new();
    for (name, tags, sizes) in [
        ("a", json!(["x", "y,z"]), json!([1, 2])),
        ("b", json!(["X", "1"]), json!([])),
        ("c", json!(["y", "x"]), json!(null)),
        ("d", json!([]), json!([2, 2])),
    ] {
        desk.sheet(&json!({ "name": name, "tags": tags, "sizes": sizes }));
    }
    for (asked, expected) in [
        ("tags[has]=x", &["a", "c"][..]),
        ("tags[has]=X", &["b"]),
        ("tags[has]=y,z", &["a"]),
        ("tags[has]=z", &[]),
        ("tags[has]=1", &["b"]),
        ("tags[has]=[]", &[]),
        ("tags[has]=%22x%22", &[]),
        ("sizes[has]=2", &["a", "d"]),
        ("size[has]=1", &["a"]),
        ("sizes[has]=7", &[]),
        ("sizes[null]=true", &["c"]),
        ("sizes[null]=false", &["a", "b", "d"]),
        ("tags[has]=x&sizes[has]=2", &["a"]),
        ("tags[has]=x&limit=1", &["a"]),
    ] {
        assert_eq!(desk.names(asked), expected, "{asked}");
    }
    for (asked, field) in [
        ("tags=x", "tags"),
        ("tags[contains]=x", "tags[contains]"),
        ("tags[in]=x,y", "tags[in]"),
        ("tags[null]=true", "tags[null]"),
        ("sizes[has]=x", "sizes[has]"),
        ("sizes[has]=1.5", "sizes[has]"),
        ("sizes[gt]=1", "sizes[gt]"),
        ("tags[has]=a%00", "tags[has]"),
    ] {
        let refused = desk.ada().get(&format!("/sheets?{asked}")).refused(422);
        assert!(refused.errors.iter().any(|fault| fault.field == field), "{asked}: {refused:?}");
    }
    for asked in ["sort=tags", "secret[has]=x", "q=x"] {
        desk.ada().get(&format!("/sheets?{asked}")).refused(422);
    }
}

#[test]
fn a_change_is_told_noted_and_copied() {
    let desk = Desk::new();
    let ada = desk.ada();
    let mut socket = ada.socket();
    let sheet = desk.sheet(&json!({ "name": "x", "tags": ["a", "b"], "sizes": [3, 1] }));
    assert_eq!(socket.expect("written")["tags"], json!(["a", "b"]));
    let path = format!("/sheets/{}", sheet["id"]);
    ada.patch(&path, &json!({ "tags": ["a", "b"], "name": "y" })).ok();
    ada.patch(&path, &json!({ "tags": ["b", "a"], "sizes": [] })).ok();
    let told = socket.expect("retagged");
    assert_eq!((&told["before"], &told["tags"]), (&json!(["a", "b"]), &json!(["b", "a"])));
    let history = ada.get(&format!("{path}/history")).ok();
    let changes = &history["items"].as_array().unwrap().last().unwrap()["changes"];
    let expected = json!({
        "tags": { "old": ["a", "b"], "new": ["b", "a"] },
        "sizes": { "old": [3, 1], "new": [] },
    });
    assert_eq!(changes, &expected);
    let copies = ada.get("/copies").ok();
    assert_eq!(copies["items"][0]["tags"], json!(["a", "b"]));
    assert_eq!(copies["items"][0]["sizes"], json!([3, 1]));
    // What was deleted is found by nothing that it has, until it is there again.
    ada.call("DELETE", &path).expect(204);
    assert_eq!(desk.names("tags[has]=b"), [""; 0]);
    ada.post(&format!("{path}/restore"), &json!({})).ok();
    assert_eq!(desk.names("tags[has]=b"), ["y"]);
}

#[test]
fn the_document_says_what_a_list_holds() {
    let desk = Desk::new();
    let document = desk.app.anonymous().at("GET", "/openapi.json").ok();
    let schemas = &document["components"]["schemas"];
    let of = |schema: &str, field: &str| {
        let mut field = schemas[schema]["properties"][field].clone();
        field.as_object_mut().unwrap().remove("description");
        field
    };
    let text = json!({ "type": "string", "minLength": 1, "maxLength": 5 });
    let tags = json!({ "type": "array", "items": text, "maxItems": 4 });
    assert_eq!(of("Sheet", "tags"), tags);
    let created = of("SheetCreate", "tags");
    assert_eq!((&created["items"], &created["default"]), (&text, &json!(["new", "ä \"q\""])));
    let item = json!({ "type": "integer", "format": "int64", "minimum": -1, "maximum": 9 });
    assert_eq!(of("Sheet", "sizes"), json!({ "type": ["array", "null"], "items": item, "maxItems": 3 }));
    let params = document["paths"]["/api/v1/sheets"]["get"]["parameters"].as_array().unwrap();
    let has = params.iter().find(|parameter| parameter["name"] == "tags[has]").unwrap();
    assert_eq!(has["schema"], json!({ "type": "string" }));
}

/// How a page of sheets that have a tag is gone about and how long that takes, for whatever tag as a connection does that
/// has prepared it.
async fn analysed(app: &Inside, asked: &str) -> String {
    let model = app.catalog.find("sheet").unwrap();
    let role = CallerRole::Role("user");
    let policy = paged::may_list(&app.catalog, model, role);
    let statement = paged::page(Dialect::Postgres, model, &policy, asked, None)
        .fill(Values { caller: Some(1), ..Values::default() });
    let values = statement.args.iter().map(|arg| match arg {
        Arg::Text(text) => format!("'{text}'"),
        other => panic!("{other:?}"),
    });
    let steps = [
        "SET LOCAL plan_cache_mode = force_generic_plan".to_owned(),
        format!("PREPARE asked AS {}", statement.sql),
        format!("EXPLAIN (ANALYZE, TIMING OFF) EXECUTE asked ({})", values.collect::<Vec<_>>().join(", ")),
        "DEALLOCATE asked".into(),
    ];
    let plan = app.db.write(move |tx| {
        Box::pin(async move {
            let mut plan = Vec::new();
            for step in steps {
                let rows = tx.query(Statement::new(step, Vec::new())).await?;
                plan.extend(rows.iter().map(|row| row.text(0).unwrap_or_default().to_owned()));
            }
            Ok(plan.join("\n"))
        })
    });
    plan.await.unwrap()
}

#[test]
fn who_has_a_value_is_found_along_the_index() {
    server_only!("it reads plans of PostgreSQL");
    run(async {
        let app = Inside::new(RESOURCES).await;
        let fill = "INSERT INTO members (id, email, password) VALUES (1, 'a@example.com', ''); \
                    INSERT INTO sheets (id, name, tags, sizes, owner_id, updated_at) \
                    SELECT n, 'n' || n, json_build_array('t' || n % 5000, 'all'), json_build_array(n % 10), 1, now() \
                    FROM generate_series(1, 50000) n; \
                    ANALYZE sheets";
        for statement in fill.split(';') {
            let statement = Statement::new(statement.trim(), Vec::new());
            app.db.write(move |tx| Box::pin(async move { Ok(tx.query(statement).await?) })).await.unwrap();
        }
        let along = "Bitmap Index Scan on sheets_tags_has";
        for sort in ["", "&sort=-name"] {
            // Ten of them are gathered, and the list is not gone through.
            let plan = analysed(&app, &format!("tags[has]=t77{sort}")).await;
            assert!(plan.contains(along), "{sort}: {plan}");
            for line in plan.lines().filter(|line| line.contains("Scan") && line.contains("on sheets")) {
                let is_little = ["never executed", "rows=10 ", "rows=1 "].iter().any(|few| line.contains(few));
                assert!(
                    is_little || line.contains("rows=10.00 ") || line.contains("rows=1.00 "),
                    "{sort}: {line}\n{plan}"
                );
            }
            // All have it, and no more are read than are shown, and as many as say that they are many.
            let plan = analysed(&app, &format!("tags[has]=all{sort}")).await;
            let most = plan.lines().filter(|line| line.contains(" t_") && !line.contains("never executed"));
            let most =
                most.filter_map(|line| line.rsplit_once("rows=")?.1.split([' ', '.']).next()?.parse::<i64>().ok());
            assert!(most.clone().all(|rows| rows <= 21), "{sort}: {:?}\n{plan}", most.collect::<Vec<_>>());
        }
    });
}
