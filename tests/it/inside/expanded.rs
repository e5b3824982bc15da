//! Rows inside rows: each by its own rule, whatever leads to it, and one statement for all of them.
#![expect(dead_code, reason = "declared for what they become: rows are looked at as JSON")]

use std::time::Instant;

use fasttrack::{
    db::{Dialect, Statement},
    error::Error,
    pipeline::Target,
    prelude::*,
    principal::{Caller, Principal},
    schema::{Model, Resource as _, Schema, Verb},
    sql::{self, CallerRole, Expansion, Predicate, Shape, Table, Values, View},
    wire::Params,
};
use serde_json::{Value, json};

use super::{Inside, id, run};
use crate::driver::dialect;

/// What a person may do.
#[derive(Choice)]
pub(super) enum Role {
    /// Sees what is his own.
    User,
    /// Sees everything.
    Admin,
}

/// Who has a name for everybody, and the rest for himself.
#[resource(account)]
#[can(read, list: role(Admin))]
#[can(show: authenticated)]
pub(super) struct Person {
    pub id: Id<Person>,
    #[field(unique, filter, sort, read = self | role(Admin))]
    pub email: Email,
    #[field(hidden)]
    pub password: PasswordHash,
    #[field(len = ..=100, default)]
    pub display_name: String,
    #[field(default = User, read_only)]
    pub role: Role,
    #[field(default = true, read_only)]
    pub is_active: bool,
    #[field(on_delete = set_null, read = self)]
    pub chief: Option<BelongsTo<Person>>,
}

/// What is stuck on cards, for who made it.
#[resource]
#[can(create: authenticated)]
#[can(read, delete: owner)]
pub(super) struct Label {
    pub id: Id<Label>,
    #[field(len = 1..=20)]
    pub name: String,
    #[field(actor, on_delete = cascade)]
    pub owner: BelongsTo<Person>,
}

/// Where cards lie, for who owns it.
#[resource]
#[can(create: authenticated)]
#[can(list, read, delete, restore: owner)]
pub(super) struct Board {
    pub id: Id<Board>,
    #[field(len = 1..=20)]
    pub name: String,
    #[field(actor, on_delete = restrict)]
    pub owner: BelongsTo<Person>,
    #[field(on_delete = set_null)]
    pub above: Option<BelongsTo<Board>>,
    pub deleted_at: DeletedAt,
}

/// What everybody sees, with more behind it.
#[resource]
#[can(create: authenticated)]
#[can(list, read: anyone)]
pub(super) struct Card {
    pub id: Id<Card>,
    #[field(on_delete = set_null)]
    pub board: Option<BelongsTo<Board>>,
    #[field(max = 500)]
    pub labels: Many<Label>,
    #[field(actor, on_delete = cascade)]
    pub author: BelongsTo<Person>,
    #[field(on_delete = set_null, read = author)]
    pub helper: Option<BelongsTo<Person>>,
    #[field(on_delete = set_null, hidden)]
    pub auditor: Option<BelongsTo<Person>>,
}

static RESOURCES: &[&Schema] = &[&Person::SCHEMA, &Label::SCHEMA, &Board::SCHEMA, &Card::SCHEMA];

struct World {
    app: Inside,
    ada: Principal,
    bob: Principal,
    admin: Principal,
}

impl World {
    async fn new() -> Self {
        let app = Inside::new(RESOURCES).await;
        let (ada, bob, eve) = (app.register("ada").await, app.register("bob").await, app.register("eve").await);
        let admin = Principal::Account(Caller { id: id(&eve), role: "admin", session: 1, reads_only: false });
        Self { app, ada, bob, admin }
    }

    async fn make(&self, name: &str, who: &Principal, body: Value) -> i64 {
        self.app.create(name, None, who, &body.to_string()).await.unwrap()
    }

    /// A row with what is shown inside it; of a list, its first one, which is the same.
    async fn card(&self, who: &Principal, card: i64, expand: &str) -> Value {
        self.shaped(who, card, &format!("expand={expand}")).await
    }

