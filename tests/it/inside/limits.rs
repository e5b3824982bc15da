//! The limits of `SQLite` that a declaration or a request could reach: each is kept away from, or told.

use std::fmt::Write;

use fasttrack::{
    Application,
    db::Dialect,
    error::Error,
    principal::Principal,
    schema::{
        Change, Column, Comparison, Effect, Grant, Id, Kind, Literal, OnDelete, Path, Rule, Schema, Trigger, Verb,
    },
    testing::TestApp,
    wire::Params,
};
use serde_json::Value;

use super::{Inside, run};
use crate::driver::dialect;

const ID: Column = Column::new::<Id<()>>("id", "id");
const OWNER: Path = Path::HERE.then("owner");

const fn relation(name: &'static str, key: &'static str, target: &'static str) -> Column {
    Column {
        kind: Kind::Relation(target),
        nullable: true,
        ..Column::new::<i64>(name, key).on_delete(OnDelete::Cascade)
    }
}

const GRANTS: &[Grant] = &[
    Grant::new(Verb::Create, Rule::Authenticated),
    Grant::new(Verb::List, Rule::Related(OWNER)),
    Grant::new(Verb::Read, Rule::Related(OWNER)),
    Grant::new(Verb::Update, Rule::Related(OWNER)),
    Grant::new(Verb::Delete, Rule::Related(OWNER)),
];

const GONE: &[Trigger] = &[Trigger {
    change: Change::Deleted,
    effect: Effect::Event { name: "gone", payload: &[], to: &[OWNER], except_actor: false },
}];

static BOARD: Schema =
    Schema::new("board", "boards").columns(&[ID, relation("owner", "owner_id", "user").actor()]).grants(GRANTS);

/// A resource with as many fields as there may be: `width` texts besides these.
fn wide(name: &'static str, plural: &'static str, width: usize, text: impl Fn(Column) -> Column) -> &'static Schema {
    let mut columns = vec![ID, relation("owner", "owner_id", "user").actor(), relation("board", "board_id", "board")];
    for number in 0..width {
        let key: &'static str = format!("c{number}").leak();
        columns.push(text(Column::new::<Option<String>>(key, key).len(0, 40)));
    }
    Box::leak(Box::new(Schema::new(name, plural).columns(columns.leak()).grants(GRANTS).triggers(GONE)))
}

async fn app() -> Inside {
    let grid = wide("grid", "grids", 60, |text| text.filter(&[]).sort());
    let sheet = wide("sheet", "sheets", 297, Column::search);
    Inside::new(&[&BOARD, grid, sheet, user()]).await
}

impl Inside {
    async fn list(&self, name: &str, who: &Principal, query: &str) -> Result<Value, Error> {
        let page = self.pipeline.list(self.index(name), None, who, Params::parse(Some(query))).await?;
        Ok(serde_json::from_slice(&page).unwrap())
    }
}

/// A list of values that have `value` among them.
fn values(value: &str) -> String {
    (0..99).fold(value.to_owned(), |mut list, number| {
        write!(list, ",v{number}").unwrap();
        list
    })
}

fn faults(error: &Error) -> Vec<(&str, &str)> {
    let Error::Invalid(faults) = error else { panic!("{error:?}") };
    faults.iter().map(|fault| (fault.field.as_str(), fault.code)).collect()
}