    async fn shaped(&self, who: &Principal, card: i64, query: &str) -> Value {
        let index = self.app.index("card");
        let mut params = Params::parse(Some(query));
        let asked = self.app.pipeline.take_shape(index, Some(Target::Id(card)), who, &mut params);
        assert!(params.faults.is_empty(), "{:?}", params.faults);
        let row = self.app.pipeline.read_shaped(index, Target::Id(card), who, &asked).await.unwrap();
        assert_eq!(row.holds_others, query.contains("expand"));
        assert_eq!(row.plain, self.app.pipeline.read(index, Target::Id(card), who).await.unwrap());
        let row: Value = serde_json::from_slice(&row.shown.unwrap()).unwrap();
        let page = self.app.pipeline.list(index, None, who, Params::parse(Some(query))).await;
        let page: Value = serde_json::from_slice(&page.unwrap()).unwrap();
        let listed = page["items"].as_array().unwrap().iter().find(|item| item["id"] == card);
        assert_eq!(listed, Some(&row));
        row
    }

    async fn by_hand(&self, sql: String) {
        let statement = Statement::new(sql, Vec::new());
        self.app.db.write(move |tx| Box::pin(async move { Ok(tx.query(statement).await?) })).await.unwrap();
    }

    async fn refused(&self, who: &Principal, name: &str, query: &str) -> String {
        match self.app.pipeline.list(self.app.index(name), None, who, Params::parse(Some(query))).await {
            Err(Error::Invalid(faults)) => faults.iter().map(|fault| fault.message.as_str()).collect(),
            other => panic!("{query}: {other:?}"),
        }
    }
}

#[test]
fn each_row_is_shown_by_its_own_rule() {
    run(async {
        let world = World::new().await;
        let (ada, bob) = (&world.ada, &world.bob);
        let above = world.make("board", bob, json!({ "name": "above" })).await;
        let board = world.make("board", ada, json!({ "name": "own" })).await;
        world.by_hand(format!("UPDATE boards SET above_id = {above} WHERE id = {board}")).await;
        let mine = world.make("label", ada, json!({ "name": "mine" })).await;
        let his = world.make("label", bob, json!({ "name": "his" })).await;
        let body = json!({ "board_id": board, "label_ids": [mine], "helper_id": id(bob), "auditor_id": id(bob) });
        let card = world.make("card", ada, body).await;
        world.by_hand(format!("INSERT INTO cards_label_ids (from_id, to_id) VALUES ({card}, {his})")).await;

        let row = world.card(ada, card, "board.above,board.owner,labels,author,helper").await;
        let own = json!({ "id": id(ada), "email": "ada@example.com", "display_name": "ada", "role": "user", "is_active": true, "chief_id": null });
        let shown = json!({ "id": id(bob), "display_name": "bob", "role": "user", "is_active": true });
        assert_eq!(row["board"]["name"], "own");
        assert_eq!((&row["board"]["above_id"], &row["board"]["above"]), (&json!(above), &Value::Null));
        assert_eq!((&row["board"]["owner"], &row["author"]), (&own, &own));
        assert_eq!(row["helper"], shown);
        assert_eq!(row["label_ids"], json!([mine, his]));
        assert_eq!(row["labels"], json!([{ "id": mine, "name": "mine", "owner_id": id(ada) }]));
        assert_eq!(row["labels_has_more"], false);
        assert_eq!(row.get("auditor"), None);

        let row = world.card(bob, card, "board,labels,author.chief,helper").await;
        assert_eq!((&row["board_id"], &row["board"]), (&json!(board), &Value::Null));
        assert_eq!(row["author"], json!({ "id": id(ada), "display_name": "ada", "role": "user", "is_active": true }));
        assert_eq!(row["labels"][0]["name"], "his");
        // The key itself is for the author alone, and so is what it leads to.
        assert_eq!((row.get("helper_id"), row.get("helper")), (None, None));

        let row = world.card(&Principal::Anonymous, card, "board,labels,author").await;
        assert_eq!((&row["board"], &row["labels"], &row["author"]), (&Value::Null, &json!([]), &Value::Null));
        let row = world.card(&world.admin, card, "author,board").await;
        assert_eq!((&row["author"]["email"], &row["board"]), (&json!("ada@example.com"), &Value::Null));

        // What is deleted and kept is not there, whatever refers to it.
        world.app.pipeline.delete(world.app.index("board"), board, ada).await.unwrap();
        world.by_hand(format!("UPDATE cards SET board_id = {board} WHERE id = {card}")).await;
        let row = world.card(ada, card, "board").await;
        assert_eq!((&row["board_id"], &row["board"]), (&json!(board), &Value::Null));
    });
}

#[test]
fn some_fields_are_shown_with_all_that_is_expanded() {
    run(async {
        let world = World::new().await;
        let (ada, bob) = (&world.ada, &world.bob);
        let board = world.make("board", ada, json!({ "name": "own" })).await;
        let label = world.make("label", ada, json!({ "name": "mine" })).await;
        let body = json!({ "board_id": board, "label_ids": [label], "helper_id": id(bob) });
        let card = world.make("card", ada, body).await;

        let row = world.shaped(ada, card, "fields=author_id,id&expand=labels.can,board.can").await;
        let keys: Vec<_> = row.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(keys, ["id", "board", "labels", "labels_has_more", "author_id"]);
        assert_eq!(row["labels"][0], json!({ "id": label, "name": "mine", "owner_id": id(ada), "can": ["delete"] }));
        assert_eq!(row["board"]["can"], json!(["delete"]));
        let row = world.shaped(bob, card, "fields=id&expand=board.can,labels.can,author.can").await;
        assert_eq!((&row["board"], &row["labels"], &row["author"]["can"]), (&Value::Null, &json!([]), &json!([])));

        // What the author alone is shown is shown to nobody else, whatever he names, and so is what it leads to.
        let own = json!({ "id": card, "helper_id": id(bob) });
        assert_eq!(world.shaped(ada, card, "fields=helper_id,id").await, own);
        assert_eq!(world.shaped(bob, card, "fields=helper_id,id&expand=helper").await, json!({ "id": card }));
        assert_eq!(world.shaped(ada, card, "fields=id&expand=helper").await["helper"]["display_name"], "bob");
        // Who is shown it of no row has it refused as what there is not.
        let list = |query: &'static str| world.refused(&Principal::Anonymous, "card", query);
        let known = "known: id, board_id, label_ids, author_id";
        assert_eq!(list("fields=helper_id").await, format!("`helper_id` is no field; {known}"));
        assert_eq!(list("fields=auditor_id").await, format!("`auditor_id` is no field; {known}"));
        assert_eq!(list("fields=nothing").await, format!("`nothing` is no field; {known}"));
    });
}

#[test]
fn a_set_is_shown_up_to_a_hundred() {
    run(async {
        let world = World::new().await;
        let mut labels = Vec::new();
        for number in 0..101 {
            labels.push(world.make("label", &world.ada, json!({ "name": format!("l{number}") })).await);
        }
        let card = world.make("card", &world.ada, json!({ "label_ids": labels })).await;
        let row = world.card(&world.ada, card, "labels.owner").await;
        let shown = row["labels"].as_array().unwrap();
        let ids: Vec<_> = shown.iter().filter_map(|label| label["id"].as_i64()).collect();
        assert_eq!(ids, labels[..100]);
        assert!(shown.iter().all(|label| label["owner"]["display_name"] == "ada"));
        assert_eq!(row["labels_has_more"], true);
        let fewer = world.make("card", &world.ada, json!({ "label_ids": labels[..100] })).await;
        let row = world.card(&world.ada, fewer, "labels").await;
        assert_eq!((row["labels"].as_array().unwrap().len(), &row["labels_has_more"]), (100, &json!(false)));
    });
}