#[test]
fn rows_of_many_fields_are_created_changed_shown_and_deleted() {
    run(async {
        let app = app().await;
        let ada = app.register("ada").await;
        let board = app.create("board", None, &ada, "{}").await.unwrap();
        let body = format!(r#"{{"board_id": {board}, "c0": "a", "c296": "needle"}}"#);
        let sheet = app.create("sheet", None, &ada, &body).await.unwrap();
        for _ in 1..300 {
            app.create("sheet", None, &ada, &body).await.unwrap();
        }
        let fields: Vec<_> = (0..297).map(|number| format!(r#""c{number}": "b{number}""#)).collect();
        app.update("sheet", sheet, &ada, &format!("{{{}}}", fields.join(","))).await.unwrap();
        let found = app.list("sheet", &ada, "q=needl&limit=100").await.unwrap();
        assert_eq!(found["items"].as_array().unwrap().len(), 100);
        app.pipeline.delete(app.index("board"), board, &ada).await.unwrap();
        assert_eq!(app.drain().await.len(), 300, "each is told of");
    });
}

#[test]
fn as_much_as_a_list_takes_is_one_statement() {
    run(async {
        let app = app().await;
        let ada = app.register("ada").await;
        for _ in 0..3 {
            let fields: Vec<_> = (0..60).map(|number| format!(r#""c{number}": "x""#)).collect();
            app.create("grid", None, &ada, &format!("{{{}}}", fields.join(","))).await.unwrap();
        }
        let sort: Vec<_> = (0..15).map(|number| format!("-c{number}")).collect();
        let mut query = format!("limit=1&sort={},id", sort.join(","));
        for number in 0..60 {
            write!(query, "&c{number}[in]={}", values("x")).unwrap();
        }
        for number in 0..40 {
            write!(query, "&c{number}[contains]=x").unwrap();
        }
        let mut page = app.list("grid", &ada, &query).await.unwrap();
        for expected in [1, 2, 3] {
            assert_eq!(page["items"][0]["id"], expected);
            let Some(cursor) = page["next_cursor"].as_str() else { return assert_eq!(expected, 3) };
            page = app.list("grid", &ada, &format!("{query}&cursor={cursor}")).await.unwrap();
        }
        panic!("the list goes on");
    });
}

#[test]
fn more_than_a_list_takes_is_told() {
    run(async {
        let app = app().await;
        let ada = app.register("ada").await;
        let asks = |operator: &str| (0..60).map(|number| format!("c{number}{operator}=x")).collect::<Vec<_>>();
        let filters = [asks("[ne]"), asks("[contains]")].concat();
        let error = app.list("grid", &ada, &filters[..101].join("&")).await.unwrap_err();
        assert_eq!(faults(&error), [("c40[contains]", "too_many")]);
        app.list("grid", &ada, &filters[..100].join("&")).await.unwrap();
        let sort = |count: usize| (0..count).map(|number| format!("c{number}")).collect::<Vec<_>>().join(",");
        let error = app.list("grid", &ada, &format!("sort={}", sort(17))).await.unwrap_err();
        assert_eq!(faults(&error), [("sort", "too_many")]);
        app.list("grid", &ada, &format!("sort={}", sort(16))).await.unwrap();
    });
}

/// A rule with others inside it, each in two levels of its own.
#[expect(clippy::large_types_passed_by_value, reason = "it becomes a part of a rule")]
fn nested(levels: usize, innermost: Rule) -> Rule {
    (0..levels).fold(innermost, |rule, _| {
        let all: &'static [Rule] = vec![OWNED, rule].leak();
        Rule::Any(
            vec![Rule::Compare { path: Path::HERE, field: "c0", op: Comparison::Eq, value: WORD }, Rule::All(all)]
                .leak(),
        )
    })
}

const OWNED: Rule = Rule::Related(OWNER);
const WORD: Literal = Literal::Text("never");

/// Rules each of which asks the next one of the row `hops` relations away, and the last one who owns it.
fn chain(rules: usize, hops: usize) -> &'static [(&'static str, Rule)] {
    let away = (0..hops).fold(Path::HERE, |path, _| path.then("above"));
    let name = |number: usize| -> &'static str { format!("r{number}").leak() };
    let last = (name(0), OWNED);
    let others = (1..rules).map(|number| (name(number), Rule::Named { path: away, rule: name(number - 1) }));
    std::iter::once(last).chain(others).collect::<Vec<_>>().leak()
}

/// A resource with rows below each other, of which one rule says who may do anything but create them.
#[expect(clippy::large_types_passed_by_value, reason = "it becomes a part of a declaration")]
fn knot(named: &'static [(&'static str, Rule)], rule: Rule) -> &'static Schema {
    let above = Column { on_delete: Some(OnDelete::SetNull), ..relation("above", "above_id", "knot") };
    let mut columns = vec![ID, relation("owner", "owner_id", "user").actor(), above];
    for number in 0..60 {
        let key: &'static str = format!("c{number}").leak();
        columns.push(Column::new::<Option<String>>(key, key).len(0, 40).filter(&[]).sort().search());
    }
    columns.push(Column::new::<Option<String>>("guarded", "guarded").len(0, 40).write(rule));
    let grants = [Verb::List, Verb::Read, Verb::Update, Verb::Delete].map(|verb| Grant::new(verb, rule));
    let wide = Rule::Any(vec![OWNED; 1_000].leak());
    let grants: Vec<_> = std::iter::once(Grant::new(Verb::Create, wide)).chain(grants).collect();
    let schema = Schema::new("knot", "knots").columns(columns.leak()).named_rules(named).grants(grants.leak());
    Box::leak(Box::new(schema.triggers(GONE)))
}

fn user() -> &'static Schema {
    resources::RESOURCES.iter().find(|schema| schema.account).unwrap()
}

#[test]
fn the_largest_rule_there_may_be_works() {
    let named = chain(6, 8);
    let many = (0..100).map(|number| match number {
        0 => Rule::Named { path: Path::HERE, rule: "r5" },
        _ => OWNED,
    });
    let rule = nested(76, Rule::Any(many.collect::<Vec<_>>().leak()));
    run(async move {
        let app = Inside::new(&[knot(named, rule), user()]).await;
        let ada = app.register("ada").await;
        let bob = app.register("bob").await;
        let first = app.create("knot", None, &ada, r#"{"c0": "x"}"#).await.unwrap();
        let fields: Vec<_> = (0..60).map(|number| format!(r#""c{number}": "x""#)).collect();
        let body = format!(r#"{{"above_id": {first}, "guarded": "y", {}}}"#, fields.join(","));
        let second = app.create("knot", None, &ada, &body).await.unwrap();
        app.create("knot", None, &ada, &body).await.unwrap();
        app.update("knot", second, &ada, r#"{"above_id": null, "guarded": "z"}"#).await.unwrap();
        app.update("knot", second, &ada, &format!(r#"{{"above_id": {first}}}"#)).await.unwrap();
        // To plan that page takes PostgreSQL longer than a statement may.
        if dialect() == Dialect::Sqlite {
            let sort: Vec<_> = (0..15).map(|number| format!("-c{number}")).collect();
            let mut query = format!("q=x&limit=1&sort={},id", sort.join(","));
            for number in 0..99 {
                write!(query, "&c{}[{}]=x", number % 60, if number < 60 { "contains" } else { "in" }).unwrap();
            }
            let page = patient_list(&app, &ada, &query).await;
            let cursor = page["next_cursor"].as_str().unwrap();
            let page = patient_list(&app, &ada, &format!("{query}&cursor={cursor}")).await;
            assert_eq!((&page["items"][0]["id"], &page["has_more"]), (&Value::from(3), &Value::from(false)));
        } else {
            eprintln!("left out on PostgreSQL: a page with all that a page may have, by the largest rule");
        }
        assert!(app.update("knot", first, &bob, r#"{"c1": "x"}"#).await.is_err());
        app.pipeline.delete(app.index("knot"), first, &ada).await.unwrap();
        assert_eq!(app.drain().await, [format!(r#"gone {} {{"knot_id":{first}}}"#, super::id(&ada))]);
    });
}

/// A page of knots that takes an unoptimised `SQLite` most of the time that a statement has, and a busy machine more.
async fn patient_list(app: &Inside, who: &Principal, query: &str) -> Value {
    for _ in 0..4 {
        match app.list("knot", who, query).await {
            Err(Error::Unavailable(_)) => {}
            page => return page.unwrap(),
        }
    }
    panic!("no page in four times as long as a statement may take")
}

/// Why an application with these resources does not start.
#[track_caller]
fn check_refused(schemas: &[&'static Schema], says: &str) {
    let schemas: &'static [&'static Schema] = Vec::leak(schemas.to_vec());
    let setup = TestApp::setup(Application::new(schemas)).set("MIGRATIONS_DIR", "none");
    let Err(error) = setup.try_start() else { panic!("it starts") };
    assert!(error.to_string().contains(says), "{error}");
}

#[test]
fn what_no_statement_could_hold_is_told_at_the_start() {
    let over = "with the rules that it refers to; say it with fewer";
    check_refused(&[knot(&[], nested(100, OWNED)), user()], &format!("knot: a rule has more than 400 levels, {over}"));
    let far = Rule::Named { path: Path::HERE, rule: "r7" };
    check_refused(&[knot(chain(8, 8), far), user()], "knot: a rule has more than 50 relations in a row");
}

/// A board, and as many resources that hang on it.
fn boards(children: usize) -> Vec<&'static Schema> {
    let child = |number: usize| wide(format!("n{number}").leak(), format!("m{number}").leak(), 0, |text| text);
    (0..children).map(child).chain([&BOARD, user()]).collect()
}

#[test]
fn many_resources_hang_on_one() {
    run(async {
        let app = Inside::new(&boards(199)).await;
        let ada = app.register("ada").await;
        let board = app.create("board", None, &ada, "{}").await.unwrap();
        for name in ["n0", "n198"] {
            app.create(name, None, &ada, &format!(r#"{{"board_id": {board}}}"#)).await.unwrap();
        }
        app.pipeline.delete(app.index("board"), board, &ada).await.unwrap();
        assert_eq!(app.drain().await.len(), 2);
    });
    check_refused(&boards(401), "board: what is deleted with it hangs on it by more than 400 relations");
}