#[test]
fn what_is_no_relation_is_refused() {
    run(async {
        let world = World::new().await;
        let ada = &world.ada;
        for (query, expected) in [
            ("expand=boards", "`boards` is no relation; known: board, labels, author, helper"),
            ("expand=auditor", "`auditor` is no relation; known: board, labels, author, helper"),
            ("expand=board.name", "`name` of `board.name` is no relation; known: owner, above, can"),
            ("expand=can", "`can` is no relation; known: board, labels, author, helper"),
            ("expand=board.can.owner", "`board.can.owner` follows more than 2 relations"),
            (
                "expand=board.can.x&count=x",
                "`board.can.x` follows more than 2 relations`x` is neither `true` nor `false`",
            ),
            ("expand=author.chief.chief", "`author.chief.chief` follows more than 2 relations"),
            ("expand=board&expand=board", "the parameter is there more than once"),
            ("expand[x]=board", "there is no such parameter"),
            ("expand=", "the parameter has no value"),
        ] {
            assert_eq!(world.refused(ada, "card", query).await, expected, "{query}");
        }
        let both = world.refused(ada, "card", "expand=x&sort=y").await;
        assert!(both.contains("`x` is no relation") && both.contains('y'), "{both}");
        // Who is shown the field of every row may ask for it.
        let admin = &world.admin;
        let found =
            world.app.pipeline.list(world.app.index("person"), None, admin, Params::parse(Some("sort=-email"))).await;
        assert_eq!(serde_json::from_slice::<Value>(&found.unwrap()).unwrap()["items"][0]["email"], "eve@example.com");
    });
}

/// How the database goes about a card with its board and its author.
async fn plan(app: &Inside) -> String {
    let find = |name| app.catalog.find(name).unwrap();
    let (card, board, person) = (find("card"), find("board"), find("person"));
    let user = CallerRole::Role("user");
    let table = |model: &Model| {
        Table::new(app.db.dialect(), model.schema).showing(View::of(&app.catalog, model, user).unwrap())
    };
    let policy = |model: &Model, verb| sql::fold(&app.catalog, model, model.schema.rule(verb).unwrap(), user).unwrap();
    let (boards, persons) = (table(board), table(person));
    let (of_boards, of_persons) = (policy(board, Verb::Read), policy(person, Verb::Show));
    let column = |key| card.schema.column_of_key(key).unwrap();
    let expansions = [
        Expansion { column: column("board_id"), table: &boards, policy: &of_boards, shape: Shape::default() },
        Expansion { column: column("author_id"), table: &persons, policy: &of_persons, shape: Shape::default() },
    ];
    let shape = Shape { expand: expansions.into(), ..Shape::default() };
    let read = sql::read_shaped(&table(card), &Predicate::Always, &shape);
    let read = read.fill(Values { id: Some(1), caller: Some(1), ..Values::default() });
    let explain = if dialect() == Dialect::Sqlite { "EXPLAIN QUERY PLAN" } else { "EXPLAIN" };
    let plan = app.rows(&format!("{explain} {}", read.sql), read.args).await;
    let lines = plan.iter().filter_map(|row| row.text(3).or_else(|| row.text(0)).map(str::to_owned));
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn a_page_with_two_relations_costs_at_most_twice_the_plain_one() {
    run(async {
        let world = World::new().await;
        let mut boards = Vec::new();
        for number in 0..20 {
            boards.push(world.make("board", &world.ada, json!({ "name": format!("b{number}") })).await);
        }
        for number in 0..40 {
            world.make("card", &world.ada, json!({ "board_id": boards[number % 20] })).await;
        }
        let way = plan(&world.app).await;
        assert!(!way.contains("SCAN boards") && !way.contains("SCAN persons"), "{way}");
        let (mut plain, mut expanded) = (Vec::new(), Vec::new());
        for _ in 0..41 {
            for (query, took) in [("limit=20", &mut plain), ("limit=20&expand=board,author", &mut expanded)] {
                let begun = Instant::now();
                let params = Params::parse(Some(query));
                world.app.pipeline.list(world.app.index("card"), None, &world.ada, params).await.unwrap();
                took.push(begun.elapsed());
            }
        }
        plain.sort_unstable();
        expanded.sort_unstable();
        let ratio = expanded[20].as_secs_f64() / plain[20].as_secs_f64();
        println!("a page of 20 with two relations: {ratio:.2} times the plain one");
        // The bound is that of a build for use; debug builds put the statement together more slowly.
        assert!(ratio < 4.0, "{ratio}");
    });
}
